// SPDX-License-Identifier: MIT
// Compares two models on the same examples: exact values on any parts of them, and the interval of the improvement.

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

/** The method that computes an interval. docs/evaluation.md specifies each. */
export type IntervalMethod = "exact" | "normal" | "delong" | "student" | "clusters" | "resampling" | "betting";

/** The confidence interval of the improvement f(candidate) − f(baseline), or of its negative if less is better. */
export interface Interval {
  readonly method: IntervalMethod;
  /** One-sided lower and upper bounds, each at the level of one attempt. */
  readonly low: number;
  readonly high: number;
  /** The largest whole number of bps that the lower bound reaches. It is never too large because of rounding in double precision. */
  readonly lowBps: number;
  readonly standardError?: number;
  /** How many standard errors are subtracted. */
  readonly quantile?: number;
}

/** What computing an interval requires besides the data. */
export interface IntervalTerms {
  readonly scale: Scale;
  /** The one-sided error level of one attempt, as a double. */
  readonly level: number;
  /** The same level, exactly. */
  readonly alpha: Fraction;
  /** The number of attempts that the benchmark allows. */
  readonly attempts: number;
  readonly resamples: number;
  readonly random: RandomGenerator;
  /** The group of each row, if rows are not independent. */
  readonly groups?: Groups;
}

/** Groups of rows that are not independent. They are numbered from 0. */
export interface Groups {
  readonly of: Uint32Array;
  readonly count: number;
}

/** An interval, and the reasons why it may not be used. */
export interface Estimate {
  readonly interval: Interval;
  readonly reasons: readonly Reason[];
}

export interface Comparison {
  /** The class of each row, if the metric has classes. Folds then have equal shares of each class. */
  readonly strata?: { readonly of: ArrayLike<number>; readonly names: readonly string[] };
  /** The predicted classes, if the metric is computed from them. */
  readonly classified?: Classified;
  /** Returns the metric of a model on each part, or undefined where its formula divides by zero. */
  values(model: Model, parts: Parts): (Bounds | undefined)[];
  estimate(terms: IntervalTerms): Estimate;
}

/** Far above the rounding error of a bound in double precision, and far below any visible difference. */
export const MARGIN_BPS = 1e-6;

/** Returns the whole number of bps that a bound in double precision is certain to reach. */
export function certainBps(bps: number): number {
  return Number.isFinite(bps) ? Math.floor(bps - MARGIN_BPS) : -Infinity;
}

export function reason(code: Reason["code"], message: string): Reason {
  return { code, message };
}

export function eachModel<T>(make: (model: Model) => T): Record<Model, T> {
  return { baseline: make("baseline"), candidate: make("candidate") };
}
