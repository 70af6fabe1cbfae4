// The embedded database: PostgreSQL compiled for JavaScript, open in one process at a time.

import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "../../deploy/lock";
import { Problem } from "../../sdk/base/problem";
import type { Database } from "./database";
import { Upkeep } from "./upkeep";

/** Few pages are buffered, because the operating system caches the files that they are read from anyway. */
const SETTINGS = ["shared_buffers=32MB", "max_wal_size=64MB", "min_wal_size=32MB"];

/** Milliseconds between two maintenance checks. */
const LOOK = 5_000;

/**
 * Opens the database in a folder, or one in memory.
 * @throws {Problem} `BUSY` if another process has the folder open, `NO_FILE` if the database cannot be written or is damaged.
 */
export async function openEmbedded(folder: string | undefined) {
  const unlock = folder === undefined ? async () => undefined : await lock(`${folder}.lock`);
  try {
    if (folder !== undefined) await ensureCreated(folder);
    const client = await PGlite.create({
      startParams: [...PGlite.defaultStartParams, ...SETTINGS.flatMap((setting) => ["-c", setting])],
      ...(folder !== undefined && { dataDir: folder }),
    });
    const db = drizzle(client) as Database;
    const upkeep = new Upkeep(db);
    const looking = setInterval(() => void upkeep.look(), LOOK).unref();
    const writers = new Set<string>();
    return {
      db,
      isEmbedded: true,
      becomeWriter: async (of: string) => {
        if (writers.has(of)) return undefined;
        writers.add(of);
        return { db, release: async () => void writers.delete(of) };
      },
      close: async () => {
        clearInterval(looking);
        await upkeep.end();
        await client.close();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw new Problem(
      "NO_FILE",
      `the database in ${folder ?? "memory"} cannot be opened: ${(error as Error).message}; move the folder away to start over.`,
    );
  }
}

/** Creates the database if there is none. A separate process does it, because the memory that this takes would never be released. */
async function ensureCreated(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  await promisify(execFile)(process.execPath, [join(__dirname, "create.mjs"), draft]);
  renameSync(draft, folder); // nobody finds it half made
}

/** Locks a folder against other processes until the returned function is called. */
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
