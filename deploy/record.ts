import { Contract, keccak256 } from "ethers";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { vestingModuleId } from "../ignition/modules/Vesting";
import { readJson, toJson, writeWhole } from "../sdk/node/files";
import { CREATE_X, CREATE_X_INTERFACE } from "./create2";
import { AGAIN, blocksOf, journaledContracts, recordFile, type Addresses } from "./ignition";
import { networkOf } from "./network";
import { readEvents, readLogs, type Blocks } from "../sdk/rpc/logs";
import type { LaunchedModel } from "./launch";
import { Problem } from "../sdk/base/problem";
import type { Protocol } from "./protocol";

/** A contract on a chain, and where it came from. */
export interface ContractRecord {
  /** Name of the contract in the sources. */
  readonly contract: string;
  readonly address: string;
  readonly block: number;
  readonly transaction: string;
  readonly codeHash: string;
  /** Of the constructor; amounts are strings. */
  readonly arguments: readonly unknown[];
  /** Of the sources it was built from; absent when they are not under git. */
  readonly commit?: string;
}

/** What a model has on a chain. */
export interface ModelRecord {
  readonly key: string;
  readonly token: ContractRecord;
  readonly pool: ContractRecord;
  /** The wallet that vests the supplier allocation; absent when another account receives it. */
  readonly wallet?: ContractRecord;
}

/** What deployments put on a chain. */
export interface DeploymentRecord {
  readonly network: string;
  readonly chainId: number;
  readonly deployer: string;
  readonly parameters: string;
  readonly contracts: Readonly<Record<string, ContractRecord>>;
  readonly models: Readonly<Record<string, ModelRecord>>;
}

/** The record of a network, if there is one; throws a {@link Problem} when it is not JSON, as after a merge. */
export function readRecord(network: { chainId: number }): DeploymentRecord | undefined {
  const file = recordFile(network);
  if (!existsSync(file)) return undefined;
  return readJson(relative(process.cwd(), file), readFileSync(file, "utf8")) as DeploymentRecord;
}

/** Every contract of a record, those of models included. */
export function recordedContracts({ contracts, models }: DeploymentRecord): ContractRecord[] {
  const ofModels = Object.values(models).flatMap(({ token, pool, wallet }) => [
    token,
    pool,
    ...(wallet ? [wallet] : []),
  ]);
  return [...Object.values(contracts), ...ofModels];
}

/** The block where what is recorded began. */
export const firstRecordedBlock = (record: DeploymentRecord) =>
  Math.min(...recordedContracts(record).map(({ block }) => block));

