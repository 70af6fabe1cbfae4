// SPDX-License-Identifier: MIT
// Follows the logs of contracts up to the confirmed block, for all who want to know of them. What is kept of a log is a fact; a fact
// stands as long as its block does. A reorganisation is noticed by the hashes of blocks that were read up to, however deep it is.

import { getAddress, type Log } from "ethers";
import { RangeSize, readParts, type Blocks } from "../../sdk/rpc/logs";
import type { PatientProvider } from "../rpc";
import type { Telemetry } from "../telemetry";
import type { Checkpoint, Fact, Mark } from "./checkpoint";
import type { ChainView } from "./head";

/** How a long history is read: in ranges that most nodes answer in time, several at once. */
const READING = { first: 10_000, most: 10_000, atOnce: 8 } as const;

/**
 * Blocks that are read again together with those after them. A node that lags behind the one that reported the head returns fewer logs,
 * without an error.
 */
export const LAG = 64;

/** The least time in milliseconds between two writes of the checkpoint, and the largest share of the time that they may take. */
const [SAVING, SHARE] = [15_000, 0.02];

/** The most marks that are kept while no block becomes final. */
const MOST_MARKS = 512;

/** A subscriber to events. */
export interface LogSubject<Kept extends Fact> {
  /** Names the subscriber's facts in the checkpoint. */
  readonly name: string;
  readonly addresses: readonly string[];
  /** Hashes of the events' signatures. */
  readonly events: readonly string[];
  /** Returns what to keep about a log of these addresses and events; undefined if the log does not matter. */
  read(log: Log): Kept | undefined;
  /** Takes a fact, in the order in which facts were read. */
  apply(fact: Kept): void;
  /** Forgets all facts; those that still hold are applied again. */
  clear(): void;
  /** Called with facts that a reorganisation has undone and that have not recurred. */
  undone(facts: readonly Kept[]): void;
}

interface Followed {
  readonly subject: LogSubject<Fact>;
  facts: Fact[];
  /** Facts that a reorganisation has removed, until it is known whether they recur. */
  taken: Fact[];
}

/** Reads each block's logs once for all subjects. */
export class Follower {
  private readonly followed: Followed[] = [];
  private readonly size = new RangeSize(READING);
  private checkpoint: Checkpoint | undefined;
  private block: number;
  private marks: Mark[] = [];
  private recent = new Map<string, number>();
  private saveAfter = Date.now() + SAVING;
  private wasCaughtUp = false;
  private isSaved = true;
  private target: number | undefined;

  constructor(
    private readonly provider: PatientProvider,
    private readonly fromBlock: number,
    private readonly telemetry: Telemetry,
  ) {
    this.block = fromBlock - 1;
  }

  /** The last block that was read. */
  get readUpTo(): number {
    return this.block;
  }

  /** Number of confirmed blocks that are not read yet; undefined before the chain was first examined. */
  get behind(): number | undefined {
    if (this.target === undefined) return undefined;
    return this.followed.length === 0 ? 0 : Math.max(0, this.target - this.block);
  }

  /** Whether logs were read beyond what a view shows. The view is then from a node that lags behind, and out of date. */
  isAheadOf({ confirmed }: Pick<ChainView, "confirmed">): boolean {
    return this.marks.length > 0 && confirmed < this.block;
  }

  /** What distinguishes one follower's content from another's. */
  get purpose(): readonly unknown[] {
    return [
      this.fromBlock,
      ...this.followed.map(({ subject: { name, addresses, events } }) => [name, addresses, events]),
    ];
  }

  /** Follows a subject. The returned function keeps a further fact that was found out about an event of the subject. */
  follow<Kept extends Fact>(subject: LogSubject<Kept>): (fact: Kept) => void {
    const addresses = subject.addresses.map(getAddress); // in the form that logs have
    const followed: Followed = {
      subject: { ...subject, addresses } as unknown as LogSubject<Fact>,
      facts: [],
      taken: [],
    };
    this.followed.push(followed);
    return (fact) => this.keep(followed, fact);
  }

  /** Continues from a checkpoint. To be called once all subjects are followed. */
  resume(checkpoint: Checkpoint): void {
    this.checkpoint = checkpoint;
    const reading = checkpoint.load();
    if (reading === undefined || this.followed.length === 0) return;
    [this.block, this.marks, this.recent] = [reading.block, [...reading.marks], new Map(reading.recent)];
    for (const followed of this.followed) {
      for (const fact of reading.facts[followed.subject.name] ?? []) this.keep(followed, fact);
    }
    this.isSaved = true;
    this.telemetry.log("info", "read from the checkpoint", { block: this.block });
  }

  /** Reads up to the confirmed block. If this fails midway, what was read is kept. */
  async advance({ confirmed, final }: ChainView): Promise<void> {
    this.target = confirmed;
    if (this.followed.length === 0) return;
    if (!(await this.anchor(confirmed))) return;
    // The confirmed block's hash is read first. A reorganisation before that shows now in the marks; one after it shows next time in this
    // hash.
    let last;
    do last = confirmed > this.block ? await this.provider.blockAt(confirmed) : undefined;
    while (await this.rewind());
    if (!last?.hash) return; // nothing new, or the node lags behind
    const from = Math.max(this.fromBlock, this.block + 1 - LAG);
    for await (const part of readParts({ from, to: confirmed }, async (blocks) => this.logsIn(blocks), this.size)) {
      this.take(part.logs, part.to);
      if (part.to <= final && this.isDue()) await this.save(part.to);
    }
    this.mark({ block: confirmed, hash: last.hash }, final);
    this.tellUndone();
    if (!this.wasCaughtUp || this.isDue()) this.write();
    this.wasCaughtUp = true;
  }

