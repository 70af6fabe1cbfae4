// SPDX-License-Identifier: MIT
// What an evaluation found, as a page for people: self-contained, without scripts, every text escaped.

import type { EvaluationDocument } from "./document.ts";
import type { Fold } from "./folds.ts";

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2330; --paper: #fff; --line: #d5dae3; --muted: #5b6474; --good: #1a7f4b; --bad: #b3261e; --before: #7b8794; --after: #2f6fde; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --paper: #14171d; --line: #343b48; --muted: #9aa4b5; --good: #58c98f; --bad: #ff8a80; --before: #8d99a8; --after: #7aa7ff; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.verdict { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); } .muted { color: var(--muted); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; } code { font-size: .85em; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
`;

const WIDTH = 720;
const LEFT = 90;
const RIGHT = 20;

/** The page of an evaluation, accepted or refused. */
export function reportPage(document: EvaluationDocument): string {
  const title = `${document.benchmark}: ${document.accepted ? "accepted" : "refused"}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escape(document.benchmark)}</h1>
<p class="verdict ${document.accepted ? "good" : "bad"}">${escape(verdict(document))}</p>
${reasons(document)}
<h2>Comparison</h2>
${comparison(document)}
<h2>Interval of the improvement</h2>
${interval(document)}
<h2>Folds of the first dealing</h2>
${folds(document)}
${guardrails(document)}
<h2>What was evaluated</h2>
${identity(document)}
</body>
</html>
`;
}

function escape(text: unknown): string {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function percent(level: number): string {
  return `${Number((100 * level).toPrecision(4))} %`;
}

function shown(value: number | null): string {
  return value === null ? "–" : String(Number(value.toPrecision(6)));
}

function verdict({ accepted, deltaBps, lowerBoundBps, level }: EvaluationDocument): string {
  if (!accepted) return "Refused: no improvement may be stated.";
  return `Accepted: ${deltaBps} bps better, at least ${lowerBoundBps} bps with ${percent(1 - level)} confidence.`;
}

function reasons({ reasons: all }: EvaluationDocument): string {
  if (all.length === 0) return "";
  return `<ul>\n${all.map(({ code, message }) => `<li><code>${escape(code)}</code> ${escape(message)}</li>`).join("\n")}\n</ul>`;
}

function table(header: readonly string[], rows: readonly (readonly unknown[])[], numbers: readonly number[]): string {
  const kind = (index: number) => (numbers.includes(index) ? ' class="number"' : "");
  const cells = (tag: string, row: readonly unknown[]) =>
    row.map((cell, index) => `<${tag}${kind(index)}>${escape(cell)}</${tag}>`).join("");
  const head = header.length > 0 ? `<thead><tr>${cells("th", header)}</tr></thead>` : "";
  return `<table>${head}<tbody>\n${rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("\n")}\n</tbody></table>`;
}

function comparison(document: EvaluationDocument): string {
  const { metric, direction, spec, baselineValue, candidateValue, baselineScore, candidateScore } = document;
  const change = document.deltaBps === null ? "–" : `${document.deltaBps} bps`;
  const rows = [
    [`${metric} (${direction})`, shown(baselineValue), shown(candidateValue), ""],
    [`score, ${spec.lo} … ${spec.hi}`, baselineScore ?? "–", candidateScore ?? "–", change],
  ];
  return table(["", "baseline", "candidate", "improvement"], rows, [1, 2, 3]);
}

function interval({ interval: found, spec, level, attempt, attempts, lowerBoundBps }: EvaluationDocument): string {
  if (found === null) return '<p class="muted">None: the metric has no value.</p>';
  const ends = [found.low, found.high].map((end) => (Number.isFinite(end) ? end : 0)) as [number, number];
  const axis = axisOf([0, ...ends]);
  const x = (value: number) => axis.place(value).toFixed(1);
  const colour = found.lowBps >= 1 ? "var(--good)" : "var(--bad)";
  const unit = spec.f === "ln" ? "difference of logarithms" : "difference of the metric, to the better";
  return `<svg viewBox="0 0 ${WIDTH} 70" role="img" aria-label="interval from ${escape(shown(found.low))} to ${escape(shown(found.high))}">
