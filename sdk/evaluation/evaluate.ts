// SPDX-License-Identifier: MIT
// From two models' predictions on a benchmark to the figures that an improvement statement carries, or a refusal.

import { keccak256 } from "ethers";
import { unsafeUniformIntDistribution as uniformInt, xoroshiro128plus, type RandomGenerator } from "pure-rand";
import { at } from "./at";
import { splitByClass, type Comparison, type Interval, type Model } from "./comparison";
import { hashEvaluationData, sortById, type Example } from "./examples";
import { compare, subtract, toNumber, type Bounds } from "./fraction";
import { METRICS, type Direction, type MetricName } from "./metrics";
import { Refusal } from "./refusal";
import { baselineScore, candidateScore, fractionOf, scaleOf, type Scale } from "./scale";
import { completeSpec, hashSpec, type BenchmarkSpec } from "./spec";

/** One disjoint part of the evaluation set; values are null where the metric is undefined on it. */
export interface Fold {
  readonly size: number;
  readonly baseline: number | null;
  readonly candidate: number | null;
  /** Difference in the direction of improvement. */
  readonly improvement: number | null;
  readonly improved: boolean;
}

/** What an evaluation finds. Scores and bounds are integer bps. */
export interface Evaluation {
  readonly benchmark: string;
  readonly metric: MetricName;
  readonly direction: Direction;
  readonly baselineValue: number;
  readonly candidateValue: number;
  readonly baselineScore: number;
  readonly candidateScore: number;
  readonly deltaBps: number;
  readonly sampleSize: number;
  /** Folds, that is disjoint evaluation runs, in which the candidate is strictly better. */
  readonly runs: number;
  readonly lowerBoundBps: number;
  readonly interval: Interval;
  readonly folds: readonly Fold[];
  readonly specHash: string;
  readonly evaluationDataHash: string;
  readonly contributionDataHash?: string;
}

export interface EvaluationInput {
  readonly spec: BenchmarkSpec;
  readonly examples: readonly Example[];
  /** The baseline's score on chain, once an earlier improvement has moved it; otherwise the baseline's value rounded to its advantage. */
  readonly registeredScore?: number;
  /** The contributed data that made the candidate better, as it is filed; its bytes are hashed. */
  readonly contribution?: Uint8Array;
}

/** Evaluates a candidate against a baseline; throws a {@link Refusal} where the improvement may not be claimed. */
export function evaluate({ spec, registeredScore, contribution, ...input }: EvaluationInput): Evaluation {
  // Folds and resamples are drawn by position: the order of rows in a file must not matter.
  const examples = sortById(input.examples);
  if (examples.length < spec.minSampleSize) {
    throw new Refusal("TOO_FEW_EXAMPLES", `${examples.length} examples, expected at least ${spec.minSampleSize}`);
  }
  const comparison = compareModels(spec, examples);
  requireClassesForFolds(comparison, spec);

  const scale = scaleOf(spec);
  const everyone = [...examples.keys()];
  const [before, after] = [
    valueOn(comparison, "baseline", everyone, spec),
    valueOn(comparison, "candidate", everyone, spec),
  ];
  const beforeScore = startingScore(scale.score(before, "baseline"), scale.sign, registeredScore);
  const afterScore = candidateScore(scale.score(after, "candidate"), scale.sign);
  const deltaBps = scale.sign * (afterScore - beforeScore);

  const random = xoroshiro128plus(spec.seed);
  const folds = splitFolds(examples.length, comparison.classes, spec.folds, random).map((fold) =>
    evaluateFold(comparison, fold, scale),
  );
  const runs = folds.filter(({ improved }) => improved).length;
  const interval = comparison.interval(scale, random, spec.resamples ?? 0);
  const lowerBoundBps = Math.floor(scale.toBps(interval.low));

  if (lowerBoundBps < 1) {
    const [low, high] = [scale.toBps(interval.low).toFixed(2), scale.toBps(interval.high).toFixed(2)];
    throw new Refusal(
      "INTERVAL_CONTAINS_ZERO",
      `the improvement is ${low} … ${high} bps with 95 % confidence, expected a lower bound of at least 1 bps`,
    );
  }
  if (interval.low === interval.high) {
    throw new Refusal(
      "NO_VARIATION",
      "the improvement does not vary over the examples, expected data from which an interval can be estimated",
    );
  }
  requireMinimum("improvement in bps", deltaBps, spec.minImprovementBps);
  requireMinimum("lower bound in bps", lowerBoundBps, spec.minLowerBoundBps);
  requireMinimum("number of improved folds", runs, spec.minRuns);

  return {
    benchmark: spec.name,
    metric: spec.metric,
    direction: spec.direction,
    baselineValue: toNumber(before.low),
    candidateValue: toNumber(after.low),
    baselineScore: beforeScore,
    candidateScore: afterScore,
    deltaBps,
    sampleSize: examples.length,
    runs,
    lowerBoundBps,
    interval,
    folds,
    specHash: hashSpec(spec),
    evaluationDataHash: hashEvaluationData(examples),
    ...(contribution && { contributionDataHash: keccak256(contribution) }),
  };
}

