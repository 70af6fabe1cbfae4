// Inserts many rows in one statement. Drivers limit the number of single parameters, and are slow with them.

import { getTableName, sql, type InferInsertModel } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import type { Database } from "./database";

/** Inserts rows. A row whose primary key exists replaces the old one if `replace` is set; otherwise the insertion fails. */
export async function insertRows<Table extends PgTable>(
  db: Database,
  table: Table,
  rows: readonly InferInsertModel<Table>[],
  { replace = false }: { readonly replace?: boolean } = {},
): Promise<void> {
  if (rows.length === 0) return;
  const { names, conflict } = shapeOf(table);
  const documents = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [names.get(key), value])),
  );
  const columns = sql.raw([...names.values()].join(", "));
  const name = sql.raw(getTableName(table));
  const records = sql`jsonb_populate_recordset(NULL::${name}, ${JSON.stringify(documents)}::text::jsonb)`;
  const otherwise = sql.raw(replace ? conflict : "");
  await db.execute(sql`INSERT INTO ${name} (${columns}) SELECT ${columns} FROM ${records} ${otherwise}`);
}

interface Shape {
  /** Column names in the database, by property names in the program. */
  readonly names: ReadonlyMap<string, string>;
  readonly conflict: string;
}

const shapes = new WeakMap<PgTable, Shape>();

function shapeOf(table: PgTable): Shape {
  const present = shapes.get(table);
  if (present) return present;
  const { columns, primaryKeys } = getTableConfig(table);
  const keys = primaryKeys[0]?.columns ?? columns.filter(({ primary }) => primary);
  const others = columns.filter((column) => !keys.includes(column)).map(({ name }) => `${name} = excluded.${name}`);
  const shape = {
    names: new Map(
      Object.entries(table).flatMap(([key, column]) =>
        columns.includes(column as never) ? [[key, (column as { name: string }).name] as const] : [],
      ),
    ),
    conflict: `ON CONFLICT (${keys.map(({ name }) => name).join(", ")}) DO UPDATE SET ${others.join(", ")}`,
  };
  shapes.set(table, shape);
  return shape;
}
