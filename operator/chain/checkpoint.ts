// SPDX-License-Identifier: MIT
// What was read of the chain, on disk: derived from it, so that it may be deleted at any time, and then costs the reading again.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../../sdk/node/files";

/** Version of the file format. A file of another version is ignored, and its content is read from the chain again. */
const VERSION = 1;

/** A block up to which logs were read, and its hash. */
export interface Mark {
  readonly block: number;
  readonly hash: string;
}

/** What is kept about an event: JSON values, and the block and transaction that it depends on. */
export interface Fact {
  readonly block: number;
  readonly transaction: string;
}

/** Everything that was read, up to a block. */
export interface ScannedLogs {
  readonly block: number;
  /** Blocks that reveal a reorganisation, in ascending order. */
  readonly marks: readonly Mark[];
  /** Logs of the last blocks, which are read more than once: their names and blocks. */
  readonly recent: readonly (readonly [log: string, block: number])[];
  /** What is kept, by the name of the subject. */
  readonly facts: Readonly<Record<string, readonly Fact[]>>;
}

/** A file with what was read for one purpose; each purpose has a file of its own. */
export class Checkpoint {
  private readonly path: string;
  private readonly purpose: string;

  /** `purpose` is everything that the content depends on: chain, addresses, first block, events. */
  constructor(
    private readonly folder: string,
    purpose: readonly unknown[],
  ) {
    this.purpose = createHash("sha256")
      .update(JSON.stringify([VERSION, ...purpose]))
      .digest("hex");
    this.path = join(folder, `events-${this.purpose.slice(0, 16)}.json`);
  }

  /** Returns what was kept; undefined if there is nothing usable. */
  load(): ScannedLogs | undefined {
    if (!existsSync(this.path)) return undefined;
    try {
      const { purpose, ...reading } = JSON.parse(readFileSync(this.path, "utf8")) as ScannedLogs & { purpose: string };
      return purpose === this.purpose && Array.isArray(reading.marks) ? reading : undefined;
    } catch {
      return undefined;
    }
  }

  /** Writes what was read, atomically. */
  save(reading: ScannedLogs): void {
    mkdirSync(this.folder, { recursive: true });
    writeWhole(this.path, JSON.stringify({ purpose: this.purpose, ...reading }));
  }
}