${axis.draw(50)}
<line x1="${x(0)}" y1="10" x2="${x(0)}" y2="50" stroke="var(--muted)" stroke-dasharray="3 3"/>
<line x1="${x(ends[0])}" y1="28" x2="${x(ends[1])}" y2="28" stroke="${colour}" stroke-width="4"/>
<circle cx="${x((ends[0] + ends[1]) / 2)}" cy="28" r="5" fill="${colour}"/>
</svg>
<p class="muted">${escape(unit)}. Method: ${escape(found.method)}; attempt ${attempt} of ${attempts}, ${percent(1 - level)} confidence on each side; lower bound ${escape(lowerBoundBps ?? "–")} bps.</p>`;
}

/** A horizontal axis that holds the values, and marks at round numbers. */
function axisOf(values: readonly number[]) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || 1;
  const [from, to] = [low - span / 20, high + span / 20];
  const place = (value: number) => LEFT + ((value - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  const step =
    Number(`1e${Math.floor(Math.log10(span))}`) * (span / Number(`1e${Math.floor(Math.log10(span))}`) > 4 ? 1 : 0.5);
  const marks: number[] = [];
  for (let mark = Math.ceil(from / step); mark * step <= to; mark++) marks.push(Number((mark * step).toPrecision(6)));
  const draw = (y: number) =>
    [
      `<line x1="${LEFT}" y1="${y}" x2="${WIDTH - RIGHT}" y2="${y}" stroke="var(--line)"/>`,
      ...marks.map((mark) => `<text x="${place(mark).toFixed(1)}" y="${y + 16}" text-anchor="middle">${mark}</text>`),
    ].join("\n");
  return { place, draw };
}

const ROW = 18;

function folds({ folds: parts, runs, spec }: EvaluationDocument): string {
  const values = parts.flatMap(({ baseline, candidate }) => [baseline, candidate]).filter((value) => value !== null);
  if (values.length === 0) return '<p class="muted">None.</p>';
  const axis = axisOf(values);
  const bottom = parts.length * ROW + 10;
  const lines = parts.map((fold, index) => foldLine(fold, index, axis.place)).join("\n");
  return `<svg viewBox="0 0 ${WIDTH} ${bottom + 24}" role="img" aria-label="both models on each fold">
${lines}
${axis.draw(bottom)}
</svg>
<p class="muted">Grey is the baseline, blue the candidate. Better in ${escape(runs ?? "–")} of ${parts.length} folds, on average over ${spec.dealings} dealings, rounded down.</p>`;
}

function foldLine(
  { size, baseline, candidate, improved }: Fold,
  index: number,
  place: (value: number) => number,
): string {
  const y = index * ROW + 12;
  const label = `<text x="0" y="${y + 4}">${size} examples</text>`;
  if (baseline === null || candidate === null) return label;
  const [from, to] = [place(baseline).toFixed(1), place(candidate).toFixed(1)];
  const colour = improved ? "var(--good)" : "var(--bad)";
  return `${label}<line x1="${from}" y1="${y}" x2="${to}" y2="${y}" stroke="${colour}" stroke-width="2"/><circle cx="${from}" cy="${y}" r="4" fill="var(--before)"/><circle cx="${to}" cy="${y}" r="4" fill="var(--after)"/>`;
}

function guardrails({ guardrails: all }: EvaluationDocument): string {
  if (all.length === 0) return "";
  const rows = all.map(({ metric, column, bound, blocking, baseline, candidate, holds, problem }) => [
    column === undefined ? metric : `${metric} of ${column}`,
    bound,
    shown(baseline),
    shown(candidate),
    `${holds ? "holds" : blocking ? "fails, blocking" : "fails, reported"}${problem === undefined ? "" : `: ${problem}`}`,
  ]);
  return `<h2>Guardrails</h2>\n${table(["metric", "bound", "baseline", "candidate", ""], rows, [2, 3])}`;
}

function identity(document: EvaluationDocument): string {
  const rows = [
    [
      "examples",
      document.groups === undefined ? document.sampleSize : `${document.sampleSize} in ${document.groups} groups`,
    ],
    ["evaluation id", document.evaluationId],
    ["benchmark", document.specHash],
    ["evaluation data", document.evaluationDataHash],
    ["baseline's predictions", document.baselineDataHash],
    ["candidate's predictions", document.candidateDataHash],
    ...(document.contributionDataHash === undefined ? [] : [["contribution", document.contributionDataHash]]),
  ];
  return table([], rows, []);
}
