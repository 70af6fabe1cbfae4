// SPDX-License-Identifier: MIT
// Payouts, found in the logs of every verifier that the registry has ever accepted, and confirmed by the registry.

import type { Block, Provider } from "ethers";
import type { DeltaOneVerifier, ModelRegistry, TokenManager } from "./contracts.ts";
import { readEvents, type Blocks } from "../rpc/logs.ts";
import { payoutStatus, termsOf, type PayoutStatus, type QueuedPayout } from "../state/payouts.ts";
import { contractAt, type Access } from "./access.ts";

/** A payout and its status. */
export interface Payout extends QueuedPayout {
  readonly status: PayoutStatus;
  /** The first second in which it can be released, unless it is stopped. */
  readonly releasableFrom: bigint;
}

/** The arguments of a `PayoutQueued` event. */
type PayoutQueued = Awaited<ReturnType<typeof queuedEvents>>[number]["args"];

/** Builds a payout from its event and the timestamp of its block. */
export function payoutOf(args: PayoutQueued, queuedAt: bigint): QueuedPayout {
  const { model, evaluationId, method, baselineScore, candidateScore, reward, contributorsRoot } = args;
  const payees = { accounts: [...args.accounts], amounts: [...args.amounts] };
  return { model, evaluationId, method, queuedAt, baselineScore, candidateScore, reward, contributorsRoot, ...payees };
}

/** Returns every payout queued in a range of blocks, in the order of the chain; only those of `model` if it is given. */
export async function readPayouts(
  access: Access,
  registry: ModelRegistry,
  blocks: Blocks,
  model?: string,
): Promise<Payout[]> {
  const queued: QueuedPayout[] = [];
  const moves = await readEvents(blocks, registry, registry.filters.ScoreMoved(model));
  const recorded = new Set(moves.map(({ args, transactionHash }) => keyOf(args, args.payeesHash, transactionHash)));
  for (const address of await verifiersOf(registry, blocks)) {
    const verifier = await contractAt<DeltaOneVerifier>(access, "DeltaOneVerifier", address);
    for (const { args, blockNumber, transactionHash } of await queuedEvents(verifier, blocks, model)) {
      const payout = payoutOf(args, await timestampOf(access.ethers.provider, blockNumber));
      // A former verifier may have logged anything, so the registry's own event must agree.
      const key = keyOf({ id: payout.model, ...payout }, termsOf(payout).payeesHash, transactionHash);
      if (recorded.has(key)) queued.push(payout);
    }
  }
  const delay = await registry.payoutDelay();
  const now = await timestampOf(access.ethers.provider, "latest");
  const found: Payout[] = [];
  for (const payout of queued.sort((a, b) => Number(a.queuedAt - b.queuedAt))) {
    const kept = await registry.payoutOf(payout.model, payout.evaluationId);
    const stop = await registry.payoutStopOf(payout.method);
    const status = payoutStatus(kept, payout, stop, { payoutDelay: delay, now });
    if (status !== undefined) found.push({ ...payout, status, releasableFrom: payout.queuedAt + delay });
  }
  return found;
}

/** Returns the arguments of a release. */
export function releaseCall(payout: QueuedPayout): Parameters<TokenManager["releasePayout"]["staticCall"]> {
  const { model, evaluationId, method, queuedAt, contributorsRoot, accounts, amounts } = payout;
  return [model, evaluationId, method, queuedAt, contributorsRoot, [...accounts], [...amounts]];
}

/** Returns the arguments that return a void payout to its model. */
export function returnCall(payout: QueuedPayout) {
  return [payout.model, payout.evaluationId, termsOf(payout)] as const;
}

const keyOf = (of: { readonly id: string; readonly evaluationId: string }, payeesHash: string, transaction: string) =>
  [of.id, of.evaluationId, payeesHash, transaction].join(" ");

/** Returns the current verifier and all earlier ones. */
export async function verifiersOf(registry: ModelRegistry, blocks: Blocks): Promise<string[]> {
  const wired = await readEvents(blocks, registry, registry.filters.Wired());
  const changed = await readEvents(blocks, registry, registry.filters.VerifierChanged());
  return [...new Set([...wired.map(({ args }) => args.verifier), ...changed.map(({ args }) => args.newVerifier)])];
}

async function queuedEvents(verifier: DeltaOneVerifier, blocks: Blocks, model?: string) {
  return readEvents(blocks, verifier, verifier.filters.PayoutQueued(model));
}

async function timestampOf(provider: Provider, block: number | "latest"): Promise<bigint> {
  return BigInt(((await provider.getBlock(block)) as Block).timestamp);
}
