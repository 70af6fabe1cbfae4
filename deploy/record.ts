// The record of what deployments put on a network.

import { keccak256 } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import type { ProblemCode, ProblemReason } from "../sdk/base/problem";
import { readJson } from "../sdk/schemas/json";
import { isOfThisChain } from "./journal";
import { networkOf } from "./network";
import { recordFile } from "./paths";

/** A contract on a chain, and where it came from. */
export interface ContractRecord {
  /** Name of the contract in the sources. */
  readonly contract: string;
  readonly address: string;
  readonly block: number;
  readonly transaction: string;
  readonly codeHash: string;
  /** Constructor arguments; amounts are strings. */
  readonly arguments: readonly unknown[];
  /** Commit of the sources that it was built from; absent if they are not under git. */
  readonly commit?: string;
}

/** What a model has on a chain. */
export interface ModelRecord {
  readonly key: string;
  readonly token: ContractRecord;
  readonly pool: ContractRecord;
  /** The wallet that vests the supplier allocation; absent if another account receives it. */
  readonly wallet?: ContractRecord;
}

/** What deployments put on a chain. */
export interface DeploymentRecord {
  readonly network: string;
  readonly chainId: number;
  readonly deployer: string;
  /** The file that declares who holds what today, relative to the project's root. The first holders are in the constructor arguments. */
  readonly parameters: string;
  readonly contracts: Readonly<Record<string, ContractRecord>>;
  readonly models: Readonly<Record<string, ModelRecord>>;
}

/** The record of a network, if there is one; throws a {@link Problem} if it is not JSON, as after a merge conflict. */
export function readRecord(network: { chainId: number }): DeploymentRecord | undefined {
  const file = recordFile(network);
  if (!existsSync(file)) return undefined;
  return readJson(relative(process.cwd(), file), readFileSync(file, "utf8"), true) as DeploymentRecord;
}

/** The record of the environment's chain; undefined if it belongs to a local chain that no longer exists. */
export async function recordOf(hre: HardhatRuntimeEnvironment): Promise<DeploymentRecord | undefined> {
  return (await isOfThisChain(hre)) ? readRecord(networkOf(hre)) : undefined;
}

/** A record's own entry by name, even if the name is one that every object inherits, such as `constructor`. */
export function entryOf<T>(entries: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return entries !== undefined && Object.hasOwn(entries, name) ? entries[name] : undefined;
}

/** Every contract in a record, including those of models. */
export function recordedContracts({ contracts, models }: DeploymentRecord): ContractRecord[] {
  const ofModels = Object.values(models).flatMap(({ token, pool, wallet }) => [
    token,
    pool,
    ...(wallet ? [wallet] : []),
  ]);
  return [...Object.values(contracts), ...ofModels];
}

/** The first block of what is recorded. */
export const firstRecordedBlock = (record: DeploymentRecord) =>
  Math.min(...recordedContracts(record).map(({ block }) => block));

/** Where the chain contradicts the network's record. */
export async function contradictions(hre: HardhatRuntimeEnvironment): Promise<ProblemReason<ProblemCode>[]> {
  const network = networkOf(hre);
  const record = await recordOf(hre);
  if (!record) return [];
  const entries = recordedContracts(record);
  const hashes = await Promise.all(
    entries.map(async ({ address }) => keccak256(await hre.ethers.provider.getCode(address))),
  );
  return entries
    .filter(({ codeHash }, index) => hashes[index] !== codeHash)
    .map(({ contract, address }) => ({
      code: "CONFLICT",
      message: `${contract} at ${address} does not have the code that ${relative(process.cwd(), recordFile(network))} records`,
    }));
}
