// SPDX-License-Identifier: MIT
// The metrics a benchmark may name: what they read, in which direction they improve, on which scale they live.

import { compareByCounts } from "./cells.ts";
import {
  compute,
  inOneUnit,
  isBelow,
  ranksOf,
  sumParts,
  toBigInts,
  withDecimals,
  type Column,
  type Integers,
} from "./columns.ts";
import { eachModel, type Comparison, type Model } from "./comparison.ts";
import { COUNT_FORMULAS, type CountMetric } from "./counts.ts";
import { placeOf, type Example } from "./examples.ts";
import { bleu, determination, mean, meanOfRounded, perplexity, rootOfMean } from "./formulas.ts";
import {
  A_NUMBER,
  columnOf,
  readClasses,
  readLabels,
  readLists,
  readNumbers,
  requireWithin,
  textOf,
  type ClassNames,
} from "./labels.ts";
import {
  absoluteErrors,
  bleuStatistics,
  brierScores,
  logLosses,
  rouges,
  squaredErrors,
  tokenLosses,
  type PairOf,
} from "./losses.ts";
import { compareByAuc, compareByAveragePrecision, compareByMacroAuc } from "./ranking.ts";
import { Refusal, show } from "./refusal.ts";
import { compareBySums, type Formula, type Statistics } from "./sums.ts";
import { TOKENISERS, type Tokeniser } from "./tokenisers.ts";

export type Direction = "maximise" | "minimise";

/** What a metric is told beside the examples: the part of a benchmark, or of a guardrail, that says how to read them. */
export interface Reading {
  readonly metric: MetricName;
  readonly direction: Direction;
  readonly lo?: number;
  readonly hi?: number;
  readonly classes?: readonly ClassNames[];
  readonly predictions?: "score" | "class";
  readonly threshold?: number;
  readonly tokeniser?: Tokeniser;
  readonly cap?: number;
  /** Predictions stand in baseline_<column> and candidate_<column>. */
  readonly column?: string;
}

export interface Metric {
  readonly directions: readonly Direction[];
  /** Default of lo … hi: the unit interval, 0 … twice the baseline's value, or none. */
  readonly range: "unit" | "twice baseline" | "stated";
  /** Whether labels are classes, and of how many kinds. */
  readonly classes: "none" | "two" | "several";
  /** What its predictions are, where labels are classes. */
  readonly predictions: "classes" | "scores";
  /** Whether the interval is made from resamples. */
  readonly resampled: boolean;
  /** Whether a single example's loss may be capped. */
  readonly cap: boolean;
  readonly tokeniser?: Tokeniser;
  compare(examples: readonly Example[], reading: Reading): Comparison;
}

const NO_CLASSES = { classes: "none", predictions: "scores", resampled: false, cap: false } as const;
const ERROR = { ...NO_CLASSES, directions: ["minimise"], range: "twice baseline" } as const;
const UNIT = { ...NO_CLASSES, directions: ["maximise"], range: "unit" } as const;

/** In the order of their codes on chain: new ones are appended. */
const metrics = {
  accuracy: counted("accuracy", "several", false),
  precision: counted("precision", "two"),
  recall: counted("recall", "two"),
  f1: counted("f1", "two"),
  roc_auc: { ...UNIT, classes: "two", compare: (examples, reading) => compareByAuc(rank(examples, reading)) },
  mse: { ...ERROR, cap: true, compare: errors(squaredErrors, mean) },
  rmse: { ...ERROR, compare: errors(squaredErrors, rootOfMean) },
  mae: { ...ERROR, cap: true, compare: errors(absoluteErrors, mean) },
  r2: { ...UNIT, compare: compareByDetermination },
  perplexity: { ...ERROR, compare: compareByPerplexity },
  bleu: { ...UNIT, tokeniser: "13a", compare: textual(bleuStatistics, bleu) },
  rouge_l: { ...UNIT, tokeniser: "rouge", compare: textual(rouges, mean) },
  human_score: { ...NO_CLASSES, directions: ["maximise"], range: "stated", compare: compareRatings },
  log_loss: {
    ...ERROR,
    classes: "several",
    cap: true,
    compare: (examples, reading) => compareByLoss(examples, reading, logLosses, meanOfRounded),
  },
  brier: {
    ...UNIT,
    directions: ["minimise"],
    classes: "several",
    compare: (examples, reading) => compareByLoss(examples, reading, brierScores, mean),
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
    compare: (examples, reading) => {
      const values = eachModel((model) => numbersOf(examples, model, reading));
      return compareMeans(examples, values);
    },
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
  macro_auc: { ...UNIT, classes: "several", compare: compareMacroAuc },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

/** Every metric by the name that a benchmark uses. */
export const METRICS: Readonly<Record<MetricName, Metric>> = metrics;

/** The metrics' codes on chain: contracts/types/ModelTypes.sol has the same order. */
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
      const actual = readLabels(examples, names);
      const predicted = eachModel((model) => predictedClasses(examples, model, reading));
      return compareByCounts({ names: shownNames(names), actual, predicted }, metric);
    },
  };
}

