// SPDX-License-Identifier: MIT
// Reads examples from one file with both models' predictions, or from one file per model, joined by id.

import { columnOf, ExampleColumn, Examples, pairNames } from "./examples.ts";
import { Refusal, show } from "./refusal.ts";
import { readSheet, type Sheet } from "./sheet.ts";
import type { TableFile } from "./table.ts";
import type { Texts } from "./texts.ts";
import { Words } from "./words.ts";

/** The columns that a benchmark names besides id, label and predictions. */
export interface Wanted {
  readonly group?: string;
  readonly columns?: readonly string[];
}

/** Reads examples from one file with the columns id, label, baseline and candidate. */
export function readExamples(file: TableFile, { group, columns = [] }: Wanted = {}): Examples {
  const names = pairNames(columns);
  const sheet = readSheet(file, ["id", "label", ...(group ? [group] : []), ...names], new Words());
  const order = sheet.ids.inOrder();
  const column = (name: string) => columnIn(file, sheet, order, name);
  return new Examples({
    ids: sheet.ids,
    order,
    label: column("label"),
    ...(group && { group: column(group) }),
    pairs: new Map(names.map((name) => [name, column(name)])),
    extras: columns,
  });
}

/** Reads the same examples from one file per model, each with the columns id, label and prediction. */
export function joinExamples(
  baselineFile: TableFile,
  candidateFile: TableFile,
  { group, columns = [] }: Wanted = {},
): Examples {
  const shared = ["label", ...(group ? [group] : [])];
  const words = new Words();
  const read = (file: TableFile) => readSheet(file, ["id", ...shared, "prediction", ...columns], words);
  const [baseline, candidate] = [read(baselineFile), read(candidateFile)];
  requireAll(candidate, candidateFile, baseline, baselineFile);
  const rows = requireAll(baseline, baselineFile, candidate, candidateFile);
  requireSame(shared, [baseline, baselineFile], [candidate, candidateFile], rows);
  const order = baseline.ids.inOrder();
  const others = order.map((row) => rows[row] as number);
  const column = (name: string) => columnIn(baselineFile, baseline, order, name);
  const pairs = [undefined, ...columns].flatMap((name): [string, ExampleColumn][] => [
    [columnOf("baseline", name), column(name ?? "prediction")],
    [columnOf("candidate", name), columnIn(candidateFile, candidate, others, name ?? "prediction")],
  ]);
  return new Examples({
    ids: baseline.ids,
    order,
    label: column("label"),
    ...(group && { group: column(group) }),
    pairs: new Map(pairs),
    extras: columns,
  });
}

function columnIn(file: TableFile, sheet: Sheet, rows: Uint32Array, name: string): ExampleColumn {
  const place = (row: number) => `${file.name} line ${sheet.lineOf(row)}, column ${name}`;
  return new ExampleColumn(sheet.texts(name), rows, place);
}

/** Returns the rows of the other file with the same ids. Throws a {@link Refusal} if an id is missing there. */
function requireAll(holder: Sheet, holderFile: TableFile, other: Sheet, otherFile: TableFile): Uint32Array {
  const rows = new Uint32Array(holder.ids.size);
  for (let row = 0; row < rows.length; row++) {
    const found = other.ids.find(holder.ids, row);
    if (found === undefined) {
      throw new Refusal(
        "DIFFERENT_EXAMPLES",
        `${holderFile.name} line ${holder.lineOf(row)}: example ${show(holder.ids.text(row))} is not in ${otherFile.name}, expected the same examples for both models`,
      );
    }
    rows[row] = found;
  }
  return rows;
}

type Holder = readonly [Sheet, TableFile];

function requireSame(
  names: readonly string[],
  [sheet, file]: Holder,
  [other, otherFile]: Holder,
  rows: Uint32Array,
): void {
  const pairs = names.map((name) => [name, sheet.texts(name), other.texts(name)] as const);
  for (let row = 0; row < rows.length; row++) {
    const otherRow = rows[row] as number;
    for (const [name, texts, others] of pairs) {
      if (isEqual(texts, row, others, otherRow)) continue;
      throw new Refusal(
        "DIFFERENT_EXAMPLES",
        `${otherFile.name} line ${other.lineOf(otherRow)}, column ${name}: ${show(others.text(otherRow))}, expected ${show(texts.text(row))} as ${file.name} has for example ${show(sheet.ids.text(row))}`,
      );
    }
  }
}

/** Whether two texts are equal. Both columns must share the same words. */
function isEqual(a: Texts, i: number, b: Texts, j: number): boolean {
  const count = a.read(i);
  if (count !== b.read(j)) return false;
  for (let k = 0; k < count; k++) if (a.numbers[k] !== b.numbers[k]) return false;
  return true;
}
