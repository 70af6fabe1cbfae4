// SPDX-License-Identifier: MIT
// The evaluation set and the two models' predictions, read from tables and joined by id.

import { keccak256 } from "ethers";
import type { Model } from "./comparison.ts";
import { Refusal, show } from "./refusal.ts";
import { readTable, type TableFile, type TableRow } from "./table.ts";

/** Where a row stands. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** One example of the evaluation set with what both models say about it, as written in the file. */
export interface Example {
  readonly id: string;
  readonly label: string;
  readonly baseline: string;
  readonly candidate: string;
  /** Whose example it is, where several belong together. */
  readonly group?: string;
  /** Further pairs of columns, for guardrails. */
  readonly extra?: Readonly<Record<string, Readonly<Record<Model, string>>>>;
  readonly file?: string;
  readonly line?: number;
  /** Where the candidate's row stands, if in another file. */
  readonly other?: Place;
}

/** Columns beside id, label and predictions that a benchmark names. */
export interface Wanted {
  readonly group?: string;
  readonly columns?: readonly string[];
}

/** Reads examples from one file with the columns id, label, baseline and candidate. */
export function readExamples(file: TableFile, { group, columns = [] }: Wanted = {}): Example[] {
  const pairs = columns.flatMap((column) => [`baseline_${column}`, `candidate_${column}`]);
  const names = ["id", "label", "baseline", "candidate", ...(group ? [group] : []), ...pairs];
  const firstPair = names.length - pairs.length;
  const keep = keeper();
  const rows = readRows(file, names, ({ values, line }) => {
    const extra = columns.map((column, index) => {
      const [baseline, candidate] = values.slice(firstPair + 2 * index) as [string, string];
      return [column, { baseline, candidate }] as const;
    });
    const [id, label, baseline, candidate, owner] = values as [string, string, string, string, string];
    return {
      id,
      label: keep(label),
      baseline,
      candidate,
      file: file.name,
      line,
      ...(group && { group: keep(owner) }),
      ...(columns.length > 0 && { extra: Object.fromEntries(extra) }),
    };
  });
  return [...rows.values()];
}

/** Reads examples from one file per model, each with the columns id, label and prediction, over the same examples. */
export function joinExamples(
  baselineFile: TableFile,
  candidateFile: TableFile,
  { group, columns = [] }: Wanted = {},
): Example[] {
  const names = ["id", "label", "prediction", ...(group ? [group] : []), ...columns];
  const firstColumn = names.length - columns.length;
  const keep = keeper();
  const read = (file: TableFile) => readRows(file, names, (row) => row);
  const [baselines, candidates] = [read(baselineFile), read(candidateFile)];
  for (const id of candidates.keys()) {
    if (!baselines.has(id)) throw onlyIn(candidateFile, baselineFile, id);
  }
  return [...baselines].map(([id, { values, line }]) => {
    const other = candidates.get(id);
    if (other === undefined) throw onlyIn(baselineFile, candidateFile, id);
    const [, label, baseline, owner] = values as [string, string, string, string];
    const [, otherLabel, candidate, otherOwner] = other.values as [string, string, string, string];
    const same = [["label", label, otherLabel] as const, ...(group ? [[group, owner, otherOwner] as const] : [])];
    for (const [column, first, second] of same) {
      if (first === second) continue;
      throw new Refusal(
        "DIFFERENT_EXAMPLES",
        `example ${show(id)}: ${column} ${show(first)} in ${baselineFile.name} but ${show(second)} in ${candidateFile.name}, expected the same evaluation set for both models`,
      );
    }
    const extra = columns.map((column, index) => {
      const place = firstColumn + index;
      return [column, { baseline: values[place] as string, candidate: other.values[place] as string }] as const;
    });
    return {
      id,
      label: keep(label),
      baseline,
      candidate,
      file: baselineFile.name,
      line,
      other: { file: candidateFile.name, line: other.line },
      ...(group && { group: keep(owner) }),
      ...(columns.length > 0 && { extra: Object.fromEntries(extra) }),
    };
  });
}

