// The price of a model's token over time, from the candles that the platform's indexer keeps.

import { useState } from "react";
import type { Candle, CandleInterval } from "../../../../sdk/platform/chainWire.ts";
import type { PlatformClient } from "../../../../sdk/platform/client.ts";
import type { ModelFacts } from "../chain/model.ts";
import { Timeline } from "../charts/timeline.tsx";
import { WhereServed } from "../service/parts.tsx";
import { useKept } from "../service/serviceContext.tsx";
import { counted, inPercent, Price, readable, Time, Usdc, wholePrice } from "../ui/figures.tsx";
import { Card, Choice, DataTable, Loading, Notice } from "../ui/parts.tsx";

const DAY = 86_400;

type Span = "day" | "month" | "all";

/** The spans of time that can be shown, in seconds. */
const SPANS: Readonly<Record<Span, { readonly words: string; readonly seconds: number }>> = {
  day: { words: "1 day", seconds: DAY },
  month: { words: "30 days", seconds: 30 * DAY },
  all: { words: "All", seconds: Infinity },
};

interface Interval {
  readonly of: CandleInterval;
  readonly seconds: number;
  readonly words: readonly [one: string, many: string];
}

const INTERVALS = {
  minute: { of: "1m", seconds: 60, words: ["minute", "minutes"] },
  quarter: { of: "15m", seconds: 900, words: ["quarter of an hour", "quarters of an hour"] },
  hour: { of: "1h", seconds: 3_600, words: ["hour", "hours"] },
  day: { of: "1d", seconds: DAY, words: ["day", "days"] },
} as const satisfies Record<string, Interval>;

/** Returns the interval that divides a span of time into a few hundred candles at most. */
function intervalFor(seconds: number): Interval {
  if (seconds <= 6 * 3_600) return INTERVALS.minute;
  if (seconds <= 2 * DAY) return INTERVALS.quarter;
  return seconds <= 45 * DAY ? INTERVALS.hour : INTERVALS.day;
}

/** The most candles that are drawn. */
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
  readonly facts: ModelFacts;
  /** The chain's time, in seconds since 1970. */
  readonly now: number;
}

export function PriceHistory(props: PriceHistoryProps) {
  return (
    <Card title="Price over time" intro="After each interval in which somebody has traded.">
      <WhereServed what="the prices of the past">
        <Candles {...props} />
      </WhereServed>
    </Card>
  );
}

function Candles({ facts: { state, symbol, trades, times }, now }: PriceHistoryProps) {
  const { modelId } = state;
  const [span, setSpan] = useState<Span>("all");
  const { seconds, words } = SPANS[span];
  const first = times.get(trades[0]?.block ?? 0) ?? now;
  const from = Math.max(first, Number.isFinite(seconds) ? now - seconds : 0);
  const interval = intervalFor(now - from);
  // A candle may begin before the first trade in it.
  const begin = Math.max(0, from - interval.seconds);
  const { value: candles, trouble } = useKept(`candles ${modelId} ${span} ${interval.of}`, (client) =>
    readCandles(client, modelId, interval.of, begin),
  );
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
        <CandleChart candles={candles} interval={interval} symbol={symbol} now={now} />
      )}
    </>
  );
}

interface CandleChartProps {
  readonly candles: readonly Candle[];
  readonly interval: Interval;
  readonly symbol: string;
  readonly now: number;
}

function CandleChart({ candles, interval, symbol, now }: CandleChartProps) {
  const prices = candles.map(({ start, open, high, low, close }) => {
    const [opened, highest, lowest, closed] = [open, high, low, close].map((wad) => wholePrice(BigInt(wad)));
    const end = Math.min(start + interval.seconds, Math.max(now, start + 1));
    return { start, at: end, opened: opened ?? 0, high: highest ?? 0, low: lowest ?? 0, value: closed ?? 0 };
  });
  const [first] = prices;
  const [begin, end] = [first?.opened ?? 0, prices.at(-1)?.value ?? 0];
  const change = begin > 0 ? `, ${inPercent(Math.round((end / begin - 1) * 10_000), true)}` : "";
  return (
    <Timeline
      title={`Price of ${symbol} over time`}
      summary={`From ${readable(begin)} to ${readable(end)} USDC per ${symbol}${change}, in ${counted(candles.length, ...interval.words)} with trades. Bars reach from the lowest to the highest price.`}
      values={first ? [{ at: first.start, value: first.opened }, ...prices] : []}
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
