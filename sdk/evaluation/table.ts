// SPDX-License-Identifier: MIT
// Rows of a table, piece by piece: CSV (RFC 4180) with any separator, or JSON Lines, in UTF-8.

import { Refusal, show } from "./refusal.ts";

/** A file: its bytes, whole or in pieces, and the name by which messages speak of it. */
export interface TableFile {
  readonly name: string;
  readonly bytes: Uint8Array | Iterable<Uint8Array>;
  /** What separates the fields of CSV; a comma where it is not stated. */
  readonly separator?: string;
}

/** The wanted fields of a row, in the order in which they were asked for. */
export interface TableRow {
  readonly line: number;
  readonly values: readonly string[];
}

/** Reads the wanted columns row by row. A file whose first character is `{` is JSON Lines. */
export function* readTable(file: TableFile, names: readonly string[]): Generator<TableRow> {
  const lines = linesOf(file);
  const first = nextFilled(lines);
  if (first === undefined) {
    throw new Refusal("EMPTY_FILE", `${file.name} is empty, expected a header line and examples`);
  }
  if (first.text.trimStart().startsWith("{")) yield* readObjects(file, names, first, lines);
  else yield* readRecords(file, names, first, lines);
}

interface Line {
  readonly number: number;
  readonly text: string;
}

function* linesOf({ name, bytes }: TableFile): Generator<Line, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let number = 0;
  let rest = "";
  for (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
    const text = rest + decode(name, () => decoder.decode(chunk, { stream: true }));
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      yield { number: ++number, text: text.slice(start, end) };
      start = end + 1;
    }
    rest = text.slice(start);
  }
  rest += decode(name, () => decoder.decode());
  if (rest !== "") yield { number: ++number, text: rest };
}

function decode(name: string, read: () => string): string {
  try {
    return read();
  } catch {
    throw new Refusal("MALFORMED_FILE", `${name} is not UTF-8 text`);
  }
}

function withoutReturn(text: string): string {
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

function nextFilled(lines: Generator<Line, undefined>): Line | undefined {
  for (let next = lines.next(); next.value !== undefined; next = lines.next()) {
    if (next.value.text.trim() !== "") return next.value;
  }
  return undefined;
}

function* readRecords(
  file: TableFile,
  names: readonly string[],
  first: Line,
  lines: Generator<Line, undefined>,
): Generator<TableRow> {
  const separator = file.separator ?? ",";
  const header = splitRecord(file, separator, first, lines);
  const places = names.map((name) => columnOf(file, header, name));
  for (let line = nextFilled(lines); line !== undefined; line = nextFilled(lines)) {
    const fields = splitRecord(file, separator, line, lines);
    if (fields.length !== header.length) {
      throw new Refusal(
        "RAGGED_ROW",
        `${file.name} line ${line.number}: ${fields.length} fields, expected ${header.length} as the header has`,
      );
    }
    yield { line: line.number, values: places.map((place) => fields[place] as string) };
  }
}

function columnOf({ name: file }: TableFile, header: readonly string[], name: string): number {
  const place = header.indexOf(name);
  if (place < 0) {
    const known = header.map((column) => (/^[\w .-]+$/.test(column) ? column : show(column))).join(", ");
    throw new Refusal("MISSING_COLUMN", `${file}: column ${show(name)} is missing, the header has ${known}`);
  }
  if (place !== header.lastIndexOf(name)) {
    throw new Refusal("MALFORMED_FILE", `${file}: column ${show(name)} stands more than once in the header`);
  }
  return place;
}

/** The fields of a record, which quotes may spread over several lines. */
function splitRecord(file: TableFile, separator: string, line: Line, lines: Generator<Line, undefined>): string[] {
  let { text } = line;
  if (!text.includes('"')) return withoutReturn(text).split(separator);
  const fields: string[] = [];
  let place = 0;
  for (;;) {
    if (text[place] !== '"') {
      const end = text.indexOf(separator, place);
      const field = end < 0 ? withoutReturn(text.slice(place)) : text.slice(place, end);
      if (field.includes('"')) throw badQuote(file, line, fields.length, field);
      fields.push(field);
      if (end < 0) return fields;
      place = end + separator.length;
      continue;
    }
    let field = "";
    let from = place + 1;
    for (;;) {
      const quote = text.indexOf('"', from);
      if (quote < 0) {
        const next = lines.next().value;
        if (next === undefined) throw badQuote(file, line, fields.length, text.slice(place));
        text += `\n${next.text}`;
        continue;
      }
      field += text.slice(from, quote);
      from = quote + 1;
      if (text[from] !== '"') break;
      field += '"';
      from++;
    }
    fields.push(field);
    if (withoutReturn(text.slice(from)) === "") return fields;
    if (!text.startsWith(separator, from)) throw badQuote(file, line, fields.length - 1, text.slice(place));
    place = from + separator.length;
  }
}

function badQuote({ name }: TableFile, { number }: Line, field: number, text: string): Refusal {
  return new Refusal(
    "MALFORMED_FILE",
    `${name} line ${number}, field ${field + 1}: ${show(text)}, expected a field in quotes with each quote in it doubled`,
  );
}

function* readObjects(
  { name: file }: TableFile,
  names: readonly string[],
  first: Line,
  lines: Generator<Line, undefined>,
): Generator<TableRow> {
  for (let line: Line | undefined = first; line !== undefined; line = nextFilled(lines)) {
    const { number } = line;
    const row = parseObject(file, line);
    const values = names.map((name) => {
      if (!Object.hasOwn(row, name)) {
        throw new Refusal("MISSING_COLUMN", `${file} line ${number}: ${show(name)} is missing`);
      }
      const text = textOf(row[name]);
      if (text !== undefined) return text;
      throw new Refusal(
        "MALFORMED_FILE",
        `${file} line ${number}, column ${name}: ${show(row[name])}, expected a text, a number, true, false or a list of numbers`,
      );
    });
    yield { line: number, values };
  }
}

function parseObject(file: string, { number, text }: Line): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Refusal("MALFORMED_FILE", `${file} line ${number}: ${show(withoutReturn(text))}, expected a JSON object`);
}

/** A field of JSON as it would stand in CSV. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null) return "";
  if (Array.isArray(value) && value.every((entry) => typeof entry === "number")) return value.join(" ");
  return undefined;
}
