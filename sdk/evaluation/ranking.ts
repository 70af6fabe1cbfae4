// SPDX-License-Identifier: MIT
// Metrics of order: areas under curves. Scores are given by their ranks, equal where tied.

import type { Parts } from "./columns.ts";
import {
  certainBps,
  eachModel,
  BOTH_MODELS,
  type Comparison,
  type Estimate,
  type Model,
  type IntervalTerms,
} from "./comparison.ts";
import { exactly, fraction, toNumber, type Bounds, type Fraction } from "./fraction.ts";
import { CLASS_SIZE, LARGE_CLASS, RANKED_CLASS_SIZE, requireClasses, requireGroups } from "./minima.ts";
import { normalQuantile, studentQuantile } from "./quantiles.ts";
import { boundMean, byGroup, NO_VARIATION } from "./studentBound.ts";

/** One ranking of the rows for each model, and who is looked for. */
export interface Ranked {
  readonly ranks: Readonly<Record<Model, Uint32Array>>;
  /** 1 for the class that should rank high. */
  readonly positive: Uint8Array;
  readonly names: readonly string[];
}

/** Rows in ascending order of rank, and where each rank begins. */
interface Order {
  readonly rows: Uint32Array;
  readonly starts: Uint32Array;
}

function orderOf(ranks: Uint32Array): Order {
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

const bump = (values: Float64Array, index: number, by: number): void => {
  values[index] = (values[index] as number) + by;
};

/** Twice the pairs in the right order plus the tied ones, and the sizes of the classes, for each part. */
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

function areas(order: Order, positive: Uint8Array, parts: Parts): (Fraction | undefined)[] {
  const { wins, positives, negatives } = pairsOf(order, positive, parts);
  return Array.from(wins, (won, part) => areaOf(won, positives[part] as number, negatives[part] as number));
}

/** For each row twice the number of rows of the other class that it is ranked right against, plus the ties. */
function components({ rows, starts }: Order, positive: Uint8Array, positives: number): Float64Array {
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

/**
 * Compares two models by the area under the ROC curve, which is always maximised: P(score of a positive > score of a negative) + ½ P(equal).
 * The interval is DeLong's: DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
 * characteristic curves", Biometrics 44, 1988; with f = ln by the delta method; with groups by sums of its components over each,
 * Obuchowski, "Nonparametric analysis of clustered ROC curve data", Biometrics 53, 1997.
 */
export function compareByAuc({ ranks, positive, names }: Ranked): Comparison {
  const orders = eachModel((model) => orderOf(ranks[model]));
  const whole = { of: new Uint8Array(positive.length), count: 1 };
  return {
    strata: { of: positive, names },
    values: (model, parts) => areas(orders[model], positive, parts).map((area) => area && exactly(area)),
    estimate(terms) {
      const { scale } = terms;
      const [before, after] = BOTH_MODELS.map((model) =>
        toNumber(areas(orders[model], positive, whole)[0] as Fraction),
      ) as [number, number];
      const positives = positive.reduce((sum, isPositive) => sum + isPositive, 0);
      const sizes = [positive.length - positives, positives];
      const reasons = [...requireGroups(terms), ...requireClasses(sizes, names, CLASS_SIZE)];
      const wins = eachModel((model) => components(orders[model], positive, positives));
      const missing = isConstant(wins, positive) ? [NO_VARIATION] : [];
      const improvement = scale.f(after) - scale.f(before);
      if (terms.groups) {
        const influence = aucInfluence(wins, positive, [before, after], terms);
        return boundMean({ values: byGroup(influence, terms), improvement }, terms, "clusters", [
          ...reasons,
          ...missing,
        ]);
      }
      const effects = effectsOf(wins, positive, [scale.slope(before), scale.slope(after)]);
      const standardError = Math.sqrt(varianceOfMean(effects.positives) + varianceOfMean(effects.negatives));
      const smaller = Math.min(...sizes);
      const quantile =
        smaller < LARGE_CLASS ? studentQuantile(terms.level, Math.max(2, smaller - 1)) : normalQuantile(terms.level);
      const [low, high] = [improvement - quantile * standardError, improvement + quantile * standardError];
      const lowBps = certainBps(scale.toBps(low));
      return {
        interval: { method: "delong", low, high, lowBps, standardError, quantile },
        reasons: [...reasons, ...missing],
      };
    },
  };
}

/** Whether every row of a class has the same effect on the difference, judged on integers. */
function isConstant({ baseline, candidate }: Record<Model, Float64Array>, positive: Uint8Array): boolean {
  const seen: (number | undefined)[] = [undefined, undefined];
  for (let row = 0; row < positive.length; row++) {
    const effect = (candidate[row] as number) - (baseline[row] as number);
    const side = positive[row] as number;
    if (seen[side] !== undefined && seen[side] !== effect) return false;
    seen[side] = effect;
  }
  return true;
}

/** Each row's share in the difference of the areas, class by class, in the order of the rows. */
function effectsOf(
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

function varianceOfMean(values: Float64Array): number {
  let total = 0;
  for (let k = 0; k < values.length; k++) total += values[k] as number;
  const mean = total / values.length;
  let squares = 0;
  for (let k = 0; k < values.length; k++) squares += ((values[k] as number) - mean) * ((values[k] as number) - mean);
  return squares / (values.length - 1) / values.length;
}

/** Influences whose mean is 0 and whose variance, divided by the rows, is the difference's. */
function aucInfluence(
  wins: Record<Model, Float64Array>,
  positive: Uint8Array,
  [before, after]: readonly [number, number],
  { scale }: IntervalTerms,
): Float64Array {
  const slopes = [scale.slope(before), scale.slope(after)] as const;
  const effects = effectsOf(wins, positive, slopes);
  const centre = slopes[1] * after - slopes[0] * before;
  const n = positive.length;
  let [up, down] = [0, 0];
  return Float64Array.from(positive, (isPositive) => {
    const side = isPositive === 1 ? effects.positives : effects.negatives;
    const effect = side[isPositive === 1 ? up++ : down++] as number;
    return (n * (effect - centre)) / side.length;
  });
}

/** The classes one against the rest: one ranking for each, by each model's score of that class. */
export interface RankedClasses {
  readonly ranks: Readonly<Record<Model, readonly Uint32Array[]>>;
  readonly actual: Uint8Array;
  readonly names: readonly string[];
}

/** Compares two models by the mean over classes of the area of each against the rest. */
export function compareByMacroAuc({ ranks, actual, names }: RankedClasses): Comparison {
  const orders = eachModel((model) => ranks[model].map(orderOf));
  const positives = names.map((_, k) => actual.map((label) => Number(label === k)));
  const each = (model: Model, parts: Parts) =>
    orders[model].map((order, k) => areas(order, positives[k] as Uint8Array, parts));
  const whole = { of: new Uint8Array(actual.length), count: 1 };
  return {
    strata: { of: actual, names },
    values(model, parts) {
      const byClass = each(model, parts);
      return Array.from({ length: parts.count }, (_, part) => meanOf(byClass.map((list) => list[part])));
    },
    estimate(terms) {
      const { scale } = terms;
      const sizes = positives.map((positive) => positive.reduce((sum, isPositive) => sum + isPositive, 0));
      const reasons = [...requireGroups(terms), ...requireClasses(sizes, names, CLASS_SIZE)];
      const [before, after] = BOTH_MODELS.map((model) =>
        each(model, whole).map(([area]) => toNumber(area as Fraction)),
      ) as [number[], number[]];
      const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
      const slopes = [scale.slope(mean(before)), scale.slope(mean(after))] as const;
      const influence = new Float64Array(actual.length);
      let isSame = true;
      positives.forEach((positive, k) => {
        const wins = eachModel((model) => components(orders[model][k] as Order, positive, sizes[k] as number));
        isSame &&= isConstant(wins, positive);
        const effects = effectsOf(wins, positive, slopes);
        const centre = slopes[1] * (after[k] as number) - slopes[0] * (before[k] as number);
        let [up, down] = [0, 0];
        for (let row = 0; row < positive.length; row++) {
          const side = positive[row] === 1 ? effects.positives : effects.negatives;
          const effect = side[positive[row] === 1 ? up++ : down++] as number;
          bump(influence, row, (positive.length * (effect - centre)) / side.length / names.length);
        }
      });
      const improvement = scale.f(mean(after)) - scale.f(mean(before));
      return boundInfluence(influence, improvement, sizes, terms, [...reasons, ...(isSame ? [NO_VARIATION] : [])]);
    },
  };
}

function meanOf(values: readonly (Fraction | undefined)[]): Bounds | undefined {
  let total = fraction(0n);
  for (const value of values) {
    if (value === undefined) return undefined;
    total = fraction(total.num * value.den + value.num * total.den, total.den * value.den);
  }
  return exactly(fraction(total.num, total.den * BigInt(values.length)));
}

/** The bound from influences; the smallest class limits the degrees of freedom. */
function boundInfluence(
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

/** What one step of a precision is rounded down to. */
const PRECISION_UNIT = 10n ** 24n;

/**
 * Compares two models by average precision: the precision at each positive's score, averaged over the positives. The interval is made from
 * the influence of each row, the derivative by its weight.
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
      const sizes = [positive.length - positives, positives];
      const reasons = [...requireGroups(terms), ...requireClasses(sizes, names, RANKED_CLASS_SIZE)];
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
  // For each rank: positives, and rows, at or above it.
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
