// SPDX-License-Identifier: MIT
// What the fee account has spent today. The chain knows: nothing has to be kept for a limit to hold across restarts and instances.

import type { UsageFeeRouter } from "../../.build/typechain";
import type { PatientProvider } from "../rpc";
import type { ChainView } from "./duty";

const SECONDS_PER_DAY = 86_400n;

interface Day {
  /** Number of the day since 1970, in UTC. */
  readonly number: bigint;
  /** The last block that was read, and its hash. */
  readonly last: { readonly block: number; readonly hash: string };
  /** Reserve units deposited from the day's first block to the last that was read. */
  readonly spent: bigint;
}

/** Sums what an account has deposited in the UTC day of the latest block, up to the confirmed block. */
export class DaySpending {
  private day: Day | undefined;

  constructor(
    private readonly provider: PatientProvider,
    private readonly router: UsageFeeRouter,
    private readonly account: string,
    private readonly fromBlock: number,
  ) {}

  /** Reserve units deposited today, whoever sent the transactions; undefined while the chain does not have the confirmed block. */
  async read({ confirmed, time }: ChainView): Promise<bigint | undefined> {
    const number = time / SECONDS_PER_DAY;
    const last = await this.provider.getBlock(Math.max(confirmed, 0));
    if (!last?.hash) return undefined;
    const known = await this.known(number);
    if (known && known.last.block >= last.number) return known.spent;
    const from = known ? known.last.block + 1 : await this.firstOf(number * SECONDS_PER_DAY, last.number);
    const spent = (known?.spent ?? 0n) + (from > last.number ? 0n : await this.deposited(from, last.number));
    this.day = { number, last: { block: last.number, hash: last.hash }, spent };
    return spent;
  }

  /** What is known of a day, unless a reorganisation has undone it. */
  private async known(number: bigint): Promise<Day | undefined> {
    if (this.day?.number !== number) return undefined;
    const { block, hash } = this.day.last;
    return (await this.provider.getBlock(block))?.hash === hash ? this.day : undefined;
  }

  /** The first block of a time or later, up to `last`; the one after `last` when there is none. */
  private async firstOf(time: bigint, last: number): Promise<number> {
    let [low, high] = [Math.min(this.fromBlock, last + 1), last + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const block = await this.provider.getBlock(middle);
      if (!block) throw new Error(`the node has block ${last}, but not block ${middle}`);
      if (BigInt(block.timestamp) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private async deposited(from: number, to: number): Promise<bigint> {
    const { interface: router, target } = this.router;
    const topics = router.encodeFilterTopics("FeeDeposited", [null, this.account]) as (string | null)[];
    const logs = await this.provider.logsIn({ from, to }, { address: target as string, topics });
    return logs.reduce((sum, log) => {
      const deposit = router.parseLog(log)?.args;
      return sum + BigInt(deposit?.["infrastructureAmount"]) + BigInt(deposit?.["poolAmount"]);
    }, 0n);
  }
}
