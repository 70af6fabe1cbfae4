// Writes a network's record from the journal and the chain.

import { Contract, keccak256 } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { vestingModuleId } from "../ignition/modules/Vesting";
import { Problem } from "../sdk/base/problem";
import { writeWhole } from "../sdk/node/files";
import { readEvents, readLogs, type Blocks } from "../sdk/rpc/logs";
import { toJson } from "../sdk/schemas/json";
import { CREATE_X, CREATE_X_INTERFACE } from "./create2";
import { AGAIN, blocksOf, journaledContracts, type Addresses } from "./journal";
import type { LaunchedModel } from "./launch";
import { fromRoot, recordFile } from "./paths";
import type { Protocol } from "./protocol";
import { entryOf, readRecord, type ContractRecord, type DeploymentRecord, type ModelRecord } from "./record";

/** The ending of a module's name that tells several instances apart: capacity, key and quantile of a circuit. */
const VARIANT = /_\d+_[0-9a-f]{8}_\d+(?=#)/;

/** Constructor arguments of contracts that other contracts create, by name. */
const CREATED: Readonly<Record<string, (addresses: Addresses) => unknown[]>> = {
  UsageFeeRouter: ({ ModelRegistry, InfrastructureReserve, ReserveToken }) => [
    ModelRegistry,
    InfrastructureReserve,
    ReserveToken,
  ],
  RewardDistributor: () => [],
};

/** Writes what journal and chain have of a protocol and its models into the network's record, and returns the record. */
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
        const created = args ?? entryOf(CREATED, contract)?.(protocol.addresses) ?? [];
        const key = `${contract}${VARIANT.exec(future)?.[0] ?? ""}`;
        const entry = { contract, address, block, transaction, arguments: created };
        return [key, await record(entry, entryOf(before?.contracts, key))] as const;
      }),
  );
  const blocks = await blocksOf(hre);
  // A Map, because an object would treat an id such as __proto__ specially.
  const recordedModels = new Map<string, ModelRecord>(Object.entries(before?.models ?? {}));
  for (const model of models) {
    const known = recordedModels.get(model.file.modelId);
    const wallet = await walletEntry(hre, blocks, model);
    recordedModels.set(model.file.modelId, {
      key: model.key,
      token: await record(await tokenEntry(blocks, protocol, model), known?.token),
      pool: await record(await poolEntry(blocks, protocol, model), known?.pool),
      ...(wallet && { wallet: await record(wallet, known?.wallet) }),
    });
  }
  const written: DeploymentRecord = {
    network: name,
    chainId,
    deployer: protocol.parameters.$global.deployer,
    parameters: fromRoot(parametersFile),
    contracts: Object.fromEntries(contracts),
    models: Object.fromEntries(recordedModels),
  };
  const file = recordFile(protocol.network);
  const text = `${toJson(written)}\n`;
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeWhole(file, text);
  return written;
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

/** The commit of the sources, with a mark if files differ from it; undefined if there is no git. */
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

/** The problem that a node lacks something which other nodes have. */
function unseen(what: string): Problem {
  return new Problem("NODE_FAILED", `the RPC endpoint has no ${what}, it may lag behind: ${AGAIN}.`);
}
