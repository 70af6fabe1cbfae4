// Reads a model from the logs of a node and the views of one block.

import type { Block, Interface, LogDescription } from "ethers";
import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import { contractAt, type Access, type Site } from "../client/access.ts";
import { connect, type Connection } from "../client/connect.ts";
import type { HokusaiAMM, ModelToken, TokenManager, TypedContractEvent, TypedEventLog } from "../client/contracts.ts";
import type { DeploymentAddresses } from "../client/deployment.ts";
import { priceOf } from "../client/market.ts";
import { METRICS, type MetricName } from "../evaluation/metrics.ts";
import { readEvents, readLogs, type Blocks } from "../rpc/logs.ts";
import { pinned } from "../rpc/pinned.ts";
import { MODEL_STATUS } from "../state/protocolState.ts";
import {
  modelKey,
  type TrackedBenchmark,
  type TrackedModel,
  type TrackedPool,
  type TrackedTrade,
  type TrackingSource,
} from "./facts.ts";
import { improvementsIn, type HistoryEvent } from "./improvements.ts";

/** How often the model is read before this gives up, because reorganisations keep undoing the reading. */
const TRIES = 3;

/** A deployment and the way to reach its chain. */
export interface ChainPlace {
  readonly site: Site;
  readonly deployment: Pick<DeploymentAddresses, "firstBlock"> & {
    readonly contracts: Pick<DeploymentAddresses["contracts"], "DeltaOneVerifier">;
  };
}

/**
 * Returns a source that reads models from a node alone. All values are from the same block: a reading that a reorganisation has undone is
 * repeated.
 * @throws {Problem} `NOT_DEPLOYED` for a model that is not on the chain, `NODE_FAILED` if reorganisations undo every reading.
 */
export function fromChain({ site, deployment }: ChainPlace): TrackingSource {
  return {
    async read(modelId, seconds) {
      const { provider } = site.access.ethers;
      for (let tried = 1; tried <= TRIES; tried++) {
        const block = (await provider.getBlock("latest")) as Block;
        const access = { ...site.access, ethers: { provider: pinned(provider, block.number) } };
        const chain = await connect({ ...site, access }, deployment.contracts.DeltaOneVerifier);
        const model = await readModelAt(chain, block, deployment.firstBlock, modelId, seconds);
        if ((await provider.getBlock(block.number))?.hash === block.hash) return model;
      }
      throw new Problem("NODE_FAILED", "the chain was reorganised while it was read: run it again.");
    },
  };
}

async function readModelAt(
  chain: Connection,
  block: Block,
  firstBlock: number,
  modelId: string,
  seconds?: number,
): Promise<TrackedModel> {
  const { access, registry } = chain;
  const key = modelKey(modelId);
  const blocks = { from: firstBlock, to: block.number };
  const { status, token: address, pool } = await registry.model(key);
  if (status === 0n) {
    throw new Problem(
      "NOT_DEPLOYED",
      `${printed(modelId)} is no model on ${chain.network.name}: check the id, letter by letter.`,
    );
  }
  const token = await contractAt<ModelToken>(access, "ModelToken", address);
  const tokenManager = await contractAt<TokenManager>(access, "TokenManager", await registry.tokenManager());
  const events = await historyOf(access, blocks, registry, key);
  const isRegistered = status >= 2n;
  return {
    block: { number: block.number, hash: block.hash as string, timestamp: block.timestamp },
    ...{ modelId, key, token: address, name: await token.name(), symbol: await token.symbol() },
    status: MODEL_STATUS[Number(status)] as TrackedModel["status"],
    supplier: await supplierOf(tokenManager, token, blocks, key),
    benchmarks: benchmarksIn(events),
    score: isRegistered ? Number(await registry.scoreOf(key)) : null,
    tokensPerDeltaOne: (await registry.parametersOf(key)).tokensPerDeltaOne,
    rewardsRemaining: await registry.rewardsRemainingOf(key),
    improvements: await improvementsIn(chain, events, blocks, { key, now: block.timestamp }),
    ...(status === 3n ? await marketOf(access, pool, blocks, block, seconds) : { pool: null, trades: [] }),
  };
}

/** Returns all events of the registry about a model, with their timestamps. */
async function historyOf(
  access: Access,
  blocks: Blocks,
  registry: { readonly interface: Interface; getAddress(): Promise<string> },
  key: string,
): Promise<HistoryEvent[]> {
  const { provider } = access.ethers;
  const address = await registry.getAddress();
  const logs = await readLogs(blocks, ({ from, to }) =>
    provider.getLogs({ address, topics: [null, key], fromBlock: from, toBlock: to }),
  );
  const times = await timesOf(access, [...new Set(logs.map(({ blockNumber }) => blockNumber))]);
  return logs.map((log): HistoryEvent => {
    const { name, args } = registry.interface.parseLog(log) as LogDescription;
    const { blockNumber, index: logIndex, transactionHash } = log;
    return { name, args, blockNumber, logIndex, transactionHash, timestamp: times.get(blockNumber) as number };
  });
}

