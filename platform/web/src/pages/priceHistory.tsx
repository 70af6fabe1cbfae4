// The price of a model's token over time, from the candles that the platform's indexer keeps.

import { useState } from "react";
import type { Candle, CandleInterval } from "../../../../sdk/platform/chainWire.ts";
import type { PlatformClient } from "../../../../sdk/platform/client.ts";
import { Timeline } from "../charts/timeline.tsx";
import { WhereServed } from "../service/parts.tsx";
import { useKept } from "../service/serviceContext.tsx";
import { inPercent, Price, readable, Time, Usdc, wholePrice } from "../ui/figures.tsx";
import { Card, Choice, DataTable, Loading, Notice } from "../ui/parts.tsx";

const DAY = 86_400;

type Span = "day" | "month" | "all";

/** What is shown of the past, in seconds, and in which intervals. */
const SPANS: Readonly<Record<Span, { readonly words: string; readonly seconds: number; readonly of: CandleInterval }>> =
  {
    day: { words: "1 day", seconds: DAY, of: "15m" },
    month: { words: "30 days", seconds: 30 * DAY, of: "1h" },
    all: { words: "All", seconds: Infinity, of: "1d" },
  };

const INTERVAL_WORDS: Partial<Record<CandleInterval, string>> = {
  "15m": "quarters of an hour",
  "1h": "hours",
  "1d": "days",
};

/** Candles of all time are drawn at most. */
const MOST = 1_000;

async function readCandles(client: PlatformClient, id: string, of: CandleInterval, from: number): Promise<Candle[]> {
  const found: Candle[] = [];
  const pages = client.all((page) => client.candles(id, { ...page, interval: of, from }));
  for await (const candle of pages) {
    found.push(candle);
    if (found.length > MOST) found.shift();
  }
  return found;
}

interface PriceHistoryProps {
  readonly id: string;
  readonly symbol: string;
  /** Time of the chain. */
  readonly now: number;
}

export function PriceHistory(props: PriceHistoryProps) {
  return (
    <Card title="Price over time" className="wide" intro="After each interval in which somebody has traded.">
      <WhereServed what="the prices of the past">
        <Candles {...props} />
      </WhereServed>
    </Card>
  );
}

function Candles({ id, symbol, now }: PriceHistoryProps) {
  const [span, setSpan] = useState<Span>("all");
  const { seconds, of, words } = SPANS[span];
  const from = Math.max(0, Number.isFinite(seconds) ? now - seconds : 0);
  const { value: candles, trouble } = useKept(`candles ${id} ${span}`, (client) => readCandles(client, id, of, from));
  return (
    <>
      <Choice
        label="How far back"
        options={Object.entries(SPANS).map(([key, each]) => [key as Span, each.words] as const)}
        value={span}
        onChange={setSpan}
      />
      {trouble !== undefined && <Notice tone="warning">{trouble}</Notice>}
      {candles === undefined ? (
        trouble === undefined && <Loading what="prices" />
      ) : candles.length === 0 ? (
        <p className="empty">
          {span === "all" ? "Nobody has traded so far." : `Nobody has traded for ${words}: look further back.`}
        </p>
      ) : (
        <CandleChart candles={candles} of={of} symbol={symbol} now={now} />
      )}
    </>
  );
}

interface CandleChartProps {
  readonly candles: readonly Candle[];
  readonly of: CandleInterval;
  readonly symbol: string;
  readonly now: number;
}

function CandleChart({ candles, of, symbol, now }: CandleChartProps) {
  const prices = candles.map(({ start, open, high, low, close }) => {
    const [opened, highest, lowest, closed] = [open, high, low, close].map((wad) => wholePrice(BigInt(wad)));
    return { at: start, opened: opened ?? 0, high: highest ?? 0, low: lowest ?? 0, value: closed ?? 0 };
  });
  const [begin, end] = [prices[0]?.opened ?? 0, prices.at(-1)?.value ?? 0];
  const change = begin > 0 ? `, ${inPercent(Math.round((end / begin - 1) * 10_000), true)}` : "";
  return (
    <Timeline
      title={`Price of ${symbol} over time`}
      summary={`From ${readable(begin)} to ${readable(end)} USDC per ${symbol}${change}, in ${candles.length.toLocaleString("en")} ${INTERVAL_WORDS[of]} with trades. Bars reach from the lowest to the highest price.`}
      values={prices}
      until={now}
      yLabel={`USDC per ${symbol}`}
      xLabel="your time"
      table={
        <DataTable
          caption={`Prices of ${symbol}, the latest first`}
          rows={[...candles].reverse()}
          keyOf={({ start }) => String(start)}
          empty=""
          columns={[
            { name: "From", isText: true, cell: ({ start }) => <Time seconds={start} /> },
            { name: "Lowest", cell: ({ low }) => <Price wad={BigInt(low)} symbol={symbol} /> },
            { name: "Highest", cell: ({ high }) => <Price wad={BigInt(high)} symbol={symbol} /> },
            { name: "Last", cell: ({ close }) => <Price wad={BigInt(close)} symbol={symbol} /> },
            { name: "Traded for", cell: ({ volume_reserve }) => <Usdc units={BigInt(volume_reserve)} /> },
            { name: "Trades", cell: ({ trades }) => trades.toLocaleString("en") },
          ]}
        />
      }
    />
  );
}
