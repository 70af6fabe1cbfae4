// A journal of what a chain in this process has mined, so that a later process can mine the same blocks: Hardhat's chain keeps nothing when
// it ends.

import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import { Problem } from "../../sdk/base/problem";

/** How a chain began. */
export interface Origin {
  readonly kind: "origin";
  /** Identifies the chain to deployments. */
  readonly instanceId: string;
  /** Time of the first block, in seconds since 1970. */
  readonly time: number;
}

/** A block, with everything that its hash depends on. */
export interface MinedBlock {
  readonly kind: "block";
  readonly number: number;
  readonly hash: string;
  readonly time: number;
  readonly prevRandao: string;
  /** Signed transactions, in their order. */
  readonly transactions: readonly string[];
}

/** A balance that was set, as deployments do on development chains. */
export interface GivenBalance {
  readonly kind: "balance";
  readonly params: readonly unknown[];
}

/** Something that happened to a chain. */
export type ChainEntry = MinedBlock | GivenBalance;

/** A chain's journal file. */
export class ChainJournal {
  constructor(private readonly file: string) {}

  /** Returns what was kept; undefined if no chain has begun. An incomplete last line, as after a power failure, is removed. */
  read(): { readonly origin: Origin; readonly entries: readonly ChainEntry[] } | undefined {
    if (!existsSync(this.file)) return undefined;
    const text = readFileSync(this.file, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole.length < text.length) truncateSync(this.file, Buffer.byteLength(whole));
    if (whole === "") return undefined;
    try {
      const [origin, ...entries] = whole
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Origin | ChainEntry);
      if (origin?.kind === "origin" && entries.every((each): each is ChainEntry => each.kind !== "origin"))
        return { origin, entries };
    } catch {
      // reported below
    }
    throw new Problem("BAD_FILE", `${this.file} is no journal of a chain: delete its folder to start over.`);
  }

  /** Appends what happened. */
  append(entry: Origin | ChainEntry): void {
    mkdirSync(dirname(this.file), { recursive: true });
    appendFileSync(this.file, `${JSON.stringify(entry)}\n`);
  }
}
