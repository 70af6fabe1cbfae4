// SPDX-License-Identifier: MIT
// The classes that two models predict for the same examples, counted in cells of (class, baseline's class, candidate's class). The few
// cells
// contain everything that metrics of counts need.

import { boundShare } from "./shareBound.ts";
import { rowsBy, type Parts } from "./columns.ts";
import {
  certainBps,
  BOTH_MODELS,
  reason,
  type Comparison,
  type Estimate,
  type Groups,
  type Interval,
  type Model,
  type Classified,
  type IntervalTerms,
} from "./comparison.ts";
import { COUNT_FORMULAS, type CountFormula, type CountMetric, type Marginals } from "./counts.ts";
import { requireChanges, requireClasses, requireGroups, unitsByClass } from "./minima.ts";
import { multinomial, type RandomGenerator } from "./random.ts";
import type { Scale } from "./scale.ts";
import { boundMean, NO_VARIATION } from "./studentBound.ts";

/** The metrics that equal the share of correct predictions. */
const SHARES: readonly CountMetric[] = ["accuracy", "micro_f1", "micro_precision", "micro_recall"];

/** The fewest examples of a class whose own counts matter, or groups with such examples. */
const CLASS_SIZE = 100;

/** Compares two models by a metric of counts. */
export function compareByCounts(classified: Classified, metric: CountMetric): Comparison {
  const { actual, predicted, names } = classified;
  const formula = COUNT_FORMULAS[metric];
  return {
    strata: { of: actual, names },
    classified,
    values: (model, parts) =>
      countParts(actual, predicted[model], names.length, parts).map((counts) => formula.exact(counts)),
    estimate(terms) {
      const cells = countedCells(classified);
      const isShare = SHARES.includes(metric);
      if (isShare && terms.scale.isLinear && terms.groups === undefined) return boundShare(classified, terms);
      const reasons = [
        ...requireGroups(terms),
        ...requireChanges(terms.groups ? changedGroups(predicted, terms.groups) : cells.changed, terms),
        ...(isShare ? [] : requireClasses(unitsByClass(actual, names.length, terms.groups), names, CLASS_SIZE, terms)),
        ...(cells.changed === 0 ? [NO_VARIATION] : []),
      ];
      if (terms.groups) return boundByGroups(classified, formula, terms, reasons);
      return { interval: resample(cells, metric, terms), reasons };
    },
  };
}

/** Returns the number of groups with an example that the models assign to different classes. */
function changedGroups({ baseline, candidate }: Classified["predicted"], { of, count }: Groups): number {
  const changed = new Uint8Array(count);
  for (let row = 0; row < of.length; row++) if (baseline[row] !== candidate[row]) changed[of[row] as number] = 1;
  return changed.reduce((sum, isChanged) => sum + isChanged, 0);
}

