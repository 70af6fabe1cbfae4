// The pool's price curve with its trades, and the supply against its caps.

import type { ModelFacts } from "../chain/model.ts";
import { Chart, DataTable } from "../ui/parts.tsx";
import { Price, readable, Time, TokenAmount, Usdc, wholePrice, wholeTokens } from "../ui/figures.tsx";
import { Axes } from "./axes.tsx";
import { usePaperWidth } from "./paper.ts";
import { scaleBetween } from "./scale.ts";

const HEIGHT = 300;
const POINTS = 100;
/** The most trades that are marked; more would hide the curve. */
const MOST_MARKS = 60;

type Pool = NonNullable<ModelFacts["pool"]>;

/** Returns the price at a number of tokens that investors hold: the pool's formula, through its present point. */
function priceThrough(pool: Pool): (tokens: number) => number {
  const virtual = wholeTokens(pool.virtualSupply);
  const supply = wholeTokens(pool.curveSupply);
  const exponent = 1e6 / Number(pool.crr) - 1;
  const price = wholePrice(pool.spotPrice);
  return (tokens) => price * ((virtual + tokens) / supply) ** exponent;
}

export function CurveChart({ facts, pool }: { readonly facts: ModelFacts; readonly pool: Pool }) {
  const { symbol, supply, trades, times } = facts;
  const width = usePaperWidth();
  const plot = { left: 50, right: width - 20, top: 30, bottom: HEIGHT - 46 };
  const virtual = wholeTokens(pool.virtualSupply);
  const cap = wholeTokens(supply.investor.cap);
  const held = wholeTokens(pool.curveSupply) - virtual;
  const price = priceThrough(pool);
  const now = wholePrice(pool.spotPrice);
  const x = scaleBetween(0, Math.max(cap, held), plot.left, plot.right, width < 400 ? 2 : 4);
  const marks = trades.slice(-MOST_MARKS);
  const top = Math.max(price(cap), ...marks.map(({ priceAfter }) => wholePrice(priceAfter)));
  const y = scaleBetween(0, top * 1.05, plot.bottom, plot.top, 4);
  const points = Array.from({ length: POINTS + 1 }, (_, index) => (Math.max(cap, held) * index) / POINTS);
  const line = points.map((tokens) => `${x.at(tokens)},${y.at(price(tokens))}`).join(" ");
  const summary =
    `${readable(now)} USDC per ${symbol} now, with ${readable(held)} of ${readable(cap)} ${symbol} sold to investors; ` +
    `${readable(price(0))} USDC where none is sold, ${readable(price(cap))} USDC at the cap. ${trades.length} trades so far.`;
  const latest = [...trades].reverse();
  return (
    <Chart
      title={`Price curve of ${symbol}`}
      summary={summary}
      table={
        <DataTable
          caption="Trades, the latest first"
          rows={latest}
          keyOf={(trade) => `${trade.transaction} ${trade.index}`}
          empty="No trade so far."
          columns={[
            { name: "Trade", isText: true, cell: ({ side }) => side },
            { name: "Tokens", cell: ({ tokens }) => <TokenAmount wei={tokens} symbol={symbol} /> },
            { name: "USDC", cell: ({ reserve }) => <Usdc units={reserve} /> },
            { name: "Price after", cell: ({ priceAfter }) => <Price wad={priceAfter} symbol={symbol} /> },
            { name: "Time", isText: true, cell: ({ block }) => <Time seconds={times.get(block) ?? 0} /> },
            { name: "Block", cell: ({ block }) => block.toLocaleString("en") },
          ]}
        />
      }
    >
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
        <Axes plot={plot} x={x} y={y} xLabel={`${symbol} held by investors`} yLabel={`USDC per ${symbol}`} />
        <polygon className="area" points={`${plot.left},${plot.bottom} ${line} ${plot.right},${plot.bottom}`} />
        <polyline className="curve" points={line} />
        {marks.map(({ side, curveSupply, priceAfter, transaction, index }) => {
          const [cx, cy] = [x.at(wholeTokens(curveSupply) - virtual), y.at(wholePrice(priceAfter))];
          return side === "buy" ? (
            <circle key={`${transaction} ${index}`} className="buy" cx={cx} cy={cy} r={4.5} />
          ) : (
            <rect
              key={`${transaction} ${index}`}
              className="sell"
              x={cx - 4.5}
              y={cy - 4.5}
              width={9}
              height={9}
              transform={`rotate(45 ${cx} ${cy})`}
            />
          );
        })}
        <path className="now" d={`M ${x.at(held) - 9} ${y.at(now)} h 18 M ${x.at(held)} ${y.at(now) - 9} v 18`} />
      </svg>
      <ul className="key" aria-hidden="true">
        <li className="buy">● buy</li>
        <li className="sell">◆ sell</li>
        <li className="now">+ now</li>
      </ul>
    </Chart>
  );
}

export function SupplyChart({ facts }: { readonly facts: ModelFacts }) {
  const { symbol, supply, state } = facts;
  const buckets = [
    { name: "Supplier", issued: supply.supplier.minted, cap: supply.supplier.cap, note: "minted once, at no price" },
    {
      name: "Investors, net of sales",
      issued: supply.investor.issued,
      cap: supply.investor.cap,
      note: "minted as they are bought",
    },
    {
      name: "Rewards",
      issued: supply.reward.minted,
      cap: supply.reward.cap,
      note: "minted for improvements",
      waiting: state.rewardsQueued,
    },
  ];
  const cap = buckets.reduce((sum, bucket) => sum + bucket.cap, 0n);
  const share = (part: bigint, whole: bigint) => (whole === 0n ? 0 : Number((part * 10_000n) / whole) / 100);
  return (
    <Chart
      title={`Supply of ${symbol} against its caps`}
      summary={`${readable(wholeTokens(supply.total))} ${symbol} exist, of at most ${readable(wholeTokens(cap))}, all rewards included. What is sold back to the pool is burned.`}
      table={
        <DataTable
          caption="Supply by allocation"
          rows={buckets}
          keyOf={({ name }) => name}
          empty=""
          columns={[
            { name: "Allocation", isText: true, cell: ({ name }) => name },
            { name: "Minted", cell: ({ issued }) => <TokenAmount wei={issued} symbol={symbol} /> },
            { name: "Waiting", cell: ({ waiting }) => <TokenAmount wei={waiting ?? 0n} symbol={symbol} /> },
            { name: "Cap", cell: (bucket) => <TokenAmount wei={bucket.cap} symbol={symbol} /> },
            { name: "Of the cap", cell: (bucket) => `${share(bucket.issued, bucket.cap)} %` },
            { name: "Of all caps", cell: (bucket) => `${share(bucket.cap, cap)} %` },
          ]}
        />
      }
    >
      <ul className="buckets">
        {buckets.map(({ name, issued, cap: most, note, waiting = 0n }) => (
          <li key={name}>
            <p>
              <strong>{name}</strong>
              <span>
                {readable(wholeTokens(issued))} of {readable(wholeTokens(most))} {symbol}
              </span>
            </p>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect className="bar-empty" width={100} height={4} />
              <rect className="bar" width={share(issued < 0n ? 0n : issued, most)} height={4} />
              <rect
                className="bar-waiting"
                x={share(issued < 0n ? 0n : issued, most)}
                width={share(waiting, most)}
                height={4}
              />
            </svg>
            <p className="note">
              {note}
              {waiting > 0n && `; ${readable(wholeTokens(waiting))} ${symbol} wait`}
            </p>
          </li>
        ))}
      </ul>
    </Chart>
  );
}
