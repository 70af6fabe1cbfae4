import type { TypedContractEvent, TypedDeferredTopicFilter, TypedEventLog } from "../../.build/typechain/common";
import { isRefusal } from "./answers";

/** Blocks from one to another, both included. */
export interface Blocks {
  readonly from: number;
  readonly to: number;
}

/**
 * What a query for logs finds in a range of blocks, in the order of the chain. All of it is asked for at once. An endpoint that
 * refuses so many blocks, or so many logs, is asked for half of them, and from then on for as few; what one block alone is refused
 * for is thrown, and so is at once every failure that is no answer.
 */
export async function readLogs<T>(blocks: Blocks, query: (part: Blocks) => Promise<readonly T[]>): Promise<T[]> {
  const found: T[] = [];
  let length = Infinity;
  for (let { from } = blocks; from <= blocks.to;) {
    const to = Math.min(from + length - 1, blocks.to);
    try {
      for (const log of await query({ from, to })) found.push(log);
      from = to + 1;
    } catch (error) {
      if (!isRefusal(error) || from === to) throw error;
      length = Math.ceil((to - from + 1) / 2);
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
