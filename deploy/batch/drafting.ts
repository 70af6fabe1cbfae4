// What would be sent, written down instead: while something is drafted, whoever holds a role need not be at hand, and nothing is sent.

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
  /** What they do, in words. */
  readonly what: string;
  /** Why this account can make them: the role that it holds, or what it is. */
  readonly as: string;
  readonly sender: string;
  readonly calls: readonly DraftedCall[];
  /** What the draft is among several that belong together; absent when it is the only one. */
  readonly part?: string;
}

/** Drafting has come to its end, since nothing after a call can be known before it is made: control flow. */
class Drafted extends Error {}

const drafts = new AsyncLocalStorage<{ readonly done: Draft[]; readonly before: DraftedCall[] }>();

/** Whether calls are to be written down here instead of sent. */
export function isDrafting(): boolean {
  return drafts.getStore() !== undefined;
}

/** Does something up to the first call that it would send; answers with what is to be sent, and with nothing where there is nothing to do. */
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

/** Adds a call that the next one needs: the same account makes both in one transaction. */
export function draftBefore(call: DraftedCall): void {
  drafts.getStore()?.before.push(call);
}

/**
 * Stands in for an account whose key is elsewhere: what it is to send becomes the draft. A call that the chain would refuse is refused
 * before anybody signs it.
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
