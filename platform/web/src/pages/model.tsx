// One model: market, supply, score, waiting rewards, fees, parameters, roles, and the risks of buyers.

import { useCallback } from "react";
import { useReading } from "../chain/chainContext.tsx";
import { readModelFacts, type ModelFacts } from "../chain/model.ts";
import type { BlockAt, PageSite } from "../chain/site.ts";
import { CurveChart, SupplyChart } from "../charts/curve.tsx";
import { ScoreChart } from "../charts/score.tsx";
import { Link } from "../router.tsx";
import { AtBlockNote, Datum, inPercent, Price, Score, spanOf, Time, TokenAmount, Usdc } from "../ui/figures.tsx";
import { Address, Card, Loading, Notice, DataTable } from "../ui/parts.tsx";
import { ModelHead } from "./modelHead.tsx";
import { ParameterCard, RolesCard } from "./modelGovernance.tsx";
import { PayoutTable } from "./payoutTable.tsx";
import { PriceHistory } from "./priceHistory.tsx";
import { RiskCard } from "./risk.tsx";

/** Reads a model for a page that is about it. */
export function useModel(id: string) {
  const read = useCallback((site: PageSite, block: BlockAt) => readModelFacts(site, block, id), [id]);
  return useReading(`model ${id}`, read);
}

/** Shown while a model is being read, cannot be read, or does not exist. */
export function NoModel({
  id,
  isRead,
  trouble,
}: {
  readonly id: string;
  readonly isRead: boolean;
  readonly trouble: string | undefined;
}) {
  if (trouble !== undefined) return <Notice tone="bad">{trouble}</Notice>;
  if (!isRead) return <Loading what={id} />;
  return (
    <>
      <h1>There is no model {id}</h1>
      <p>
        The chain knows none of this id; ids are compared letter by letter. <Link to="/">See all models</Link>.
      </p>
    </>
  );
}

export function ModelPage({ params }: { readonly params: Readonly<Record<string, string>> }) {
  const id = params["id"] ?? "";
  const { value: facts, block, trouble } = useModel(id);
  if (facts === undefined) return <NoModel id={id} isRead={block !== undefined} trouble={trouble} />;
  const { state, symbol, pool, improvements, supply } = facts;
  const now = block?.timestamp ?? 0;
  return (
    <>
      <ModelHead facts={facts} />
      {trouble !== undefined && <Notice tone="warning">{trouble}</Notice>}
      <dl className="facts">
        <Datum name="Price">{pool ? <Price wad={pool.spotPrice} symbol={symbol} /> : "no pool yet"}</Datum>
        <Datum name="Score">{state.benchmark ? <Score bps={state.score} /> : "no benchmark yet"}</Datum>
        <Datum name="Supply">
          <TokenAmount wei={supply.total} symbol={symbol} />
        </Datum>
        <Datum name="In the reserve">{pool ? <Usdc units={pool.reserve} /> : "no pool yet"}</Datum>
      </dl>
      {pool && Number(pool.sellsOpenAt) > now && (
        <Notice tone="info">
          Nobody can sell before <Time seconds={pool.sellsOpenAt} />, in {spanOf(Number(pool.sellsOpenAt) - now)}.
        </Notice>
      )}
      <div className="columns">
        <div className="stack">
          {pool && <PriceHistory facts={facts} now={now} />}
          {pool && (
            <Card title="Price curve" intro="What the next token costs, by the number that investors hold.">
              <CurveChart facts={facts} pool={pool} />
            </Card>
          )}
        </div>
        <div className="stack">
          <Card title="Supply" intro="Each allocation has a cap that was fixed when the token was deployed.">
            <SupplyChart facts={facts} />
          </Card>
          {pool && <RiskCard facts={facts} pool={pool} />}
        </div>
        <Card title="Improvements and rewards" className="wide" intro="A reward waits in public before it is minted.">
          <PayoutTable facts={facts} payouts={[...improvements].reverse()} now={now} />
        </Card>
        <div className="stack">
          <Card title="Score" intro="Measured on the benchmark that was committed in advance.">
            <ScoreChart facts={facts} />
          </Card>
          <ParameterCard facts={facts} now={now} />
        </div>
        <BenchmarkCard facts={facts} />
        <FeesCard facts={facts} now={now} />
        <RolesCard facts={facts} />
      </div>
      <AtBlockNote block={block} />
    </>
  );
}

function FeesCard({ facts, now }: { readonly facts: ModelFacts; readonly now: number }) {
  const { fees, times, pool } = facts;
  const toPool = fees.reduce((sum, fee) => sum + fee.pool, 0n);
  const toInfrastructure = fees.reduce((sum, fee) => sum + fee.infrastructure, 0n);
  return (
    <Card
      title="Usage fees"
      className="wide"
      intro="A share pays for infrastructure, the rest flows into the pool within a day."
    >
      <dl className="facts small">
        <Datum name="To the pool, ever">
          <Usdc units={toPool} />
        </Datum>
        <Datum name="To infrastructure, ever">
          <Usdc units={toInfrastructure} />
        </Datum>
        {pool && (
          <Datum
            name="Still to flow"
            note={pool.stream.pending > 0n ? `for ${spanOf(pool.stream.end - now)}` : "nothing waits"}
          >
            <Usdc units={pool.stream.pending} />
          </Datum>
        )}
      </dl>
      <DataTable
        caption="Deposits of usage fees, the latest first"
        rows={[...fees].reverse()}
        keyOf={({ transaction }, index) => `${transaction} ${index}`}
        empty="No usage has been paid for so far."
        columns={[
          { name: "Time", isText: true, cell: ({ block }) => <Time seconds={times.get(block) ?? 0} /> },
          { name: "To the pool", cell: (fee) => <Usdc units={fee.pool} /> },
          { name: "To infrastructure", cell: (fee) => <Usdc units={fee.infrastructure} /> },
          { name: "Payer", cell: ({ payer }) => <Address value={payer} label="payer" /> },
          { name: "Block", cell: ({ block }) => block.toLocaleString("en") },
        ]}
      />
    </Card>
  );
}

function BenchmarkCard({ facts: { state } }: { readonly facts: ModelFacts }) {
  const { benchmark } = state;
  if (benchmark === undefined) return null;
  return (
    <Card title="Benchmark" intro={`Version ${state.benchmarkVersion}. What an improvement must show to be paid.`}>
      <dl className="list">
        <Datum name="Score at registration">
          <Score bps={benchmark.baselineScore} />
        </Datum>
        <Datum name="Target">{benchmark.targetScore === 0n ? "none" : <Score bps={benchmark.targetScore} />}</Datum>
        <Datum name="Direction">{benchmark.direction === 0n ? "higher is better" : "lower is better"}</Datum>
        <Datum name="Least improvement">{inPercent(benchmark.minImprovementBps)} of the scale</Datum>
        <Datum name="Least lower bound">{inPercent(benchmark.minLowerBoundBps)} of the scale</Datum>
        <Datum name="Fewest examples">{Number(benchmark.minSampleSize).toLocaleString("en")} examples</Datum>
        <Datum name="Fewest runs">{String(benchmark.minRuns)} runs</Datum>
        <Datum name="At most a day">{inPercent(state.dailyLimitBps)} of the scale</Datum>
        <Datum name="Vouched for by">
          <Address value={benchmark.method} label="method" />
        </Datum>
        <Datum name="Specification hash">
          <Address value={benchmark.specHash} label="hash" />
        </Datum>
        <Datum name="Data hash">
          <Address value={benchmark.evaluationDataHash} label="hash" />
        </Datum>
      </dl>
    </Card>
  );
}
