// SPDX-License-Identifier: MIT
// Follows the logs of contracts up to the confirmed block, for all who want to know of them. What is kept of a log is a fact; a fact
// stands as long as its block does. A reorganisation is noticed by the hashes of blocks that were read up to, however deep it is.

import { getAddress, type Log } from "ethers";
import { RangeSize, readParts, type Blocks } from "../../sdk/rpc/logs";
import type { PatientProvider } from "../rpc";
import type { Telemetry } from "../telemetry";
import type { Checkpoint, Fact, Mark } from "./checkpoint";
import type { ChainView } from "./head";

/** How a long past is read: ranges that most nodes answer at all, and in time; several at once. */
const READING = { first: 10_000, most: 10_000, atOnce: 8 } as const;

/** Blocks that are read again with those after them: a node that lags behind the one that named the head shows fewer logs, and no error. */
export const LAG = 64;

/** Milliseconds between two writings of the checkpoint at least, and the part of the time that they may take. */
const [SAVING, SHARE] = [15_000, 0.02];

/** Marks that are kept while nothing becomes final. */
const MOST_MARKS = 512;

/** Whoever wants to know of events. */
export interface LogSubject<Kept extends Fact> {
  /** Of what is kept, in the checkpoint. */
  readonly name: string;
  readonly addresses: readonly string[];
  /** Hashes of the events' signatures. */
  readonly events: readonly string[];
  /** What is kept of a log of these addresses and events; undefined of one that does not matter. */
  read(log: Log): Kept | undefined;
  /** Takes what was read, in the order in which it was. */
  apply(fact: Kept): void;
  /** Forgets all facts: those that stand are told again. */
  clear(): void;
  /** Told of facts that a reorganisation has undone and that have not come again. */
  undone(facts: readonly Kept[]): void;
}

interface Followed {
  readonly subject: LogSubject<Fact>;
  facts: Fact[];
  /** What a reorganisation has taken, until it is known whether it has come again. */
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

  /** Blocks that are confirmed and not read yet; undefined before the chain has been looked at. */
  get behind(): number | undefined {
    if (this.target === undefined) return undefined;
    return this.followed.length === 0 ? 0 : Math.max(0, this.target - this.block);
  }

  /** Whether more was read than a view shows: then it is that of a node which lags behind, and what it says of now is over. */
  isAheadOf({ confirmed }: Pick<ChainView, "confirmed">): boolean {
    return this.marks.length > 0 && confirmed < this.block;
  }

  /** What makes one reading differ from another. */
  get purpose(): readonly unknown[] {
    return [
      this.fromBlock,
      ...this.followed.map(({ subject: { name, addresses, events } }) => [name, addresses, events]),
    ];
  }

  /** Begins to follow. The function that is answered keeps a fact that was found out about one that is followed. */
  follow<Kept extends Fact>(subject: LogSubject<Kept>): (fact: Kept) => void {
    const addresses = subject.addresses.map(getAddress); // as logs have them
    const followed: Followed = {
      subject: { ...subject, addresses } as unknown as LogSubject<Fact>,
      facts: [],
      taken: [],
    };
    this.followed.push(followed);
    return (fact) => this.keep(followed, fact);
  }

  /** Goes on from a checkpoint, once everything is followed that will be. */
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

  /** Reads up to the confirmed block. What was read stays read when it fails in between. */
  async advance({ confirmed, final }: ChainView): Promise<void> {
    this.target = confirmed;
    if (this.followed.length === 0) return;
    if (!(await this.anchor(confirmed))) return;
    // Its hash is asked for first of all: a reorganisation before that is noticed now by the marks, one after it next time by this hash.
    let last;
    do last = confirmed > this.block ? await this.provider.blockAt(confirmed) : undefined;
    while (await this.rewind());
    if (!last?.hash) return; // nothing new, or a node that lags behind
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

  /** The first block is always marked: by it another chain with the same addresses is noticed. */
  private async anchor(confirmed: number): Promise<boolean> {
    if (this.marks.length > 0) return true;
    if (confirmed < this.fromBlock) return false;
    const first = await this.provider.blockAt(this.fromBlock);
    if (first?.hash) this.marks = [{ block: this.fromBlock, hash: first.hash }];
    return this.marks.length > 0;
  }

  /**
   * Goes back to the last block that is still in the chain, if a later one is not; answers whether it has. That a node has not got a block
   * proves nothing.
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

  /** What the new chain lacks where the old one had it; nothing is known yet about later blocks. */
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

  /** In the middle of a long reading, where nothing is undone any more: with a mark, so that another chain with the same addresses is noticed. */
  private async save(block: number): Promise<void> {
    const found = await this.provider.getBlock(block);
    if (!found?.hash) return;
    this.mark({ block, hash: found.hash }, block);
    this.write();
  }

  /** The chain has it all: a disk that is full stops nothing. */
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

/** A fact apart from the block that it is in. */
function identityOf(fact: Fact): string {
  return JSON.stringify({ ...fact, block: 0 });
}
