import { MarketModel } from "../../../sdk/market/curve";
import { defaultTerms, format, fullMarket, GROWTH } from "./tables";

const WIDTH = 960;
const HEIGHT = 400;
const PANEL = { width: 360, height: 260, top: 72 };
const POINTS = 60;

const STYLE = `
    .paper { fill: #ffffff }
    text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
    .title { font-size: 15px; font-weight: 600 }
    .quiet { fill: #59636e }
    .axis { stroke: #818b98; fill: none }
    .grid { stroke: #818b98; stroke-opacity: 0.25 }
    .line { fill: none; stroke-width: 2.5; stroke: #0969da }
    .other { stroke: #818b98; stroke-width: 1.75 }
    .taken { fill: #cf222e; fill-opacity: 0.14 }
    .mark { stroke: #cf222e; stroke-width: 2; fill: none }
    .dot { fill: #cf222e }
    .loud { fill: #cf222e }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #0d1117 }
      text { fill: #f0f6fc }
      .quiet { fill: #9198a1 }
      .line { stroke: #4493f8 }
      .axis, .grid, .other { stroke: #9198a1 }
      .taken, .dot, .loud { fill: #f85149 }
      .mark { stroke: #f85149 }
    }`;

/** The position of a panel, and the ranges of its axes. */
interface Panel {
  readonly left: number;
  readonly title: string;
  readonly max: number;
  readonly ticks: readonly number[];
  readonly label: (tick: number) => string;
}

const PRICE: Panel = {
  left: 72,
  title: "Spot price in USDC, by reserve ratio w",
  max: 0.07,
  ticks: [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07],
  label: (tick) => tick.toFixed(2),
};

const RESERVE: Panel = {
  left: 552,
  title: "Reserve R in USDC, w = 20 %",
  max: 20_000,
  ticks: [5_000, 10_000, 15_000, 20_000],
  label: (tick) => format(tick, 0),
};

/** The plot of docs/economics.md: price and reserve of the growth preset over the tokens that its pool has issued. */
export function plot(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Price and reserve over the tokens issued">
  <style>${STYLE}
  </style>
  <rect class="paper" width="${WIDTH}" height="${HEIGHT}" rx="8" />
${[...prices(), ...reserve()].map((line) => `  ${line}`).join("\n")}
</svg>
`;
}

function prices(): string[] {
  const curves = [1, 0.5, 0.3, 0.2].map((ratio) => {
    const terms = defaultTerms(GROWTH.supplier + GROWTH.investor, ratio);
    const end = fullMarket(terms).price.toNumber();
    const name = `${ratio * 100} %`;
    return [
      path(
        `line${ratio === 0.2 ? "" : " other"}`,
        curve(PRICE, terms, (market) => market.price.toNumber()),
      ),
      text(x(PRICE, GROWTH.investor) + 6, y(PRICE, end) + 4, name, ratio === 0.2 ? "" : "quiet"),
    ];
  });
  return [...axes(PRICE), ...curves.flat()];
}

function reserve(): string[] {
  const full = fullMarket();
  const sale = full.sell(GROWTH.supplier);
  const left = sale.after.issued.toNumber();
  const points = curve(RESERVE, GROWTH.terms, (market) => market.reserve.toNumber());
  const sold = curve(RESERVE, GROWTH.terms, (market) => market.reserve.toNumber(), left);
  const [xLeft, xFull] = [x(RESERVE, left), x(RESERVE, GROWTH.investor)];
  const [yLeft, yFull] = [y(RESERVE, sale.after.reserve.toNumber()), y(RESERVE, full.reserve.toNumber())];
  const taken = format(full.reserve.sub(sale.after.reserve), 0);
  return [
    ...axes(RESERVE),
    path("taken", [...sold, [xFull, yLeft], [xLeft, yLeft]]),
    path("line", points),
    path("mark", [
      [xLeft, yLeft],
      [xFull, yLeft],
      [xFull, yFull],
    ]),
    `<circle class="dot" cx="${round(xFull)}" cy="${round(yFull)}" r="4" />`,
    `<circle class="dot" cx="${round(xLeft)}" cy="${round(yLeft)}" r="4" />`,
    text(x(RESERVE, 20_000), yFull + 4, "A sale of 400,000 supplier tokens", "loud"),
    text(x(RESERVE, 20_000), yFull + 22, `takes ${taken} of ${format(full.reserve, 0)} USDC`, "loud"),
    text(xLeft - 8, yLeft - 10, `${format(sale.after.reserve, 0)} left`, "loud", "end"),
  ];
}

function axes(panel: Panel): string[] {
  const { left, title, ticks, label } = panel;
  const base = y(panel, 0);
  return [
    text(left, 40, title, "title"),
    ...ticks.flatMap((tick) => [
      `<path class="grid" d="M${left} ${round(y(panel, tick))}h${PANEL.width}" />`,
      text(left - 8, y(panel, tick) + 4, label(tick), "quiet", "end"),
    ]),
    `<path class="axis" d="M${left} ${PANEL.top}V${round(base)}h${PANEL.width}" />`,
    ...[0, 200_000, 400_000, 600_000].map((issued) =>
      text(x(panel, issued), base + 20, format(issued, 0), "quiet", "middle"),
    ),
    text(left + PANEL.width / 2, base + 44, "tokens issued by the pool, net of sales", "quiet", "middle"),
  ];
}

/** Points of a market's figure from some number of issued tokens up to the whole allocation. */
function curve(
  panel: Panel,
  terms: typeof GROWTH.terms,
  figure: (market: MarketModel) => number,
  from = 0,
): [number, number][] {
  return Array.from({ length: POINTS + 1 }, (_, index) => {
    const issued = from + ((GROWTH.investor - from) * index) / POINTS;
    return [x(panel, issued), y(panel, figure(MarketModel.create(terms).buyExactOut(issued).after))];
  });
}

function x({ left }: Panel, issued: number): number {
  return left + (PANEL.width * issued) / GROWTH.investor;
}

function y({ max }: Panel, value: number): number {
  return PANEL.top + PANEL.height * (1 - value / max);
}

function path(style: string, points: readonly (readonly [number, number])[]): string {
  const close = style === "taken" ? "Z" : "";
  return `<path class="${style}" d="M${points.map(([px, py]) => `${round(px)} ${round(py)}`).join("L")}${close}" />`;
}

function text(px: number, py: number, content: string, style: string, anchor = "start"): string {
  return `<text class="${style}" x="${round(px)}" y="${round(py)}" text-anchor="${anchor}">${content}</text>`;
}

/** Rounds to a hundredth of a pixel, so that the plot is the same on every machine. */
function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
