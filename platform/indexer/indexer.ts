// Follows the chain and keeps its tables up to date. Nothing else writes to them.

import { DrizzleQueryError, sql } from "drizzle-orm";
import type { DeploymentAddresses } from "../../sdk/client/deployment";
import { printed } from "../../sdk/base/printed";
import { Problem } from "../../sdk/base/problem";
import { sleep } from "../../sdk/base/rest";
import { isUnanswered } from "../../sdk/rpc/answers";
import { RangeSize, readParts } from "../../sdk/rpc/logs";
import { lookUntil } from "../../sdk/rpc/looks";
import { rowsOf, type Database } from "../store/database";
import type { Store, Writer } from "../store/open";
import * as tables from "../store/tables/chain";
import { Batch } from "./batch";
import { ChainSource, type BlockHeader, type IndexedEvent } from "./source";
import { decodeState, emptyIndex, type IndexState } from "./state";
import { rewind, writeBatch, writePosition, writeSnapshot, type Position } from "./write";

/** What an indexer reports about its work. */
export type IndexerNews =
  | { readonly kind: "indexed"; readonly block: number; readonly events: number }
  | { readonly kind: "reorganisation"; readonly from: number; readonly to: number }
  | { readonly kind: "waiting"; readonly reason: string };

/** What an indexer is opened with. */
export interface IndexerOptions {
  readonly store: Store;
  /** Address of a node, or several separated by commas; their credentials are never shown. */
  readonly url: string;
  readonly deployment: DeploymentAddresses;
  /** Milliseconds between two checks of the chain's head; 1,000 by default. */
  readonly pollMilliseconds?: number;
  readonly onNews?: (news: IndexerNews) => void;
  /** Ends all waiting. */
  readonly signal?: AbortSignal;
}

/** The number of blocks below the head that are read one by one, by hash; earlier ones are read in ranges. */
const TIP = 64;

/** The most blocks of the tip that are read at once. */
const TIP_AT_ONCE = 16;

/** How ranges of the past are read: small enough that one answer does not block other work in the same process. */
const READING = { first: 20, most: 2_000, logs: 250, atOnce: 2 } as const;

/** Events in one database transaction, more only if a single block has more: readers of an embedded store wait for the transaction. */
const EVENTS = 200;

/**
 * Pause after each write, as a multiple of its time. An embedded database serves one request at a time, so half of its time is left to
 * readers.
 */
const REST = 1;

/** The fewest blocks between two snapshots at the tip, and events between two in the past. */
const [SNAPSHOT_BLOCKS, SNAPSHOT_EVENTS] = [8, 50_000];

/** Milliseconds to wait after the node fails. */
const PAUSE = 2_000;

/** The lock that an indexer holds on its database while it works. */
const WRITER = "hokusai indexer";

/** Keeps the chain's tables in a database. */
export class Indexer {
  private state: IndexState = emptyIndex();
  private position: Position = { number: -1, hash: "", time: 0 };
  /** Events since the last snapshot, and the block of that snapshot. */
  private unsaved = { events: 0, block: 0 };
  /** Memory and database may differ, because a transaction failed. */
  private isDoubtful = true;
  private readonly size = new RangeSize(READING);

  private constructor(
    private readonly source: ChainSource,
    /** Undefined while its connection is lost. */
    private writer: Writer | undefined,
    private readonly contracts: ReadonlyMap<string, string>,
    private readonly options: IndexerOptions,
  ) {}

  /**
   * Becomes the database's writer and continues where the last one stopped, even on another machine.
   * @throws {Problem} `BUSY` while another indexer writes, `CONFLICT` if the database belongs to another deployment, `WRONG_CHAIN` if the
   * node serves another chain.
   */
  static async open(options: IndexerOptions): Promise<Indexer> {
    const { store, url, deployment, signal } = options;
    const source = await ChainSource.open(url, deployment, signal);
    const writer = await becomeWriterOf(store);
    try {
      const contracts = new Map(
        Object.entries(deployment.contracts).map(([name, address]) => [address.toLowerCase(), name]),
      );
      const indexer = new Indexer(source, writer, contracts, options);
      await indexer.begin();
      await indexer.restore();
      return indexer;
    } catch (error) {
      await writer.release();
      throw error;
    }
  }

  /** The block at which everything in the tables is true. */
  get block(): number {
    return this.position.number;
  }

  /** Follows the chain until the signal aborts. While a node or the database server fails, it waits and retries. */
  async run(): Promise<void> {
    const { store, signal, onNews, pollMilliseconds = 1_000 } = this.options;
    while (!signal?.aborted) {
      let pause = pollMilliseconds;
      try {
        this.writer ??= await becomeWriterOf(store);
        if (await this.step()) pause = 0;
      } catch (error) {
        if (signal?.aborted) break;
        if (error instanceof DrizzleQueryError) await this.leaveLostConnection(error);
        else if (this.writer && !isUnanswered(error)) throw error;
        onNews?.({ kind: "waiting", reason: (error as Error).message });
        pause = PAUSE;
      }
      if (pause > 0) await sleep(pause, signal).catch(() => undefined); // an abort ends the loop
    }
  }

