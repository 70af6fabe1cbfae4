// Lists, a page at a time.

import { sql, type SQL } from "drizzle-orm";
import type { Page } from "../../sdk/platform/chainWire";
import { rowsOf, type Database } from "../store/database";

/** Which part of a list. */
export interface PageChoice {
  readonly page: number;
  readonly page_size: number;
}

/** A part of a list as a statement reads it. */
export interface PageRow<Row> {
  readonly total: number;
  readonly items: readonly Row[];
}

/** Columns of a {@link PageRow}: a part of what a query selects, in an order, and how much that is in all. */
export function pageColumns({ page, page_size }: PageChoice, query: SQL, order: SQL): SQL {
  return sql`(SELECT count(*)::int FROM (${query}) AS entries) AS total,
    ${rowsAsJson(sql`${query} ORDER BY ${order} LIMIT ${page_size} OFFSET ${(page - 1) * page_size}`)} AS items`;
}

/** All rows of a query as one value. */
export function rowsAsJson(query: SQL): SQL {
  return sql`(SELECT coalesce(json_agg(entry), '[]') FROM (${query}) AS entry)`;
}

/** A part of a list as it is answered; `read` makes an entry of a row. */
export function toPage<Row, Entry>(
  { page, page_size }: PageChoice,
  { total, items }: PageRow<Row>,
  read: (row: Row) => Entry,
): Page<Entry> {
  return { items: items.map(read), total, page, page_size };
}

/** A part of what a query selects, in an order; `read` makes an entry of a row. */
export async function readPage<Row, Entry>(
  db: Database,
  choice: PageChoice,
  { query, order }: { readonly query: SQL; readonly order: SQL },
  read: (row: Row) => Entry,
): Promise<Page<Entry>> {
  const [row] = await rowsOf<PageRow<Row>>(db, sql`SELECT ${pageColumns(choice, query, order)}`);
  return toPage(choice, row as PageRow<Row>, read);
}

/** A column of a time, as seconds since 1970. */
export function seconds(column: string): SQL {
  return sql`floor(extract(epoch from ${sql.raw(column)}))::float8`;
}
