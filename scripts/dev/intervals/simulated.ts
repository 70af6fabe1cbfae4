// SPDX-License-Identifier: MIT
// What every simulated benchmark is made of.

import type { Column } from "../../../sdk/evaluation/columns";
import type { Comparison, IntervalTerms } from "../../../sdk/evaluation/comparison";
import { uniform, type RandomGenerator } from "../../../sdk/evaluation/random";
import { scaleOf } from "../../../sdk/evaluation/scale";

export const SIMULATED_RESAMPLES = 9999;
const DECIMALS = 6;

/** One simulated world: no candidate of it is any better than its baseline. */
export interface SimulatedRow {
  readonly name: string;
  readonly sample: string;
  readonly attempts: 1 | 10;
  /** Makes the baseline of a benchmark, and returns what makes one candidate after the other. */
  readonly make: (random: RandomGenerator) => () => SimulatedTry;
}

/** A comparison, and whether its lower bound is above the truth. */
export type SimulatedTry =
  | { readonly comparison: Comparison; readonly groups?: IntervalTerms["groups"] }
  | { readonly isAbove: (terms: IntervalTerms) => boolean };

export const UNIT_SCALE = scaleOf({ metric: "accuracy", direction: "maximise", f: "identity", lo: 0, hi: 1 });

export function normalDraw(random: RandomGenerator): number {
  return Math.sqrt(-2 * Math.log(1 - uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
}

export function decimalColumn(values: Float64Array, decimals = DECIMALS): Column {
  const unit = 10 ** decimals;
  return { integers: values.map((value) => Math.round(value * unit)), decimals };
}

export function zeroColumn(size: number): Column {
  return { integers: new Float64Array(size), decimals: DECIMALS };
}

export function oneColumn(size: number): Column {
  return { integers: new Float64Array(size).fill(1), decimals: 0 };
}
