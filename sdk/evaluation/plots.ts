// SPDX-License-Identifier: MIT
// The plots on an evaluation's page.

import type { Breakdown, CalibrationBin, Confusion, GroupValues, Residuals } from "./breakdown.ts";
import type { EvaluationDocument } from "./document.ts";
import type { Fold } from "./folds.ts";
import { axisOf, drawing, htmlTable, asPercent, sixDigits } from "./page.ts";

const COLOURS = { baseline: "var(--before)", candidate: "var(--after)" } as const;
const LEGEND = "Grey is the baseline, blue the candidate.";

export function intervalPlot({
  interval: found,
  spec,
  level,
  attempt,
  attempts,
  lowerBoundBps,
}: EvaluationDocument): string {
  if (found === null) return '<p class="muted">None: the metric has no value.</p>';
  const ends = [found.low, found.high].map((end) => (Number.isFinite(end) ? end : 0)) as [number, number];
  const axis = axisOf([0, ...ends]);
  const x = (value: number) => axis.place(value).toFixed(1);
  const colour = found.lowBps >= 1 ? "var(--good)" : "var(--bad)";
  const unit = spec.f === "ln" ? "Difference of logarithms" : "Difference of the metric, to the better";
  const shown = drawing(`Interval from ${sixDigits(found.low)} to ${sixDigits(found.high)}`, 74, [
    axis.draw(50),
    `<line x1="${x(0)}" y1="10" x2="${x(0)}" y2="50" stroke="var(--muted)" stroke-dasharray="3 3"/>`,
    `<line x1="${x(ends[0])}" y1="28" x2="${x(ends[1])}" y2="28" stroke="${colour}" stroke-width="4"/>`,
    `<circle cx="${x((ends[0] + ends[1]) / 2)}" cy="28" r="5" fill="${colour}"/>`,
  ]);
  const bound = lowerBoundBps === null ? "none" : `${lowerBoundBps} bps`;
  return `${shown}
<p class="muted">${unit}. Method: ${found.method}; attempt ${attempt} of ${attempts}, ${asPercent(1 - level)} confidence on each side; lower bound: ${bound}.</p>`;
}

const ROW = 20;

export function foldsPlot({ folds: parts, runs, spec }: EvaluationDocument): string {
  const values = parts.flatMap(({ baseline, candidate }) => [baseline, candidate]).filter((value) => value !== null);
  if (values.length === 0) return '<p class="muted">None.</p>';
  const axis = axisOf(values);
  const bottom = parts.length * ROW + 10;
  return `${drawing("Both models on each fold", bottom + 24, [
    ...parts.map((fold, index) => foldLine(fold, index, axis.place)),
    axis.draw(bottom),
  ])}
<p class="muted">${LEGEND} Better in ${runs} of ${parts.length} folds, on average over ${spec.dealings} dealings, rounded down.</p>`;
}

function foldLine(
  { size, baseline, candidate, improved }: Fold,
  index: number,
  place: (value: number) => number,
): string {
  const y = index * ROW + 12;
  const label = `<text x="0" y="${y + 4}">${size} ex.</text>`;
  if (baseline === null || candidate === null) return label;
  return label + between([baseline, candidate], y, improved, place);
}

/** Renders both values in one line, and the segment between them. */
function between([before, after]: [number, number], y: number, isBetter: boolean, place: (value: number) => number) {
  const [from, to] = [place(before).toFixed(1), place(after).toFixed(1)];
  const colour = isBetter ? "var(--good)" : "var(--bad)";
  return `<line x1="${from}" y1="${y}" x2="${to}" y2="${y}" stroke="${colour}" stroke-width="2"/><circle cx="${from}" cy="${y}" r="4" fill="${COLOURS.baseline}"/><circle cx="${to}" cy="${y}" r="4" fill="${COLOURS.candidate}"/>`;
}

/** Renders those parts of a breakdown that the metric provides. */
export function breakdownPlots({ confusion, calibration, residuals, groups }: Breakdown): string {
  return [
    ...(calibration ? [`<h2>Calibration</h2>\n${calibrationPlot(calibration)}`] : []),
    ...(confusion ? [`<h2>Confusion</h2>\n${confusionTables(confusion)}`] : []),
    ...(residuals ? [`<h2>Errors</h2>\n${residualsPlot(residuals)}`] : []),
    ...(groups ? [`<h2>Groups</h2>\n${groupsTable(groups)}`] : []),
  ].join("\n");
}

