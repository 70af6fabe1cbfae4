// SPDX-License-Identifier: MIT
// Deals the examples several times into disjoint parts, each of which is evaluated on its own.

import { rowsBy, type Parts } from "./columns.ts";
import { BOTH_MODELS, reason, type Comparison } from "./comparison.ts";
import { compare, subtract, toNumber, type Bounds } from "./fraction.ts";
import { shuffle, type RandomGenerator } from "./random.ts";
import type { Reason } from "./refusal.ts";
import type { Scale } from "./scale.ts";

/** A disjoint part of the evaluation set. Values are null if the metric is undefined on it. */
export interface Fold {
  readonly size: number;
  readonly baseline: number | null;
  readonly candidate: number | null;
  /** The difference, positive if the candidate is better. */
  readonly improvement: number | null;
  readonly improved: boolean;
}

export interface Dealt {
  /** The parts of the first dealing. */
  readonly folds: readonly Fold[];
  /** The number of parts in which the candidate is strictly better, over all dealings. */
  readonly improved: number;
  /** The mean of that number per dealing, rounded down. */
  readonly runs: number;
}

/** Deals the examples into `count` parts, `dealings` times, and compares the models on each part. */
export function deal(
  comparison: Comparison,
  size: number,
  { folds: count, dealings }: { readonly folds: number; readonly dealings: number },
  scale: Scale,
  random: RandomGenerator,
): Dealt {
  const lists = strataOf(comparison, size);
  const all = Array.from({ length: dealings }, () =>
    evaluateParts(comparison, dealOnce(lists, size, count, random), scale),
  );
  const improved = all.flat().filter((fold) => fold.improved).length;
  return { folds: all[0] as readonly Fold[], improved, runs: Math.floor(improved / dealings) };
}

/** Returns a reason if a class has fewer examples than there are folds. */
export function requireClassesForFolds(comparison: Comparison, size: number, folds: number): Reason[] {
  if (comparison.strata === undefined) return [];
  const fewest = Math.min(...strataOf(comparison, size).map((list) => list.length));
  if (fewest >= folds) return [];
  return [
    reason("TOO_FEW_EXAMPLES", `${fewest} examples of one class, expected at least one for each of ${folds} folds`),
  ];
}

/** Returns the rows of each class that occurs, last class first, or all rows if there are no classes. */
function strataOf({ strata }: Comparison, size: number): Uint32Array[] {
  if (strata === undefined) return [new Uint32Array(size).map((_, row) => row)];
  return rowsBy(strata.of, strata.names.length)
    .reverse()
    .filter((list) => list.length > 0);
}

/** Deals shuffled rows into parts, class by class, so that parts differ by at most one example of each class. */
function dealOnce(lists: readonly Uint32Array[], size: number, count: number, random: RandomGenerator): Parts {
  const of = new Uint8Array(size);
  let place = 0;
  for (const list of lists) {
    const rows = list.slice();
    shuffle(rows, random);
    for (const row of rows) of[row] = place++ % count;
  }
  return { of, count };
}

function evaluateParts(comparison: Comparison, parts: Parts, { sign }: Scale): Fold[] {
  const sizes = new Array<number>(parts.count).fill(0);
  for (let row = 0; row < parts.of.length; row++)
    sizes[parts.of[row] as number] = (sizes[parts.of[row] as number] as number) + 1;
  const [before, after] = BOTH_MODELS.map((model) => comparison.values(model, parts)) as [
    (Bounds | undefined)[],
    (Bounds | undefined)[],
  ];
  return sizes.map((size, part) => foldOf(size, before[part], after[part], sign));
}

function foldOf(size: number, before: Bounds | undefined, after: Bounds | undefined, sign: 1 | -1): Fold {
  const [baseline, candidate] = [before, after].map((value) => (value === undefined ? null : toNumber(value.low))) as [
    number | null,
    number | null,
  ];
  if (before === undefined || after === undefined) {
    return { size, baseline, candidate, improvement: null, improved: false };
  }
  const [worse, better] = sign > 0 ? [before, after] : [after, before];
  const improved = compare(better.low, worse.high) > 0;
  return { size, baseline, candidate, improvement: toNumber(subtract(better.low, worse.high)), improved };
}
