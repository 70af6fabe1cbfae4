// SPDX-License-Identifier: MIT
// The metrics once more, written from their textbook definitions in double precision, as independent models.

import type { MetricName } from "../../../sdk/evaluation/metrics";

/** A label and a prediction, as text. */
export type Pair = readonly [label: string, prediction: string];

const numbers = (pairs: readonly Pair[]): [number, number][] => pairs.map(([y, p]) => [Number(y), Number(p)]);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const words = (text: string): string[] => text.split(" ").filter((word) => word.length > 0);

function confusion(pairs: readonly Pair[]): { tp: number; fp: number; fn: number; tn: number } {
  const counts = { tp: 0, fp: 0, fn: 0, tn: 0 };
  for (const [y, p] of numbers(pairs)) {
    if (p >= 0.5) counts[y === 1 ? "tp" : "fp"]++;
    else counts[y === 1 ? "fn" : "tn"]++;
  }
  return counts;
}

function meanSquaredError(pairs: readonly Pair[]): number {
  return mean(numbers(pairs).map(([y, p]) => (y - p) ** 2));
}

/** Every pair of a positive and a negative, one by one. */
function bruteForceAuc(pairs: readonly Pair[]): number {
  const all = numbers(pairs);
  const wins: number[] = [];
  for (const [y, p] of all) for (const [z, q] of all) if (y === 1 && z === 0) wins.push(p > q ? 1 : p === q ? 0.5 : 0);
  return mean(wins);
}

function grams(tokens: readonly string[], n: number): string[] {
  return tokens.slice(0, Math.max(0, tokens.length - n + 1)).map((_, i) => JSON.stringify(tokens.slice(i, i + n)));
}

const counted = new Map<string, { matched: number; total: number }>();

/** The n-grams of a hypothesis, and those that its reference has too, each once; what was once counted is remembered. */
function matches([reference, hypothesis]: Pair, n: number): { matched: number; total: number } {
  const key = JSON.stringify([n, reference, hypothesis]);
  const found = counted.get(key);
  if (found !== undefined) return found;
  const left = grams(words(reference), n);
  const given = grams(words(hypothesis), n);
  let matched = 0;
  for (const gram of given) {
    const place = left.indexOf(gram);
    if (place < 0) continue;
    matched++;
    left.splice(place, 1);
  }
  const counts = { matched, total: given.length };
  counted.set(key, counts);
  return counts;
}

function corpusBleu(pairs: readonly Pair[]): number {
  const precisions = [1, 2, 3, 4].map((n) => {
    const counts = pairs.map((pair) => matches(pair, n));
    const [matched, total] = [counts.map((count) => count.matched), counts.map((count) => count.total)];
    return matched.reduce((a, b) => a + b) / total.reduce((a, b) => a + b);
  });
  const [r, c] = [0, 1].map((side) => pairs.reduce((sum, pair) => sum + words(pair[side as 0 | 1]).length, 0)) as [
    number,
    number,
  ];
  return Math.min(1, Math.exp(1 - r / c)) * precisions.reduce((a, b) => a * b) ** 0.25;
}

const known = new Map<string, number>();

/** By its recursive definition; what was once computed is remembered. */
function lcs(a: string, b: string): number {
  const key = JSON.stringify([a, b]);
  const found = known.get(key);
  if (found !== undefined) return found;
  const [[x, ...as], [y, ...bs]] = [words(a), words(b)];
  let length = 0;
  if (x !== undefined && y !== undefined) {
    const [restA, restB] = [as.join(" "), bs.join(" ")];
    length = x === y ? 1 + lcs(restA, restB) : Math.max(lcs(restA, b), lcs(a, restB));
  }
  known.set(key, length);
  return length;
}

