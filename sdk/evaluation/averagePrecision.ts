// SPDX-License-Identifier: MIT
// Average precision.

import type { Parts } from "./columns.ts";
import { BOTH_MODELS, eachModel, type Comparison } from "./comparison.ts";
import { fraction, toNumber, type Bounds } from "./fraction.ts";
import { RANKED_CLASS_SIZE, requireClasses, requireGroups, unitsByClass } from "./minima.ts";
import { boundInfluence, bump, orderOf, type Order, type Ranked } from "./ranking.ts";
import { NO_VARIATION } from "./studentBound.ts";

/** The unit to which each step of a precision is rounded down. */
const PRECISION_UNIT = 10n ** 24n;

/**
 * Compares two models by average precision: the precision at each positive's score, averaged over the positives. The interval is computed
 * from
 * each row's influence, which is the derivative with respect to the row's weight.
 */
export function compareByAveragePrecision({ ranks, positive, names }: Ranked): Comparison {
  const orders = eachModel((model) => orderOf(ranks[model]));
  const whole = { of: new Uint8Array(positive.length), count: 1 };
  return {
    strata: { of: positive, names },
    values: (model, parts) => averagePrecisions(orders[model], positive, parts),
    estimate(terms) {
      const { scale } = terms;
      const values = eachModel((model) => {
        const [value] = averagePrecisions(orders[model], positive, whole);
        return toNumber((value as Bounds).low);
      });
      const positives = positive.reduce((sum, isPositive) => sum + isPositive, 0);
      const sizes = unitsByClass(positive, 2, terms.groups);
      const reasons = [...requireGroups(terms), ...requireClasses(sizes, names, RANKED_CLASS_SIZE, terms)];
      const [before, after] = BOTH_MODELS.map((model) =>
        precisionInfluence(orders[model], positive, positives, values[model]),
      ) as [Float64Array, Float64Array];
      const [slopeBefore, slopeAfter] = [scale.slope(values.baseline), scale.slope(values.candidate)];
      const influence = after.map((value, row) => slopeAfter * value - slopeBefore * (before[row] as number));
      const isSame = ranks.baseline.every((rank, row) => rank === ranks.candidate[row]);
      const improvement = scale.f(values.candidate) - scale.f(values.baseline);
      return boundInfluence(influence, improvement, sizes, terms, [...reasons, ...(isSame ? [NO_VARIATION] : [])]);
    },
  };
}

function averagePrecisions(
  { rows, starts }: Order,
  positive: Uint8Array,
  { of, count }: Parts,
): (Bounds | undefined)[] {
  const [hits, seen, tiedHits, tied] = [0, 1, 2, 3].map(() => new Float64Array(count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const totals = new Array<bigint>(count).fill(0n);
  for (let rank = starts.length - 2; rank >= 0; rank--) {
    const [from, to] = [starts[rank] as number, starts[rank + 1] as number];
    for (let place = from; place < to; place++) {
      const row = rows[place] as number;
      const part = of[row] as number;
      bump(tied, part, 1);
      bump(tiedHits, part, positive[row] as number);
    }
    for (let place = from; place < to; place++) {
      const part = of[rows[place] as number] as number;
      if (tied[part] === 0) continue; // This part of the tie is done.
      const found = tiedHits[part] as number;
      bump(hits, part, found);
      bump(seen, part, tied[part] as number);
      tied[part] = 0;
      tiedHits[part] = 0;
      if (found === 0) continue;
      const gain = BigInt(found) * BigInt(hits[part] as number) * PRECISION_UNIT;
      totals[part] = (totals[part] as bigint) + gain / BigInt(seen[part] as number);
    }
  }
  return totals.map((total, part) => {
    const positives = BigInt(hits[part] as number);
    if (positives === 0n) return undefined;
    const den = positives * PRECISION_UNIT;
    return { low: fraction(total, den), high: fraction(total + positives < den ? total + positives : den, den) };
  });
}

function precisionInfluence(
  { rows, starts }: Order,
  positive: Uint8Array,
  positives: number,
  value: number,
): Float64Array {
  const ranks = starts.length - 1;
  // For each rank, the positives and the rows at or above it.
  const [hits, seen] = [new Float64Array(ranks + 1), new Float64Array(ranks + 1)];
  for (let rank = ranks - 1; rank >= 0; rank--) {
    const [from, to] = [starts[rank] as number, starts[rank + 1] as number];
    let found = 0;
    for (let place = from; place < to; place++) found += positive[rows[place] as number] as number;
    hits[rank] = (hits[rank + 1] as number) + found;
    seen[rank] = (seen[rank + 1] as number) + (to - from);
  }
  const result = new Float64Array(rows.length);
  let [gain, loss] = [0, 0];
  for (let rank = 0; rank < ranks; rank++) {
    const [from, to] = [starts[rank] as number, starts[rank + 1] as number];
    const [above, all] = [hits[rank] as number, seen[rank] as number];
    const found = above - (hits[rank + 1] as number);
    gain += found / all;
    loss += (found * above) / (all * all);
    for (let place = from; place < to; place++) {
      const row = rows[place] as number;
      const isPositive = positive[row] as number;
      result[row] = (rows.length * (isPositive * (above / all - value) + isPositive * gain - loss)) / positives;
    }
  }
  return result;
}
