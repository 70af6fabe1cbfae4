import type { TypedContractEvent, TypedDeferredTopicFilter, TypedEventLog } from "../client/contracts.ts";
import { isLimit } from "./answers.ts";

/** Blocks from one to another, both included. */
export interface Blocks {
  readonly from: number;
  readonly to: number;
}

/** Parts in a row that were answered, after which a longer one is tried; and after which a refusal is forgotten. */
const [GROWTH, MEMORY] = [4, 100];

/**
 * What a query for logs finds in a range of blocks, in the order of the chain. All of it is asked for at once. A node that refuses so
 * many blocks, or so many logs, is asked for half of them; then for as many as it answers, which is found out by and by. What one
 * block alone is refused for is thrown, and so is at once every failure that is no limit.
 */
export async function readLogs<T>(blocks: Blocks, query: (part: Blocks) => Promise<readonly T[]>): Promise<T[]> {
  const found: T[] = [];
  let [length, refused, answered] = [Infinity, Infinity, 0];
  for (let { from } = blocks; from <= blocks.to;) {
    const to = Math.min(from + length - 1, blocks.to);
    try {
      for (const log of await query({ from, to })) found.push(log);
      from = to + 1;
      answered++;
      if (answered % MEMORY === 0) refused = Infinity;
      if (answered % GROWTH === 0) length = refused === Infinity ? 2 * length : Math.floor((length + refused) / 2);
    } catch (error) {
      if (!isLimit(error) || from === to) throw error;
      refused = to - from + 1;
      length = Math.ceil(refused / 2);
      answered = 0;
    }
  }
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
