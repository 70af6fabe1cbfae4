// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { unsafeUniformIntDistribution as uniformInt, xoroshiro128plus } from "pure-rand";
import { at } from "../../../sdk/evaluation/at";
import type { Model } from "../../../sdk/evaluation/comparison";
import { Examples, type Example } from "../../../sdk/evaluation/examples";
import { toNumber } from "../../../sdk/evaluation/fraction";
import { METRICS, type MetricName, type NamedReading } from "../../../sdk/evaluation/metrics";
import { generatorOf } from "../../../sdk/evaluation/random";
import { readExamples } from "../../../sdk/evaluation/readExamples";
import type { Direction } from "../../../sdk/evaluation/reading";
import { Refusal, type RefusalCode } from "../../../sdk/evaluation/refusal";
import { scaleOf } from "../../../sdk/evaluation/scale";
import { levelAsNumber, levelOf, parseSpec, type BenchmarkSpec } from "../../../sdk/evaluation/spec";
import type { TableFile } from "../../../sdk/evaluation/table";
import { YES_NO } from "../../../sdk/evaluation/labels";
import type { Estimate, IntervalTerms } from "../../../sdk/evaluation/comparison";

export const CREDIT_DEFAULT = resolve(__dirname, "../../../deploy/benchmarks/credit-default");

export function creditDefault(): Example[] {
  return [...readExamples({ name: "evaluation.csv", bytes: readFileSync(resolve(CREDIT_DEFAULT, "evaluation.csv")) })];
}

export function csvFile(text: string, name = "data.csv"): TableFile {
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

/** The direction in which a metric improves; `custom` is maximised. */
export function directionOf(metric: MetricName): Direction {
  return METRICS[metric].directions[0] as Direction;
}

/** A complete benchmark with one attempt and small minima; overrides win. */
export function buildSpec(overrides: Partial<BenchmarkSpec> = {}): BenchmarkSpec {
  const metric = overrides.metric ?? "accuracy";
  const small = {
    name: "test",
    metric,
    direction: directionOf(metric),
    lo: 0,
    hi: 1,
    folds: 2,
    dealings: 1,
    seed: 1,
    attempts: 1,
    minSampleSize: 20,
  };
  return { ...parseSpec(JSON.stringify(small)), ...overrides };
}

/** How a metric reads examples where nothing is stated. */
export function readingOf(metric: MetricName, overrides: Partial<NamedReading> = {}): NamedReading {
  const { tokeniser, classes, predictions } = METRICS[metric];
  return {
    metric,
    direction: directionOf(metric),
    ...(classes !== "none" && { classes: YES_NO }),
    ...(predictions === "classes" && { predictions: "score", threshold: 0.5 }),
    ...(tokeniser && { tokeniser: "whitespace" }),
    ...overrides,
  };
}

/** The metric's value for one model, in double precision. */
export function valueOf(
  metric: MetricName,
  examples: readonly Example[],
  model: Model = "candidate",
  overrides: Partial<NamedReading> = {},
): number {
  const whole = { of: new Uint8Array(examples.length), count: 1 };
  const [bounds] = METRICS[metric]
    .compare(Examples.of(numbered(examples)), readingOf(metric, overrides))
    .values(model, whole);
  if (bounds === undefined) throw new Error(`${metric} is undefined`);
  return toNumber(bounds.low);
}

/** The examples, with new ids where some are the same: drawn ones may be. */
function numbered(examples: readonly Example[]): readonly Example[] {
  if (new Set(examples.map(({ id }) => id)).size === examples.length) return examples;
  return examples.map((example, i) => ({ ...example, id: `e${String(i).padStart(6, "0")}` }));
}

/** What an estimate of a benchmark's improvement is made from. */
export function termsOf(spec: BenchmarkSpec, seed = spec.seed): IntervalTerms {
  const { attempts, resamples = 0 } = spec;
  const [level, alpha] = [levelAsNumber(spec), levelOf(spec)];
  return { scale: scaleOf(spec), level, alpha, attempts, resamples, random: generatorOf(seed) };
}

/** The interval of the improvement, and what is missing for it. */
export function estimateOf(
  examples: readonly Example[],
  overrides: Partial<BenchmarkSpec>,
  terms: Partial<IntervalTerms> = {},
): Estimate {
  const spec = buildSpec(overrides);
  const reading = { ...readingOf(spec.metric), ...overrides };
  return METRICS[spec.metric].compare(Examples.of(examples), reading).estimate({ ...termsOf(spec), ...terms });
}

/** Seeded whole numbers from 0 to below a limit. */
export function draws(seed: number): (limit: number) => number {
  const random = xoroshiro128plus(seed);
  return (limit) => uniformInt(0, limit - 1, random);
}

/** The refusal's code and whole message; every further reason stands in the message. */
export function expectRefusal(action: () => unknown, code: RefusalCode, message: string): void {
  let refusal: unknown;
  try {
    action();
  } catch (error) {
    refusal = error;
  }
  expect(refusal).to.be.instanceOf(Refusal);
  expect(refusal).to.include({ name: "Refusal", code: "EVALUATION_REFUSED", message });
  expect((refusal as Refusal).reasons[0].code).to.equal(code);
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
      case "custom":
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
          ((1 + draw(698) + lift * label) / 1000).toFixed(
            ["roc_auc", "average_precision", "macro_auc"].includes(metric) ? 2 : 3,
          );
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
