// SPDX-License-Identifier: MIT
// Rewards that wait: what is known of one, and what becomes of it. See IModelImprovements.

import { AbiCoder, keccak256, toBeHex } from "ethers";

/** End of a stop that has none. */
export const OPEN_STOP = 2n ** 40n - 1n;

/** What `payoutOf` answers once a payout waits no longer. */
export const [PAYOUT_RELEASED, PAYOUT_VOIDED] = [toBeHex(1, 32), toBeHex(2, 32)];

/** A reward that waits, as `PayoutQueued` and the time of its block tell it: all that its release asks for. */
export interface QueuedPayout {
  readonly model: string;
  readonly evaluationId: string;
  readonly method: string;
  /** Seconds. */
  readonly queuedAt: bigint;
  readonly contributorsRoot: string;
  /** The payees, the owner first, and what each receives in wei. */
  readonly accounts: readonly string[];
  readonly amounts: readonly bigint[];
}

/** Payouts of a method that are not released: those queued from `since` on, before `until`. All zero when there is no stop. */
export interface StopState {
  readonly since: bigint;
  readonly until: bigint;
}

export const NO_STOP: StopState = { since: 0n, until: 0n };

/**
 * What becomes of a payout that is neither released nor returned:
 * - `waiting`: its time has not come;
 * - `due`: anyone can release it;
 * - `stopped`: a guardian stopped its method, and the admin has yet to decide;
 * - `void`: the admin decided, and anyone can return its reward to the model.
 */
export type PayoutStatus = "waiting" | "due" | "stopped" | "void";

/** The status at a time; `payoutDelay` in seconds. */
export function payoutStatusOf(
  { queuedAt }: Pick<QueuedPayout, "queuedAt">,
  { since, until }: StopState,
  { payoutDelay, now }: { readonly payoutDelay: bigint; readonly now: bigint },
): PayoutStatus {
  if (since <= queuedAt && queuedAt < until) return until === OPEN_STOP ? "stopped" : "void";
  return now < queuedAt + payoutDelay ? "waiting" : "due";
}

/** The reward of all payees together. */
export function rewardOfPayout({ amounts }: Pick<QueuedPayout, "amounts">): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

/** `payeesHash` of the contract's Payout. */
export function payeesHashOf({
  contributorsRoot,
  accounts,
  amounts,
}: Pick<QueuedPayout, "contributorsRoot" | "accounts" | "amounts">): string {
  return hash(["bytes32", "address[]", "uint256[]"], [contributorsRoot, accounts, amounts]);
}

/** What `payoutOf` answers while the payout waits. */
export function payoutHashOf(payout: QueuedPayout): string {
  const { method, queuedAt } = payout;
  const values = [method, queuedAt, rewardOfPayout(payout), payeesHashOf(payout)];
  return hash(["address", "uint256", "uint256", "bytes32"], values);
}

/** Arguments of `releasePayout`, in order. */
export function releaseArgumentsOf(payout: QueuedPayout): [string, string, string, bigint, string, string[], bigint[]] {
  const { model, evaluationId, method, queuedAt, contributorsRoot, accounts, amounts } = payout;
  return [model, evaluationId, method, queuedAt, contributorsRoot, [...accounts], [...amounts]];
}

const hash = (types: string[], values: unknown[]) => keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
