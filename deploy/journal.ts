// What a network's journal says: Ignition writes it, and what else knows of a deployment is read from it.

import { status, wipe, type IgnitionModule, type IgnitionModuleResult } from "@nomicfoundation/ignition-core";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Blocks } from "../sdk/rpc/logs";
import { networkOf } from "./network";
import { journalFolder, recordFile } from "./paths";

const JOURNAL = "journal.jsonl";

/** Beside the journal of a local chain: which chain it is of. */
const MARKER = "chain-instance";

/** Addresses by contract name. */
export type Addresses = Record<string, string>;

/** A future of Ignition as people call it: a contract, or a call. */
export function nameOf(future: string): string {
  return future.replace(/^.*#(.*~)?/, "");
}

/** What helps against everything that passes. */
export const AGAIN = "run the same command again: it goes on where this one stopped";

/** What the network's journal has of a module that is deployed completely; undefined while anything is missing. */
export async function findModule(hre: HardhatRuntimeEnvironment, module: AnyModule): Promise<Addresses | undefined> {
  const journal = await journalOf(hre);
  if (journal === undefined || !existsSync(join(journal, JOURNAL))) return undefined;
  const { successful, contracts } = await statusOf(journal);
  return futuresOf(module).every((future) => successful.includes(future)) ? addressesOf(module, contracts) : undefined;
}

/** What Ignition reads in a journal; where the last line is torn, or another run is writing it, in a copy without it. */
async function statusOf(journal: string): ReturnType<typeof status> {
  if (isWhole(readFileSync(join(journal, JOURNAL), "utf8").split("\n").at(-1) as string)) return status(journal);
  const copy = mkdtempSync(join(tmpdir(), "journal-"));
  try {
    cpSync(journal, copy, { recursive: true });
    writeFileSync(join(copy, JOURNAL), wholeLines(journal).join("\n"));
    return await status(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** A module of any contracts. */
export type AnyModule = IgnitionModule<string, string, IgnitionModuleResult<string>>;

function futuresOf(module: IgnitionModule): string[] {
  return [...[...module.futures].map(({ id }) => id), ...[...module.submodules].flatMap(futuresOf)];
}

/** The addresses of a module's contracts; a journal holds other modules' too. */
export function addressesOf(
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
  return journal === undefined ? [] : wholeLines(journal).map((line) => JSON.parse(line) as JournalMessage);
}

/** The lines of a journal; the last is left out while it is being written, or where it was cut off. */
function wholeLines(journal: string): string[] {
  const file = join(journal, JOURNAL);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return (isWhole(lines.at(-1) as string) ? lines : lines.slice(0, -1)).filter((line) => line !== "");
}

/** The folder of the network's journal, if that is of this chain: for reading, which changes nothing. */
async function journalOf(hre: HardhatRuntimeEnvironment): Promise<string | undefined> {
  const journal = folderOf(hre);
  if (journal === undefined || (await isOfAnotherChain(hre, journal))) return undefined;
  return journal;
}

/**
 * The folder of the network's journal, for whoever deploys and is alone on the network: what is left of a local chain that is gone is
 * thrown away, its record too, and a torn journal is set aside.
 */
export async function openJournal(hre: HardhatRuntimeEnvironment): Promise<string | undefined> {
  const journal = folderOf(hre);
  if (journal === undefined) return undefined;
  if (await isOfAnotherChain(hre, journal)) {
    rmSync(journal, { recursive: true, force: true });
    rmSync(recordFile(networkOf(hre)), { force: true });
    mkdirSync(journal, { recursive: true });
    writeFileSync(join(journal, MARKER), await instanceOf(hre));
  }
  setAsideIfTorn(join(journal, JOURNAL));
  return journal;
}

/** Whether what is kept of the network, its journal and its record, is of this chain. Nothing is kept of one in this process. */
export async function isOfThisChain(hre: HardhatRuntimeEnvironment): Promise<boolean> {
  const journal = folderOf(hre);
  return journal !== undefined && !(await isOfAnotherChain(hre, journal));
}

/** None for a chain in this process, which ends with it. */
function folderOf(hre: HardhatRuntimeEnvironment): string | undefined {
  return networkOf(hre).isEphemeral ? undefined : journalFolder(hre);
}

/** Local chains come and go under one id: each has a name of its own. */
async function isOfAnotherChain(hre: HardhatRuntimeEnvironment, journal: string): Promise<boolean> {
  if (!networkOf(hre).isLocal) return false;
  const marker = join(journal, MARKER);
  return !existsSync(marker) || readFileSync(marker, "utf8") !== (await instanceOf(hre));
}

async function instanceOf(hre: HardhatRuntimeEnvironment): Promise<string> {
  return ((await hre.network.provider.send("hardhat_metadata")) as { instanceId: string }).instanceId;
}

/** A journal whose last line was cut off, as by a loss of power, is kept apart: it is written anew from the chain. */
function setAsideIfTorn(file: string): void {
  if (!existsSync(file)) return;
  if (!isWhole(readFileSync(file, "utf8").split("\n").at(-1) as string)) renameSync(file, `${file}.torn`);
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** Takes the steps that did not end out of a journal. */
export async function wipeUnfinished(journal: string): Promise<void> {
  if (!existsSync(join(journal, JOURNAL))) return;
  const { started, failed, timedOut, held } = await status(journal);
  const unfinished = [...started, ...[...failed, ...timedOut, ...held].map(({ futureId }) => futureId)];
  for (const future of unfinished) await wipe(journal, UNUSED_RESOLVER, future);
}

/** Ignition asks for artifacts only where there is no journal. */
const UNUSED_RESOLVER = undefined as never;
