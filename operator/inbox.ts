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

/** How long a file that cannot be read may be one that is still being written, in milliseconds. */
const WRITING = 2_000;

/** How many files are written before other work gets its turn: some milliseconds. */
const AT_A_TIME = 100;

/** Where a delivery is kept until each of its files is on disk. */
const DELIVERIES = "posted";

/** What became of a file. */
export type InboxVerdict = "done" | "refused";

/** The folder of a duty. Several processes may share it: whoever comes second finds a file gone and goes on. */
export class Inbox {
  /** Deliveries that are being flushed. */
  private flushing: Promise<void> = Promise.resolve();
  private isClosed = false;

  /** Opens the folder; what an earlier process has accepted and the disk has lost is there again. */
  constructor(readonly folder: string) {
    for (const name of ["done", "refused", DELIVERIES]) mkdirSync(join(folder, name), { recursive: true });
    for (const name of readdirSync(join(folder, DELIVERIES)).filter((each) => each.endsWith(".json")))
      this.recover(join(folder, DELIVERIES, name));
  }

  /** Starts nothing more. What is not flushed yet is recovered when the folder is next opened. */
  close(): void {
    this.isClosed = true;
  }

  /** Names of what is to be done, the oldest first. */
  list(): string[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => ({ name, time: this.timeOf(name) }))
      .sort((a, b) => a.time - b.time || (a.name < b.name ? -1 : 1))
      .map(({ name }) => name);
  }

  /** Content of a file; undefined if it is gone. Throws a {@link Problem} if it is not a file or cannot be read. */
  read(name: string): string | undefined {
    try {
      return readFileSync(join(this.folder, name), "utf8");
    } catch (error) {
      return explainUnreadable(name, error);
    }
  }

  /** When a file was written last, in milliseconds; 0 when it is gone. */
  timeOf(name: string): number {
    try {
      return statSync(join(this.folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    } catch {
      return 0; // as what cannot be read: told by whoever reads it
    }
  }

  /** Whether a file may still be written by whoever put it there. */
  isFresh(name: string): boolean {
    return Date.now() - this.timeOf(name) < WRITING;
  }

  /**
   * Puts files into the folder, for good when this resolves, and lets others work meanwhile. A file that is waiting already is left as it
   * is. Answers the name of one that waits with another content, if any: then nothing was stored.
   *
   * All are written to one file first, which alone is waited for: thousands of files take a disk minutes.
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
    const delivery = join(this.folder, DELIVERIES, `${randomUUID()}.json`); // its own: the same post may be on its way twice
    writeWhole(delivery, JSON.stringify(missing));
    for (const written of [delivery, join(this.folder, DELIVERIES)]) await flush(written);
    for (const [index, [name, text]] of missing.entries()) {
      if (index % AT_A_TIME === 0) await others();
      writeWhole(join(this.folder, name), text);
    }
    this.settle(delivery, missing);
    return undefined;
  }

  /** Where a file will be, without its ending, when it is finished: no other is there. */
  placeOf(name: string, verdict: InboxVerdict): string {
    const folder = join(this.folder, verdict);
    const stem = name.slice(0, -".json".length);
    const isTaken = (place: string) =>
      [`${place}.json`, `${place}.result.json`].some((taken) => existsSync(join(folder, taken)));
    let place = stem;
    for (let number = 2; isTaken(place); number++) place = `${stem}.${number}`;
    return place;
  }

  /** Moves a file to where its verdict says; the result is there before it. */
  finish(name: string, verdict: InboxVerdict, result: object): void {
    const folder = join(this.folder, verdict);
    const place = this.placeOf(name, verdict);
    writeWhole(join(folder, `${place}.result.json`), `${toJson(result)}\n`);
    try {
      renameSync(join(this.folder, name), join(folder, `${place}.json`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // moved by another process
    }
  }

  /** Moves a done file back to what is to be done, and its result away; nothing happens when it is gone. */
  reopen(place: string): void {
    const [done, result] = [`${place}.json`, `${place}.result.json`].map((name) => join(this.folder, "done", name));
    if (!existsSync(done as string)) return;
    let name = `${place}.json`;
    for (let number = 2; existsSync(join(this.folder, name)); number++) name = `${place}.${number}.json`;
    renameSync(done as string, join(this.folder, name));
    rmSync(result as string, { force: true });
  }

  /** Writes those files of a delivery that are neither in the folder nor finished. */
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

  /** Removes a delivery once its files are on disk. One that stays, for whatever reason, is recovered at the next start. */
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

/** Nothing for a file that is gone; throws a {@link Problem} for any other that cannot be read. */
function explainUnreadable(name: string, error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return undefined;
  throw new Problem(
    "NO_FILE",
    `${name} cannot be read (${code}): put a file there that this service may read, or remove it.`,
  );
}

/** Waits until a file, or the names in a folder, are on disk. */
async function flush(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
