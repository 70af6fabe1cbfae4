// The platform's own chain: Hardhat's, in this process, served at an address. At the next start, the blocks that it mined are mined again
// with the same hashes, so everything that was built on them stays true.

import { Signature, toQuantity, Transaction } from "ethers";
import { MethodNotSupportedError } from "hardhat/internal/core/providers/errors";
import { ProviderWrapper } from "hardhat/plugins";
import type { EIP1193Provider, HardhatRuntimeEnvironment, RequestArguments } from "hardhat/types";
import { randomUUID } from "node:crypto";
import { environmentFor } from "../../deploy/rehearsal";
import { Problem } from "../../sdk/base/problem";
import { ChainJournal, type ChainEntry } from "./journal";

/** A chain that is being served. */
export interface LocalChain {
  readonly url: string;
  /** Number of blocks that an earlier run had mined. */
  readonly resumed: number;
  close(): Promise<void>;
}

/**
 * Methods that make blocks, and the one that sets a balance, are recorded in the journal. All other development methods except `READING`
 * are refused, because they would change the chain without a record.
 */
const MINING = new Set([
  ...["eth_sendTransaction", "eth_sendRawTransaction", "evm_mine", "evm_increaseTime", "evm_setNextBlockTimestamp"],
]);
const GIVING = "hardhat_setBalance";
const READING = new Set(["hardhat_metadata", "hardhat_getAutomine"]);
const OF_DEVELOPMENT = /^(evm|hardhat|anvil|debug)_/;

/**
 * Starts the chain as an earlier run left it.
 * @param file Where its blocks are kept.
 * @param port 0 for a free one.
 * @throws {Problem} `CONFLICT` if the kept blocks cannot be mined again.
 */
export async function startLocalChain(
  hre: HardhatRuntimeEnvironment,
  { file, port }: { readonly file: string; readonly port: number },
): Promise<LocalChain> {
  const journal = new ChainJournal(file);
  const kept = journal.read();
  const origin = kept?.origin ?? {
    kind: "origin",
    instanceId: `0x${randomUUID().replaceAll("-", "").padStart(64, "0")}`,
    time: Math.floor(Date.now() / 1000),
  };
  if (!kept) journal.append(origin);
  const initialDate = new Date(origin.time * 1000).toISOString();
  let served: KeepingProvider | undefined;
  const stage = environmentFor(hre, "hardhat", { initialDate }, async (provider) => {
    served = new KeepingProvider(provider, journal, origin.instanceId);
    return served;
  });
  await stage.network.provider.send("eth_chainId");
  const provider = served as unknown as KeepingProvider;
  const entries = kept?.entries ?? [];
  for (const entry of entries) await provider.repeat(entry, file);
  const server = (await stage.run("node:create-server", {
    ...{ hostname: "127.0.0.1", port, provider: stage.network.provider },
  })) as { listen(): Promise<{ port: number }>; close(): Promise<void> };
  const { port: actual } = await server.listen();
  return { url: `http://127.0.0.1:${actual}`, resumed: provider.block, close: () => server.close() };
}

/** Records each block as soon as it is mined. */
class KeepingProvider extends ProviderWrapper {
  private written = 0;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    provider: EIP1193Provider,
    private readonly journal: ChainJournal,
    private readonly instanceId: string,
  ) {
    super(provider);
  }

  async request(args: RequestArguments): Promise<unknown> {
    const { method } = args;
    if (method === "hardhat_metadata")
      return { ...((await this._wrappedProvider.request(args)) as object), instanceId: this.instanceId };
    if (MINING.has(method) || method === GIVING) return this.inTurn(args);
    if (OF_DEVELOPMENT.test(method) && !READING.has(method)) throw new MethodNotSupportedError(method);
    return this._wrappedProvider.request(args);
  }

  /** The latest block. */
  get block(): number {
    return this.written;
  }

  /** Repeats what an earlier run did. */
  async repeat(entry: ChainEntry, file: string): Promise<void> {
    const send = (method: string, ...params: unknown[]) => this._wrappedProvider.request({ method, params });
    if (entry.kind === "balance") return void (await send(GIVING, ...entry.params));
    const { number, hash, time, prevRandao, transactions } = entry;
    await send("evm_setAutomine", false);
    for (const transaction of transactions) await send("eth_sendRawTransaction", transaction);
    await send("hardhat_setPrevRandao", prevRandao);
    await send("evm_setNextBlockTimestamp", toQuantity(time));
    await send("evm_mine");
    await send("evm_setAutomine", true);
    const block = (await send("eth_getBlockByNumber", toQuantity(number), false)) as { hash: string } | null;
    if (block?.hash !== hash)
      throw new Problem(
        "CONFLICT",
        `block ${number} in ${file} cannot be mined again, as after a change of Hardhat's version: delete its folder to start over.`,
      );
    this.written = number;
  }

  /** Runs requests one after the other, so that blocks have the order of the requests. */
  private inTurn(args: RequestArguments): Promise<unknown> {
    const result = this.turn.then(async () => {
      try {
        const answer = await this._wrappedProvider.request(args);
        if (args.method === GIVING) this.journal.append({ kind: "balance", params: args.params as unknown[] });
        return answer;
      } finally {
        await this.write(); // even a transaction that reverts is mined
      }
    });
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async write(): Promise<void> {
    const latest = Number(await this._wrappedProvider.request({ method: "eth_blockNumber" }));
    while (this.written < latest) {
      const params = [toQuantity(this.written + 1), true];
      const block = (await this._wrappedProvider.request({ method: "eth_getBlockByNumber", params })) as Block;
      this.journal.append({
        ...{ kind: "block", number: this.written + 1, hash: block.hash, time: Number(block.timestamp) },
        ...{ prevRandao: block.mixHash, transactions: block.transactions.map(signed) },
      });
      this.written++;
    }
  }
}

interface Block {
  readonly hash: string;
  readonly timestamp: string;
  readonly mixHash: string;
  readonly transactions: readonly Readonly<Record<string, string>>[];
}

/** Returns the signed bytes of a transaction, from the chain's answer about it. */
function signed(answer: Readonly<Record<string, string>>): string {
  const { type, nonce, to, value, input, gas, chainId, hash, r, s, v, yParity } = answer;
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = answer;
  const { accessList } = answer as { readonly accessList?: never };
  const isDynamic = Number(type) >= 2;
  const transaction = Transaction.from({
    ...{ type: Number(type), nonce: Number(nonce), to: to ?? null, value, data: input, gasLimit: gas },
    ...(chainId !== undefined && { chainId }),
    ...(isDynamic ? { maxFeePerGas, maxPriorityFeePerGas } : { gasPrice }),
    ...(accessList !== undefined && { accessList }),
    signature: Signature.from({
      r: r as string,
      s: s as string,
      ...(yParity ? { yParity: Number(yParity) as 0 | 1 } : { v: v as string }),
    }),
  });
  if (transaction.hash !== hash) throw new Error(`the transaction ${hash} cannot be written down`);
  return transaction.serialized;
}