/** Whether a metric is one of counts. */
export function isCounted(metric: MetricName): metric is CountMetric {
  return metric in COUNT_FORMULAS;
}

function classesOf({ classes }: Reading): readonly ClassNames[] {
  return classes as readonly ClassNames[]; // There for every metric of classes: the specification's reader sees to it.
}

function shownNames(classes: readonly ClassNames[]): string[] {
  return classes.map(([name]) => name);
}

/** A score from the threshold upwards means the second class. */
function predictedClasses(examples: readonly Example[], model: Model, reading: Reading): Uint8Array {
  if (reading.predictions === "class") {
    const read = (example: Example) => textOf(example, model, reading.column);
    return readClasses(examples, classesOf(reading), columnOf(model, reading.column), read);
  }
  const threshold = constant(reading.threshold as number);
  const [scores, limit] = inOneUnit(numbersOf(examples, model, reading), threshold) as [Column, Column];
  const [least] = limit.integers as [number | bigint];
  return Uint8Array.from(scores.integers as ArrayLike<number>, (score) => Number(score >= least));
}

/** A number of the specification as a column of one row. */
function constant(value: number): Column {
  return readNumbers([{ id: "", label: String(value), baseline: "", candidate: "" }], "", ({ label }) => label);
}

function numbersOf(examples: readonly Example[], model: Model, { column }: Reading, expected = A_NUMBER): Column {
  return readNumbers(examples, columnOf(model, column), (example) => textOf(example, model, column), expected);
}

function labelsAsNumbers(examples: readonly Example[]): Column {
  return readNumbers(examples, "label", ({ label }) => label);
}

function rank(examples: readonly Example[], reading: Reading) {
  const names = classesOf(reading);
  const positive = readLabels(examples, names);
  const ranks = eachModel((model) => ranksOf(numbersOf(examples, model, reading)));
  return { ranks, positive, names: shownNames(names) };
}

function compareMacroAuc(examples: readonly Example[], reading: Reading): Comparison {
  const names = classesOf(reading);
  const actual = readLabels(examples, names);
  const ranks = eachModel((model) => {
    const scores = listsOf(examples, model, reading, "scores");
    return (scores.length === 1 ? [complement(scores[0] as Column), scores[0] as Column] : scores).map(ranksOf);
  });
  return compareByMacroAuc({ ranks, actual, names: shownNames(names) });
}

function ones(values: { readonly length: number }): Column {
  return { integers: new Float64Array(values.length).fill(1), decimals: 0 };
}

function compareMeans(
  examples: readonly Example[],
  values: Readonly<Record<Model, Column>>,
  formula: Formula = mean,
  range?: number,
): Comparison {
  const count = ones(examples);
  const [baseline, candidate] = inOneUnit(values.baseline, values.candidate) as [Column, Column];
  const statistics = { baseline: [baseline, count], candidate: [candidate, count] };
  return compareBySums(statistics, formula, (row) => placeOf(examples[row] as Example, "id"), range);
}