/** The metrics by name. */
export const REFERENCE: Record<MetricName, (pairs: readonly Pair[]) => number> = {
  accuracy: (pairs: readonly Pair[]) => mean(numbers(pairs).map(([y, p]) => Number(p >= 0.5 === (y === 1)))),
  precision: (pairs: readonly Pair[]) => {
    const { tp, fp } = confusion(pairs);
    return tp / (tp + fp);
  },
  recall: (pairs: readonly Pair[]) => {
    const { tp, fn } = confusion(pairs);
    return tp / (tp + fn);
  },
  f1: (pairs: readonly Pair[]) => {
    const { tp } = confusion(pairs);
    const [precision, recall] = [REFERENCE.precision(pairs), REFERENCE.recall(pairs)];
    return tp === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  },
  roc_auc: bruteForceAuc,
  mse: meanSquaredError,
  rmse: (pairs: readonly Pair[]) => Math.sqrt(meanSquaredError(pairs)),
  mae: (pairs: readonly Pair[]) => mean(numbers(pairs).map(([y, p]) => Math.abs(y - p))),
  r2: (pairs: readonly Pair[]) => {
    const centre = mean(numbers(pairs).map(([y]) => y));
    return 1 - meanSquaredError(pairs) / mean(numbers(pairs).map(([y]) => (y - centre) ** 2));
  },
  perplexity: (pairs: readonly Pair[]) => {
    const logs = pairs.flatMap(([, text]) => words(text).map(Number));
    return Math.exp(-mean(logs));
  },
  bleu: corpusBleu,
  rouge_l: (pairs: readonly Pair[]) =>
    mean(
      pairs.map(([reference, hypothesis]) => {
        const common = lcs(reference, hypothesis);
        const [recall, precision] = [common / words(reference).length, common / words(hypothesis).length];
        return common === 0 ? 0 : (2 * recall * precision) / (recall + precision);
      }),
    ),
  human_score: (pairs: readonly Pair[]) => mean(numbers(pairs).map(([, p]) => p)),
  log_loss: (pairs: readonly Pair[]) => mean(numbers(pairs).map(([y, p]) => -Math.log(y === 1 ? p : 1 - p))),
  brier: meanSquaredError,
  mcc: (pairs: readonly Pair[]) => {
    const { tp, fp, fn, tn } = confusion(pairs);
    return (tp * tn - fp * fn) / Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
  },
  balanced_accuracy: (pairs: readonly Pair[]) => mean(bothWays(pairs, REFERENCE.recall)),
  average_precision: (pairs: readonly Pair[]) => {
    const all = numbers(pairs);
    const positives = all.filter(([y]) => y === 1).map(([, p]) => p);
    return mean(positives.map((p) => positives.filter((q) => q >= p).length / all.filter(([, q]) => q >= p).length));
  },
  custom: (pairs: readonly Pair[]) => mean(numbers(pairs).map(([, p]) => p)),
  macro_f1: (pairs: readonly Pair[]) => mean(bothWays(pairs, REFERENCE.f1)),
  micro_f1: (pairs: readonly Pair[]) => REFERENCE.accuracy(pairs),
  weighted_f1: (pairs: readonly Pair[]) => weighted(pairs, bothWays(pairs, REFERENCE.f1)),
  macro_precision: (pairs: readonly Pair[]) => mean(bothWays(pairs, REFERENCE.precision)),
  micro_precision: (pairs: readonly Pair[]) => REFERENCE.accuracy(pairs),
  weighted_precision: (pairs: readonly Pair[]) => weighted(pairs, bothWays(pairs, REFERENCE.precision)),
  macro_recall: (pairs: readonly Pair[]) => mean(bothWays(pairs, REFERENCE.recall)),
  micro_recall: (pairs: readonly Pair[]) => REFERENCE.accuracy(pairs),
  weighted_recall: (pairs: readonly Pair[]) => weighted(pairs, bothWays(pairs, REFERENCE.recall)),
  macro_auc: (pairs: readonly Pair[]) => bruteForceAuc(pairs), // With two classes each is the other's mirror image.
};

/** The other class looked for, with 1 − p as its score; a score at ½ stays what it was. */
function swapped(pairs: readonly Pair[]): Pair[] {
  return pairs.map(([y, p]) => [String(1 - Number(y)), String(Number(p) === 0.5 ? 0.4 : 1 - Number(p))]);
}

/** A metric of the second class and of the first. */
function bothWays(pairs: readonly Pair[], metric: (pairs: readonly Pair[]) => number): [number, number] {
  return [metric(pairs), metric(swapped(pairs))];
}

function weighted(pairs: readonly Pair[], [second, first]: [number, number]): number {
  const share = mean(numbers(pairs).map(([y]) => y));
  return share * second + (1 - share) * first;
}

/** DeLong's standard error of weightB·AUC(b) − weightA·AUC(a), from all pairs one by one. */
export function deLongStandardError(a: readonly Pair[], b: readonly Pair[], weightA = 1, weightB = 1): number {
  const index = a.map((_, i) => i);
  const isPositive = (i: number): boolean => a[i]?.[0] === "1";
  const positives = index.filter(isPositive);
  const negatives = index.filter((i) => !isPositive(i));
  const win = (pairs: readonly Pair[], i: number, j: number): number =>
    (Math.sign(Number(pairs[i]?.[1]) - Number(pairs[j]?.[1])) + 1) / 2;
  const difference = (i: number, j: number): number => weightB * win(b, i, j) - weightA * win(a, i, j);
  const byPositive = positives.map((i) => mean(negatives.map((j) => difference(i, j))));
  const byNegative = negatives.map((j) => mean(positives.map((i) => difference(i, j))));
  const squaredError = (values: readonly number[]): number => {
    const centre = mean(values);
    return mean(values.map((value) => (value - centre) ** 2)) / (values.length - 1);
  };
  return Math.sqrt(squaredError(byPositive) + squaredError(byNegative));
}
