// SPDX-License-Identifier: MIT
// What was read of the chain, on disk: derived from it, so that it may be deleted at any time, and then costs the reading again.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../../sdk/node/files";

/** Another number for another form: what was written in the old one is read again from the chain. */
const VERSION = 1;

/** A block that was read up to, and its hash. */
export interface Mark {
  readonly block: number;
  readonly hash: string;
}

/** What is kept of an event: values of JSON, and the block and transaction with which it stands or falls. */
export interface Fact {
  readonly block: number;
  readonly transaction: string;
}

/** Everything that was read, up to a block. */
export interface ScannedLogs {
  readonly block: number;
  /** Blocks by which a reorganisation is noticed, in their order. */
  readonly marks: readonly Mark[];
  /** Logs of the last blocks, which are read more than once: their names, and their blocks. */
  readonly recent: readonly (readonly [log: string, block: number])[];
  /** What is kept, by who wanted it. */
  readonly facts: Readonly<Record<string, readonly Fact[]>>;
}

/** A file with what was read for one purpose: for another there is another file. */
export class Checkpoint {
  private readonly path: string;
  private readonly purpose: string;

  /** `purpose` is everything that the reading depends on: chain, addresses, first block, events. */
  constructor(
    private readonly folder: string,
    purpose: readonly unknown[],
  ) {
    this.purpose = createHash("sha256")
      .update(JSON.stringify([VERSION, ...purpose]))
      .digest("hex");
    this.path = join(folder, `events-${this.purpose.slice(0, 16)}.json`);
  }

  /** What was kept; undefined when there is nothing, or nothing that can be used. */
  load(): ScannedLogs | undefined {
    if (!existsSync(this.path)) return undefined;
    try {
      const { purpose, ...reading } = JSON.parse(readFileSync(this.path, "utf8")) as ScannedLogs & { purpose: string };
      return purpose === this.purpose && Array.isArray(reading.marks) ? reading : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps a reading, whole or not at all. */
  save(reading: ScannedLogs): void {
    mkdirSync(this.folder, { recursive: true });
    writeWhole(this.path, JSON.stringify({ purpose: this.purpose, ...reading }));
  }
}
