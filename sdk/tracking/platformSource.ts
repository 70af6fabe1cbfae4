// Reads a model from the platform's indexer.

import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import { METRICS, type MetricName } from "../evaluation/metrics.ts";
import type { EventPlace, ImprovementView, ModelDetail, PoolView, TradeView } from "../platform/chainWire.ts";
import type { ModelLists, PlatformClient } from "../platform/client.ts";
import { readClaims } from "../schemas/claims.ts";
import type { EvidenceSource } from "./evidence.ts";
import {
  modelKey,
  type TrackedBenchmark,
  type TrackedImprovement,
  type TrackedModel,
  type TrackedPool,
  type TrackedTrade,
  type TrackingSource,
} from "./facts.ts";

/** Returns a source that reads models from the platform, as of the last block that its indexer has processed. */
export function fromPlatform(platform: PlatformClient): TrackingSource {
  return {
    async read(modelId, seconds) {
      const detail = await platform.model(modelId);
      if (detail.key !== modelKey(modelId))
        throw new Problem("CONFLICT", `${printed(modelId)} is no model's published id.`);
      const { block } = detail;
      // Events after this block are left out. They may have been added while the lists were read.
      const listed = async <List extends keyof ModelLists>(list: List) => {
        const found: (ModelLists[List] & EventPlace)[] = [];
        for await (const item of platform.all((query) => platform.listOf(modelId, list, query)))
          if (item.block_number <= block.number) found.push(item);
        return found.sort((a, b) => a.block_number - b.block_number || a.log_index - b.log_index);
      };
      const [improvements, trades] = [await listed("improvements"), await listed("trades")];
      const since = seconds === undefined ? 0 : block.timestamp - seconds;
      return readingOut(() => ({
        block: { number: block.number, hash: block.hash, timestamp: block.timestamp },
        ...modelOf(detail),
        improvements: improvements.map(improvementOf),
        pool: detail.pool_state === null ? null : poolOf(detail.pool_state),
        trades: trades.map((trade) => tradeOf(trade, since)),
      }));
    },
  };
}

/** Returns a source of the documents and claims files that the platform stores. */
export function evidenceOn(platform: PlatformClient): EvidenceSource {
  const orNothing = (error: unknown): undefined => {
    if (error instanceof Problem && (error.code === "NOT_DEPLOYED" || error.code === "NO_FILE")) return undefined;
    throw error;
  };
  return {
    document: (evaluationId) => platform.evaluation(evaluationId).then(({ document }) => document, orNothing),
    claims: async (root) => {
      const file = await platform.claimsFile(root).catch(orNothing);
      return file === undefined ? undefined : readClaims("the platform's claims file", JSON.stringify(file));
    },
  };
}

type Known = Omit<TrackedModel, "block" | "improvements" | "pool" | "trades">;

function modelOf(detail: ModelDetail): Known {
  const { model_id: modelId, key, name, symbol, token, status, score_bps: score, supply, parameters } = detail;
  const rate = parameters.find((parameter) => parameter.name === "tokensPerDeltaOne");
  return {
    ...{ modelId, key, name, symbol, token, status, score },
    supplier: { recipient: detail.supplier_recipient, issued: BigInt(supply.supplier.issued) },
    benchmarks: detail.benchmarks.map((benchmark): TrackedBenchmark => ({
      ...{ version: benchmark.version, blockNumber: benchmark.block_number, timestamp: benchmark.timestamp },
      ...{ specHash: benchmark.spec_hash, evaluationDataHash: benchmark.evaluation_data_hash },
      metric: Object.keys(METRICS)[benchmark.metric] as MetricName,
      direction: benchmark.direction === 0 ? "maximise" : "minimise",
      baselineScore: benchmark.baseline_score_bps,
    })),
    tokensPerDeltaOne: BigInt(rate?.value ?? "0"),
    rewardsRemaining: BigInt(detail.rewards_remaining),
  };
}

function placeOf({ block_number: blockNumber, log_index: logIndex, transaction_hash, timestamp }: EventPlace) {
  return { blockNumber, logIndex, transactionHash: transaction_hash, timestamp };
}

function improvementOf(view: ImprovementView): TrackedImprovement {
  return {
    ...placeOf(view),
    ...{ evaluationId: view.evaluation_id, benchmarkVersion: view.benchmark_version },
    ...{ baselineScore: view.baseline_score_bps, candidateScore: view.candidate_score_bps },
    ...{ tokensPerDeltaOne: BigInt(view.tokens_per_delta_one), method: view.method, reward: BigInt(view.reward) },
    ...{ contributionDataHash: view.contribution_data_hash, contributorsRoot: view.contributors_root },
    payees: view.payees.map(({ account, amount, part }) => ({ account, amount: BigInt(amount), part })),
    ...{ status: view.status, releasableFrom: view.releasable_from, settledAt: view.settled_at },
  };
}

function poolOf(view: PoolView): TrackedPool {
  return {
    address: view.address,
    ...{ crr: BigInt(view.crr_ppm), tradeFee: BigInt(view.trade_fee_bps), spotPrice: BigInt(view.spot_price) },
    ...{ reserve: BigInt(view.reserve), virtualReserve: BigInt(view.virtual_reserve) },
    ...{ curveSupply: BigInt(view.curve_supply), virtualSupply: BigInt(view.virtual_supply) },
    sellsOpenAt: view.sells_open_at,
  };
}

function tradeOf(view: TradeView, since: number): TrackedTrade {
  const { side, account, to, reserve, tokens, price_after: priceAfter, timestamp } = view;
  return {
    ...{ side, account, to, reserve: BigInt(reserve), tokens: BigInt(tokens), priceAfter: BigInt(priceAfter) },
    isRecent: timestamp >= since,
  };
}

/** Converts the error of reading an answer whose format differs from wire.ts to a {@link Problem}. */
function readingOut<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const what = printed((error as Error).message);
    throw new Problem("NODE_FAILED", `the platform's answer cannot be read, ${what}: look at its version.`);
  }
}
