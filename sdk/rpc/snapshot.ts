// SPDX-License-Identifier: MIT
// A read-only view of one block of a chain, read in batches. The doctor uses it.

import {
  Contract,
  isError,
  toQuantity,
  type BaseContract,
  type ContractRunner,
  type Interface,
  type LogDescription,
} from "ethers";
import { Problem } from "../base/problem.ts";
import { NodeFailure } from "./answers.ts";
import type { ChainClient } from "./endpoint.ts";
import { readLogs } from "./logs.ts";
import { lookUntil } from "./looks.ts";
import { openNodes } from "./nodes.ts";

/** A contract did not answer a view as its code should. */
export class Unanswered extends Error {}

/** An event of a contract. Lists of events are in the order of the chain. */
export interface Event {
  readonly address: string;
  readonly blockNumber: number;
  readonly event: LogDescription;
}

/** A contract and its address. */
export interface Located {
  readonly address: string;
  readonly compiled: { readonly abi: Interface };
}

/** Large batches, because reading a deployment takes tens of thousands of small requests. */
const MANY = { batch: 100, atOnce: 2, timeout: 60_000 } as const;

/** A chain as of one block, which answers every request with the state after that block. */
export class Chain {
  private readonly runner: ContractRunner;

  private constructor(
    private readonly node: ChainClient,
    readonly block: number,
    readonly timestamp: bigint,
  ) {
    this.runner = { provider: null, call: async ({ to, data }) => this.call(String(await to), data ?? "0x") };
  }

  /**
   * Returns the latest block of the chain behind an address, or behind several addresses separated by commas.
   * @throws {Problem} `WRONG_CHAIN` if the node belongs to another chain, `NODE_FAILED` if it has no block.
   */
  static async at(url: string, network: { readonly name: string; readonly chainId: number }): Promise<Chain> {
    const node = openNodes(url, network.chainId, MANY);
    const actual = Number(await node.send<string>("eth_chainId"));
    if (actual !== network.chainId) {
      throw new Problem(
        "WRONG_CHAIN",
        `${network.name} answers with the chain id ${actual}, expected ${network.chainId}.`,
      );
    }
    const latest = await lookUntil(
      (found) => found !== null,
      () => node.send<Block | null>("eth_getBlockByNumber", ["latest", false]),
    );
    if (latest === null)
      throw new Problem("NODE_FAILED", `the node of ${network.name} has no block yet: run the command again later.`);
    return new Chain(node, Number(latest.number), BigInt(latest.timestamp));
  }

  /** Returns a contract whose views are evaluated in this block. */
  contract<T extends BaseContract>({ address, compiled }: Located): T {
    return new Contract(address, compiled.abi, this.runner) as unknown as T;
  }

  /** Returns the code at an address, or `0x` if there is none. */
  code(address: string): Promise<string> {
    return this.node.send("eth_getCode", [address, toQuantity(this.block)]);
  }

  /** Returns the code that a creation code would deploy. */
  created(creationCode: string): Promise<string> {
    return this.node.send("eth_call", [{ data: creationCode }, toQuantity(this.block)]);
  }

  /** Returns the timestamp of a block, in seconds. */
  async timeOf(block: number): Promise<bigint> {
    const found = await this.node.send<Block>("eth_getBlockByNumber", [toQuantity(block), false]);
    return BigInt(found.timestamp);
  }

  /** Returns all events of the contracts since a block. Logs that their ABIs do not describe are left out. */
  async events(contracts: readonly Located[], from: number): Promise<Event[]> {
    const compiledAt = new Map(contracts.map(({ address, compiled }) => [address.toLowerCase(), compiled]));
    const address = [...compiledAt.keys()];
    return readLogs({ from, to: this.block }, async (part) => {
      const filter = { address, fromBlock: toQuantity(part.from), toBlock: toQuantity(part.to) };
      const logs = await this.node.send<Log[]>("eth_getLogs", [filter]);
      return logs.flatMap((log) => {
        const event = compiledAt.get(log.address.toLowerCase())?.abi.parseLog(log);
        return event ? [{ address: log.address, blockNumber: Number(log.blockNumber), event }] : [];
      });
    });
  }

  private async call(to: string, data: string): Promise<string> {
    try {
      return await this.node.send("eth_call", [{ to, data }, toQuantity(this.block)]);
    } catch (error) {
      if (!(error instanceof NodeFailure)) throw error;
      if (error.kind === "revert") throw new Unanswered(`call of ${data.slice(0, 10)} reverted`);
      throw new Problem(
        "NODE_FAILED",
        `the node refuses a call: ${error.message}; run the command again, or use another node.`,
      );
    }
  }
}

interface Block {
  readonly number: string;
  readonly timestamp: string;
}

interface Log {
  readonly address: string;
  readonly blockNumber: string;
  readonly topics: string[];
  readonly data: string;
}

/** Waits for a reading. Returns undefined if a contract does not answer as its code should. */
export async function answerOf<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Unanswered || isUnreadable(error)) return undefined;
    throw error;
  }
}

/** Whether a contract's answer cannot be decoded. */
function isUnreadable(error: unknown): boolean {
  return isError(error, "BAD_DATA") || isError(error, "BUFFER_OVERRUN");
}
