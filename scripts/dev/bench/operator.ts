/**
 * `npm run bench:operator [-- <count>]`: so many registrations, 1,000 without a number, wait for the operator at once, on anvil with a
 * block a second. It is killed in the middle and begun again. No action may be lost or doubled.
 */
import { Contract, id, JsonRpcProvider, parseEther, parseUnits, type Wallet } from "ethers";
import hre from "hardhat";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { deployProtocol } from "../../../deploy/protocol";
import { environmentFor } from "../../../deploy/rehearsal";
import { developmentKey } from "../../../sdk/base/accounts";
import { parseModelFile } from "../../../sdk/node/modelFile";
import type { ModelFile } from "../../../sdk/schemas/modelFile";
import { withDeployments } from "../world/live";
import { startOperator, type Entry } from "../world/operatorProcess";
import { rpc, startAnvil, type Node } from "../world/process";

/** Accounts as in ignition/parameters/localhost.json5. */
const ACCOUNTS = { launcher: 0, registrar: 5, distribute: 6, pools: 7, governor: 12, supplier: 13 };
const ROOT = resolve(__dirname, "../../..");
const CHAIN_ID = 31_337;
const AT_ONCE = 25;

/** What became of a queue. */
export interface QueueFigures {
  readonly registrations: number;
  /** From the operator's start to the last confirmed action, the killed process and its successor's start included. */
  readonly seconds: number;
  readonly blocks: number;
  /** Models that trade and whose supplier allocation was minted. */
  readonly launched: number;
  /** Transactions of the two accounts in the chain, and those of them that failed. */
  readonly distributions: number;
  readonly pools: number;
  readonly failed: number;
}

interface Deployment {
  readonly registry: Contract;
  readonly tokenManager: Contract;
  readonly method: string;
}

/** Registers models on a chain of its own, lets the operator work on them, kills it half-way and starts another. */
export async function runQueue(count: number): Promise<QueueFigures> {
  const node = await startAnvil();
  const folder = mkdtempSync(join(tmpdir(), "queue-"));
  const provider = new JsonRpcProvider(node.url, CHAIN_ID, { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 });
  try {
    const deployment = await deploy(node, provider);
    const models = writeModels(folder, count);
    await register(provider, deployment, models);
    await rpc(node.url, "evm_setAutomine", [false]);
    await rpc(node.url, "evm_setIntervalMining", [1]);
    return await work(node, provider, deployment, models, await configure(folder, deployment));
  } finally {
    provider.destroy();
    await node.stop();
    rmSync(folder, { recursive: true });
  }
}

async function work(
  node: Node,
  provider: JsonRpcProvider,
  deployment: Deployment,
  models: readonly ModelFile[],
  config: string,
): Promise<QueueFigures> {
  const start = { time: Date.now(), block: await provider.getBlockNumber() };
  const options = ["--network", "localhost", "--config", config];
  const isDone = ({ event }: Entry) => event === "done";
  const first = startOperator(options, node.env);
  await first.until(isDone, models.length); // of twice as many
  await first.end("SIGKILL");

  const second = startOperator(options, node.env);
  const isQuiet = async () => (await countLaunched(deployment, models, provider)) === models.length;
  while (!(await isQuiet())) await pause(500);
  const end = { time: Date.now(), block: await provider.getBlockNumber() };
  await second.until(({ event }) => event === "started");
  await pause(3_000); // time enough to do something twice
  await second.end("SIGTERM");

  const accounts = [ACCOUNTS.distribute, ACCOUNTS.pools].map((index) => developmentKey(index).address);
  const [distributions = 0, pools = 0] = await Promise.all(
    accounts.map(async (account) => provider.getTransactionCount(account)),
  );
  return {
    registrations: models.length,
    seconds: Math.round((end.time - start.time) / 1000),
    blocks: end.block - start.block,
    launched: await countLaunched(deployment, models, provider),
    distributions,
    pools,
    failed: await countFailed(provider, start.block, accounts),
  };
}

async function deploy(node: Node, provider: JsonRpcProvider): Promise<Deployment> {
  const environment = environmentFor(hre, "localhost", { url: node.url });
  const { addresses } = await withDeployments(node.env["DEPLOYMENTS"], () => deployProtocol(environment));
  const at = async (name: string) =>
    new Contract(addresses[name] as string, (await hre.artifacts.readArtifact(name)).abi, provider);
  return {
    registry: await at("ModelRegistry"),
    tokenManager: await at("TokenManager"),
    method: addresses["OracleAttestation"] as string,
  };
}

function writeModels(folder: string, count: number): ModelFile[] {
  mkdirSync(join(folder, "models"));
  const [supplier, governor] = [ACCOUNTS.supplier, ACCOUNTS.governor].map((index) => developmentKey(index).address);
  return Array.from({ length: count }, (_, index) => {
    const content = {
      id: `queued-${index}`,
      name: "Queued Model",
      symbol: "QUEUED",
      preset: "growth",
      infrastructureAccrualBps: 5000,
      recipient: supplier,
      governor,
      license: { file: join(ROOT, "deploy/models/licenses/sentiment-v2.txt"), uri: "https://example.org/licence.txt" },
      benchmark: {
        spec: join(ROOT, "deploy/benchmarks/sentiment-v2/benchmark.json"),
        evaluationDataHash: id("evaluation data"),
        baselineScore: 8500,
        method: "OracleAttestation",
      },
      pool: { virtualReserve: "2000", initialPrice: "0.01" },
    };
    const path = join(folder, "models", `${content.id}.json`);
    writeFileSync(path, JSON.stringify(content));
    return parseModelFile(content, path, true);
  });
}

