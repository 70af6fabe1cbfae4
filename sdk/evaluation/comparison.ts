// SPDX-License-Identifier: MIT
// Two models on the same examples: exact values on any part of them, and the interval of the improvement.

import normalCdf = require("@stdlib/stats-base-dists-normal-cdf");
import normalQuantile = require("@stdlib/stats-base-dists-normal-quantile");
import { unsafeUniformIntDistribution as uniformInt, type RandomGenerator } from "pure-rand";
import { at } from "./at";
import { add, exactly, fraction, toNumber, type Bounds, type Fraction } from "./fraction";
import type { Scale } from "./scale";

/** The one-sided error of the lower bound: 2.5 %, hence a two-sided interval of 95 %. */
const TAIL = 0.025;
const Z = normalQuantile(1 - TAIL, 0, 1);

export type Model = "baseline" | "candidate";

/** Confidence interval of the improvement f(candidate) − f(baseline), or its negative where less is better. */
export interface Interval {
  readonly method: "delong" | "bootstrap";
  /** One-sided 97.5 % lower bound, and lower end of the two-sided 95 % interval. */
  readonly low: number;
  readonly high: number;
  /** Of the hypothesis that there is no improvement, one-sided. */
  readonly pValue: number;
  readonly standardError?: number;
}

export interface Comparison {
  /** The class of each example, where the metric knows classes. */
  readonly classes?: readonly boolean[];
  /** The metric of a model on some of the examples; undefined where its formula divides by zero. */
  value(model: Model, examples: readonly number[]): Bounds | undefined;
  interval(scale: Scale, random: RandomGenerator, resamples: number): Interval;
}

/** A metric as a function of sums over the examples, in exact numbers and in double precision. */
export interface Formula {
  exact(sums: readonly Fraction[]): Bounds | undefined;
  estimate(sums: readonly number[]): number;
}

/**
 * Compares two models by a metric that depends on sums of per-example statistics only. The interval is the percentile interval of a
 * paired bootstrap: Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13; of R resamples the
 * floor(0.025·(R + 1))-th smallest and largest, the p-value (1 + number of resamples without improvement) / (R + 1).
 * A resample in which the metric is undefined counts as the worst.
 */
export function compareBySums(
  statistics: Readonly<Record<Model, readonly (readonly Fraction[])[]>>,
  formula: Formula,
  classes?: readonly boolean[],
): Comparison {
  return {
    ...(classes && { classes }),
    value: (model, examples) => formula.exact(sum(examples.map((i) => at(statistics[model], i)))),
    interval(scale, random, resamples) {
      const size = statistics.baseline.length;
      const columns = { baseline: columnsOf(statistics.baseline), candidate: columnsOf(statistics.candidate) };
      const improvements = Float64Array.from({ length: resamples }, () => {
        const drawn = new Uint32Array(size).map(() => uniformInt(0, size - 1, random));
        const onDrawn = (model: Model): number =>
          scale.f(formula.estimate(columns[model].map((column) => sumAt(column, drawn))));
        const improvement = scale.sign * (onDrawn("candidate") - onDrawn("baseline"));
        return Number.isFinite(improvement) ? improvement : -Infinity;
      }).sort();
      const tail = Math.floor(TAIL * (resamples + 1));
      const worse = improvements.filter((improvement) => improvement <= 0).length;
      return {
        method: "bootstrap",
        low: at(improvements, tail - 1),
        high: at(improvements, resamples - tail),
        pValue: (1 + worse) / (resamples + 1),
      };
    },
  };
}

/**
 * Compares two models by the area under the ROC curve, which is always maximised: P(score of a positive > score of a negative) + ½ P(equal). The interval is
 * DeLong's: DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating characteristic
 * curves", Biometrics 44, 1988; with f = ln by the delta method. Scores are given by their ranks: 0 to the number of examples − 1, equal when tied.
 */
export function compareByAuc(
  ranks: Readonly<Record<Model, readonly number[]>>,
  classes: readonly boolean[],
): Comparison {
  const everyone = [...classes.keys()];
  return {
    classes,
    value: (model, examples) => exactly(area(countPairs(ranks[model], classes, examples))),
    interval(scale) {
      const pairs = {
        baseline: countPairs(ranks.baseline, classes, everyone),
        candidate: countPairs(ranks.candidate, classes, everyone),
      };
      const [before, after] = [toNumber(area(pairs.baseline)), toNumber(area(pairs.candidate))];
      const varianceOf = (side: keyof PairCounts, others: number): number => {
        const components = pairs.candidate[side].map(
          (wins, i) => (scale.slope(after) * wins - scale.slope(before) * at(pairs.baseline[side], i)) / (2 * others),
        );
        return variance(components) / components.length;
      };
      const standardError = Math.sqrt(
        varianceOf("positives", pairs.baseline.negatives.length) +
          varianceOf("negatives", pairs.baseline.positives.length),
      );
      const improvement = scale.f(after) - scale.f(before);
      return {
        method: "delong",
        low: improvement - Z * standardError,
        high: improvement + Z * standardError,
        pValue: normalCdf(0, improvement, standardError),
        standardError,
      };
    },
  };
}

/** For each example twice the number of examples of the other class that it is ranked right against, plus the ties. */
interface PairCounts {
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
}

function countPairs(ranks: readonly number[], classes: readonly boolean[], examples: readonly number[]): PairCounts {
  const [positives, negatives] = splitByClass(examples, classes);
  const positivesBelow = cumulate(positives, ranks);
  const negativesBelow = cumulate(negatives, ranks);
  const belowAndTied = (below: ArrayLike<number>, i: number): number =>
    at(below, at(ranks, i)) + at(below, at(ranks, i) + 1);
  return {
    positives: positives.map((i) => belowAndTied(negativesBelow, i)),
    negatives: negatives.map((i) => 2 * positives.length - belowAndTied(positivesBelow, i)),
  };
}

/** At index s the number of examples that rank below s. */
function cumulate(examples: readonly number[], ranks: readonly number[]): Uint32Array {
  const below = new Uint32Array(ranks.length + 1);
  for (const i of examples) {
    const place = at(ranks, i) + 1;
    below[place] = at(below, place) + 1;
  }
  let total = 0;
  return below.map((count) => (total += count));
}

function area({ positives, negatives }: PairCounts): Fraction {
  const wins = positives.reduce((total, count) => total + BigInt(count), 0n);
  return fraction(wins, 2n * BigInt(positives.length) * BigInt(negatives.length));
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1);
}

function sum(rows: readonly (readonly Fraction[])[]): Fraction[] {
  return rows.reduce<Fraction[]>((totals, row) => row.map((value, k) => add(totals[k] ?? fraction(0n), value)), []);
}

/** The statistics one by one, each over all examples, in double precision. */
function columnsOf(rows: readonly (readonly Fraction[])[]): Float64Array[] {
  return at(rows, 0).map((_, k) => Float64Array.from(rows, (row) => toNumber(at(row, k))));
}

/** The sum of the values at these places. A plain loop: intervals are made of little else. */
function sumAt(values: Float64Array, places: Uint32Array): number {
  let total = 0;
  for (const place of places) total += values[place] as number;
  return total;
}

/** The examples of class 1 and those of class 0. */
export function splitByClass(examples: readonly number[], classes: readonly boolean[]): [number[], number[]] {
  return [examples.filter((i) => classes[i]), examples.filter((i) => !classes[i])];
}
