// What a deployment will do, and everything that stands in its way, told before the first transaction.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { developmentAddresses } from "../sdk/base/accounts";
import { Problem, type ProblemCode, type ProblemReason } from "../sdk/base/problem";
import { RESERVE_DECIMALS } from "../sdk/base/units";
import type { Network } from "../sdk/client/access";
import { readKey } from "../sdk/node/circuitKeys";
import type { ModelFile } from "../sdk/schemas/model";
import { CREATE_X } from "./create2";
import { bornWith, changesOfFixed } from "./declaration";
import { ceilingProblems, fundsProblems, needsOf, pricesOf } from "./funds";
import { journaledContracts, nameOf, type Addresses } from "./journal";
import { isAdminStep, signerOfStep, stepsTaken } from "./launch";
import { isFork, isMainnet, networkOf } from "./network";
import type { Parameters } from "./parameters";
import { plainProposers, pointInWords, unsafePoints, type UnsafePoint } from "./safety";
import { connectProtocol, type Protocol } from "./protocol";
import { contradictions } from "./record";
import { rehearse, type Rehearsal } from "./rehearsal";
import { presentSending } from "./sends";
import { requireSafeKey } from "./zk";

/** A transaction of a deployment. */
export interface PlannedStep {
  /** The contract to deploy, the call to make, or the step of a model's launch. */
  readonly name: string;
  /** Id of the model that it is for. */
  readonly model?: string;
  /** The contract's address, where the step deploys one and it is known. */
  readonly address?: string;
  readonly isDone: boolean;
  /** Who sends it; absent when it is done. */
  readonly from?: string;
  /** As measured in the rehearsal. */
  readonly gas: bigint;
  /** Gas that it has to be given, and gives back in part. */
  readonly gasLimit: bigint;
}

/** What a deployment will do. */
export interface Plan {
  readonly network: Network;
  readonly parameters: Parameters;
  readonly files: readonly ModelFile[];
  readonly steps: readonly PlannedStep[];
  /** What is unsafe in the parameters and would be refused where tokens have value. */
  readonly warnings: readonly string[];
  /** What a unit of gas costs now, in wei. */
  readonly gasPrice: bigint;
  /** Wei for a unit of gas that the run offers at most, unless the base fee rises above it. */
  readonly maxFeePerGas: bigint;
  /** Wei that each account which sends must have: with so much the run does not stop for want of it. */
  readonly needs: ReadonlyMap<string, bigint>;
  readonly rehearsal: Rehearsal;
}

export interface PlanOptions {
  readonly parameters: Parameters;
  /** Where they were read. */
  readonly parametersFile: string;
  readonly files: readonly ModelFile[];
  /** The chain id that the user confirmed. */
  readonly confirmedChain?: number;
}

/** Steps that are still to be taken. */
export const openSteps = ({ steps }: Plan): readonly PlannedStep[] => steps.filter(({ isDone }) => !isDone);

/**
 * Rehearses a deployment and compares it with the chain. Throws one {@link Problem} that lists everything that would stop it;
 * nothing is sent.
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
    if (isMainnet(network)) problems.push(...told.map((message): Obstacle => ({ code: "BAD_FILE", message })));
    else warnings.push(...told);
  };
  tell(unsafePoints(parameters));
  const chain = await chainProblem(hre, network);
  if (chain !== undefined) throw refusal([...problems, chain]);
  tell(await plainProposers(parameters, (address) => hre.ethers.provider.getCode(address)));
  const born = await bornWith(hre);
  if (born) {
    const changes = changesOfFixed(parameters, born);
    problems.push(...changes.map((message): Obstacle => ({ code: "CONFLICT", message })));
  }
  problems.push(...(await foundationProblems(hre, network, parameters)));
  if (problems.length > 0) throw refusal(problems);

  const rehearsal = await rehearse(hre, born ?? parameters, files);
  problems.push(...(await journalProblems(hre, rehearsal.protocol.addresses)));
  problems.push(...(await contradictions(hre)));
  const { steps, missing } = await compare(hre, parameters, rehearsal, files);
  const prices = await pricesOf(hre);
  const costs = steps.map(({ step, unsigned }) => ({ ...step, unsigned }));
  const needs = await needsOf(hre, costs, prices);
  if (needs.size > 0) problems.push(...(await ceilingProblems(hre)));
  problems.push(...missing, ...(await fundsProblems(hre, needs)));
  if (problems.length > 0) throw refusal(problems);
  return { network, parameters, files, steps: steps.map(({ step }) => step), warnings, ...prices, needs, rehearsal };
}

/** One thing that is in the way. */
type Obstacle = ProblemReason<ProblemCode>;

/** Everything that is in the way, as one problem with the code of the first. */
function refusal(problems: readonly Obstacle[]): Problem {
  const reasons = [...new Map(problems.map((reason) => [reason.message, reason])).values()];
  const message = `${reasons.map((reason) => reason.message).join("; ")}. Nothing was sent.`;
  return new Problem((reasons[0] as Obstacle).code, message, { reasons });
}

function confirmationProblems({ name, chainId }: Network, confirmed: number | undefined): Obstacle[] {
  if (confirmed !== undefined && confirmed !== chainId) {
    return [
      { code: "WRONG_CHAIN", message: `--confirm-chain is ${confirmed}, expected ${chainId}, the id of ${name}` },
    ];
  }
  return isMainnet({ chainId }) && confirmed === undefined
    ? [
        {
          code: "BAD_OPTION",
          message: `${name} is a network where value is at stake: confirm its id with --confirm-chain ${chainId}`,
        },
      ]
    : [];
}

