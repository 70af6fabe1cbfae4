// Interprets the answers of nodes. Providers report the same failure with many codes and wordings; this is the only place that reads them.

import { isHexString } from "ethers";
import { Problem } from "../base/problem.ts";

const FIRST_PAUSE = 250;

/** The error object of a JSON-RPC answer. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/**
 * The kind of a failed request. `revert`: the chain executed it, and it failed. `passing`: the same request may succeed later. `limit`: the
 * node wants smaller requests. `final`: the same request will fail again.
 */
export type FailureKind = "revert" | "passing" | "limit" | "final";

/** A request that a node did not fulfil, with the node's own message. */
export class NodeFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly code: number,
    message: string,
    readonly data?: unknown,
  ) {
    super(message);
    this.name = "NodeFailure";
  }
}

/** Requests that change nothing. If a node refuses one for an unknown reason, another node or a later try may succeed. */
const READS = new Set([
  ...["eth_call", "eth_estimateGas", "eth_getLogs", "eth_getCode", "eth_getBalance", "eth_getStorageAt"],
  ...["eth_getBlockByNumber", "eth_getBlockByHash", "eth_getTransactionByHash", "eth_getTransactionReceipt"],
  ...["eth_getTransactionCount", "eth_blockNumber", "eth_chainId", "eth_gasPrice", "eth_feeHistory"],
]);

/** Messages of calls that the chain executed and that failed. They are needed where the code does not say so. */
const REVERT =
  /revert|invalid opcode|out of gas|stack (over|under)flow|EVM error|VM execution error|bad (jump|instruction)/i;
const REVERTED = 3;

/** Messages of nodes that lack a block which other nodes have. */
const BEHIND =
  /\bhead\b|header not found|unknown block|BlockOutOfRange|(?<!finalized |safe )block not found|missing trie node|not (yet )?available/i;

/** Messages of nodes, proxies and connections after which the same request may succeed later. */
const PASSING = new RegExp(
  [
    "HH110|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EAI_AGAIN|UND_ERR|socket|other side closed|timed? ?out|fetch failed",
    "Invalid JSON-RPC response|Too Many Requests|rate limit|request limit|limit exceeded|over capacity|no backend",
    "bad gateway|service unavailable|internal (server )?error|temporarily|try again|unhealthy|attempts exhausted",
  ].join("|"),
  "i",
);

/** Codes for too many requests, or for a provider whose nodes are briefly unavailable. */
const BUSY = new Set<unknown>([429, -32_005, -32_011, -32_603]);

/**
 * Messages about requests that are too large: in blocks, logs, bytes, or requests per message. Some nodes send them with the code of a busy
 * node.
 */
const LIMIT = new RegExp(
  [
    "\\brange\\b|response (size|is too)|too (big|large)|payload|batch",
    "(more than|exceeds?|at most|up to|limited to|maximum)\\b.*\\b(blocks?|logs|results)",
    "too many (blocks|logs|results)|reduce (your|the) (block|range)",
  ].join("|"),
  "i",
);

/** The requests that a node may find too large. The empty name stands for a whole message or an unknown request. */
const MAY_BE_LIMITED = new Set(["eth_getLogs", ""]);

/** Messages of errors that another try will not change. They are needed because many nodes use one code for everything. */
const FINAL =
  /insufficient funds|enough funds|gas required exceeds|fee cap|nonce|underpriced|already known|(finalized|safe) block|not supported|unsupported|does not exist|invalid (argument|param|sender|address|signature)/i;
const FINAL_CODES = new Set<unknown>([-32_700, -32_602, -32_600]);
const NO_SUCH_METHOD = -32_601;

