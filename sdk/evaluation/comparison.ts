// SPDX-License-Identifier: MIT
// Two models on the same examples: exact values on any parts of them, and the interval of the improvement.

import type { Parts } from "./columns.ts";
import type { Bounds, Fraction } from "./fraction.ts";
import type { RandomGenerator } from "./random.ts";
import type { Reason } from "./refusal.ts";
import type { Scale } from "./scale.ts";

export type Model = "baseline" | "candidate";

export const BOTH_MODELS: readonly Model[] = ["baseline", "candidate"];

/** The classes of all examples, as indices into the list of names. */
export interface Classified {
  readonly names: readonly string[];
  readonly actual: Uint8Array;
  readonly predicted: Readonly<Record<Model, Uint8Array>>;
}

/** How an interval is made; docs/evaluation.md specifies each. */
export type IntervalMethod = "exact" | "normal" | "delong" | "student" | "clusters" | "resampling" | "betting";

/** Confidence interval of the improvement f(candidate) − f(baseline), or its negative where less is better. */
export interface Interval {
  readonly method: IntervalMethod;
  /** One-sided lower and upper bounds, each at the level of one attempt. */
  readonly low: number;
  readonly high: number;
  /** The largest whole number of bps that the lower bound reaches; no rounding of a double can raise it. */
  readonly lowBps: number;
  readonly standardError?: number;
  /** The multiple of the standard error that is taken off. */
  readonly quantile?: number;
}

/** What an interval needs to know beside the data. */
export interface IntervalTerms {
  readonly scale: Scale;
  /** One-sided error of one attempt, as a double. */
  readonly level: number;
  /** The same, exactly. */
  readonly alpha: Fraction;
  /** Attempts that the benchmark allows. */
  readonly attempts: number;
  readonly resamples: number;
  readonly random: RandomGenerator;
  /** The group of each row, counted from 0, where rows are not independent. */
  readonly groups?: Groups;
}

/** Rows that belong together. */
export interface Groups {
  readonly of: Uint32Array;
  readonly count: number;
}

/** An interval, or what is missing for one. */
export interface Estimate {
  readonly interval: Interval;
  readonly reasons: readonly Reason[];
}

export interface Comparison {
  /** The class of each row, where the metric knows classes: folds keep their shares. */
  readonly strata?: { readonly of: ArrayLike<number>; readonly names: readonly string[] };
  /** The predicted classes, where the metric is one of them. */
  readonly classified?: Classified;
  /** The metric of a model on each of the parts; undefined where its formula divides by zero. */
  values(model: Model, parts: Parts): (Bounds | undefined)[];
  estimate(terms: IntervalTerms): Estimate;
}

/** Far above the rounding error of a bound in double precision, far below what anybody sees. */
export const MARGIN_BPS = 1e-6;

/** The whole bps that a bound in double precision certainly reaches. */
export function certainBps(bps: number): number {
  return Number.isFinite(bps) ? Math.floor(bps - MARGIN_BPS) : -Infinity;
}

export function reason(code: Reason["code"], message: string): Reason {
  return { code, message };
}

export function eachModel<T>(make: (model: Model) => T): Record<Model, T> {
  return { baseline: make("baseline"), candidate: make("candidate") };
}
