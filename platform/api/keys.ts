// API keys: `hk_<prefix>_<secret>`. The store has only the prefix and a hash.

import { sql } from "drizzle-orm";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Problem } from "../../sdk/base/problem";
import { OWNER_ONLY, readText, writeWhole } from "../../sdk/node/files";
import type { ApiScope } from "../../sdk/platform/wire";
import { rowsOf, type Database } from "../store/database";

/** Everything that a key can permit; `admin` includes all the others. */
export const SCOPES = [
  "read",
  "models",
  "benchmarks",
  "evaluate",
  "usage",
  "admin",
] as const satisfies readonly ApiScope[];

/** The account of the key that is created at the first start. */
const ADMIN = "admin";

const FORM = /^hk_([0-9a-f]{16})_([0-9a-f]{64})$/;

/** The account behind a key. */
export interface ApiCaller {
  readonly account: string;
  readonly scopes: ReadonlySet<ApiScope>;
}

/** Creates a key for an account. The key is returned once; nobody can read it again. */
export async function createApiKey(db: Database, account: string, scopes: readonly ApiScope[]): Promise<string> {
  const key = randomKey();
  await keep(db, key, account, scopes);
  return key;
}

function randomKey(): string {
  return `hk_${randomBytes(8).toString("hex")}_${randomBytes(32).toString("hex")}`;
}

async function keep(db: Database, key: string, account: string, scopes: readonly ApiScope[]): Promise<void> {
  const [, prefix, secret] = FORM.exec(key) as unknown as [string, string, string];
  await db.execute(
    sql`INSERT INTO api_keys (prefix, secret_hash, account, scopes)
        VALUES (${prefix}, ${hashOf(secret)}, ${account}, ${JSON.stringify(scopes)}::jsonb)`,
  );
}

/** Returns the owner of a bearer key; undefined if the key is unknown or revoked. */
export async function callerOf(db: Database, key: string): Promise<ApiCaller | undefined> {
  const [, prefix, secret] = FORM.exec(key) ?? [];
  if (prefix === undefined || secret === undefined) return undefined;
  const [row] = await rowsOf<{ secret_hash: string; account: string; scopes: ApiScope[] }>(
    db,
    sql`SELECT secret_hash, account, scopes FROM api_keys WHERE prefix = ${prefix} AND revoked_at IS NULL`,
  );
  const isRight = timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(row?.secret_hash ?? hashOf("")));
  return row && isRight ? { account: row.account, scopes: new Set(row.scopes) } : undefined;
}

/**
 * Returns the admin's key. It is created at the first start and kept in a file that only its owner may read.
 * @throws {Problem} `BAD_KEY` if the store has an admin whose key is not the one in the file.
 */
export async function ensureAdminKey(db: Database, file: string): Promise<{ key: string; isNew: boolean }> {
  const [known] = await rowsOf(db, sql`SELECT 1 FROM api_keys WHERE account = ${ADMIN} AND revoked_at IS NULL LIMIT 1`);
  if (known === undefined) {
    const key = randomKey();
    mkdirSync(dirname(file), { recursive: true });
    writeWhole(file, `${key}\n`, OWNER_ONLY); // first, or the admin's key could be one that nobody has
    await keep(db, key, ADMIN, SCOPES);
    return { key, isNew: true };
  }
  const key = readText(file).trim();
  if (await callerOf(db, key)) return { key, isNew: false };
  throw new Problem(
    "BAD_KEY",
    `${file} holds no key of this database: put the admin's key there, or remove the database.`,
  );
}

/** Revokes a key; returns whether there was one. */
export async function revokeApiKey(db: Database, prefix: string): Promise<boolean> {
  const rows = await rowsOf(
    db,
    sql`UPDATE api_keys SET revoked_at = now() WHERE prefix = ${prefix} AND revoked_at IS NULL RETURNING prefix`,
  );
  return rows.length > 0;
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
