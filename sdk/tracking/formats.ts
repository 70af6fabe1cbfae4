// Formats reports as text for a terminal and as tables for other programs. For JSON, apply `toJson` to the report itself.

import { formatUnits } from "ethers";
import { printed } from "../base/printed.ts";
import { formatPrice, formatReserve, formatTime, formatTokens, roundTokens } from "../base/units.ts";
import type { ModelComparison } from "./comparison.ts";
import { rewardLines } from "./reward.ts";
import type { PerformanceReport } from "./tracker.ts";
import type { TokenValue } from "./value.ts";

/** Formats DeltaOnes for people, rounded down to four decimals: 4.94. */
export function formatDeltaOnes(deltaOnes: bigint): string {
  return formatUnits(roundTokens(deltaOnes), 18).replace(/\.0$/, "");
}

/** Formats bps as a percentage. */
export function formatBps(bps: number | null): string {
  return bps === null ? "–" : `${(bps / 100).toFixed(2)}\u00a0%`;
}

/** Formats the value at the spot price, and what a sale would pay. */
export function formatValue({ tokens, mark, sale, sellable }: TokenValue): string {
  const part = sellable < tokens ? `, of ${formatTokens(roundTokens(sellable))} that the pool could take at once` : "";
  return `mark ${formatReserve(mark)} USDC, a sale would pay ${formatReserve(sale)} USDC${part}`;
}

/** Formats a report as lines for people. Foreign text is escaped. */
export function performanceText(report: PerformanceReport): string {
  const { model, summary, timeframe, improvements, documents, contributions, returns, block, metrics } = report;
  const symbol = printed(model.symbol);
  const tokens = (amount: bigint) => `${formatTokens(roundTokens(amount))} ${symbol}`;
  const { rewards, price, trades } = summary;
  const time = (seconds: number) => formatTime(BigInt(seconds));
  return [
    `${printed(model.name)} (${symbol}), ${printed(model.modelId)}, ${model.status}`,
    `${timeframe.from === null ? "from the beginning" : `from ${time(timeframe.from)}`} to ${time(timeframe.to)}, block ${block.number}`,
    "",
    `score            ${summary.score ?? "–"} bps, ${summary.scoreBefore ?? "–"} before${summary.metric === null ? "" : `; ${summary.metric}, ${summary.direction}`}`,
    `improvements     ${summary.improvements}, ${formatDeltaOnes(summary.deltaOnes)} DeltaOnes, ${summary.contributors} contributors`,
    `rewards          ${tokens(rewards.total)}: ${tokens(rewards.released)} released, ${tokens(rewards.waiting)} waiting, ${tokens(rewards.returned)} returned or void`,
    `left to earn     ${tokens(rewards.remaining)} at ${tokens(summary.tokensPerDeltaOne)} for 100 bps`,
    price === null
      ? "price            –, there is no pool"
      : `price            ${formatPrice(price.spot)} USDC at spot, ${formatPrice(price.before)} before`,
    `trades           ${trades.buys} buys, ${trades.sells} sells, ${formatReserve(trades.volume)} USDC`,
    ...improvements.flatMap((improvement) => [
      "",
      `${time(improvement.timestamp)}  ${improvement.baselineScore} → ${improvement.candidateScore} bps, ${improvement.status}  ${improvement.evaluationId}`,
      ...rewardLines(improvement.reward, symbol).map((line) => `  ${line}`),
      ...(improvement.reward.isExact ? [] : ["  the chain has recorded other amounts"]),
    ]),
    ...Object.entries(metrics).flatMap(([name, { history, current }]) => [
      "",
      `${printed(name)}: ${current ?? "no document has it"}`,
      ...history.map(
        ({ timestamp, baseline, candidate }) => `  ${time(timestamp)}  ${baseline ?? "–"} → ${candidate ?? "–"}`,
      ),
    ]),
    ...(documents.refused.length > 0 ? [""] : []),
    ...documents.refused.map(({ evaluationId, reason }) => `document of ${evaluationId} refused: ${reason}`),
    ...(contributions && contributions.length > 0 ? ["", "contributions"] : []),
    ...(contributions ?? []).map(
      ({ account, part, rewards: sum, shareBps, deltaOnes, value }) =>
        `  ${account}  ${part}, ${tokens(sum)}, ${formatBps(shareBps)}, ${formatDeltaOnes(deltaOnes)} DeltaOnes${value === null ? "" : `; ${formatValue(value)}`}`,
    ),
    ...(returns ? ["", "returns, at spot price (a mark) and at what a sale would pay"] : []),
    ...(returns ?? []).map(
      ({ account, held, value, returnAtMark, returnAtSale, returnAtMarkBps, returnAtSaleBps }) =>
        `  ${account}  holds ${tokens(held)}, ${formatValue(value)}; return ${signed(returnAtMark)} USDC (${formatBps(returnAtMarkBps)}) at mark, ${signed(returnAtSale)} USDC (${formatBps(returnAtSaleBps)}) at sale`,
    ),
  ].join("\n");
}

/** Formats an amount of reserve with its sign. */
export function signed(units: bigint): string {
  return units < 0n ? `−${formatReserve(-units)}` : formatReserve(units);
}

/** Formats a comparison as lines for people. */
export function comparisonText({ models, timeframe }: ModelComparison): string {
  return [
    `models by DeltaOnes, ${timeframe}`,
    ...models.map(
      (line) =>
        `  ${printed(line.modelId)}  ${formatDeltaOnes(line.deltaOnes)} DeltaOnes in ${line.improvements} improvements, score ${line.score ?? "–"} bps (${line.gainBps ?? "–"} better), ${formatTokens(roundTokens(line.rewards))} ${printed(line.symbol)} in rewards, price ${line.spotPrice === null ? "–" : `${formatPrice(line.spotPrice)} USDC (${formatBps(line.priceChangeBps)})`}`,
    ),
  ].join("\n");
}

/** Formats the improvements of reports as CSV (RFC 4180), with one line for each payee. Amounts are in smallest units, times in seconds. */
export function performanceCsv(reports: readonly PerformanceReport[]): string {
  const header = [
    ...["model_id", "evaluation_id", "timestamp", "block", "transaction", "benchmark_version"],
    ...["baseline_score_bps", "candidate_score_bps", "delta_bps", "delta_ones", "tokens_per_delta_one", "reward"],
    ...["status", "account", "part", "amount"],
  ];
  const rows = reports.flatMap(({ model, improvements }) =>
    improvements.flatMap((improvement) =>
      improvement.payees.map(({ account, part, amount }) => [
        ...[model.modelId, improvement.evaluationId, improvement.timestamp, improvement.blockNumber],
        ...[improvement.transactionHash, improvement.benchmarkVersion, improvement.baselineScore],
        ...[improvement.candidateScore, improvement.deltaBps, formatDeltaOnes(improvement.reward.deltaOnes)],
        ...[improvement.reward.tokensPerDeltaOne, improvement.reward.reward, improvement.status, account, part, amount],
      ]),
    ),
  );
  return `${[header, ...rows].map((row) => row.map(cellOf).join(",")).join("\r\n")}\r\n`;
}

function cellOf(value: string | number | bigint): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
