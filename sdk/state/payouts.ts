// SPDX-License-Identifier: MIT
// The status of a waiting reward, by what is known of it, the stop of its method and the time.

import { AbiCoder, keccak256, toBeHex } from "ethers";
import { formatTime } from "../base/units.ts";

/** A reward that was queued, as its event and the time of its block tell it. */
export interface QueuedPayout {
  /** Key of the model. */
  readonly model: string;
  readonly evaluationId: string;
  /** The verification method that vouched for it: payouts are stopped by method. */
  readonly method: string;
  readonly queuedAt: bigint;
  readonly baselineScore: bigint;
  readonly candidateScore: bigint;
  /** Wei to all payees together. */
  readonly reward: bigint;
  readonly contributorsRoot: string;
  /** The owner first; the reward distributor stands for the contributors of a root. */
  readonly accounts: readonly string[];
  readonly amounts: readonly bigint[];
}

/** What became of a payout: only a due one can be released, only a void one returned. */
export type PayoutStatus = "waits" | "due" | "stopped" | "void" | "released" | "returned";

/** End of a stop that has none. */
export const OPEN_STOP = 2n ** 40n - 1n;

/** What `payoutOf` answers once a payout is no longer waiting. */
export const [PAYOUT_RELEASED, PAYOUT_VOIDED] = [toBeHex(1, 32), toBeHex(2, 32)];

/** Payouts of a method that are not released: those queued from `since` on, before `until`. All zero when there is no stop. */
export interface StopState {
  readonly since: bigint;
  readonly until: bigint;
}

export const NO_STOP: StopState = { since: 0n, until: 0n };

/**
 * What becomes of a payout that is neither released nor returned:
 * - `waits`: its time has not come;
 * - `due`: anyone can release it;
 * - `stopped`: a guardian stopped its method, and the admin has yet to decide;
 * - `void`: the admin decided, and anyone can return its reward to the model.
 */
export type OpenPayoutStatus = Exclude<PayoutStatus, "released" | "returned">;

/** Seconds that a reward waits, and the time on chain. */
interface PayoutTimes {
  readonly payoutDelay: bigint;
  readonly now: bigint;
}

/** The status at a time. */
export function openPayoutStatus(
  { queuedAt }: Pick<QueuedPayout, "queuedAt">,
  { since, until }: StopState,
  { payoutDelay, now }: PayoutTimes,
): OpenPayoutStatus {
  if (since <= queuedAt && queuedAt < until) return until === OPEN_STOP ? "stopped" : "void";
  return now < queuedAt + payoutDelay ? "waits" : "due";
}

/**
 * What became of a payout, from what `payoutOf` answers for it.
 * @returns Undefined of one that the registry does not keep: it waits as another one, or not at all.
 */
export function payoutStatus(
  kept: string,
  payout: QueuedPayout,
  stop: StopState,
  times: PayoutTimes,
): PayoutStatus | undefined {
  if (kept === PAYOUT_RELEASED) return "released";
  if (kept === PAYOUT_VOIDED) return "returned";
  return kept === payoutHashOf(payout) ? openPayoutStatus(payout, stop, times) : undefined;
}

/** A payout in the form whose hash the registry keeps. */
export function termsOf({ method, queuedAt, reward, contributorsRoot, accounts, amounts }: QueuedPayout) {
  const payees = AbiCoder.defaultAbiCoder().encode(
    ["bytes32", "address[]", "uint256[]"],
    [contributorsRoot, accounts, amounts],
  );
  return { method, queuedAt, reward, payeesHash: keccak256(payees) };
}

/** What `payoutOf` answers while the payout waits. */
export function payoutHashOf(payout: QueuedPayout): string {
  const { method, queuedAt, reward, payeesHash } = termsOf(payout);
  const types = ["address", "uint256", "uint256", "bytes32"];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [method, queuedAt, reward, payeesHash]));
}

/**
 * What the admin must know of a decision to make payouts void, `since` and `until` as in its call: it closes whatever stop its method has
 * when it is executed, also one that a guardian has set or moved after it was scheduled.
 */
export function voidRemarks(stop: StopState, since: bigint, until: bigint): string[] {
  if (stop.since === NO_STOP.since) return ["its method is not stopped: the chain refuses it"];
  if (since < stop.since)
    return [`it begins ${formatTime(since)}, before the stop, ${formatTime(stop.since)}: the chain refuses it`];
  const letsGo = since === stop.since ? [] : [`from ${formatTime(stop.since)} on, before ${formatTime(since)}`];
  if (until < stop.until) letsGo.push(`from ${formatTime(until)} on`);
  return [
    ...letsGo.map((when) => `it makes payable again what was queued ${when}`),
    ...(stop.until === OPEN_STOP && until === OPEN_STOP
      ? ["it makes void all that is queued until it is executed, also what a guardian stops meanwhile"]
      : []),
  ];
}
