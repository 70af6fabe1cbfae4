// SPDX-License-Identifier: MIT
// The rows of one file, by id.

import { GrowingUint32 } from "./pages.ts";
import { Refusal, show } from "./refusal.ts";
import { readTable, type TableFile, type TableRow } from "./table.ts";
import { Texts } from "./texts.ts";
import { decodeText, Words } from "./words.ts";

/** The ids and other fields of rows, in the order of the file. The first column is the id. */
export class Sheet {
  readonly ids = new Words();
  readonly #names: readonly string[];
  readonly #columns: readonly Texts[];
  readonly #lines = new GrowingUint32();

  constructor([, ...names]: readonly string[], words: Words) {
    this.#names = names;
    this.#columns = names.map(() => new Texts(words));
  }

  /** Adds a row. Returns false if its id is already present. */
  add({ line, bytes, starts, ends }: TableRow): boolean {
    const { size } = this.ids;
    if (this.ids.add(bytes, starts[0] as number, ends[0] as number) < size) return false;
    for (let k = 0; k < this.#columns.length; k++) {
      (this.#columns[k] as Texts).add(bytes, starts[k + 1] as number, ends[k + 1] as number);
    }
    this.#lines.push(line);
    return true;
  }

  texts(name: string): Texts {
    return this.#columns[this.#names.indexOf(name)] as Texts;
  }

  lineOf(row: number): number {
    return this.#lines.list[row] as number;
  }
}

/**
 * Reads a file whose first two columns are the id and the label. These must not be blank; predictions may be, because a model may return an
 * empty text.
 */
export function readSheet(file: TableFile, names: readonly string[], words: Words): Sheet {
  const sheet = new Sheet(names, words);
  for (const row of readTable(file, names)) {
    const refuse = (code: "MISSING_ID" | "MISSING_VALUE" | "DUPLICATE_ID", column: number, what: string) => {
      const text = show(decodeText(row.bytes, row.starts[column], row.ends[column]));
      return new Refusal(code, `${file.name} line ${row.line}, column ${names[column]}: ${text}${what}`);
    };
    if (isBlank(row, 0)) throw refuse("MISSING_ID", 0, ", expected an id");
    if (isBlank(row, 1)) throw refuse("MISSING_VALUE", 1, ", expected a label");
    if (!sheet.add(row)) throw refuse("DUPLICATE_ID", 0, " is used before, expected each id once");
  }
  if (sheet.ids.size === 0)
    throw new Refusal("EMPTY_FILE", `${file.name} has a header but no examples, expected at least one`);
  return sheet;
}

function isBlank({ bytes, starts, ends }: TableRow, column: number): boolean {
  const [from, to] = [starts[column] as number, ends[column] as number];
  const first = bytes[from] as number;
  if (to > from && first > 0x20 && first < 0x7f) return false;
  return decodeText(bytes, from, to).trim() === "";
}
