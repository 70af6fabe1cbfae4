// A model's report: its figures, each improvement with its reward step by step, the contributors, and what holders gained.

import { formatDeltaOnes } from "../../../../sdk/tracking/formats.ts";
import { rewardLines } from "../../../../sdk/tracking/reward.ts";
import type { PerformanceReport, ReportedImprovement } from "../../../../sdk/tracking/tracker.ts";
import { Timeline } from "../charts/timeline.tsx";
import { Link } from "../router.tsx";
import { counted, Datum, inPercent, Price, readable, Score, Time, TokenAmount, Usdc } from "../ui/figures.tsx";
import { Address, Card, DataTable, Notice } from "../ui/parts.tsx";
import { payoutWords } from "./payoutTable.tsx";
import { ContributionsCard, ReturnsCard } from "./reportShares.tsx";

interface ReportProps {
  readonly report: PerformanceReport;
}

export function ReportCards({ report }: ReportProps) {
  const { model, summary, timeframe } = report;
  const { rewards, price, trades } = summary;
  return (
    <section aria-label={`Report of ${model.modelId}`} className="spaced">
      <h2 className="section">
        <Link to={`/models/${encodeURIComponent(model.modelId)}`}>{model.name}</Link>{" "}
        <span className="symbol">{model.symbol}</span>
      </h2>
      <p className="note">
        {timeframe.from === null ? "From the beginning" : <Time seconds={timeframe.from} />} to{" "}
        <Time seconds={timeframe.to} />
      </p>
      <dl className="facts">
        <Datum
          name="Score"
          note={summary.scoreBefore === null ? undefined : `${inPercent(summary.scoreBefore)} before`}
        >
          {summary.score === null ? "no benchmark yet" : <Score bps={summary.score} />}
        </Datum>
        <Datum name="DeltaOnes" note={`in ${counted(summary.improvements, "improvement")}`}>
          {formatDeltaOnes(summary.deltaOnes)}
        </Datum>
        <Datum name="Rewards" note={`to ${counted(summary.contributors, "contributor")} and the owner`}>
          <TokenAmount wei={rewards.total} symbol={model.symbol} />
        </Datum>
        <Datum
          name="Price at spot, a mark"
          note={price && <>before: {<Price wad={price.before} symbol={model.symbol} />}</>}
        >
          {price === null ? "no pool yet" : <Price wad={price.spot} symbol={model.symbol} />}
        </Datum>
      </dl>
      <div className="columns">
        <ScoreCard report={report} />
        <Card title="Rewards and trades" intro="For this period; what is left to earn is as of now.">
          <dl className="list">
            <Datum name="Released">
              <TokenAmount wei={rewards.released} symbol={model.symbol} />
            </Datum>
            <Datum name="Waits">
              <TokenAmount wei={rewards.waiting} symbol={model.symbol} />
            </Datum>
            <Datum name="Went back, or is void">
              <TokenAmount wei={rewards.returned} symbol={model.symbol} />
            </Datum>
            <Datum name="Left to earn">
              <TokenAmount wei={rewards.remaining} symbol={model.symbol} />
            </Datum>
            <Datum name="For one DeltaOne">
              <TokenAmount wei={summary.tokensPerDeltaOne} symbol={model.symbol} />
            </Datum>
            <Datum name="Trades">
              {trades.buys} buys, {trades.sells} sells
            </Datum>
            <Datum name="Traded for">
              <Usdc units={trades.volume} />
            </Datum>
          </dl>
        </Card>
        <ImprovementsCard report={report} />
        <ContributionsCard contributions={report.contributions ?? []} symbol={model.symbol} />
        {report.returns && <ReturnsCard returns={report.returns} symbol={model.symbol} />}
        <EvidenceCard report={report} />
      </div>
    </section>
  );
}

