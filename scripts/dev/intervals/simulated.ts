// SPDX-License-Identifier: MIT
// What every simulated benchmark is made of.

import type { Column } from "../../../sdk/evaluation/columns";
import type { Comparison, IntervalTerms } from "../../../sdk/evaluation/comparison";
import { compare } from "../../../sdk/evaluation/fraction";
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

/** One candidate: whether the lower bound of its improvement is above 0, which is the truth. */
export type SimulatedTry = (terms: IntervalTerms) => boolean;

/** Whether the candidate's value is the greater one. Where it is not, the bound need not be made: it is never above the improvement. */
export function isGreater({ values }: Comparison, size: number): boolean {
  const whole = { of: new Uint8Array(size), count: 1 };
  const [before, after] = [values("baseline", whole)[0], values("candidate", whole)[0]];
  return before !== undefined && after !== undefined && compare(after.low, before.low) > 0;
}

/** A candidate of a metric that is maximised on the scale from 0 to 1, on so many examples. */
export function simulatedTry(comparison: Comparison, size: number, groups?: IntervalTerms["groups"]): SimulatedTry {
  return (terms) =>
    isGreater(comparison, size) && comparison.estimate({ ...terms, ...(groups && { groups }) }).interval.low > 0;
}

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