/**
 * Identifies an evaluation set, whatever the predictions and the order of rows and columns: keccak256 of the UTF-8 JSON text
 * `[["id","label"],…]`, or `[["id","label","group"],…]` with groups, without spaces, in ascending order of the ids' UTF-16 code units.
 */
export function hashEvaluationData(examples: readonly Example[]): string {
  return hashRows(examples, ({ id, label, group }) => (group === undefined ? [id, label] : [id, label, group]));
}

/** Identifies one model's predictions: keccak256 of `[["id","prediction"],…]`, written and ordered alike. */
export function hashPredictions(examples: readonly Example[], model: Model): string {
  return hashRows(examples, (example) => [example.id, example[model]]);
}

/** How many rows become text at once: the whole of a million would need as many lists. */
const HASHED_AT_ONCE = 10_000;

function hashRows(examples: readonly Example[], row: (example: Example) => readonly string[]): string {
  const sorted = sortById(examples);
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < sorted.length; start += HASHED_AT_ONCE) {
    const rows = JSON.stringify(sorted.slice(start, start + HASHED_AT_ONCE).map(row)).slice(1, -1);
    pieces.push(encoder.encode(`${start === 0 ? "[" : ","}${rows}`));
  }
  pieces.push(encoder.encode(sorted.length === 0 ? "[]" : "]"));
  return keccak256(concat(pieces));
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let place = 0;
  for (const piece of pieces) {
    bytes.set(piece, place);
    place += piece.length;
  }
  return bytes;
}

/** The examples in ascending order of the ids' UTF-16 code units. */
export function sortById(examples: readonly Example[]): readonly Example[] {
  const isSorted = examples.every((example, place) => place === 0 || (examples[place - 1] as Example).id < example.id);
  return isSorted ? examples : [...examples].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Where a field of an example stands: file, line and column, or its id where it came from no file. */
export function placeOf({ id, file, line, other }: Example, column: string): string {
  const isOther = other !== undefined && column.startsWith("candidate");
  const place = isOther ? other : { file, line };
  const name =
    other === undefined
      ? column
      : column.replace(/^(baseline|candidate)(_|$)/, (_, __, tail: string) => (tail ? "" : "prediction"));
  return place.file === undefined
    ? `example ${show(id)}, column ${column}`
    : `${place.file} line ${place.line}, column ${name}`;
}

function onlyIn(holder: TableFile, other: TableFile, id: string): Refusal {
  return new Refusal(
    "DIFFERENT_EXAMPLES",
    `example ${show(id)} is in ${holder.name} but not in ${other.name}, expected the same examples for both models`,
  );
}

/** One copy of each of the texts that recur. */
function keeper(): (text: string) => string {
  const kept = new Map<string, string>();
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    if (kept.size < 10_000) kept.set(text, text);
    return text;
  };
}

/** What is made of each row, by its id; ids and labels are never empty, predictions may be (a model may answer with an empty text). */
function readRows<T>(file: TableFile, names: readonly string[], make: (row: TableRow) => T): Map<string, T> {
  const rows = new Map<string, T>();
  for (const row of readTable(file, names)) {
    const { line, values } = row;
    const [id, label] = values as [string, string];
    const refuse = (code: "MISSING_ID" | "MISSING_VALUE" | "DUPLICATE_ID", column: string, what: string) =>
      new Refusal(code, `${file.name} line ${line}, column ${column}: ${what}`);
    if (id.trim() === "") throw refuse("MISSING_ID", "id", `${show(id)}, expected an id`);
    if (rows.has(id)) throw refuse("DUPLICATE_ID", "id", `${show(id)} is used before, expected each id once`);
    if (label.trim() === "") throw refuse("MISSING_VALUE", "label", `${show(label)}, expected a label`);
    rows.set(id, make(row));
  }
  if (rows.size === 0) throw new Refusal("EMPTY_FILE", `${file.name} holds a header but no example`);
  return rows;
}