  /** Reads what is new; returns whether there may be more. */
  async step(): Promise<boolean> {
    if (this.isDoubtful) await this.restore();
    const head = await this.source.head();
    if (await this.hasForked(head)) {
      await this.goBack();
      return true;
    }
    const past = head.number - TIP;
    if (past > this.position.number) await this.readPast(past);
    return this.readTip(head);
  }

  /** Saves the state, so that the next indexer starts here, and lets that one write. */
  async close(): Promise<void> {
    if (this.writer && !this.isDoubtful && this.unsaved.events > 0) await this.saveSnapshot();
    await this.writer?.release();
  }

  /** Throws once the right to write was lost. */
  private get db(): Database {
    if (!this.writer) throw new Error("the connection to the database is lost");
    return this.writer.db;
  }

  /** Gives up a connection that no longer answers; rethrows the query's failure if the connection still does. */
  private async leaveLostConnection(failure: DrizzleQueryError): Promise<void> {
    if (this.options.store.isEmbedded) throw failure;
    const isAlive = await this.db.execute(sql`SELECT 1`).then(
      () => true,
      () => false,
    );
    if (isAlive) throw failure;
    await this.writer?.release();
    this.writer = undefined;
    this.isDoubtful = true; // others may write meanwhile
  }

  private async begin(): Promise<void> {
    const { deployment } = this.options;
    const { chainId, firstBlock, contracts } = deployment;
    const { db } = this;
    const [row] = await db.select().from(tables.chain);
    if (row && (row.chainId !== chainId || row.registry !== contracts.ModelRegistry || row.firstBlock !== firstBlock))
      throw new Problem(
        "CONFLICT",
        `the database has indexed the registry ${printed(row.registry)} on chain ${row.chainId}, but the deployment has ${contracts.ModelRegistry} on chain ${chainId}: use another database.`,
      );
    if (row) return;
    const [base] = await lookUntil(
      (found) => found.length > 0,
      () => this.source.headers({ from: firstBlock - 1, to: firstBlock - 1 }),
    );
    if (!base) throw new Problem("NOT_DEPLOYED", `the node has no block ${firstBlock - 1}: is it of this deployment?`);
    const payoutDelay = await this.source.payoutDelay();
    await db.transaction(async (transaction) => {
      const place = { block: base.number, blockHash: base.hash, blockTime: base.time };
      const registry = contracts.ModelRegistry;
      await transaction.insert(tables.chain).values({ chainId, registry, firstBlock, payoutDelay, ...place });
      await writeSnapshot(transaction, base, emptyIndex());
    });
  }

  /** Returns to the last snapshot. Anything above it was written by a run that did not end cleanly, and is read again. */
  private async restore(): Promise<void> {
    const { db } = this;
    const [row] = await rowsOf<{ block: string }>(db, sql`SELECT max(block)::text AS block FROM snapshots`);
    await this.backTo(Number(row?.block));
  }

  private async backTo(block: number): Promise<void> {
    this.isDoubtful = true;
    await this.db.transaction(async (transaction) => {
      const [row] = await transaction
        .select()
        .from(tables.snapshots)
        .where(sql`block = ${block}`);
      if (!row) throw new Error(`there is no snapshot of block ${block}`);
      this.state = decodeState(row.state);
      this.position = { number: row.block, hash: row.blockHash, time: row.blockTime };
      const [present] = await transaction.select().from(tables.chain);
      if (present?.blockHash !== row.blockHash) await rewind(transaction, this.position, this.present);
    });
    this.unsaved = { events: 0, block };
    this.isDoubtful = false;
  }

  private get present() {
    return { state: this.state, contracts: this.contracts };
  }

  /** Whether the chain has another block at our position. A node without that block proves nothing. */
  private async hasForked(head: BlockHeader): Promise<boolean> {
    const { number, hash } = this.position;
    if (head.number < number) return (await this.lastCommon(head.number)) !== undefined;
    const [present] = await this.source.headers({ from: number, to: number });
    return present !== undefined && present.hash !== hash;
  }

  /**
   * Returns the newest snapshot that is still on the chain if a later one, up to the given block, is not; undefined if none has been
   * replaced.
   */
  private async lastCommon(upTo: number): Promise<number | undefined> {
    const kept = await this.db
      .select({ block: tables.snapshots.block, hash: tables.snapshots.blockHash })
      .from(tables.snapshots)
      .where(sql`block <= ${upTo}`)
      .orderBy(sql`block DESC`);
    let isOther = false;
    for (const { block, hash } of kept) {
      const [present] = await this.source.headers({ from: block, to: block });
      if (present?.hash === hash) return isOther ? block : undefined;
      if (present) isOther = true;
    }
    if (!isOther) return undefined;
    const first = kept.at(-1)?.block ?? 0;
    throw new Problem(
      "WRONG_CHAIN",
      `the chain has another block ${first} than the database: it was started over; use another database, or delete this one.`,
    );
  }

