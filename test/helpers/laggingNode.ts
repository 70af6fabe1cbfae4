import { toQuantity } from "ethers";
import type { Fault, Policy, RpcRequest } from "./faultyRpc";

/** Where a request names the block that it is about. */
const BLOCK_AT: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_getStorageAt: 2,
  eth_getBlockByNumber: 0,
};

const TRANSACTIONS = ["eth_getTransactionReceipt", "eth_getTransactionByHash"];

interface Filter {
  readonly fromBlock?: string;
  readonly toBlock?: string;
}

/**
 * Several nodes behind one address, of which one lags so many blocks behind the others: what `isLagging` chooses is answered by that
 * one. It answers with an older state for the latest, has not got the blocks, logs and transactions that are newer, and says that it has
 * not got a block when it is asked for that one.
 */
export function laggingNode(target: string, lag: number, isLagging: (request: RpcRequest) => boolean): Policy {
  const ask = async (method: string, params: readonly unknown[]): Promise<Fault> => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetch(target, { method: "POST", headers: { "content-type": "application/json" }, body });
    const answer = (await response.json()) as { result?: unknown; error?: { code: number; message: string } };
    return answer.error ? { kind: "error", error: answer.error } : { kind: "answer", result: answer.result };
  };
  const headOf = async () => {
    const answer = await ask("eth_blockNumber", []);
    return Math.max(0, Number((answer as { result: string }).result) - lag);
  };

  return async (request) => {
    const { method, params } = request;
    if (!isLagging(request)) return { kind: "pass" };
    const head = await headOf();
    const at = BLOCK_AT[method];
    if (at !== undefined) {
      const block = params[at] ?? "latest";
      if (typeof block === "string" && block.startsWith("0x") && Number(block) > head) {
        return method === "eth_getBlockByNumber"
          ? { kind: "answer", result: null }
          : { kind: "error", error: { code: -32_000, message: "header not found" } };
      }
      if (block !== "latest" && block !== "pending") return { kind: "pass" };
      const older = [...params];
      older[at] = toQuantity(head);
      return ask(method, older);
    }
    if (method === "eth_blockNumber") return { kind: "answer", result: toQuantity(head) };
    if (TRANSACTIONS.includes(method)) {
      const hide = (result: unknown) => {
        const { blockNumber } = (result ?? {}) as { blockNumber?: string };
        return blockNumber !== undefined && Number(blockNumber) > head ? null : result;
      };
      return { kind: "edit", edit: hide };
    }
    if (method === "eth_getLogs") {
      const filter = params[0] as Filter;
      if (Number(filter.fromBlock) > head) return { kind: "answer", result: [] };
      return ask(method, [{ ...filter, toBlock: toQuantity(Math.min(head, Number(filter.toBlock))) }]);
    }
    return { kind: "pass" };
  };
}

/** Every other request, as where each goes to the next of two nodes. */
export function everyOther(): (request: RpcRequest) => boolean {
  let count = 0;
  return () => count++ % 2 === 1;
}
