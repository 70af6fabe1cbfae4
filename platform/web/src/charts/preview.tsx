// What a model's market would be: the curve on its opening terms, and how rewards would dilute it.

import type { OpeningTerms } from "../chain/launch.ts";
import { readable } from "../ui/figures.tsx";
import { Chart, DataTable } from "../ui/parts.tsx";
import { Axes } from "./axes.tsx";
import { usePaperWidth } from "./paper.ts";
import { scaleBetween } from "./scale.ts";

const HEIGHT = 240;
const POINTS = 80;
const SHARES = [0, 0.25, 0.5, 0.75, 1];

interface PreviewProps {
  readonly terms: OpeningTerms;
  /** The most tokens that investors may hold. */
  readonly cap: number;
  readonly symbol: string;
}

/** Functions of the number of tokens that investors hold: the price, and the USDC paid for them before fees. */
export function openingCurve({ ratio, virtualReserve, initialPrice }: OpeningTerms) {
  const virtualSupply = virtualReserve / ratio / initialPrice;
  const growth = (tokens: number) => 1 + tokens / virtualSupply;
  return {
    price: (tokens: number) => initialPrice * growth(tokens) ** (1 / ratio - 1),
    paid: (tokens: number) => virtualReserve * (growth(tokens) ** (1 / ratio) - 1),
  };
}

export function PreviewChart({ terms, cap, symbol }: PreviewProps) {
  const width = usePaperWidth();
  const plot = { left: 54, right: width - 20, top: 30, bottom: HEIGHT - 44 };
  const { price, paid } = openingCurve(terms);
  const x = scaleBetween(0, cap, plot.left, plot.right, width < 400 ? 2 : 4);
  const y = scaleBetween(0, price(cap) * 1.05, plot.bottom, plot.top, 4);
  const points = Array.from({ length: POINTS + 1 }, (_, index) => (cap * index) / POINTS);
  const line = points.map((tokens) => `${x.at(tokens)},${y.at(price(tokens))}`).join(" ");
  const rows = SHARES.map((share) => ({ tokens: cap * share, price: price(cap * share), paid: paid(cap * share) }));
  return (
    <Chart
      title={`Price curve of ${symbol || "the token"} on opening terms`}
      summary={`From ${readable(price(0))} to ${readable(price(cap))} USDC; investors will have paid ${readable(Math.round(paid(cap)))} USDC, before fees, when all is sold.`}
      table={
        <DataTable
          caption="The curve in figures"
          rows={rows}
          keyOf={({ tokens }) => String(tokens)}
          empty=""
          columns={[
            { name: "Sold", cell: ({ tokens }) => `${readable(tokens)} ${symbol}` },
            { name: "Price", cell: (row) => `${readable(row.price)} USDC` },
            { name: "Paid in all", cell: (row) => `${readable(Math.round(row.paid * 100) / 100)} USDC` },
          ]}
        />
      }
    >
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
        <Axes plot={plot} x={x} y={y} xLabel="tokens held by investors" yLabel="USDC per token" />
        <polygon className="area" points={`${plot.left},${plot.bottom} ${line} ${plot.right},${plot.bottom}`} />
        <polyline className="curve" points={line} />
      </svg>
    </Chart>
  );
}
