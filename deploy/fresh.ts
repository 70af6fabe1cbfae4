import { toQuantity } from "ethers";
import { ProviderWrapper } from "hardhat/plugins";
import type { EIP1193Provider, RequestArguments } from "hardhat/types";
import { isUnanswered } from "../sdk/rpc/answers";

/** The position of the parameter that names the block whose state a request reads. */
const STATE_OF: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_getStorageAt: 2,
};

/** Milliseconds after a write for which a node may lag behind. */
const LAGGING = 60_000;

/** No write has been seen yet. */
const NOTHING = { block: -1, at: -Infinity };

/**
 * Makes reads after a write reliable. Behind one address, some of several nodes may be blocks behind and answer with the state before what
 * was just mined: with a benchmark of zeros, or without a pending change. As long as that is possible, the latest state is requested by the
 * number of a block that includes the write. A node without that block reports this, and the request is repeated.
 */
export class FreshWrapper extends ProviderWrapper {
  private written = NOTHING;
  /** A request for the head that is under way; simultaneous reads share it. */
  private head: Promise<number> | undefined;

  constructor(
    provider: EIP1193Provider,
    private readonly now: () => number = () => performance.now(),
  ) {
    super(provider);
  }

  async request(args: RequestArguments): Promise<unknown> {
    const pinned = await this.pin(args);
    if (pinned === undefined) {
      const answer = await this._wrappedProvider.request(args);
      this.note(args.method, answer);
      return answer;
    }
    try {
      return await this._wrappedProvider.request(pinned);
    } catch (error) {
      // No node has that block, because the chain has changed, as after a reorganisation.
      if (!isUnanswered(error)) throw error;
      this.written = NOTHING;
      return this._wrappedProvider.request(args);
    }
  }

  /** The request for the latest state, pinned to a block; undefined for any other request, and long after the last write. */
  private async pin({ method, params }: RequestArguments): Promise<RequestArguments | undefined> {
    const at = STATE_OF[method];
    if (at === undefined || !Array.isArray(params) || this.now() - this.written.at > LAGGING) return undefined;
    const values = [...(params as unknown[])];
    if ((values[at] ?? "latest") !== "latest") return undefined;
    this.head ??= this.readHead().finally(() => (this.head = undefined));
    values[at] = toQuantity(Math.max(await this.head, this.written.block));
    return { method, params: values };
  }

  private async readHead(): Promise<number> {
    return Number(await this._wrappedProvider.request({ method: "eth_blockNumber" }));
  }

  /** A receipt shows that something was written. */
  private note(method: string, answer: unknown): void {
    if (method !== "eth_getTransactionReceipt" || answer === null) return;
    const { blockNumber } = answer as { readonly blockNumber?: string };
    if (blockNumber === undefined || Number(blockNumber) < this.written.block) return;
    this.written = { block: Number(blockNumber), at: this.now() };
  }
}
