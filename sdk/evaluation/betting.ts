// SPDX-License-Identifier: MIT
// Bounds on the mean of bounded differences, for any distribution and any sample size.

import { MARGIN_BPS, type Interval, type IntervalTerms } from "./comparison.ts";
import { ln } from "./math.ts";
import { shuffle } from "./random.ts";

/** The largest share of the stake that a single bet may lose. */
const TRUNCATION = 0.5;
const HALVINGS = 60;

/**
 * Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", Journal of the Royal Statistical Society B 86, 2024:
 * a
 * mean m is rejected once a gambler who bets against it, on the examples in a random order, has multiplied the stake by 1 / level. The
 * differences lie in ±range. The error level holds for every sample size.
 */
export function betBounds(differences: Float64Array, range: number, { scale, level, random }: IntervalTerms): Interval {
  const order = new Uint32Array(differences.length).map((_, place) => place);
  shuffle(order, random);
  const inUnit = (sign: 1 | -1) =>
    Float64Array.from(order, (row) => ((sign * (differences[row] as number)) / range + 1) / 2);
  const low = (2 * largestRefused(inUnit(1), level) - 1) * range;
  const high = -(2 * largestRefused(inUnit(-1), level) - 1) * range;
  const lowBps = Math.floor(scale.toBps(low) - MARGIN_BPS);
  return { method: "betting", low, high, lowBps };
}

/** Returns the largest mean in [0, 1] against which the bets win, by bisection: the larger the mean, the later they win. */
function largestRefused(values: Float64Array, level: number): number {
  const bets = stakes(values, level);
  if (!isRefused(values, bets, 0, level)) return 0;
  let [low, high] = [0, 1];
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2;
    if (isRefused(values, bets, middle, level)) low = middle;
    else high = middle;
  }
  return low;
}

/** Returns the bets, which depend only on earlier examples: √(2·ln(1 / level) / (n·variance so far)). */
function stakes(values: Float64Array, level: number): Float64Array {
  const n = values.length;
  const reward = 2 * -ln(level);
  const bets = new Float64Array(n);
  let [sum, squares, variance] = [0.5, 0.25, 0.25];
  for (let step = 0; step < n; step++) {
    bets[step] = Math.sqrt(reward / (n * variance));
    const value = values[step] as number;
    sum += value;
    const deviation = value - sum / (step + 2);
    squares += deviation * deviation;
    variance = squares / (step + 2);
  }
  return bets;
}

function isRefused(values: Float64Array, bets: Float64Array, mean: number, level: number): boolean {
  let capital = 1;
  const most = TRUNCATION / mean;
  for (let step = 0; step < values.length; step++) {
    const bet = bets[step] as number;
    capital *= 1 + (bet < most ? bet : most) * ((values[step] as number) - mean);
    if (capital * level >= 1) return true;
  }
  return false;
}