/** Reads a benchmark and, where its scale is missing, derives it from the baseline's value on these examples. */
export function completeSpecFor(text: string, examples: readonly Example[]): BenchmarkSpec {
  return completeSpec(text, (draft) =>
    toNumber(valueOn(compareModels(draft, examples), "baseline", [...examples.keys()], draft).low),
  );
}

function compareModels(spec: BenchmarkSpec, examples: readonly Example[]): Comparison {
  const metric = METRICS[spec.metric];
  return metric.compare(examples, fractionOf(spec.threshold ?? 0));
}

function valueOn(comparison: Comparison, model: Model, examples: readonly number[], spec: BenchmarkSpec): Bounds {
  const value = comparison.value(model, examples);
  if (value === undefined) {
    throw new Refusal(
      "UNDEFINED_METRIC",
      `${model}: ${spec.metric} divides by zero on these examples, expected predictions for which it is defined`,
    );
  }
  return value;
}

/** A score on chain comes from one of the two roundings of the baseline's value, as a registered baseline or an accepted candidate. */
function startingScore(score: Bounds, sign: Scale["sign"], registered: number | undefined): number {
  const [registration, acceptance] = [baselineScore(score, sign), candidateScore(score, sign)];
  if (registered === undefined || registered === registration) return registration;
  if (registered !== acceptance) {
    throw new Refusal(
      "SCORE_MISMATCH",
      `the registered score is ${registered} bps, expected ${acceptance} or ${registration} as the baseline's predictions give`,
    );
  }
  return registered;
}

function requireClassesForFolds({ classes }: Comparison, { folds }: BenchmarkSpec): void {
  if (classes === undefined) return;
  const fewest = Math.min(...splitByClass([...classes.keys()], classes).map((group) => group.length));
  if (fewest < folds)
    throw new Refusal(
      "TOO_FEW_EXAMPLES",
      `${fewest} examples of one class, expected at least one for each of ${folds} folds`,
    );
}

function requireMinimum(what: string, value: number, minimum: number): void {
  if (value < minimum)
    throw new Refusal("BELOW_MINIMUM", `the ${what} is ${value}, expected at least ${minimum} as the benchmark states`);
}

/** Deals shuffled examples into folds, class by class, so that folds differ by at most one example of each class. */
function splitFolds(
  size: number,
  classes: readonly boolean[] | undefined,
  count: number,
  random: RandomGenerator,
): number[][] {
  const everyone = [...Array(size).keys()];
  const groups = classes ? splitByClass(everyone, classes) : [everyone];
  const dealt = groups.flatMap((group) => shuffled(group, random));
  return Array.from({ length: count }, (_, fold) => dealt.filter((_, place) => place % count === fold));
}

function shuffled(values: readonly number[], random: RandomGenerator): number[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last--) {
    const other = uniformInt(0, last, random);
    [result[last], result[other]] = [at(result, other), at(result, last)];
  }
  return result;
}

function evaluateFold(comparison: Comparison, fold: readonly number[], { sign }: Scale): Fold {
  const [before, after] = [comparison.value("baseline", fold), comparison.value("candidate", fold)];
  const [baseline, candidate] = [before, after].map((value) => (value === undefined ? null : toNumber(value.low))) as [
    number | null,
    number | null,
  ];
  if (before === undefined || after === undefined)
    return { size: fold.length, baseline, candidate, improvement: null, improved: false };
  const [worse, better] = sign > 0 ? [before, after] : [after, before];
  return {
    size: fold.length,
    baseline,
    candidate,
    improvement: toNumber(subtract(better.low, worse.high)),
    improved: compare(better.low, worse.high) > 0,
  };
}
