// The one way to deploy to a network: plan, apply, verify, record.

import { keccak256 } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import type { Sent } from "../sdk/client/confirm";
import { isOutage } from "../sdk/rpc/answers";
import { AGAIN } from "./journal";
import { launchModel, type LaunchedModel } from "./launch";
import { withLock } from "./lock";
import { networkOf } from "./network";
import { lockFile } from "./paths";
import { planDeployment, type Plan, type PlanOptions } from "./plan";
import { deployProtocol, type Protocol } from "./protocol";
import type { DeploymentRecord } from "./record";
import { writeRecord } from "./recording";
import { isPassing } from "./rpc";
import { presentSending, sendingAs } from "./sends";
import type { Step } from "./step";

/** Callbacks that report how a deployment proceeds. */
export interface Progress {
  readonly onPlan: (plan: Plan) => void;
  readonly onSent: (transaction: Sent) => void;
  readonly onProtocol: (protocol: Protocol) => void;
  readonly onStep: (step: Step) => void;
  readonly onWait: (reason: string) => void;
}

/** The result of a deployment on a network. */
export interface Deployment {
  readonly protocol: Protocol;
  readonly models: readonly LaunchedModel[];
  /** Absent for the in-process chain, which ends with the process. */
  readonly record?: DeploymentRecord;
}

/** Ensures that only one run at a time works on a network. */
export function alone<T>(hre: HardhatRuntimeEnvironment, action: () => Promise<T>): Promise<T> {
  return withLock(lockFile(hre), action);
}

/**
 * Brings a network to its declared state: plans, sends what is missing, verifies everything against the chain, and records it after each
 * part. The in-process chain is new and private, so it needs no plan, and nothing about it is kept.
 */
export async function deployTo(
  hre: HardhatRuntimeEnvironment,
  declared: PlanOptions,
  progress: Progress,
): Promise<Deployment> {
  if (networkOf(hre).isEphemeral) return apply(hre, declared, progress, async () => undefined);
  return alone(hre, async () => {
    const plan = await orAgain(hre, isOutage, () => planDeployment(hre, declared));
    progress.onPlan(plan);
    await openKeysOf(plan);
    const keep = async (protocol: Protocol, models: readonly LaunchedModel[]) => {
      if (models.length === 0) await requireRehearsedCode(hre, plan.rehearsal.protocol, protocol);
      return writeRecord(hre, protocol, declared.parametersFile, models);
    };
    const run = () => orAgain(hre, isPassing, () => apply(hre, declared, progress, keep));
    return sendingAs({ plannedFeePerGas: plan.maxFeePerGas }, run);
  });
}

/** Opens the keys that will sign, so that a wrong password or a locked device is reported before anything is sent. */
async function openKeysOf({ needs }: Plan): Promise<void> {
  for (const { address, open } of (await presentSending().accounts?.()) ?? []) if (needs.has(address)) await open();
}

/** Runs the action. If it fails for a passing reason that lasted too long, throws a {@link Problem} that says what to do. */
export async function orAgain<T>(
  hre: HardhatRuntimeEnvironment,
  passes: (error: unknown) => boolean,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof Problem || !passes(error)) throw error;
    const reason = String((error as Error).message.split("\n")[0]).replace(/\.$/, "");
    throw new Problem("NODE_FAILED", `${hre.network.name}: ${reason}; ${AGAIN}.`);
  }
}

async function apply(
  hre: HardhatRuntimeEnvironment,
  { parameters, files }: PlanOptions,
  { onSent, onProtocol, onStep, onWait }: Progress,
  keep: (protocol: Protocol, models: readonly LaunchedModel[]) => Promise<DeploymentRecord | undefined>,
): Promise<Deployment> {
  const protocol = await deployProtocol(hre, { parameters, onSent, onWait });
  let record = await keep(protocol, []);
  onProtocol(protocol);
  const models: LaunchedModel[] = [];
  for (const file of files) {
    models.push(await launchModel(hre, protocol, file, onStep, onWait));
    record = await keep(protocol, models);
  }
  return { protocol, models, ...(record && { record }) };
}

/** Requires that the chain has exactly the code, including immutables, that the rehearsal put at the same addresses. */
async function requireRehearsedCode(
  hre: HardhatRuntimeEnvironment,
  rehearsed: Protocol,
  { addresses, network, parameters }: Protocol,
): Promise<void> {
  const stage = rehearsed.registry.runner?.provider;
  const wrong: string[] = [];
  for (const [name, address] of Object.entries(addresses)) {
    const isOurs = name !== "ReserveToken" || parameters.$global.reserveToken === "";
    const [actual, expected] = await Promise.all([hre.ethers.provider.getCode(address), stage?.getCode(address)]);
    if (isOurs && keccak256(actual) !== keccak256(expected ?? "0x")) wrong.push(`${name} at ${address}`);
  }
  if (wrong.length === 0) return;
  throw new Problem(
    "CONFLICT",
    `${network.name} has other code than these sources and parameters make: ${wrong.join(", ")}.`,
  );
}
