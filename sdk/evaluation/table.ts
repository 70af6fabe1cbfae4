// SPDX-License-Identifier: MIT
// Reads the rows of a table piece by piece: CSV (RFC 4180) with any separator, or JSON Lines, in UTF-8.

import { Lines } from "./lines.ts";
import { Refusal, show } from "./refusal.ts";
import { decodeText } from "./words.ts";

/** A file: its bytes, whole or in pieces, and its name in messages. */
export interface TableFile {
  readonly name: string;
  readonly bytes: Uint8Array | Iterable<Uint8Array>;
  /** The separator of CSV fields; a comma by default. */
  readonly separator?: string;
}

/** A row. Its k-th requested field is in `bytes` from `starts[k]` to before `ends[k]`. Valid until the next row is read. */
export interface TableRow {
  readonly line: number;
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

const encoder = new TextEncoder();

/** Builds a row from strings. */
export function rowOf(line: number, values: readonly string[]): TableRow {
  const [starts, ends] = [new Uint32Array(values.length), new Uint32Array(values.length)];
  const bytes = new Uint8Array(3 * values.reduce((total, value) => total + value.length, 0));
  let place = 0;
  values.forEach((value, k) => {
    starts[k] = place;
    place += encoder.encodeInto(value, bytes.subarray(place)).written;
    ends[k] = place;
  });
  return { line, bytes, starts, ends };
}

/** Reads the requested columns row by row. A file whose first character is `{` is JSON Lines. */
export function* readTable(file: TableFile, names: readonly string[]): Generator<TableRow> {
  const lines = new Lines(file.name, file.bytes);
  if (!lines.nextFilled()) {
    throw new Refusal("EMPTY_FILE", `${file.name} is empty, expected a header line and examples`);
  }
  if (decodeText(lines.bytes, lines.start, lines.end).trimStart().startsWith("{"))
    yield* readObjects(file, names, lines);
  else yield* readRecords(file, names, lines);
}

function* readRecords(file: TableFile, names: readonly string[], lines: Lines): Generator<TableRow> {
  const splitter = new Splitter(file, lines);
  splitter.split();
  const header = Array.from({ length: splitter.count }, (_, k) => splitter.text(k));
  const places = names.map((name) => placeOf(file, header, name));
  const starts = new Uint32Array(names.length);
  const ends = new Uint32Array(names.length);
  while (lines.nextFilled()) {
    const line = lines.number;
    splitter.split();
    if (splitter.count !== header.length) {
      throw new Refusal(
        "RAGGED_ROW",
        `${file.name} line ${line}: ${splitter.count} fields, expected ${header.length} as the header has`,
      );
    }
    for (let k = 0; k < places.length; k++) {
      const place = places[k] as number;
      starts[k] = splitter.starts[place] as number;
      ends[k] = splitter.closed(place);
    }
    yield { line, bytes: lines.bytes, starts, ends };
  }
}

function placeOf({ name: file }: TableFile, header: readonly string[], name: string): number {
  const place = header.indexOf(name);
  if (place < 0) {
    const known = header.map((column) => (/^[\w .-]+$/.test(column) ? column : show(column))).join(", ");
    throw new Refusal("MISSING_COLUMN", `${file}: column ${show(name)} is missing, the header has ${known}`);
  }
  if (place !== header.lastIndexOf(name)) {
    throw new Refusal(
      "MALFORMED_FILE",
      `${file}: column ${show(name)} appears more than once in the header, expected it once`,
    );
  }
  return place;
}

const QUOTE = 0x22;
const RETURN = 0x0d;
const LONGEST_SHOWN = 400;

/** Splits the current line into fields. A quoted field may continue on the following lines. */
class Splitter {
  count = 0;
  readonly starts: number[] = [];
  readonly #ends: number[] = [];
  /** Whether a field contains doubled quotes. */
  readonly #isDoubled: boolean[] = [];
  readonly #file: string;
  readonly #lines: Lines;
  readonly #separator: Uint8Array;

  constructor({ name, separator = "," }: TableFile, lines: Lines) {
    this.#file = name;
    this.#lines = lines;
    this.#separator = encoder.encode(separator);
  }

