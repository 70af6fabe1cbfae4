// What only the admin can do. The admin is the timelock, whose proposers are a multisig; on a local chain the commands hold both, and can
// let the delay pass.

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

/** A call that the admin makes. */
export interface AdminCall {
  readonly target: string;
  readonly data: string;
}

/** How the steps of an operation are named. */
export interface AdminSteps {
  /** The task that writes the operation to a file for the admin. */
  readonly command: string;
  readonly schedule: string;
  readonly execute: string;
  /** Describes the result once the operation is executed. */
  readonly outcome: () => Promise<string>;
}

/** The message for a call that only the admin may make, when the admin's keys are not here. */
export async function adminInWords({ timelock }: Protocol, command: string): Promise<string> {
  const [address, delay] = [await timelock.getAddress(), await timelock.getMinDelay()];
  return `only the admin may, the timelock ${address}, after its delay of ${delay} seconds: ${command} --batch <file> writes what its proposers and executors are to send`;
}

/**
 * Makes calls as the admin. On a local chain, or on a fork of another chain, they are made after the admin's delay; while drafting, what
 * proposer, executor and canceller must send is drafted; anywhere else, this throws a {@link Problem} that says what the admin has to do.
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

/**
 * The arguments of an operation. Rotating a role back and forth repeats the same calls, so the salt counts how often they were made before.
 */
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

/** Drafts the timelock's calls for an operation: scheduling, unless it is scheduled already; execution; and cancellation. */
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
  // A single call is simulated, so that nobody signs one that cannot succeed. Calls that depend on one another cannot be simulated.
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
