/**
 * Measures the doctor on a protocol with a thousand models, each launched, traded and used, on a local node: the command's time and its
 * peak memory. Fails if either exceeds its figure, or if the doctor finds anything wrong.
 */
import { getCreateAddress, id, JsonRpcProvider, MaxUint256, toQuantity, type Interface } from "ethers";
import hre, { ethers } from "hardhat";
import { readParameters, type Parameters } from "../../../deploy/parameters";
import { runScript, startAnvil, type Node } from "../world/process";
import { measureScript } from "./measure";

const MODELS = 1_000;
const SECONDS = 60;
const MEGABYTES = 500;

/** Transactions in a block of the set-up, and the gas limit of each. */
const AT_ONCE = 100;
const GAS = 3_000_000;

const WHOLE = 10n ** 18n;
const USDC = 10n ** 6n;

/** Development accounts that trade and govern: see ignition/parameters/localhost.json5. */
const [HOLDER, GOVERNOR] = [8, 12];

const ARGUMENTS = ["--network", "localhost", "--json"];

interface Call {
  readonly from: string;
  readonly to: string;
  readonly data: string;
}

/** Sends many transactions in few blocks; throws if one fails. */
async function sendAll(provider: JsonRpcProvider, calls: readonly Call[]): Promise<void> {
  const nonces = new Map<string, number>();
  for (const { from } of calls) {
    if (!nonces.has(from)) nonces.set(from, await provider.getTransactionCount(from));
  }
  for (let start = 0; start < calls.length; start += AT_ONCE) {
    const sent = calls.slice(start, start + AT_ONCE).map((call) => {
      const nonce = nonces.get(call.from) as number;
      nonces.set(call.from, nonce + 1);
      const request = { ...call, nonce: toQuantity(nonce), gas: toQuantity(GAS) };
      return provider.send("eth_sendTransaction", [request]) as Promise<string>;
    });
    const hashes = await Promise.all(sent);
    await provider.send("evm_mine", []);
    const receipts = await Promise.all(hashes.map((hash) => provider.send("eth_getTransactionReceipt", [hash])));
    if (receipts.some((receipt) => (receipt as { status: string } | null)?.status !== "0x1"))
      throw new Error("a transaction of the benchmark's set-up failed");
  }
}

