// SPDX-License-Identifier: MIT
import { clearSnapshots, reset } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, parseUnits, type AddressLike } from "ethers";
import hre from "hardhat";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { tokenArguments } from "../../deploy/launch";
import { parseModelFile } from "../../sdk/node/modelFile";
import type { ModelFile } from "../../sdk/schemas/model";
import type { ApprovalsSource } from "../../operator/approvals";
import type { Config, DutyConfig, DutyName } from "../../operator/config";
import type { SpendingLimits } from "../../operator/duties/feeBatch";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { Service } from "../../operator/service";
import { Telemetry } from "../../operator/telemetry";
import { startFaultyRpc, type FaultyRpc, type Policy } from "../../scripts/dev/world/faultyRpc";
import type { Tools } from "../sdk/statements/support";

const SPEC = resolve(__dirname, "../../deploy/benchmarks/credit-default-zk/benchmark.json");
const LICENSE = resolve(__dirname, "../../deploy/models/licenses/sentiment-v2.txt");

/** Times of a file: so long ago that nobody is still writing it; and so late that somebody is, and that every other is older. */
export const [LONG_AGO, LATER] = [new Date(0), new Date(Date.now() + 86_400_000)] as const;

/** Far more passes than any test needs until nothing moves. */
const MOST_PASSES = 150;

/** Fees of a transaction that is mined before those of the service, or in their place. */
export const OUTBID = { maxFeePerGas: parseUnits("400", "gwei"), maxPriorityFeePerGas: parseUnits("300", "gwei") };

/** A chain that refuses every estimate of gas, without a reason. */
export const refusing: Policy = ({ method }) =>
  method === "eth_estimateGas"
    ? { kind: "error", error: { code: 3, message: "execution reverted", data: "0x" } }
    : { kind: "pass" };

/** A chain on which nothing is final yet. */
export const unfinal: Policy = ({ method, params: [block] }) =>
  method === "eth_getBlockByNumber" && block === "finalized"
    ? { kind: "error", error: { code: -32_000, message: "finalized block not found" } }
    : { kind: "pass" };

/** Whether each transaction is mined at once, or none is until a test mines a block. */
export const automine = async (isOn: boolean) => hre.network.provider.send("evm_setAutomine", [isOn]);

/** The hash of the first transaction in the latest block. */
export const lastHash = async () =>
  (await hre.ethers.provider.getBlock("latest", true))!.prefetchedTransactions[0]!.hash;

/** A line of the log. */
export interface Entry {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** An entry of the log without its time. */
export function withoutTime(entry: Entry): Entry {
  return Object.fromEntries(Object.entries(entry).filter(([field]) => field !== "time")) as unknown as Entry;
}

/** The chain of this process as a node, behind an endpoint that injects faults. */
export function useChain(): { readonly rpc: FaultyRpc } {
  let server: { listen(): Promise<{ port: number }>; close(): Promise<void> };
  const chain: { rpc?: FaultyRpc } = {};
  before(async () => {
    await clearSnapshots(); // Another file's fixture may have moved the nonces that these tests count.
    await reset();
    const { provider } = hre.network;
    server = (await hre.run("node:create-server", { hostname: "127.0.0.1", port: 0, provider })) as typeof server;
    const { port } = await server.listen();
    chain.rpc = await startFaultyRpc(`http://127.0.0.1:${port}`);
  });
  after(async () => {
    await chain.rpc?.stop();
    await server.close();
  });
  return chain as { rpc: FaultyRpc };
}

/** A folder of its own for every test, with a folder of model files and one for each duty that is fed. */
export function useFolders() {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "operator-"));
    for (const name of ["models", "submit", "fees"]) mkdirSync(join(root, name));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });
  return {
    path: (...names: string[]) => join(root, ...names),
    write(name: string, content: unknown): void {
      writeFileSync(join(root, name), typeof content === "string" ? content : JSON.stringify(content));
    },
    names: (name: string) =>
      readdirSync(join(root, name))
        .filter((entry) => entry.endsWith(".json"))
        .sort(),
    json: (name: string) => JSON.parse(readFileSync(join(root, name), "utf8")) as Record<string, unknown>,
  };
}

export type Folders = ReturnType<typeof useFolders>;

/** What a test may say of a service: limits, and the duties that it has. */
export type Overrides = Partial<Omit<Config, "duties">> & {
  readonly duties?: readonly DutyName[];
  readonly accounts?: Partial<typeof DUTY_ACCOUNTS>;
  readonly spending?: SpendingLimits;
  readonly approvals?: ApprovalsSource;
};

