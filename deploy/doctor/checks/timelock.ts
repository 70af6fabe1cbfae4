// SPDX-License-Identifier: MIT
// What waits in the timelock, and pauses of the whole protocol.

import { getAddress } from "ethers";
import type { ModelRegistry, TimelockController, TokenManager } from "../../../.build/typechain";
import { answerOf } from "../../../sdk/rpc/snapshot";
import type { OperationState, PauseState } from "../../../sdk/state/protocolState";
import { Check } from "../report";
import { COMPROMISED, contractOf, durationText, timeText, type Subject } from "../subject";

/**
 * The longest pause that a full budget allows, in seconds, and the seconds in which one paused second is recovered: as in GuardianPause.
 */
const [PAUSE_BUDGET, PAUSE_RECOVERY] = [7n * 86_400n, 6n];

/** Checks operations that were scheduled but neither executed nor cancelled. They are public, and noted. */
export async function checkOperations(subject: Subject): Promise<Check> {
  const check = new Check("timelock", "operations that wait");
  const { chain, state } = subject;
  const timelock = chain.contract<TimelockController>(contractOf(subject, "TimelockController"));
  for (const operation of state.operations.values()) {
    const time = await answerOf(timelock.getTimestamp(operation.id));
    const isPending = time !== undefined && time > 1n; // 1 means that it was executed
    check.holds(isPending, `operation ${operation.id}`, "not pending", "pending by its events", COMPROMISED);
    if (!isPending) continue;
    const readiness = time <= chain.timestamp ? "ready since" : "ready at";
    const calls = operation.calls.map((call) => callText(subject, call)).join(", ");
    check.note(`operation ${operation.id}`, calls, `${readiness} ${timeText(time)}; a canceller can call cancel`);
  }
  return check;
}

/** Checks pauses of launches and of improvements. They end by themselves, and are noted until the guardians' budget is whole again. */
export async function checkPauses(subject: Subject): Promise<Check> {
  const check = new Check("pauses", "G1 launches and improvements");
  const { chain, state } = subject;
  const registry = chain.contract<ModelRegistry>(contractOf(subject, "ModelRegistry"));
  const manager = chain.contract<TokenManager>(contractOf(subject, "TokenManager"));
  const submissions = Promise.all([registry.submissionsPausedUntil(), registry.submissionsPauseWholeAt()]);
  comparePause(
    subject,
    check,
    "improvements",
    await answerOf(submissions),
    state.submissionsPause,
    "resumeSubmissions",
  );
  const launches = Promise.all([manager.launchesPausedUntil(), manager.launchesPauseWholeAt()]);
  comparePause(subject, check, "launches", await answerOf(launches), state.launchesPause, "resumeLaunches");
  return check;
}

function comparePause(
  { chain }: Subject,
  check: Check,
  what: string,
  read: [bigint, bigint] | undefined,
  told: PauseState,
  end: string,
): void {
  const [until, wholeAt] = read ?? ["no answer", "no answer"];
  check.same(`the end of the pause of ${what}`, until, told.until, COMPROMISED);
  check.same(`the end of the budget's recovery for ${what}`, wholeAt, told.wholeAt, COMPROMISED);
  notePause(check, what, told, chain.timestamp, end);
}

/** Notes a pause, and what is left of the budget for pauses. */
export function notePause(check: Check, what: string, { until, wholeAt }: PauseState, now: bigint, end: string): void {
  const missing = wholeAt > now ? wholeAt - now : 0n;
  if (missing === 0n) return;
  const left = (PAUSE_BUDGET * PAUSE_RECOVERY - missing) / PAUSE_RECOVERY;
  const budget = `the guardians have ${durationText(left)} of ${durationText(PAUSE_BUDGET)} left, whole at ${timeText(wholeAt)}`;
  if (until > now) check.note(what, `paused until ${timeText(until)}`, `${budget}; the admin can call ${end}`);
  else check.note(what, `was paused until ${timeText(until)}`, budget);
}

/** A call in words, if its target is a contract of the protocol; otherwise its data. */
function callText({ contracts }: Subject, { target, data }: OperationState["calls"][number]): string {
  const contract = Object.values(contracts).find(({ address }) => address === getAddress(target));
  const call = contract?.compiled.abi.parseTransaction({ data });
  return contract && call ? `${contract.name}.${call.name}(${call.args.join(", ")})` : `${data} on ${target}`;
}