/** Ending of a module's name of which there are several: a circuit's capacity. */
const VARIANT = /_\d+(?=#)/;

/** Arguments of contracts that others create, by contract. */
const CREATED: Readonly<Record<string, (addresses: Addresses) => unknown[]>> = {
  UsageFeeRouter: ({ ModelRegistry, InfrastructureReserve, ReserveToken }) => [
    ModelRegistry,
    InfrastructureReserve,
    ReserveToken,
  ],
  RewardDistributor: () => [],
};

/** Writes what the journal and the chain have of a protocol and of models into the network's record, and returns it. */
export async function writeRecord(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  parametersFile: string,
  models: readonly LaunchedModel[],
): Promise<DeploymentRecord> {
  const { name, chainId } = protocol.network;
  const before = readRecord(protocol.network);
  const commit = commitOfSources();
  const journaled = await journaledContracts(hre);
  const record = async (entry: Omit<ContractRecord, "codeHash" | "commit">, known?: ContractRecord) => {
    const code = await hre.ethers.provider.getCode(entry.address);
    if (code === "0x") throw unseen(`code of ${entry.contract} at ${entry.address}`);
    const codeHash = keccak256(code);
    return known?.address === entry.address && known.codeHash === codeHash
      ? known
      : { ...entry, codeHash, ...(commit && { commit }) };
  };
  const contracts = await Promise.all(
    journaled
      .filter(({ future }) => !future.startsWith(vestingModuleId("")))
      .map(async ({ future, contract, address, block, transaction, arguments: args }) => {
        const created = args ?? CREATED[contract]?.(protocol.addresses) ?? [];
        const key = `${contract}${VARIANT.exec(future)?.[0] ?? ""}`;
        const entry = { contract, address, block, transaction, arguments: created };
        return [key, await record(entry, before?.contracts[key])] as const;
      }),
  );
  const blocks = await blocksOf(hre);
  const recordedModels: Record<string, ModelRecord> = { ...before?.models };
  for (const model of models) {
    const known = recordedModels[model.file.modelId];
    const wallet = await walletEntry(hre, blocks, model);
    recordedModels[model.file.modelId] = {
      key: model.key,
      token: await record(await tokenEntry(blocks, protocol, model), known?.token),
      pool: await record(await poolEntry(blocks, protocol, model), known?.pool),
      ...(wallet && { wallet: await record(wallet, known?.wallet) }),
    };
  }
  const written: DeploymentRecord = {
    network: name,
    chainId,
    deployer: protocol.parameters.$global.deployer,
    parameters: relative(process.cwd(), parametersFile),
    contracts: Object.fromEntries(contracts),
    models: recordedModels,
  };
  const file = recordFile(protocol.network);
  const text = `${toJson(written)}\n`;
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeWhole(file, text);
  return written;
}

/** Where the chain is not what the network's record says. */
export async function contradictions(hre: HardhatRuntimeEnvironment): Promise<string[]> {
  const network = networkOf(hre);
  const record = readRecord(network);
  if (!record) return [];
  const entries = recordedContracts(record);
  const hashes = await Promise.all(
    entries.map(async ({ address }) => keccak256(await hre.ethers.provider.getCode(address))),
  );
  return entries
    .filter(({ codeHash }, index) => hashes[index] !== codeHash)
    .map(
      ({ contract, address }) =>
        `${contract} at ${address} has not the code that ${relative(process.cwd(), recordFile(network))} says`,
    );
}

type Entry = Omit<ContractRecord, "codeHash" | "commit">;

async function tokenEntry(blocks: Blocks, { tokenManager }: Protocol, { key, token }: LaunchedModel): Promise<Entry> {
  const [created] = await readEvents(blocks, tokenManager, tokenManager.filters.TokenDeployed(key));
  return {
    contract: "ModelToken",
    address: await token.getAddress(),
    ...origin(created),
    arguments: [
      await token.name(),
      await token.symbol(),
      await token.supplierRecipient(),
      String(await token.supplierAllocation()),
      String(await token.investorAllocation()),
      String(await token.rewardAllocation()),
    ],
  };
}

async function poolEntry(
  blocks: Blocks,
  { factory, addresses }: Protocol,
  { key, token, pool }: LaunchedModel,
): Promise<Entry> {
  const [created] = await readEvents(blocks, factory, factory.filters.PoolCreated(key));
  const { terms, virtualSupply } = created?.args ?? {};
  return {
    contract: "HokusaiAMM",
    address: await pool.getAddress(),
    ...origin(created),
    arguments: [
      await token.getAddress(),
      addresses["ReserveToken"],
      addresses["UsageFeeRouter"],
      [...(terms ?? [])].map(String),
      String(virtualSupply),
    ],
  };
}

async function walletEntry(
  hre: HardhatRuntimeEnvironment,
  blocks: Blocks,
  { file, token }: LaunchedModel,
): Promise<Entry | undefined> {
  if (file.recipient.kind !== "vesting") return undefined;
  const address = await token.supplierRecipient();
  const wallet = await hre.ethers.getContractAt("VestingWallet", address);
  const factory = new Contract(CREATE_X, CREATE_X_INTERFACE, hre.ethers.provider);
  const [created] = await readLogs(blocks, async ({ from, to }) =>
    factory.queryFilter(factory.getEvent("ContractCreation")(address), from, to),
  );
  return {
    contract: "VestingWallet",
    address,
    ...origin(created),
    arguments: [await wallet.owner(), String(await wallet.start()), String(await wallet.duration())],
  };
}

function origin(log: { blockNumber: number; transactionHash: string } | undefined) {
  if (log === undefined) throw unseen("event of a contract that exists");
  return { block: log.blockNumber, transaction: log.transactionHash };
}

/** The commit of the sources, with a mark when files differ from it; undefined where there is no git. */
function commitOfSources(): string | undefined {
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", __dirname, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    const changes = git("status", "--porcelain", "--", "../contracts", "../ignition/modules", "../hardhat.config.ts");
    return `${git("rev-parse", "HEAD")}${changes === "" ? "" : " with changes"}`;
  } catch {
    return undefined;
  }
}

/** What a node has not got, although others have. */
function unseen(what: string): Problem {
  return new Problem(`the RPC endpoint has no ${what}, it may lag behind: ${AGAIN}.`);
}