function emptyMarginals(classes: number): Marginals {
  const [actual, predicted, right] = [0, 1, 2].map(() => new Float64Array(classes)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return { size: 0, actual, predicted, right };
}

function countParts(actual: Uint8Array, predicted: Uint8Array, classes: number, { of, count }: Parts): Marginals[] {
  const parts = Array.from({ length: count }, () => emptyMarginals(classes));
  const sizes = unitsByClass(of, count, undefined);
  for (let row = 0; row < actual.length; row++) {
    addTo(parts[of[row] as number] as Marginals, actual[row] as number, predicted[row] as number, 1);
  }
  return parts.map((part, index) => ({ ...part, size: sizes[index] as number }));
}

function addTo({ actual, predicted, right }: Marginals, label: number, guess: number, count: number): void {
  actual[label] = (actual[label] as number) + count;
  predicted[guess] = (predicted[guess] as number) + count;
  if (label === guess) right[label] = (right[label] as number) + count;
}

/** The non-empty cells, in ascending order of (class, baseline's class, candidate's class). */
export interface Cells {
  readonly size: number;
  readonly classes: number;
  readonly counts: Float64Array;
  readonly actual: Uint8Array;
  readonly predicted: Readonly<Record<Model, Uint8Array>>;
  /** The number of examples whose predicted classes differ. */
  readonly changed: number;
}

export function countedCells({ names, actual, predicted: { baseline, candidate } }: Classified): Cells {
  const classes = names.length;
  const all = new Float64Array(classes ** 3);
  let changed = 0;
  for (let row = 0; row < actual.length; row++) {
    const [before, after] = [baseline[row] as number, candidate[row] as number];
    const cell = ((actual[row] as number) * classes + before) * classes + after;
    all[cell] = (all[cell] as number) + 1;
    if (before !== after) changed++;
  }
  const occupied = [...all.keys()].filter((cell) => (all[cell] as number) > 0);
  return {
    size: actual.length,
    classes,
    counts: Float64Array.from(occupied, (cell) => all[cell] as number),
    actual: Uint8Array.from(occupied, (cell) => Math.floor(cell / classes ** 2)),
    predicted: {
      baseline: Uint8Array.from(occupied, (cell) => Math.floor(cell / classes) % classes),
      candidate: Uint8Array.from(occupied, (cell) => cell % classes),
    },
    changed,
  };
}

/** Returns a function that computes both models' counts when the cells hold `counts` examples. Each call overwrites the previous result. */
function counter({ size, classes, actual, predicted }: Cells): (counts: Float64Array) => Record<Model, Marginals> {
  const empty = () => ({ ...emptyMarginals(classes), size });
  const result = { baseline: empty(), candidate: empty() };
  return (counts) => {
    for (const model of BOTH_MODELS) {
      const into = result[model];
      for (const values of [into.actual, into.predicted, into.right]) values.fill(0);
      for (let cell = 0; cell < counts.length; cell++) {
        addTo(into, actual[cell] as number, predicted[model][cell] as number, counts[cell] as number);
      }
    }
    return result;
  };
}

/** Yields both models' counts in one resample after another. Each result overwrites the previous one. */
function* drawn(cells: Cells, resamples: number, random: RandomGenerator): Generator<Record<Model, Marginals>> {
  const count = counter(cells);
  const counts = new Float64Array(cells.counts.length);
  for (let round = 0; round < resamples; round++) {
    multinomial(cells.counts, cells.size, random, counts);
    yield count(counts);
  }
}

function improvementOf(scale: Scale, before: number, after: number): number {
  const improvement = scale.sign * (scale.f(after) - scale.f(before));
  return Number.isFinite(improvement) ? improvement : -Infinity;
}

/** Yields the improvement in one resample after another. A resample in which the metric is undefined counts as the worst. */
export function* drawnImprovements(
  cells: Cells,
  metric: CountMetric,
  { scale, resamples, random }: IntervalTerms,
): Generator<number> {
  const formula = COUNT_FORMULAS[metric];
  for (const { baseline, candidate } of drawn(cells, resamples, random)) {
    yield improvementOf(scale, formula.estimate(baseline), formula.estimate(candidate));
  }
}

/**
 * Returns the percentile interval of a paired bootstrap: Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13.
 * Examples
 * of one cell are interchangeable, so that a resample is one multinomial draw of the cells. Of R resamples, the floor(level·(R + 1))-th
 * smallest and largest are the ends.
 */
function resample(cells: Cells, metric: CountMetric, terms: IntervalTerms): Interval {
  const { scale, level, resamples, random } = terms;
  const replay = random.clone();
  const improvements = Float64Array.from(drawnImprovements(cells, metric, terms)).sort();
  const tail = Math.max(1, Math.floor(level * (resamples + 1)));
  const low = improvements[tail - 1] as number;
  const high = improvements[resamples - tail] as number;

  const bps = scale.toBps(low);
  const near = Math.round(bps);
  if (!scale.isLinear || !(Math.abs(bps - near) < NEAR_BPS)) {
    return { method: "resampling", low, high, lowBps: certainBps(bps) };
  }
  // The end is close to a whole number of bps. Exact arithmetic decides how many resamples reach that number.
  const formula = COUNT_FORMULAS[metric];
  let below = 0;
  for (const { baseline, candidate } of drawn(cells, resamples, replay)) {
    const estimate = scale.toBps(improvementOf(scale, formula.estimate(baseline), formula.estimate(candidate)));
    const isNear = Math.abs(estimate - near) < NEAR_BPS;
    const reaches = isNear ? scale.reaches(formula.exact(baseline), formula.exact(candidate), near) : estimate > near;
    if (!reaches) below++;
  }
  return { method: "resampling", low, high, lowBps: near - Number(below >= tail) };
}

const NEAR_BPS = 1e-5;

/** Computes the jackknife over groups, which leaves out one group at a time. */
function boundByGroups(
  { actual, predicted, names }: Classified,
  formula: CountFormula,
  terms: IntervalTerms,
  reasons: Estimate["reasons"],
): Estimate {
  const { scale } = terms;
  const groups = terms.groups as NonNullable<IntervalTerms["groups"]>;
  const whole = { of: new Uint8Array(actual.length), count: 1 };
  const rows = rowsBy(groups.of, groups.count);
  const counts = BOTH_MODELS.map(
    (model) => countParts(actual, predicted[model], names.length, whole)[0] as Marginals,
  ) as [Marginals, Marginals];
  const improvement = (size: number): number => {
    const [before, after] = counts.map((count) => scale.f(formula.estimate({ ...count, size }))) as [number, number];
    return scale.sign * (after - before);
  };
  const move = (list: Uint32Array, sign: 1 | -1): void => {
    BOTH_MODELS.forEach((model, index) => {
      for (const row of list)
        addTo(counts[index] as Marginals, actual[row] as number, predicted[model][row] as number, sign);
    });
  };
  const total = improvement(actual.length);
  const values = Float64Array.from(rows, (list) => {
    move(list, -1);
    const rest = improvement(actual.length - list.length);
    move(list, 1);
    return groups.count * total - (groups.count - 1) * rest;
  });
  const undefinedWithout = values.some((value) => !Number.isFinite(value));
  const problems = undefinedWithout
    ? [reason("UNDEFINED_METRIC", "without one of the groups the metric is undefined, expected more groups")]
    : [];
  return boundMean({ values, improvement: total }, terms, "clusters", [...reasons, ...problems]);
}
