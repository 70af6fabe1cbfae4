// SPDX-License-Identifier: MIT
// How a metric reads examples: the part of a benchmark, or of a guardrail, that says what labels and predictions mean.

import { ColumnBuilder, type Column } from "./columns.ts";
import type { Model } from "./comparison.ts";
import type { ExampleColumn, Examples } from "./examples.ts";
import { A_NUMBER, readLists, readNumbers, type ClassNames } from "./labels.ts";
import type { Tokeniser } from "./tokenisers.ts";

export type Direction = "maximise" | "minimise";

/** What a metric is told beside the examples. */
export interface Reading {
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

export function classesOf({ classes }: Reading): readonly ClassNames[] {
  return classes as readonly ClassNames[]; // There for every metric of classes: the specification's reader sees to it.
}

/** The names of classes that people see. */
export function shownNames(classes: readonly ClassNames[]): string[] {
  return classes.map(([name]) => name);
}

export function predictionsOf(examples: Examples, model: Model, { column }: Reading): ExampleColumn {
  return examples.predictions(model, column);
}

/** A model's predictions as numbers. */
export function numbersOf(examples: Examples, model: Model, reading: Reading, expected = A_NUMBER): Column {
  return readNumbers(predictionsOf(examples, model, reading), expected);
}

/** A number of the specification as a column of one row. */
export function constant(value: number): Column {
  const builder = new ColumnBuilder(1);
  builder.parse(0, String(value));
  return builder.build();
}

/** One column for each class, or one alone where there are two classes and one number in each field. */
export function listsOf(examples: Examples, model: Model, reading: Reading, what: string): Column[] {
  const names = shownNames(classesOf(reading));
  const column = predictionsOf(examples, model, reading);
  const isSingle = names.length === 2 && !/[\s,;]/.test(column.text(0).trim());
  if (isSingle) return [readNumbers(column, `${what}, as in the first row one of the second class alone`)];
  const expected = `${names.length} ${what}, separated by spaces, in the order ${names.join(", ")}`;
  return readLists(column, names.length, expected);
}
