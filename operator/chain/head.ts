// SPDX-License-Identifier: MIT
// Where the chain stands: its latest block, the one that is deep enough to act on, and the one that nothing can undo.

import { Stopped, type PatientProvider } from "../rpc";

/** Depth at which blocks count as final if the chain does not report finality; deeper than any known reorganisation. */
const DEEP = 1_024;

/** Blocks after which a node that reported no final block is asked again. */
const SELDOM = 64;

/** The state of the chain that a pass works with. */
export interface ChainView {
  /** Latest block. */
  readonly head: number;
  /** When the node reported the latest block, by our clock, in milliseconds. */
  readonly seenAt: number;
  /** Latest block that is deep enough to act on. */
  readonly confirmed: number;
  /** Latest block that can no longer be undone, at most `confirmed`; −1 if there is none yet. */
  readonly final: number;
  /** Time of the latest block, in seconds since 1970. */
  readonly time: bigint;
  /** Base fee of the latest block, in wei per gas. */
  readonly baseFeePerGas: bigint;
}

/** Reads the state of the chain's head. */
export class ChainHead {
  private final = -1;
  /** Block from which on the node is asked for its final block. */
  private askFrom = 0;

  constructor(
    private readonly provider: PatientProvider,
    private readonly confirmations: number,
  ) {}

  /** Reads the present state; undefined while the node has no block. */
  async look(): Promise<ChainView | undefined> {
    const block = await this.provider.getBlock("latest");
    if (block === null) return undefined;
    const seenAt = Date.now();
    const { number: head, timestamp, baseFeePerGas } = block;
    const confirmed = head - this.confirmations + 1;
    // A lagging node may report an older final block, but a final block stays final.
    this.final = Math.max(this.final, await this.readFinal(head));
    const final = Math.min(this.final, confirmed);
    return { head, seenAt, confirmed, final, time: BigInt(timestamp), baseFeePerGas: baseFeePerGas ?? 0n };
  }

  private async readFinal(head: number): Promise<number> {
    const deep = Math.max(-1, head - DEEP);
    if (head < this.askFrom) return deep;
    const block = await this.provider.getBlock("finalized").catch((error: unknown) => {
      if (error instanceof Stopped) throw error;
      return null; // nodes word it differently: the chain has no final block, or the node does not know it now
    });
    if (block === null) this.askFrom = head + SELDOM;
    return block?.number ?? deep;
  }
}
