// SPDX-License-Identifier: MIT
// The metrics that a benchmark may name: what they read, in which direction they improve, and on which scale.

import { compareByAuc } from "./auc.ts";
import { compareByAveragePrecision } from "./averagePrecision.ts";
import { compareByCounts } from "./cells.ts";
import { inOneUnit, ranksOf, type Column } from "./columns.ts";
import { eachModel, type Comparison, type Model } from "./comparison.ts";
import type { CountMetric } from "./counts.ts";
import type { Examples } from "./examples.ts";
import { mean, meanOfRounded, rootOfMean } from "./formulas.ts";
import { readClasses, readLabels } from "./labels.ts";
import { absoluteErrors, brierScores, logLosses, squaredErrors } from "./losses.ts";
import { compareByDetermination, compareErrors, compareRatings, compareValues } from "./means.ts";
import { compareByPerplexity } from "./perplexity.ts";
import { compareByLoss, compareScoresOfClasses } from "./probabilities.ts";
import type { Ranked } from "./ranking.ts";
import { classesOf, constant, numbersOf, predictionsOf, shownNames, type Direction, type Reading } from "./reading.ts";
import { compareByBleu, compareByRouge } from "./textMetrics.ts";
import type { Tokeniser } from "./tokenisers.ts";

export interface Metric {
  readonly directions: readonly Direction[];
  /** The default of lo … hi: the unit interval, 0 … twice the baseline's value, or no default. */
  readonly range: "unit" | "twice baseline" | "stated";
  /** Whether labels are classes, and if so, whether there are two or several. */
  readonly classes: "none" | "two" | "several";
  /** What the predictions are, if labels are classes. */
  readonly predictions: "classes" | "scores";
  /** Whether the interval is computed by resampling. */
  readonly resampled: boolean;
  /** Whether the loss of a single example may be capped. */
  readonly cap: boolean;
  readonly tokeniser?: Tokeniser;
  compare(examples: Examples, reading: Reading): Comparison;
}

const NO_CLASSES = { classes: "none", predictions: "scores", resampled: false, cap: false } as const;
const ERROR = { ...NO_CLASSES, directions: ["minimise"], range: "twice baseline" } as const;
const UNIT = { ...NO_CLASSES, directions: ["maximise"], range: "unit" } as const;

/** In the order of their codes on chain. New metrics are appended. */
const metrics = {
  accuracy: counted("accuracy", "several", false),
  precision: counted("precision", "two"),
  recall: counted("recall", "two"),
  f1: counted("f1", "two"),
  roc_auc: { ...UNIT, classes: "two", compare: (examples, reading) => compareByAuc(rank(examples, reading)) },
  mse: { ...ERROR, cap: true, compare: compareErrors(squaredErrors, mean) },
  rmse: { ...ERROR, compare: compareErrors(squaredErrors, rootOfMean) },
  mae: { ...ERROR, cap: true, compare: compareErrors(absoluteErrors, mean) },
  r2: { ...UNIT, compare: compareByDetermination },
  perplexity: { ...ERROR, compare: compareByPerplexity },
  bleu: { ...UNIT, tokeniser: "13a", compare: compareByBleu },
  rouge_l: { ...UNIT, tokeniser: "rouge", compare: compareByRouge },
  human_score: { ...NO_CLASSES, directions: ["maximise"], range: "stated", compare: compareRatings },
  log_loss: {
    ...ERROR,
    classes: "several",
    cap: true,
    compare: compareByLoss(logLosses, meanOfRounded),
  },
  brier: {
    ...UNIT,
    directions: ["minimise"],
    classes: "several",
    compare: compareByLoss(brierScores, mean),
  },
  mcc: counted("mcc", "several"),
  balanced_accuracy: counted("balanced_accuracy", "several"),
  average_precision: {
    ...UNIT,
    classes: "two",
    compare: (examples, reading) => compareByAveragePrecision(rank(examples, reading)),
  },
  custom: {
    ...NO_CLASSES,
    directions: ["maximise", "minimise"],
    range: "stated",
    compare: compareValues,
  },
  macro_f1: counted("macro_f1", "several"),
  micro_f1: counted("micro_f1", "several", false),
  weighted_f1: counted("weighted_f1", "several"),
  macro_precision: counted("macro_precision", "several"),
  micro_precision: counted("micro_precision", "several", false),
  weighted_precision: counted("weighted_precision", "several"),
  macro_recall: counted("macro_recall", "several"),
  micro_recall: counted("micro_recall", "several", false),
  weighted_recall: counted("weighted_recall", "several"),
  macro_auc: { ...UNIT, classes: "several", compare: compareScoresOfClasses },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

/** A metric's name, and how it reads the examples. */
export interface NamedReading extends Reading {
  readonly metric: MetricName;
}

/** All metrics by the names that benchmarks use. */
export const METRICS: Readonly<Record<MetricName, Metric>> = metrics;

/** The metrics' codes on chain, in the same order as contracts/types/ModelTypes.sol. */
export const METRIC_CODES = Object.fromEntries(Object.keys(metrics).map((name, code) => [name, code])) as Readonly<
  Record<MetricName, number>
>;

function counted(metric: CountMetric, classes: "two" | "several", resampled = true): Metric {
  return {
    ...UNIT,
    classes,
    predictions: "classes",
    resampled,
    compare(examples, reading) {
      const names = classesOf(reading);
      const actual = readLabels(examples.label, names);
      const predicted = eachModel((model) => predictedClasses(examples, model, reading));
      return compareByCounts({ names: shownNames(names), actual, predicted }, metric);
    },
  };
}

/** Returns the predicted classes. A score at or above the threshold means the second class. */
function predictedClasses(examples: Examples, model: Model, reading: Reading): Uint8Array {
  if (reading.predictions === "class") return readClasses(predictionsOf(examples, model, reading), classesOf(reading));
  const threshold = constant(reading.threshold as number);
  const [scores, limit] = inOneUnit(numbersOf(examples, model, reading), threshold) as [Column, Column];
  const [least] = limit.integers as [number | bigint];
  return Uint8Array.from(scores.integers as ArrayLike<number>, (score) => Number(score >= least));
}

function rank(examples: Examples, reading: Reading): Ranked {
  const names = classesOf(reading);
  const positive = readLabels(examples.label, names);
  const ranks = eachModel((model) => ranksOf(numbersOf(examples, model, reading)));
  return { ranks, positive, names: shownNames(names) };
}