/** A service on the chain of this process, and what it has said. */
export async function openService(
  { registry }: Pick<Tools, "registry">,
  { rpc }: { readonly rpc: FaultyRpc },
  folders: Folders,
  { duties = ["distribute", "pools"], accounts, spending = {}, approvals, ...limits }: Overrides = {},
) {
  const log: Entry[] = [];
  const telemetry = new Telemetry((line) => log.push(JSON.parse(line) as Entry));
  const config: Config = {
    registry: await registry.getAddress(),
    fromBlock: 0,
    confirmations: 1,
    replaceAfterBlocks: 3,
    maxFeePerGas: parseUnits("500", "gwei"),
    pollMilliseconds: 50,
    maxHeadAge: 0,
    state: folders.path("state"),
    models: folders.path("models"),
    duties: duties.map((name): DutyConfig => ({
      name,
      key: { kind: "development", index: { ...DUTY_ACCOUNTS, ...accounts }[name] },
      folder: name === "submit" || name === "fees" ? folders.path(name) : "",
      limits: name === "fees" ? spending : {},
      ...(approvals && { approvals }),
    })),
    http: { host: "127.0.0.1", port: 0, token: "" },
    ...limits,
  };
  const secrets = { env: {}, askPassword: () => Promise.resolve("") };
  const service = await Service.open(config, { hre, url: rpc.url, secrets, telemetry });
  let read = log.length;
  return {
    service,
    telemetry,
    log,
    /** Events of the log by name. */
    events: (event: string) => log.filter((entry) => entry.event === event),
    /** What was logged since the service was opened or since the last call, without the times. */
    said(): object[] {
      const entries = log.slice(read).map(withoutTime);
      read = log.length;
      return entries;
    },
    /** Passes until nothing moves, which takes no more passes than {@link MOST_PASSES}. */
    async settle(): Promise<void> {
      let passes = 0;
      while (await service.pass())
        if (++passes === MOST_PASSES) throw new Error(`something still moves after ${MOST_PASSES} passes`);
    },
  };
}

/** The content of a model file that can be launched. */
export function buildModelFile({ supplier, governor }: Tools, modelId: string, overrides: object = {}) {
  return {
    id: modelId,
    name: "A Model",
    symbol: "MODEL",
    preset: "growth",
    infrastructureAccrualBps: 5000,
    recipient: supplier.address,
    governor: governor.address,
    license: { file: LICENSE, uri: "https://example.org/licence.txt" },
    benchmark: {
      spec: SPEC,
      evaluationDataHash: id("evaluation data"),
      baselineScore: 8500,
      method: "OracleAttestation",
    },
    pool: { virtualReserve: "2000", initialPrice: "0.01" },
    ...overrides,
  };
}

/** Steps 1 and 2 of the launch of a model file's content: all that is done before the service's turn. */
export async function register(
  tools: Tools,
  content: object,
  method: AddressLike = tools.oracleAttestation,
): Promise<ModelFile> {
  const { tokenManager, registry, launcher, registrar } = tools;
  const file = parseModelFile(content, join(__dirname, "model.json"), true);
  await tokenManager
    .connect(launcher)
    .deployTokenWithAllocations(
      ...tokenArguments(file, file.recipient.kind === "account" ? file.recipient.account : ""),
    );
  await registry.connect(registrar).registerModel(id(file.modelId), { ...file.benchmark, method });
  return file;
}

/** A model that is registered and declared. */
export async function declare(
  tools: Tools,
  folders: Folders,
  modelId: string,
  overrides: object = {},
): Promise<ModelFile> {
  const content = buildModelFile(tools, modelId, overrides);
  folders.write(`models/${modelId}.json`, content);
  return register(tools, content);
}

/** Transactions of a development account in the chain, and how many of them failed. */
export async function transactionsOf(address: string): Promise<{ count: number; failed: number }> {
  const { provider } = hre.ethers;
  const count = await provider.getTransactionCount(address);
  let failed = 0;
  for (let number = await provider.getBlockNumber(); number > 0; number--) {
    const block = await provider.getBlock(number, true);
    for (const transaction of block?.prefetchedTransactions ?? []) {
      if (transaction.from !== address) continue;
      const receipt = await provider.getTransactionReceipt(transaction.hash);
      if (receipt?.status === 0) failed++;
    }
  }
  return { count, failed };
}

/** A model trades, and its supplier allocation was minted. */
export async function expectLaunched({ registry }: Tools, modelId: string): Promise<void> {
  const token = await hre.ethers.getContractAt("ModelToken", await registry.tokenOf(id(modelId)));
  expect(await token.isSupplierMinted()).to.equal(true);
  expect(await registry.statusOf(id(modelId))).to.equal(3n);
}
