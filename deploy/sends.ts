// What a command has handed to a node, and what became of it: kept while it works, so that no way out of it loses a transaction.

import { AsyncLocalStorage } from "node:async_hooks";
import type { EIP1193Provider } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import type { SigningAccount } from "../sdk/node/keys";
import { pause } from "../sdk/rpc/answers";
import { isDrafting } from "./batch/drafting";

/** A transaction that was handed to a node. */
export interface Dispatch {
  readonly from: string;
  readonly nonce: number;
  /** Absent while a node that signs it has not answered. */
  hash?: string;
  /** Whether a node refused it, and nobody has it. */
  isRefused: boolean;
}

/** What became of a transaction. `never`: it cannot be mined any more. `unknown`: it may be. */
export type Fate =
  { readonly kind: "mined" | "reverted"; readonly block: number } | { readonly kind: "waiting" | "never" | "unknown" };

/** How often a transaction that seems replaced is looked for, because several nodes behind one address do not all know it at once. */
const LOOKS = 4;

/** How a command sends. */
export interface Sending {
  /** Wei for a unit of gas above which nothing is sent; without it there is no ceiling. */
  readonly maxFeePerGas?: bigint;
  /** Wei for a unit of gas for which accounts were found to have enough: no more is offered unless the base fee is above it. */
  readonly plannedFeePerGas?: bigint;
  /** Milliseconds to wait while the chain asks more than the ceiling. */
  readonly patience?: number;
  /** The accounts whose keys are the user's; without it those that the environment's variables name. */
  readonly accounts?: () => Promise<readonly SigningAccount[]>;
  /** Told what is waited for, and by which key something is signed first. */
  readonly onNotice?: (notice: string) => void;
}

interface Ledger extends Sending {
  readonly sends?: Dispatch[];
}

const ledger = new AsyncLocalStorage<Ledger>();

/** Runs an action and records every transaction that is sent in the meantime. */
export function noting<T>(sends: Dispatch[], action: () => Promise<T>): Promise<T> {
  return ledger.run({ ...ledger.getStore(), sends }, action);
}

/** Does something, and sends meanwhile as it is told. */
export function sendingAs<T>(sending: Sending, action: () => Promise<T>): Promise<T> {
  return ledger.run({ ...ledger.getStore(), ...sending }, action);
}

/** How is sent here. */
export function presentSending(): Sending {
  return ledger.getStore() ?? {};
}

/** Notes a transaction before it is sent. While something is drafted nothing may be: throws a {@link Problem}. */
export function note(dispatch: Dispatch): Dispatch {
  if (isDrafting())
    throw new Problem("NOT_YET", `${dispatch.from} has to send something first: run the command without --batch.`);
  ledger.getStore()?.sends?.push(dispatch);
  return dispatch;
}

/** Whether transactions that are sent here are recorded. */
export function isNoted(): boolean {
  return ledger.getStore()?.sends !== undefined;
}

type Asked = Pick<EIP1193Provider, "request">;

/** What became of a transaction, by its hash and its nonce. */
export async function fateOf(chain: Asked, { from, nonce, hash, isRefused }: Dispatch): Promise<Fate> {
  if (isRefused) return { kind: "never" };
  if (hash === undefined) return { kind: "unknown" };
  const ask = async <T>(method: string, ...params: unknown[]) => (await chain.request({ method, params })) as T;
  try {
    for (let looks = 1; ; looks++) {
      const receipt = await ask<{ blockNumber: string; status: string } | null>("eth_getTransactionReceipt", hash);
      if (receipt !== null) {
        return { kind: Number(receipt.status) === 1 ? "mined" : "reverted", block: Number(receipt.blockNumber) };
      }
      if (Number(await ask<string>("eth_getTransactionCount", from, "latest")) <= nonce) {
        return { kind: (await ask<unknown>("eth_getTransactionByHash", hash)) === null ? "unknown" : "waiting" };
      }
      if (looks === LOOKS) return { kind: "never" };
      await pause(looks);
    }
  } catch {
    return { kind: "unknown" };
  }
}

/** A transaction and what became of it, for people. */
export function fateInWords({ from, nonce, hash }: Dispatch, fate: Fate): string {
  const what = hash === undefined ? `a transaction of ${from} with nonce ${nonce}` : `transaction ${hash}`;
  switch (fate.kind) {
    case "mined":
      return `${what} was sent and is in block ${fate.block}`;
    case "reverted":
      return `${what} was sent and reverted in block ${fate.block}`;
    case "waiting":
      return `${what} was sent and has no block yet`;
    case "unknown":
      return `${what} may have been sent and may still be mined`;
    case "never":
      return `${what} was not mined and will not be`;
  }
}

/** What is said at the end of a command that failed: of each transaction that its output does not name, what became of it. */
export async function unsaid(chain: Asked, sends: readonly Dispatch[], output: string): Promise<string> {
  const open = sends.filter(({ hash, isRefused }) => !isRefused && !(hash !== undefined && output.includes(hash)));
  const told: string[] = [];
  for (const dispatch of open) {
    const words = fateInWords(dispatch, await fateOf(chain, dispatch));
    if (!output.includes(words)) told.push(words);
  }
  return told.join("; ");
}

/** A transaction and what became of it, for programs. */
export interface SentDocument {
  readonly hash?: string;
  readonly from: string;
  readonly nonce: number;
  readonly outcome: Fate["kind"];
  readonly block?: number;
}

/** Transactions and what became of them, for programs. */
export async function sentDocuments(chain: Asked, sends: readonly Dispatch[]): Promise<SentDocument[]> {
  const documents: SentDocument[] = [];
  for (const dispatch of sends) {
    if (dispatch.isRefused) continue;
    const { from, nonce, hash } = dispatch;
    const { kind: outcome, ...where } = await fateOf(chain, dispatch);
    documents.push({ ...(hash !== undefined && { hash }), from, nonce, outcome, ...where });
  }
  return documents;
}
