// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { unsafeUniformIntDistribution as uniformInt, xoroshiro128plus } from "pure-rand";
import { at } from "../../../sdk/evaluation/at";
import type { Interval } from "../../../sdk/evaluation/comparison";
import type { Example } from "../../../sdk/evaluation/examples";
import { toNumber } from "../../../sdk/evaluation/fraction";
import { METRICS, type MetricName } from "../../../sdk/evaluation/metrics";
import { scaleOf } from "../../../sdk/evaluation/scale";
import type { BenchmarkSpec } from "../../../sdk/evaluation/spec";
import { deLongStandardError, REFERENCE } from "./reference";
import { buildSpec, creditDefault, draws, examplesOf, HALF, pairsOf, randomExamples } from "./support";

const RESAMPLES = 999;
const ROUNDING = 1e-12;
const NAMES = Object.keys(METRICS) as MetricName[];
const BOOTSTRAPPED = NAMES.filter((name) => METRICS[name].bootstrap);

function intervalOf(examples: readonly Example[], overrides: Partial<BenchmarkSpec>, seed = 1): Interval {
  const spec = buildSpec(overrides);
  const metric = METRICS[spec.metric];
  return metric.compare(examples, HALF).interval(scaleOf(spec), xoroshiro128plus(seed), RESAMPLES);
}

/** The improvement of every resample, each computed from its rows by the metric's definition. */
function resampledImprovements(name: MetricName, examples: readonly Example[], seed: number): number[] {
  const random = xoroshiro128plus(seed);
  const sign = METRICS[name].direction === "maximise" ? 1 : -1;
  return Array.from({ length: RESAMPLES }, () => {
    const drawn = examples.map(() => at(examples, uniformInt(0, examples.length - 1, random)));
    return sign * (REFERENCE[name](pairsOf(drawn, "candidate")) - REFERENCE[name](pairsOf(drawn, "baseline")));
  }).sort((a, b) => a - b);
}

