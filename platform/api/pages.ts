// Lists, one page at a time.

import { sql, type SQL } from "drizzle-orm";
import type { Page } from "../../sdk/platform/chainWire";
import { rowsOf, type Database } from "../store/database";

/** Which page of a list. */
export interface PageChoice {
  readonly page: number;
  readonly page_size: number;
}

/** A page of a list as a statement reads it. */
export interface PageRow<Row> {
  readonly total: number;
  readonly items: readonly Row[];
}

/** The columns of a {@link PageRow}: one page of a query's rows in the given order, and the total number of rows. */
export function pageColumns({ page, page_size }: PageChoice, query: SQL, order: SQL): SQL {
  return sql`(SELECT count(*)::int FROM (${query}) AS entries) AS total,
    ${rowsAsJson(sql`${query} ORDER BY ${order} LIMIT ${page_size} OFFSET ${(page - 1) * page_size}`)} AS items`;
}

/** All rows of a query as one JSON value. */
export function rowsAsJson(query: SQL): SQL {
  return sql`(SELECT coalesce(json_agg(entry), '[]') FROM (${query}) AS entry)`;
}

/** A page as the API answers it; `read` converts a row to an entry. */
export function toPage<Row, Entry>(
  { page, page_size }: PageChoice,
  { total, items }: PageRow<Row>,
  read: (row: Row) => Entry,
): Page<Entry> {
  return { items: items.map(read), total, page, page_size };
}

/** Reads one page of a query's rows in the given order; `read` converts a row to an entry. */
export async function readPage<Row, Entry>(
  db: Database,
  choice: PageChoice,
  { query, order }: { readonly query: SQL; readonly order: SQL },
  read: (row: Row) => Entry,
): Promise<Page<Entry>> {
  const [row] = await rowsOf<PageRow<Row>>(db, sql`SELECT ${pageColumns(choice, query, order)}`);
  return toPage(choice, row as PageRow<Row>, read);
}

/** A timestamp column as seconds since 1970. */
export function seconds(column: string): SQL {
  return sql`floor(extract(epoch from ${sql.raw(column)}))::float8`;
}
