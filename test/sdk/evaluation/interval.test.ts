// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { at } from "../../../sdk/evaluation/at";
import type { Interval } from "../../../sdk/evaluation/comparison";
import { toNumber } from "../../../sdk/evaluation/fraction";
import { Examples } from "../../../sdk/evaluation/examples";
import { METRICS, type MetricName } from "../../../sdk/evaluation/metrics";
import { normalQuantile, studentQuantile } from "../../../sdk/evaluation/quantiles";
import { deLongStandardError, REFERENCE } from "./textbook";
import { creditDefault, draws, estimateOf, examplesOf, pairsOf, randomExamples, readingOf } from "./support";

const ROUNDING = 1e-12;
const intervalOf = (...args: Parameters<typeof estimateOf>): Interval => estimateOf(...args).interval;

/** As many examples as stated, of which both models rate each from 1 to 5. */
const ratings = (size: number, seed: number) => randomExamples("human_score", size, seed);

describe("evaluate: interval", () => {
  describe("of means, by the lesser of Student's and Johnson's bounds", () => {
    it("is that of SciPy for a sample without skew", () => {
      // Differences 1 and −1 as often each, and one 0: mean 0, s² = 400/400 = 1.
      const rows = Array.from({ length: 401 }, (_, i): [string, string, string] => [
        "p",
        "3",
        String(i === 0 ? 3 : 2 + 2 * (i % 2)),
      ]);
      const { interval } = estimateOf(examplesOf(rows), { metric: "human_score", lo: 1, hi: 5 });
      const standardError = Math.sqrt(1 / 401);
      expect(interval.quantile).to.equal(studentQuantile(0.0125, 400));
      expect(interval.standardError).to.be.closeTo(standardError, ROUNDING);
      expect(interval.low).to.be.closeTo(-studentQuantile(0.0125, 400) * standardError, ROUNDING);
      expect(interval.high).to.be.closeTo(-interval.low, ROUNDING);
    });

    it("takes Johnson's wider bound where losses are skewed, and at the other end where gains are", () => {
      const rows = Array.from({ length: 400 }, (_, i): [string, string, string] => [
        "p",
        "3",
        i % 10 === 0 ? "1" : "4",
      ]);
      const mirrored = rows.map(([label, baseline, candidate]): [string, string, string] => [
        label,
        candidate,
        baseline,
      ]);
      const [losses, gains] = [rows, mirrored].map((list) =>
        intervalOf(examplesOf(list), { metric: "human_score", lo: 1, hi: 5 }),
      ) as [Interval, Interval];
      // Differences: 360 of 1, 40 of −2: mean 0.7, s² = 0.81·400/399, third moment 0.9·0.3³ − 0.1·2.7³.
      const variance = (0.81 * 400) / 399;
      const moment = 0.9 * 0.027 - 0.1 * 19.683;
      const reach = studentQuantile(0.0125, 399) * Math.sqrt(variance / 400);
      expect(losses.high).to.be.closeTo(0.7 + reach, ROUNDING);
      expect(gains.low).to.be.closeTo(-0.7 - reach, ROUNDING);
      for (const delta of [0.7 - losses.low, gains.high + 0.7]) {
        expect(delta).to.be.greaterThan(reach);
        const statistic = delta + moment / (6 * variance * 400) + (moment * delta ** 2) / (3 * variance ** 2);
        expect(statistic).to.be.closeTo(reach, ROUNDING);
      }
    });

    it("has no lower end if the skew is too strong", () => {
      const rows = Array.from({ length: 400 }, (_, i): [string, string, string] => [
        "p",
        "3",
        i === 0 ? "1" : i % 2 ? "3.01" : "3.02",
      ]);
      const { low, lowBps } = intervalOf(examplesOf(rows), { metric: "human_score", lo: 1, hi: 5 });
      expect([low, lowBps]).to.deep.equal([-Infinity, -Infinity]);
    });

    for (const [attempts, minimum] of [
      [1, 200],
      [2, 800],
    ] as const) {
      it(`needs ${minimum} differences for ${attempts === 1 ? "one attempt" : "several"}`, () => {
        const rows = (different: number) =>
          examplesOf(
            Array.from({ length: 900 }, (_, i): [string, string, string] => [
              "p",
              "3",
              i < different ? String(4 + (i % 2)) : "3",
            ]),
          );
        const reasonsWith = (different: number) =>
          estimateOf(rows(different), { metric: "human_score", lo: 1, hi: 5, attempts }).reasons;
        expect(reasonsWith(minimum)).to.deep.equal([]);
        expect(reasonsWith(minimum - 1)).to.deep.equal([
          {
            code: "TOO_FEW_DIFFERENCES",
            message: `${minimum - 1} examples on which the models differ, expected at least ${minimum}`,
          },
        ]);
      });
    }

    for (const metric of ["rmse", "r2", "perplexity", "bleu"] as const) {
      it(`of ${metric} comes from the pseudo-values of the jackknife`, () => {
        const examples = randomExamples(metric, 40, 5);
        const sign = METRICS[metric].directions[0] === "maximise" ? 1 : -1;
        const improvement = (list: typeof examples) =>
          sign * (REFERENCE[metric](pairsOf(list, "candidate")) - REFERENCE[metric](pairsOf(list, "baseline")));
        const whole = improvement(examples);
        const values = examples.map((_, i) => 40 * whole - 39 * improvement(examples.filter((__, j) => j !== i)));
        const mean = values.reduce((a, b) => a + b) / 40;
        const moment = (power: number) => values.reduce((total, value) => total + (value - mean) ** power, 0);
        const variance = moment(2) / 39;
        const { low, standardError } = intervalOf(examples, { metric, hi: 20, tokeniser: "whitespace" });
        expect(standardError).to.be.closeTo(Math.sqrt(variance / 40), 1e-9);
        const reach = studentQuantile(0.0125, 39) * Math.sqrt(variance / 40);
        const delta = whole - low;
        const third = moment(3) / 40;
        const johnson = delta + third / (6 * variance * 40) + (third * delta ** 2) / (3 * variance ** 2);
        expect(Math.min(delta, johnson)).to.be.closeTo(reach, 1e-9);
      });
    }

    it("measures differences of logarithms with f = ln", () => {
      const twice = ratings(40, 5).map((example) => ({ ...example, candidate: String(2 * Number(example.baseline)) }));
      const { low, high } = intervalOf(twice, { metric: "human_score", f: "ln", lo: 1, hi: 10 });
      expect([low, high].map((end) => end.toFixed(12))).to.deep.equal(Array(2).fill(Math.LN2.toFixed(12)));
    });

    it("of r2 depends neither on the order of ids nor on the distance of labels from 0", () => {
      const examples = randomExamples("r2", 40, 5);
      const shift = (text: string): string => (Number(text) + 1e9).toFixed(3);
      const shifted = examples.map(({ id, label, baseline, candidate }) => ({
        id,
        label: shift(label),
        baseline: shift(baseline),
        candidate: shift(candidate),
      }));
      const [near, far, back] = [examples, shifted, [...examples].reverse()].map((set) =>
        intervalOf(set, { metric: "r2" }),
      ) as [Interval, Interval, Interval];
      expect(far.low).to.be.closeTo(near.low, ROUNDING);
      expect(back.low).to.be.closeTo(near.low, ROUNDING);
    });
  });

  describe("of a capped mean, by bets", () => {
    const losses = (size: number) =>
      examplesOf(
        Array.from({ length: size }, (_, i): [string, string, string] => ["0", "1", i % 10 === 0 ? "9" : "0.2"]),
      );

    it("lies below the improvement, needs no minimum, and keeps its ends in the range", () => {
      const { interval, reasons } = estimateOf(losses(60), { metric: "mae", hi: 2, cap: 1 });
      // Capped: a tenth has 1 − 1 = 0, the rest 1 − 0.2.
      expect(reasons).to.deep.equal([]);
      expect(interval.method).to.equal("betting");
      expect(interval.low).to.be.within(0.3, 0.72);
      expect(interval.high).to.be.within(0.72, 1);
    });

    it("approaches the improvement with more examples", () => {
      const lows = [60, 240, 960].map((size) => intervalOf(losses(size), { metric: "mae", hi: 2, cap: 1 }).low);
      expect(lows).to.deep.equal([...lows].sort((a, b) => a - b));
      expect(lows[2]).to.be.within(0.65, 0.72);
    });

    it("has a negative lower end for a candidate that equals the baseline", () => {
      const same = losses(20).map((example) => ({ ...example, candidate: example.baseline }));
      expect(intervalOf(same, { metric: "mae", hi: 2, cap: 1 }).low).to.be.lessThan(0);
    });
  });

  describe("of ratios of counts, by resampling their cells", () => {
    const RATIOS: readonly MetricName[] = [
      "precision",
      "recall",
      "f1",
      "mcc",
      "balanced_accuracy",
      "macro_f1",
      "weighted_precision",
    ];
    for (const metric of RATIOS) {
      it(`of ${metric} agrees with a bootstrap of rows within its own error`, () => {
        const examples = randomExamples(metric, 200, 5);
        const draw = draws(3);
        const resamples = Array.from({ length: 999 }, () => {
          const drawn = examples.map(() => at(examples, draw(200)));
          return REFERENCE[metric](pairsOf(drawn, "candidate")) - REFERENCE[metric](pairsOf(drawn, "baseline"));
        }).sort((a, b) => a - b);
        const { method, low, high } = intervalOf(examples, { metric });
        expect(method).to.equal("resampling");
        const spread = at(resamples, 974) - at(resamples, 24);
        expect(low).to.be.closeTo(at(resamples, 24), spread / 12);
        expect(high).to.be.closeTo(at(resamples, 974), spread / 12);
      });
    }

    it("is the same for the same seed, and differs for another", () => {
      const examples = randomExamples("f1", 200, 5);
      expect(intervalOf(examples, { metric: "f1", seed: 7 })).to.deep.equal(
        intervalOf(examples, { metric: "f1", seed: 7 }),
      );
      expect(intervalOf(examples, { metric: "f1", seed: 8 })).to.not.deep.equal(
        intervalOf(examples, { metric: "f1", seed: 7 }),
      );
    });

    it("counts a resample in which the metric is undefined as the worst", () => {
      const rows = randomExamples("precision", 40, 5).map(({ label, baseline }, i): [string, string, string] => [
        label,
        baseline,
        i === 0 ? "0.9" : "0.1",
      ]);
      const { low, lowBps } = intervalOf(examplesOf(rows), { metric: "precision" });
      expect([low, lowBps]).to.deep.equal([-Infinity, -Infinity]);
    });

    it("decides in exact numbers whether an end reaches a whole number of bps", () => {
      // Only recall changes, from 20 of 40 to 40 of 40: every resample gives the share of its hits, a ratio of whole numbers.
      const rows = Array.from({ length: 80 }, (_, i): [string, string, string] => {
        const label = i < 40 ? "1" : "0";
        return [label, i < 20 ? "1" : "0", label];
      });
      const { low, lowBps } = intervalOf(examplesOf(rows), { metric: "recall" });
      expect(lowBps).to.equal(Math.floor(low * 10_000 + 1e-9));
    });
  });

  describe("of an accuracy, in whole numbers", () => {
    const changed = (size: number, gained: number, lost: number) =>
      examplesOf(
        Array.from({ length: size }, (_, i): [string, string, string] => [
          String(i % 2),
          i < gained ? String(1 - (i % 2)) : String(i % 2),
          i >= gained && i < gained + lost ? String(1 - (i % 2)) : String(i % 2),
        ]),
      );

    it("is that of ZkProof from 150 disagreements on: 28 bps for 90 gained and 63 lost of 1,000", () => {
      const { interval } = estimateOf(changed(1000, 90, 63), { metric: "accuracy" });
      expect(interval).to.include({ method: "normal", lowBps: 28, quantile: 1.959963985 });
    });

    it("is that of Clopper and Pearson with fewer disagreements", () => {
      // SciPy: beta.ppf(0.025, 20, 11) = 0.4538…: 2·0.4538 − 1 < 0. And beta.ppf(0.025, 24, 7) = 0.6027…: 30·0.2055 / 1000 = 61 bps.
      const lowest = (gained: number, lost: number) => intervalOf(changed(1000, gained, lost), { metric: "accuracy" });
      expect(lowest(20, 10)).to.include({ method: "exact", lowBps: -17 });
      expect(lowest(24, 6)).to.include({ method: "exact", lowBps: 68 });
    });

    it("is first above 0 with six gained and none lost", () => {
      expect(intervalOf(changed(100, 5, 0), { metric: "accuracy" }).lowBps).to.be.lessThan(0);
      expect(intervalOf(changed(100, 6, 0), { metric: "accuracy" }).lowBps).to.be.greaterThan(0);
    });

    it("refuses models that are right on the same examples, and a gain on every example", () => {
      const codes = (gained: number, lost: number) =>
        estimateOf(changed(40, gained, lost), { metric: "accuracy" }).reasons.map(({ code }) => code);
      expect(codes(0, 0)).to.deep.equal(["NO_VARIATION"]);
      expect(codes(40, 0)).to.deep.equal(["NO_VARIATION"]);
      expect(codes(39, 1)).to.deep.equal([]);
    });
  });

  describe("by DeLong", () => {
    it("of credit-default has the figures of scikit-learn and SciPy", () => {
      const { method, low, high, standardError } = intervalOf(creditDefault(), { metric: "roc_auc" });
      expect(method).to.equal("delong");
      expect(standardError).to.be.closeTo(0.01038889755315513, 1e-16);
      expect((335520 - 314728) / 420000 / Number(standardError)).to.be.closeTo(4.76516, 5e-7);
      expect(low).to.be.closeTo(0.029142896861502, 1e-11);
      expect(high).to.be.closeTo(0.069866626948022, 1e-11);
    });

    for (const [attempts, lowBps] of [
      [1, 291],
      [10, 203],
    ] as const) {
      it(`of credit-default is at least ${lowBps} bps with ${attempts} attempts`, () => {
        expect(intervalOf(creditDefault(), { metric: "roc_auc", attempts }).lowBps).to.equal(lowBps);
      });
    }

    it("takes Student's quantile for fewer than 300 examples of a class", () => {
      const smaller = creditDefault().filter(({ label }, i) => label === "0" || i > 4);
      const positives = smaller.filter(({ label }) => label === "1").length;
      expect(positives).to.be.lessThan(300);
      expect(intervalOf(smaller, { metric: "roc_auc" }).quantile).to.equal(studentQuantile(0.025, positives - 1));
      expect(intervalOf(creditDefault(), { metric: "roc_auc" }).quantile).to.equal(normalQuantile(0.025));
    });

    it("needs 30 examples of each class", () => {
      const rows = (positives: number) =>
        examplesOf(
          Array.from({ length: 80 }, (_, i): [string, string, string] => [
            i < positives ? "1" : "0",
            String((i * 7) % 13),
            String((i * 5) % 11),
          ]),
        );
      expect(estimateOf(rows(30), { metric: "roc_auc" }).reasons).to.deep.equal([]);
      expect(estimateOf(rows(29), { metric: "roc_auc" }).reasons).to.deep.equal([
        { code: "TOO_FEW_EXAMPLES", message: "29 examples of class 1, expected at least 30" },
      ]);
    });

    it("agrees with a count of all pairs, ties included", () => {
      for (const seed of [1, 2, 3, 4]) {
        const examples = randomExamples("roc_auc", 60, seed);
        const pairs = [pairsOf(examples, "baseline"), pairsOf(examples, "candidate")] as const;
        const interval = intervalOf(examples, { metric: "roc_auc" });
        expect(interval.standardError).to.be.closeTo(deLongStandardError(...pairs), ROUNDING);
        const difference = REFERENCE.roc_auc(pairs[1]) - REFERENCE.roc_auc(pairs[0]);
        expect((interval.low + interval.high) / 2).to.be.closeTo(difference, ROUNDING);
      }
    });

    it("uses the delta method with f = ln", () => {
      const examples = randomExamples("roc_auc", 60, 1);
      const pairs = [pairsOf(examples, "baseline"), pairsOf(examples, "candidate")] as const;
      const [before, after] = [REFERENCE.roc_auc(pairs[0]), REFERENCE.roc_auc(pairs[1])];
      const interval = intervalOf(examples, { metric: "roc_auc", f: "ln", lo: 0.5, hi: 1 });
      expect(interval.standardError).to.be.closeTo(deLongStandardError(...pairs, 1 / before, 1 / after), ROUNDING);
      expect((interval.low + interval.high) / 2).to.be.closeTo(Math.log(after / before), ROUNDING);
    });
  });

  describe("of average precision", () => {
    it("comes from the derivative by each row's weight", () => {
      // A row's weight raised by one is the row twice; the derivative is near the difference where there are many rows.
      const examples = randomExamples("average_precision", 240, 2);
      const improvement = (list: typeof examples) =>
        REFERENCE.average_precision(pairsOf(list, "candidate")) -
        REFERENCE.average_precision(pairsOf(list, "baseline"));
      const whole = improvement(examples);
      const effects = examples.map((example) => 240 * (improvement([...examples, example]) - whole));
      const mean = effects.reduce((a, b) => a + b) / 240;
      const standardError = Math.sqrt(effects.reduce((total, effect) => total + (effect - mean) ** 2, 0) / 239 / 240);
      const interval = intervalOf(examples, { metric: "average_precision" });
      expect(interval.method).to.equal("student");
      expect(interval.standardError).to.be.closeTo(standardError, standardError / 50);
    });
  });

  describe("the area on a part of the examples", () => {
    it("agrees with a count of all pairs of that part", () => {
      const examples = randomExamples("roc_auc", 60, 9);
      const of = Uint8Array.from(examples, (_, i) => Number(i % 3 === 0));
      const [bounds] = METRICS.roc_auc
        .compare(Examples.of(examples), readingOf("roc_auc"))
        .values("candidate", { of, count: 2 });
      const part = examples.filter((_, i) => of[i] === 0);
      expect(bounds && toNumber(bounds.low)).to.be.closeTo(REFERENCE.roc_auc(pairsOf(part, "candidate")), ROUNDING);
    });
  });
});
