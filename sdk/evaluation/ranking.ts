// SPDX-License-Identifier: MIT
// The parts of ranking metrics: rankings, the areas under them, and each row's share in these. Scores are given by their ranks, which are
// equal
// for ties.

import type { Parts } from "./columns.ts";
import type { Estimate, IntervalTerms, Model } from "./comparison.ts";
import { fraction, type Fraction } from "./fraction.ts";
import { boundMean, byGroup } from "./studentBound.ts";

/** A ranking of the rows for each model, and the class that should rank high. */
export interface Ranked {
  readonly ranks: Readonly<Record<Model, Uint32Array>>;
  /** 1 for rows of the class that should rank high, and 0 for the others. */
  readonly positive: Uint8Array;
  readonly names: readonly string[];
}

/** The rows in ascending order of rank, and the position at which each rank begins. */
export interface Order {
  readonly rows: Uint32Array;
  readonly starts: Uint32Array;
}

export function orderOf(ranks: Uint32Array): Order {
  let count = 0;
  for (let row = 0; row < ranks.length; row++) count = Math.max(count, (ranks[row] as number) + 1);
  const starts = new Uint32Array(count + 1);
  for (let row = 0; row < ranks.length; row++)
    starts[(ranks[row] as number) + 1] = (starts[(ranks[row] as number) + 1] as number) + 1;
  for (let rank = 0; rank < count; rank++) starts[rank + 1] = (starts[rank + 1] as number) + (starts[rank] as number);
  const next = starts.slice();
  const rows = new Uint32Array(ranks.length);
  for (let row = 0; row < ranks.length; row++) {
    const rank = ranks[row] as number;
    const place = next[rank] as number;
    rows[place] = row;
    next[rank] = place + 1;
  }
  return { rows, starts };
}

export const bump = (values: Float64Array, index: number, by: number): void => {
  values[index] = (values[index] as number) + by;
};

/** Returns, for each part, twice the number of correctly ordered pairs plus the number of tied ones, and the sizes of both classes. */
function pairsOf({ rows, starts }: Order, positive: Uint8Array, { of, count }: Parts) {
  const [wins, positives, negatives, tiedPositives, tiedNegatives] = [0, 1, 2, 3, 4].map(
    () => new Float64Array(count),
  ) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  for (let rank = 0; rank + 1 < starts.length; rank++) {
    const [from, to] = [starts[rank] as number, starts[rank + 1] as number];
    for (let place = from; place < to; place++) {
      const row = rows[place] as number;
      const part = of[row] as number;
      bump(positive[row] === 1 ? tiedPositives : tiedNegatives, part, 1);
    }
    for (let place = from; place < to; place++) {
      const part = of[rows[place] as number] as number;
      const [up, down] = [tiedPositives[part] as number, tiedNegatives[part] as number];
      if (up + down === 0) continue; // This part of the tie is done.
      bump(wins, part, up * (2 * (negatives[part] as number) + down));
      bump(positives, part, up);
      bump(negatives, part, down);
      tiedPositives[part] = 0;
      tiedNegatives[part] = 0;
    }
  }
  return { wins, positives, negatives };
}

function areaOf(wins: number, positives: number, negatives: number): Fraction | undefined {
  const pairs = 2n * BigInt(positives) * BigInt(negatives);
  return pairs === 0n ? undefined : fraction(BigInt(wins), pairs);
}

export function areas(order: Order, positive: Uint8Array, parts: Parts): (Fraction | undefined)[] {
  const { wins, positives, negatives } = pairsOf(order, positive, parts);
  return Array.from(wins, (won, part) => areaOf(won, positives[part] as number, negatives[part] as number));
}

/** Returns, for each row, twice the number of rows of the other class against which it is correctly ordered, plus the number of ties. */
export function components({ rows, starts }: Order, positive: Uint8Array, positives: number): Float64Array {
  const result = new Float64Array(rows.length);
  let [positivesBelow, negativesBelow] = [0, 0];
  for (let rank = 0; rank + 1 < starts.length; rank++) {
    const [from, to] = [starts[rank] as number, starts[rank + 1] as number];
    let tiedPositives = 0;
    for (let place = from; place < to; place++) tiedPositives += positive[rows[place] as number] as number;
    const tiedNegatives = to - from - tiedPositives;
    for (let place = from; place < to; place++) {
      const row = rows[place] as number;
      result[row] =
        positive[row] === 1 ? 2 * negativesBelow + tiedNegatives : 2 * positives - 2 * positivesBelow - tiedPositives;
    }
    positivesBelow += tiedPositives;
    negativesBelow += tiedNegatives;
  }
  return result;
}

/** Whether all rows of a class have the same effect on the difference. Compares integers. */
export function isConstant({ baseline, candidate }: Record<Model, Float64Array>, positive: Uint8Array): boolean {
  const seen: (number | undefined)[] = [undefined, undefined];
  for (let row = 0; row < positive.length; row++) {
    const effect = (candidate[row] as number) - (baseline[row] as number);
    const side = positive[row] as number;
    if (seen[side] !== undefined && seen[side] !== effect) return false;
    seen[side] = effect;
  }
  return true;
}

/** Returns each row's share in the difference of the areas, separately for both classes, in the order of the rows. */
export function effectsOf(
  { baseline, candidate }: Record<Model, Float64Array>,
  positive: Uint8Array,
  [slopeBefore, slopeAfter]: readonly [number, number],
) {
  const count = positive.reduce((sum, isPositive) => sum + isPositive, 0);
  const [positives, negatives] = [new Float64Array(count), new Float64Array(positive.length - count)];
  let [up, down] = [0, 0];
  for (let row = 0; row < positive.length; row++) {
    const effect = slopeAfter * (candidate[row] as number) - slopeBefore * (baseline[row] as number);
    if (positive[row] === 1) positives[up++] = effect / (2 * negatives.length);
    else negatives[down++] = effect / (2 * positives.length);
  }
  return { positives, negatives };
}

/** Returns the bound from influences. The smallest class limits the degrees of freedom. */
export function boundInfluence(
  influence: Float64Array,
  improvement: number,
  sizes: readonly number[],
  terms: IntervalTerms,
  reasons: Estimate["reasons"],
): Estimate {
  const values = byGroup(influence, terms);
  const method = terms.groups ? "clusters" : "student";
  const degrees = Math.min(values.length, ...sizes) - 1;
  return boundMean({ values, improvement, degrees }, terms, method, reasons);
}