/** Errors of predicted numbers; a loss above the cap counts as the cap. */
function errors(loss: (labels: Column, predictions: Column) => Column, formula: Formula): Metric["compare"] {
  return (examples, reading) => {
    const labels = labelsAsNumbers(examples);
    const losses = eachModel((model) => capped(loss(labels, numbersOf(examples, model, reading)), reading.cap));
    return compareMeans(examples, losses, formula, reading.cap);
  };
}

function capped(losses: Column, cap: number | undefined): Column {
  if (cap === undefined) return losses;
  const [values, limit] = inOneUnit(losses, constant(cap)) as [Column, Column];
  const [most] = limit.integers as [number | bigint];
  const { integers, decimals } = values;
  const bounded: Integers =
    integers instanceof Float64Array
      ? integers.map((value) => Math.min(value, Number(most)))
      : integers.map((value) => (value > BigInt(most) ? BigInt(most) : value));
  return { integers: bounded, decimals };
}

function compareByLoss(
  examples: readonly Example[],
  reading: Reading,
  loss: typeof logLosses,
  formula: Formula,
): Comparison {
  const actual = readLabels(examples, classesOf(reading));
  const losses = eachModel((model) => {
    const refuse = (row: number) => {
      const example = examples[row] as Example;
      const text = show(textOf(example, model, reading.column));
      const place = placeOf(example, columnOf(model, reading.column));
      return new Refusal(
        "OUT_OF_RANGE",
        `${place}: ${text} gives the true class no probability, expected more than 0 or a cap`,
      );
    };
    return capped(loss(probabilitiesOf(examples, model, reading), actual, reading.cap, refuse), reading.cap);
  });
  return compareMeans(examples, losses, formula, reading.cap);
}

/** The probabilities of each class: of two, the second's may stand alone. */
function probabilitiesOf(examples: readonly Example[], model: Model, reading: Reading): Column[] {
  const count = classesOf(reading).length;
  const lists = listsOf(examples, model, reading, "probabilities from 0 to 1");
  const refuse = (row: number, expected: string) => {
    const example = examples[row] as Example;
    const place = placeOf(example, columnOf(model, reading.column));
    return new Refusal(
      "OUT_OF_RANGE",
      `${place}: ${show(textOf(example, model, reading.column))}, expected ${expected}`,
    );
  };
  for (const list of lists) requireWithin(list, [0, 1], (row) => refuse(row, "probabilities from 0 to 1"));
  if (lists.length === 1) return [complement(lists[0] as Column), lists[0] as Column];
  const columns = inOneUnit(...lists.map((list) => withDecimals(list, Math.max(3, list.decimals))));
  const sums = columns.reduce((total, column) => ({
    integers: compute(
      [total.integers, column.integers],
      2 ** 52,
      (a, b) => a + b,
      (a, b) => a + b,
    ),
    decimals: column.decimals,
  }));
  const off = complement(sums).integers;
  const tolerance = 10 ** (sums.decimals - 3);
  for (let row = 0; row < off.length; row++) {
    if (Math.abs(Number(off[row])) > tolerance) throw refuse(row, `${count} probabilities whose sum is 1`);
  }
  return columns;
}

function complement({ integers, decimals }: Column): Column {
  const unit = 10n ** BigInt(decimals);
  if (decimals <= 15 && isBelow(integers, 2 ** 52)) {
    return { integers: integers.map((value) => Number(unit) - value), decimals };
  }
  return { integers: toBigInts(integers).map((value) => unit - value), decimals };
}

/** One column for each class, or one alone where there are two classes and one number in each field. */
function listsOf(examples: readonly Example[], model: Model, reading: Reading, what: string): Column[] {
  const count = classesOf(reading).length;
  const read = (example: Example) => textOf(example, model, reading.column);
  const isSingle = count === 2 && !/[\s,;]/.test(read(examples[0] as Example).trim());
  if (isSingle)
    return [numbersOf(examples, model, reading, `${what}, as in the first row one of the second class alone`)];
  const names = shownNames(classesOf(reading)).join(", ");
  const expected = `${count} ${what}, separated by spaces, in the order ${names}`;
  return readLists(examples, columnOf(model, reading.column), read, count, expected);
}

