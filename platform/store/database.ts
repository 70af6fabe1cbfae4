// What queries are asked of, whichever driver answers.

import type { SQL } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";

/** A store, one of its transactions, or the connection of its only writer. */
export type Database = PgDatabase<PgQueryResultHKT>;

/** The rows that a statement answers with, as the driver gives them: 64-bit integers are strings on some. */
export async function rowsOf<Row>(db: Database, statement: SQL): Promise<Row[]> {
  const result: unknown = await db.execute(statement);
  return (result as { readonly rows: Row[] }).rows;
}
