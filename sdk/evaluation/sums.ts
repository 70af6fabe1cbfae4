// SPDX-License-Identifier: MIT
// Metrics that depend only on sums of per-example statistics: means, and smooth functions of several sums.

import { betBounds } from "./betting.ts";
import { compute, inUnit, sumParts, toDoubles, type Column, type Parts } from "./columns.ts";
import { BOTH_MODELS, type Comparison, type Estimate, type Model, type IntervalTerms } from "./comparison.ts";
import { toNumber, type Bounds, type Fraction } from "./fraction.ts";
import { requireDifferences, requireGroups } from "./minima.ts";
import { Refusal } from "./refusal.ts";
import { boundMean, NO_VARIATION } from "./studentBound.ts";

/** A metric as a function of sums over the examples, computed exactly and in double precision. */
export interface Formula {
  exact(sums: readonly Fraction[]): Bounds | undefined;
  estimate(sums: ArrayLike<number>): number;
  /** Whether the metric is the first sum divided by the number of examples. */
  readonly isMean: boolean;
}

const SAFE = Number.MAX_SAFE_INTEGER;

/** The statistics of one model. Each column has one number per example. */
export type Statistics = readonly Column[];

/**
 * Compares two models by sums. If the benchmark has a cap, `range` is the most that a single example can add to the first sum, and 0 the
 * least. The interval then comes from betting.
 */
export function compareBySums(
  statistics: Readonly<Record<Model, Statistics>>,
  formula: Formula,
  nameOf: (row: number) => string,
  range?: number,
): Comparison {
  return {
    values: (model, parts) => valuesOf(statistics[model], formula, parts),
    estimate(terms) {
      const isPlain = formula.isMean && terms.groups === undefined && terms.scale.isLinear;
      if (isPlain && range !== undefined) {
        const reasons = varies(statistics, formula) ? [] : [NO_VARIATION];
        return { interval: betBounds(differences(statistics, terms), range, terms), reasons };
      }
      const values = isPlain ? differences(statistics, terms) : pseudoValues(statistics, formula, terms, nameOf);
      return boundSums(statistics, formula, values, terms);
    },
  };
}

function valuesOf(statistics: Statistics, formula: Formula, parts: Parts): (Bounds | undefined)[] {
  const sums = statistics.map(({ integers, decimals }) =>
    sumParts(integers, parts).map((sum) => inUnit(sum, decimals)),
  );
  return Array.from({ length: parts.count }, (_, part) => formula.exact(sums.map((sum) => sum[part] as Fraction)));
}

function boundSums(
  statistics: Readonly<Record<Model, Statistics>>,
  formula: Formula,
  values: Float64Array,
  terms: IntervalTerms,
): Estimate {
  const reasons = [...requireGroups(terms), ...requireDifferences(countDifferences(statistics, terms), terms)];
  const missing = varies(statistics, formula) ? [] : [NO_VARIATION];
  const improvement = improvementOf(statistics, formula, terms);
  const method = terms.groups ? "clusters" : "student";
  const estimate = boundMean({ values, improvement }, terms, method, []);
  const all = missing.length > 0 ? missing : estimate.reasons;
  return { interval: estimate.interval, reasons: [...reasons, ...all] };
}

/** Returns the improvement on all examples, from their exact values. */
function improvementOf(
  statistics: Readonly<Record<Model, Statistics>>,
  formula: Formula,
  { scale }: IntervalTerms,
): number {
  const size = (statistics.baseline[0] as Column).integers.length;
  const whole = { of: new Uint8Array(size), count: 1 };
  const [before, after] = BOTH_MODELS.map((model) => {
    const [value] = valuesOf(statistics[model], formula, whole);
    return scale.f(toNumber((value as Bounds).low)); // Defined, because nothing is estimated for undefined values.
  }) as [number, number];
  return scale.sign * (after - before);
}

/** Returns the difference of each example, positive if the candidate is better. It is exact in integers and rounded once at the end. */
function differences(
  { baseline, candidate }: Readonly<Record<Model, Statistics>>,
  { scale }: IntervalTerms,
): Float64Array {
  const [before, after] = [baseline[0] as Column, candidate[0] as Column];
  const [a, b] = [before.integers, after.integers];
  const sign = BigInt(scale.sign);
  const integers = compute(
    [a, b],
    SAFE / 2,
    (x, y) => scale.sign * (y - x),
    (x, y) => sign * (y - x),
  );
  return toDoubles({ integers, decimals: before.decimals });
}