/** Launches, trades and uses every model, step by step. */
async function build(node: Node, addresses: Record<string, string>): Promise<void> {
  const provider = new JsonRpcProvider(node.url, undefined, { staticNetwork: true, cacheTimeout: -1 });
  const parameters = await readParameters({ name: "localhost", isLocal: true });
  const accounts = (await provider.send("eth_accounts", [])) as string[];
  const [holder, governor] = [accounts[HOLDER], accounts[GOVERNOR]] as [string, string];
  const abis = await readAbis(Object.keys(addresses).filter((name) => name !== "ReserveToken"));
  const call = (
    from: string,
    contract: string,
    name: string,
    args: readonly unknown[],
    to = addresses[contract],
  ): Call => ({
    ...{ from, to: to as string, data: (abis.get(contract) as Interface).encodeFunctionData(name, args) },
  });
  const models = Array.from({ length: MODELS }, (_, index) => {
    const modelId = `model-${String(index).padStart(4, "0")}`;
    // The first contract that the TokenManager creates is its reward distributor.
    const token = getCreateAddress({ from: addresses.TokenManager as string, nonce: index + 2 });
    const pool = getCreateAddress({ from: addresses.HokusaiAMMFactory as string, nonce: index + 1 });
    return { modelId, key: id(modelId), token, pool };
  });
  await provider.send("evm_setAutomine", [false]);
  for (const calls of stepsOf(parameters)) await sendAll(provider, calls);
  await provider.send("evm_setAutomine", [true]);
  provider.destroy();

  function stepsOf({ Tokens, Models }: Parameters): Call[][] {
    const [deployer, distributor] = [Tokens.deployers[0], Tokens.distributors[0]] as [string, string];
    const [registrar, poolCreator] = [Models.registrars[0], Models.poolCreators[0]] as [string, string];
    const allocation = [400_000n * WHOLE, holder, 600_000n * WHOLE] as const;
    const terms = [1_000n * WHOLE, 5_000n, 25n * USDC, id("licence"), "ipfs://licence", governor];
    const benchmark = {
      ...{ specHash: id("benchmark"), evaluationDataHash: id("data"), modelCommitment: ethers.ZeroHash },
      ...{ method: addresses.OracleAttestation, metric: 0, direction: 0, baselineScore: 7_500, targetScore: 0 },
      ...{ minImprovementBps: 10, minSampleSize: 1_000, minRuns: 3, minLowerBoundBps: 1 },
    };
    const funds = 1_000_000n * USDC;
    const spenders = [addresses.UsageFeeRouter, ...models.map(({ pool }) => pool)];
    const deploy = "deployTokenWithAllocations";
    return [
      models.map(({ modelId }) =>
        call(deployer, "TokenManager", deploy, [modelId, "Model", "MODEL", ...allocation, terms]),
      ),
      models.map(({ key }) => call(registrar, "ModelRegistry", "registerModel", [key, benchmark])),
      models.map(({ modelId }) => call(distributor, "TokenManager", "distributeModelSupplierAllocation", [modelId])),
      models.map(({ modelId, token }) => call(poolCreator, "HokusaiAMMFactory", "createPool", [modelId, token])),
      [call(holder, "ReserveTokenMock", "mint", [holder, funds], addresses.ReserveToken)],
      spenders.map((spender) =>
        call(holder, "ReserveTokenMock", "approve", [spender, MaxUint256], addresses.ReserveToken),
      ),
      models.map(({ pool }) => call(holder, "HokusaiAMM", "buy", [10n * USDC, 0n, holder, MaxUint256], pool)),
      models.map(({ key }) => call(holder, "UsageFeeRouter", "depositFee", [key, USDC])),
      models.map(({ key }) => call(governor, "ModelRegistry", "setInfrastructureAccrual", [key, 6_000n])),
    ];
  }
}

async function readAbis(contracts: readonly string[]): Promise<Map<string, Interface>> {
  const names = [...contracts, "ReserveTokenMock", "HokusaiAMM"];
  const read = async (name: string): Promise<[string, Interface]> => [
    name,
    new ethers.Interface((await hre.artifacts.readArtifact(name)).abi as string[]),
  ];
  return new Map(await Promise.all(names.map(read)));
}

/** Runs the command in a process of its own; its document contains the addresses. */
async function measure(node: Node) {
  const { code, stdout, stderr, ...taken } = await measureScript("scripts/doctor.ts", ARGUMENTS, node);
  if (code !== 0 && code !== 1) throw new Error(stderr);
  const document = JSON.parse(stdout) as { models: number; contracts: Record<string, string>; isHealthy: boolean };
  return { ...document, ...taken };
}

async function main(): Promise<void> {
  await hre.run("compile", { quiet: true });
  const node = await startAnvil(["--gas-limit", String(2 * AT_ONCE * GAS)]);
  try {
    const { code, stderr } = await runScript("scripts/deploy.ts", ["--network", "localhost"], node.env);
    if (code !== 0) throw new Error(stderr);
    const before = await measure(node);
    const start = Date.now();
    await build(node, before.contracts);
    const setUp = (Date.now() - start) / 1_000;
    const after = await measure(node);
    const figures = (of: typeof after) => ({ models: of.models, seconds: of.seconds, "peak in MB": of.megabytes });
    console.table([figures(before), figures(after)]);
    console.log(`The models took ${setUp} s to set up. Expected at most ${SECONDS} s and ${MEGABYTES} MB.`);
    const isReached = after.seconds < SECONDS && after.megabytes < MEGABYTES;
    process.exitCode = isReached && after.isHealthy && after.models === MODELS ? 0 : 1;
  } finally {
    await node.stop();
  }
}

void main();
