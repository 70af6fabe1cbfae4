// What a deployment will do and everything that stands in its way, reported before the first transaction.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import type { Network } from "../sdk/client/access";
import type { ModelFile } from "../sdk/schemas/model";
import { bornWith, changesOfFixed } from "./declaration";
import { ceilingProblems, fundsProblems, needsOf, pricesOf } from "./funds";
import { nameOf } from "./journal";
import { isAdminStep, signerOfStep, stepsTaken } from "./launch";
import { isFork, isMainnet, networkOf } from "./network";
import {
  chainProblem,
  circuitProblems,
  confirmationProblems,
  foundationProblems,
  journalProblems,
  keyProblems,
  refusalOfPlan,
  wrongSigner,
  type PlanObstacle,
} from "./obstacles";
import type { Parameters } from "./parameters";
import { plainProposers, pointInWords, unsafePoints, type UnsafePoint } from "./safety";
import { connectProtocol, type Protocol } from "./protocol";
import { contradictions } from "./record";
import { rehearse, type Rehearsal } from "./rehearsal";

/** A transaction of a deployment. */
export interface PlannedStep {
  /** The contract to deploy, the call to make, or the step of a model's launch. */
  readonly name: string;
  /** Id of the model that the step is for, if any. */
  readonly model?: string;
  /** The contract's address, if the step deploys one and its address is known. */
  readonly address?: string;
  readonly isDone: boolean;
  /** The sender; absent once the step is done. */
  readonly from?: string;
  /** Gas used in the rehearsal. */
  readonly gas: bigint;
  /** Gas limit; part of it is refunded. */
  readonly gasLimit: bigint;
}

/** What a deployment will do. */
export interface Plan {
  readonly network: Network;
  readonly parameters: Parameters;
  readonly files: readonly ModelFile[];
  readonly steps: readonly PlannedStep[];
  /** What is unsafe in the parameters, and would be refused where tokens have value. */
  readonly warnings: readonly string[];
  /** The present price of a unit of gas, in wei. */
  readonly gasPrice: bigint;
  /** The most that the run offers for a unit of gas, in wei, unless the base fee rises above it. */
  readonly maxFeePerGas: bigint;
  /** What each sending account must have, in wei, so that the run does not stop for lack of funds. */
  readonly needs: ReadonlyMap<string, bigint>;
  readonly rehearsal: Rehearsal;
}

export interface PlanOptions {
  readonly parameters: Parameters;
  /** Where the parameters were read. */
  readonly parametersFile: string;
  readonly files: readonly ModelFile[];
  /** The chain id that the user confirmed. */
  readonly confirmedChain?: number;
}

/** Steps that have not been taken yet. */
export const openSteps = ({ steps }: Plan): readonly PlannedStep[] => steps.filter(({ isDone }) => !isDone);

/**
 * Rehearses a deployment and compares it with the chain. Throws one {@link Problem} that lists everything that would stop it; nothing is
 * sent.
 */
