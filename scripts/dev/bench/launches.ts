/** Registers many models for benchmarks of the operator: takes the first two steps of each launch, and counts what became of the others. */
import { Contract, id, JsonRpcProvider, parseEther, parseUnits, type Wallet } from "ethers";
import hre from "hardhat";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { tokenArguments } from "../../../deploy/launch";
import { deployProtocol } from "../../../deploy/protocol";
import { environmentFor } from "../../../deploy/rehearsal";
import { developmentKey } from "../../../sdk/base/accounts";
import { parseModelFile } from "../../../sdk/node/modelFile";
import type { ModelFile } from "../../../sdk/schemas/model";
import { withDeployments } from "../world/live";
import type { Node } from "../world/process";

/** Accounts as in ignition/parameters/localhost.json5. */
export const HOLDERS = { launcher: 0, registrar: 5, distribute: 6, pools: 7, governor: 12, supplier: 13 };

/** Id of the local chain. */
export const LOCAL_CHAIN = 31_337;

const ROOT = resolve(__dirname, "../../..");
const AT_ONCE = 25;

/** Price of a thousand calls of a queued model, in USDC. */
const QUEUED_PRICE = "2.5";

/** What registrations need from a deployment. */
export interface QueueDeployment {
  readonly registry: Contract;
  readonly tokenManager: Contract;
  readonly method: string;
  readonly addresses: Readonly<Record<string, string>>;
}

/** Deploys the protocol on a chain. */
export async function deployForQueue(node: Node, provider: JsonRpcProvider): Promise<QueueDeployment> {
  const environment = environmentFor(hre, "localhost", { url: node.url });
  const { addresses } = await withDeployments(node.env["DEPLOYMENTS"], () => deployProtocol(environment));
  const at = async (name: string) =>
    new Contract(addresses[name] as string, (await hre.artifacts.readArtifact(name)).abi, provider);
  return {
    registry: await at("ModelRegistry"),
    tokenManager: await at("TokenManager"),
    method: addresses["OracleAttestation"] as string,
    addresses,
  };
}

/** Writes files that declare models to the folder `models`. */
export function writeQueuedModels(folder: string, count: number): ModelFile[] {
  mkdirSync(join(folder, "models"));
  const [supplier, governor] = [HOLDERS.supplier, HOLDERS.governor].map((index) => developmentKey(index).address);
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
      pricePerThousandCalls: QUEUED_PRICE,
      pool: { virtualReserve: "2000", initialPrice: "0.01" },
    };
    const path = join(folder, "models", `${content.id}.json`);
    writeFileSync(path, JSON.stringify(content));
    return parseModelFile(content, path, true);
  });
}

/** Takes steps 1 and 2 of every launch. */
export async function registerQueued(
  provider: JsonRpcProvider,
  { registry, tokenManager, method }: QueueDeployment,
  models: readonly ModelFile[],
) {
  const [launcher, registrar] = [HOLDERS.launcher, HOLDERS.registrar].map((index) =>
    developmentKey(index).connect(provider),
  );
  const tokens = models.map((file) =>
    tokenManager.interface.encodeFunctionData(
      "deployTokenWithAllocations",
      tokenArguments(file, file.recipient.kind === "account" ? file.recipient.account : ""),
    ),
  );
  const benchmarks = models.map((file) =>
    registry.interface.encodeFunctionData("registerModel", [id(file.modelId), { ...file.benchmark, method }]),
  );
  await sendAll(launcher as unknown as Wallet, tokenManager.target as string, tokens);
  await sendAll(registrar as unknown as Wallet, registry.target as string, benchmarks);
}

/** Sends calls from an account, in their order, a few at a time. */
export async function sendAll(wallet: Wallet, to: string, calls: readonly string[]): Promise<void> {
  const provider = wallet.provider as JsonRpcProvider;
  await provider.send("anvil_setBalance", [wallet.address, `0x${parseEther("1000000").toString(16)}`]);
  const first = await wallet.getNonce();
  const fees = { maxFeePerGas: parseUnits("1000", "gwei"), maxPriorityFeePerGas: 1n, gasLimit: 3_000_000n };
  for (let start = 0; start < calls.length; start += AT_ONCE) {
    const part = calls.slice(start, start + AT_ONCE);
    const raws = await Promise.all(
      part.map(async (data, index) =>
        wallet.signTransaction({ type: 2, chainId: LOCAL_CHAIN, nonce: first + start + index, to, data, ...fees }),
      ),
    );
    for (const raw of raws) await provider.send("eth_sendRawTransaction", [raw]);
    while ((await wallet.getNonce("latest")) < first + start + part.length) await pause(20); // blocks are mined independently of the answers
  }
}

/** Counts the models that trade and whose supplier allocation was minted; throws if an action happened twice. */
export async function countLaunched(
  { registry, tokenManager }: QueueDeployment,
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
