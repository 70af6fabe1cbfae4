// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { keccak256 } from "ethers";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { completeSpecFor } from "../../../sdk/evaluation/completeSpec";
import { hashDocument } from "../../../sdk/evaluation/document";
import { assess, evaluate } from "../../../sdk/evaluation/evaluate";
import { Examples, type Example } from "../../../sdk/evaluation/examples";
import { hashEvaluationData, hashPredictions } from "../../../sdk/evaluation/hashes";
import { METRICS, type MetricName } from "../../../sdk/evaluation/metrics";
import { hashSpec, parseSpec, type BenchmarkSpec } from "../../../sdk/evaluation/spec";
import {
  buildSpec,
  creditDefault,
  CREDIT_DEFAULT,
  directionOf,
  draws,
  examplesOf,
  expectRefusal,
  randomExamples,
} from "./support";

const BENCHMARK = parseSpec(readFileSync(resolve(CREDIT_DEFAULT, "benchmark.json"), "utf8"));
const SPEC_HASH = "0x9155f56045991cc13db7b3e6a0d4afc4a8006c5d18f6601b180587d0aadeb250";
const DATA_HASH = "0x2a5027979b159f4d7aec9b4830924717008426543fe66604cfb0ef3ed436af1e";
const EVALUATION_ID = "0xc24bba1214c1887941558b4e132a80e5bd8267b0480007cfa3459c6d35f034d0";
const RATING = { metric: "human_score", lo: 1, hi: 5 } as const;

/** Ratings from 1 to 4 of the baseline, of which the candidate raises the first ones by one. */
function ratings(size: number, raised: number): Example[] {
  return examplesOf(
    Array.from({ length: size }, (_, i): [string, string, string] => [
      "prompt",
      String(1 + (i % 4)),
      String(1 + (i % 4) + (i < raised ? 1 : 0)),
    ]),
  );
}

/** As many examples of each class as stated, all judged right by the candidate and half of each class by the baseline. */
function classified(positives: number, negatives: number): Example[] {
  const rows = Array.from({ length: positives + negatives }, (_, i): [string, string, string] => {
    const label = i < positives ? "1" : "0";
    return [label, i % 2 === 0 ? "0.4" : "0.6", label];
  });
  return examplesOf(rows);
}

