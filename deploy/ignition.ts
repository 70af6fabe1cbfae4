import { errorDeploymentResultToExceptionMessage } from "@nomicfoundation/hardhat-ignition/helpers";
import {
  deploy,
  DeploymentResultType,
  ExecutionEventType,
  status,
  wipe,
  type DeploymentParameters,
  type DeploymentResult,
  type ExecutionEventListener,
  type IgnitionModule,
  type IgnitionModuleResult,
} from "@nomicfoundation/ignition-core";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HardhatRuntimeEnvironment, RequestArguments } from "hardhat/types";
import { decodeRevert } from "../sdk/client/errors";
import { CREATE_X, CREATE_X_INTERFACE, saltOf } from "./create2";
import { historyOf } from "./history";
import type { Blocks } from "../sdk/rpc/logs";
import { networkOf } from "./network";
import { settle } from "./pending";
import { Problem } from "../sdk/base/problem";
import { firstRecordedBlock, readRecord } from "./record";
import { isOutOfFunds, isPassing, pause } from "./rpc";

const JOURNAL = "journal.jsonl";

/** How often a deployment goes on by itself after what passes: a minute in all. */
const TRIES = 8;

/** Milliseconds between two looks at a local chain, whose blocks come at once. */
const LOCAL_POLLING = 100;

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
  /** Told what is waited for. */
  readonly onWait?: (reason: string) => void;
  /** Salt of the addresses; the sender's own without it, and on a chain in this process one of each deployment. */
  readonly salt?: string;
}

/** Addresses by contract name. */
export type Addresses = Record<string, string>;

