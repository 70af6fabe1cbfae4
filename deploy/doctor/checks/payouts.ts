// SPDX-License-Identifier: MIT
// Rewards that wait: what the registry keeps of each, what becomes of it, and who can do what about it.

import { getAddress, ZeroAddress } from "ethers";
import type { Hybrid, ModelRegistry } from "../../../.build/typechain";
import { formatTokens } from "../../../sdk/base/units";
import { answerOf } from "../../../sdk/rpc/snapshot";
import {
  NO_STOP,
  OPEN_STOP,
  type QueuedPayout,
  type StopState,
  openPayoutStatus,
  payoutHashOf,
  voidRemarks,
} from "../../../sdk/state/payouts";
import type { WaitingReward } from "../../../sdk/state/protocolState";
import { Check } from "../report";
import { COMPROMISED, contractOf, timeText, type Subject } from "../subject";

/** How many payouts are read at once. */
const AT_ONCE = 25;

/** Checks every reward that is neither released nor returned, and every stop. */
export async function checkPayouts(subject: Subject): Promise<Check[]> {
  const payouts = new Check("payouts", "R2 rewards that wait are those that the events tell");
  const stops = new Check("payouts", "stops of payouts");
  await checkStops(subject, stops);
  noteDecisions(subject, stops);
  const registry = subject.chain.contract<ModelRegistry>(contractOf(subject, "ModelRegistry"));
  const delay = await answerOf(registry.payoutDelay());
  payouts.looked++;
  const waiting = [...subject.state.payouts.values()];
  for (let start = 0; start < waiting.length; start += AT_ONCE) {
    const group = waiting.slice(start, start + AT_ONCE);
    await Promise.all(group.map(async (payout) => checkPayout(subject, payouts, payout, delay ?? 0n)));
  }
  payouts.notable.sort((a, b) => (a.what < b.what ? -1 : 1));
  return [payouts, stops];
}

async function checkPayout(subject: Subject, check: Check, payout: WaitingReward, payoutDelay: bigint): Promise<void> {
  const { chain, state } = subject;
  const { model, evaluationId, reward, block, told } = payout;
  const registry = chain.contract<ModelRegistry>(contractOf(subject, "ModelRegistry"));
  const [kept, queuedAt] = await Promise.all([answerOf(registry.payoutOf(model, evaluationId)), chain.timeOf(block)]);
  const what = `payout ${evaluationId} of ${state.models.get(model)?.modelId ?? model}`;
  if (told === undefined) {
    check.note(
      what,
      `${formatTokens(reward)} tokens to payees that no event tells`,
      "whoever knows them can release it",
    );
    return;
  }
  const queued: QueuedPayout = { ...told, queuedAt };
  check.same(what, kept ?? "no answer", payoutHashOf(queued), COMPROMISED);
  const stop = state.stops.get(queued.method) ?? NO_STOP;
  const [actual, next] = inWords(queued, stop, { payoutDelay, now: chain.timestamp });
  const payees = queued.accounts.map((account, index) => `${formatTokens(queued.amounts[index] ?? 0n)} to ${account}`);
  check.note(what, `${formatTokens(reward)} tokens ${actual}: ${payees.join(", ")}`, next);
}

/** Says what becomes of a payout, and who can do what about it. */
function inWords(payout: QueuedPayout, stop: StopState, times: { payoutDelay: bigint; now: bigint }): [string, string] {
  const due = timeText(payout.queuedAt + times.payoutDelay);
  switch (openPayoutStatus(payout, stop, times)) {
    case "waits":
      return [`wait until ${due}`, `a guardian can stop payouts of ${payout.method}`];
    case "due":
      return [`due since ${due}`, "anyone can run payout:release"];
    case "stopped":
      return [`stopped, due ${due}`, "the admin decides, by payout:lift or payout:void with --batch <file>"];
    case "void":
      return ["void", "anyone can run payout:return"];
  }
}

async function checkStops(subject: Subject, check: Check): Promise<void> {
  const { chain, state, declared } = subject;
  const registry = chain.contract<ModelRegistry>(contractOf(subject, "ModelRegistry"));
  const { address: own } = contractOf(subject, "OracleAttestation");
  const methods = new Set([own, ...declared.methods.map(({ address }) => address), ...state.methods.keys()]);
  for (const method of new Set([...methods, ...state.stops.keys()])) {
    const present = await answerOf(registry.payoutStopOf(method));
    const told = state.stops.get(method) ?? NO_STOP;
    const shown = present === undefined ? "no answer" : `${present.since} to ${present.until}`;
    check.same(`payoutStopOf(${method})`, shown, `${told.since} to ${told.until}`, COMPROMISED);
    if (told.since === NO_STOP.since) continue;
    const isOpen = told.until === OPEN_STOP;
    const until = isOpen ? "on" : `to ${timeText(told.until)}`;
    const hybrids = isOpen ? await hybridsOf(subject, methods, method) : [];
    const also = hybrids.length === 0 ? "" : `; contained in ${hybrids.join(", ")}, not stopped by it`;
    check.note(
      `payouts of ${method}`,
      `${isOpen ? "stopped" : "void"}, queued from ${timeText(told.since)} ${until}${also}`,
      isOpen
        ? "the admin decides, by payout:lift or payout:void with --batch <file>"
        : "the admin can lift it, by payout:lift --batch <file>",
    );
  }
}

/** Notes the timelock's pending operations that make payouts void, each with the present stop of its method. */
function noteDecisions(subject: Subject, check: Check): void {
  const { state } = subject;
  const { address, compiled } = contractOf(subject, "ModelRegistry");
  for (const { id, calls } of state.operations.values()) {
    for (const { target, data } of calls) {
      const call = getAddress(target) === address ? compiled.abi.parseTransaction({ data }) : null;
      if (call?.name !== "voidPayouts") continue;
      const [method, since, until] = call.args as unknown as [string, bigint, bigint];
      const remarks = voidRemarks(state.stops.get(method) ?? NO_STOP, since, until);
      if (remarks.length === 0) continue;
      check.note(`operation ${id} on payouts of ${method}`, remarks.join("; "), "if that is not meant, cancel it");
    }
  }
}

/** Methods that contain a stopped one but are not stopped themselves, because a stop covers only the method's own address. */
async function hybridsOf({ chain, build, state }: Subject, methods: ReadonlySet<string>, stopped: string) {
  const found: string[] = [];
  for (const address of methods) {
    if (address === stopped || address === ZeroAddress || state.stops.get(address)?.until === OPEN_STOP) continue;
    const parts = await answerOf(chain.contract<Hybrid>({ address, compiled: build("Hybrid") }).methods());
    if (parts?.includes(stopped)) found.push(address);
  }
  return found;
}
