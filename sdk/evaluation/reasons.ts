// SPDX-License-Identifier: MIT
// The reasons why a measured improvement may not be stated.

import { reason, type Interval, type Model } from "./comparison.ts";
import type { MetricName } from "./metrics.ts";
import { Refusal, type Reason } from "./refusal.ts";
import type { Scale } from "./scale.ts";
import { levelAsNumber, type BenchmarkSpec } from "./spec.ts";

/** Both models' scores in bps, and the difference, which is positive if the candidate is better. */
export interface Scores {
  readonly baseline: number;
  readonly candidate: number;
  readonly deltaBps: number;
}

export function undefinedMetric(model: Model, metric: MetricName): Refusal {
  const message = `${model}: ${metric} divides by zero on these examples, expected predictions for which it is defined`;
  return new Refusal("UNDEFINED_METRIC", message);
}

export function tooFewExamples(count: number, { minSampleSize }: BenchmarkSpec): Reason[] {
  if (count >= minSampleSize) return [];
  return [reason("TOO_FEW_EXAMPLES", `${count} examples, expected at least ${minSampleSize}`)];
}

export function boundReasons(interval: Interval, lowerBoundBps: number, scale: Scale, spec: BenchmarkSpec): Reason[] {
  if (lowerBoundBps >= 1) return [];
  const [low, high] = [scale.toBps(interval.low).toFixed(2), scale.toBps(interval.high).toFixed(2)];
  const confidence = Number((100 * (1 - levelAsNumber(spec))).toFixed(4));
  return [
    reason(
      "INTERVAL_CONTAINS_ZERO",
      `the improvement is ${low} … ${high} bps with ${confidence} % confidence on each side, expected a lower bound of at least 1 bps`,
    ),
  ];
}

export function minimumReasons(spec: BenchmarkSpec, scores: Scores, lowerBoundBps: number, runs: number): Reason[] {
  const below = (what: string, value: number, minimum: number) =>
    value >= minimum
      ? []
      : [reason("BELOW_MINIMUM", `the ${what} is ${value}, expected at least ${minimum} as the benchmark states`)];
  const reachesTarget =
    spec.targetScore === undefined ||
    (spec.direction === "maximise" ? scores.candidate >= spec.targetScore : scores.candidate <= spec.targetScore);
  return [
    ...below("improvement in bps", scores.deltaBps, spec.minImprovementBps),
    ...(lowerBoundBps < 1 ? [] : below("lower bound in bps", lowerBoundBps, spec.minLowerBoundBps)),
    ...below("number of improved folds", runs, spec.minRuns),
    ...(reachesTarget
      ? []
      : [
          reason(
            "BELOW_TARGET",
            `the candidate's score is ${scores.candidate} bps, expected at ${spec.direction === "maximise" ? "least" : "most"} the target ${spec.targetScore}`,
          ),
        ]),
  ];
}
