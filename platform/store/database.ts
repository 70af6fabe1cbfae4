// The common interface for queries, whichever driver answers them.

import type { SQL } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";

/** A store, one of its transactions, or the connection of its only writer. */
export type Database = PgDatabase<PgQueryResultHKT>;

/** Returns a statement's rows as the driver gives them: some drivers return 64-bit integers as strings. */
export async function rowsOf<Row>(db: Database, statement: SQL): Promise<Row[]> {
  const result: unknown = await db.execute(statement);
  return (result as { readonly rows: Row[] }).rows;
}
