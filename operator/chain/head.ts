// SPDX-License-Identifier: MIT
// Where the chain stands: its latest block, the one that is deep enough to act on, and the one that nothing can undo.

import { Stopped, type PatientProvider } from "../rpc";

/** Blocks below the latest one that count as final where the chain does not say: more than any reorganisation that was ever seen. */
const DEEP = 1_024;

/** Blocks after which a node that named no final one is asked again. */
const SELDOM = 64;

/** Where in the chain a pass looks. */
export interface ChainView {
  /** Latest block. */
  readonly head: number;
  /** When the node named it, by our clock, in milliseconds. */
  readonly seenAt: number;
  /** Latest block that is deep enough to be acted on. */
  readonly confirmed: number;
  /** Latest block that nothing undoes any more, at most `confirmed`; −1 before there is one. */
  readonly final: number;
  /** Time of the latest block, in seconds. */
  readonly time: bigint;
  /** Wei per gas of the latest block. */
  readonly baseFeePerGas: bigint;
}

/** Asks where the chain stands. */
export class ChainHead {
  private final = -1;
  /** Block from which on the node is asked for the final one. */
  private askFrom = 0;

  constructor(
    private readonly provider: PatientProvider,
    private readonly confirmations: number,
  ) {}

  /** The chain as it stands now; undefined while the node has no block. */
  async look(): Promise<ChainView | undefined> {
    const block = await this.provider.getBlock("latest");
    if (block === null) return undefined;
    const seenAt = Date.now();
    const { number: head, timestamp, baseFeePerGas } = block;
    const confirmed = head - this.confirmations + 1;
    // A node that lags behind another may name an older one: what was final once is final.
    this.final = Math.max(this.final, await this.readFinal(head));
    const final = Math.min(this.final, confirmed);
    return { head, seenAt, confirmed, final, time: BigInt(timestamp), baseFeePerGas: baseFeePerGas ?? 0n };
  }

  private async readFinal(head: number): Promise<number> {
    const deep = Math.max(-1, head - DEEP);
    if (head < this.askFrom) return deep;
    const block = await this.provider.getBlock("finalized").catch((error: unknown) => {
      if (error instanceof Stopped) throw error;
      return null; // in many words: the chain has none, or the node does not know it now
    });
    if (block === null) this.askFrom = head + SELDOM;
    return block?.number ?? deep;
  }
}
