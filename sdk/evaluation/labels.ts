// SPDX-License-Identifier: MIT
// From the texts of a file to classes and numbers, with refusals that say where.

import { parseColumn, type Column } from "./columns.ts";
import type { Model } from "./comparison.ts";
import { placeOf, type Example } from "./examples.ts";
import { Refusal, show } from "./refusal.ts";

/** A class: the name that is shown, and every other text that means it. */
export type ClassNames = readonly [string, ...string[]];

/** Classes of a binary benchmark that names none: what people write for no and yes. */
export const YES_NO: readonly ClassNames[] = [
  ["0", "0.0", "false", "False"],
  ["1", "1.0", "true", "True"],
];

/** Most classes of a benchmark. */
export const MOST_CLASSES = 100;

export function classOf(classes: readonly ClassNames[]): (text: string) => number | undefined {
  const indices = new Map(classes.flatMap((names, index) => names.map((name) => [name, index] as const)));
  return (text) => indices.get(text);
}

/** What a column of a file is called, for a model's predictions. */
export function textOf(example: Example, model: Model, column: string | undefined): string {
  return column === undefined ? example[model] : (example.extra?.[column]?.[model] ?? "");
}

export function columnOf(model: "label" | Model, column: string | undefined): string {
  return column === undefined ? model : `${model}_${column}`;
}

/** The classes of a column of the file. */
export function readClasses(
  examples: readonly Example[],
  classes: readonly ClassNames[],
  column: string,
  read: (example: Example) => string,
): Uint8Array {
  const find = classOf(classes);
  return Uint8Array.from(examples, (example) => {
    const index = find(read(example));
    if (index !== undefined) return index;
    const expected = classes.map(([name]) => name).join(", ");
    throw new Refusal("BAD_LABEL", `${placeOf(example, column)}: ${show(read(example))}, expected one of ${expected}`);
  });
}

/** The labels' classes, of which at least two must occur. */
export function readLabels(examples: readonly Example[], classes: readonly ClassNames[]): Uint8Array {
  const labels = readClasses(examples, classes, "label", ({ label }) => label);
  if (labels.every((label) => label === labels[0])) {
    const only = classes[labels[0] ?? 0]?.[0];
    throw new Refusal("SINGLE_CLASS", `all ${labels.length} labels are ${only}, expected both classes`);
  }
  return labels;
}

export const A_NUMBER = "a finite decimal number";

/** A column of numbers. */
export function readNumbers(
  examples: readonly Example[],
  column: string,
  read: (example: Example) => string,
  expected = A_NUMBER,
): Column {
  return parseColumn(
    examples.length,
    (row) => read(examples[row] as Example),
    (row) => {
      const example = examples[row] as Example;
      return notANumber(example, column, read(example), expected);
    },
  );
}

export function notANumber(example: Example, column: string, text: string, expected: string): Refusal {
  return new Refusal("NOT_A_NUMBER", `${placeOf(example, column)}: ${show(text)}, expected ${expected}`);
}

/** Refuses the first number outside the bounds, which are in the column's unit. */
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

/** Several numbers in each field, separated by spaces: one column for each of `count`. */
export function readLists(
  examples: readonly Example[],
  column: string,
  read: (example: Example) => string,
  count: number,
  expected: string,
): Column[] {
  const lists = examples.map((example) => {
    const list = read(example)
      .trim()
      .split(/[\s,;]+/u);
    if (list.length !== count) throw notANumber(example, column, read(example), expected);
    return list;
  });
  return Array.from({ length: count }, (_, k) =>
    parseColumn(
      examples.length,
      (row) => (lists[row] as string[])[k] as string,
      (row) => notANumber(examples[row] as Example, column, read(examples[row] as Example), expected),
    ),
  );
}
