// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { unsafeUniformIntDistribution as uniformInt, xoroshiro128plus } from "pure-rand";
import { at } from "../../../sdk/evaluation/at";
import type { Model } from "../../../sdk/evaluation/comparison";
import { readExamples, type CsvFile, type Example } from "../../../sdk/evaluation/examples";
import { fraction, toNumber } from "../../../sdk/evaluation/fraction";
import { METRICS, type MetricName } from "../../../sdk/evaluation/metrics";
import { Refusal, type RefusalCode } from "../../../sdk/evaluation/refusal";
import type { BenchmarkSpec } from "../../../sdk/evaluation/spec";

export const CREDIT_DEFAULT = resolve(__dirname, "../../../deploy/benchmarks/credit-default");
export const HALF = fraction(1n, 2n);

export function creditDefault(): Example[] {
  return readExamples({ name: "evaluation.csv", bytes: readFileSync(resolve(CREDIT_DEFAULT, "evaluation.csv")) });
}

export function csvFile(text: string, name = "data.csv"): CsvFile {
  return { name, bytes: Buffer.from(text, "utf8") };
}

/** Examples from rows of label, baseline and candidate, with ids in ascending order. */
export function examplesOf(rows: readonly (readonly [string, string, string])[]): Example[] {
  return rows.map(([label, baseline, candidate], i) => ({
    id: `e${String(i).padStart(6, "0")}`,
    label,
    baseline,
    candidate,
  }));
}

/** A complete benchmark; overrides win. */
export function buildSpec(overrides: Partial<BenchmarkSpec> = {}): BenchmarkSpec {
  const metric = overrides.metric ?? "accuracy";
  const { direction, threshold, bootstrap } = METRICS[metric];
  return {
    name: "test",
    metric,
    direction,
    f: "identity",
    lo: 0,
    hi: 1,
    ...(threshold && { threshold: 0.5 }),
    ...(bootstrap && { resamples: 999 }),
    folds: 2,
    seed: 1,
    minImprovementBps: 10,
    minSampleSize: 20,
    minRuns: 1,
    minLowerBoundBps: 1,
    ...overrides,
  };
}

/** The metric's value for one model, in double precision. */
export function valueOf(metric: MetricName, examples: readonly Example[], model: Model = "candidate"): number {
  const bounds = METRICS[metric].compare(examples, HALF).value(model, [...examples.keys()]);
  if (bounds === undefined) throw new Error(`${metric} is undefined`);
  return toNumber(bounds.low);
}

/** Seeded whole numbers from 0 to below a limit. */
export function draws(seed: number): (limit: number) => number {
  const random = xoroshiro128plus(seed);
  return (limit) => uniformInt(0, limit - 1, random);
}

export function expectRefusal(action: () => unknown, code: RefusalCode, message: string): void {
  let refusal: unknown;
  try {
    action();
  } catch (error) {
    refusal = error;
  }
  expect(refusal).to.be.instanceOf(Refusal);
  expect(refusal).to.include({ name: "Refusal", code, message });
}

const WORDS = ["the", "model", "pays", "a", "small", "fee", "for", "every", "answer", "given"];

/** Random examples for every kind of metric, the candidate a little better than the baseline. */
export function randomExamples(metric: MetricName, size: number, seed: number): Example[] {
  const draw = draws(seed);
  const pick = (): string => at(WORDS, draw(WORDS.length));
  const decimal = (limit: number): string => (draw(limit * 1000) / 1000).toFixed(3);
  const noisy = (words: readonly string[], oneIn: number): string =>
    words.map((word) => (draw(oneIn) === 0 ? pick() : word)).join(" ");
  const rows = Array.from({ length: size }, (): [string, string, string] => {
    switch (metric) {
      case "mse":
      case "rmse":
      case "mae":
      case "r2": {
        const label = draw(5000);
        const around = (spread: number): string => ((label + draw(2 * spread) - spread) / 1000).toFixed(3);
        return [(label / 1000).toFixed(3), around(900), around(700)];
      }
      case "human_score":
        return ["prompt", String(1 + draw(4)), String(1 + draw(5))];
      case "perplexity": {
        const tokens = Array.from({ length: 1 + draw(6) });
        return ["text", tokens.map(() => `-${decimal(4)}`).join(" "), tokens.map(() => `-${decimal(3)}`).join(" ")];
      }
      case "bleu":
      case "rouge_l": {
        const words = Array.from({ length: 4 + draw(9) }, pick);
        return [words.join(" "), noisy(words, 4).split(" ").slice(1).join(" "), noisy(words, 5)];
      }
      default: {
        const label = draw(2);
        const score = (lift: number): string =>
          ((draw(700) + lift * label) / 1000).toFixed(metric === "roc_auc" ? 2 : 3);
        return [String(label), score(100), score(300)];
      }
    }
  });
  return examplesOf(rows);
}

/** One model's labels and predictions. */
export function pairsOf(examples: readonly Example[], model: Model): [string, string][] {
  return examples.map((example) => [example.label, example[model]]);
}