function ScoreCard({ report: { summary, improvements, timeframe, block } }: ReportProps) {
  const { score, scoreBefore, direction } = summary;
  const [first] = improvements;
  const begin = timeframe.from ?? (first ? first.timestamp - 1 : timeframe.to - 1);
  const values = [
    ...(scoreBefore === null ? [] : [{ at: begin, value: scoreBefore / 100 }]),
    ...improvements.map(({ timestamp, candidateScore }) => ({ at: timestamp, value: candidateScore / 100 })),
  ];
  return (
    <Card title="Score over time">
      {score === null || first === undefined ? (
        <p className="empty">Nobody has improved the model in this period.</p>
      ) : (
        <Timeline
          title="Score over time"
          summary={`${inPercent(scoreBefore ?? 0)} before, ${inPercent(score)} now; ${direction === "minimise" ? "lower" : "higher"} is better.`}
          values={values}
          until={block.timestamp}
          yLabel="score, %"
          xLabel="your time"
          table={
            <DataTable
              caption="Scores, oldest first"
              rows={improvements}
              keyOf={({ evaluationId }) => evaluationId}
              empty=""
              columns={[
                { name: "Time", isText: true, cell: ({ timestamp }) => <Time seconds={timestamp} /> },
                { name: "Before", cell: ({ baselineScore }) => <Score bps={baselineScore} /> },
                { name: "After", cell: ({ candidateScore }) => <Score bps={candidateScore} /> },
              ]}
            />
          }
        />
      )}
    </Card>
  );
}

function ImprovementsCard({ report: { improvements, model, timeframe } }: ReportProps) {
  return (
    <Card
      title="Improvements and their rewards"
      className="wide"
      intro="Each reward in the integers of the contracts: every division rounds down."
    >
      {improvements.length === 0 && <p className="empty">No improvement was recorded in this period.</p>}
      <ul className="claims">
        {[...improvements].reverse().map((improvement) => (
          <ImprovementItem
            key={improvement.evaluationId}
            improvement={improvement}
            symbol={model.symbol}
            now={timeframe.to}
          />
        ))}
      </ul>
    </Card>
  );
}

interface ImprovementItemProps {
  readonly improvement: ReportedImprovement;
  readonly symbol: string;
  /** Time of the report, in seconds since 1970. */
  readonly now: number;
}

function ImprovementItem({ improvement, symbol, now }: ImprovementItemProps) {
  const { timestamp, baselineScore, candidateScore, evaluationId, reward } = improvement;
  const { sampleSize, lowerBoundBps } = improvement;
  return (
    <li>
      <div>
        <p>
          <strong>
            {inPercent(baselineScore)} → {inPercent(candidateScore)}
          </strong>
          , {formatDeltaOnes(reward.deltaOnes)} DeltaOnes, <TokenAmount wei={reward.reward} symbol={symbol} />;{" "}
          {payoutWords(improvement, now)}
        </p>
        <p className="note">
          <Time seconds={timestamp} />, evaluation <Address value={evaluationId} label="evaluation id" />
          {sampleSize !== null && `, ${sampleSize.toLocaleString("en")} examples`}
          {lowerBoundBps !== null && `, at least ${inPercent(lowerBoundBps, true)}`}
        </p>
        <details>
          <summary>The reward, step by step</summary>
          <ol className="reckoning">
            {rewardLines(reward, symbol).map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ol>
          {reward.isExact ? (
            <p className="note">This is what the chain has recorded, to the last wei.</p>
          ) : (
            <Notice tone="bad">The chain has recorded other amounts.</Notice>
          )}
        </details>
      </div>
    </li>
  );
}

/** What evaluation documents add to the chain's data, and which documents could not be used. */
function EvidenceCard({ report }: ReportProps) {
  const { metrics, documents } = report;
  const rows = Object.entries(metrics).flatMap(([name, { history }]) => history.map((entry) => ({ name, ...entry })));
  return (
    <Card
      title="Measured metrics"
      className="wide"
      intro={`From documents of evaluations: ${documents.verified} of ${counted(report.improvements.length, "improvement")} at hand and as the chain has it.`}
    >
      {documents.refused.map(({ evaluationId, reason }) => (
        <Notice key={evaluationId} tone="bad">
          The document of <Address value={evaluationId} label="evaluation id" /> is not used: {reason}.
        </Notice>
      ))}
      <DataTable
        caption="Metrics, oldest first"
        rows={rows}
        keyOf={({ name, evaluationId }) => `${name} ${evaluationId}`}
        empty="No document from this period is available: the chain has only the score."
        columns={[
          { name: "Metric", isText: true, cell: ({ name }) => name },
          { name: "Time", isText: true, cell: ({ timestamp }) => <Time seconds={timestamp} /> },
          { name: "Before", cell: ({ baseline }) => (baseline === null ? "–" : readable(baseline)) },
          { name: "After", cell: ({ candidate }) => (candidate === null ? "–" : readable(candidate)) },
        ]}
      />
    </Card>
  );
}
