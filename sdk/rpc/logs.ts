import type { TypedContractEvent, TypedDeferredTopicFilter, TypedEventLog } from "../client/contracts.ts";
import { isLimit } from "./answers.ts";

/** A range of blocks, including both ends. */
export interface Blocks {
  readonly from: number;
  readonly to: number;
}

/** The logs in one part of a range. */
export interface LogPart<T> extends Blocks {
  readonly logs: readonly T[];
}

/** How a range is read. */
export interface LogReading {
  /** The number of parts requested at the same time; 1 by default. */
  readonly atOnce?: number;
  /** The number of blocks in the first part; the whole range by default. */
  readonly first?: number;
  /** The most blocks in a part; unlimited by default. */
  readonly most?: number;
  /** The number of logs that a part should not exceed; unlimited by default. If it does, the next parts are shorter. */
  readonly logs?: number;
}

/** The number of successive answers after which a longer part is tried, and after which a refusal is forgotten. */
const [GROWTH, MEMORY] = [4, 400];

/**
 * The number of blocks to request at once. After a refusal it is halved, then it gradually grows again to what the node answers. Reusing
 * the
 * object for the next range saves the search.
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

  /** Returns the first part of a range that should be requested. */
  partOf({ from, to }: Blocks): Blocks {
    return { from, to: Math.min(from + this.length - 1, to) };
  }

  /** Records that a part was answered with this number of logs. */
  grow({ from, to }: Blocks, logs: number): void {
    this.answered++;
    if (this.answered % MEMORY === 0) this.refused = Infinity;
    if (logs > this.logs) this.length = Math.min(this.length, Math.ceil(((to - from + 1) * this.logs) / logs));
    // A part of twice the length may have twice as many logs.
    if (this.answered % GROWTH !== 0 || 2 * logs > this.logs) return;
    const wanted = this.refused === Infinity ? 2 * this.length : Math.floor((this.length + this.refused) / 2);
    this.length = Math.min(wanted, Math.max(this.most, this.length));
  }

  /**
   * Records that a node refused a part as too large. If several parts were in flight, the first refusal counts, and later ones of smaller
   * parts.
   */
  shrink({ from, to }: Blocks): void {
    const size = to - from + 1;
    this.answered = 0;
    if (size > this.length) return;
    this.refused = size;
    this.length = Math.ceil(size / 2);
  }
}

/**
 * Yields the results of a query over a range of blocks, part by part in the order of the chain, while later parts are already requested. If
 * a
 * node refuses the number of blocks or logs, smaller parts are requested. Throws at once on any other failure, and on a limit that a single
 * block exceeds.
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
    // Answers that wait for an earlier one are limited as well. The part that they wait for is requested first.
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

/** Returns the logs that a query finds in a range of blocks, in the order of the chain. See {@link readParts}. */
export async function readLogs<T>(blocks: Blocks, query: (part: Blocks) => Promise<readonly T[]>): Promise<T[]> {
  const found: T[] = [];
  for await (const { logs } of readParts(blocks, query)) for (const log of logs) found.push(log);
  return found;
}

interface Emitter<Event extends TypedContractEvent> {
  queryFilter(filter: TypedDeferredTopicFilter<Event>, from: number, to: number): Promise<TypedEventLog<Event>[]>;
}

/** Returns the events of a contract in a range of blocks that match a filter. See {@link readLogs}. */
export async function readEvents<Event extends TypedContractEvent>(
  blocks: Blocks,
  contract: Emitter<Event>,
  filter: TypedDeferredTopicFilter<Event>,
): Promise<TypedEventLog<Event>[]> {
  return readLogs(blocks, async ({ from, to }) => contract.queryFilter(filter, from, to));
}
