// The database: PostgreSQL where DATABASE_URL names one, else an embedded one in a folder, with the same migrations and the same queries.

import { PGlite } from "@electric-sql/pglite";
import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
import { drizzle as drizzleEmbedded } from "drizzle-orm/pglite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Pool } from "pg";
import { withLock } from "../../deploy/lock";
import { Problem } from "../../sdk/base/problem";
import type { Database } from "./database";
import { migrate } from "./migrate";

/** Where a store is kept. */
export interface StoreOptions {
  /** Address of a PostgreSQL database, such as `postgres://user:password@host/name`; never shown. Wins over `folder`. */
  readonly url?: string;
  /** Folder of the embedded database, which one process opens at a time; in memory without it. */
  readonly folder?: string;
}

/** The only writer of something, for as long as its connection lasts. */
export interface Writer {
  /** Its own connection: what is written after the right was lost fails. */
  readonly db: Database;
  release(): Promise<void>;
}

/** An open database with all its tables. */
export interface Store {
  readonly db: Database;
  /** Whether the database lives in this process, and so with it. */
  readonly isEmbedded: boolean;
  /** Becomes the only writer of something on all processes of the database; undefined while another one is. */
  becomeWriter(of: string): Promise<Writer | undefined>;
  close(): Promise<void>;
}

/** Connections of a process to PostgreSQL at most. */
const CONNECTIONS = 10;

/** Milliseconds that a connection may take. */
const CONNECTING = 10_000;

/**
 * Opens a database and brings its tables up to date.
 * @throws {Problem} `BUSY` when another process has the folder open, `NO_FILE` when it cannot be written or is damaged,
 * `BAD_OPTION` when the address is no database's, `NODE_FAILED` when its server does not answer, `CONFLICT` when its tables are not ours.
 */
export async function openStore({ url, folder }: StoreOptions): Promise<Store> {
  const store = url === undefined ? await openEmbedded(folder) : await openServer(url);
  try {
    await migrate(store.db);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openEmbedded(folder: string | undefined): Promise<Store> {
  const unlock = folder === undefined ? async () => undefined : await lock(`${folder}.lock`);
  try {
    if (folder !== undefined) mkdirSync(dirname(folder), { recursive: true });
    const client = await PGlite.create(folder === undefined ? {} : { dataDir: folder });
    const db = drizzleEmbedded(client) as Database;
    const writers = new Set<string>();
    return {
      db,
      isEmbedded: true,
      becomeWriter: async (of) => {
        if (writers.has(of)) return undefined;
        writers.add(of);
        return { db, release: async () => void writers.delete(of) };
      },
      close: async () => {
        await client.close();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw new Problem(
      "NO_FILE",
      `the database in ${folder ?? "memory"} cannot be opened: ${(error as Error).message}; move the folder away to begin anew.`,
    );
  }
}

/** Keeps other processes out of a folder until the function that is answered is called. */
async function lock(file: string): Promise<() => Promise<void>> {
  return new Promise((taken, refused) => {
    const holding = withLock(file, () => {
      return new Promise<void>((end) => {
        taken(async () => {
          end();
          await holding;
        });
      });
    });
    holding.catch(refused);
  });
}

async function openServer(url: string): Promise<Store> {
  const isDatabase = URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol);
  if (!isDatabase)
    throw new Problem(
      "BAD_OPTION",
      "DATABASE_URL is not the address of a PostgreSQL database, such as postgres://user:password@host/name: correct it.",
    );
  const pool = new Pool({ connectionString: url, max: CONNECTIONS, connectionTimeoutMillis: CONNECTING });
  // A connection that breaks while nobody uses it is replaced; one in use fails its query.
  pool.on("error", () => undefined);
  try {
    await pool.query("SELECT 1");
  } catch (error) {
    await pool.end();
    const reason = (error as Error).message || (error as NodeJS.ErrnoException).code;
    throw new Problem("NODE_FAILED", `the database at ${new URL(url).host} does not answer: ${reason}.`);
  }
  return {
    db: drizzlePg(pool) as Database,
    isEmbedded: false,
    becomeWriter: async (of) => {
      const client = await pool.connect();
      const { rows } = await client.query<{ is: boolean }>(
        "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS is",
        [of],
      );
      if (!rows[0]?.is) {
        client.release();
        return undefined;
      }
      client.on("error", () => undefined); // the next query tells
      // Ended with its lock, not handed back to the pool.
      return { db: drizzlePg(client) as Database, release: async () => client.release(true) };
    },
    close: () => pool.end(),
  };
}
