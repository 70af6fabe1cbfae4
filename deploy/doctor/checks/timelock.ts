// SPDX-License-Identifier: MIT
// What waits in the timelock, and pauses of the whole protocol.

import { getAddress } from "ethers";
import type { ModelRegistry, TimelockController, TokenManager } from "../../../.build/typechain";
import { answerOf } from "../../../sdk/rpc/snapshot";
import type { OperationState } from "../../../sdk/state/replay";
import { Check } from "../report";
import { COMPROMISED, contractOf, timeText, type Subject } from "../subject";

/** Operations that were scheduled and neither executed nor cancelled: public, and notable. */
export async function checkOperations(subject: Subject): Promise<Check> {
  const check = new Check("timelock", "operations that wait");
  const { chain, state } = subject;
  const timelock = chain.contract<TimelockController>(contractOf(subject, "TimelockController"));
  for (const operation of state.operations.values()) {
    const time = await answerOf(timelock.getTimestamp(operation.id));
    const isPending = time !== undefined && time > 1n; // 1 says that it was executed
    check.holds(isPending, `operation ${operation.id}`, "not pending", "pending by its events", COMPROMISED);
    if (!isPending) continue;
    const readiness = time <= chain.timestamp ? "ready since" : "ready at";
    const calls = operation.calls.map((call) => callText(subject, call)).join(", ");
    check.note(`operation ${operation.id}`, calls, `${readiness} ${timeText(time)}; a canceller can call cancel`);
  }
  return check;
}

/** Pauses of launches and of improvements. They end by themselves, and are notable meanwhile. */
export async function checkPauses(subject: Subject): Promise<Check> {
  const check = new Check("pauses", "launches and improvements");
  const { chain, state } = subject;
  const registry = chain.contract<ModelRegistry>(contractOf(subject, "ModelRegistry"));
  const manager = chain.contract<TokenManager>(contractOf(subject, "TokenManager"));
  const pauses = [
    ["improvements", "submissionsPausedUntil", () => registry.submissionsPausedUntil(), "resumeSubmissions"],
    ["launches", "launchesPausedUntil", () => manager.launchesPausedUntil(), "resumeLaunches"],
  ] as const;
  for (const [what, view, read, end] of pauses) {
    const until = await answerOf(read());
    check.same(`${view}`, until ?? "no answer", state[view], COMPROMISED);
    if (until !== undefined && until > chain.timestamp)
      check.note(what, `paused until ${timeText(until)}`, `a guardian can call ${end}`);
  }
  return check;
}

/** A call in words, when it is one of a contract of the protocol. */
function callText({ contracts }: Subject, { target, data }: OperationState["calls"][number]): string {
  const contract = Object.values(contracts).find(({ address }) => address === getAddress(target));
  const call = contract?.compiled.abi.parseTransaction({ data });
  return contract && call ? `${contract.name}.${call.name}(${call.args.join(", ")})` : `${data} on ${target}`;
}
