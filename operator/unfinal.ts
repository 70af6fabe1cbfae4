// SPDX-License-Identifier: MIT
// What is done, in a block that a reorganisation may still undo. Each file of `done` has a small one in `unfinal` until its block is
// final: so that whoever works on the folder, also after a restart, does it again when it was undone.

import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../sdk/node/files";
import { readJson, toJson } from "../sdk/schemas/json";
import type { ChainView } from "./chain/head";
import type { Inbox } from "./inbox";
import type { Telemetry } from "./telemetry";

/** How the task in a file was done. */
export interface Doing {
  /** The name by which the result is found on chain. */
  readonly key: string;
  readonly block: number;
  readonly transaction: string;
}

/** Something that was undone, and where its done file was. */
export interface Undone<Entry> {
  readonly place: string;
  readonly entry: Entry;
}

/** Where the result of a task is on the chain. */
export interface Standing {
  readonly block: number;
  readonly transaction: string;
}

type Kept<Entry> = Entry & { readonly isUndone?: boolean };

/** The done files of a folder that are not final yet. */
export class Unfinal<Entry extends Doing> {
  private readonly folder: string;
  private readonly entries = new Map<string, Kept<Entry>>();

  constructor(
    private readonly duty: string,
    private readonly inbox: Inbox,
    private readonly telemetry: Telemetry,
  ) {
    this.folder = join(inbox.folder, "unfinal");
    mkdirSync(this.folder, { recursive: true });
  }

  /** Finishes a file that is done; blocks up to `final` can no longer be undone. */
  finish(name: string, result: object, entry: Entry, { final }: ChainView): void {
    if (entry.block > final) {
      this.keep(this.inbox.placeOf(name, "done"), entry); // before the file moves, so that no done file is without it
    }
    this.inbox.finish(name, "done", result);
  }

  /**
   * Examines what is not final. What `find` finds is still done; what it does not find was undone, and its file waits again. To be called
   * when the chain was read up to the confirmed block. Returns what was undone and not forgotten since.
   */
  review({ confirmed, final }: ChainView, find: (entry: Entry) => Standing | undefined): Undone<Entry>[] {
    this.refresh();
    const undone: Undone<Entry>[] = [];
    for (const [place, known] of this.entries) {
      if (!known.isUndone) {
        const standing = find(known);
        if (standing && standing.block <= final) this.forget(place);
        if (standing || !(known.block <= confirmed)) continue;
      }
      const entry = this.readEntry(place); // another process may have reopened the file meanwhile, or done its task again
      if (entry === undefined) continue;
      this.entries.set(place, entry);
      if (!entry.isUndone && (known.isUndone || entry.transaction !== known.transaction)) continue;
      if (!entry.isUndone) this.reopen(place, entry);
      undone.push({ place, entry });
    }
    return undone;
  }

  /** Stops tracking something that is final or was undone. */
  forget(place: string): void {
    this.entries.delete(place);
    rmSync(this.pathOf(place), { force: true });
  }

  private reopen(place: string, entry: Entry): void {
    this.inbox.reopen(place);
    this.keep(place, { ...entry, isUndone: true });
    const { key, block, transaction: hash } = entry;
    this.telemetry.count("actions_total", { duty: this.duty, result: "undone" });
    this.telemetry.log("warn", "undone", { duty: this.duty, file: `${place}.json`, key, block, hash });
  }

  private keep(place: string, entry: Kept<Entry>): void {
    writeWhole(this.pathOf(place), `${toJson(entry)}\n`);
    this.entries.set(place, entry);
  }

  /** Takes over what other processes have finished or forgotten. */
  private refresh(): void {
    const places = new Set(readdirSync(this.folder).flatMap((name) => /^(.*)\.json$/.exec(name)?.[1] ?? []));
    for (const place of this.entries.keys()) if (!places.has(place)) this.entries.delete(place);
    for (const place of places) {
      if (this.entries.has(place)) continue;
      const entry = this.readEntry(place);
      if (entry !== undefined) this.entries.set(place, entry);
    }
  }

  /** The entry on disk; undefined if it is gone or not ours. */
  private readEntry(place: string): Kept<Entry> | undefined {
    try {
      return readJson(place, readFileSync(this.pathOf(place), "utf8")) as Kept<Entry>;
    } catch {
      return undefined;
    }
  }

  private pathOf(place: string): string {
    return join(this.folder, `${place}.json`);
  }
}