/** Steps 1 and 2 of every launch. */
async function register(
  provider: JsonRpcProvider,
  { registry, tokenManager, method }: Deployment,
  models: readonly ModelFile[],
) {
  const [launcher, registrar] = [ACCOUNTS.launcher, ACCOUNTS.registrar].map((index) =>
    developmentKey(index).connect(provider),
  );
  const tokens = models.map((file) =>
    tokenManager.interface.encodeFunctionData("deployTokenWithAllocations", [
      file.modelId,
      file.name,
      file.symbol,
      file.supplierAllocation,
      file.recipient.kind === "account" ? file.recipient.account : "",
      file.investorAllocation,
      {
        tokensPerDeltaOne: file.tokensPerDeltaOne,
        infrastructureAccrualBps: file.infrastructureAccrualBps,
        initialOraclePricePerThousandUsd: file.pricePerThousandCalls,
        licenseHash: file.licenseHash,
        licenseURI: file.licenseURI,
        governor: file.governor,
      },
    ]),
  );
  const benchmarks = models.map((file) =>
    registry.interface.encodeFunctionData("registerModel", [id(file.modelId), { ...file.benchmark, method }]),
  );
  await sendAll(launcher as unknown as Wallet, tokenManager.target as string, tokens);
  await sendAll(registrar as unknown as Wallet, registry.target as string, benchmarks);
}

async function sendAll(wallet: Wallet, to: string, calls: readonly string[]): Promise<void> {
  const provider = wallet.provider as JsonRpcProvider;
  await provider.send("anvil_setBalance", [wallet.address, `0x${parseEther("1000000").toString(16)}`]);
  const first = await wallet.getNonce();
  const fees = { maxFeePerGas: parseUnits("1000", "gwei"), maxPriorityFeePerGas: 1n, gasLimit: 3_000_000n };
  for (let start = 0; start < calls.length; start += AT_ONCE) {
    const part = calls.slice(start, start + AT_ONCE);
    const raws = await Promise.all(
      part.map(async (data, index) =>
        wallet.signTransaction({ type: 2, chainId: CHAIN_ID, nonce: first + start + index, to, data, ...fees }),
      ),
    );
    for (const raw of raws) await provider.send("eth_sendRawTransaction", [raw]);
    while ((await wallet.getNonce("latest")) < first + start + part.length) await pause(20); // mined beside the answers
  }
}

async function configure(folder: string, { registry }: Deployment): Promise<string> {
  const path = join(folder, "operator.json");
  const content = {
    registry: registry.target,
    confirmations: 2,
    maxFeePerGas: "1000",
    pollMilliseconds: 250,
    models: "models",
    duties: {
      distribute: { key: { development: ACCOUNTS.distribute } },
      pools: { key: { development: ACCOUNTS.pools } },
    },
    http: { port: 0 },
  };
  writeFileSync(path, JSON.stringify(content));
  return path;
}

async function countLaunched(
  { registry, tokenManager }: Deployment,
  models: readonly ModelFile[],
  provider: JsonRpcProvider,
): Promise<number> {
  const events = async (contract: Contract, name: string) =>
    provider.getLogs({
      address: contract.target as string,
      topics: [contract.interface.getEvent(name)?.topicHash ?? null],
      fromBlock: 0,
    });
  const [pools, distributions] = await Promise.all([
    events(registry, "ModelPoolSet"),
    events(tokenManager, "SupplierAllocationDistributed"),
  ]);
  const distributed = new Set(distributions.map(({ topics }) => topics[1]));
  const pooled = new Set(pools.map(({ topics }) => topics[1]));
  const isLaunched = ({ modelId }: ModelFile) => distributed.has(id(modelId)) && pooled.has(id(modelId));
  if (pools.length !== pooled.size || distributions.length !== distributed.size)
    throw new Error("an action was doubled");
  return models.filter(isLaunched).length;
}

async function countFailed(provider: JsonRpcProvider, from: number, accounts: readonly string[]): Promise<number> {
  let failed = 0;
  for (let number = await provider.getBlockNumber(); number > from; number--) {
    const receipts = (await provider.send("eth_getBlockReceipts", [`0x${number.toString(16)}`])) as {
      from: string;
      status: string;
    }[];
    failed += receipts.filter(
      ({ from: sender, status }) => status === "0x0" && accounts.some((account) => account.toLowerCase() === sender),
    ).length;
  }
  return failed;
}

async function main(count: number): Promise<void> {
  const figures = await runQueue(count);
  console.table(figures);
  const isRight = figures.launched === count && figures.distributions + figures.pools - figures.failed === 2 * count;
  if (!isRight) console.error(`Expected ${count} launches by ${2 * count} successful transactions.`);
  process.exitCode = isRight ? 0 : 1;
}

if (require.main === module) void main(Number(process.argv[2] ?? 1_000));