/** Returns the kind of failure that a node's error means for the request that it answers. */
export function kindOfError(method: string, { code, message, data }: RpcError): FailureKind {
  if (code === NO_SUCH_METHOD) return "final";
  if (code === REVERTED || hasRevertData(data) || REVERT.test(message)) return "revert";
  if (BEHIND.test(message)) return "passing";
  if (MAY_BE_LIMITED.has(method) && LIMIT.test(message)) return "limit";
  if (FINAL.test(message)) return "final";
  if (BUSY.has(code) || PASSING.test(message)) return "passing";
  if (method === "eth_getLogs") return "limit"; // whatever the message: a smaller request may succeed
  return READS.has(method) && !FINAL_CODES.has(code) ? "passing" : "final";
}

/** Returns the kind of failure that an HTTP status means if no JSON-RPC answer comes with it. */
export function kindOfStatus(status: number): FailureKind {
  if (status === 413) return "limit";
  return [408, 425, 429].includes(status) || status >= 500 ? "passing" : "final";
}

/** Whether a node refuses the number of blocks or the size of the answer, so that repeating the request is useless. */
export function isLimit(error: unknown): boolean {
  return kindsOf(error, "eth_getLogs").includes("limit");
}

/** Whether a node or a connection failed, so that the same request may succeed later. Errors that the library itself raises never count. */
export function isOutage(error: unknown, method = ""): boolean {
  if (isProblem(error)) return false;
  const kinds = kindsOf(error, method);
  return kinds.length > 0
    ? kinds.includes("passing")
    : causesOf(error).some(({ code, message }) => BUSY.has(code) || PASSING.test(`${code} ${message}`));
}

/** Whether the error, or one of its causes, is a {@link Problem}. */
export function isProblem(error: unknown): boolean {
  return layersOf(error).some((layer) => layer instanceof Problem);
}

/** Whether a node failed to answer the request, so that the error says nothing about the chain. */
export function isUnanswered(error: unknown): boolean {
  const kinds = kindsOf(error, "");
  return kinds.length > 0 ? !kinds.includes("revert") : isOutage(error);
}

/** Whether the chain executed a call and it failed. */
export function isRevert(error: unknown): boolean {
  const kinds = kindsOf(error, "eth_call");
  if (kinds.length > 0) return kinds.includes("revert");
  return causesOf(error).some(({ code, message }) => code === "CALL_EXCEPTION" || REVERT.test(message));
}

/** Whether an account cannot pay for a transaction. */
export function isOutOfFunds(error: unknown): boolean {
  return causesOf(error).some(({ message }) =>
    /insufficient funds|enough funds|exceeds? (the )?balance/i.test(message),
  );
}

/** Waits longer after each failure: 0.25 s, 0.5 s, 1 s … */
export async function pause(failures: number): Promise<void> {
  await new Promise((later) => setTimeout(later, FIRST_PAUSE * 2 ** (failures - 1)));
}

/** Returns an error and its causes. */
export function causesOf(error: unknown): { readonly code: unknown; readonly message: string }[] {
  return layersOf(error).map(({ code, message }) => ({ code, message: String(message) }));
}

/** Returns the kinds of a node's error: that of a {@link NodeFailure}, or else the meaning of its code and message. */
function kindsOf(error: unknown, method: string): FailureKind[] {
  return layersOf(error).flatMap((layer): FailureKind[] => {
    if (layer instanceof NodeFailure) return [layer.kind];
    const { code, message, data } = layer;
    return typeof code === "number" ? [kindOfError(method, { code, message: String(message), data })] : [];
  });
}

function layersOf(error: unknown): Record<string, unknown>[] {
  if (typeof error !== "object" || error === null) return [];
  const layer = error as Record<string, unknown>;
  return [layer, ...[layer["error"], layer["info"], layer["parent"], layer["cause"]].flatMap(layersOf)];
}

/** Nodes put the revert data into the error, either directly or in a nested object. */
function hasRevertData(data: unknown): boolean {
  if (typeof data === "object" && data !== null) return hasRevertData((data as Record<string, unknown>)["data"]);
  return isHexString(data) && data.length > 2;
}