describe("evaluate", () => {
  describe("credit-default by ROC AUC", () => {
    it("finds 7494 → 7988: 494 bps, at least 291", () => {
      const { folds, interval, ...figures } = evaluate({ spec: BENCHMARK, examples: Examples.of(creditDefault()) });
      expect(figures).to.deep.equal({
        version: 2,
        accepted: true,
        reasons: [],
        attempt: 1,
        attempts: 1,
        alpha: 0.025,
        level: 0.025,
        guardrails: [],
        spec: BENCHMARK,
        baselineDataHash: hashPredictions(Examples.of(creditDefault()), "baseline"),
        candidateDataHash: hashPredictions(Examples.of(creditDefault()), "candidate"),
        evaluationId: EVALUATION_ID,
        benchmark: "credit-default",
        metric: "roc_auc",
        direction: "maximise",
        baselineValue: 0.749352380952381,
        candidateValue: 0.7988571428571428,
        baselineScore: 7494,
        candidateScore: 7988,
        deltaBps: 494,
        sampleSize: 1000,
        runs: 9,
        lowerBoundBps: 291,
        specHash: SPEC_HASH,
        evaluationDataHash: DATA_HASH,
      });
      expect(Math.floor(10_000 * interval.low)).to.equal(291);
      expect(folds.filter(({ improved }) => improved)).to.have.length(9);
    });

    it("deals ten folds of 100, whose improvements follow from their values", () => {
      const { folds } = evaluate({ spec: BENCHMARK, examples: Examples.of(creditDefault()) });
      expect(folds.map(({ size }) => size)).to.deep.equal(Array(10).fill(100));
      for (const { baseline, candidate, improvement, improved } of folds) {
        expect(improvement).to.be.closeTo(Number(candidate) - Number(baseline), 1e-15);
        expect(improved).to.equal(Number(improvement) > 0);
        // 30 positives and 70 negatives in each: areas are multiples of 1 / (2·30·70).
        expect(Math.abs(Number(candidate) * 4200 - Math.round(Number(candidate) * 4200))).to.be.lessThan(1e-9);
      }
    });

    it("does not depend on the order of rows, but does on the seed", () => {
      const examples = creditDefault();
      const expected = evaluate({ spec: BENCHMARK, examples: Examples.of(examples) });
      expect(evaluate({ spec: BENCHMARK, examples: Examples.of([...examples].reverse()) })).to.deep.equal(expected);
      expect(evaluate({ spec: { ...BENCHMARK, seed: 2 }, examples: Examples.of(examples) }).folds).to.not.deep.equal(
        expected.folds,
      );
    });

    it("hashes the bytes of the contributed data", () => {
      const contribution = Buffer.from("id,label\n1,0\n");
      const evaluation = evaluate({ spec: BENCHMARK, examples: Examples.of(creditDefault()), contribution });
      expect(evaluation.contributionDataHash).to.equal(keccak256(contribution));
    });

    it("hashes the benchmark and the evaluation set separately", () => {
      const examples = randomExamples("roc_auc", 200, 1);
      const { specHash, evaluationDataHash } = evaluate({
        spec: buildSpec({ metric: "roc_auc" }),
        examples: Examples.of(examples),
      });
      expect(specHash).to.equal(hashSpec(buildSpec({ metric: "roc_auc" })));
      expect(evaluationDataHash).to.equal(hashEvaluationData(Examples.of(examples)));
    });
  });

  describe("credit-default by other metrics", () => {
    // Scores: Python's fractions, rounded up for the baseline and down for the candidate of a maximised metric, else the other way.
    const expected: [MetricName, number, number, number][] = [
      ["accuracy", 1, 7440, 7710],
      ["recall", 1, 3700, 4433],
      ["f1", 1, 4645, 5373],
      ["mse", 1, 1755, 1595],
      ["rmse", 1, 4189, 3994],
      ["mae", 1, 3493, 3292],
      ["r2", 1, 1641, 2406],
      ["mse", 0.351103337171898, 5000, 4543],
    ];
    for (const [metric, hi, baselineScore, candidateScore] of expected) {
      it(`scores ${metric} on 0 … ${hi} ${baselineScore} → ${candidateScore}`, () => {
        const spec = buildSpec({ metric, hi, folds: 10 });
        const evaluation = evaluate({ spec, examples: Examples.of(creditDefault()) });
        expect(evaluation).to.include({
          baselineScore,
          candidateScore,
          deltaBps: Math.abs(candidateScore - baselineScore),
        });
        expect(evaluation.lowerBoundBps).to.be.within(1, evaluation.deltaBps);
      });
    }
  });

  describe("every metric", () => {
    for (const [name, { range }] of Object.entries(METRICS) as [MetricName, (typeof METRICS)[MetricName]][]) {
      it(`${name} leads from a benchmark and predictions to the figures of a statement`, () => {
        const size = name.includes("precision") ? 2400 : 400; // It moves least.
        const examples = randomExamples(name, size, 3);
        const stated = { ...(range === "stated" && { lo: 1, hi: 5 }), attempts: 1 };
        const text = JSON.stringify({ name: "b", metric: name, direction: directionOf(name), ...stated });
        const spec = completeSpecFor(text, Examples.of(examples));
        const evaluation = evaluate({ spec, examples: Examples.of(examples) });
        const sign = spec.direction === "maximise" ? 1 : -1;
        expect(evaluation.deltaBps).to.equal(sign * (evaluation.candidateScore - evaluation.baselineScore));
        expect(evaluation.lowerBoundBps).to.be.within(1, evaluation.deltaBps);
        expect(evaluation.sampleSize).to.equal(size);
        expect(evaluation.runs).to.be.within(1, 10);
        if (range === "twice baseline") expect(evaluation.baselineScore).to.be.within(4999, 5000);
      });
    }

    it("deals each class evenly to the folds", () => {
      const examples = classified(43, 67);
      const { folds } = assess({ spec: buildSpec({ metric: "recall", folds: 10 }), examples: Examples.of(examples) });
      // 43 positives: three folds hold five, seven hold four; recall is a multiple of 1/5 or 1/4 there.
      const denominators = folds.map(({ baseline }) => (Number.isInteger(Number(baseline) * 4) ? 4 : 5));
      expect(denominators).to.deep.equal([5, 5, 5, 4, 4, 4, 4, 4, 4, 4]);
      expect(folds.map(({ size }) => size)).to.deep.equal(Array(10).fill(11));
    });

    it("does not count a fold on which both models are equal as improved", () => {
      // Seven of 40 are better: among ten folds at least three have none of them.
      const { folds, runs } = assess({
        spec: buildSpec({ ...RATING, folds: 10 }),
        examples: Examples.of(ratings(40, 7)),
      });
      const better = folds.filter(({ improvement }) => Number(improvement) > 0);
      expect(folds.filter(({ improvement }) => improvement === 0).length).to.equal(10 - better.length);
      expect(better.length).to.be.within(2, 7);
      expect(runs).to.equal(better.length);
    });

    it("does not count a fold on which the metric is undefined as improved", () => {
      // One fold in two gets the baseline's only positive prediction; precision of the other is 0/0.
      const rows = Array.from({ length: 40 }, (_, i): [string, string, string] => [
        String(i % 2),
        i % 10 === 0 ? "0.9" : "0.1",
        i % 2 === 0 && i % 10 !== 2 ? "0.1" : "0.9",
      ]);
      const { folds, runs } = assess({
        spec: buildSpec({ metric: "precision", folds: 10, seed: 4 }),
        examples: Examples.of(examplesOf(rows)),
      });
      const undefinedFolds = folds.filter(({ baseline }) => baseline === null);
      expect(undefinedFolds.length).to.be.within(6, 9);
      for (const fold of undefinedFolds) expect(fold).to.include({ improvement: null, improved: false });
      expect(runs).to.equal(10 - undefinedFolds.length);
    });
  });

  describe("given a score on chain", () => {
    const evaluateFrom = (registeredScore: number, overrides: Partial<BenchmarkSpec> = {}): number =>
      evaluate({ spec: { ...BENCHMARK, ...overrides }, examples: Examples.of(creditDefault()), registeredScore })
        .baselineScore;

    it("accepts the baseline's value in either rounding", () => {
      expect([evaluateFrom(7494), evaluateFrom(7493)]).to.deep.equal([7494, 7493]);
    });

    it("accepts either rounding of a minimised metric", () => {
      const mse = buildSpec({ metric: "mse" });
      expect([evaluateFrom(1755, mse), evaluateFrom(1756, mse)]).to.deep.equal([1755, 1756]);
    });

    for (const score of [7492, 7495]) {
      it(`refuses ${score}`, () => {
        expectRefusal(
          () => evaluateFrom(score),
          "SCORE_MISMATCH",
          `the registered score is ${score} bps, expected 7493 or 7494 as the baseline's predictions give`,
        );
      });
    }
  });

  describe("refuses", () => {
    const refuse = (
      overrides: Partial<BenchmarkSpec>,
      examples: Example[],
      ...expected: Parameters<typeof expectRefusal> extends [unknown, ...infer Rest] ? Rest : never
    ): void => {
      expectRefusal(() => evaluate({ spec: buildSpec(overrides), examples: Examples.of(examples) }), ...expected);
    };

    it("fewer examples than the benchmark requires, and accepts exactly as many", () => {
      const spec = { ...RATING, minSampleSize: 500 };
      refuse(spec, ratings(499, 250), "TOO_FEW_EXAMPLES", "499 examples, expected at least 500");
      expect(evaluate({ spec: buildSpec(spec), examples: Examples.of(ratings(500, 250)) }).sampleSize).to.equal(500);
    });

    it("an empty list of examples", () => {
      refuse({}, [], "TOO_FEW_EXAMPLES", "0 examples, expected at least 20");
    });

    it("fewer examples of a class than folds, and accepts exactly as many", () => {
      const message = "9 examples of one class, expected at least one for each of 10 folds";
      refuse({ folds: 10 }, classified(9, 40), "TOO_FEW_EXAMPLES", message);
      refuse({ folds: 10 }, classified(40, 9), "TOO_FEW_EXAMPLES", message);
      expect(
        evaluate({ spec: buildSpec({ folds: 10 }), examples: Examples.of(classified(10, 40)) }).folds,
      ).to.have.length(10);
    });

    it("a metric that divides by zero, and reports null for what has no value", () => {
      const examples = classified(20, 20).map((example) => ({ ...example, baseline: "0.1" }));
      const message =
        "baseline: precision divides by zero on these examples, expected predictions for which it is defined";
      refuse({ metric: "precision" }, examples, "UNDEFINED_METRIC", message);
      expect(assess({ spec: buildSpec({ metric: "precision" }), examples: Examples.of(examples) })).to.deep.include({
        accepted: false,
        reasons: [{ code: "UNDEFINED_METRIC", message }],
        baselineValue: null,
        candidateValue: 1,
        baselineScore: null,
        deltaBps: null,
        lowerBoundBps: null,
        runs: null,
        interval: null,
        folds: [],
      });
    });

    it("a value off the scale, instead of clamping it", () => {
      const examples = randomExamples("mse", 40, 1).map((example, i) => ({
        ...example,
        label: String(i),
        baseline: "90",
      }));
      const { reasons, baselineScore } = assess({ spec: buildSpec({ metric: "r2" }), examples: Examples.of(examples) });
      // 1 − ((90 − 19.5)² + 133.25) / 133.25: labels 0 … 39 have the mean 19.5 and the variance 133.25.
      expect(reasons[0]).to.deep.equal({
        code: "OUT_OF_RANGE",
        message: "baseline: r2 is -37.30018761726079, expected 0 … 1 as the benchmark states",
      });
      expect(baselineScore).to.equal(null);
    });

    it("a rating off the scale, even if the mean is on it", () => {
      const examples = ratings(400, 200).map((example, i) => (i === 5 ? { ...example, candidate: "6" } : example));
      refuse(
        RATING,
        examples,
        "OUT_OF_RANGE",
        'example "e000005", column candidate: "6", expected a rating from 1 to 5',
      );
    });

    it("a candidate that equals the baseline", () => {
      const codes = (overrides: Partial<BenchmarkSpec>, examples: Example[]) =>
        assess({ spec: buildSpec(overrides), examples: Examples.of(examples) }).reasons.map(({ code }) => code);
      expect(codes(RATING, ratings(400, 0))).to.deep.equal([
        "TOO_FEW_DIFFERENCES",
        "NO_VARIATION",
        "INTERVAL_CONTAINS_ZERO",
        "BELOW_MINIMUM",
        "BELOW_MINIMUM",
      ]);
      const equal = classified(40, 40).map((example) => ({ ...example, candidate: example.baseline }));
      expect(codes({ metric: "roc_auc" }, equal)).to.include.members(["NO_VARIATION", "INTERVAL_CONTAINS_ZERO"]);
      expect(codes({ metric: "f1" }, equal)).to.include.members(["NO_VARIATION", "TOO_FEW_DIFFERENCES"]);
    });

    it("a worse candidate, for all reasons at once", () => {
      const swapped = creditDefault().map((example) => ({
        ...example,
        baseline: example.candidate,
        candidate: example.baseline,
      }));
      refuse(
        { metric: "roc_auc" },
        swapped,
        "INTERVAL_CONTAINS_ZERO",
        "the improvement is -698.67 … -291.43 bps with 97.5 % confidence on each side, expected a lower bound of at least 1 bps; " +
          "the improvement in bps is -496, expected at least 10 as the benchmark states; " +
          "the number of improved folds is 0, expected at least 1 as the benchmark states",
      );
    });

    it("an improvement that is the same on every example", () => {
      const message =
        "the improvement does not vary over the examples, expected data from which an interval can be estimated";
      refuse(RATING, ratings(400, 400), "NO_VARIATION", message);
      const shifted = ratings(400, 400).map((rating, i) => ({
        ...rating,
        baseline: `${1 + (i % 2)}`,
        candidate: `${1 + (i % 2)}.1`,
      }));
      refuse(RATING, shifted, "NO_VARIATION", message);
      const perfect = classified(40, 40).map((example) => ({ ...example, baseline: "0.5" }));
      refuse({ metric: "roc_auc" }, perfect, "NO_VARIATION", message);
    });

    for (const attempt of [0, 11, 1.5]) {
      it(`attempt ${attempt} of 10`, () => {
        expectRefusal(
          () => assess({ spec: { ...BENCHMARK, attempts: 10 }, examples: Examples.of(creditDefault()), attempt }),
          "BAD_ATTEMPT",
          `the attempt is ${attempt}, expected an integer from 1 to 10 as the benchmark states`,
        );
      });
    }

    it("an example without its group", () => {
      const [first, ...others] = ratings(40, 20);
      const grouped = [{ ...(first as Example), group: " " }, ...others.map((example) => ({ ...example, group: "g" }))];
      const blank = 'example "e000000", column group: " ", expected a group';
      refuse({ ...RATING, group: "user" }, grouped, "MISSING_VALUE", blank);
      refuse({ ...RATING, group: "user" }, ratings(40, 20), "MISSING_COLUMN", 'the examples have no column "user"');
    });

    it("a candidate below the target, and accepts one that reaches it", () => {
      const evaluateWith = (targetScore: number) => () =>
        evaluate({ spec: { ...BENCHMARK, targetScore }, examples: Examples.of(creditDefault()) });
      expect(evaluateWith(7988)().accepted).to.equal(true);
      expectRefusal(
        evaluateWith(7989),
        "BELOW_TARGET",
        "the candidate's score is 7988 bps, expected at least the target 7989",
      );
      const mse = (targetScore: number) =>
        assess({ spec: buildSpec({ metric: "mse", targetScore }), examples: Examples.of(creditDefault()) });
      expect(mse(1595).reasons).to.deep.equal([]);
      expect(mse(1594).reasons[0]?.message).to.equal(
        "the candidate's score is 1595 bps, expected at most the target 1594",
      );
    });

    describe("what is below the benchmark's minima, and accepts what reaches them:", () => {
      const cases: [keyof BenchmarkSpec, number, string][] = [
        ["minImprovementBps", 494, "improvement in bps"],
        ["minLowerBoundBps", 291, "lower bound in bps"],
        ["minRuns", 9, "number of improved folds"],
      ];
      for (const [key, reached, what] of cases) {
        it(key, () => {
          const evaluateWith = (minimum: number) => () =>
            evaluate({ spec: { ...BENCHMARK, [key]: minimum }, examples: Examples.of(creditDefault()) });
          expect(evaluateWith(reached)().deltaBps).to.equal(494);
          expectRefusal(
            evaluateWith(reached + 1),
            "BELOW_MINIMUM",
            `the ${what} is ${reached}, expected at least ${reached + 1} as the benchmark states`,
          );
        });
      }
    });
  });

  describe("the evaluation's id", () => {
    it("is the hash of the document, which names attempt, attempts and level", () => {
      const evaluated = (attempt: number, attempts: number) =>
        assess({ spec: { ...BENCHMARK, attempts }, examples: Examples.of(creditDefault()), attempt });
      const document = evaluated(2, 10);
      expect(document).to.include({ attempt: 2, attempts: 10, level: 0.0025 });
      expect(hashDocument(JSON.parse(JSON.stringify(document)) as object)).to.equal(document.evaluationId);
      expect(
        new Set([document, evaluated(1, 10), evaluated(1, 1)].map(({ evaluationId }) => evaluationId)).size,
      ).to.equal(3);
    });
  });

  describe("a benchmark completed from the examples", () => {
    it("takes their labels as classes, up to 100", () => {
      const labelled = (count: number) =>
        Examples.of(examplesOf(Array.from({ length: 2 * count }, (_, i) => [`c${i % count}`, `c${i % count}`, "c0"])));
      const text = JSON.stringify({ name: "b", metric: "macro_f1", direction: "maximise" });
      expect(completeSpecFor(text, labelled(3)).classes).to.deep.equal([["c0"], ["c1"], ["c2"]]);
      expectRefusal(
        () => completeSpecFor(text, labelled(101)),
        "BAD_SPEC",
        "benchmark: the examples have 101 labels, expected 2 to 100 classes",
      );
    });
  });

  describe("never overstates", () => {
    it("an improvement, nor understates it by two bps, nor states a bound above it", () => {
      const draw = draws(11);
      for (let round = 0; round < 25; round++) {
        const size = 500 + draw(100);
        const raised = 220 + draw(100);
        const spec = buildSpec({ ...RATING, lo: 0.9, hi: 5.3 });
        const { deltaBps, lowerBoundBps } = evaluate({ spec, examples: Examples.of(ratings(size, raised)) });
        // In truth 10000 · raised / size / (5.3 − 0.9) bps.
        const excess = (bps: number): bigint => BigInt(bps * size * 44) - BigInt(100_000 * raised);
        expect(excess(deltaBps) <= 0n).to.equal(true);
        expect(excess(deltaBps + 2) > 0n).to.equal(true);
        expect(lowerBoundBps).to.be.within(1, deltaBps);
      }
    });
  });
});