export async function planDeployment(
  hre: HardhatRuntimeEnvironment,
  { parameters, files, confirmedChain }: PlanOptions,
): Promise<Plan> {
  const network = networkOf(hre);
  const problems = [
    ...confirmationProblems(network, confirmedChain),
    ...(await keyProblems(hre, network)),
    ...circuitProblems(network, files),
  ];
  const warnings: string[] = [];
  const tell = (points: readonly UnsafePoint[]) => {
    const told = network.isLocal ? [] : points.map((point) => `${pointInWords(point)} on ${network.name}`);
    if (isMainnet(network)) problems.push(...told.map((message): PlanObstacle => ({ code: "BAD_FILE", message })));
    else warnings.push(...told);
  };
  tell(unsafePoints(parameters));
  const chain = await chainProblem(hre, network);
  if (chain !== undefined) throw refusalOfPlan([...problems, chain]);
  tell(await plainProposers(parameters, (address) => hre.ethers.provider.getCode(address)));
  const born = await bornWith(hre);
  if (born) {
    const changes = changesOfFixed(parameters, born);
    problems.push(...changes.map((message): PlanObstacle => ({ code: "CONFLICT", message })));
  }
  problems.push(...(await foundationProblems(hre, network, parameters)));
  if (problems.length > 0) throw refusalOfPlan(problems);

  const rehearsal = await rehearse(hre, born ?? parameters, files);
  problems.push(...(await journalProblems(hre, rehearsal.protocol.addresses)));
  problems.push(...(await contradictions(hre)));
  const { steps, missing } = await compare(hre, parameters, rehearsal, files);
  const prices = await pricesOf(hre);
  const costs = steps.map(({ step, unsigned }) => ({ ...step, unsigned }));
  const needs = await needsOf(hre, costs, prices);
  if (needs.size > 0) problems.push(...(await ceilingProblems(hre)));
  problems.push(...missing, ...(await fundsProblems(hre, needs)));
  if (problems.length > 0) throw refusalOfPlan(problems);
  return { network, parameters, files, steps: steps.map(({ step }) => step), warnings, ...prices, needs, rehearsal };
}

async function compare(
  hre: HardhatRuntimeEnvironment,
  parameters: Parameters,
  { protocol: rehearsed, steps }: Rehearsal,
  files: readonly ModelFile[],
): Promise<{ steps: { step: PlannedStep; unsigned: string }[]; missing: PlanObstacle[] }> {
  const { addresses } = rehearsed;
  const hasAdmin = networkOf(hre).isLocal || isFork(hre);
  const protocol = await connectProtocol(hre, parameters, addresses);
  const isWired = await isWiredAt(protocol);
  const taken = new Map<ModelFile, ReadonlySet<string>>();
  if (isWired) for (const file of files) taken.set(file, await stepsTaken(hre, protocol, file));
  const { deployer } = parameters.$global;
  const accounts = (await hre.ethers.getSigners()).map(({ address }) => address);
  const missing: PlanObstacle[] = [];
  const planned: { step: PlannedStep; unsigned: string }[] = [];
  for (const { name, model, gas, gasLimit, unsigned } of steps) {
    const cost = { gas, gasLimit };
    if (model === undefined) {
      const contract = nameOf(name);
      const address = addresses[contract === "ReserveTokenMock" ? "ReserveToken" : contract];
      const isDone = address ? (await hre.ethers.provider.getCode(address)) !== "0x" : isWired;
      if (!isDone && !accounts.includes(deployer)) missing.push(wrongSigner(accounts, deployer));
      const step = { name: contract, ...cost, isDone, ...(address && { address }), ...(!isDone && { from: deployer }) };
      planned.push({ step, unsigned });
      continue;
    }
    const isDone = taken.get(model)?.has(name) ?? false;
    // On a public chain the admin acts separately.
    const isAdmins = isAdminStep(name, model);
    if (!hasAdmin && isAdmins) continue;
    const sender = async () =>
      isAdmins
        ? parameters.Governance.proposers[0]
        : senderOf(hre, isWired ? protocol : rehearsed, accounts, name, missing);
    const from = isDone ? undefined : await sender();
    planned.push({ step: { name, model: model.modelId, ...cost, isDone, ...(from && { from }) }, unsigned });
  }
  return { steps: planned, missing };
}

/** Whether the chain has the whole protocol. */
async function isWiredAt({ registry }: Protocol): Promise<boolean> {
  const { provider } = registry.runner ?? {};
  if ((await provider?.getCode(registry)) === "0x") return false;
  return BigInt(await registry.tokenManager()) !== 0n;
}

/** The account that takes a model's step; if none can, adds that to the problems. */
async function senderOf(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  accounts: readonly string[],
  step: string,
  missing: PlanObstacle[],
): Promise<string | undefined> {
  try {
    return (await signerOfStep(hre, protocol, step))?.address ?? accounts[0];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    missing.push({ code: error.code, message: error.message });
    return undefined;
  }
}
