// The database: PostgreSQL where DATABASE_URL names one, else an embedded one in a folder, with the same migrations and the same queries.

import { drizzle } from "drizzle-orm/node-postgres";
import { Pool, type PoolClient } from "pg";
import { Problem } from "../../sdk/base/problem";
import type { Database } from "./database";
import { openEmbedded } from "./embedded";
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
  /** Closes it; whoever writes, writes no more. */
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
  const writers = new Set<PoolClient>();
  // Ended with its lock, not handed back to the pool.
  const release = (client: PoolClient) => {
    if (writers.delete(client)) client.release(true);
  };
  return {
    db: drizzle(pool) as Database,
    isEmbedded: false,
    becomeWriter: async (of) => {
      const client = await pool.connect();
      client.on("error", () => undefined); // the next query tells
      try {
        const { rows } = await client.query<{ is: boolean }>(
          "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS is",
          [of],
        );
        if (rows[0]?.is) {
          writers.add(client);
          return { db: drizzle(client) as Database, release: async () => release(client) };
        }
      } catch (error) {
        client.release(true);
        throw error;
      }
      client.release();
      return undefined;
    },
    close: async () => {
      writers.forEach(release);
      await pool.end();
    },
  };
}
