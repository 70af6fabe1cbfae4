// What only the admin does: the timelock, whose proposers are a multisig. On a local chain both are at hand, and so is the time.

import { toBeHex, ZeroHash } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import { confirm } from "../sdk/client/confirm";
import { passTime } from "./localTime";
import type { Protocol } from "./protocol";
import { signerWithRole } from "./roles";
import type { Report } from "./step";

/** A call of the admin's. */
export interface AdminCall {
  readonly target: string;
  readonly data: string;
}

/** What a proposer and, after the delay, an executor send to the timelock. */
export interface AdminPayload {
  readonly timelock: string;
  readonly delay: number;
  readonly calls: readonly AdminCall[];
  /** Calldata for the timelock. */
  readonly schedule: string;
  readonly execute: string;
}

/** The steps of an operation, as they are told. */
export interface AdminSteps {
  readonly schedule: string;
  readonly execute: string;
  /** Told when it is executed. */
  readonly outcome: () => Promise<string>;
}

/** The payload of some calls, which take effect together. */
export async function payloadOf(protocol: Protocol, calls: readonly AdminCall[]): Promise<AdminPayload> {
  const { timelock, addresses } = protocol;
  const delay = Number(await timelock.getMinDelay());
  const operation = await operationOf(protocol, calls);
  return {
    timelock: addresses.TimelockController as string,
    delay,
    calls,
    schedule: timelock.interface.encodeFunctionData("scheduleBatch", [...operation, delay]),
    execute: timelock.interface.encodeFunctionData("executeBatch", operation),
  };
}

/** What the admin is to do, in one line. */
export function payloadInWords({ timelock, delay, schedule, execute }: AdminPayload): string {
  return `let a proposer send ${schedule} to the timelock ${timelock} and, ${delay} seconds later, an executor ${execute}`;
}

/** Lets the admin of a local chain make calls, after its delay; elsewhere throws a {@link Problem} that says what it has to do. */
export async function actAsAdmin(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  calls: readonly AdminCall[],
  why: string,
  steps: AdminSteps,
  report: Report,
): Promise<void> {
  const { network, timelock } = protocol;
  const payload = await payloadOf(protocol, calls);
  if (!network.isLocal)
    throw new Problem("NOT_ALLOWED", `${why}: ${payloadInWords(payload)}, then run the command again.`);
  const { delay } = payload;
  const operation = await operationOf(protocol, calls);
  if (!(await timelock.isOperation(await timelock.hashOperationBatch(...operation)))) {
    const scheduling = timelock.connect(await signerWithRole(hre, protocol, "timelock", "PROPOSER_ROLE"));
    const scheduled = await confirm(steps.schedule, scheduling.scheduleBatch(...operation, delay));
    report({ name: scheduled.name, sent: scheduled, outcome: `the admin waits ${delay} seconds` });
  }
  await passTime(hre, delay);
  const executing = timelock.connect(await signerWithRole(hre, protocol, "timelock", "EXECUTOR_ROLE"));
  const executed = await confirm(steps.execute, executing.executeBatch(...operation));
  report({ name: executed.name, sent: executed, outcome: await steps.outcome() });
}

/** The arguments of an operation. Who rotates a role to and fro makes the same calls again: each time they are another operation. */
async function operationOf(
  { timelock }: Protocol,
  calls: readonly AdminCall[],
): Promise<[string[], bigint[], string[], string, string]> {
  for (let times = 0; ; times++) {
    const operation: [string[], bigint[], string[], string, string] = [
      calls.map(({ target }) => target),
      calls.map(() => 0n),
      calls.map(({ data }) => data),
      ZeroHash,
      toBeHex(times, 32),
    ];
    if (!(await timelock.isOperationDone(await timelock.hashOperationBatch(...operation)))) return operation;
  }
}
