// Reads a network's journal, which Ignition writes; everything else that knows about a deployment is derived from it.

import { status, wipe, type IgnitionModule, type IgnitionModuleResult } from "@nomicfoundation/ignition-core";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Blocks } from "../sdk/rpc/logs";
import { networkOf } from "./network";
import { journalFolder, recordFile } from "./paths";

const JOURNAL = "journal.jsonl";

/** A file beside a local chain's journal that identifies the chain. */
const MARKER = "chain-instance";

/** Addresses by contract name. */
export type Addresses = Record<string, string>;

/** The plain name of an Ignition future: of a contract, or of a call. */
export function nameOf(future: string): string {
  return future.replace(/^.*#(.*~)?/, "");
}

/** The advice for every failure that passes. */
export const AGAIN = "run the same command again: it goes on where this one stopped";

/** Addresses of a module from the network's journal; undefined unless the module is deployed completely. */
export async function findModule(hre: HardhatRuntimeEnvironment, module: AnyModule): Promise<Addresses | undefined> {
  const journal = await journalOf(hre);
  if (journal === undefined || !existsSync(join(journal, JOURNAL))) return undefined;
  const { successful, contracts } = await statusOf(journal);
  return futuresOf(module).every((future) => successful.includes(future)) ? addressesOf(module, contracts) : undefined;
}

/**
 * Reads a journal's status through Ignition. If the last line is incomplete, because it was cut off or is being written, a copy without
 * that line is read.
 */
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

/** The addresses of a module's contracts; the journal also holds those of other modules. */
export function addressesOf(
  { results }: AnyModule,
  contracts: Readonly<Record<string, { contractName: string; address: string }>>,
): Addresses {
  const own = Object.values(results).map((future) => contracts[future.id]);
  return Object.fromEntries(own.flatMap((contract) => (contract ? [[contract.contractName, contract.address]] : [])));
}

/** The constructor arguments with which an earlier run began to deploy a contract, by the id of its future. */
export async function journaledArguments(
  hre: HardhatRuntimeEnvironment,
  futureId: string,
): Promise<unknown[] | undefined> {
  return (await readJournal(hre)).find((message) => message.futureId === futureId && message.constructorArgs)
    ?.constructorArgs;
}

/** The block of the first transaction in the network's journal; undefined if there is none. */
export async function firstBlockOf(hre: HardhatRuntimeEnvironment): Promise<number | undefined> {
  const blocks = (await readJournal(hre)).flatMap(({ receipt }) => (receipt ? [receipt.blockNumber] : []));
  return blocks.length > 0 ? Math.min(...blocks) : undefined;
}

/** The blocks since the network's journal began; all blocks if it is empty. */
export async function blocksOf(hre: HardhatRuntimeEnvironment): Promise<Blocks> {
  return { from: (await firstBlockOf(hre)) ?? 0, to: await hre.ethers.provider.getBlockNumber() };
}

/** A contract in a journal. */
export interface JournaledContract {
  readonly future: string;
  readonly contract: string;
  readonly address: string;
  /** Where the contract was created: by its own transaction, or by that of the contract that created it. */
  readonly block: number;
  readonly transaction: string;
  /** Constructor arguments; absent if another contract created it. */
  readonly arguments?: readonly unknown[];
}

/** Every contract in the network's journal. */
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

/** A journaled value as plain JSON; amounts are strings. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if ("_kind" in value && "value" in value) return value.value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}

/** A message about a step, as far as it is read here. */
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

/** The messages in the network's journal; none if there is no journal. */
async function readJournal(hre: HardhatRuntimeEnvironment): Promise<JournalMessage[]> {
  const journal = await journalOf(hre);
  return journal === undefined ? [] : wholeLines(journal).map((line) => JSON.parse(line) as JournalMessage);
}

/** The complete lines of a journal. The last line is left out if it is being written or was cut off. */
function wholeLines(journal: string): string[] {
  const file = join(journal, JOURNAL);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return (isWhole(lines.at(-1) as string) ? lines : lines.slice(0, -1)).filter((line) => line !== "");
}

/** The folder of the network's journal, if it belongs to this chain. Only for reading: changes nothing. */
async function journalOf(hre: HardhatRuntimeEnvironment): Promise<string | undefined> {
  const journal = folderOf(hre);
  if (journal === undefined || (await isOfAnotherChain(hre, journal))) return undefined;
  return journal;
}

/**
 * The folder of the network's journal, for a deployment that has the network's lock. Deletes the journal and record of a local chain that
 * no longer exists, and sets a torn journal aside.
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

/** Whether the network's journal and record belong to this chain. Nothing is kept for the in-process chain. */
export async function isOfThisChain(hre: HardhatRuntimeEnvironment): Promise<boolean> {
  const journal = folderOf(hre);
  return journal !== undefined && !(await isOfAnotherChain(hre, journal));
}

/** The journal's folder; undefined for the in-process chain, which ends with the process. */
function folderOf(hre: HardhatRuntimeEnvironment): string | undefined {
  return networkOf(hre).isEphemeral ? undefined : journalFolder(hre);
}

/** All local chains have the same chain id, so each is also identified by its instance. */
async function isOfAnotherChain(hre: HardhatRuntimeEnvironment, journal: string): Promise<boolean> {
  if (!networkOf(hre).isLocal) return false;
  const marker = join(journal, MARKER);
  return !existsSync(marker) || readFileSync(marker, "utf8") !== (await instanceOf(hre));
}

async function instanceOf(hre: HardhatRuntimeEnvironment): Promise<string> {
  return ((await hre.network.provider.send("hardhat_metadata")) as { instanceId: string }).instanceId;
}

/** Sets aside a journal whose last line was cut off, as by a power failure. It is then rebuilt from the chain. */
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

/** Removes unfinished steps from a journal. */
export async function wipeUnfinished(journal: string): Promise<void> {
  if (!existsSync(join(journal, JOURNAL))) return;
  const { started, failed, timedOut, held } = await status(journal);
  const unfinished = [...started, ...[...failed, ...timedOut, ...held].map(({ futureId }) => futureId)];
  for (const future of unfinished) await wipe(journal, UNUSED_RESOLVER, future);
}

/** Ignition asks for artifacts only if there is no journal. */
const UNUSED_RESOLVER = undefined as never;
