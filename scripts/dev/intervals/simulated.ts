// SPDX-License-Identifier: MIT
// The parts that every simulated benchmark shares.

import type { Column } from "../../../sdk/evaluation/columns";
import type { Comparison, IntervalTerms } from "../../../sdk/evaluation/comparison";
import { compare } from "../../../sdk/evaluation/fraction";
import { uniform, type RandomGenerator } from "../../../sdk/evaluation/random";
import { scaleOf } from "../../../sdk/evaluation/scale";

export const SIMULATED_RESAMPLES = 9999;
const DECIMALS = 6;

/** A row of the table: benchmarks in which no candidate is better than its baseline. */
export interface SimulatedRow {
  readonly name: string;
  readonly sample: string;
  readonly attempts: 1 | 10;
  /** Makes the baseline of a benchmark, and returns a function that makes its next candidate. */
  readonly make: (random: RandomGenerator) => () => SimulatedTry;
}

/** A candidate: returns whether its lower bound is above 0, although its true improvement is 0. */
export type SimulatedTry = (terms: IntervalTerms) => boolean;

/** Returns whether the candidate's value is greater. If not, there is no need to compute the bound, which never exceeds the improvement. */
export function isGreater({ values }: Comparison, size: number): boolean {
  const whole = { of: new Uint8Array(size), count: 1 };
  const [before, after] = [values("baseline", whole)[0], values("candidate", whole)[0]];
  return before !== undefined && after !== undefined && compare(after.low, before.low) > 0;
}

/** Makes a candidate on `size` examples, for a metric that is maximised on the scale from 0 to 1. */
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