/**
 * Returns the jackknife's pseudo-values: G·θ − (G − 1)·θ₋ for G units, where θ₋ is the improvement without the unit. Quenouille, "Notes on
 * bias in estimation", Biometrika 43, 1956. For a mean, these are the differences.
 */
function pseudoValues(
  statistics: Readonly<Record<Model, Statistics>>,
  formula: Formula,
  { scale, groups }: IntervalTerms,
  nameOf: (row: number) => string,
): Float64Array {
  const units = { baseline: unitSums(statistics.baseline, groups), candidate: unitSums(statistics.candidate, groups) };
  const count = (units.baseline[0] as Float64Array).length;
  const rests = {
    baseline: new Float64Array(units.baseline.length),
    candidate: new Float64Array(units.candidate.length),
  };
  const totals = {
    baseline: units.baseline.map(total),
    candidate: units.candidate.map(total),
  };
  const improvementWithout = (unit: number): number => {
    const value = (model: Model): number => {
      const rest = rests[model];
      const sums = totals[model];
      const columns = units[model];
      for (let k = 0; k < rest.length; k++) {
        rest[k] = (sums[k] as number) - (unit < 0 ? 0 : ((columns[k] as Float64Array)[unit] as number));
      }
      return scale.f(formula.estimate(rest));
    };
    return scale.sign * (value("candidate") - value("baseline"));
  };
  const whole = improvementWithout(-1);
  const values = new Float64Array(count);
  for (let unit = 0; unit < count; unit++) {
    const value = count * whole - (count - 1) * improvementWithout(unit);
    if (!Number.isFinite(value)) {
      const what = groups ? "a group" : nameOf(unit);
      throw new Refusal("UNDEFINED_METRIC", `without ${what} the metric is undefined, expected more examples like it`);
    }
    values[unit] = value;
  }
  return values;
}

function total(values: Float64Array): number {
  let sum = 0;
  for (let unit = 0; unit < values.length; unit++) sum += values[unit] as number;
  return sum;
}

function unitSums(statistics: Statistics, groups: IntervalTerms["groups"]): Float64Array[] {
  return statistics.map((column) => {
    const doubles = toDoubles(column);
    if (groups === undefined) return doubles;
    const sums = new Float64Array(groups.count);
    for (let row = 0; row < doubles.length; row++) {
      const group = groups.of[row] as number;
      sums[group] = (sums[group] as number) + (doubles[row] as number);
    }
    return sums;
  });
}

/** Returns the number of units in which any statistic of the two models differs. */
function countDifferences(
  { baseline, candidate }: Readonly<Record<Model, Statistics>>,
  { groups }: IntervalTerms,
): number {
  const size = (baseline[0] as Column).integers.length;
  const different = new Uint8Array(groups?.count ?? size);
  baseline.forEach(({ integers }, k) => {
    const others = (candidate[k] as Column).integers;
    for (let row = 0; row < size; row++) {
      // Both columns have the same unit, so equal numbers are equal integers, even if one is a double and the other a bigint.
      if (integers[row] != others[row]) different[groups ? (groups.of[row] as number) : row] = 1; // eslint-disable-line eqeqeq
    }
  });
  let count = 0;
  for (let unit = 0; unit < different.length; unit++) count += different[unit] as number;
  return count;
}

/** Whether any example has another effect than the first. Compares integers. */
function varies({ baseline, candidate }: Readonly<Record<Model, Statistics>>, { isMean }: Formula): boolean {
  return baseline.some(({ integers }, k) => {
    const others = (candidate[k] as Column).integers;
    const isLike = (row: number): boolean =>
      isMean
        ? BigInt(others[row] as number) - BigInt(integers[row] as number) ===
          BigInt(others[0] as number) - BigInt(integers[0] as number)
        : integers[row] === integers[0] && others[row] === others[0];
    for (let row = 1; row < integers.length; row++) if (!isLike(row)) return true;
    return false;
  });
}
