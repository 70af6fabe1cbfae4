// SPDX-License-Identifier: MIT
// The evaluation set and the two models' predictions, read from CSV and joined by id.

import { CsvError } from "csv-parse";
import { parse } from "csv-parse/sync";
import { keccak256, toUtf8Bytes } from "ethers";
import { Refusal } from "./refusal";

/** One example of the evaluation set with what both models say about it, as written in the file. */
export interface Example {
  readonly id: string;
  readonly label: string;
  readonly baseline: string;
  readonly candidate: string;
}

/** A CSV file: its bytes and the name by which messages speak of it. */
export interface CsvFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Reads examples from one file with the columns id, label, baseline and candidate. */
export function readExamples(file: CsvFile): Example[] {
  const rows = readRows(file, ["label", "baseline", "candidate"]);
  return [...rows].map(([id, [label, baseline, candidate]]) => ({ id, label, baseline, candidate }));
}

/** Reads examples from one file per model, each with the columns id, label and prediction, over the same examples. */
export function joinExamples(baselineFile: CsvFile, candidateFile: CsvFile): Example[] {
  const baselines = readRows(baselineFile, ["label", "prediction"]);
  const candidates = readRows(candidateFile, ["label", "prediction"]);
  for (const id of candidates.keys()) {
    if (!baselines.has(id)) throw onlyIn(candidateFile, baselineFile, id);
  }
  return [...baselines].map(([id, [label, baseline]]) => {
    const other = candidates.get(id);
    if (other === undefined) throw onlyIn(baselineFile, candidateFile, id);
    const [otherLabel, candidate] = other;
    if (label !== otherLabel) {
      throw new Refusal(
        "DIFFERENT_EXAMPLES",
        `example "${id}": label "${label}" in ${baselineFile.name} but "${otherLabel}" in ${candidateFile.name}, expected the same evaluation set for both models`,
      );
    }
    return { id, label, baseline, candidate };
  });
}

/**
 * Identifies an evaluation set, whatever the predictions and the order of rows and columns: keccak256 of the UTF-8 JSON text
 * `[["id","label"],…]`, without spaces, in ascending order of the ids' UTF-16 code units.
 */
export function hashEvaluationData(examples: readonly Example[]): string {
  const pairs = sortById(examples).map(({ id, label }) => [id, label]);
  return keccak256(toUtf8Bytes(JSON.stringify(pairs)));
}

/** The examples in ascending order of the ids' UTF-16 code units. */
export function sortById(examples: readonly Example[]): Example[] {
  return [...examples].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function onlyIn(holder: CsvFile, other: CsvFile, id: string): Refusal {
  return new Refusal(
    "DIFFERENT_EXAMPLES",
    `example "${id}" is in ${holder.name} but not in ${other.name}, expected the same examples for both models`,
  );
}

/** The wanted columns of every row by id; labels are never empty, predictions may be (a model may answer with an empty text). */
function readRows<const Names extends readonly [string, ...string[]]>(
  file: CsvFile,
  names: Names,
): Map<string, { [K in keyof Names]: string }> {
  const [header, ...records] = parseRecords(file);
  if (header === undefined)
    throw new Refusal("EMPTY_FILE", `${file.name} is empty, expected a header line and examples`);
  const columns = names.map((name) => columnOf(file, header.record, name));
  const idColumn = columnOf(file, header.record, "id");
  if (records.length === 0) throw new Refusal("EMPTY_FILE", `${file.name} holds a header but no example`);

  const rows = new Map<string, { [K in keyof Names]: string }>();
  for (const { record, info } of records) {
    const id = record[idColumn] as string;
    const values = columns.map((column) => record[column]) as { [K in keyof Names]: string };
    if (id.trim() === "") throw new Refusal("MISSING_ID", `${file.name} line ${info.lines}: the id is missing`);
    if (rows.has(id)) {
      throw new Refusal(
        "DUPLICATE_ID",
        `${file.name} line ${info.lines}: id "${id}" is used before, expected each id once`,
      );
    }
    if (values[0].trim() === "")
      throw new Refusal("MISSING_VALUE", `${file.name} line ${info.lines}: example "${id}" has no label`);
    rows.set(id, values);
  }
  return rows;
}

function columnOf(file: CsvFile, header: readonly string[], name: string): number {
  const column = header.indexOf(name);
  if (column < 0) {
    throw new Refusal(
      "MISSING_COLUMN",
      `${file.name}: column "${name}" is missing, the header has ${header.join(", ")}`,
    );
  }
  if (column !== header.lastIndexOf(name)) {
    throw new Refusal("MALFORMED_CSV", `${file.name}: column "${name}" stands more than once in the header`);
  }
  return column;
}

function parseRecords({ name, bytes }: CsvFile): { record: string[]; info: { lines: number } }[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal("MALFORMED_CSV", `${name} is not UTF-8 text`);
  }
  try {
    return parse(text, { info: true, skip_empty_lines: true }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
  } catch (error) {
    const { code, message, lines } = error as CsvError & { lines: number };
    if (code === "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH") {
      throw new Refusal("RAGGED_ROW", `${name} line ${lines}: the row has another number of fields than the header`);
    }
    throw new Refusal("MALFORMED_CSV", `${name}: ${message}`);
  }
}
