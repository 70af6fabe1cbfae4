// Lists, a page at a time.

import { sql, type SQL } from "drizzle-orm";
import type { Page } from "../../sdk/platform/chainWire";
import { rowsOf, type Database } from "../store/database";

/** Which part of a list. */
export interface PageChoice {
  readonly page: number;
  readonly page_size: number;
}

/** A part of what a query selects, in its order; `read` makes an entry of a row. */
export async function readPage<Row, Entry>(
  db: Database,
  { page, page_size }: PageChoice,
  query: SQL,
  read: (row: Row) => Entry,
): Promise<Page<Entry>> {
  const rows = await rowsOf<Row>(db, sql`${query} LIMIT ${page_size} OFFSET ${(page - 1) * page_size}`);
  const [counted] = await rowsOf<{ total: number }>(db, sql`SELECT count(*)::int AS total FROM (${query}) AS entries`);
  return { items: rows.map(read), total: counted?.total ?? 0, page, page_size };
}

/** A column of a time, as seconds since 1970. */
export function seconds(column: string): SQL {
  return sql`floor(extract(epoch from ${sql.raw(column)}))::float8`;
}
