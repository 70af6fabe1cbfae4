// SPDX-License-Identifier: MIT
// A folder of what is to be done: one JSON file each, moved to `done` or `refused` with the result beside it.

import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as others } from "node:timers/promises";
import { Problem } from "../sdk/base/problem";
import { writeWhole } from "../sdk/node/files";
import { toJson } from "../sdk/schemas/json";

/** Milliseconds for which an unreadable file may be one that is still being written. */
const WRITING = 2_000;

/** How many files are written before other work gets a turn, which takes some milliseconds. */
const AT_A_TIME = 100;

/** Folder where a delivery is kept until each of its files is on disk. */
const DELIVERIES = "posted";

/** What became of a file. */
export type InboxVerdict = "done" | "refused";

/** The folder of a duty. Several processes may share it: a process that comes second finds the file gone and carries on. */
export class Inbox {
  /** Settles once all deliveries so far are flushed. */
  private flushing: Promise<void> = Promise.resolve();
  private isClosed = false;

  /** Opens the folder, and restores files that an earlier process accepted but the disk lost. */
  constructor(readonly folder: string) {
    for (const name of ["done", "refused", DELIVERIES]) mkdirSync(join(folder, name), { recursive: true });
    for (const name of readdirSync(join(folder, DELIVERIES)).filter((each) => each.endsWith(".json")))
      this.recover(join(folder, DELIVERIES, name));
  }

  /** Starts nothing more. What is not flushed yet is recovered when the folder is next opened. */
  close(): void {
    this.isClosed = true;
  }

  /** Names of the waiting files, oldest first. */
  list(): string[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => ({ name, time: this.timeOf(name) }))
      .sort((a, b) => a.time - b.time || (a.name < b.name ? -1 : 1))
      .map(({ name }) => name);
  }

  /** The content of a file; undefined if it is gone. Throws a {@link Problem} if it is not a file or cannot be read. */
  read(name: string): string | undefined {
    try {
      return readFileSync(join(this.folder, name), "utf8");
    } catch (error) {
      return explainUnreadable(name, error);
    }
  }

  /** When a file was last written, in milliseconds; 0 if it is gone. */
  timeOf(name: string): number {
    try {
      return statSync(join(this.folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    } catch {
      return 0; // the read of the file reports the fault
    }
  }

  /** Whether a file may still be in the course of being written. */
  isFresh(name: string): boolean {
    return Date.now() - this.timeOf(name) < WRITING;
  }

  /**
   * Stores files durably in the folder, and lets other work proceed meanwhile. A file that already waits is left as it is. Returns the name
   * of a file that waits with different content, if any; in that case nothing is stored.
   *
   * All files are first written to a single file, and only that one is flushed before this resolves: flushing thousands takes minutes.
   */
  async store(files: ReadonlyMap<string, string>): Promise<string | undefined> {
    const present = new Set(readdirSync(this.folder));
    for (const [name, text] of files) {
      if (!present.has(name)) continue;
      const waiting = this.read(name);
      if (waiting === undefined) present.delete(name);
      else if (waiting !== text) return name;
    }
    const missing = [...files].filter(([name]) => !present.has(name));
    if (missing.length === 0) return undefined;
    const delivery = join(this.folder, DELIVERIES, `${randomUUID()}.json`); // with a name of its own, because the same post may arrive twice
    writeWhole(delivery, JSON.stringify(missing));
    for (const written of [delivery, join(this.folder, DELIVERIES)]) await flush(written);
    for (const [index, [name, text]] of missing.entries()) {
      if (index % AT_A_TIME === 0) await others();
      writeWhole(join(this.folder, name), text);
    }
    this.settle(delivery, missing);
    return undefined;
  }

  /** The name, without its extension, that a file gets when it is finished; no other file has it. */
  placeOf(name: string, verdict: InboxVerdict): string {
    const folder = join(this.folder, verdict);
    const stem = name.slice(0, -".json".length);
    const isTaken = (place: string) =>
      [`${place}.json`, `${place}.result.json`].some((taken) => existsSync(join(folder, taken)));
    let place = stem;
    for (let number = 2; isTaken(place); number++) place = `${stem}.${number}`;
    return place;
  }

  /** Moves a file to the folder of its verdict, after writing the result there. */
  finish(name: string, verdict: InboxVerdict, result: object): void {
    const folder = join(this.folder, verdict);
    const place = this.placeOf(name, verdict);
    writeWhole(join(folder, `${place}.result.json`), `${toJson(result)}\n`);
    try {
      renameSync(join(this.folder, name), join(folder, `${place}.json`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // another process moved it
    }
  }

  /** Moves a done file back to the waiting ones, and deletes its result; does nothing if the file is gone. */
  reopen(place: string): void {
    const [done, result] = [`${place}.json`, `${place}.result.json`].map((name) => join(this.folder, "done", name));
    if (!existsSync(done as string)) return;
    let name = `${place}.json`;
    for (let number = 2; existsSync(join(this.folder, name)); number++) name = `${place}.${number}.json`;
    renameSync(done as string, join(this.folder, name));
    rmSync(result as string, { force: true });
  }

  /** Writes the files of a delivery that are neither waiting nor finished. */
  private recover(delivery: string): void {
    const files = JSON.parse(readFileSync(delivery, "utf8")) as [string, string][];
    const isFinished = (name: string, text: string) =>
      ["done", "refused"].some((verdict) => {
        const path = join(this.folder, verdict, name);
        return existsSync(path) && readFileSync(path, "utf8") === text;
      });
    for (const [name, text] of files) {
      const path = join(this.folder, name);
      if (!existsSync(path) && !isFinished(name, text)) writeWhole(path, text);
    }
    this.settle(delivery, files);
  }

  /** Removes a delivery once its files are on disk. A delivery that remains for any reason is recovered at the next start. */
  private settle(delivery: string, files: readonly (readonly [string, string])[]): void {
    this.flushing = this.flushing
      .then(async () => {
        for (const [name] of files) {
          if (this.isClosed) return;
          await flush(join(this.folder, name)).catch((error: unknown) => explainUnreadable(name, error));
        }
        await flush(this.folder);
        rmSync(delivery);
      })
      .catch(() => undefined);
  }
}

/** Returns undefined for a file that is gone; throws a {@link Problem} for any other fault. */
function explainUnreadable(name: string, error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return undefined;
  throw new Problem(
    "NO_FILE",
    `${name} cannot be read (${code}): put a file there that this service may read, or remove it.`,
  );
}

/** Waits until a file, or the entries of a folder, are on disk. */
async function flush(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
