// The database: PostgreSQL if DATABASE_URL names one, otherwise an embedded one in a folder, with the same migrations and queries.

import { drizzle } from "drizzle-orm/node-postgres";
import { setTimeout as pause } from "node:timers/promises";
import { Pool, type PoolClient } from "pg";
import { Problem } from "../../sdk/base/problem";
import type { Database } from "./database";
import { openEmbedded } from "./embedded";
import { migrate } from "./migrate";

/** Where a store is kept. */
export interface StoreOptions {
  /** Address of a PostgreSQL database, such as `postgres://user:password@host/name`; never shown. Takes precedence over `folder`. */
  readonly url?: string;
  /** Folder of the embedded database, which one process can open at a time; without a folder, it is in memory. */
  readonly folder?: string;
}

/** The right to be the only writer of something, which lasts as long as its connection. */
export interface Writer {
  /** Its own connection, on which writes fail once the right is lost. */
  readonly db: Database;
  release(): Promise<void>;
}

/** An open database with all its tables. */
export interface Store {
  readonly db: Database;
  /** Whether the database lives, and ends, in this process. */
  readonly isEmbedded: boolean;
  /** Becomes the only writer of something among all processes of the database; undefined while another process is. */
  becomeWriter(of: string): Promise<Writer | undefined>;
  /** Closes the database; writers can no longer write. */
  close(): Promise<void>;
}

/** The most connections of a process to PostgreSQL. */
const CONNECTIONS = 10;

/** Milliseconds within which a connection must be made. */
const CONNECTING = 10_000;

/** Milliseconds for which a writer's connection may be silent when it is given up. */
const ANSWERING = 2_000;

/**
 * Opens a database and brings its tables up to date.
 * @throws {Problem} `BUSY` if another process has the folder open, `NO_FILE` if the database cannot be written or is damaged, `BAD_OPTION`
 * if the address is not a database's, `NODE_FAILED` if its server does not answer, `CONFLICT` if its tables are not ours.
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
  // A connection that breaks while idle is replaced; one in use fails its query.
  pool.on("error", () => undefined);
  try {
    await pool.query("SELECT 1");
  } catch (error) {
    await pool.end();
    const reason = (error as Error).message || (error as NodeJS.ErrnoException).code;
    throw new Problem("NODE_FAILED", `the database at ${new URL(url).host} does not answer: ${reason}.`);
  }
  const writers = new Set<PoolClient>();
  // Unlocks first: the server does so by itself only some time after a connection was closed, and later if the connection was lost.
  const release = async (client: PoolClient) => {
    if (!writers.delete(client)) return;
    const unlocked = client.query("SELECT pg_advisory_unlock_all()").catch(() => undefined);
    await Promise.race([unlocked, pause(ANSWERING, undefined, { ref: false })]);
    client.release(true);
  };
  return {
    db: drizzle(pool) as Database,
    isEmbedded: false,
    becomeWriter: async (of) => {
      const client = await pool.connect();
      client.on("error", () => undefined); // the next query reports it
      try {
        const { rows } = await client.query<{ is: boolean }>(
          "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS is",
          [of],
        );
        if (rows[0]?.is) {
          writers.add(client);
          return { db: drizzle(client) as Database, release: () => release(client) };
        }
      } catch (error) {
        client.release(true);
        throw error;
      }
      client.release();
      return undefined;
    },
    close: async () => {
      await Promise.all([...writers].map(release));
      await pool.end();
    },
  };
}
