/**
 * `npm run bench:operator [-- <count>]`: the given number of registrations, 1,000 by default, wait for the operator at once, on anvil with
 * a block per second. The operator is killed halfway and restarted. No action may be lost or happen twice. For `--soak <minutes>` see
 * soak.ts.
 */
import { JsonRpcProvider } from "ethers";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { developmentKey } from "../../../sdk/base/accounts";
import type { ModelFile } from "../../../sdk/schemas/model";
import { startOperator, type Entry } from "../world/operatorProcess";
import { rpc, startAnvil, type Node } from "../world/process";
import {
  countLaunched,
  deployForQueue,
  HOLDERS,
  LOCAL_CHAIN,
  registerQueued,
  writeQueuedModels,
  type QueueDeployment,
} from "./launches";

/** What became of a queue. */
export interface QueueFigures {
  readonly registrations: number;
  /** From the operator's start to the last confirmed action, including the kill and the successor's start. */
  readonly seconds: number;
  readonly blocks: number;
  /** Number of models that trade and whose supplier allocation was minted. */
  readonly launched: number;
  /** Transactions of the two accounts on the chain, and how many of them failed. */
  readonly distributions: number;
  readonly pools: number;
  readonly failed: number;
}

/** Registers models on a new chain, lets the operator work on them, kills it halfway and starts another. */
export async function runQueue(count: number): Promise<QueueFigures> {
  const node = await startAnvil();
  const folder = mkdtempSync(join(tmpdir(), "queue-"));
  const provider = new JsonRpcProvider(node.url, LOCAL_CHAIN, {
    staticNetwork: true,
    batchMaxCount: 1,
    cacheTimeout: -1,
  });
  try {
    const deployment = await deployForQueue(node, provider);
    const models = writeQueuedModels(folder, count);
    await registerQueued(provider, deployment, models);
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
  deployment: QueueDeployment,
  models: readonly ModelFile[],
  config: string,
): Promise<QueueFigures> {
  const start = { time: Date.now(), block: await provider.getBlockNumber() };
  const options = ["--network", "localhost", "--config", config];
  const isDone = ({ event }: Entry) => event === "done";
  const first = startOperator(options, node.env);
  await first.until(isDone, models.length); // half of the actions, because each model has two
  await first.end("SIGKILL");

  const second = startOperator(options, node.env);
  const isQuiet = async () => (await countLaunched(deployment, models, provider)) === models.length;
  while (!(await isQuiet())) await pause(500);
  const end = { time: Date.now(), block: await provider.getBlockNumber() };
  await second.until(({ event }) => event === "started");
  await pause(3_000); // time enough to do something twice
  await second.end("SIGTERM");

  const accounts = [HOLDERS.distribute, HOLDERS.pools].map((index) => developmentKey(index).address);
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

async function configure(folder: string, { registry }: QueueDeployment): Promise<string> {
  const path = join(folder, "operator.json");
  const content = {
    registry: registry.target,
    confirmations: 2,
    maxFeePerGas: "1000",
    pollMilliseconds: 250,
    models: "models",
    duties: {
      distribute: { key: { development: HOLDERS.distribute } },
      pools: { key: { development: HOLDERS.pools } },
    },
    http: { port: 0 },
  };
  writeFileSync(path, JSON.stringify(content));
  return path;
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

if (require.main === module) {
  const [first = "1000", minutes = "10"] = process.argv.slice(2);
  if (first === "--soak") void import("./soak").then(async ({ runSoak }) => runSoak(Number(minutes)));
  else void main(Number(first));
}
