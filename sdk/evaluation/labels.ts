// SPDX-License-Identifier: MIT
// Converts the texts of a file to classes and numbers. Refusals state the position in the file.

import { ColumnBuilder, type Column } from "./columns.ts";
import type { ExampleColumn } from "./examples.ts";
import { Refusal, show, type RefusalCode } from "./refusal.ts";

/** The names of a class: the one that is shown, then all other texts that mean the same class. */
export type ClassNames = readonly [string, ...string[]];

/** The default classes of a binary benchmark: common ways to write no and yes. */
export const YES_NO: readonly ClassNames[] = [
  ["0", "0.0", "false", "False"],
  ["1", "1.0", "true", "True"],
];

/** The most classes of a benchmark. */
export const MOST_CLASSES = 100;

/** Returns a refusal of a field that states its position, its text or the given part of it, and what is expected. */
export function refuseField(
  code: RefusalCode,
  column: ExampleColumn,
  example: number,
  expected: string,
  text = column.text(example),
): Refusal {
  return new Refusal(code, `${column.place(example)}: ${show(text)}, expected ${expected}`);
}

/** Reads the classes of a column. */
export function readClasses(column: ExampleColumn, classes: readonly ClassNames[]): Uint8Array {
  const indices = new Map(classes.flatMap((names, index) => names.map((name) => [name, index] as const)));
  const result = new Uint8Array(column.size);
  for (let example = 0; example < result.length; example++) {
    const index = indices.get(column.text(example));
    if (index === undefined) {
      throw refuseField("BAD_LABEL", column, example, `one of ${classes.map(([name]) => name).join(", ")}`);
    }
    result[example] = index;
  }
  return result;
}

/** Reads the labels' classes. Throws a {@link Refusal} if all labels have the same class. */
export function readLabels(column: ExampleColumn, classes: readonly ClassNames[]): Uint8Array {
  const labels = readClasses(column, classes);
  if (labels.every((label) => label === labels[0])) {
    const [first = 0] = labels;
    const [only] = classes[first] as ClassNames;
    throw new Refusal("SINGLE_CLASS", `all ${labels.length} labels are ${only}, expected both classes`);
  }
  return labels;
}

export const A_NUMBER = "a finite decimal number";

/** Reads a column of numbers. */
export function readNumbers(column: ExampleColumn, expected = A_NUMBER): Column {
  const builder = new ColumnBuilder(column.size);
  for (let example = 0; example < column.size; example++) {
    if (!builder.parse(example, column.text(example))) throw refuseField("NOT_A_NUMBER", column, example, expected);
  }
  return builder.build();
}

/** Throws a refusal for the first number outside the bounds. These are plain values, not in the column's unit. */
export function requireWithin(
  { integers, decimals }: Column,
  [low, high]: readonly [number, number],
  refuse: (row: number) => Refusal,
): void {
  const unit = 10n ** BigInt(decimals);
  const isDouble = integers instanceof Float64Array && decimals <= 15;
  const [least, most] = isDouble
    ? [low * Number(unit), high * Number(unit)]
    : [BigInt(low) * unit, BigInt(high) * unit];
  for (let row = 0; row < integers.length; row++) {
    const value = integers[row] as number | bigint;
    if (value < least || value > most) throw refuse(row);
  }
}

/** Reads `count` numbers from each field, separated by white space, commas or semicolons, into one column each. */
export function readLists(column: ExampleColumn, count: number, expected: string): Column[] {
  const builders = Array.from({ length: count }, () => new ColumnBuilder(column.size));
  for (let example = 0; example < column.size; example++) {
    const list = column
      .text(example)
      .trim()
      .split(/[\s,;]+/u);
    const isWell = list.length === count && builders.every((builder, k) => builder.parse(example, list[k] as string));
    if (!isWell) throw refuseField("NOT_A_NUMBER", column, example, expected);
  }
  return builders.map((builder) => builder.build());
}
