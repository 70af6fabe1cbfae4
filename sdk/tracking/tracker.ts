// Reports the performance of a model as one document, whatever the source of the facts.

import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import { priceOf } from "../client/market.ts";
import { contributionsOf, isWaiting, returnsOf, type ContributionEntry, type HolderReturn } from "./contributions.ts";
import { evidenceOf, type Evidence, type EvidenceSource, type MeasuredMetric } from "./evidence.ts";
import type { TrackedImprovement, TrackedModel, TrackedPayee, TrackedPlace, TrackingSource } from "./facts.ts";
import { deltaOnesOf, explainReward, type RewardSteps } from "./reward.ts";
import { PoolValuer } from "./value.ts";

/** The version of the report's format. */
export const REPORT_VERSION = 1;

const DAY = 86_400;

/** The timeframes of reports, with their length in seconds. */
export const TIMEFRAMES = { last_30_days: 30 * DAY, last_90_days: 90 * DAY, all: undefined } as const;

export type Timeframe = keyof typeof TIMEFRAMES;

/** The contents of a report. */
export interface ReportOptions {
  readonly timeframe: Timeframe;
  /** The names of metrics in evaluation documents. By default, all metrics that are found. */
  readonly metrics?: readonly string[];
  readonly includeContributions?: boolean;
  /** The holders whose returns are reported. Returns cover the whole time since the launch. */
  readonly accounts?: readonly string[];
}

/** An improvement with everything that follows from it. */
export interface ReportedImprovement extends TrackedPlace {
  readonly evaluationId: string;
  readonly benchmarkVersion: number;
  readonly method: string;
  readonly baselineScore: number;
  readonly candidateScore: number;
  readonly deltaBps: number;
  /** The steps that lead to the reward. `isExact` says whether they reproduce the recorded amounts to the last wei. */
  readonly reward: RewardSteps & { readonly isExact: boolean };
  readonly payees: readonly TrackedPayee[];
  readonly contributionDataHash: string;
  readonly contributorsRoot: string | null;
  readonly status: TrackedImprovement["status"];
  readonly releasableFrom: number;
  readonly settledAt: number | null;
  /** From the evaluation's document if it matches the chain, or null. */
  readonly metrics: Readonly<Record<string, MeasuredMetric>> | null;
  readonly sampleSize: number | null;
  readonly lowerBoundBps: number | null;
}

/** The values of a metric over time. */
export interface MetricHistory {
  /** The candidate's value in the last document with this metric, or null if there is none. */
  readonly current: number | null;
  readonly history: readonly (MeasuredMetric & { readonly evaluationId: string; readonly timestamp: number })[];
}

/** The performance of a model. Amounts are in smallest units, scores in bps, times in seconds since 1970. */
export interface PerformanceReport {
  readonly version: typeof REPORT_VERSION;
  readonly model: Pick<TrackedModel, "modelId" | "key" | "name" | "symbol" | "token" | "status"> & {
    readonly pool: string | null;
  };
  /** The block in which all values were read. */
  readonly block: TrackedModel["block"];
  readonly timeframe: { readonly name: Timeframe; readonly from: number | null; readonly to: number };
  readonly summary: PerformanceSummary;
  /** Oldest first. */
  readonly improvements: readonly ReportedImprovement[];
  readonly deltaOnes: {
    /** With 18 decimals. */
    readonly total: bigint;
    readonly history: readonly {
      readonly evaluationId: string;
      readonly timestamp: number;
      readonly deltaOnes: bigint;
      readonly cumulative: bigint;
    }[];
  };
  readonly metrics: Readonly<Record<string, MetricHistory>>;
  readonly documents: {
    readonly verified: number;
    /** The evaluations whose document is not at hand. */
    readonly missing: readonly string[];
    /** The documents that do not match the chain. */
    readonly refused: readonly { readonly evaluationId: string; readonly reason: string }[];
  };
  readonly contributions?: readonly ContributionEntry[];
  readonly returns?: readonly HolderReturn[];
}

