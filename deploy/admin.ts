// What only the admin does: the timelock, whose proposers are a multisig. On a local chain both are at hand, and so is the time.

import { toBeHex, ZeroHash } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import { formatTime } from "../sdk/base/units";
import { confirm } from "../sdk/client/confirm";
import { endDrafting, isDrafting, type Draft } from "./batch/drafting";
import { passTime } from "./localTime";
import { isFork } from "./network";
import type { Protocol } from "./protocol";
import { holderOfRole, signerWithRole } from "./roles";
import type { Report } from "./step";

/** A call of the admin's. */
export interface AdminCall {
  readonly target: string;
  readonly data: string;
}

/** The steps of an operation, as they are told. */
export interface AdminSteps {
  /** The task that writes the operation down for the admin. */
  readonly command: string;
  readonly schedule: string;
  readonly execute: string;
  /** Told when it is executed. */
  readonly outcome: () => Promise<string>;
}

/** What is said where only the admin may, and nobody here is the admin. */
export async function adminInWords({ timelock }: Protocol, command: string): Promise<string> {
  const [address, delay] = [await timelock.getAddress(), await timelock.getMinDelay()];
  return `only the admin may, the timelock ${address}, after its delay of ${delay} seconds: ${command} --batch <file> writes what its proposers and executors are to send`;
}

/**
 * Lets the admin of a local chain, or of a copy of another, make calls after its delay; while something is drafted, drafts what proposer,
 * executor and canceller send; elsewhere throws a {@link Problem} that says what it has to do.
 */
export async function actAsAdmin(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  calls: readonly AdminCall[],
  why: string,
  steps: AdminSteps,
  report: Report,
): Promise<void> {
  if (isDrafting()) return endDrafting(...(await operationDrafts(hre, protocol, calls, why)));
  const { network, timelock } = protocol;
  if (!network.isLocal && !isFork(hre)) {
    throw new Problem(
      "NOT_ALLOWED",
      `${why}: ${await adminInWords(protocol, steps.command)}. Nothing was sent; run the command again when it is done.`,
    );
  }
  const delay = Number(await timelock.getMinDelay());
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

/** What the timelock is sent for an operation: its scheduling unless it waits already, its execution, and what cancels it. */
export async function operationDrafts(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  calls: readonly AdminCall[],
  what: string,
): Promise<Draft[]> {
  const { timelock } = protocol;
  const operation = await operationOf(protocol, calls);
  const operationId = await timelock.hashOperationBatch(...operation);
  const [to, delay, readyAt] = [
    await timelock.getAddress(),
    await timelock.getMinDelay(),
    await timelock.getTimestamp(operationId),
  ];
  // A call that cannot succeed is refused before anybody signs it; what builds on another call of the operation cannot be tried.
  const [only, ...others] = calls;
  if (readyAt === 0n && only !== undefined && others.length === 0)
    await hre.ethers.provider.call({ from: to, to: only.target, data: only.data });
  const draft = async (part: string, when: string, role: string, data: string): Promise<Draft> => ({
    ...{ part, what: `${part} ${what}: ${when}`, as: `${role} of TimelockController` },
    ...{ sender: await holderOfRole(hre, protocol, "timelock", role), calls: [{ to, data }] },
  });
  const encode = timelock.interface;
  const wait = readyAt === 0n ? `${delay} seconds after it was scheduled` : `from ${formatTime(readyAt)}`;
  const scheduling =
    readyAt > 0n
      ? []
      : [
          await draft(
            "schedule",
            "at once",
            "PROPOSER_ROLE",
            encode.encodeFunctionData("scheduleBatch", [...operation, delay]),
          ),
        ];
  return [
    ...scheduling,
    await draft("execute", wait, "EXECUTOR_ROLE", encode.encodeFunctionData("executeBatch", operation)),
    await draft("cancel", "while it waits", "CANCELLER_ROLE", encode.encodeFunctionData("cancel", [operationId])),
  ];
}
