// Compares models side by side.

import type { PerformanceReport, Timeframe } from "./tracker.ts";
import { Problem } from "../base/problem.ts";

/** One model in the comparison. */
export interface ComparedModel {
  readonly modelId: string;
  readonly symbol: string;
  readonly status: PerformanceReport["model"]["status"];
  readonly score: number | null;
  /** The score's improvement in bps, positive if it became better. It includes changes by a replaced benchmark. */
  readonly gainBps: number | null;
  readonly improvements: number;
  readonly deltaOnes: bigint;
  readonly rewards: bigint;
  readonly contributors: number;
  readonly spotPrice: bigint | null;
  /** The change of the spot price since the timeframe began, rounded towards zero. */
  readonly priceChangeBps: number | null;
  /** The traded volume in reserve units. */
  readonly volume: bigint;
}

/** Models in descending order of their DeltaOnes in the same timeframe. */
export interface ModelComparison {
  readonly timeframe: Timeframe;
  readonly models: readonly ComparedModel[];
}

/**
 * Compares models by reports of the same timeframe.
 * @throws {Problem} `CONFLICT` if the reports have different timeframes, `BAD_OPTION` if there is no report.
 */
export function compareModels(reports: readonly PerformanceReport[]): ModelComparison {
  const [first, ...others] = reports;
  if (first === undefined)
    throw new Problem("BAD_OPTION", "there is nothing to compare, expected at least one report.");
  const { name: timeframe } = first.timeframe;
  if (others.some((report) => report.timeframe.name !== timeframe))
    throw new Problem("CONFLICT", "the reports have different timeframes: compare reports of the same one.");
  const models = reports
    .map(lineOf)
    .sort((a, b) => (a.deltaOnes === b.deltaOnes ? 0 : a.deltaOnes > b.deltaOnes ? -1 : 1));
  return { timeframe, models };
}

function lineOf({ model, summary }: PerformanceReport): ComparedModel {
  const { score, scoreBefore, direction, price, improvements, deltaOnes, rewards, contributors, trades } = summary;
  const gained = score === null || scoreBefore === null ? null : score - scoreBefore;
  return {
    ...{ modelId: model.modelId, symbol: model.symbol, status: model.status, score },
    gainBps: gained !== null && direction === "minimise" ? 0 - gained : gained,
    ...{ improvements, deltaOnes, rewards: rewards.total, contributors },
    spotPrice: price?.spot ?? null,
    priceChangeBps: price && Number(((price.spot - price.before) * 10_000n) / price.before),
    volume: trades.volume,
  };
}