/** The main figures of a report. */
export interface PerformanceSummary {
  readonly metric: string | null;
  readonly direction: "maximise" | "minimise" | null;
  readonly benchmarkVersion: number;
  readonly score: number | null;
  /** The score at the beginning of the timeframe. */
  readonly scoreBefore: number | null;
  readonly improvements: number;
  readonly deltaOnes: bigint;
  readonly tokensPerDeltaOne: bigint;
  readonly rewards: {
    readonly total: bigint;
    readonly released: bigint;
    readonly waiting: bigint;
    readonly returned: bigint;
    /** The rewards that can still be earned. */
    readonly remaining: bigint;
  };
  readonly contributors: number;
  readonly price: { readonly spot: bigint; readonly before: bigint } | null;
  readonly trades: { readonly buys: number; readonly sells: number; readonly volume: bigint };
}

/** Reports the performance of a model. */
export class PerformanceTracker {
  readonly #modelId: string;
  readonly #source: TrackingSource;
  readonly #evidence: EvidenceSource;

  /**
   * @param options.modelId The id that the model was published under.
   * @param options.source `fromChain` or `fromPlatform`, which lead to the same report.
   * @param options.evidence The source of evaluation documents and lists of contributors. By default, there is none.
   */
  constructor({
    modelId,
    source,
    evidence = {},
  }: {
    readonly modelId: string;
    readonly source: TrackingSource;
    readonly evidence?: EvidenceSource;
  }) {
    [this.#modelId, this.#source, this.#evidence] = [modelId, source, evidence];
  }

  /**
   * Returns the report for a timeframe that ends with the latest block.
   * @throws {Problem} `NOT_DEPLOYED` if the model is unknown, or has no pool although returns are requested; `BAD_OPTION` if there is no
   * such
   * timeframe.
   */
  async generateReport({
    timeframe,
    metrics,
    includeContributions = false,
    accounts = [],
  }: ReportOptions): Promise<PerformanceReport> {
    if (!Object.hasOwn(TIMEFRAMES, timeframe)) {
      const names = Object.keys(TIMEFRAMES).join(", ");
      throw new Problem("BAD_OPTION", `the timeframe is ${printed(timeframe)}, expected one of ${names}.`);
    }
    const seconds = TIMEFRAMES[timeframe];
    const model = await this.#source.read(this.#modelId, seconds);
    const { block, improvements: all, pool } = model;
    const from = seconds === undefined ? null : block.timestamp - seconds;
    const isRecent = ({ timestamp }: TrackedPlace) => timestamp >= (from ?? 0);
    const evidence = await evidenceOf(model, all, this.#evidence);
    const first = all.findIndex(isRecent);
    const [recent, known] = first < 0 ? [[], []] : [all.slice(first), evidence.slice(first)];
    const improvements = recent.map((improvement, index) => reported(improvement, known[index] ?? {}));
    const valuer = pool ? new PoolValuer(pool, block.timestamp) : undefined;
    if (accounts.length > 0 && valuer === undefined)
      throw new Problem("NOT_DEPLOYED", `${printed(this.#modelId)} has no pool, so that nobody has a return yet.`);
    const { modelId, key, name, symbol, token, status } = model;
    return {
      version: REPORT_VERSION,
      model: { modelId, key, name, symbol, token, status, pool: pool?.address ?? null },
      block,
      timeframe: { name: timeframe, from, to: block.timestamp },
      summary: summaryOf(model, improvements, known, from),
      improvements,
      deltaOnes: deltaOnesIn(improvements),
      metrics: metricsIn(improvements, metrics),
      documents: documentsOf(recent, known),
      ...(includeContributions && { contributions: contributionsOf(recent, known, valuer) }),
      ...(accounts.length > 0 && valuer && { returns: returnsOf(model, evidence, accounts, valuer) }),
    };
  }
}

function reported(improvement: TrackedImprovement, { document }: Evidence): ReportedImprovement {
  const { tokensPerDeltaOne, reward, ...rest } = improvement;
  const deltaBps = Math.abs(rest.candidateScore - rest.baselineScore);
  return {
    ...rest,
    deltaBps,
    reward: explainReward({ tokensPerDeltaOne, reward, payees: rest.payees }, deltaBps),
    metrics: document?.metrics ?? null,
    sampleSize: document?.sampleSize ?? null,
    lowerBoundBps: document?.lowerBoundBps ?? null,
  };
}

function summaryOf(
  model: TrackedModel,
  improvements: readonly ReportedImprovement[],
  evidence: readonly Evidence[],
  from: number | null,
): PerformanceSummary {
  const { benchmarks, score, tokensPerDeltaOne, rewardsRemaining, pool, trades } = model;
  const benchmark = benchmarks.at(-1);
  const recent = trades.filter(({ isRecent }) => isRecent);
  const count = (side: "buy" | "sell") => recent.filter((trade) => trade.side === side).length;
  const rewards = (matches: (status: TrackedImprovement["status"]) => boolean) =>
    improvements.reduce((total, { status, reward }) => (matches(status) ? total + reward.reward : total), 0n);
  const contributors = improvements.flatMap(({ payees }, index) => [
    ...payees.flatMap(({ part, account }) => (part === "contributor" ? [account] : [])),
    ...(evidence[index]?.contributors ?? []).map(({ account }) => account),
  ]);
  return {
    ...{ metric: benchmark?.metric ?? null, direction: benchmark?.direction ?? null },
    benchmarkVersion: benchmark?.version ?? 0,
    ...{ score, scoreBefore: scoreBefore(model, from) },
    improvements: improvements.length,
    deltaOnes: deltaOnesIn(improvements).total,
    tokensPerDeltaOne,
    rewards: {
      total: rewards(() => true),
      released: rewards((status) => status === "released"),
      waiting: rewards(isWaiting),
      returned: rewards((status) => status === "returned" || status === "void"),
      remaining: rewardsRemaining,
    },
    contributors: new Set(contributors).size,
    price: pool && {
      spot: pool.spotPrice,
      before:
        trades.filter(({ isRecent }) => !isRecent).at(-1)?.priceAfter ??
        priceOf(pool.virtualReserve, pool.crr, pool.virtualSupply),
    },
    trades: {
      ...{ buys: count("buy"), sells: count("sell") },
      volume: recent.reduce((total, { reserve }) => total + reserve, 0n),
    },
  };
}

/** Returns the score at the beginning of the timeframe, or the first baseline if the model was registered later. */
function scoreBefore({ benchmarks, improvements }: TrackedModel, from: number | null): number | null {
  const moves = [
    ...benchmarks.map(({ timestamp, blockNumber, baselineScore: score }) => ({ timestamp, blockNumber, score })),
    ...improvements.map(({ timestamp, blockNumber, candidateScore: score }) => ({ timestamp, blockNumber, score })),
  ].sort((a, b) => a.blockNumber - b.blockNumber);
  const before = from === null ? [] : moves.filter(({ timestamp }) => timestamp < from);
  return (before.at(-1) ?? moves[0])?.score ?? null;
}

function deltaOnesIn(improvements: readonly ReportedImprovement[]): PerformanceReport["deltaOnes"] {
  let total = 0n;
  const history = improvements.map(({ evaluationId, timestamp, deltaBps }) => {
    const deltaOnes = deltaOnesOf(deltaBps);
    total += deltaOnes;
    return { evaluationId, timestamp, deltaOnes, cumulative: total };
  });
  return { total, history };
}

function metricsIn(
  improvements: readonly ReportedImprovement[],
  wanted?: readonly string[],
): Readonly<Record<string, MetricHistory>> {
  const found = [...new Set(improvements.flatMap(({ metrics }) => Object.keys(metrics ?? {})))].sort();
  const histories = (wanted ?? found).map((name): [string, MetricHistory] => {
    const history = improvements.flatMap(({ metrics, evaluationId, timestamp }) => {
      const measured = metrics !== null && Object.hasOwn(metrics, name) ? metrics[name] : undefined;
      return measured === undefined ? [] : [{ evaluationId, timestamp, ...measured }];
    });
    return [name, { current: history.at(-1)?.candidate ?? null, history }];
  });
  return Object.fromEntries(histories);
}

function documentsOf(
  improvements: readonly TrackedImprovement[],
  evidence: readonly Evidence[],
): PerformanceReport["documents"] {
  const entries = improvements.map(({ evaluationId }, index) => ({ evaluationId, ...evidence[index] }));
  return {
    verified: entries.filter(({ document }) => document !== undefined).length,
    missing: entries.flatMap(({ evaluationId, document, refusal }) =>
      document === undefined && refusal === undefined ? [evaluationId] : [],
    ),
    refused: entries.flatMap(({ evaluationId, refusal }) =>
      refusal === undefined ? [] : [{ evaluationId, reason: refusal }],
    ),
  };
}
