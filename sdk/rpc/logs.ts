import type { TypedContractEvent, TypedDeferredTopicFilter, TypedEventLog } from "../client/contracts.ts";
import { isLimit } from "./answers.ts";

/** Blocks from one to another, both included. */
export interface Blocks {
  readonly from: number;
  readonly to: number;
}

/** What a query found in a part of a range. */
export interface LogPart<T> extends Blocks {
  readonly logs: readonly T[];
}

/** How a range is read. */
export interface LogReading {
  /** How many parts are asked for at a time; one by default. */
  readonly atOnce?: number;
  /** Blocks of the first part; by default the whole range. */
  readonly first?: number;
  /** Most blocks of a part; unlimited by default. */
  readonly most?: number;
  /** Logs that a part should have at most: of more, shorter parts follow; unlimited by default. */
  readonly logs?: number;
}

/** Parts in a row that were answered, after which a longer one is tried; and after which a refusal is forgotten. */
const [GROWTH, MEMORY] = [4, 400];

/**
 * How many blocks are requested at once: half of what a node refuses, then gradually as many as it answers. Kept from one range to the
 * next, it saves the search.
 */
export class RangeSize {
  private refused = Infinity;
  private answered = 0;
  private length: number;
  private readonly most: number;
  private readonly logs: number;
  readonly atOnce: number;

  constructor({ first = Infinity, most = Infinity, logs = Infinity, atOnce = 1 }: LogReading = {}) {
    [this.length, this.most, this.logs, this.atOnce] = [first, most, logs, atOnce];
  }

  /** The first part of a range that is worth asking for. */
  partOf({ from, to }: Blocks): Blocks {
    return { from, to: Math.min(from + this.length - 1, to) };
  }

  /** A part was answered, with so many logs. */
  grow({ from, to }: Blocks, logs: number): void {
    this.answered++;
    if (this.answered % MEMORY === 0) this.refused = Infinity;
    if (logs > this.logs) this.length = Math.min(this.length, Math.ceil(((to - from + 1) * this.logs) / logs));
    // One of twice the length may have twice as many.
    if (this.answered % GROWTH !== 0 || 2 * logs > this.logs) return;
    const wanted = this.refused === Infinity ? 2 * this.length : Math.floor((this.length + this.refused) / 2);
    this.length = Math.min(wanted, Math.max(this.most, this.length));
  }

  /** A node wants to be asked for less than this. Of several parts under way the first refusal counts, and smaller ones. */
  shrink({ from, to }: Blocks): void {
    const size = to - from + 1;
    this.answered = 0;
    if (size > this.length) return;
    this.refused = size;
    this.length = Math.ceil(size / 2);
  }
}

/**
 * The results of a query over a range of blocks, part by part in the order of the chain, while later parts are already requested. A node
 * that refuses so many blocks or logs is asked for less. An error for a single block is thrown, and so is every failure that is not a
 * limit, at once.
 */
export async function* readParts<T>(
  blocks: Blocks,
  query: (part: Blocks) => Promise<readonly T[]>,
  size = new RangeSize(),
): AsyncGenerator<LogPart<T>> {
  const open: Blocks[] = blocks.from <= blocks.to ? [blocks] : [];
  const answers = new Map<number, LogPart<T>>();
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];

  const ask = async (part: Blocks): Promise<void> => {
    try {
      const logs = await query(part);
      answers.set(part.from, { ...part, logs });
      size.grow(part, logs.length);
    } catch (error) {
      if (!isLimit(error) || part.from === part.to) failures.push(error);
      size.shrink(part);
      open.push(part);
      open.sort((a, b) => a.from - b.from);
    }
  };
  const start = () => {
    const next = open.shift() as Blocks;
    const part = size.partOf(next);
    if (part.to < next.to) open.unshift({ from: part.to + 1, to: next.to });
    const asking: Promise<void> = ask(part).finally(() => underWay.delete(asking));
    underWay.add(asking);
  };

  for (let { from } = blocks; from <= blocks.to;) {
    // Answers that wait for an earlier one are bounded too: it is asked for first.
    while (open.length > 0 && underWay.size < size.atOnce && (answers.size < size.atOnce || open[0]?.from === from))
      start();
    await Promise.race(underWay);
    if (failures.length > 0) throw failures[0];
    for (let part = answers.get(from); part; part = answers.get(from)) {
      answers.delete(from);
      from = part.to + 1;
      yield part;
    }
  }
}

/** What a query for logs finds in a range of blocks, in the order of the chain: all of {@link readParts}. */
export async function readLogs<T>(blocks: Blocks, query: (part: Blocks) => Promise<readonly T[]>): Promise<T[]> {
  const found: T[] = [];
  for await (const { logs } of readParts(blocks, query)) for (const log of logs) found.push(log);
  return found;
}

interface Emitter<Event extends TypedContractEvent> {
  queryFilter(filter: TypedDeferredTopicFilter<Event>, from: number, to: number): Promise<TypedEventLog<Event>[]>;
}

/** The events of a contract in a range of blocks: {@link readLogs} of a filter. */
export async function readEvents<Event extends TypedContractEvent>(
  blocks: Blocks,
  contract: Emitter<Event>,
  filter: TypedDeferredTopicFilter<Event>,
): Promise<TypedEventLog<Event>[]> {
  return readLogs(blocks, async ({ from, to }) => contract.queryFilter(filter, from, to));
}
