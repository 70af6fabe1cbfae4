// What only the admin does: the timelock, whose proposers are a multisig. On a local chain both are at hand, and so is the time.

import { ZeroHash } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import { confirm } from "../sdk/client/confirm";
import { passTime } from "./localTime";
import type { Protocol } from "./protocol";
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
export function payloadOf({ timelock, addresses, parameters }: Protocol, calls: readonly AdminCall[]): AdminPayload {
  const { adminDelay } = parameters.$global;
  const operation = operationOf(calls);
  return {
    timelock: addresses.TimelockController as string,
    delay: adminDelay,
    calls,
    schedule: timelock.interface.encodeFunctionData("scheduleBatch", [...operation, adminDelay]),
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
  const { network, timelock, parameters } = protocol;
  const payload = payloadOf(protocol, calls);
  if (!network.isLocal)
    throw new Problem("NOT_ALLOWED", `${why}: ${payloadInWords(payload)}, then run the command again.`);
  const { adminDelay } = parameters.$global;
  const [proposer, executor] = [parameters.Governance.proposers[0], parameters.Governance.executors[0]];
  const operation = operationOf(calls);
  if (!(await timelock.isOperation(await timelock.hashOperationBatch(...operation)))) {
    const scheduling = timelock.connect(await hre.ethers.getSigner(proposer as string));
    const scheduled = await confirm(steps.schedule, scheduling.scheduleBatch(...operation, adminDelay));
    report({ name: scheduled.name, sent: scheduled, outcome: `the admin waits ${adminDelay} seconds` });
  }
  await passTime(hre, adminDelay);
  const executing = timelock.connect(await hre.ethers.getSigner(executor as string));
  const executed = await confirm(steps.execute, executing.executeBatch(...operation));
  report({ name: executed.name, sent: executed, outcome: await steps.outcome() });
}

function operationOf(calls: readonly AdminCall[]): [string[], bigint[], string[], string, string] {
  return [calls.map(({ target }) => target), calls.map(() => 0n), calls.map(({ data }) => data), ZeroHash, ZeroHash];
}
