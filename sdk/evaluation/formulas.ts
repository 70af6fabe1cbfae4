// SPDX-License-Identifier: MIT
// Metrics as functions of sums over the examples.

import {
  compare,
  divide,
  exactly,
  exponential,
  fraction,
  multiply,
  product,
  root,
  subtract,
  type Bounds,
  type Fraction,
} from "./fraction.ts";
import { exp, ln } from "./math.ts";
import type { Formula } from "./sums.ts";
import { BLEU_ORDER } from "./text.ts";

const ZERO = fraction(0n);
const ONE = fraction(1n);

const at = (values: ArrayLike<number>, index: number): number => values[index] as number;

function quotient([a, b]: readonly Fraction[]): Fraction | undefined {
  return a === undefined || b === undefined || b.num === 0n ? undefined : divide(a, b);
}

function ofQuotient(exact: (value: Fraction) => Bounds, estimate: (value: number) => number): Formula {
  return {
    isMean: false,
    exact(sums) {
      const value = quotient(sums);
      return value && exact(value);
    },
    estimate: (sums) => estimate(at(sums, 0) / at(sums, 1)),
  };
}

/** sums: a, n → a / n, for a statistic of each of the n examples. */
export const mean: Formula = { ...ofQuotient(exactly, (value) => value), isMean: true };

/** The decimals to which each logarithmic loss is rounded. */
export const LOSS_DECIMALS = 12;

/** The mean of values with an error of at most half a unit of LOSS_DECIMALS, plus a negligible one. The bounds allow a whole unit. */
export const meanOfRounded: Formula = {
  ...mean,
  exact(sums) {
    const value = quotient(sums);
    if (value === undefined) return undefined;
    const margin = fraction(1n, 10n ** BigInt(LOSS_DECIMALS));
    const low = subtract(value, margin);
    return { low: compare(low, ZERO) < 0 ? ZERO : low, high: subtract(value, fraction(-margin.num, margin.den)) };
  },
};

export const rootOfMean = ofQuotient((value) => root(value, 2), Math.sqrt);

/** sums: −Σ ln p, tokens → exp(−Σ ln p / tokens), the geometric mean of 1 / p. */
export const perplexity = ofQuotient(exponential, exp);

/** sums: squared errors, labels, squared labels, n → 1 − n·errors / (n·squares − labels²). */
export const determination: Formula = {
  isMean: false,
  exact(sums) {
    const [errors, labels, squares, n] = sums as [Fraction, Fraction, Fraction, Fraction];
    const total = subtract(multiply(n, squares), multiply(labels, labels));
    return total.num === 0n ? undefined : exactly(subtract(ONE, divide(multiply(n, errors), total)));
  },
  estimate(sums) {
    const [errors, labels, squares, n] = [at(sums, 0), at(sums, 1), at(sums, 2), at(sums, 3)];
    return 1 - (n * errors) / (n * squares - labels * labels);
  },
};

/**
 * sums: matches of 1- to 4-grams, numbers of 1- to 4-grams (the first is the candidate's length), reference length → BP · (p1·p2·p3·p4)^¼.
 */
export const bleu: Formula = {
  isMean: false,
  exact(sums) {
    const [length, expected] = [sums[BLEU_ORDER] as Fraction, sums[2 * BLEU_ORDER] as Fraction];
    if (sums.slice(0, BLEU_ORDER).some((matches) => matches.num === 0n)) return exactly(ZERO);
    const precisions = sums.slice(0, BLEU_ORDER).map((matches, n) => divide(matches, sums[BLEU_ORDER + n] as Fraction));
    const average = root(precisions.reduce(multiply), BLEU_ORDER);
    const isShort = compare(length, expected) < 0;
    return isShort ? product(average, exponential(subtract(ONE, divide(expected, length)))) : average;
  },
  estimate(sums) {
    let logarithm = 0;
    for (let n = 0; n < BLEU_ORDER; n++) {
      if (at(sums, n) === 0) return 0;
      logarithm += ln(at(sums, n) / at(sums, BLEU_ORDER + n)) / BLEU_ORDER;
    }
    const [length, expected] = [at(sums, BLEU_ORDER), at(sums, 2 * BLEU_ORDER)];
    return exp(logarithm + Math.min(0, 1 - expected / length));
  },
};
