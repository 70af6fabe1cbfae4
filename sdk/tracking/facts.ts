// What is known of a model and what happened to it, whoever told it: logs of a node, or the platform's indexer.

import { keccak256, toUtf8Bytes } from "ethers";
import type { PayoutStatus } from "../state/payouts.ts";
import type { MetricName } from "../evaluation/metrics.ts";
import type { Direction } from "../evaluation/reading.ts";
import type { MODEL_STATUS } from "../state/protocolState.ts";

/** Where an event stands. */
export interface TrackedPlace {
  readonly blockNumber: number;
  readonly logIndex: number;
  readonly transactionHash: string;
  /** Seconds since 1970. */
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
  /** Bps. */
  readonly baselineScore: number;
}

/** Whom an improvement pays, and how much, in wei. The distributor stands for the contributors of a root. */
export interface TrackedPayee {
  readonly account: string;
  readonly amount: bigint;
  readonly part: "owner" | "contributor" | "contributors";
}

/** An improvement that the registry recorded. */
export interface TrackedImprovement extends TrackedPlace {
  readonly evaluationId: string;
  readonly benchmarkVersion: number;
  readonly method: string;
  /** Bps. */
  readonly baselineScore: number;
  readonly candidateScore: number;
  /** The rate in its block: wei for 100 bps. */
  readonly tokensPerDeltaOne: bigint;
  /** Wei to all payees. */
  readonly reward: bigint;
  readonly contributionDataHash: string;
  /** Null where the contributors are listed. */
  readonly contributorsRoot: string | null;
  readonly payees: readonly TrackedPayee[];
  readonly status: PayoutStatus;
  readonly releasableFrom: number;
  /** When it was released or returned. */
  readonly settledAt: number | null;
}

/** A pool, as its views answer: reserve in its units, tokens in wei, price as `spotPrice` has it, ratio in ppm, fee in bps. */
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
  /** Who pays, or sells. */
  readonly account: string;
  /** Who receives. */
  readonly to: string;
  readonly reserve: bigint;
  readonly tokens: bigint;
  /** As `spotPrice` has it, without what flows in as usage fees later. */
  readonly priceAfter: bigint;
  /** Whether it is of the time that was asked for. */
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
  /** Every version, the present one last. */
  readonly benchmarks: readonly TrackedBenchmark[];
  /** Bps; null before registration. */
  readonly score: number | null;
  readonly tokensPerDeltaOne: bigint;
  readonly rewardsRemaining: bigint;
  /** All of them, oldest first. */
  readonly improvements: readonly TrackedImprovement[];
  readonly pool: TrackedPool | null;
  /** All of them, oldest first. */
  readonly trades: readonly TrackedTrade[];
}

/** Tells of models. */
export interface TrackingSource {
  /**
   * Everything of a model, as of the latest block that the source knows.
   * @param modelId The id that it was published under.
   * @param seconds Trades that are older than so many seconds before that block are not recent; without it all are.
   */
  read(modelId: string, seconds?: number): Promise<TrackedModel>;
}

/** keccak256 of a published id, which the chain knows a model by. */
export function modelKey(modelId: string): string {
  return keccak256(toUtf8Bytes(modelId));
}
