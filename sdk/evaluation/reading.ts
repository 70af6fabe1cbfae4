// SPDX-License-Identifier: MIT
// How a metric reads examples: the part of a benchmark or guardrail that defines the meaning of labels and predictions.

import { ColumnBuilder, type Column } from "./columns.ts";
import type { Model } from "./comparison.ts";
import type { ExampleColumn, Examples } from "./examples.ts";
import { A_NUMBER, readLists, readNumbers, type ClassNames } from "./labels.ts";
import type { Tokeniser } from "./tokenisers.ts";

export type Direction = "maximise" | "minimise";

/** What a metric needs besides the examples. */
export interface Reading {
  readonly direction: Direction;
  readonly lo?: number;
  readonly hi?: number;
  readonly classes?: readonly ClassNames[];
  readonly predictions?: "score" | "class";
  readonly threshold?: number;
  readonly tokeniser?: Tokeniser;
  readonly cap?: number;
  /** The predictions are in the columns baseline_<column> and candidate_<column>. */
  readonly column?: string;
}

export function classesOf({ classes }: Reading): readonly ClassNames[] {
  return classes as readonly ClassNames[]; // Always present for metrics with classes: the specification's reader ensures it.
}

/** Returns the names of classes that people see. */
export function shownNames(classes: readonly ClassNames[]): string[] {
  return classes.map(([name]) => name);
}

export function predictionsOf(examples: Examples, model: Model, { column }: Reading): ExampleColumn {
  return examples.predictions(model, column);
}

/** Reads a model's predictions as numbers. */
export function numbersOf(examples: Examples, model: Model, reading: Reading, expected = A_NUMBER): Column {
  return readNumbers(predictionsOf(examples, model, reading), expected);
}

/** Returns a number of the specification as a column of one row. */
export function constant(value: number): Column {
  const builder = new ColumnBuilder(1);
  builder.parse(0, String(value));
  return builder.build();
}

/** Reads one column for each class, or a single column if there are two classes and each field has one number. */
export function listsOf(examples: Examples, model: Model, reading: Reading, what: string): Column[] {
  const names = shownNames(classesOf(reading));
  const column = predictionsOf(examples, model, reading);
  const isSingle = names.length === 2 && !/[\s,;]/.test(column.text(0).trim());
  if (isSingle) return [readNumbers(column, `${what}, as in the first row one of the second class alone`)];
  const expected = `${names.length} ${what}, separated by spaces, in the order ${names.join(", ")}`;
  return readLists(column, names.length, expected);
}
