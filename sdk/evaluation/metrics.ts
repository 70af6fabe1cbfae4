// SPDX-License-Identifier: MIT
// The metrics a benchmark may name: what they read, in which direction they improve, on which scale they live, and their formulas.

import { at } from "./at";
import { compareByAuc, compareBySums, type Comparison, type Formula, type Model } from "./comparison";
import type { Example } from "./examples";
import {
  add,
  compare,
  divide,
  exactly,
  exponential,
  fraction,
  multiply,
  negate,
  parseDecimal,
  product,
  root,
  subtract,
  whole,
  type Fraction,
} from "./fraction";
import { Refusal } from "./refusal";
import { BLEU_ORDER, bleuCounts, rougeL } from "./text";

export type Direction = "maximise" | "minimise";

export interface Metric {
  readonly direction: Direction;
  /** Default of lo … hi: the unit interval, 0 … twice the baseline's value, or none. */
  readonly range: "unit" | "twice baseline" | "stated";
  /** Whether scores become classes by a threshold. */
  readonly threshold: boolean;
  /** Whether the interval is a bootstrap's. */
  readonly bootstrap: boolean;
  compare(examples: readonly Example[], threshold: Fraction): Comparison;
}

const MODELS: readonly Model[] = ["baseline", "candidate"];
const ZERO = fraction(0n);
const ONE = fraction(1n);
/** No token is less probable than e^−10000; a smaller value is a marker, not a probability. */
const LOWEST_LOG_PROBABILITY = fraction(-10_000n);

/** sums: a, b → a / b. */
const ratio: Formula = {
  exact: (sums) => map(quotient(sums), exactly),
  estimate: (sums) => at(sums, 0) / at(sums, 1),
};

const rootOfRatio: Formula = {
  exact: (sums) => map(quotient(sums), (mean) => root(mean, 2)),
  estimate: (sums) => Math.sqrt(ratio.estimate(sums)),
};

const exponentialOfRatio: Formula = {
  exact: (sums) => map(quotient(sums), exponential),
  estimate: (sums) => Math.exp(ratio.estimate(sums)),
};

type Moments<T> = [errors: T, labels: T, squares: T, n: T];

/** sums: squared errors, labels, squared labels, n → 1 − n·errors / (n·squares − labels²). */
const determination: Formula = {
  exact(sums) {
    const [errors, labels, squares, n] = sums as Moments<Fraction>;
    const total = subtract(multiply(n, squares), multiply(labels, labels));
    return total.num === 0n ? undefined : exactly(subtract(ONE, divide(multiply(n, errors), total)));
  },
  estimate(sums) {
    const [errors, labels, squares, n] = sums as Moments<number>;
    return 1 - (n * errors) / (n * squares - labels * labels);
  },
};

/** sums: matches of 1- to 4-grams, numbers of 1- to 4-grams, candidate length, reference length → BP · (p1·p2·p3·p4)^¼. */
const bleu: Formula = {
  exact(sums) {
    const [length, expected] = sums.slice(2 * BLEU_ORDER) as [Fraction, Fraction];
    if (sums.slice(0, BLEU_ORDER).some((matches) => matches.num === 0n)) return exactly(ZERO);
    const precisions = sums.slice(0, BLEU_ORDER).map((matches, n) => divide(matches, at(sums, BLEU_ORDER + n)));
    const mean = root(precisions.reduce(multiply), BLEU_ORDER);
    const short = compare(length, expected) < 0;
    return short ? product(mean, exponential(subtract(ONE, divide(expected, length)))) : mean;
  },
  estimate(sums) {
    const [length, expected] = sums.slice(2 * BLEU_ORDER) as [number, number];
    const matches = sums.slice(0, BLEU_ORDER);
    const logarithms = matches.map((count, n) => Math.log(count / at(sums, BLEU_ORDER + n)) / BLEU_ORDER);
    const mean = matches.includes(0) ? 0 : Math.exp(logarithms.reduce((a, b) => a + b));
    return mean * Math.exp(Math.min(0, 1 - expected / length));
  },
};

const metrics = {
  accuracy: thresholded((positive, predicted) => [Number(positive === predicted), 1]),
  precision: thresholded((positive, predicted) => [Number(positive && predicted), Number(predicted)]),
  recall: thresholded((positive, predicted) => [Number(positive && predicted), Number(positive)]),
  f1: thresholded((positive, predicted) => [2 * Number(positive && predicted), Number(positive) + Number(predicted)]),
  roc_auc: {
    direction: "maximise",
    range: "unit",
    threshold: false,
    bootstrap: false,
    compare: (examples) =>
      compareByAuc(
        eachModel((model) => ranks(examples.map((example) => numberOf(example, model)))),
        classesOf(examples),
      ),
  },
  mse: numeric("minimise", "twice baseline", (label, prediction) => [squared(subtract(prediction, label)), ONE], ratio),
  rmse: numeric(
    "minimise",
    "twice baseline",
    (label, prediction) => [squared(subtract(prediction, label)), ONE],
    rootOfRatio,
  ),
  mae: numeric(
    "minimise",
    "twice baseline",
    (label, prediction) => [absolute(subtract(prediction, label)), ONE],
    ratio,
  ),
  r2: numeric(
    "maximise",
    "unit",
    (label, prediction, origin) => {
      const centred = subtract(label, origin);
      return [squared(subtract(prediction, label)), centred, squared(centred), ONE];
    },
    determination,
  ),
  perplexity: {
    direction: "minimise",
    range: "twice baseline",
    threshold: false,
    bootstrap: true,
    compare(examples) {
      const tokens = eachModel((model) => examples.map((example) => logProbabilitiesOf(example, model)));
      examples.forEach(({ id }, i) => {
        const [before, after] = [at(tokens.baseline, i).length, at(tokens.candidate, i).length];
        if (before !== after) {
          throw new Refusal(
            "DIFFERENT_EXAMPLES",
            `example "${id}": ${before} tokens for the baseline but ${after} for the candidate, expected the same tokens`,
          );
        }
      });
      return compareBySums(
        eachModel((model) => tokens[model].map((list) => [negate(list.reduce(add)), whole(list.length)])),
        exponentialOfRatio,
      );
    },
  },
  bleu: textual((reference, hypothesis) => bleuCounts(reference, hypothesis).map(whole), bleu),
  rouge_l: textual((reference, hypothesis) => [rougeL(reference, hypothesis), ONE], ratio),
  human_score: {
    direction: "maximise",
    range: "stated",
    threshold: false,
    bootstrap: true,
    compare: (examples) =>
      compareBySums(
        eachModel((model) => examples.map((example) => [numberOf(example, model), ONE])),
        ratio,
      ),
  },
} satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

