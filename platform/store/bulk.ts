// Many rows in one statement: what a driver takes in single parameters is bounded, and slow.

import { getTableName, sql, type InferInsertModel } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import type { Database } from "./database";

/** Inserts rows; where one with the same primary key is present, it replaces that if `replace` is set, else it is an error. */
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
  /** Names in the database by those in the program. */
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
