// Renders reports as one self-contained page without scripts, fonts or network access. All foreign text in it is escaped.

import { html, type Markup } from "../base/html.ts";
import { figureList, renderReportPage } from "../base/reportPage.ts";
import { formatPrice, formatReserve, formatTime, formatTokens, roundTokens } from "../base/units.ts";
import type { ModelComparison } from "./comparison.ts";
import { formatBps, formatDeltaOnes, signed } from "./formats.ts";
import { rewardLines } from "./reward.ts";
import { scoreChart } from "./scoreChart.ts";
import type { PerformanceReport } from "./tracker.ts";

type Cell = Markup | string | number;

/** Returns the page of one report, or of several reports with their comparison. */
export function performancePage(reports: readonly PerformanceReport[], comparison?: ModelComparison): string {
  const [first] = reports;
  const title = reports.length === 1 && first ? first.model.name : "Models compared";
  return renderReportPage({
    title,
    kind: "Performance report",
    main: html`${comparison ? comparisonSection(comparison) : ""}
    ${reports.map((report, index) => section(report, index))}`,
    footer: html`Prices are in USDC per whole token; token amounts are rounded down to four decimals. The value at spot
    price is a mark: what a sale would pay stands beside it, each as if it were the only sale.`,
  });
}

function comparisonSection({ models, timeframe }: ModelComparison): Markup {
  return html`<section>
    <h2>Comparison</h2>
    ${table(
      `Models by DeltaOnes, ${timeframe.replaceAll("_", " ")}`,
      ["Model", "DeltaOnes", "Improvements", "Score, bps", "Better by, bps", "Rewards", "Price", "Change", "Traded"],
      models.map((line) => [
        ...[line.modelId, formatDeltaOnes(line.deltaOnes), line.improvements, line.score ?? "–", line.gainBps ?? "–"],
        `${formatTokens(roundTokens(line.rewards))} ${line.symbol}`,
        ...[line.spotPrice === null ? "–" : formatPrice(line.spotPrice), formatBps(line.priceChangeBps)],
        `${formatReserve(line.volume)} USDC`,
      ]),
    )}
  </section>`;
}

function section(report: PerformanceReport, index: number): Markup {
  const { model, timeframe, block } = report;
  const from = timeframe.from === null ? "the beginning" : timeOf(timeframe.from);
  return html`<section aria-labelledby="model-${index}">
    <h2 id="model-${index}">${model.name}</h2>
    <p>
      ${model.symbol} · model <code>${model.modelId}</code> · ${model.status.toLowerCase()} · from ${from} to
      ${timeOf(timeframe.to)}, block ${block.number}
    </p>
    ${figures(report)} ${scoreChart(report)} ${improvements(report)} ${metrics(report)} ${contributions(report)}
    ${returns(report)} ${documents(report)}
  </section>`;
}

function figures({ summary, model }: PerformanceReport): Markup {
  const { price, rewards, score, scoreBefore } = summary;
  return figureList([
    ["Score", `${score ?? "–"}`, `bps, ${scoreBefore ?? "–"} before`],
    ["DeltaOnes", formatDeltaOnes(summary.deltaOnes), `in ${summary.improvements} improvements`],
    ["Rewards", formatTokens(roundTokens(rewards.total)), `${model.symbol} to ${summary.contributors} contributors`],
    ["Price", price ? formatPrice(price.spot) : "–", price ? `USDC, ${formatPrice(price.before)} before` : "no pool"],
  ]);
}

function improvements({ improvements: all, model }: PerformanceReport): Markup {
  if (all.length === 0) return html`<p>No improvement was recorded in this period.</p>`;
  const rows = all.map((improvement): Cell[] => [
    html`${timeOf(improvement.timestamp)} <span class="hash">${improvement.evaluationId}</span>`,
    `${improvement.baselineScore} → ${improvement.candidateScore}`,
    formatDeltaOnes(improvement.reward.deltaOnes),
    `${formatTokens(roundTokens(improvement.reward.reward))} ${model.symbol}`,
    improvement.status,
  ]);
  return html`${table("Improvements, oldest first", ["Recorded", "Score, bps", "DeltaOnes", "Reward", "Payout"], rows)}
  ${all.map((improvement) => steps(improvement, model.symbol))}`;
}

function steps({ timestamp, reward }: PerformanceReport["improvements"][number], symbol: string): Markup {
  return html`<p>
    The reward of ${timeOf(timestamp)}, step by step${reward.isExact ? "" : "; the chain has recorded other amounts"}:
    ${rewardLines(reward, symbol).map((line) => html`<span class="hash">${line}</span>`)}
  </p>`;
}

function metrics({ metrics: all }: PerformanceReport): Markup {
  const rows = Object.entries(all).flatMap(([name, { history }]): Cell[][] =>
    history.length === 0
      ? [[name, "–", "no document has it", "–"]]
      : history.map(({ timestamp, baseline, candidate }) => [
          ...[name, timeOf(timestamp), `${baseline ?? "–"}`, `${candidate ?? "–"}`],
        ]),
  );
  if (rows.length === 0) return html``;
  return table("Metrics, from documents that the chain confirms", ["Metric", "Recorded", "Before", "After"], rows);
}

function contributions({ contributions: all = [], model }: PerformanceReport): Markup {
  if (all.length === 0) return html``;
  const rows = all.map(({ account, part, rewards, shareBps, deltaOnes, value }): Cell[] => [
    html`<span class="hash">${account}</span> ${part}`,
    `${formatTokens(roundTokens(rewards))} ${model.symbol}`,
    ...[formatBps(shareBps), formatDeltaOnes(deltaOnes)],
    ...(value ? [formatReserve(value.mark), formatReserve(value.sale)] : ["–", "–"]),
  ]);
  const headings = ["Account", "Rewards", "Share", "DeltaOnes", "Mark, USDC", "A sale would pay, USDC"];
  return table("Contributions in this time", headings, rows);
}

function returns({ returns: all = [], model }: PerformanceReport): Markup {
  if (all.length === 0) return html``;
  const rows = all.map((entry): Cell[] => [
    html`<span class="hash">${entry.account}</span>`,
    `${formatTokens(roundTokens(entry.held))} ${model.symbol}`,
    ...[formatReserve(entry.bought.reserve), formatReserve(entry.sold.reserve)],
    `${signed(entry.returnAtMark)} (${formatBps(entry.returnAtMarkBps)})`,
    `${signed(entry.returnAtSale)} (${formatBps(entry.returnAtSaleBps)})`,
  ]);
  const headings = ["Account", "Holds", "Paid", "Received", "Return at mark", "Return at sale"];
  return table("Returns since launch, in USDC; transfers between accounts are not counted", headings, rows);
}

function documents({ documents: { refused, missing, verified } }: PerformanceReport): Markup {
  return html`<p>
      Documents of evaluations: ${verified} agree with the chain, ${refused.length} refused, ${missing.length} not at
      hand.
    </p>
    ${refused.map(
      ({ evaluationId, reason }) =>
        html`<p><strong>Refused</strong>: the document of <code>${evaluationId}</code>, ${reason}.</p>`,
    )}`;
}

function table(caption: string, headings: readonly string[], rows: readonly (readonly Cell[])[]): Markup {
  return html`<div class="wrap">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first = "", ...others]) =>
            html`<tr>
              <th scope="row">${first}</th>
              ${others.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function timeOf(seconds: number): string {
  return formatTime(BigInt(seconds));
}
