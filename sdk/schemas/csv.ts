// SPDX-License-Identifier: MIT
// Tables other than a benchmark's examples. They are read by the same strict reader.

import { Problem } from "../base/problem.ts";
import { Refusal } from "../evaluation/refusal.ts";
import { readTable, type TableFile } from "../evaluation/table.ts";
import { decodeText } from "../evaluation/words.ts";

/** A row of a table. Fields are exact, without enclosing quotes, by column. */
export interface CsvRow {
  readonly line: number;
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * Reads columns of CSV (RFC 4180) with a header line. The file may begin with a byte order mark and use either kind of line break.
 * `optional`
 * columns are read if the header has them, others are ignored. Throws a {@link Problem} `BAD_FILE` with line and column if the file is not
 * a
 * table, lacks a column, or has a requested one twice. Messages call the file `name`.
 */
export function readCsv(
  name: string,
  text: string,
  wanted: readonly string[],
  optional: readonly string[] = [],
): CsvRow[] {
  const file = { name, bytes: new TextEncoder().encode(text) };
  return refusing(() => {
    const columns = [...wanted, ...optional.filter((column) => hasColumn(file, column))];
    return Array.from(readTable(file, columns), ({ line, bytes, starts, ends }) => ({
      line,
      fields: new Map(columns.map((column, k) => [column, decodeText(bytes, starts[k], ends[k])])),
    }));
  });
}

/** Whether a table has a column. A duplicate column counts; reading it is refused later. */
function hasColumn(file: TableFile, column: string): boolean {
  try {
    readTable(file, [column]).next();
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.reasons[0].code === "MISSING_COLUMN") return false;
    throw error;
  }
}

/** Converts a refusal of the reader to `BAD_FILE`. `EVALUATION_REFUSED` is for evaluations only. */
function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) throw new Problem("BAD_FILE", `${error.message}.`, { reasons: error.reasons });
    throw error;
  }
}
