// SPDX-License-Identifier: MIT
// All random draws: from xoroshiro128+ with the benchmark's seed, the same in every language.

import { unsafeUniformIntDistribution as uniformInt, xoroshiro128plus, type RandomGenerator } from "pure-rand";
import { exp, ln, lnFactorial } from "./math.ts";

export type { RandomGenerator };

/** Returns the generator for a seed. */
export function generatorOf(seed: number): RandomGenerator {
  return xoroshiro128plus(seed);
}

/** Shuffles in place (Fisher and Yates): from the last place down, each is exchanged with a random place up to and including it. */
export function shuffle(values: Uint32Array, random: RandomGenerator): void {
  for (let last = values.length - 1; last > 0; last--) {
    const other = uniformInt(0, last, random);
    const held = values[last] as number;
    values[last] = values[other] as number;
    values[other] = held;
  }
}

/** Returns a multiple of 2⁻⁵³ in [0, 1): 27 bits of one output, then 26 of the next. */
export function uniform(random: RandomGenerator): number {
  const high = random.unsafeNext() >>> 5;
  const low = random.unsafeNext() >>> 6;
  return (high * 67_108_864 + low) / 9_007_199_254_740_992;
}

/**
 * Draws a binomial variable by inversion from its mode outwards: subtracts the mode's probability from a uniform draw, then those of the
 * values below and above it in turn. The number of steps is of the order of the standard deviation.
 */
export function binomial(trials: number, probability: number, random: RandomGenerator): number {
  if (trials === 0 || probability <= 0) return 0;
  if (probability >= 1) return trials;
  const against = 1 - probability;
  const mode = Math.floor((trials + 1) * probability);
  const odds = probability / against;
  const atMode = exp(
    lnFactorial(trials) -
      lnFactorial(mode) -
      lnFactorial(trials - mode) +
      mode * ln(probability) +
      (trials - mode) * ln(against),
  );
  let rest = uniform(random) - atMode;
  let [below, above] = [mode, mode];
  let [belowMass, aboveMass] = [atMode, atMode];
  while (rest >= 0 && (below > 0 || above < trials)) {
    if (below > 0) {
      belowMass = (belowMass * below) / ((trials - below + 1) * odds);
      below--;
      rest -= belowMass;
      if (rest < 0) return below;
    }
    if (above < trials) {
      aboveMass = (aboveMass * (trials - above) * odds) / (above + 1);
      above++;
      rest -= aboveMass;
      if (rest < 0) return above;
    }
  }
  return mode; // Also reached by the last 1e-9 of the draws, because the rounded probabilities do not sum to 1.
}

/** Draws how many of `size` examples fall into each cell when the cells hold `counts` of `size` examples. */
export function multinomial(
  counts: ArrayLike<number>,
  size: number,
  random: RandomGenerator,
  into: Float64Array,
): void {
  let [left, mass] = [size, size];
  for (let cell = 0; cell < counts.length; cell++) {
    const count = counts[cell] as number;
    const drawn = count === mass ? left : binomial(left, count / mass, random);
    into[cell] = drawn;
    left -= drawn;
    mass -= count;
  }
}