/** On a public network the keys are the user's, as a command or the configuration names them; a local chain holds its own. */
async function keyProblems(hre: HardhatRuntimeEnvironment, { isLocal }: Network): Promise<Obstacle[]> {
  if (isLocal || isFork(hre)) return [];
  try {
    const accounts = await namedAccounts(hre);
    if (accounts?.length === 0)
      return [
        {
          code: "BAD_KEY",
          message: "no key is named: set PRIVATE_KEY in the environment, or name one with --keystore",
        },
      ];
    return (accounts ?? [])
      .filter((account) => developmentAddresses().has(account))
      .map((account) => ({
        code: "BAD_KEY",
        message: `the key is that of ${account}, a development account whose key everybody knows`,
      }));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [{ code: error.code, message: error.message.replace(/\.$/, "") }];
  }
}

/** Addresses of the keys that are named, without a look at the chain; undefined where nobody says anything. */
async function namedAccounts(hre: HardhatRuntimeEnvironment): Promise<string[] | undefined> {
  const { accounts } = hre.network.config;
  if (Array.isArray(accounts)) {
    return accounts.map((key) => new hre.ethers.Wallet(typeof key === "string" ? key : key.privateKey).address);
  }
  return (await presentSending().accounts?.())?.map(({ address }) => address);
}

/** The rehearsal, where nothing is at stake, takes a circuit's development key; a public network does not. */
function circuitProblems(network: Network, files: readonly ModelFile[]): Obstacle[] {
  return files.flatMap(({ benchmark: { capacity } }) => {
    try {
      if (capacity !== undefined) requireSafeKey(readKey(capacity), network);
      return [];
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return [{ code: error.code, message: error.message.replace(/\.$/, "") }];
    }
  });
}

async function chainProblem(hre: HardhatRuntimeEnvironment, { name }: Network): Promise<Obstacle | undefined> {
  try {
    await hre.network.provider.send("eth_chainId");
    return undefined;
  } catch (error) {
    const ids = /HH101.* chain id (\d+).* chain with id (\d+)/.exec(String(error));
    if (!ids) throw error;
    return {
      code: "WRONG_CHAIN",
      message: `the RPC address of ${name} answers for chain ${ids[2]}, expected ${ids[1]}`,
    };
  }
}

/** What the protocol stands on: the factory of deterministic addresses and the reserve token. */
async function foundationProblems(
  hre: HardhatRuntimeEnvironment,
  { name, isLocal }: Network,
  { $global: { reserveToken } }: Parameters,
): Promise<Obstacle[]> {
  const problems: Obstacle[] = [];
  const hasCode = async (address: string) => (await hre.ethers.provider.getCode(address)) !== "0x";
  if (!isLocal && !(await hasCode(CREATE_X))) {
    problems.push({
      code: "NOT_DEPLOYED",
      message: `${name} has no CreateX at ${CREATE_X}, through which contracts get the same address everywhere`,
    });
  }
  if (reserveToken === "") return problems;
  if (!(await hasCode(reserveToken)))
    return [
      ...problems,
      { code: "NOT_DEPLOYED", message: `$global.reserveToken ${reserveToken} has no code on ${name}` },
    ];
  const token = await hre.ethers.getContractAt("IERC20Metadata", reserveToken);
  const decimals = Number(await token.decimals());
  if (decimals !== RESERVE_DECIMALS) {
    problems.push({
      code: "CONFLICT",
      message: `$global.reserveToken ${reserveToken} has ${decimals} decimals, expected ${RESERVE_DECIMALS}`,
    });
  }
  return problems;
}

/** Contracts that an earlier run deployed elsewhere than these sources and parameters put them. */
async function journalProblems(hre: HardhatRuntimeEnvironment, expected: Addresses): Promise<Obstacle[]> {
  const contracts = await journaledContracts(hre);
  const moved = contracts.filter(({ contract, address }) => expected[contract] && expected[contract] !== address);
  if (moved.length === 0) return [];
  const list = moved.map(({ contract, address }) => `${contract} at ${address}`);
  return [
    {
      code: "CONFLICT",
      message: `the journal of ${hre.network.name} was written with other sources or parameters, for ${list.join(", ")}: use those, or, on a local chain, a new one`,
    },
  ];
}

async function compare(
  hre: HardhatRuntimeEnvironment,
  parameters: Parameters,
  { protocol: rehearsed, steps }: Rehearsal,
  files: readonly ModelFile[],
): Promise<{ steps: { step: PlannedStep; unsigned: string }[]; missing: Obstacle[] }> {
  const { addresses } = rehearsed;
  const hasAdmin = networkOf(hre).isLocal || isFork(hre);
  const protocol = await connectProtocol(hre, parameters, addresses);
  const isWired = await isWiredAt(protocol);
  const taken = new Map<ModelFile, ReadonlySet<string>>();
  if (isWired) for (const file of files) taken.set(file, await stepsTaken(hre, protocol, file));
  const { deployer } = parameters.$global;
  const accounts = (await hre.ethers.getSigners()).map(({ address }) => address);
  const missing: Obstacle[] = [];
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
    // On a public chain the admin acts apart from this.
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

function wrongSigner(accounts: readonly string[], deployer: string): Obstacle {
  const found = accounts.length === 0 ? "no key is named" : `the key is that of ${accounts.join(", ")}`;
  return { code: "BAD_KEY", message: `${found}, expected that of the declared deployer ${deployer}` };
}

/** The account that takes a model's step; what is missing goes into the list. */
async function senderOf(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  accounts: readonly string[],
  step: string,
  missing: Obstacle[],
): Promise<string | undefined> {
  try {
    return (await signerOfStep(hre, protocol, step))?.address ?? accounts[0];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    missing.push({ code: error.code, message: error.message });
    return undefined;
  }
}
