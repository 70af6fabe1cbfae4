// Drafting: what a command would send is written down instead, and nothing is sent. The keys of the role holders need not be at hand.

import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { resolveAddress, type TransactionRequest } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { AsyncLocalStorage } from "node:async_hooks";

/** A call that somebody is to make. */
export interface DraftedCall {
  readonly to: string;
  readonly data: string;
}

/** Calls that one account makes in one transaction. */
export interface Draft {
  /** What the calls do, in words. */
  readonly what: string;
  /** Why the account can make them: its role, or what it is. */
  readonly as: string;
  readonly sender: string;
  readonly calls: readonly DraftedCall[];
  /** Which part this is of several drafts that belong together; absent for a single one. */
  readonly part?: string;
}

/** Ends a draft as control flow, because nothing that comes after a call can be known before the call is made. */
class Drafted extends Error {}

const drafts = new AsyncLocalStorage<{ readonly done: Draft[]; readonly before: DraftedCall[] }>();

/** Whether calls are being drafted instead of sent. */
export function isDrafting(): boolean {
  return drafts.getStore() !== undefined;
}

/** Runs an action up to the first call that it would send. Returns what is to be sent; nothing if there is nothing to do. */
export async function drafting(action: () => Promise<unknown>): Promise<readonly Draft[]> {
  const store = { done: [], before: [] };
  try {
    await drafts.run(store, action);
  } catch (error) {
    if (!(error instanceof Drafted)) throw error;
  }
  return store.done;
}

/** Ends the drafting with what is to be sent. */
export function endDrafting(...done: readonly Draft[]): never {
  drafts.getStore()?.done.push(...done);
  throw new Drafted("drafted");
}

/** Adds a call that the next one needs; the same account makes both in one transaction. */
export function draftBefore(call: DraftedCall): void {
  drafts.getStore()?.before.push(call);
}

/**
 * Stands in for an account whose key is elsewhere: what it would send becomes the draft. The call is simulated first, so that nobody signs
 * one that the chain would refuse.
 */
export async function draftingSigner(
  hre: HardhatRuntimeEnvironment,
  sender: string,
  as: string,
): Promise<HardhatEthersSigner> {
  const signer = await hre.ethers.getSigner(sender);
  signer.sendTransaction = async (request: TransactionRequest) => {
    const call = { to: await resolveAddress(request.to ?? "", hre.ethers.provider), data: String(request.data) };
    await hre.ethers.provider.call({ from: sender, ...call });
    const calls = [...(drafts.getStore()?.before ?? []), call];
    return endDrafting({ what: "", as, sender, calls });
  };
  return signer;
}