  split(): void {
    const lines = this.#lines;
    const first = this.#separator[0] as number;
    this.count = 0;
    // Positions are relative to the beginning of the line, because the line may still move within the buffer.
    for (let place = 0; ;) {
      const { bytes, start, end } = lines;
      let at = start + place;
      if (at < end && bytes[at] === QUOTE) {
        const next = this.#quoted(place);
        if (next === undefined) break;
        place = next;
        continue;
      }
      let hasQuote = false;
      while (at < end && !(bytes[at] === first && this.#separates(at))) {
        if (bytes[at] === QUOTE) hasQuote = true;
        at++;
      }
      const isLast = at >= end;
      const close = isLast && at > start + place && bytes[at - 1] === RETURN ? at - 1 : at;
      if (hasQuote) throw this.#badQuote(this.count, start + place, close);
      this.#push(place, close - start, false);
      if (isLast) break;
      place = at - start + this.#separator.length;
    }
    for (let k = 0; k < this.count; k++) {
      this.starts[k] = (this.starts[k] as number) + lines.start;
      this.#ends[k] = (this.#ends[k] as number) + lines.start;
    }
  }

  text(field: number): string {
    const end = this.closed(field);
    return decodeText(this.#lines.bytes, this.starts[field], end);
  }

  /** Returns where a field ends, after replacing its doubled quotes by single ones. */
  closed(field: number): number {
    const end = this.#ends[field] as number;
    if (!this.#isDoubled[field]) return end;
    const { bytes } = this.#lines;
    let to = this.starts[field] as number;
    for (let from = to; from < end; from++) {
      bytes[to++] = bytes[from] as number;
      if (bytes[from] === QUOTE) from++;
    }
    this.#isDoubled[field] = false;
    this.#ends[field] = to;
    return to;
  }

  /** Reads a field that begins with a quote. Returns where the next field begins, or undefined after the last. */
  #quoted(place: number): number | undefined {
    const lines = this.#lines;
    let isDoubled = false;
    let at = place + 1;
    for (;;) {
      const { bytes, start, end } = lines;
      while (start + at < end && bytes[start + at] !== QUOTE) at++;
      if (start + at >= end) {
        if (!lines.extend()) throw this.#badQuote(this.count, start + place, end);
        continue;
      }
      if (bytes[start + at + 1] !== QUOTE || start + at + 1 >= end) break;
      isDoubled = true;
      at += 2;
    }
    this.#push(place + 1, at, isDoubled);
    const { bytes, start, end } = lines;
    const next = start + at + 1;
    if (next === end || (next + 1 === end && bytes[next] === RETURN)) return undefined;
    if (!this.#separates(next)) throw this.#badQuote(this.count - 1, start + place, end);
    return at + 1 + this.#separator.length;
  }

  #push(start: number, end: number, isDoubled: boolean): void {
    this.starts[this.count] = start;
    this.#ends[this.count] = end;
    this.#isDoubled[this.count++] = isDoubled;
  }

  #separates(at: number): boolean {
    const separator = this.#separator;
    const { bytes } = this.#lines; // The bytes are UTF-8, so no character, and no separator, spans the end of the line.
    for (let k = 0; k < separator.length; k++) if (bytes[at + k] !== separator[k]) return false;
    return true;
  }

  #badQuote(field: number, from: number, to: number): Refusal {
    const text = decodeText(this.#lines.bytes, from, Math.min(to, from + LONGEST_SHOWN));
    return new Refusal(
      "MALFORMED_FILE",
      `${this.#file} line ${this.#lines.number}, field ${field + 1}: ${show(text)}, expected a field in quotes with each quote in it doubled`,
    );
  }
}

function* readObjects({ name: file }: TableFile, names: readonly string[], lines: Lines): Generator<TableRow> {
  do {
    const { number } = lines;
    const row = parseObject(file, lines);
    const values = names.map((name) => {
      if (!Object.hasOwn(row, name)) {
        throw new Refusal(
          "MISSING_COLUMN",
          `${file} line ${number}: ${show(name)} is missing, expected it in every line`,
        );
      }
      const text = textOf(row[name]);
      if (text !== undefined) return text;
      throw new Refusal(
        "MALFORMED_FILE",
        `${file} line ${number}, column ${name}: ${show(row[name])}, expected a text, a number, true, false or a list of numbers`,
      );
    });
    yield rowOf(number, values);
  } while (lines.nextFilled());
}

function parseObject(file: string, { number, bytes, start, end }: Lines): Record<string, unknown> {
  const text = decodeText(bytes, start, end);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  const shown = text.endsWith("\r") ? text.slice(0, -1) : text;
  throw new Refusal("MALFORMED_FILE", `${file} line ${number}: ${show(shown)}, expected a JSON object`);
}

/** An unpaired surrogate, which UTF-8 cannot encode and RFC 8785 refuses. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Returns a JSON field as it would be written in CSV, or undefined if it has another type. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return LONE_SURROGATE.test(value) ? undefined : value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null) return "";
  if (Array.isArray(value) && value.every((entry) => typeof entry === "number")) return value.join(" ");
  return undefined;
}
