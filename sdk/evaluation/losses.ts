// SPDX-License-Identifier: MIT
// What each example contributes to the sums of a metric, as exact columns.

import { compute, inOneUnit, toDoubles, type Column } from "./columns.ts";
import { LOSS_DECIMALS } from "./formulas.ts";
import { ln } from "./math.ts";

/** The bound below which doubles have exact squares of differences. */
const ROOT = 2 ** 25;
const SAFE = 2 ** 52;

export function squaredErrors(labels: Column, predictions: Column): Column {
  const [a, b] = inOneUnit(labels, predictions) as [Column, Column];
  const integers = compute(
    [a.integers, b.integers],
    ROOT,
    (label, prediction) => (prediction - label) * (prediction - label),
    (label, prediction) => (prediction - label) ** 2n,
  );
  return { integers, decimals: 2 * a.decimals };
}

export function absoluteErrors(labels: Column, predictions: Column): Column {
  const [a, b] = inOneUnit(labels, predictions) as [Column, Column];
  const integers = compute(
    [a.integers, b.integers],
    SAFE,
    (label, prediction) => Math.abs(prediction - label),
    (label, prediction) => (prediction < label ? label - prediction : prediction - label),
  );
  return { integers, decimals: a.decimals };
}

export type Losses = (
  probabilities: readonly Column[],
  actual: Uint8Array,
  cap: number | undefined,
  refuse: (row: number) => Error,
) => Column;

/** −ln of the true class's probability, rounded to LOSS_DECIMALS. Infinite losses need a cap. */
export const logLosses: Losses = (probabilities, actual, cap, refuse) => {
  const unit = Number(`1e${LOSS_DECIMALS}`);
  const doubles = probabilities.map(toDoubles);
  const integers = Float64Array.from(actual, (label, row) => {
    const loss = -ln((doubles[label] as Float64Array)[row] as number);
    if (loss === Infinity && cap === undefined) throw refuse(row);
    return Math.floor(Math.min(loss, cap ?? loss) * unit + 0.5);
  });
  return { integers, decimals: LOSS_DECIMALS };
};

/** (p − y)² for the second of two classes, or the sum over all classes if there are more: Brier, Monthly Weather Review 78, 1950. */
export const brierScores: Losses = (probabilities, actual) => {
  const columns = probabilities.length === 2 ? probabilities.slice(1) : probabilities;
  const first = probabilities.length === 2 ? 1 : 0;
  const scores = columns.map((column, k) => {
    const labels = { integers: Float64Array.from(actual, (label) => Number(label === k + first)), decimals: 0 };
    return squaredErrors(labels, column);
  });
  return inOneUnit(...scores).reduce((total, score) => ({
    integers: compute(
      [total.integers, score.integers],
      SAFE,
      (a, b) => a + b,
      (a, b) => a + b,
    ),
    decimals: score.decimals,
  }));
};
