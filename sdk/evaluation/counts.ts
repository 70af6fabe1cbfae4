// SPDX-License-Identifier: MIT
// Metrics that depend only on counts of (class, predicted class), computed from a confusion matrix exactly and in doubles.

import { exactly, fraction, root, type Bounds } from "./fraction.ts";

/** The totals of a confusion matrix for each class. */
export interface Marginals {
  readonly size: number;
  /** For each class: its examples, the predictions of it, and the correct ones among these. */
  readonly actual: Float64Array;
  readonly predicted: Float64Array;
  readonly right: Float64Array;
}

/** A metric of counts. Counts are whole numbers, so exact values are ratios or roots of ratios. */
export interface CountFormula {
  exact(counts: Marginals): Bounds | undefined;
  /** Returns the value in double precision, or NaN if it is undefined. */
  estimate(counts: Marginals): number;
}

/** The index of the positive class of binary metrics. */
const POSITIVE = 1;

type Ratio = readonly [numerator: number, denominator: number];
type RatioOf = (counts: Marginals, index: number) => Ratio;

const at = (values: Float64Array, index: number): number => values[index] as number;
const precisionOf: RatioOf = ({ right, predicted }, k) => [at(right, k), at(predicted, k)];
const recallOf: RatioOf = ({ right, actual }, k) => [at(right, k), at(actual, k)];
const f1Of: RatioOf = ({ right, actual, predicted }, k) => [2 * at(right, k), at(actual, k) + at(predicted, k)];

/** A single ratio of counts. */
function single(ratio: (counts: Marginals) => Ratio): CountFormula {
  return {
    exact(counts) {
      const [numerator, denominator] = ratio(counts);
      return denominator === 0 ? undefined : exactly(fraction(BigInt(numerator), BigInt(denominator)));
    },
    estimate(counts) {
      const [numerator, denominator] = ratio(counts);
      return numerator / denominator;
    },
  };
}

/** The mean of a ratio over the classes, optionally weighted by the number of their examples. A ratio that divides by zero counts as 0. */
function average(ratio: RatioOf, isWeighted: boolean): CountFormula {
  return {
    exact(counts) {
      const { actual, size } = counts;
      const classes = actual.length;
      let [num, den] = [0n, 1n];
      for (let k = 0; k < classes; k++) {
        const [numerator, denominator] = ratio(counts, k);
        if (denominator === 0) continue;
        const weight = isWeighted ? at(actual, k) : 1;
        [num, den] = [num * BigInt(denominator) + BigInt(weight) * BigInt(numerator) * den, den * BigInt(denominator)];
      }
      return exactly(fraction(num, den * BigInt(isWeighted ? size : classes)));
    },
    estimate(counts) {
      const { actual, size } = counts;
      let sum = 0;
      for (let k = 0; k < actual.length; k++) {
        const [numerator, denominator] = ratio(counts, k);
        if (denominator > 0) sum += ((isWeighted ? at(actual, k) : 1) * numerator) / denominator;
      }
      return sum / (isWeighted ? size : actual.length);
    },
  };
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let k = 0; k < values.length; k++) total += at(values, k);
  return total;
}

/** Returns Σ aₖ·bₖ as a big integer, because products of counts may not be safe integers. */
function dot(a: Float64Array, b: Float64Array): bigint {
  return a.reduce((total, value, k) => total + BigInt(value) * BigInt(at(b, k)), 0n);
}

function dotEstimate(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let k = 0; k < a.length; k++) total += at(a, k) * at(b, k);
  return total;
}

/**
 * The correlation of class and prediction: Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient",
 * Computational Biology and Chemistry 28, 2004. For two classes this is Matthews' coefficient.
 */
const correlation: CountFormula = {
  exact({ size, actual, predicted, right }) {
    const n = BigInt(size);
    const covariance = n * BigInt(sum(right)) - dot(actual, predicted);
    const [a, b] = [n * n - dot(actual, actual), n * n - dot(predicted, predicted)];
    if (a === 0n || b === 0n) return undefined;
    const { low, high } = root(fraction(covariance * covariance, a * b), 2);
    const negative = ({ num, den }: typeof low) => fraction(-num, den);
    return covariance < 0n ? { low: negative(high), high: negative(low) } : { low, high };
  },
  estimate({ size, actual, predicted, right }) {
    const covariance = size * sum(right) - dotEstimate(actual, predicted);
    const [a, b] = [size * size - dotEstimate(actual, actual), size * size - dotEstimate(predicted, predicted)];
    return covariance / (Math.sqrt(a) * Math.sqrt(b));
  },
};

const share = single(({ right, size }) => [sum(right), size]);

/** The mean recall of all classes. Undefined if a class has no examples. */
const balanced: CountFormula = {
  exact: (counts) => (counts.actual.includes(0) ? undefined : average(recallOf, false).exact(counts)),
  estimate: (counts) => (counts.actual.includes(0) ? NaN : average(recallOf, false).estimate(counts)),
};

/** The formulas by metric. */
export const COUNT_FORMULAS = {
  accuracy: share,
  precision: single((counts) => precisionOf(counts, POSITIVE)),
  recall: single((counts) => recallOf(counts, POSITIVE)),
  f1: single((counts) => f1Of(counts, POSITIVE)),
  mcc: correlation,
  balanced_accuracy: balanced,
  macro_f1: average(f1Of, false),
  micro_f1: share,
  weighted_f1: average(f1Of, true),
  macro_precision: average(precisionOf, false),
  micro_precision: share,
  weighted_precision: average(precisionOf, true),
  macro_recall: average(recallOf, false),
  micro_recall: share,
  weighted_recall: average(recallOf, true),
} as const satisfies Record<string, CountFormula>;

export type CountMetric = keyof typeof COUNT_FORMULAS;
