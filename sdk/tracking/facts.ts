// The facts about a model and its history, whether they come from the logs of a node or from the platform's indexer.

import { keccak256, toUtf8Bytes } from "ethers";
import type { PayoutStatus } from "../state/payouts.ts";
import type { MetricName } from "../evaluation/metrics.ts";
import type { Direction } from "../evaluation/reading.ts";
import type { MODEL_STATUS } from "../state/protocolState.ts";

/** The position of an event in the chain. */
export interface TrackedPlace {
  readonly blockNumber: number;
  readonly logIndex: number;
  readonly transactionHash: string;
  /** In seconds since 1970. */
  readonly timestamp: number;
}

/** A version of a benchmark. */
export interface TrackedBenchmark {
  readonly version: number;
  readonly blockNumber: number;
  readonly timestamp: number;
  readonly specHash: string;
  readonly evaluationDataHash: string;
  readonly metric: MetricName;
  readonly direction: Direction;
  /** In bps. */
  readonly baselineScore: number;
}

/** A payee of an improvement and the amount in wei. The distributor is paid for all contributors behind a root. */
export interface TrackedPayee {
  readonly account: string;
  readonly amount: bigint;
  readonly part: "owner" | "contributor" | "contributors";
}

/** A recorded improvement. */
export interface TrackedImprovement extends TrackedPlace {
  readonly evaluationId: string;
  readonly benchmarkVersion: number;
  readonly method: string;
  /** In bps. */
  readonly baselineScore: number;
  readonly candidateScore: number;
  /** The reward rate in its block: wei for 100 bps. */
  readonly tokensPerDeltaOne: bigint;
  /** The total for all payees, in wei. */
  readonly reward: bigint;
  readonly contributionDataHash: string;
  /** Null if the contributors are listed. */
  readonly contributorsRoot: string | null;
  readonly payees: readonly TrackedPayee[];
  readonly status: PayoutStatus;
  readonly releasableFrom: number;
  /** The time of its release or return, or null. */
  readonly settledAt: number | null;
}

/**
 * The values of a pool's views: the reserve in its smallest units, tokens in wei, the price in the unit of `spotPrice`, the ratio in ppm,
 * the fee in bps.
 */
export interface TrackedPool {
  readonly address: string;
  readonly crr: bigint;
  readonly tradeFee: bigint;
  readonly spotPrice: bigint;
  readonly reserve: bigint;
  readonly virtualReserve: bigint;
  readonly curveSupply: bigint;
  readonly virtualSupply: bigint;
  readonly sellsOpenAt: number;
}

/** A trade with the pool. */
export interface TrackedTrade {
  readonly side: "buy" | "sell";
  /** The account that pays or sells. */
  readonly account: string;
  /** The account that receives. */
  readonly to: string;
  readonly reserve: bigint;
  readonly tokens: bigint;
  /** The price in the unit of `spotPrice` right after the trade, before further usage fees flow in. */
  readonly priceAfter: bigint;
  /** Whether the trade is within the requested time. */
  readonly isRecent: boolean;
}

/** Everything that a report is made from, as of one block. */
export interface TrackedModel {
  readonly block: { readonly number: number; readonly hash: string; readonly timestamp: number };
  readonly modelId: string;
  readonly key: string;
  readonly name: string;
  readonly symbol: string;
  readonly token: string;
  readonly status: (typeof MODEL_STATUS)[number];
  readonly supplier: { readonly recipient: string; readonly issued: bigint };
  /** All versions, the current one last. */
  readonly benchmarks: readonly TrackedBenchmark[];
  /** In bps. Null before registration. */
  readonly score: number | null;
  readonly tokensPerDeltaOne: bigint;
  readonly rewardsRemaining: bigint;
  /** All improvements, oldest first. */
  readonly improvements: readonly TrackedImprovement[];
  readonly pool: TrackedPool | null;
  /** All trades, oldest first. */
  readonly trades: readonly TrackedTrade[];
}

/** A source of facts about models. */
export interface TrackingSource {
  /**
   * Returns everything about a model, as of the latest block that the source knows.
   * @param modelId The id that the model was published under.
   * @param seconds The age in seconds, relative to that block, up to which trades are recent. By default, all trades are.
   */
  read(modelId: string, seconds?: number): Promise<TrackedModel>;
}

/** Returns the keccak256 of a published id, which identifies the model on chain. */
export function modelKey(modelId: string): string {
  return keccak256(toUtf8Bytes(modelId));
}