describe("evaluate: interval", () => {
  describe("by the paired bootstrap", () => {
    for (const name of BOOTSTRAPPED) {
      it(`of ${name} is the 25th smallest and largest of 999 resampled improvements`, () => {
        const examples = randomExamples(name, 40, 5);
        const improvements = resampledImprovements(name, examples, 7);
        const interval = intervalOf(examples, { metric: name }, 7);
        expect(interval.method).to.equal("bootstrap");
        expect(interval.low).to.be.closeTo(at(improvements, 24), ROUNDING);
        expect(interval.high).to.be.closeTo(at(improvements, 974), ROUNDING);
        const worse = improvements.filter((improvement) => improvement <= ROUNDING).length;
        expect(interval.pValue).to.equal((1 + worse) / 1000);
      });
    }

    it("is the same for the same seed and another for another", () => {
      const examples = randomExamples("mse", 40, 5);
      expect(intervalOf(examples, { metric: "mse" }, 7)).to.deep.equal(intervalOf(examples, { metric: "mse" }, 7));
      expect(intervalOf(examples, { metric: "mse" }, 8)).to.not.deep.equal(intervalOf(examples, { metric: "mse" }, 7));
    });

    it("measures differences of logarithms with f = ln", () => {
      const examples = randomExamples("human_score", 40, 5);
      const twice = examples.map((example) => ({ ...example, candidate: String(2 * Number(example.baseline)) }));
      const { low, high } = intervalOf(twice, { metric: "human_score", f: "ln", lo: 1, hi: 10 });
      expect([low, high].map((end) => end.toFixed(14))).to.deep.equal(Array(2).fill(Math.LN2.toFixed(14)));
    });

    it("of r2 keeps its digits where labels are large", () => {
      const examples = randomExamples("r2", 40, 5);
      const shift = (text: string): string => (Number(text) + 1e9).toFixed(3);
      const shifted = examples.map(({ id, label, baseline, candidate }) => ({
        id,
        label: shift(label),
        baseline: shift(baseline),
        candidate: shift(candidate),
      }));
      const [near, far] = [examples, shifted].map((set) => intervalOf(set, { metric: "r2" })) as [Interval, Interval];
      expect(far.low).to.be.closeTo(near.low, ROUNDING);
      expect(far.high).to.be.closeTo(near.high, ROUNDING);
    });

    it("counts a resample in which the metric is undefined as the worst", () => {
      const rows = randomExamples("precision", 40, 5).map(({ label, baseline }, i): [string, string, string] => [
        label,
        baseline,
        i === 0 ? "0.9" : "0.1",
      ]);
      const { low, pValue } = intervalOf(examplesOf(rows), { metric: "precision" });
      expect(low).to.equal(-Infinity);
      // (39/40)^40 = 36 % of the resamples miss the only positive prediction.
      expect(pValue).to.be.within(0.3, 1);
    });

    it("gives a resample without a common 4-gram, or without any, a BLEU of 0", () => {
      const text = "a b c d e";
      const rows = Array.from({ length: 40 }, (_, i): [string, string, string] => [text, "a", i === 0 ? text : "x"]);
      const { low, high, pValue } = intervalOf(examplesOf(rows), { metric: "bleu" });
      expect([low, Math.sign(high)]).to.deep.equal([0, 1]);
      // (39/40)^40 = 36 % of the resamples miss the only translation.
      expect(pValue).to.be.within(0.3, 0.42);
    });

    it("counts a resample whose logarithm is infinite as the worst", () => {
      const rows = Array.from({ length: 40 }, (_, i): [string, string, string] => ["1", "2", i === 0 ? "1.5" : "1"]);
      expect(intervalOf(examplesOf(rows), { metric: "mse", f: "ln", lo: 0.001, hi: 4 }).low).to.equal(-Infinity);
    });

    it("holds the true difference in 189 of 200 seeded worlds, nominally 95 %", () => {
      const worlds = Array.from({ length: 200 }, (_, world) => {
        const draw = draws(world + 1);
        // The candidate's score is the baseline's, from 0 to 99, plus 0 to 20: 10 better in truth.
        const rows = Array.from({ length: 60 }, (): [string, string, string] => {
          const baseline = draw(100);
          return ["prompt", String(baseline), String(baseline + draw(21))];
        });
        const { low, high } = intervalOf(examplesOf(rows), { metric: "human_score", lo: 0, hi: 120 }, world);
        return low <= 10 && 10 <= high;
      });
      expect(worlds.filter(Boolean)).to.have.length(189);
    });
  });

  describe("by DeLong", () => {
    it("of credit-default has scikit-learn's and SciPy's figures", () => {
      const { method, low, high, standardError, pValue } = intervalOf(creditDefault(), { metric: "roc_auc" });
      expect(method).to.equal("delong");
      expect(standardError).to.be.closeTo(0.01038889755315513, 1e-16);
      expect((335520 - 314728) / 420000 / Number(standardError)).to.be.closeTo(4.76516, 5e-7);
      expect(pValue).to.be.closeTo(9.435179584454e-7, 1e-18);
      expect(low).to.be.closeTo(0.029142896861502, 1e-15);
      expect(high).to.be.closeTo(0.069866626948022, 1e-15);
    });

    it("agrees with all pairs one by one, ties included", () => {
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

    it("holds the true difference in 185 of 200 seeded worlds, nominally 95 %", () => {
      const worlds = Array.from({ length: 200 }, (_, world) => {
        const draw = draws(world + 1);
        // Both models see the class through noise of the same strength: no difference in truth.
        const rows = Array.from({ length: 80 }, (_, i): [string, string, string] => {
          const score = (): string => String(draw(1000) + 300 * (i % 2));
          return [String(i % 2), score(), score()];
        });
        const { low, high } = intervalOf(examplesOf(rows), { metric: "roc_auc" });
        return low <= 0 && 0 <= high;
      });
      expect(worlds.filter(Boolean)).to.have.length(185);
    });
  });

  describe("the area on a part of the examples", () => {
    it("agrees with all pairs of that part", () => {
      const examples = randomExamples("roc_auc", 60, 9);
      const part = [...examples.keys()].filter((i) => i % 3 !== 0);
      const bounds = METRICS.roc_auc.compare(examples, HALF).value("candidate", part);
      const expected = REFERENCE.roc_auc(
        pairsOf(
          part.map((i) => at(examples, i)),
          "candidate",
        ),
      );
      expect(bounds && toNumber(bounds.low)).to.be.closeTo(expected, ROUNDING);
    });
  });
});
