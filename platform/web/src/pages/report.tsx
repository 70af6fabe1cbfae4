// A model's report: its figures, each improvement with its reward step by step, who brought it about, and what holders made of it.

import { formatDeltaOnes } from "../../../../sdk/tracking/formats.ts";
import type { ContributionEntry, HolderReturn } from "../../../../sdk/tracking/contributions.ts";
import { rewardLines } from "../../../../sdk/tracking/reward.ts";
import type { TokenValue } from "../../../../sdk/tracking/value.ts";
import type { PerformanceReport, ReportedImprovement } from "../../../../sdk/tracking/tracker.ts";
import { Timeline } from "../charts/timeline.tsx";
import { Link } from "../router.tsx";
import {
  counted,
  Datum,
  inPercent,
  Price,
  readable,
  Score,
  Time,
  TokenAmount,
  Usdc,
  wholeTokens,
} from "../ui/figures.tsx";
import { Address, Card, DataTable, Notice } from "../ui/parts.tsx";
import { payoutWords } from "./payoutTable.tsx";

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
        <Card title="Rewards and trades" intro="Of this time; what is left to earn is of now.">
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
        <ContributionsCard report={report} />
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
        <p className="empty">Nobody has improved the model in this time.</p>
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
      {improvements.length === 0 && <p className="empty">No improvement was recorded in this time.</p>}
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
  /** Time of the report. */
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

const PART_WORDS: Readonly<Record<ContributionEntry["part"], string>> = {
  owner: "owner",
  contributor: "contributor",
  contributors: "contributors behind a root",
};

function ContributionsCard({ report: { contributions = [], model } }: ReportProps) {
  return (
    <Card
      title="Who brought it about"
      className="wide"
      intro="Parts of the rewards of this time. A mark is the spot price times the tokens; a sale would pay less."
    >
      <DataTable
        caption="Contributions, the largest first"
        rows={contributions}
        keyOf={({ account, part }) => `${account} ${part}`}
        empty="Nobody was rewarded in this time."
        columns={[
          { name: "Account", isText: true, cell: ({ account }) => <Address value={account} /> },
          { name: "As", isText: true, cell: ({ part }) => PART_WORDS[part] },
          { name: "Improvements", cell: ({ improvements }) => String(improvements) },
          {
            name: "DeltaOnes",
            cell: ({ part, deltaOnes }) => (part === "owner" ? "–" : formatDeltaOnes(deltaOnes)),
          },
          {
            name: "Share",
            cell: ({ shareBps }) => (
              <>
                {inPercent(shareBps)}
                <meter className="share" value={shareBps} max={10_000} aria-label="share" />
              </>
            ),
          },
          { name: "Rewards", cell: ({ rewards }) => <TokenAmount wei={rewards} symbol={model.symbol} /> },
          { name: "Mark", cell: ({ value }) => (value ? <Usdc units={value.mark} /> : "no pool") },
          {
            name: "A sale would pay",
            cell: ({ value }) => (value ? <SaleValue value={value} symbol={model.symbol} /> : "no pool"),
          },
        ]}
      />
    </Card>
  );
}

/** What a sale of tokens would pay now, of as many as the pool would take. */
function SaleValue({
  value: { tokens, sellable, sale },
  symbol,
}: {
  readonly value: TokenValue;
  readonly symbol: string;
}) {
  if (sellable === 0n && tokens > 0n) return "nobody can sell yet";
  return (
    <>
      <Usdc units={sale} />
      {sellable < tokens && (
        <small className="note">
          for the {readable(wholeTokens(sellable))} {symbol} that the pool would take
        </small>
      )}
    </>
  );
}

function SignedUsdc({ units, bps }: { readonly units: bigint; readonly bps: number | null }) {
  return (
    <>
      {units < 0n && "−"}
      <Usdc units={units < 0n ? -units : units} />
      {bps !== null && <small className="note">{inPercent(bps, true)}</small>}
    </>
  );
}

function ReturnsCard({ returns, symbol }: { readonly returns: readonly HolderReturn[]; readonly symbol: string }) {
  return (
    <Card
      title="Returns of holders"
      className="wide"
      intro="From the beginning, as far as the pool and the protocol tell: transfers between accounts are not counted. The spot price is a mark, at which nobody buys more than a few tokens; a sale of all would pay what stands beside it."
    >
      <DataTable
        caption="Returns from the beginning"
        rows={returns}
        keyOf={({ account }) => account}
        empty=""
        columns={[
          { name: "Account", isText: true, cell: ({ account }) => <Address value={account} /> },
          { name: "Holds", cell: ({ held }) => <TokenAmount wei={held} symbol={symbol} /> },
          { name: "Paid", cell: ({ bought }) => <Usdc units={bought.reserve} /> },
          { name: "Received", cell: ({ sold }) => <Usdc units={sold.reserve} /> },
          { name: "A sale would pay", cell: ({ value }) => <SaleValue value={value} symbol={symbol} /> },
          {
            name: "Return at mark",
            cell: ({ returnAtMark, returnAtMarkBps }) => <SignedUsdc units={returnAtMark} bps={returnAtMarkBps} />,
          },
          {
            name: "Return at a sale",
            cell: ({ returnAtSale, returnAtSaleBps }) => <SignedUsdc units={returnAtSale} bps={returnAtSaleBps} />,
          },
        ]}
      />
    </Card>
  );
}

/** What documents of evaluations say beside the chain, and which of them could not be used. */
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
        empty="No document of this time is at hand: the chain has the score alone."
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