/** Every metric by the name that a benchmark uses. */
export const METRICS: Readonly<Record<MetricName, Metric>> = metrics;

/** A ratio of counts over examples with a true and a predicted class; a score at the threshold is positive. */
function thresholded(counts: (positive: boolean, predicted: boolean) => [number, number]): Metric {
  return {
    direction: "maximise",
    range: "unit",
    threshold: true,
    bootstrap: true,
    compare(examples, threshold) {
      const classes = classesOf(examples);
      const rowOf = (model: Model) => (example: Example, i: number) =>
        counts(at(classes, i), compare(numberOf(example, model), threshold) >= 0).map(whole);
      return compareBySums(
        eachModel((model) => examples.map(rowOf(model))),
        ratio,
        classes,
      );
    },
  };
}

/** Sums over examples with a numeric label; `origin` is the first label, from which sums of labels are taken to keep their digits. */
function numeric(
  direction: Direction,
  range: Metric["range"],
  row: (label: Fraction, prediction: Fraction, origin: Fraction) => Fraction[],
  formula: Formula,
): Metric {
  return {
    direction,
    range,
    threshold: false,
    bootstrap: true,
    compare(examples) {
      const labels = examples.map((example) => numberOf(example, "label"));
      return compareBySums(
        eachModel((model) => examples.map((example, i) => row(at(labels, i), numberOf(example, model), at(labels, 0)))),
        formula,
      );
    },
  };
}

function textual(row: (reference: string, hypothesis: string) => Fraction[], formula: Formula): Metric {
  return {
    direction: "maximise",
    range: "unit",
    threshold: false,
    bootstrap: true,
    compare: (examples) =>
      compareBySums(
        eachModel((model) => examples.map((example) => row(example.label, example[model]))),
        formula,
      ),
  };
}

function classesOf(examples: readonly Example[]): boolean[] {
  const classes = examples.map(({ id, label }) => {
    if (label !== "0" && label !== "1")
      throw new Refusal("BAD_LABEL", `example "${id}": label is "${label}", expected 0 or 1`);
    return label === "1";
  });
  if (new Set(classes).size === 1) {
    throw new Refusal("SINGLE_CLASS", `all ${classes.length} labels are ${Number(classes[0])}, expected both classes`);
  }
  return classes;
}

function numberOf(example: Example, column: "label" | Model): Fraction {
  return parseField(example.id, column, example[column], "a finite decimal number");
}

function logProbabilitiesOf(example: Example, model: Model): Fraction[] {
  const expected = "natural log-probabilities from -10000 to 0, separated by spaces";
  return example[model]
    .trim()
    .split(/\s+/u)
    .map((text) => {
      const value = parseField(example.id, model, text, expected);
      if (compare(value, ZERO) > 0 || compare(value, LOWEST_LOG_PROBABILITY) < 0)
        throw notANumber(example.id, model, text, expected);
      return value;
    });
}

function parseField(id: string, column: string, text: string, expected: string): Fraction {
  const value = parseDecimal(text);
  if (value === undefined) throw notANumber(id, column, text, expected);
  return value;
}

function notANumber(id: string, column: string, text: string, expected: string): Refusal {
  return new Refusal("NOT_A_NUMBER", `example "${id}": ${column} is "${text}", expected ${expected}`);
}

/** The place of each value among the distinct values in ascending order. */
function ranks(values: readonly Fraction[]): number[] {
  const order = [...values.keys()].sort((a, b) => compare(at(values, a), at(values, b)));
  const result = new Array<number>(values.length).fill(0);
  let rank = 0;
  order.forEach((index, place) => {
    if (place > 0 && compare(at(values, index), at(values, at(order, place - 1))) > 0) rank++;
    result[index] = rank;
  });
  return result;
}

function eachModel<T>(make: (model: Model) => T): Record<Model, T> {
  return Object.fromEntries(MODELS.map((model) => [model, make(model)])) as Record<Model, T>;
}

function quotient(sums: readonly Fraction[]): Fraction | undefined {
  const [a, b] = [at(sums, 0), at(sums, 1)];
  return b.num === 0n ? undefined : divide(a, b);
}

function map<T, U>(value: T | undefined, then: (value: T) => U): U | undefined {
  return value === undefined ? undefined : then(value);
}

function squared(value: Fraction): Fraction {
  return multiply(value, value);
}

function absolute(value: Fraction): Fraction {
  return value.num < 0n ? negate(value) : value;
}