  /** Writes what is not on disk yet. */
  close(): void {
    if (!this.isSaved) this.write();
  }

  private keep(followed: Followed, fact: Fact): void {
    followed.facts.push(fact);
    followed.subject.apply(fact);
    this.isSaved = false;
  }

  private async logsIn({ from, to }: Blocks): Promise<Log[]> {
    const address = [...new Set(this.followed.flatMap(({ subject }) => subject.addresses))];
    const topics = [[...new Set(this.followed.flatMap(({ subject }) => subject.events))]];
    return this.provider.getLogs({ fromBlock: from, toBlock: to, address, topics });
  }

  private take(logs: readonly Log[], upTo: number): void {
    for (const log of logs) {
      const name = `${log.transactionHash} ${log.index}`;
      if (this.recent.has(name)) continue;
      this.recent.set(name, log.blockNumber);
      for (const followed of this.followed) {
        const { addresses, events } = followed.subject;
        if (!addresses.includes(log.address) || !events.includes(log.topics[0] as string)) continue;
        const fact = followed.subject.read(log);
        if (fact) this.keep(followed, fact);
      }
    }
    this.block = Math.max(this.block, upTo);
    for (const [name, block] of this.recent) if (block <= this.block - LAG) this.recent.delete(name);
    this.telemetry.set("scanned_block", this.block);
  }

  private mark(mark: Mark, final: number): void {
    const [anchor, ...past] = this.marks.filter(({ block }) => block < mark.block);
    const firm = past.filter(({ block }) => block <= final).at(-1);
    const open = past.filter(({ block }) => block > final).slice(-MOST_MARKS);
    this.marks = [...(anchor ? [anchor] : []), ...(firm ? [firm] : []), ...open, mark];
    this.isSaved = false;
  }

  /** Marks the first block, which reveals another chain that has the same addresses. */
  private async anchor(confirmed: number): Promise<boolean> {
    if (this.marks.length > 0) return true;
    if (confirmed < this.fromBlock) return false;
    const first = await this.provider.blockAt(this.fromBlock);
    if (first?.hash) this.marks = [{ block: this.fromBlock, hash: first.hash }];
    return this.marks.length > 0;
  }

  /**
   * Returns to the last marked block that is still on the chain, if a later one is not; returns whether it did. A block that the node does
   * not have proves nothing.
   */
  private async rewind(): Promise<boolean> {
    let common = -1;
    let isOther = false;
    for (const [index, mark] of [...this.marks.entries()].reverse()) {
      const block = await this.provider.getBlock(mark.block);
      if (block?.hash === mark.hash) {
        common = index;
        break;
      }
      if (block !== null) isOther = true;
    }
    if (!isOther) return false;
    const before = this.block;
    this.block = this.marks[common]?.block ?? this.fromBlock - 1;
    this.marks = this.marks.slice(0, common + 1);
    for (const [name, block] of this.recent) if (block > this.block) this.recent.delete(name);
    this.telemetry.count("reorgs_total");
    const fields = { from: this.block + 1, to: before };
    this.telemetry.log("warn", "reorganisation deeper than the confirmations", fields);
    for (const followed of this.followed) {
      const { subject, facts } = followed;
      followed.taken.push(...facts.filter(({ block }) => block > this.block));
      followed.facts = facts.filter(({ block }) => block <= this.block);
      subject.clear();
      for (const fact of followed.facts) subject.apply(fact);
    }
    this.isSaved = false;
    return true;
  }

  /** Reports facts that the new chain lacks. Facts in blocks that are not read yet must wait. */
  private tellUndone(): void {
    for (const followed of this.followed.filter(({ taken }) => taken.length > 0)) {
      const present = new Set(followed.facts.map(identityOf));
      const judged = followed.taken.filter(({ block }) => block <= this.block);
      followed.taken = followed.taken.filter(({ block }) => block > this.block);
      const undone = judged.filter((fact) => !present.has(identityOf(fact)));
      if (undone.length > 0) followed.subject.undone(undone);
    }
  }

  private isDue(): boolean {
    return !this.isSaved && Date.now() >= this.saveAfter;
  }

  /** Saves in the middle of a long history, up to a final block. The block is marked, to reveal another chain with the same addresses. */
  private async save(block: number): Promise<void> {
    const found = await this.provider.getBlock(block);
    if (!found?.hash) return;
    this.mark({ block, hash: found.hash }, block);
    this.write();
  }

  /** Writes the checkpoint. A failure, such as a full disk, is only logged, because everything can be read from the chain again. */
  private write(): void {
    const begin = Date.now();
    try {
      const facts = Object.fromEntries(this.followed.map(({ subject, facts: kept }) => [subject.name, kept]));
      this.checkpoint?.save({ block: this.block, marks: this.marks, recent: [...this.recent], facts });
      this.isSaved = true;
    } catch (error) {
      this.telemetry.log("warn", "checkpoint not written", { reason: (error as Error).message });
    }
    const end = Date.now();
    this.saveAfter = end + Math.max(SAVING, (end - begin) / SHARE);
  }
}

/** A fact without its block, because it may recur in another one. */
function identityOf(fact: Fact): string {
  return JSON.stringify({ ...fact, block: 0 });
}