  /** Undoes what a reorganisation has removed. */
  private async goBack(): Promise<void> {
    const before = this.position.number;
    const { number } = await this.source.head();
    const common = (await this.lastCommon(number)) ?? (await this.newestUpTo(Math.min(number, before)));
    await this.backTo(common);
    this.options.onNews?.({ kind: "reorganisation", from: common + 1, to: before });
  }

  private async newestUpTo(block: number): Promise<number> {
    const [row] = await rowsOf<{ block: string }>(
      this.db,
      sql`SELECT max(block)::text AS block FROM snapshots WHERE block <= ${block}`,
    );
    return Number(row?.block);
  }

  private async readPast(to: number): Promise<void> {
    const from = this.position.number + 1;
    for await (const part of readParts({ from, to }, (blocks) => this.source.eventsIn(blocks), this.size)) {
      const [last] = await this.source.headers({ from: part.to, to: part.to });
      if (!last) return; // the node lags behind
      for (const events of inTransactions(part.logs)) {
        const { blockNumber: number, blockHash: hash, time } = events.at(-1) as IndexedEvent;
        const start = performance.now();
        await this.write(events, { number, hash, time });
        if (this.options.store.isEmbedded) await sleep(REST * (performance.now() - start), this.options.signal);
      }
      await this.write([], last);
      if (this.unsaved.events >= SNAPSHOT_EVENTS) await this.saveSnapshot();
      this.options.signal?.throwIfAborted();
    }
    await this.saveSnapshot();
  }

  /** Reads blocks one by one, each the child of the one before; returns whether there may be more. */
  private async readTip(head: BlockHeader): Promise<boolean> {
    const from = this.position.number + 1;
    const to = Math.min(head.number, from + TIP_AT_ONCE - 1);
    if (from > to) return false;
    const headers = await this.source.headers({ from, to });
    const found = await Promise.all(
      headers.map(async (header) => ({ header, events: await this.source.eventsOf(header) })),
    );
    for (const { header, events } of found) {
      if (header.parentHash !== this.position.hash && !(await this.isNext(header))) return true; // reorganised meanwhile
      await this.write(events, header);
    }
    if (this.position.number - this.unsaved.block >= SNAPSHOT_BLOCKS) await this.saveSnapshot();
    return this.position.number < head.number && headers.length > 0;
  }

  /** Whether a block still follows ours although its parent hash differs: development chains that skip blocks link them that way. */
  private async isNext({ number, hash }: BlockHeader): Promise<boolean> {
    const present = await this.source.headers({ from: number - 1, to: number });
    return present[0]?.hash === this.position.hash && present[1]?.hash === hash;
  }

  private async write(events: readonly IndexedEvent[], position: Position): Promise<void> {
    const { onNews } = this.options;
    const created = events.flatMap(({ event: { name, args } }) =>
      name === "ModelCreated" ? String(args["token"]) : [],
    );
    const moved = events.flatMap(({ event, transactionHash }) => (event.name === "ScoreMoved" ? transactionHash : []));
    const names = await this.source.namesOf(created);
    const statements = await this.source.statementsIn([...new Set(moved)]);
    this.isDoubtful = true;
    const batch = new Batch(this.state, { names, statements });
    for (const event of events) batch.take(event);
    await this.db.transaction(async (transaction) => {
      if (events.length > 0) await writeBatch(transaction, batch, this.present);
      await writePosition(transaction, position);
    });
    this.isDoubtful = false;
    this.position = position;
    this.unsaved.events += events.length;
    if (events.length > 0) onNews?.({ kind: "indexed", block: position.number, events: events.length });
  }

  private async saveSnapshot(): Promise<void> {
    await writeSnapshot(this.db, this.position, this.state);
    this.unsaved = { events: 0, block: this.position.number };
  }
}

async function becomeWriterOf(store: Store): Promise<Writer> {
  const writer = await store.becomeWriter(WRITER);
  if (writer) return writer;
  throw new Problem("BUSY", "another process indexes the chain into this database: end it, or use another database.");
}

/** Splits events into groups that end with a block. */
function* inTransactions(events: readonly IndexedEvent[]): Generator<IndexedEvent[]> {
  let group: IndexedEvent[] = [];
  for (const event of events) {
    if (group.length >= EVENTS && group.at(-1)?.blockNumber !== event.blockNumber) {
      yield group;
      group = [];
    }
    group.push(event);
  }
  if (group.length > 0) yield group;
}
