// SPDX-License-Identifier: MIT
// Converts a metric's value to the integer score on chain, rounded so that an improvement is never overstated.

import {
  ceil,
  compare,
  divide,
  exactly,
  floor,
  fraction,
  logarithm,
  multiply,
  subtract,
  toNumber,
  whole,
  type Bounds,
  type Fraction,
} from "./fraction.ts";
import { fractionOf } from "./decimal.ts";
import { ln } from "./math.ts";
import { Refusal } from "./refusal.ts";

/** The part of a benchmark's specification that defines the scale. */
export interface ScaleSpec {
  readonly metric: string;
  readonly direction: "maximise" | "minimise";
  readonly f: "identity" | "ln";
  readonly lo: number;
  readonly hi: number;
}

const FULL_SCALE_BPS = 10_000;
const ZERO = fraction(0n);
const FULL_SCALE = fraction(BigInt(FULL_SCALE_BPS));

/** The scale of a benchmark: score = 10000·(f(x) − f(lo)) / (f(hi) − f(lo)), and the direction in which a model improves. */
export interface Scale {
  readonly sign: 1 | -1;
  /** Returns exact bounds of the score in bps, before rounding. Throws a {@link Refusal} for values outside lo … hi. */
  score(value: Bounds, model: string): Bounds;
  /** f and its derivative, in double precision, for estimates. */
  f(x: number): number;
  slope(x: number): number;
  /** Converts a difference of f to bps. */
  toBps(difference: number): number;
  /** Converts bps to a difference of f. The exact version, `differenceOf`, is valid only if f is the identity. */
  fromBps(bps: number): number;
  differenceOf(bps: number): Fraction;
  /** Whether f is the identity. */
  readonly isLinear: boolean;
  /** The number of full scales in one unit of f. */
  readonly perUnit: number;
  /** Whether the improvement from one exact value to another is at least `bps`. Valid only if f is the identity. */
  reaches(before: Bounds | undefined, after: Bounds | undefined, bps: number): boolean;
}

/** Builds the scale of a benchmark. */
export function scaleOf(spec: ScaleSpec): Scale {
  const [lo, hi] = [fractionOf(spec.lo), fractionOf(spec.hi)];
  const transform = spec.f === "ln" ? logarithm : (x: Bounds): Bounds => x;
  const [bottom, top] = [transform(exactly(lo)), transform(exactly(hi))];
  const f = spec.f === "ln" ? ln : (x: number): number => x;
  const sign = spec.direction === "maximise" ? 1 : -1;
  const width = f(spec.hi) - f(spec.lo);
  const differenceOf = (bps: number): Fraction => divide(multiply(whole(bps), subtract(hi, lo)), FULL_SCALE);

  return {
    sign,
    score(value, model) {
      if (compare(value.low, lo) < 0 || compare(value.high, hi) > 0) {
        throw new Refusal(
          "OUT_OF_RANGE",
          `${model}: ${spec.metric} is ${toNumber(value.low)}, expected ${spec.lo} … ${spec.hi} as the benchmark states`,
        );
      }
      const { low, high } = transform(value);
      return {
        low: atLeastZero(inBps(subtract(low, bottom.high), subtract(top.high, bottom.low))),
        high: atMostFull(inBps(subtract(high, bottom.low), subtract(top.low, bottom.high))),
      };
    },
    f,
    slope: spec.f === "ln" ? (x) => 1 / x : () => 1,
    toBps: (difference) => (FULL_SCALE_BPS * difference) / width,
    fromBps: (bps) => (bps * width) / FULL_SCALE_BPS,
    differenceOf,
    isLinear: spec.f === "identity",
    perUnit: 1 / width,
    reaches(before, after, bps) {
      if (before === undefined || after === undefined) return false;
      const gain = sign > 0 ? subtract(after.low, before.high) : subtract(before.low, after.high);
      return compare(gain, differenceOf(bps)) >= 0;
    },
  };
}

/** Returns the candidate's score, rounded to its disadvantage. */
export function candidateScore(score: Bounds, sign: Scale["sign"]): number {
  return Number(sign > 0 ? floor(score.low) : ceil(score.high));
}

/** Returns the baseline's score, rounded to its advantage. */
export function baselineScore(score: Bounds, sign: Scale["sign"]): number {
  return Number(sign > 0 ? ceil(score.high) : floor(score.low));
}

function inBps(numerator: Fraction, denominator: Fraction): Fraction {
  return multiply(FULL_SCALE, divide(numerator, denominator));
}

function atLeastZero(value: Fraction): Fraction {
  return compare(value, ZERO) < 0 ? ZERO : value;
}

function atMostFull(value: Fraction): Fraction {
  return compare(value, FULL_SCALE) > 0 ? FULL_SCALE : value;
}
