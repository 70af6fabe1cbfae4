// SPDX-License-Identifier: MIT
// The bound on the difference of two shares of correct predictions, decided in whole numbers: as ZkProof.sol computes it, and by an exact
// test
// if there are too few disagreements for that bound to be safe.

import type { Classified, Estimate, Interval, IntervalTerms } from "./comparison.ts";
import { compare, divide, fraction, multiply, parseDecimal, subtract, whole, type Fraction } from "./fraction.ts";
import { NORMAL_DISAGREEMENTS } from "./minima.ts";
import { normalQuantile } from "./quantiles.ts";
import { NO_VARIATION } from "./studentBound.ts";

const ZERO = fraction(0n);
const FULL_SCALE = 10_000;

/** How many of n examples only the candidate, and how many only the baseline, predicts correctly. */
export interface Disagreements {
  readonly size: number;
  readonly gained: number;
  readonly lost: number;
}

/** Returns the interval of the difference of two accuracies. */
export function boundShare(classified: Classified, terms: IntervalTerms): Estimate {
  const counts = disagreements(classified);
  const reversed = { ...counts, gained: counts.lost, lost: counts.gained };
  const quantile = normalQuantile(terms.level);
  const { size, gained, lost } = counts;
  const varies = gained + lost > 0 && gained < size && lost < size;
  const low = lowerBps(counts, quantile, terms);
  const high = -lowerBps(reversed, quantile, terms);
  const isNormal = gained + lost >= NORMAL_DISAGREEMENTS;
  const standardError = Math.sqrt((gained + lost - (gained - lost) ** 2 / size) / size / size);
  const interval: Interval = {
    method: isNormal ? "normal" : "exact",
    low: terms.scale.fromBps(low),
    high: terms.scale.fromBps(high),
    lowBps: low,
    standardError,
    quantile,
  };
  return { interval, reasons: varies ? [] : [NO_VARIATION] };
}

function disagreements({ actual, predicted: { baseline, candidate } }: Classified): Disagreements {
  let [gained, lost] = [0, 0];
  for (let row = 0; row < actual.length; row++) {
    const isBefore = baseline[row] === actual[row];
    const isAfter = candidate[row] === actual[row];
    if (isAfter && !isBefore) gained++;
    if (isBefore && !isAfter) lost++;
  }
  return { size: actual.length, gained, lost };
}

/** Returns the largest whole number of bps that the bound reaches. */
function lowerBps(counts: Disagreements, quantile: number, { scale, alpha }: IntervalTerms): number {
  const isReached = (bps: number): boolean => {
    const difference = scale.differenceOf(bps);
    if (!isNormalAbove(counts, difference, quantile)) return false;
    return counts.gained + counts.lost >= NORMAL_DISAGREEMENTS || isExactAbove(counts, difference, alpha);
  };
  const widest = Math.ceil(FULL_SCALE * Math.max(1, scale.perUnit));
  let [reached, missed] = [-widest - 1, widest + 1];
  while (missed - reached > 1) {
    const middle = Math.floor((reached + missed) / 2);
    if (isReached(middle)) reached = middle;
    else missed = middle;
  }
  return reached;
}

/** Whether Δ − z·√(D − Δ²/n) ≥ n·difference, where Δ = gained − lost and D = gained + lost. */
function isNormalAbove({ size, gained, lost }: Disagreements, difference: Fraction, quantile: number): boolean {
  const delta = whole(gained - lost);
  const gap = subtract(delta, multiply(whole(size), difference));
  if (compare(gap, ZERO) < 0) return false;
  const z = parseDecimal(quantile.toFixed(9)) as Fraction;
  const spread = subtract(whole(gained + lost), divide(multiply(delta, delta), whole(size)));
  return compare(multiply(gap, gap), multiply(multiply(z, z), spread)) >= 0;
}

/**
 * Whether, given the D disagreements, this many gains or more would have at most the probability of the level if the true difference were
 * no
 * more than this one: Clopper and Pearson, "The use of confidence or fiducial limits", Biometrika 26, 1934, applied to McNemar's test.
 */
function isExactAbove({ size, gained, lost }: Disagreements, difference: Fraction, alpha: Fraction): boolean {
  const trials = gained + lost;
  if (trials === 0) return compare(difference, ZERO) < 0;
  // θ = (1 + n·difference / D) / 2 is the share of gains among the disagreements.
  const { num, den } = divide(multiply(whole(size), difference), whole(trials));
  const [hit, miss, both] = [den + num, den - num, 2n * den];
  if (hit <= 0n || miss <= 0n) return hit <= 0n;
  let [tail, choose, hits, misses] = [0n, 1n, hit ** BigInt(trials), 1n];
  for (let count = trials; count >= gained; count--) {
    tail += choose * hits * misses;
    choose = (choose * BigInt(count)) / BigInt(trials - count + 1);
    hits /= hit;
    misses *= miss;
  }
  return tail * alpha.den <= alpha.num * both ** BigInt(trials);
}
