// SPDX-License-Identifier: MIT
// What the fee account has spent today. The chain knows: nothing has to be kept for a limit to hold across restarts and instances.

import type { ChainView } from "../chain/head";
import { Unsettled, type PatientProvider } from "../rpc";
import type { FeePayments } from "./payments";

const SECONDS_PER_DAY = 86_400n;

/** Sums what an account has deposited, up to the confirmed block, in the UTC day of the latest block. */
export class DaySpending {
  /** The UTC day as a number since 1970, and its first block. */
  private day: { readonly number: bigint; readonly first: number } | undefined;

  constructor(
    private readonly provider: PatientProvider,
    private readonly payments: FeePayments,
    private readonly fromBlock: number,
  ) {}

  /** Reads what was deposited today in reserve units, whoever sent the transactions. */
  async read({ confirmed, final, time }: ChainView): Promise<bigint> {
    const number = time / SECONDS_PER_DAY;
    const begin = number * SECONDS_PER_DAY;
    const isKnown =
      this.day?.number === number && (this.day.first <= final || (await this.isFirst(this.day.first, begin)));
    if (!isKnown || this.day === undefined) this.day = { number, first: await this.firstOf(begin, confirmed) };
    return this.payments.spentFrom(this.day.first);
  }

  /** Whether a block is still the day's first; a reorganisation can change that until the block is final. */
  private async isFirst(block: number, time: bigint): Promise<boolean> {
    const [before, found] = await Promise.all([block - 1, block].map(async (number) => this.provider.blockAt(number)));
    return found !== null && BigInt(found?.timestamp ?? 0) >= time && BigInt(before?.timestamp ?? 0) < time;
  }

  /** The first block, up to `last`, at a time or later; `last + 1` if there is none. */
  private async firstOf(time: bigint, last: number): Promise<number> {
    let [low, high] = [Math.min(this.fromBlock, last + 1), last + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const block = await this.provider.blockAt(middle);
      if (!block) throw new Unsettled(`the node has had block ${last}, and has not got block ${middle}`);
      if (BigInt(block.timestamp) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
