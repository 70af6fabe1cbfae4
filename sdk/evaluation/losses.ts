// SPDX-License-Identifier: MIT
// What each example adds to a metric's sums, as exact columns.

import { assemble, compute, inOneUnit, parseColumn, sumParts, toDoubles, type Column } from "./columns.ts";
import type { Example } from "./examples.ts";
import { LOSS_DECIMALS } from "./formulas.ts";
import { notANumber, requireWithin } from "./labels.ts";
import { ln } from "./math.ts";
import type { Statistics } from "./sums.ts";
import { BLEU_ORDER, bleuCounts, rougeL } from "./text.ts";

/** Doubles below it have exact squares of differences. */
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

type Losses = (
  probabilities: readonly Column[],
  actual: Uint8Array,
  cap: number | undefined,
  refuse: (row: number) => Error,
) => Column;

/** −ln of the true class's probability, each rounded to LOSS_DECIMALS; infinite ones need a cap. */
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

/** (p − y)² of the second of two classes, or its sum over all of several: Brier, Monthly Weather Review 78, 1950. */
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

/** No token is less probable than e^−10000; a smaller value is a marker, not a probability. */
const LOWEST_LOG_PROBABILITY = -10_000;
const LOG_PROBABILITIES = "natural log-probabilities from -10000 to 0, separated by spaces";

/** Each example's −Σ ln p and its tokens. */
export function tokenLosses(
  examples: readonly Example[],
  column: string,
  read: (example: Example) => string,
): { losses: Column; lengths: Float64Array } {
  const size = examples.length;
  const [lengths, places] = [new Float64Array(size), new Uint16Array(size)];
  const sums = examples.map((example, row) => {
    const texts = read(example).trim().split(/\s+/u);
    const refuse = (token: number) => notANumber(example, column, texts[token] as string, LOG_PROBABILITIES);
    const logs = parseColumn(texts.length, (token) => texts[token] as string, refuse);
    requireWithin(logs, [LOWEST_LOG_PROBABILITY, 0], refuse);
    lengths[row] = texts.length;
    places[row] = logs.decimals;
    const [sum] = sumParts(logs.integers, { of: new Uint8Array(texts.length), count: 1 }) as [bigint];
    return sum > -SAFE_INTEGER ? -Number(sum) : -sum;
  });
  return { losses: assemble(sums, places), lengths };
}

const SAFE_INTEGER = BigInt(Number.MAX_SAFE_INTEGER);

/** The tokens of a row: of its reference and of what a model wrote. */
export type PairOf = (row: number) => readonly [expected: readonly string[], given: readonly string[]];

/** The columns that BLEU adds up. */
export function bleuStatistics(size: number, pairOf: PairOf): Statistics {
  const columns = Array.from({ length: 2 * BLEU_ORDER + 2 }, () => new Float64Array(size));
  for (let row = 0; row < size; row++) {
    bleuCounts(...pairOf(row)).forEach((count, k) => ((columns[k] as Float64Array)[row] = count));
  }
  return columns.map((integers) => ({ integers, decimals: 0 }));
}

/** What each ROUGE-L is rounded to, half a unit up. */
const ROUGE_DECIMALS = 15;

/** Each example's ROUGE-L and 1. */
export function rouges(size: number, pairOf: PairOf): Statistics {
  const unit = 10n ** BigInt(ROUGE_DECIMALS);
  const integers = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    const [common, length] = rougeL(...pairOf(row));
    integers[row] = Number((2n * BigInt(common) * unit + BigInt(length)) / (2n * BigInt(length)));
  }
  return [
    { integers, decimals: ROUGE_DECIMALS },
    { integers: new Float64Array(size).fill(1), decimals: 0 },
  ];
}
