// SPDX-License-Identifier: MIT
// What people look at besides the figures: confusion, calibration, residuals, groups. It affects no decision and is not hashed.

import { toDoubles, type Column } from "./columns.ts";
import { eachModel, type Comparison, type Model } from "./comparison.ts";
import type { Examples } from "./examples.ts";
import { subtract, toNumber, type Bounds } from "./fraction.ts";
import { groupsOf } from "./groups.ts";
import { readLabels, readNumbers } from "./labels.ts";
import { METRICS } from "./metrics.ts";
import { classesOf, listsOf, numbersOf } from "./reading.ts";
import type { BenchmarkSpec } from "./spec.ts";

/** How many examples of each class a model assigns to each class: `counts[model][class][predicted]`. */
export interface Confusion {
  readonly names: readonly string[];
  readonly counts: Readonly<Record<Model, readonly (readonly number[])[]>>;
}

/** Predicted probabilities within one tenth of the range: their number, their mean, and how often the class was the true one. */
export interface CalibrationBin {
  readonly count: number;
  readonly predicted: number;
  readonly observed: number;
}

/** A histogram of prediction − label with equal bins from `from` to `to`. Values outside count in the outer bins. */
export interface Residuals {
  readonly from: number;
  readonly to: number;
  readonly counts: Readonly<Record<Model, readonly number[]>>;
}

/** The metric on the examples of one group, or of all groups that are not shown. Null if it has no value. */
export interface GroupValues {
  readonly name: string;
  readonly size: number;
  readonly baseline: number | null;
  readonly candidate: number | null;
  /** The difference, positive if the candidate is better. */
  readonly improvement: number | null;
}

/** The parts of a breakdown. Each is present only if the metric and the predictions provide it. */
export interface Breakdown {
  readonly confusion?: Confusion;
  readonly calibration?: Readonly<Record<Model, readonly CalibrationBin[]>>;
  readonly residuals?: Residuals;
  readonly groups?: readonly GroupValues[];
}

const MOST_SHOWN_CLASSES = 12;
const MOST_SHOWN_GROUPS = 20;
const BINS = 10;
const RESIDUAL_PARTS = 24;

/** The share of residuals beyond each end of the plot, so that a few outliers do not squeeze the rest. */
const RESIDUAL_TAIL = 0.005;

/** Breaks down an evaluation. It must have been assessed before. */
export function breakDown(examples: Examples, spec: BenchmarkSpec): Breakdown {
  const comparison = METRICS[spec.metric].compare(examples, spec);
  const confusion = confusionOf(comparison);
  const calibration = calibrationOf(examples, spec);
  const residuals = residualsOf(examples, spec);
  return {
    ...(confusion && { confusion }),
    ...(calibration && { calibration }),
    ...(residuals && { residuals }),
    ...(spec.group !== undefined && { groups: groupValues(comparison, examples, spec) }),
  };
}

function confusionOf({ classified }: Comparison): Confusion | undefined {
  if (classified === undefined || classified.names.length > MOST_SHOWN_CLASSES) return undefined;
  const { names, actual, predicted } = classified;
  const counts = eachModel((model) => {
    const matrix = names.map(() => new Array<number>(names.length).fill(0));
    actual.forEach((label, row) => {
      const list = matrix[label] as number[];
      const guess = predicted[model][row] as number;
      list[guess] = (list[guess] as number) + 1;
    });
    return matrix;
  });
  return { names, counts };
}

/** Returns the columns of class probabilities, each with its class, or undefined if the predictions are not probabilities. */
function probabilitiesIn(examples: Examples, model: Model, spec: BenchmarkSpec): [number, Column][] | undefined {
  const { classes } = METRICS[spec.metric];
  if (classes === "none" || spec.predictions === "class") return undefined;
  const isBinary = classes === "two" || spec.predictions === "score";
  const columns = isBinary ? [numbersOf(examples, model, spec)] : listsOf(examples, model, spec, "probabilities");
  const first = columns.length === 1 ? 1 : 0;
  return columns.map((column, k) => [k + first, column]);
}

function calibrationOf(examples: Examples, spec: BenchmarkSpec): Breakdown["calibration"] {
  const found = eachModel((model) => probabilitiesIn(examples, model, spec));
  if (found.baseline === undefined || found.candidate === undefined) return undefined;
  const actual = readLabels(examples.label, classesOf(spec));
  const [baseline, candidate] = [binsOf(found.baseline, actual), binsOf(found.candidate, actual)];
  return baseline && candidate && { baseline, candidate };
}

