// SPDX-License-Identifier: MIT
// What of the usage fees had still to flow into the pool, over time.

import { formatUnits } from "ethers";
import type { LaunchDocument, MarketHistory } from "../../../deploy/demo/document";
import { RESERVE_DECIMALS } from "../../../sdk/base/units";
import { axis, short } from "./axis";
import type { Paper } from "./curve";
import { html, type Markup } from "../../../sdk/base/html";

const HOUR = 3600;
const HEIGHT = 240;

/** A vertex of the line. */
export interface Corner {
  readonly hours: number;
  readonly usdc: number;
}

/** Draws the chart: each deposit raises what is pending, and the stream lowers it to zero in a straight line. */
export function streamChart({ history: { fees } }: LaunchDocument, paper: Paper): Markup {
  const corners = pendingOver(fees);
  const plot = { left: 62, right: paper.width - 16, top: 34, bottom: HEIGHT - 50 };
  const end = corners.at(-1)?.hours ?? 0;
  const x = axis(end, plot.left, plot.right, paper.ticks);
  const y = axis(Math.max(...corners.map(({ usdc }) => usdc)) * 1.08, plot.bottom, plot.top, 3);
  const line = corners.map(({ hours, usdc }) => `${x.at(hours)},${y.at(usdc)}`).join(" ");
  const id = `stream-${paper.name}`;
  const total = fees.reduce((sum, { amount }) => sum + Number(formatUnits(amount, RESERVE_DECIMALS)), 0);
  return html`<svg
    class="${paper.name}"
    viewBox="0 0 ${paper.width} ${HEIGHT}"
    role="img"
    aria-labelledby="${id}-title ${id}-desc"
  >
    <title id="${id}-title">Usage fees still to stream into the pool</title>
    <desc id="${id}-desc">
      Deposits: ${fees.length}, of ${short(total)} USDC in all. Each flows into the pool in a straight line until its
      stream ends.
    </desc>
    ${y.ticks.map((tick) => html`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y.at(tick)}" y2="${y.at(tick)}" /><text class="tick" x="${plot.left - 8}" y="${y.at(tick) + 4}" text-anchor="end">${short(tick)}</text>`)}
    ${x.ticks.map((tick) => html`<line class="axis" x1="${x.at(tick)}" x2="${x.at(tick)}" y1="${plot.bottom}" y2="${plot.bottom + 5}" /><text class="tick" x="${x.at(tick)}" y="${plot.bottom + 20}" text-anchor="middle">${short(tick)}</text>`)}
    <line class="axis" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}" />
    <text class="label" x="4" y="16">USDC still to stream</text>
    <text class="label" x="${plot.right}" y="${plot.bottom + 40}" text-anchor="end">hours after the first deposit</text>
    <polygon class="area stream" points="${plot.left},${plot.bottom} ${line} ${x.at(end)},${plot.bottom}" />
    <polyline class="curve stream" points="${line}" />
  </svg>`;
}

/** Vertices of the line: before and after each deposit, and at the end of the last stream. */
export function pendingOver(fees: MarketHistory["fees"]): Corner[] {
  const [first] = fees;
  const last = fees.at(-1);
  if (first === undefined || last === undefined) return [];
  const hours = (time: bigint) => Number(time - first.timestamp) / HOUR;
  const usdc = (units: bigint) => Number(formatUnits(units, RESERVE_DECIMALS));
  const corners = fees.flatMap(({ amount, pending, timestamp }, index) => {
    const earlier = fees[index - 1];
    const isIdle = earlier !== undefined && earlier.streamEnd < timestamp;
    return [
      ...(isIdle ? [{ hours: hours(earlier.streamEnd), usdc: 0 }] : []),
      { hours: hours(timestamp), usdc: usdc(pending - amount) },
      { hours: hours(timestamp), usdc: usdc(pending) },
    ];
  });
  return [...corners, { hours: hours(last.streamEnd), usdc: 0 }];
}
