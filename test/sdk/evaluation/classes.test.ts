// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { Model } from "../../../sdk/evaluation/comparison";
import { Examples, type Example } from "../../../sdk/evaluation/examples";
import { toNumber } from "../../../sdk/evaluation/fraction";
import { METRICS, type MetricName } from "../../../sdk/evaluation/metrics";
import type { NamedReading } from "../../../sdk/evaluation/metrics";
import { estimateOf, examplesOf, readingOf, valueOf } from "./support";

const THREE = { classes: [["a"], ["b"], ["c"]] } as const;

/** Values of a metric on parts of the examples; null where it has none. */
function valuesOnParts(
  metric: MetricName,
  examples: readonly Example[],
  of: readonly number[],
  overrides: Partial<NamedReading> = {},
  model: Model = "candidate",
): (number | null)[] {
  const parts = { of: Uint8Array.from(of), count: Math.max(...of) + 1 };
  return METRICS[metric]
    .compare(Examples.of(examples), readingOf(metric, overrides))
    .values(model, parts)
    .map((value) => (value ? toNumber(value.low) : null));
}

describe("evaluate: several classes", () => {
  const examples = examplesOf([
    ["a", "0.5 0.3 0.2", "1 0 0"],
    ["b", "0.1, 0.2, 0.7", "0.2 0.5 0.3"],
    ["c", "0.25;0.25;0.5", "0.1 0.1 0.8"],
  ]);

  it("Brier's score adds the squares over all classes", () => {
    // a: 0 + 0 + 0; b: 0.04 + 0.25 + 0.09; c: 0.01 + 0.01 + 0.04.
    expect(valueOf("brier", examples, "candidate", THREE)).to.equal(0.44 / 3);
    // a: 0.25 + 0.09 + 0.04; b: 0.01 + 0.64 + 0.49; c: 0.0625 + 0.0625 + 0.25.
    expect(valueOf("brier", examples, "baseline", THREE)).to.be.closeTo(1.895 / 3, 1e-15);
  });

  it("the logarithmic loss takes the probability of the true class", () => {
    expect(valueOf("log_loss", examples, "baseline", THREE)).to.be.closeTo(
      -(Math.log(0.5) + Math.log(0.2) + Math.log(0.5)) / 3,
      1e-11,
    );
  });

  it("the logarithmic loss of certain and right predictions is 0, and not below", () => {
    const certain = examplesOf([
      ["a", "1 0 0", "1 0 0"],
      ["b", "0 1 0", "0 1 0"],
    ]);
    expect(valueOf("log_loss", certain, "candidate", THREE)).to.equal(0);
  });

  it("two classes may be given as two probabilities, in their order", () => {
    const both = examplesOf([
      ["0", "0.75 0.25", "0.5 0.5"],
      ["1", "0.5 0.5", "0.25 0.75"],
    ]);
    const second = examplesOf([
      ["0", "0.25", "0.5"],
      ["1", "0.5", "0.75"],
    ]);
    for (const metric of ["brier", "log_loss", "macro_auc"] as const) {
      expect(valueOf(metric, both)).to.equal(valueOf(metric, second));
    }
    expect(valueOf("brier", both)).to.equal((0.25 + 0.0625) / 2);
  });

  it("the macro AUC is the mean of the areas of each class against the rest", () => {
    // a: 1 above 0.2 and 0.1. b: 0.5 above 0 and 0.1. c: 0.8 above 0 and 0.3. The baseline's b: 0.2 below 0.3 and 0.25.
    expect(valueOf("macro_auc", examples, "candidate", THREE)).to.equal(1);
    // a: 0.5 is first: 1. b: 0. c: 0.5 above 0.2, below 0.7: ½.
    expect(valueOf("macro_auc", examples, "baseline", THREE)).to.equal(0.5);
  });

  it("predictions may be classes, and one that is never predicted has a precision of 0", () => {
    const named = examplesOf([
      ["a", "a", "a"],
      ["b", "a", "b"],
      ["c", "a", "a"],
    ]);
    const reading = { ...THREE, predictions: "class" } as const;
    expect(valueOf("accuracy", named, "candidate", reading)).to.equal(2 / 3);
    // The class c is never predicted: its precision counts as 0.
    expect(valueOf("macro_precision", named, "candidate", reading)).to.equal((1 / 2 + 1) / 3);
    expect(valueOf("macro_precision", named, "baseline", reading)).to.equal(1 / 9);
  });

  describe("where a part lacks a class, there is no value of", () => {
    const rows = examplesOf([
      ["1", "0.9", "0.9"],
      ["0", "0.1", "0.1"],
      ["0", "0.2", "0.6"],
    ]);
    const LACKS = [0, 0, 1];

    for (const [metric, whole] of [
      ["roc_auc", 1],
      ["macro_auc", 1],
      ["average_precision", 1],
      ["balanced_accuracy", 1],
      ["mcc", 1],
    ] as const) {
      it(metric, () => {
        expect(valuesOnParts(metric, rows, LACKS)).to.deep.equal([whole, null]);
      });
    }
  });

  it("metrics have no value on a part with too few examples", () => {
    const rows = examplesOf([["x", "1", "2"]]);
    expect(valuesOnParts("custom", rows, [1])).to.deep.equal([null, 2]);
    expect(
      valuesOnParts(
        "log_loss",
        examplesOf([
          ["0", "0.5", "0.5"],
          ["1", "0.5", "0.5"],
        ]),
        [1, 1],
      )[0],
    ).to.equal(null);
    expect(
      valuesOnParts(
        "r2",
        examplesOf([
          ["1", "1", "1"],
          ["2", "2", "2"],
        ]),
        [0, 1],
      ),
    ).to.deep.equal([null, null]);
  });

  it("a resample without one of the classes counts as the worst", () => {
    const rows = Array.from({ length: 60 }, (_, i): [string, string, string] => {
      const label = i === 0 ? "c" : i % 2 ? "a" : "b";
      return [label, i % 3 ? label : "a", label];
    });
    const reading = { metric: "balanced_accuracy", ...THREE, predictions: "class", resamples: 9999 } as const;
    expect(estimateOf(examplesOf(rows), reading).interval.low).to.equal(-Infinity);
  });

  it("equal rankings show no variation", () => {
    const same = examplesOf(
      Array.from({ length: 240 }, (_, i) => [String(i % 2), String((i * 7) % 11), String((i * 7) % 11)]),
    );
    for (const metric of ["average_precision", "macro_auc", "roc_auc"] as const) {
      expect(estimateOf(same, { metric }).reasons.map(({ code }) => code)).to.include("NO_VARIATION");
    }
  });
});
