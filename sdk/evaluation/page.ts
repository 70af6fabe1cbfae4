// SPDX-License-Identifier: MIT
// The building blocks of an evaluation's page.

export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1d2330; --paper: #fff; --line: #d5dae3; --muted: #5b6474; --good: #1a7f4b; --bad: #b3261e; --before: #6b7785; --after: #2f6fde; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --paper: #14171d; --line: #343b48; --muted: #9aa4b5; --good: #58c98f; --bad: #ff8a80; --before: #98a4b3; --after: #7aa7ff; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.verdict { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); } .muted { color: var(--muted); }
ul { padding-left: 1.2rem; overflow-wrap: anywhere; } .scroll { overflow-x: auto; } .scroll + .scroll { margin-top: 1rem; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: var(--muted); padding-bottom: .2rem; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } td.hash { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
svg { display: block; width: 100%; max-width: 36rem; height: auto; } svg text { font: 13px system-ui, sans-serif; fill: var(--ink); }
@media (max-width: 30rem) { table { font-size: .85rem; } th, td { padding-right: .4rem; } }
`;

/** The width of a plot in its own units, each about a pixel on a phone. */
export const PLOT_WIDTH = 400;
const LEFT = 80;
const RIGHT = 24;

export function escapeHtml(text: unknown): string {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function asPercent(level: number): string {
  return `${Number((100 * level).toPrecision(4))} %`;
}

export function sixDigits(value: number | null): string {
  return value === null ? "–" : String(Number(value.toPrecision(6)));
}

/** Renders a table of texts. `numbers` are the indices of right-aligned columns. */
export function htmlTable(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly unknown[])[],
  numbers: readonly number[],
): string {
  const kind = (index: number) => (numbers.includes(index) ? ' class="number"' : "");
  const cells = (tag: string, row: readonly unknown[]) =>
    row.map((cell, index) => `<${tag}${kind(index)}>${escapeHtml(cell)}</${tag}>`).join("");
  return `<div class="scroll"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${cells("th", header)}</tr></thead><tbody>
${rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("\n")}
</tbody></table></div>`;
}

/** Renders a drawing, with a name for people who cannot see it. */
export function drawing(name: string, height: number, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${PLOT_WIDTH} ${height}" role="img"><title>${escapeHtml(name)}</title>\n${parts.join("\n")}\n</svg>`;
}

export interface PlotAxis {
  place(value: number): number;
  /** Renders the axis with its tick labels at a height. */
  draw(y: number): string;
}

/** Returns a horizontal axis that covers the values, with ticks at round numbers. */
export function axisOf(values: readonly number[]): PlotAxis {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || Math.abs(high) || 1;
  const [from, to] = [low - span / 20, high + span / 20];
  const place = (value: number) => LEFT + ((value - from) / (to - from)) * (PLOT_WIDTH - LEFT - RIGHT);
  const power = 10 ** Math.floor(Math.log10(span));
  const step = power * (span / power > 4 ? 2 : span / power > 2 ? 1 : 0.5);
  const marks: number[] = [];
  for (let mark = Math.ceil(from / step); mark * step <= to; mark++) marks.push(Number((mark * step).toPrecision(6)));
  const draw = (y: number) =>
    [
      `<line x1="${LEFT}" y1="${y}" x2="${PLOT_WIDTH - RIGHT}" y2="${y}" stroke="var(--line)"/>`,
      ...marks.map((mark) => `<text x="${place(mark).toFixed(1)}" y="${y + 17}" text-anchor="middle">${mark}</text>`),
    ].join("\n");
  return { place, draw };
}
