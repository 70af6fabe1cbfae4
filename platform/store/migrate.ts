// Brings a database's tables up to date: applies each file in migrations/ once and completely, in the order of their names.

import { sql } from "drizzle-orm";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../../sdk/base/problem";
import { rowsOf, type Database } from "./database";

const FOLDER = join(__dirname, "migrations");

/** If several processes start at once, one migrates and the others wait for it. */
const LOCK = "hokusai migrations";

/** Applies the missing migrations. */
export async function migrate(db: Database): Promise<void> {
  await db.transaction(async (transaction) => {
    await transaction.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${LOCK}, 0))`);
    await transaction.execute(
      sql`CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const applied = new Map(
      (await rowsOf<{ name: string; sha256: string }>(transaction, sql`SELECT name, sha256 FROM migrations`)).map(
        ({ name, sha256 }) => [name, sha256],
      ),
    );
    const names = readdirSync(FOLDER)
      .filter((name) => name.endsWith(".sql"))
      .sort();
    const unknown = [...applied.keys()].find((name) => !names.includes(name));
    if (unknown !== undefined) refuse(`${unknown}, which this version does not know`);
    for (const name of names) {
      const text = readFileSync(join(FOLDER, name), "utf8");
      const sha256 = createHash("sha256").update(text).digest("hex");
      const present = applied.get(name);
      if (present === sha256) continue;
      if (present !== undefined) refuse(`another ${name} than this version has`);
      for (const statement of statementsOf(text)) await transaction.execute(sql.raw(statement));
      await transaction.execute(sql`INSERT INTO migrations (name, sha256) VALUES (${name}, ${sha256})`);
    }
  });
}

/** Statements end with a semicolon at the end of a line. They are split because the embedded database takes one at a time. */
function statementsOf(text: string): string[] {
  return text
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}

function refuse(what: string): never {
  throw new Problem(
    "CONFLICT",
    `the database was made with ${what}: use the version of the project that made it, or another database.`,
  );
}
