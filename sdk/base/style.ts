// SPDX-License-Identifier: MIT
// The look of all pages: one set of named colours, for light and dark mode.

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf6; --card: #ffffff; --ink: #1d1b18; --muted: #5c5850; --line: #ddd8cc; --grid: #ebe7dd;
  --accent: #2457b3; --buy: #0f6e4c; --sell: #a8361f; --stream: #6b4aa8; --empty: #e6e1d5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1b1e24; --ink: #ebe8e1; --muted: #aeaaa1; --line: #353941; --grid: #292d34;
    --accent: #8ab4ff; --buy: #62d3a4; --sell: #ff9c86; --stream: #c5a9ff; --empty: #31353d;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 48px 32px 64px; max-width: 888px; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
h1, h2 {
  font-family: "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, "Liberation Serif", serif;
  font-weight: 600; line-height: 1.2; text-wrap: balance; overflow-wrap: anywhere;
}
h1 { margin: 4px 0 8px; font-size: 38px; letter-spacing: -0.01em; }
h2 { margin: 0 0 4px; font-size: 23px; }
p { margin: 0 0 12px; max-width: 68ch; }
.muted, caption, dt, .kicker { color: var(--muted); }
.kicker { margin: 0; font-size: 13px; letter-spacing: 0.08em; text-transform: uppercase; }
code, .hash {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  font-size: 12.5px; overflow-wrap: anywhere;
}
section { margin-top: 28px; padding: 24px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
section > p { color: var(--muted); }
.figures {
  display: grid; grid-template-columns: repeat(4, 1fr); gap: 1px; margin: 28px 0 0; background: var(--line);
  border: 1px solid var(--line); border-radius: 12px; overflow: hidden;
}
.figures div { padding: 16px 18px; background: var(--card); }
dt { font-size: 13px; }
dd { margin: 2px 0 0; font-size: 22px; font-weight: 600; line-height: 1.25; overflow-wrap: anywhere; }
dd small { display: block; font-size: 13px; font-weight: 400; color: var(--muted); }
svg { display: block; width: 100%; height: auto; margin: 12px 0 4px; overflow: visible; }
svg.narrow { display: none; }
svg text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; fill: var(--ink); }
svg .tick, svg .label { fill: var(--muted); }
svg .grid { stroke: var(--grid); }
svg .axis { stroke: var(--muted); }
svg .curve { fill: none; stroke: var(--accent); stroke-width: 2.5; stroke-linejoin: round; }
svg .curve.lifted { stroke-dasharray: 6 5; stroke-width: 2; stroke: var(--stream); }
svg .curve.stream { stroke: var(--stream); }
svg .area { fill: var(--accent); opacity: 0.09; }
svg .area.stream { fill: var(--stream); opacity: 0.14; }
svg .trade circle, svg .trade rect { stroke: var(--card); stroke-width: 2; }
svg .buy circle, svg .lane.buy polygon { fill: var(--buy); }
svg .sell rect, svg .lane.sell polygon { fill: var(--sell); }
svg .trade text, svg .lane text { font-weight: 600; }
svg .lane line { stroke-width: 3; }
svg .lane.buy line { stroke: var(--buy); }
svg .lane.sell line { stroke: var(--sell); }
svg .now { stroke: var(--stream); stroke-width: 2.5; fill: none; }
.key {
  display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 12px 0 20px; padding: 0; list-style: none;
  font-size: 14px; color: var(--muted);
}
.key span { display: inline-block; margin-right: 7px; }
.key .curve { width: 22px; border-top: 2.5px solid var(--accent); vertical-align: 4px; }
.key .lifted { width: 22px; border-top: 2.5px dashed var(--stream); vertical-align: 4px; }
.key .buy { width: 11px; height: 11px; border-radius: 50%; background: var(--buy); }
.key .sell { width: 10px; height: 10px; transform: rotate(45deg); background: var(--sell); }
.key .now { color: var(--stream); font-weight: 700; }
table { width: 100%; margin-top: 14px; border-collapse: collapse; font-size: 14.5px; }
caption { padding-bottom: 6px; text-align: left; font-size: 13px; }
th, td { padding: 7px 0 7px 16px; border-top: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child, td:first-child { padding-left: 0; text-align: left; }
thead th { border-top: 0; font-size: 13px; font-weight: 500; color: var(--muted); vertical-align: bottom; }
tbody th { font-weight: 500; }
.group th, .group td { padding-top: 16px; font-weight: 600; }
tfoot th, tfoot td { border-top: 2px solid var(--muted); font-weight: 600; }
.hash { display: block; color: var(--muted); font-weight: 400; }
.wrap { overflow-x: auto; }
.buckets { margin: 18px 0 0; padding: 0; list-style: none; }
.buckets li + li { margin-top: 18px; }
.buckets h3 { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 16px; margin: 0; font-size: 15px; font-weight: 600; }
.buckets h3 span { font-weight: 400; color: var(--muted); }
.buckets svg { height: 14px; margin: 6px 0; border-radius: 4px; overflow: hidden; }
.buckets p { margin: 0; font-size: 14px; color: var(--muted); }
.buckets + p { margin-top: 20px; }
.bar-empty { fill: var(--empty); }
.bar-full { fill: var(--accent); }
.bar-infrastructure { fill: var(--muted); }
.bar-stream { fill: var(--stream); }
footer { margin-top: 28px; font-size: 13px; color: var(--muted); }
@media (max-width: 640px) {
  body { padding: 28px 16px 48px; font-size: 15.5px; }
  h1 { font-size: 30px; }
  section { margin: 20px -16px 0; padding: 20px 16px; border-width: 1px 0; border-radius: 0; }
  .figures { grid-template-columns: repeat(2, 1fr); }
  .figures div { padding: 12px 14px; }
  dd { font-size: 19px; }
  svg.wide { display: none; }
  svg.narrow { display: block; }
  th, td { padding-left: 10px; }
  table { font-size: 13.5px; }
}
@media print { body { max-width: none; padding: 0; } section { break-inside: avoid; } }
`;