async function timesOf({ ethers: { provider } }: Access, blocks: readonly number[]): Promise<Map<number, number>> {
  const found = await Promise.all(
    blocks.map(async (block) => [block, ((await provider.getBlock(block)) as Block).timestamp] as const),
  );
  return new Map(found);
}

function benchmarksIn(events: readonly HistoryEvent[]): TrackedBenchmark[] {
  const names = Object.keys(METRICS) as MetricName[];
  return events
    .filter(({ name }) => name === "ModelRegistered" || name === "BenchmarkReplaced")
    .map(({ args, blockNumber, timestamp }) => {
      const { specHash, evaluationDataHash, metric, direction, baselineScore } = args["benchmark"] as BenchmarkArgs;
      return {
        ...{ version: Number(args["version"]), blockNumber, timestamp, specHash, evaluationDataHash },
        metric: names[Number(metric)] as MetricName,
        direction: direction === 0n ? "maximise" : "minimise",
        baselineScore: Number(baselineScore),
      };
    });
}

interface BenchmarkArgs {
  readonly specHash: string;
  readonly evaluationDataHash: string;
  readonly metric: bigint;
  readonly direction: bigint;
  readonly baselineScore: bigint;
}

async function supplierOf(tokenManager: TokenManager, token: ModelToken, blocks: Blocks, key: string) {
  const [deployed] = await readEvents(blocks, tokenManager, tokenManager.filters.TokenDeployed(key));
  const recipient = (deployed as NonNullable<typeof deployed>).args.supplierRecipient;
  return { recipient, issued: (await token.isSupplierMinted()) ? await token.supplierAllocation() : 0n };
}

async function marketOf(
  access: Access,
  address: string,
  blocks: Blocks,
  { timestamp }: Block,
  seconds?: number,
): Promise<Pick<TrackedModel, "pool" | "trades">> {
  const contract = await contractAt<HokusaiAMM>(access, "HokusaiAMM", address);
  const pool: TrackedPool = {
    address,
    crr: await contract.crr(),
    tradeFee: await contract.tradeFee(),
    spotPrice: await contract.spotPrice(),
    reserve: await contract.reserve(),
    virtualReserve: await contract.virtualReserve(),
    curveSupply: await contract.curveSupply(),
    virtualSupply: await contract.virtualSupply(),
    sellsOpenAt: Number(await contract.sellsOpenAt()),
  };
  const recent = seconds === undefined ? 0 : await firstBlockFrom(access, blocks, timestamp - seconds);
  const bought = await readEvents(blocks, contract, contract.filters.Bought());
  const sold = await readEvents(blocks, contract, contract.filters.Sold());
  const trades = [
    ...bought.map((log) => {
      const { buyer, to, reserveIn, tokensOut } = log.args;
      return placed(log, { side: "buy" as const, account: buyer, to, reserve: reserveIn, tokens: tokensOut });
    }),
    ...sold.map((log) => {
      const { seller, to, reserveOut, tokensIn } = log.args;
      return placed(log, { side: "sell" as const, account: seller, to, reserve: reserveOut, tokens: tokensIn });
    }),
  ];
  trades.sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
  return {
    pool,
    trades: trades.map(({ blockNumber, reserve, curveSupply, trade }): TrackedTrade => {
      const priceAfter = priceOf(reserve + pool.virtualReserve, pool.crr, curveSupply);
      return { ...trade, priceAfter, isRecent: blockNumber >= recent };
    }),
  };
}

function placed<Event extends TypedContractEvent, Args extends Omit<TrackedTrade, "priceAfter" | "isRecent">>(
  { blockNumber, index: logIndex, args }: TypedEventLog<Event>,
  trade: Args,
) {
  const { reserve, curveSupply } = args as unknown as { readonly reserve: bigint; readonly curveSupply: bigint };
  return { blockNumber, logIndex, reserve, curveSupply, trade };
}

/** Returns the first block of a range at or after a time, or the block after the range if all are older. */
async function firstBlockFrom({ ethers: { provider } }: Access, { from, to }: Blocks, time: number): Promise<number> {
  let [low, high] = [from, to + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (((await provider.getBlock(middle)) as Block).timestamp >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}