/** Returns undefined if a score is not a probability. */
function binsOf(columns: readonly [number, Column][], actual: Uint8Array): CalibrationBin[] | undefined {
  const [count, predicted, observed] = [0, 1, 2].map(() => new Array<number>(BINS).fill(0)) as [
    number[],
    number[],
    number[],
  ];
  for (const [label, column] of columns) {
    const values = toDoubles(column);
    for (let row = 0; row < values.length; row++) {
      const value = values[row] as number;
      if (!(value >= 0 && value <= 1)) return undefined;
      const bin = Math.min(BINS - 1, Math.floor(value * BINS));
      count[bin] = (count[bin] as number) + 1;
      predicted[bin] = (predicted[bin] as number) + value;
      observed[bin] = (observed[bin] as number) + Number(actual[row] === label);
    }
  }
  return count.flatMap((size, bin) =>
    size === 0
      ? []
      : [{ count: size, predicted: (predicted[bin] as number) / size, observed: (observed[bin] as number) / size }],
  );
}

const ERRORS: readonly string[] = ["mse", "rmse", "mae", "r2"];

function residualsOf(examples: Examples, spec: BenchmarkSpec): Residuals | undefined {
  if (!ERRORS.includes(spec.metric)) return undefined;
  const labels = toDoubles(readNumbers(examples.label));
  const residuals = eachModel((model) =>
    toDoubles(numbersOf(examples, model, spec)).map((prediction, row) => prediction - (labels[row] as number)),
  );
  const sorted = Float64Array.from([...residuals.baseline, ...residuals.candidate]).sort();
  const tail = Math.floor(RESIDUAL_TAIL * sorted.length);
  const [from, to] = [sorted[tail] as number, sorted[sorted.length - 1 - tail] as number];
  const counts = eachModel((model) => {
    const parts = new Array<number>(RESIDUAL_PARTS).fill(0);
    for (const residual of residuals[model]) {
      const place = Math.floor(((residual - from) / (to - from || 1)) * RESIDUAL_PARTS);
      const part = Math.min(RESIDUAL_PARTS - 1, Math.max(0, place));
      parts[part] = (parts[part] as number) + 1;
    }
    return parts;
  });
  return { from, to, counts };
}

/** Returns the values for the largest groups one by one, and for all others together. */
function groupValues(comparison: Comparison, examples: Examples, spec: BenchmarkSpec): GroupValues[] {
  const { of, count } = groupsOf(examples, spec.group as string);
  const [sizes, names] = [new Array<number>(count).fill(0), new Array<string>(count)];
  of.forEach((group, row) => {
    if (sizes[group] === 0) names[group] = examples.group?.text(row) as string;
    sizes[group] = (sizes[group] as number) + 1;
  });
  const order = [...sizes.keys()].sort((a, b) => (sizes[b] as number) - (sizes[a] as number) || a - b);
  const shown = order.slice(0, MOST_SHOWN_GROUPS);
  const others = order.slice(MOST_SHOWN_GROUPS);
  const partOf = new Uint8Array(count).fill(shown.length);
  shown.forEach((group, part) => (partOf[group] = part));
  const parts = {
    of: Uint8Array.from(of, (group) => partOf[group] as number),
    count: shown.length + Number(others.length > 0),
  };
  const values = eachModel((model) => comparison.values(model, parts));
  const rows = shown.map((group) => ({ name: names[group] as string, size: sizes[group] as number }));
  const rest = others.reduce((total, group) => total + (sizes[group] as number), 0);
  return [...rows, ...(others.length > 0 ? [{ name: `${others.length} others`, size: rest }] : [])].map(
    (row, part) => ({
      ...row,
      ...valuesOfPart(values.baseline[part], values.candidate[part], spec),
    }),
  );
}

function valuesOfPart(before: Bounds | undefined, after: Bounds | undefined, { direction }: BenchmarkSpec) {
  const [baseline, candidate] = [before, after].map((value) => (value ? toNumber(value.low) : null)) as [
    number | null,
    number | null,
  ];
  if (before === undefined || after === undefined) return { baseline, candidate, improvement: null };
  const [worse, better] = direction === "maximise" ? [before, after] : [after, before];
  return { baseline, candidate, improvement: toNumber(subtract(better.low, worse.low)) };
}
