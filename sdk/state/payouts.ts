// SPDX-License-Identifier: MIT
// The status of a payout, from what the registry stores for it, the stop of its method, and the time.

import { AbiCoder, keccak256, toBeHex } from "ethers";
import { formatTime } from "../base/units.ts";

/** A queued reward, according to its event and the timestamp of its block. */
export interface QueuedPayout {
  /** The key of the model. */
  readonly model: string;
  readonly evaluationId: string;
  /** The verification method that confirmed the improvement. Stops apply to a method. */
  readonly method: string;
  readonly queuedAt: bigint;
  readonly baselineScore: bigint;
  readonly candidateScore: bigint;
  /** The total for all payees, in wei. */
  readonly reward: bigint;
  readonly contributorsRoot: string;
  /** The owner comes first. The reward distributor is paid for all contributors behind a root. */
  readonly accounts: readonly string[];
  readonly amounts: readonly bigint[];
}

/** The status of a payout. Only a due one can be released, only a void one returned. */
export type PayoutStatus = "waits" | "due" | "stopped" | "void" | "released" | "returned";

/** The end of a stop that is still open. */
export const OPEN_STOP = 2n ** 40n - 1n;

/** What the registry's `payoutOf` returns for a released payout, and for one whose reward was returned. */
export const [PAYOUT_RELEASED, PAYOUT_VOIDED] = [toBeHex(1, 32), toBeHex(2, 32)];

/** A stop: the method's payouts that were queued from `since` on and before `until` are not released. Both are zero if there is no stop. */
export interface StopState {
  readonly since: bigint;
  readonly until: bigint;
}

export const NO_STOP: StopState = { since: 0n, until: 0n };

/**
 * The status of a payout that is neither released nor returned:
 * - `waits`: its delay is not over;
 * - `due`: anyone can release it;
 * - `stopped`: a guardian stopped its method, and the admin has yet to decide;
 * - `void`: the admin closed the stop, and anyone can return the reward to the model.
 */
export type OpenPayoutStatus = Exclude<PayoutStatus, "released" | "returned">;

/** The payout delay and the time on chain, in seconds. */
interface PayoutTimes {
  readonly payoutDelay: bigint;
  readonly now: bigint;
}

/** Returns the status at a given time. */
export function openPayoutStatus(
  { queuedAt }: Pick<QueuedPayout, "queuedAt">,
  { since, until }: StopState,
  { payoutDelay, now }: PayoutTimes,
): OpenPayoutStatus {
  if (since <= queuedAt && queuedAt < until) return until === OPEN_STOP ? "stopped" : "void";
  return now < queuedAt + payoutDelay ? "waits" : "due";
}

/**
 * Returns the status of a payout, given the word that `payoutOf` returns for it.
 * @returns Undefined if the registry does not store a payout with these terms.
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

/** Returns the terms of a payout, whose hash the registry stores. */
export function termsOf({ method, queuedAt, reward, contributorsRoot, accounts, amounts }: QueuedPayout) {
  const payees = AbiCoder.defaultAbiCoder().encode(
    ["bytes32", "address[]", "uint256[]"],
    [contributorsRoot, accounts, amounts],
  );
  return { method, queuedAt, reward, payeesHash: keccak256(payees) };
}

/** Returns the hash that `payoutOf` returns while the payout waits. */
export function payoutHashOf(payout: QueuedPayout): string {
  const { method, queuedAt, reward, payeesHash } = termsOf(payout);
  const types = ["address", "uint256", "uint256", "bytes32"];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [method, queuedAt, reward, payeesHash]));
}

/**
 * Returns what the admin should know before making payouts void; `since` and `until` are the arguments of that call. The call closes the
 * stop
 * that the method has at its execution, even if a guardian set or moved it after the call was scheduled.
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
