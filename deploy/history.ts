import { toQuantity, zeroPadValue } from "ethers";
import type { EIP1193Provider, RequestArguments } from "hardhat/types";
import { readLogs } from "../sdk/rpc/logs";
import { CREATE_X, CREATE_X_INTERFACE, create2Address } from "./create2";

interface TransactionRequest {
  readonly from: string;
  readonly to: string;
  readonly data: string;
  readonly nonce?: string;
}

interface Log {
  readonly transactionHash: string;
}

/** What an account did on a chain, in the form of the answers of a chain on which it has done nothing yet. */
export interface History {
  request(args: RequestArguments): Promise<unknown>;
  /** Whether something was requested that the account has not done. */
  readonly isEnded: boolean;
}

/**
 * Lets Ignition replay what an account did before. Each transaction that Ignition sends is looked up on the chain and answered with its
 * hash; the first one that was never mined ends the history. In this way Ignition itself completes a journal that knows less than the
 * chain, and nothing is sent. Creations are recognised by the address that follows from their init code, and calls by the logs that they
 * left in the called contract.
 * @param firstBlock First block in which the account may have acted.
 */
export function historyOf(provider: EIP1193Provider, firstBlock: number): History {
  let isEnded = false;
  let nonce = 0;
  const end = () => {
    isEnded = true;
    return new Error("the account has not done this yet");
  };
  const ask = async <T>(method: string, ...params: unknown[]) => (await provider.request({ method, params })) as T;

  const logsOf = async (filter: object) =>
    readLogs({ from: firstBlock, to: Number(await ask<string>("eth_blockNumber")) }, async ({ from, to }) =>
      ask<Log[]>("eth_getLogs", { ...filter, fromBlock: toQuantity(from), toBlock: toQuantity(to) }),
    );

  async function find(transaction: TransactionRequest): Promise<string> {
    const hash = isCreation(transaction) ? await findCreation(transaction) : await findCall(transaction);
    if (hash === undefined) throw end();
    return hash;
  }

  async function findCreation(transaction: TransactionRequest): Promise<string | undefined> {
    const address = addressOf(transaction);
    if ((await ask<string>("eth_getCode", address, "latest")) === "0x") return undefined;
    const event = CREATE_X_INTERFACE.getEvent("ContractCreation")?.topicHash;
    const topics = [event, zeroPadValue(address, 32)];
    const [log] = await logsOf({ address: CREATE_X, topics });
    return log?.transactionHash;
  }

  async function findCall({ from, to, data }: TransactionRequest): Promise<string | undefined> {
    const logs = await logsOf({ address: to });
    for (const hash of new Set(logs.map(({ transactionHash }) => transactionHash))) {
      const sent = await ask<{ from: string; input: string } | null>("eth_getTransactionByHash", hash);
      if (sent === null) throw new Error(`timed out: the RPC endpoint has logs of the transaction ${hash}, not itself`);
      if (BigInt(sent.from) === BigInt(from) && sent.input === data) return hash;
    }
    return undefined;
  }

  async function request({ method, params }: RequestArguments): Promise<unknown> {
    const [first] = (params ?? []) as unknown[];
    const transaction = first as TransactionRequest;
    switch (method) {
      case "eth_getTransactionCount":
        return toQuantity(nonce);
      case "eth_estimateGas":
        await find(transaction);
        return toQuantity(21_000);
      case "eth_sendTransaction": {
        const hash = await find(transaction);
        nonce++;
        return hash;
      }
      case "eth_call":
        // Only simulations have a nonce.
        if (transaction.nonce === undefined) break;
        await find(transaction);
        return isCreation(transaction) ? zeroPadValue(addressOf(transaction), 32) : "0x";
      case "eth_sendRawTransaction":
        throw end();
    }
    return provider.request({ method, ...(params && { params }) });
  }

  return {
    request,
    get isEnded() {
      return isEnded;
    },
  };
}

const isCreation = ({ to }: TransactionRequest) => BigInt(to) === BigInt(CREATE_X);

function addressOf({ from, data }: TransactionRequest): string {
  const [salt, initCode] = CREATE_X_INTERFACE.decodeFunctionData("deployCreate2", data) as unknown as [string, string];
  return create2Address(from, salt, initCode);
}
