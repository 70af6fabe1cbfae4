// SPDX-License-Identifier: MIT
// A folder of what is to be done: one JSON file each, moved to `done` or `refused` with the result beside it.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { Problem } from "../sdk/base/problem";
import { writeWhole } from "../sdk/node/files";
import { toJson } from "../sdk/schemas/json";

/** How long a file that cannot be read may be one that is still being written, in milliseconds. */
const WRITING = 2_000;

/** What became of a file. */
export type InboxVerdict = "done" | "refused";

/** The folder of a duty. Several processes may share it: whoever comes second finds a file gone and goes on. */
export class Inbox {
  constructor(readonly folder: string) {
    for (const verdict of ["done", "refused"]) mkdirSync(join(folder, verdict), { recursive: true });
  }

  /** Names of what is to be done, the oldest first. */
  list(): string[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => ({ name, time: this.timeOf(name) }))
      .sort((a, b) => a.time - b.time || (a.name < b.name ? -1 : 1))
      .map(({ name }) => name);
  }

  /** Content of a file; undefined when it is gone. Throws a {@link Problem} for what is no file, or cannot be read. */
  read(name: string): string | undefined {
    try {
      return readFileSync(join(this.folder, name), "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return undefined;
      throw new Problem(
        "NO_FILE",
        `${name} cannot be read (${code}): put a file there that this service may read, or remove it.`,
      );
    }
  }

  /** Whether a file may still be written by whoever put it there. */
  isFresh(name: string): boolean {
    return Date.now() - this.timeOf(name) < WRITING;
  }

  /**
   * Puts a file into the folder, for good when this returns. A file of this name that is waiting already is left as it is: answers
   * whether it says the same.
   */
  store(name: string, text: string): boolean {
    const present = this.read(name);
    if (present !== undefined) return present === text;
    const path = join(this.folder, name);
    writeWhole(path, text);
    for (const written of [path, this.folder]) flush(written);
    return true;
  }

  /** Moves a file to where its verdict says; the result is there before it. */
  finish(name: string, verdict: InboxVerdict, result: object): void {
    const folder = join(this.folder, verdict);
    const stem = name.slice(0, -".json".length);
    const isTaken = (place: string) =>
      [`${place}.json`, `${place}.result.json`].some((taken) => existsSync(join(folder, taken)));
    let place = stem;
    for (let number = 2; isTaken(place); number++) place = `${stem}.${number}`;
    writeWhole(join(folder, `${place}.result.json`), `${toJson(result)}\n`);
    try {
      renameSync(join(this.folder, name), join(folder, `${place}.json`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // moved by another process
    }
  }

  private timeOf(name: string): number {
    try {
      return statSync(join(this.folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    } catch {
      return 0; // as what cannot be read: told by whoever reads it
    }
  }
}

function flush(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