/** A future of Ignition as people call it: a contract, or a call. */
export function nameOf(future: string): string {
  return future.replace(/^.*#(.*~)?/, "");
}

/** The file that only one run on a network holds at a time. */
export function lockFile(hre: HardhatRuntimeEnvironment): string {
  return join(deploymentsFolder(hre), `chain-${networkOf(hre).chainId}.lock`);
}

/** The record of what is on a network: deploy/addresses/<chainId>.json, or in the folder that DEPLOYMENTS names. */
export function recordFile({ chainId }: { chainId: number }): string {
  return join(process.env.DEPLOYMENTS ?? join(__dirname, "addresses"), `${chainId}.json`);
}

/** Where journals are kept: in the project, or in the folder that DEPLOYMENTS names. */
function deploymentsFolder(hre: HardhatRuntimeEnvironment): string {
  return process.env.DEPLOYMENTS ?? join(hre.config.paths.ignition, "deployments");
}

/**
 * Deploys a module at addresses that follow from the sender, the arguments and the code alone, or what is missing of it: a run
 * that was interrupted goes on, a finished one sends nothing. What was done is in the network's journal; the chain in this
 * process has none. When journal and chain disagree the chain is right: transactions on their way are waited for, steps that
 * did not end are wiped from the journal, what the chain has of them is written into it, and the deployment goes on.
 */
export async function deployModule<Id extends string, Name extends string, Result extends IgnitionModuleResult<Name>>(
  hre: HardhatRuntimeEnvironment,
  module: IgnitionModule<Id, Name, Result>,
  options: DeployOptions,
): Promise<Addresses> {
  const { sender, onWait = () => undefined } = options;
  const journal = await journalOf(hre);
  const run = await runnerOf(hre, module, journal, options);
  let last = "";
  for (let failures = 0; ; failures++) {
    try {
      if (journal !== undefined && failures > 0) {
        await pause(failures);
        await settle(hre, sender, onWait);
        await mend(hre, journal, run);
      }
      const result = await run(hre.network.provider, true);
      if (result.type === DeploymentResultType.SUCCESSFUL_DEPLOYMENT) return addressesOf(module, result.contracts);
      const reason = errorDeploymentResultToExceptionMessage(result).replace(/\s*\n\s*/g, " ");
      const isFinal = journal === undefined || isRefused(result) || failures === TRIES || reason === last;
      if (isFinal) throw new Problem(`${hre.network.name}: ${reason}.${adviceFor(result)}`);
      last = reason;
      onWait(reason);
    } catch (error) {
      if (isOutOfFunds(error)) {
        throw new Problem(`${sender} has not enough ether for the next step: send it some and ${AGAIN}.`);
      }
      if (journal === undefined || failures === TRIES || !isPassing(error)) throw error;
      onWait((error as Error).message.split("\n")[0] as string);
    }
  }
}

/** What helps against everything that passes. */
export const AGAIN = "run the same command again: it goes on where this one stopped";

interface Provider {
  request(args: RequestArguments): Promise<unknown>;
}

type Run = (provider: Provider, isReported: boolean) => Promise<DeploymentResult>;

async function runnerOf(
  hre: HardhatRuntimeEnvironment,
  module: AnyModule,
  journal: string | undefined,
  { parameters, sender, onSent, salt }: DeployOptions,
): Promise<Run> {
  const { isLocal } = networkOf(hre);
  const strategyConfig = { salt: salt ?? (await saltFor(hre, sender)) };
  return async (provider, isReported) => {
    const reports: Promise<void>[] = [];
    let current = "";
    const listener = listenTo({
      deploymentExecutionStateInitialize: ({ futureId }) => (current = futureId),
      transactionConfirm: ({ futureId, hash }) => {
        if (!isReported) return;
        const report = reportReceipt(hre, futureId, hash, onSent);
        report.catch(() => undefined); // Told at the end.
        reports.push(report);
      },
    });
    try {
      return await deploy({
        ignitionModule: module,
        deploymentParameters: parameters,
        provider: { request: (args) => requestCreation(hre, provider, args, () => current) },
        artifactResolver: {
          loadArtifact: (contract) => hre.artifacts.readArtifact(contract),
          // Of the build nothing is kept: explorers get what they need from ./verification.ts.
          getBuildInfo: async () => undefined,
        },
        ...(journal && { deploymentDir: journal }),
        accounts: [sender],
        defaultSender: sender,
        config: { ...hre.config.ignition, ...(isLocal && { blockPollingInterval: LOCAL_POLLING }) },
        executionEventListener: listener,
        strategy: "create2",
        strategyConfig,
      });
    } finally {
      await Promise.all(reports);
    }
  };
}

/** A chain in this process has many deployments by one account, all apart: tests share it. */
async function saltFor(hre: HardhatRuntimeEnvironment, sender: string): Promise<string> {
  if (!networkOf(hre).isEphemeral) return saltOf(sender);
  return saltOf(sender, `block ${await hre.ethers.provider.getBlockNumber()}`);
}

/** Makes the journal say what the chain has. */
async function mend(hre: HardhatRuntimeEnvironment, journal: string, run: Run): Promise<void> {
  await wipeUnfinished(journal);
  const record = readRecord(networkOf(hre));
  const history = historyOf(hre.network.provider, record ? firstRecordedBlock(record) : 0);
  try {
    await run(history, false);
  } catch (error) {
    if (!history.isEnded) throw error;
  }
  await wipeUnfinished(journal);
}

/** Takes the steps that did not end out of a journal. */
async function wipeUnfinished(journal: string): Promise<void> {
  if (!existsSync(join(journal, JOURNAL))) return;
  const { started, failed, timedOut, held } = await status(journal);
  const unfinished = [...started, ...[...failed, ...timedOut, ...held].map(({ futureId }) => futureId)];
  for (const future of unfinished) await wipe(journal, UNUSED_RESOLVER, future);
}

/** Ignition asks for artifacts only where there is no journal. */
const UNUSED_RESOLVER = undefined as never;

/** Whether another try would end in the same way. */
const isRefused = ({ type }: DeploymentResult) =>
  type === DeploymentResultType.VALIDATION_ERROR || type === DeploymentResultType.RECONCILIATION_ERROR;

function adviceFor(result: DeploymentResult): string {
  if (result.type === DeploymentResultType.RECONCILIATION_ERROR) {
    return " Use the sources and parameters it was deployed with, or, on a local chain, a new one.";
  }
  if (result.type === DeploymentResultType.EXECUTION_ERROR && result.timedOut.length > 0) {
    return ` The fees are too low for now: ${AGAIN}, or free the account with --unstick.`;
  }
  return "";
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
  return (await readJournal(hre)).find((message) => message.futureId === futureId && message.constructorArgs)
    ?.constructorArgs;
}

/** The block of the first transaction that the network's journal has; undefined while there is none. */
export async function firstBlockOf(hre: HardhatRuntimeEnvironment): Promise<number | undefined> {
  const blocks = (await readJournal(hre)).flatMap(({ receipt }) => (receipt ? [receipt.blockNumber] : []));
  return blocks.length > 0 ? Math.min(...blocks) : undefined;
}

/** The blocks since the network's journal began; all blocks while there is nothing in it. */
export async function blocksOf(hre: HardhatRuntimeEnvironment): Promise<Blocks> {
  return { from: (await firstBlockOf(hre)) ?? 0, to: await hre.ethers.provider.getBlockNumber() };
}

/** A contract that a journal knows. */
export interface JournaledContract {
  readonly future: string;
  readonly contract: string;
  readonly address: string;
  /** Where it was created: by its own transaction, or by the one of the contract that created it. */
  readonly block: number;
  readonly transaction: string;
  /** Of its constructor; absent when another contract created it. */
  readonly arguments?: readonly unknown[];
}

/** Every contract of the network's journal. */
export async function journaledContracts(hre: HardhatRuntimeEnvironment): Promise<JournaledContract[]> {
  const steps = new Map<string, JournalMessage>();
  for (const message of await readJournal(hre)) {
    const { type, futureId } = message;
    if (futureId === undefined) continue;
    if (type === "WIPE_APPLY") steps.delete(futureId);
    else steps.set(futureId, { ...steps.get(futureId), ...message });
  }
  const confirmed = (future: string): JournalMessage | undefined => {
    const step = steps.get(future);
    if (step?.receipt) return step;
    return (step?.dependencies ?? []).map(confirmed).find((found) => found !== undefined);
  };
  return [...steps].flatMap(([future, { contractName, contractAddress, result, constructorArgs }]) => {
    const address = contractAddress ?? result?.address;
    const creation = confirmed(future);
    if (!contractName || !address || !creation?.receipt || !creation.hash) return [];
    const { receipt, hash } = creation;
    const args = constructorArgs && { arguments: constructorArgs.map(plain) };
    return [{ future, contract: contractName, address, block: receipt.blockNumber, transaction: hash, ...args }];
  });
}

/** A journaled value as JSON for people: amounts are strings. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if ("_kind" in value && "value" in value) return value.value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}

/** What a journal says of a step, as far as it is read here. */
interface JournalMessage {
  readonly type: string;
  readonly futureId?: string;
  readonly dependencies?: readonly string[];
  readonly contractName?: string;
  readonly contractAddress?: string;
  readonly constructorArgs?: unknown[];
  readonly hash?: string;
  readonly receipt?: { readonly blockNumber: number };
  readonly result?: { readonly address?: string };
}

/** The messages of the network's journal; none when there is no journal. */
async function readJournal(hre: HardhatRuntimeEnvironment): Promise<JournalMessage[]> {
  const journal = await journalOf(hre);
  const file = journal && join(journal, JOURNAL);
  if (!file || !existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JournalMessage);
}

/** The folder of the network's journal. Journal and record of a local chain that is gone are thrown away. */
async function journalOf(hre: HardhatRuntimeEnvironment): Promise<string | undefined> {
  const network = networkOf(hre);
  if (network.isEphemeral) return undefined;
  const journal = join(deploymentsFolder(hre), `chain-${network.chainId}`);
  if (network.isLocal) {
    const { instanceId } = (await hre.network.provider.send("hardhat_metadata")) as { instanceId: string };
    const marker = join(journal, "chain-instance");
    if (!existsSync(marker) || readFileSync(marker, "utf8") !== instanceId) {
      rmSync(journal, { recursive: true, force: true });
      rmSync(recordFile(network), { force: true });
      mkdirSync(journal, { recursive: true });
      writeFileSync(marker, instanceId);
    }
  }
  setAsideIfTorn(join(journal, JOURNAL));
  return journal;
}

/** A journal whose last line was cut off, as by a loss of power, is kept apart: it is written anew from the chain. */
function setAsideIfTorn(file: string): void {
  if (!existsSync(file)) return;
  const last = readFileSync(file, "utf8").split("\n").at(-1);
  try {
    JSON.parse(last as string);
  } catch {
    renameSync(file, `${file}.torn`);
  }
}

function listenTo(listeners: Partial<ExecutionEventListener>): ExecutionEventListener {
  const silent = Object.values(ExecutionEventType).map((type) => [camelCase(type), () => undefined]);
  return { ...Object.fromEntries(silent), ...listeners };
}

/** CreateX does not pass on why a constructor refuses: when it fails, the constructor is asked without it. */
async function requestCreation(
  hre: HardhatRuntimeEnvironment,
  provider: Provider,
  { method, params }: RequestArguments,
  current: () => string,
): Promise<unknown> {
  try {
    return await provider.request({ method, ...(params && { params }) });
  } catch (error) {
    const [transaction] = (params ?? []) as [{ to?: string; data?: string }?];
    const isSimulated = method === "eth_call" && BigInt(transaction?.to ?? 0) === BigInt(CREATE_X);
    if (!isSimulated) throw error;
    const [, data] = CREATE_X_INTERFACE.decodeFunctionData("deployCreate2", transaction?.data ?? "");
    try {
      await provider.request({ method, params: [{ from: CREATE_X, data: data as string }, "latest"] });
    } catch (refusal) {
      const why = await decodeRevert(hre, refusal);
      if (why) throw new Problem(`${hre.network.name}: the constructor of ${current()} refuses: ${why.message}`);
    }
    throw error;
  }
}

async function reportReceipt(
  hre: HardhatRuntimeEnvironment,
  futureId: string,
  hash: string,
  report: DeployOptions["onSent"],
): Promise<void> {
  for (let failures = 1; failures <= TRIES; failures++) {
    const receipt = await hre.ethers.provider.getTransactionReceipt(hash);
    if (receipt) return report({ name: futureId, hash, gasUsed: receipt.gasUsed });
    await pause(failures);
  }
  throw new Problem(`transaction ${hash} of ${futureId} has no receipt: ${AGAIN}.`);
}

function camelCase(constant: string): string {
  return constant.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
