import {
  errorDeploymentResultToExceptionMessage,
  HardhatArtifactResolver,
} from "@nomicfoundation/hardhat-ignition/helpers";
import {
  deploy,
  DeploymentResultType,
  ExecutionEventType,
  status,
  type DeploymentParameters,
  type ExecutionEventListener,
  type IgnitionModule,
  type IgnitionModuleResult,
  type TransactionConfirmEvent,
} from "@nomicfoundation/ignition-core";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "./problem";

const LOCAL_CHAIN_ID = 31_337;
const JOURNAL = "journal.jsonl";

/** The network that a command works on. */
export interface Network {
  readonly name: string;
  readonly chainId: number;
  /** A development chain: nothing on it has value. */
  readonly isLocal: boolean;
  /** The chain lives in this process and ends with it. */
  readonly isEphemeral: boolean;
}

/** A transaction that was mined for one step. */
export interface Sent {
  readonly name: string;
  readonly hash: string;
  readonly gasUsed: bigint;
}

export interface DeployOptions {
  readonly parameters: DeploymentParameters;
  readonly sender: string;
  /** Told of every transaction as soon as it is confirmed. */
  readonly onSent: (transaction: Sent) => void;
}

/** Addresses by contract name. */
export type Addresses = Record<string, string>;

/** The network of the environment, as configured. Hardhat refuses a chain with another id at the first call. */
export function networkOf(hre: HardhatRuntimeEnvironment): Network {
  const { name, config } = hre.network;
  const { chainId } = config;
  if (chainId === undefined) throw new Problem(`hardhat.config.ts gives the network ${name} no chainId: add it.`);
  return { name, chainId, isLocal: chainId === LOCAL_CHAIN_ID, isEphemeral: name === "hardhat" };
}

/**
 * Deploys a module, or what its journal says is missing of it: a run that was interrupted goes on, a finished one sends
 * nothing. Journals are kept in ignition/deployments/chain-<id>, or in the folder that DEPLOYMENTS names; the chain in this
 * process has none.
 */
export async function deployModule<Id extends string, Name extends string, Result extends IgnitionModuleResult<Name>>(
  hre: HardhatRuntimeEnvironment,
  module: IgnitionModule<Id, Name, Result>,
  { parameters, sender, onSent }: DeployOptions,
): Promise<Addresses> {
  const accounts = (await hre.ethers.getSigners()).map((signer) => signer.address);
  const reports: Promise<void>[] = [];
  const result = await deploy({
    ignitionModule: module,
    deploymentParameters: parameters,
    provider: hre.network.provider,
    artifactResolver: new HardhatArtifactResolver(hre),
    deploymentDir: await journalOf(hre),
    accounts,
    defaultSender: sender,
    config: hre.config.ignition,
    executionEventListener: onConfirmed(({ futureId, hash }) => {
      reports.push(reportReceipt(hre, futureId, hash, onSent));
    }),
  });
  await Promise.all(reports);
  if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT) {
    const reason = errorDeploymentResultToExceptionMessage(result).replace(/\s*\n\s*/g, " ");
    const isOther = result.type === DeploymentResultType.RECONCILIATION_ERROR;
    const advice = isOther
      ? " Use the sources and parameters it was deployed with, or, on a local chain, a new one."
      : "";
    throw new Problem(`${hre.network.name}: ${reason}.${advice}`);
  }
  return addressesOf(module, result.contracts);
}

/** What the network's journal has of a module that is deployed completely; undefined while anything is missing. */
export async function findModule(hre: HardhatRuntimeEnvironment, module: AnyModule): Promise<Addresses | undefined> {
  const journal = await journalOf(hre);
  if (journal === undefined || !existsSync(join(journal, JOURNAL))) return undefined;
  const { successful, contracts } = await status(journal);
  return futuresOf(module).every((future) => successful.includes(future)) ? addressesOf(module, contracts) : undefined;
}

type AnyModule = IgnitionModule<string, string, IgnitionModuleResult<string>>;

function futuresOf(module: IgnitionModule): string[] {
  return [...[...module.futures].map(({ id }) => id), ...[...module.submodules].flatMap(futuresOf)];
}

/** A journal holds other modules' contracts too. */
function addressesOf(
  { results }: AnyModule,
  contracts: Readonly<Record<string, { contractName: string; address: string }>>,
): Addresses {
  const own = Object.values(results).map((future) => contracts[future.id]);
  return Object.fromEntries(own.flatMap((contract) => (contract ? [[contract.contractName, contract.address]] : [])));
}

/** Constructor arguments with which an earlier run began to deploy a contract, by the id of its future. */
export async function journaledArguments(
  hre: HardhatRuntimeEnvironment,
  futureId: string,
): Promise<unknown[] | undefined> {
  const messages = await messagesOf(hre);
  return messages.find((message) => message.futureId === futureId && message.constructorArgs)?.constructorArgs;
}

/** The block of the first transaction that the network's journal has; undefined while there is none. */
export async function firstBlockOf(hre: HardhatRuntimeEnvironment): Promise<number | undefined> {
  const blocks = (await messagesOf(hre)).flatMap(({ receipt }) => (receipt ? [receipt.blockNumber] : []));
  return blocks.length > 0 ? Math.min(...blocks) : undefined;
}

interface JournalMessage {
  readonly futureId?: string;
  readonly constructorArgs?: unknown[];
  readonly receipt?: { readonly blockNumber: number };
}

async function messagesOf(hre: HardhatRuntimeEnvironment): Promise<JournalMessage[]> {
  const journal = await journalOf(hre);
  const file = journal && join(journal, JOURNAL);
  if (!file || !existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as JournalMessage);
}

/** The folder of the network's journal. A journal of a local chain that is gone is thrown away. */
async function journalOf(hre: HardhatRuntimeEnvironment): Promise<string | undefined> {
  const network = networkOf(hre);
  if (network.isEphemeral) return undefined;
  const root = process.env.DEPLOYMENTS ?? join(hre.config.paths.ignition, "deployments");
  const journal = join(root, `chain-${network.chainId}`);
  if (network.isLocal) {
    const { instanceId } = (await hre.network.provider.send("hardhat_metadata")) as { instanceId: string };
    const marker = join(journal, "chain-instance");
    if (!existsSync(marker) || readFileSync(marker, "utf8") !== instanceId) {
      rmSync(journal, { recursive: true, force: true });
      mkdirSync(journal, { recursive: true });
      writeFileSync(marker, instanceId);
    }
  }
  return journal;
}

function onConfirmed(report: (event: TransactionConfirmEvent) => void): ExecutionEventListener {
  const silent = Object.values(ExecutionEventType).map((type) => [camelCase(type), () => undefined]);
  return { ...Object.fromEntries(silent), transactionConfirm: report };
}

async function reportReceipt(
  hre: HardhatRuntimeEnvironment,
  futureId: string,
  hash: string,
  report: DeployOptions["onSent"],
): Promise<void> {
  const receipt = await hre.ethers.provider.getTransactionReceipt(hash);
  if (receipt === null) throw new Problem(`transaction ${hash} of ${futureId} has no receipt: run the command again.`);
  report({ name: futureId, hash, gasUsed: receipt.gasUsed });
}

function camelCase(constant: string): string {
  return constant.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
