// What a command has handed to a node, and what became of it. It is kept while the command works, so that no transaction is lost however
// the command ends.

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
  /** Absent until a node that signs it has answered. */
  hash?: string;
  /** Whether the node refused it, and no other has it. */
  isRefused: boolean;
}

/** What became of a transaction. `never` means that it can no longer be mined, `unknown` that it may be. */
export type Fate =
  { readonly kind: "mined" | "reverted"; readonly block: number } | { readonly kind: "waiting" | "never" | "unknown" };

/** How often a transaction that seems replaced is looked up, because not all nodes behind an address know a transaction at once. */
const LOOKS = 4;

/** How a command sends. */
export interface Sending {
  /** The most that is offered for a unit of gas, in wei; no limit if absent. */
  readonly maxFeePerGas?: bigint;
  /** The price per unit of gas, in wei, that the accounts were found able to pay. No more is offered unless the base fee is higher. */
  readonly plannedFeePerGas?: bigint;
  /** Milliseconds to wait while the chain asks more than the ceiling. */
  readonly patience?: number;
  /** The accounts whose keys are the user's; by default those that the environment variables name. */
  readonly accounts?: () => Promise<readonly SigningAccount[]>;
  /** Called with reasons for waiting, and with each key when it first signs. */
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

/** Runs an action that sends with these options. */
export function sendingAs<T>(sending: Sending, action: () => Promise<T>): Promise<T> {
  return ledger.run({ ...ledger.getStore(), ...sending }, action);
}

/** The present options for sending. */
export function presentSending(): Sending {
  return ledger.getStore() ?? {};
}

/** Records a transaction before it is sent; throws a {@link Problem} while drafting, when nothing may be sent. */
export function note(dispatch: Dispatch): Dispatch {
  if (isDrafting())
    throw new Problem("NOT_YET", `${dispatch.from} has to send something first: run the command without --batch.`);
  ledger.getStore()?.sends?.push(dispatch);
  return dispatch;
}

/** Whether transactions are being recorded. */
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

/** A transaction and its fate, in words. */
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

/** The closing words of a failed command: what became of each transaction that its output does not mention. */
export async function unsaid(chain: Asked, sends: readonly Dispatch[], output: string): Promise<string> {
  const open = sends.filter(({ hash, isRefused }) => !isRefused && !(hash !== undefined && output.includes(hash)));
  const told: string[] = [];
  for (const dispatch of open) {
    const words = fateInWords(dispatch, await fateOf(chain, dispatch));
    if (!output.includes(words)) told.push(words);
  }
  return told.join("; ");
}

/** A transaction and its fate, for programs. */
export interface SentDocument {
  readonly hash?: string;
  readonly from: string;
  readonly nonce: number;
  readonly outcome: Fate["kind"];
  readonly block?: number;
}

/** Transactions and their fates, for programs. */
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