const SQUARE = 260;
const CORNER = 44;

function calibrationPlot(bins: NonNullable<Breakdown["calibration"]>): string {
  const x = (value: number) => (CORNER + value * SQUARE).toFixed(1);
  const y = (value: number) => (12 + (1 - value) * SQUARE).toFixed(1);
  const bottom = 12 + SQUARE;
  const marks = [0, 0.5, 1].flatMap((mark) => [
    `<text x="${x(mark)}" y="${bottom + 17}" text-anchor="middle">${mark}</text>`,
    `<text x="${CORNER - 8}" y="${Number(y(mark)) + 4}" text-anchor="end">${mark}</text>`,
  ]);
  const line = (list: readonly CalibrationBin[], colour: string) =>
    [
      `<polyline points="${list.map((bin) => `${x(bin.predicted)},${y(bin.observed)}`).join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...list.map(
        ({ count, predicted, observed }) =>
          `<circle cx="${x(predicted)}" cy="${y(observed)}" r="4" fill="${colour}"><title>${count} examples</title></circle>`,
      ),
    ].join("\n");
  return `${drawing("Share of true ones by predicted probability", bottom + 24, [
    `<rect x="${CORNER}" y="12" width="${SQUARE}" height="${SQUARE}" fill="none" stroke="var(--line)"/>`,
    `<line x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" stroke="var(--muted)" stroke-dasharray="3 3"/>`,
    line(bins.baseline, COLOURS.baseline),
    line(bins.candidate, COLOURS.candidate),
    ...marks,
  ])}
<p class="muted">${LEGEND} Across: the mean predicted probability of each tenth; upwards: how often it was true. The dashed line is a calibrated model.</p>`;
}

function confusionTables({ names, counts }: Confusion): string {
  const numbers = names.map((_, index) => index + 1);
  const table = (model: "baseline" | "candidate") =>
    htmlTable(
      `The ${model}: rows are the true classes, columns the predicted ones`,
      ["", ...names, "right"],
      names.map((name, index) => {
        const row = counts[model][index] as readonly number[];
        const all = row.reduce((a, b) => a + b, 0);
        return [name, ...row, all === 0 ? "–" : asPercent((row[index] as number) / all)];
      }),
      [...numbers, names.length + 1],
    );
  return `${table("baseline")}\n${table("candidate")}`;
}

const HEIGHT = 150;

function residualsPlot({ from, to, counts }: Residuals): string {
  const axis = axisOf([from, to, 0]);
  const most = Math.max(...counts.baseline, ...counts.candidate);
  const parts = counts.baseline.length;
  const place = (part: number) => axis.place(from + ((to - from) * part) / parts).toFixed(1);
  const height = (count: number) => (12 + HEIGHT * (1 - count / most)).toFixed(1);
  const steps = (list: readonly number[], colour: string) => {
    const points = list.flatMap((count, part) => [
      `${place(part)},${height(count)}`,
      `${place(part + 1)},${height(count)}`,
    ]);
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`;
  };
  const zero = axis.place(0).toFixed(1);
  return `${drawing("Predictions minus labels", HEIGHT + 40, [
    `<line x1="${zero}" y1="12" x2="${zero}" y2="${HEIGHT + 12}" stroke="var(--muted)" stroke-dasharray="3 3"/>`,
    steps(counts.baseline, COLOURS.baseline),
    steps(counts.candidate, COLOURS.candidate),
    axis.draw(HEIGHT + 12),
    `<text x="0" y="20">${most} ex.</text>`,
  ])}
<p class="muted">${LEGEND} Predictions minus labels, counted in ${parts} parts; the outer ones hold what lies further out.</p>`;
}

function groupsTable(groups: readonly GroupValues[]): string {
  return htmlTable(
    "The metric on the largest groups; – where it has no value",
    ["group", "examples", "baseline", "candidate", "improvement"],
    groups.map(({ name, size, baseline, candidate, improvement }) => [
      name,
      size,
      ...[baseline, candidate, improvement].map(sixDigits),
    ]),
    [1, 2, 3, 4],
  );
}