function compareRatings(examples: readonly Example[], reading: Reading): Comparison {
  const { lo, hi } = reading;
  const ratings = eachModel((model) => {
    const column = numbersOf(examples, model, reading);
    if (lo === undefined || hi === undefined) return column;
    const [values, least, most] = inOneUnit(column, constant(lo), constant(hi)) as [Column, Column, Column];
    const [[low], [high]] = [least.integers, most.integers] as [[number | bigint], [number | bigint]];
    for (let row = 0; row < values.integers.length; row++) {
      const value = values.integers[row] as number | bigint;
      if (value >= low && value <= high) continue;
      const example = examples[row] as Example;
      const place = placeOf(example, columnOf(model, reading.column));
      const text = show(textOf(example, model, reading.column));
      throw new Refusal("OUT_OF_RANGE", `${place}: ${text}, expected a rating from ${lo} to ${hi}`);
    }
    return column;
  });
  return compareMeans(examples, ratings);
}

/** Labels are taken from the whole unit next to their mean, which leaves doubles their digits and depends on no order. */
function compareByDetermination(examples: readonly Example[], reading: Reading): Comparison {
  const labels = labelsAsNumbers(examples);
  const [total] = sumParts(labels.integers, { of: new Uint8Array(examples.length), count: 1 }) as [bigint];
  const origin = total / BigInt(examples.length); // Towards zero.
  const isDouble = isBelow(labels.integers, 2 ** 52);
  const centred: Column = {
    integers: isDouble
      ? (labels.integers as Float64Array).map((label) => label - Number(origin))
      : toBigInts(labels.integers).map((label) => label - origin),
    decimals: labels.decimals,
  };
  const zero: Column = { integers: new Float64Array(examples.length), decimals: 0 };
  const squares = squaredErrors(centred, zero);
  const losses = eachModel((model) => squaredErrors(labels, numbersOf(examples, model, reading)));
  const [baseline, candidate] = inOneUnit(losses.baseline, losses.candidate) as [Column, Column];
  const common = [centred, squares, ones(examples)];
  const statistics = { baseline: [baseline, ...common], candidate: [candidate, ...common] };
  return compareBySums(statistics, determination, (row) => placeOf(examples[row] as Example, "id"));
}

function compareByPerplexity(examples: readonly Example[], reading: Reading): Comparison {
  const read = (model: Model) => (example: Example) => textOf(example, model, reading.column);
  const tokens = eachModel((model) => tokenLosses(examples, columnOf(model, reading.column), read(model)));
  examples.forEach((example, row) => {
    const [before, after] = [tokens.baseline.lengths[row], tokens.candidate.lengths[row]];
    if (before === after) return;
    const place = placeOf(example, columnOf("candidate", reading.column));
    throw new Refusal("DIFFERENT_EXAMPLES", `${place}: ${after} tokens, expected the baseline's ${before}`);
  });
  const [baseline, candidate] = inOneUnit(tokens.baseline.losses, tokens.candidate.losses) as [Column, Column];
  const lengths: Column = { integers: tokens.baseline.lengths, decimals: 0 };
  const statistics = { baseline: [baseline, lengths], candidate: [candidate, lengths] };
  return compareBySums(statistics, perplexity, (row) => placeOf(examples[row] as Example, "id"));
}

/** The tokens of each row: of its reference and of what the model wrote. */
function textual(statisticsOf: (size: number, pairOf: PairOf) => Statistics, formula: Formula): Metric["compare"] {
  return (examples, reading) => {
    const tokenise = TOKENISERS[reading.tokeniser as Tokeniser];
    const statistics = eachModel((model) =>
      statisticsOf(examples.length, (row) => {
        const example = examples[row] as Example;
        return [tokenise(example.label), tokenise(textOf(example, model, reading.column))];
      }),
    );
    return compareBySums(statistics, formula, (row) => placeOf(examples[row] as Example, "id"));
  };
}
