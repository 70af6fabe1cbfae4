// SPDX-License-Identifier: MIT
// Tables that are not a benchmark's examples: read by the same reader, and as strictly.

import { Problem } from "../base/problem.ts";
import { Refusal } from "../evaluation/refusal.ts";
import { readTable, type TableFile } from "../evaluation/table.ts";
import { decodeText } from "../evaluation/words.ts";

/** A row of a table: its fields by column, exactly as they stand there, without any quotes. */
export interface CsvRow {
  readonly line: number;
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * Reads columns of CSV (RFC 4180) with a header line; the file may begin with a byte order mark and end its lines in either way. Columns
 * that are `optional` are read where the header has them, others are ignored. Throws a {@link Problem} `BAD_FILE` with line and column
 * for what is no table, lacks a column, or has a wanted one twice. `name` is what messages call the file.
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

/** Whether a table has a column; one that it has twice counts, to be refused when it is read. */
function hasColumn(file: TableFile, column: string): boolean {
  try {
    readTable(file, [column]).next();
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.reasons[0].code === "MISSING_COLUMN") return false;
    throw error;
  }
}

/** A table that is refused is a file that is wrong: only that of an evaluation has more to say. */
function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) throw new Problem("BAD_FILE", `${error.message}.`, { reasons: error.reasons });
    throw error;
  }
}
