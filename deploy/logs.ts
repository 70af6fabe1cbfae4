import { isOutage } from "./rpc";

/**
 * What a query for logs finds on the whole chain. It is asked for at once; an endpoint that refuses so wide a range of blocks is
 * asked for halves of it, until it answers. `query` gets the first and the last block, `height` tells the latest one.
 */
export async function wholeChain<T>(
  query: (from: number, to: number | "latest") => Promise<readonly T[]>,
  height: () => Promise<number>,
): Promise<T[]> {
  const found: T[] = [];
  let [last, length] = [Infinity, Infinity];
  for (let from = 0; ;) {
    const to = from + length > last || length === Infinity ? "latest" : from + length - 1;
    try {
      for (const log of await query(from, to)) found.push(log);
      if (to === "latest") return found;
      from = to + 1;
    } catch (error) {
      if (isOutage(error) || length === 1) throw error;
      if (last === Infinity) last = await height();
      length = Math.ceil(Math.min(length, last - from + 1) / 2);
    }
  }
}
