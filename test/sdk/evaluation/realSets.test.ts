// SPDX-License-Identifier: MIT
// Data sets that R and its packages ship, against what R finds in them. reference/r/make.R made the files; test:evaluation:reference has scikit-learn's.

import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Estimate } from "../../../sdk/evaluation/comparison";
import { Examples, type Example } from "../../../sdk/evaluation/examples";
import { toNumber } from "../../../sdk/evaluation/fraction";
import { METRICS, type MetricName } from "../../../sdk/evaluation/metrics";
import { normalQuantile } from "../../../sdk/evaluation/quantiles";
import { estimateOf, readingOf } from "./support";

const FOLDER = join(__dirname, "reference/r");
/** R's doubles and ours differ in the last digits, since sums run in another order. */
const DIGITS = 1e-12;

interface Found {
  readonly set: string;
  readonly metric: MetricName;
  readonly baseline: string;
  readonly candidate: string;
  readonly baselineValue: number;
  readonly candidateValue: number;
  readonly standardError?: number;
  readonly statistic?: number;
  readonly p?: number;
  readonly gainedAtLeast?: number;
  readonly disagreements?: number;
}

function examplesFrom({ set, baseline, candidate }: Found): Example[] {
  const [header = "", ...lines] = readFileSync(join(FOLDER, `${set}.csv`), "utf8")
    .trim()
    .split("\n");
  const names = header.split(",");
  return lines.map((line) => {
    const fields = line.split(",");
    const field = (name: string) => fields[names.indexOf(name)] as string;
    return { id: field("id"), label: field("label"), baseline: field(baseline), candidate: field(candidate) };
  });
}

function valuesOf(examples: readonly Example[], metric: MetricName): number[] {
  const comparison = METRICS[metric].compare(Examples.of(examples), readingOf(metric));
  const whole = { of: new Uint8Array(examples.length), count: 1 };
  return (["baseline", "candidate"] as const).map((model) => {
    const value = comparison.values(model, whole)[0];
    return value === undefined ? NaN : toNumber(value.low);
  });
}

function close(found: number, expected: number, digits = DIGITS): void {
  expect(found / expected).to.be.closeTo(1, digits);
}

describe("evaluate: data that R ships", () => {
  const all = JSON.parse(readFileSync(join(FOLDER, "expected.json"), "utf8")) as Found[];

  it("consist of three pairs of markers, two regressions of one class and two of numbers", () => {
    expect(
      all.map(({ set, metric, baseline, candidate }) => [set, metric, baseline, candidate].join(" ")),
    ).to.deep.equal([
      "aSAH roc_auc ndka s100b",
      "aSAH roc_auc ndka wfns",
      "aSAH roc_auc s100b wfns",
      "pima roc_auc mass all",
      "pima accuracy mass all",
      "quakes mae magnitude place",
      "quakes mse magnitude place",
    ]);
  });

  for (const expected of all) {
    const { set, metric, baseline, candidate, statistic, p, standardError, gainedAtLeast, disagreements } = expected;

    describe(`${set}: ${metric} of ${baseline} and ${candidate}`, () => {
      let examples: Example[];
      let estimate: Estimate;

      before(() => {
        examples = examplesFrom(expected);
        estimate = estimateOf(examples, { metric, ...(statistic && metric !== "roc_auc" && { lo: 0, hi: 1000 }) });
      });

      it("has R's values", () => {
        const [before = NaN, after = NaN] = valuesOf(examples, metric);
        close(before, expected.baselineValue);
        close(after, expected.candidateValue);
      });

      if (standardError !== undefined && statistic !== undefined && p !== undefined) {
        it("has R's standard error and statistic", () => {
          const [before = NaN, after = NaN] = valuesOf(examples, metric);
          close(estimate.interval.standardError ?? NaN, standardError);
          close(Math.abs(after - before) / (estimate.interval.standardError ?? NaN), statistic);
        });
      }

      if (metric === "roc_auc" && statistic !== undefined && p !== undefined) {
        it("takes R's statistic for the normal quantile of half of R's p-value", () => {
          close(normalQuantile(p / 2), statistic, 1e-9);
        });
      }

      if (gainedAtLeast !== undefined && disagreements !== undefined) {
        it("has R's exact bound", () => {
          const bound = ((2 * gainedAtLeast - 1) * disagreements) / examples.length;
          expect(estimate.interval).to.include({ method: "exact", lowBps: Math.floor(10_000 * bound) });
        });
      }
    });
  }
});
