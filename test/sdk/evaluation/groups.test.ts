// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { MetricName } from "../../../sdk/evaluation/metrics";
import { estimateOf, examplesOf, randomExamples, valueOf } from "./support";

describe("evaluate: interval of groups", () => {
  const everyTwice = (metric: MetricName, size: number) => {
    const examples = randomExamples(metric, size, 4);
    return {
      examples: examples.flatMap((example) => [example, { ...example, id: `${example.id}b` }]),
      single: examples,
    };
  };
  const groups = (size: number) => ({
    of: Uint32Array.from({ length: 2 * size }, (_, row) => row >> 1),
    count: size,
  });

  for (const metric of [
    "human_score",
    "rmse",
    "accuracy",
    "f1",
    "roc_auc",
    "average_precision",
    "macro_auc",
  ] as const) {
    it(`of ${metric} is no narrower if every example appears twice`, () => {
      const { examples, single } = everyTwice(metric, 250);
      const scale = metric === "human_score" ? { lo: 1, hi: 5 } : { lo: 0, hi: 10 };
      const twice = estimateOf(examples, { metric, ...scale }, { groups: groups(250) });
      const once = estimateOf(
        single,
        { metric, ...scale },
        { groups: { of: Uint32Array.from({ length: 250 }, (_, row) => row), count: 250 } },
      );
      expect(twice.reasons).to.deep.equal(once.reasons);
      expect(twice.interval.method).to.equal("clusters");
      expect(twice.interval.standardError).to.be.closeTo(Number(once.interval.standardError), 1e-9);
    });
  }

  for (const metric of ["accuracy", "mcc", "f1"] as const) {
    it(`of ${metric} is that of the jackknife, which leaves out one group after the other`, () => {
      const [examples, count] = [randomExamples(metric, 120, 6), 40];
      const improvement = (list: typeof examples) => valueOf(metric, list) - valueOf(metric, list, "baseline");
      const values = Array.from(
        { length: count },
        (_, group) =>
          count * improvement(examples) - (count - 1) * improvement(examples.filter((_, row) => row % count !== group)),
      );
      const mean = values.reduce((sum, value) => sum + value, 0) / count;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
      const groups = { of: Uint32Array.from(examples, (_, row) => row % count), count };
      const { interval } = estimateOf(examples, { metric }, { groups });
      expect(interval.method).to.equal("clusters");
      expect(interval.standardError).to.be.closeTo(Math.sqrt(variance / count), 1e-9);
    });
  }

  describe("needs", () => {
    /** What is missing where `rows` examples, on which the models always differ, are dealt to groups. */
    const missing = (metric: MetricName, rows: number, count: number, attempts: number) =>
      estimateOf(
        examplesOf(
          Array.from({ length: rows }, (_, i) => [String(i % 2), i % 3 === 0 ? "0" : "1", i % 3 === 0 ? "1" : "0"]),
        ),
        { metric, attempts },
        { groups: { of: Uint32Array.from({ length: rows }, (_, row) => row % count), count } },
      ).reasons;
    const tooFewGroups = (found: number, expected: number) => ({
      code: "TOO_FEW_GROUPS",
      message: `${found} groups, expected at least ${expected}`,
    });
    const tooFewChanged = (found: number, expected: number) => ({
      code: "TOO_FEW_DIFFERENCES",
      message: `${found} groups with examples that the models put into different classes, expected at least ${expected}`,
    });

    it("50 groups for one attempt, 200 for several", () => {
      expect(missing("accuracy", 600, 50, 1)).to.deep.equal([]);
      expect(missing("accuracy", 600, 49, 1)).to.deep.equal([tooFewGroups(49, 50), tooFewChanged(49, 50)]);
      expect(missing("accuracy", 600, 200, 2)).to.deep.equal([]);
      expect(missing("accuracy", 600, 199, 2)).to.deep.equal([tooFewGroups(199, 200), tooFewChanged(199, 200)]);
    });

    it("as many groups in which predicted classes differ", () => {
      const examples = examplesOf(
        Array.from({ length: 300 }, (_, i) => [String(i % 2), String(i % 2), String(i < 49 ? 1 - (i % 2) : i % 2)]),
      );
      const groups = (count: number) => ({ of: Uint32Array.from({ length: 300 }, (_, row) => row % count), count });
      expect(estimateOf(examples, { metric: "accuracy" }, { groups: groups(300) }).reasons).to.deep.equal([
        tooFewChanged(49, 50),
      ]);
      expect(estimateOf(examples, { metric: "f1" }, { groups: groups(300) }).reasons).to.deep.equal([
        tooFewChanged(49, 50),
      ]);
    });

    it("each class in as many groups as it needs examples without groups", () => {
      // Of 170 groups of three examples, the first `count` hold all positives.
      const reasonsOf = (metric: MetricName, count: number) => {
        const examples = examplesOf(
          Array.from({ length: 510 }, (_, i) => [
            String(Number(i % 170 < count)),
            (((7 * i) % 100) / 100).toFixed(2),
            (((7 * i + 50) % 100) / 100).toFixed(2),
          ]),
        );
        const groups = { of: Uint32Array.from(examples, (_, row) => row % 170), count: 170 };
        return estimateOf(examples, { metric }, { groups }).reasons.map(({ message }) => message);
      };
      const tooFew = (count: number, expected: number) => [
        `${count} groups with examples of class 1, expected at least ${expected}`,
      ];
      expect(reasonsOf("roc_auc", 30)).to.deep.equal([]);
      expect(reasonsOf("roc_auc", 29)).to.deep.equal(tooFew(29, 30));
      expect(reasonsOf("macro_auc", 29)).to.deep.equal(tooFew(29, 30));
      expect(reasonsOf("average_precision", 71)).to.deep.equal([
        "99 groups with examples of class 0, expected at least 100",
        ...tooFew(71, 100),
      ]);
      expect(reasonsOf("f1", 70)).to.deep.equal(tooFew(70, 100));
      expect(reasonsOf("f1", 69)).to.deep.equal(tooFew(69, 100));
    });
  });
});
