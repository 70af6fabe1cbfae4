// Draws the score over time.

import { html, type Markup } from "../base/html.ts";
import type { PerformanceReport } from "./tracker.ts";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [760, 190, 64, 28];

/** Returns a line with a step for each improvement, or nothing if the model has no score or no improvement. */
export function scoreChart({ summary, improvements, timeframe, model }: PerformanceReport): Markup {
  const { score, scoreBefore } = summary;
  const [first] = improvements;
  if (score === null || scoreBefore === null || first === undefined) return html``;
  const from = timeframe.from ?? first.timestamp - Math.max(1, Math.floor((timeframe.to - first.timestamp) / 20));
  const scores = [scoreBefore, score, ...improvements.flatMap((entry) => [entry.baselineScore, entry.candidateScore])];
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const margin = Math.max(1, (high - low) / 10);
  const x = (time: number) => LEFT + ((time - from) / Math.max(1, timeframe.to - from)) * (WIDTH - LEFT - 8);
  const y = (value: number) =>
    HEIGHT - BOTTOM - ((value - low + margin) / (high - low + 2 * margin)) * (HEIGHT - BOTTOM - 8);
  const point = (time: number, value: number) => `${x(time).toFixed(1)},${y(value).toFixed(1)}`;
  const line = [
    point(from, scoreBefore),
    ...improvements.flatMap((entry) => [
      point(entry.timestamp, entry.baselineScore),
      point(entry.timestamp, entry.candidateScore),
    ]),
    point(timeframe.to, score),
  ];
  const date = (time: number) => new Date(1000 * time).toISOString().slice(0, 10);
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">
    <title>Score of ${model.name}: from ${scoreBefore} to ${score} bps</title>
    ${[...new Set([low, high])].map(
      (value) =>
        html`<line class="grid" x1="${LEFT}" x2="${WIDTH}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" />
          <text class="tick" x="${LEFT - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value}</text>`,
    )}
    <polyline class="curve" points="${line.join(" ")}" />
    ${improvements.map(
      (entry) =>
        html`<g class="trade buy">
          <circle cx="${x(entry.timestamp).toFixed(1)}" cy="${y(entry.candidateScore).toFixed(1)}" r="5.5" />
        </g>`,
    )}
    <text class="tick" x="${LEFT}" y="${HEIGHT - 6}">${date(from)}</text>
    <text class="tick" x="${WIDTH}" y="${HEIGHT - 6}" text-anchor="end">${date(timeframe.to)}</text>
  </svg>`;
}
