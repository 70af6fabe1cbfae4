// SPDX-License-Identifier: MIT
// The pool's price curve with the trades on it.

import { formatUnits } from "ethers";
import type { LaunchDocument } from "../../../deploy/demo/document";
import { RESERVE_DECIMALS, TOKEN_DECIMALS } from "../../../sdk/base/units";
import { axis, round, short } from "./axis";
import { html, type Markup } from "../../../sdk/base/html";

const POINTS = 120;
const LANES = 8;
const LANE_HEIGHT = 18;

/** Size of a chart, and how many ticks it has room for. */
export interface Paper {
  readonly name: "wide" | "narrow";
  readonly width: number;
  readonly height: number;
  readonly ticks: number;
}

/** One chart for desktops and one for phones, so that text keeps its size on both. */
export const PAPERS: readonly Paper[] = [
  { name: "wide", width: 760, height: 380, ticks: 6 },
  { name: "narrow", width: 358, height: 320, ticks: 3 },
];

/** A trade on the curve: the tokens that investors hold and the price, before and after. */
interface Mark {
  readonly side: string;
  readonly from: number;
  readonly to: number;
  readonly price: number;
}

/** Draws the chart. Both curves are the pool's own: price = price at creation · (supply / virtual supply)^(1 / ratio − 1). */
export function curveChart({ model, pool, supply, history }: LaunchDocument, paper: Paper): Markup {
  const whole = (wei: bigint) => Number(formatUnits(wei, TOKEN_DECIMALS));
  const usdc = (priceWad: bigint) => Number(formatUnits(priceWad, TOKEN_DECIMALS + RESERVE_DECIMALS));
  const exponent = 1e6 / Number(pool.crr) - 1;
  const virtual = whole(pool.virtualSupply);
  const cap = whole(supply.investor.cap);
  const held = (curveSupply: bigint) => whole(curveSupply) - virtual;
  const through = (price: number, at: number) => (tokens: number) =>
    price * ((virtual + tokens) / (virtual + at)) ** exponent;
  const now = { price: usdc(pool.spotPrice), tokens: held(pool.curveSupply) };
  const atCreation = through(usdc(pool.priceAtCreation), 0);
  const present = through(now.price, now.tokens);
  const isLifted = history.fees.length > 0;

  const marks: Mark[] = history.trades.map(({ side, tokens, curveSupply, priceAfter }) => {
    const to = held(curveSupply);
    return { side, to, from: side === "buy" ? to - whole(tokens) : to + whole(tokens), price: usdc(priceAfter) };
  });
  const lanes = marks.length <= LANES ? marks : [];
  const plot = { left: 62, right: paper.width - 16, top: 34, bottom: paper.height - 52 };
  const right = Math.max(cap, ...marks.map(({ to }) => to), 1e-18);
  const x = axis(right, plot.left, plot.right, paper.ticks);
  const y = axis(Math.max(atCreation(right), present(right)) * 1.04, plot.bottom, plot.top, 4);
  const height = paper.height + (lanes.length > 0 ? lanes.length * LANE_HEIGHT + 14 : 0);
  const line = (price: (tokens: number) => number) =>
    Array.from({ length: POINTS + 1 }, (_, index) => (right * index) / POINTS)
      .map((tokens) => `${x.at(tokens)},${y.at(price(tokens))}`)
      .join(" ");
  const id = `curve-${paper.name}`;
  const summary = `The price rises from ${short(usdc(pool.priceAtCreation))} USDC at no tokens sold to ${short(round6(atCreation(cap)))} USDC at the cap of ${short(cap)} ${model.symbol}. It is ${short(round6(now.price))} USDC now, with ${short(round6(now.tokens))} ${model.symbol} sold and ${marks.length} trades made.`;

  return html`<svg
    class="${paper.name}"
    viewBox="0 0 ${paper.width} ${height}"
    role="img"
    aria-labelledby="${id}-title ${id}-desc"
  >
    <title id="${id}-title">Price curve of ${model.symbol} with its trades</title>
    <desc id="${id}-desc">${summary}</desc>
    ${y.ticks.map((tick) => html`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y.at(tick)}" y2="${y.at(tick)}" /><text class="tick" x="${plot.left - 8}" y="${y.at(tick) + 4}" text-anchor="end">${short(round6(tick))}</text>`)}
    ${x.ticks.map((tick) => html`<line class="axis" x1="${x.at(tick)}" x2="${x.at(tick)}" y1="${plot.bottom}" y2="${plot.bottom + 5}" /><text class="tick" x="${x.at(tick)}" y="${plot.bottom + 20}" text-anchor="middle">${short(round6(tick))}</text>`)}
    <line class="axis" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}" />
    <text class="label" x="4" y="16">USDC per ${model.symbol}</text>
    <text class="label" x="${plot.right}" y="${plot.bottom + 40}" text-anchor="end">
      ${model.symbol} held by investors, up to the cap
    </text>
    <polygon class="area" points="${plot.left},${plot.bottom} ${line(atCreation)} ${plot.right},${plot.bottom}" />
    <polyline class="curve" points="${line(atCreation)}" />
    ${isLifted ? html`<polyline class="curve lifted" points="${line(present)}" />` : ""}
    ${marks.map(({ side, to, price }, index) => marker(side, index + 1, x.at(to), y.at(price), marks.length <= LANES))}
    <path
      class="now"
      d="M ${x.at(now.tokens) - 7} ${y.at(now.price)} h 14 M ${x.at(now.tokens)} ${y.at(now.price) - 7} v 14"
    >
      <title>price now</title>
    </path>
    ${lanes.map(({ side, from, to }, index) => lane(side, index + 1, x.at(from), x.at(to), paper.height + 2 + index * LANE_HEIGHT))}
  </svg>`;
}

function marker(side: string, number: number, x: number, y: number, hasNumber: boolean): Markup {
  const shape =
    side === "buy"
      ? html`<circle cx="${x}" cy="${y}" r="5.5" />`
      : html`<rect x="${round(x - 5)}" y="${round(y - 5)}" width="10" height="10" transform="rotate(45 ${x} ${y})" />`;
  const label = hasNumber
    ? html`<text x="${round(x - 11)}" y="${round(y - 9)}" text-anchor="end">${number}</text>`
    : html``;
  return html`<g class="trade ${side}"><title>trade ${number}: ${side}</title>${shape}${label}</g>`;
}

/** An arrow below the axis that shows how far one trade moved the supply. */
function lane(side: string, number: number, from: number, to: number, y: number): Markup {
  const back = to >= from ? -6 : 6;
  return html`<g class="lane ${side}"
    ><text x="${round(Math.min(from, to) - 8)}" y="${y + 4}" text-anchor="end">${number}</text
    ><line x1="${from}" x2="${to}" y1="${y}" y2="${y}" /><polygon
      points="${to},${y} ${round(to + back)},${y - 4} ${round(to + back)},${y + 4}"
  /></g>`;
}

function round6(value: number): number {
  return Number(value.toPrecision(6));
}
