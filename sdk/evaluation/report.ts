// SPDX-License-Identifier: MIT
// Renders the result of an evaluation as a self-contained page without scripts. All text in it is escaped.

import type { Breakdown } from "./breakdown.ts";
import type { EvaluationDocument } from "./document.ts";
import { escapeHtml, htmlTable, asPercent, sixDigits, PAGE_STYLE } from "./page.ts";
import { breakdownPlots, foldsPlot, intervalPlot } from "./plots.ts";

/** Returns the page of an evaluation, accepted or refused. With the examples at hand, {@link breakDown} provides the optional breakdown. */
export function reportPage(document: EvaluationDocument, breakdown: Breakdown = {}): string {
  const title = `${document.benchmark}: ${document.accepted ? "accepted" : "refused"}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<h1>${escapeHtml(document.benchmark)}</h1>
<p class="verdict ${document.accepted ? "good" : "bad"}">${escapeHtml(verdict(document))}</p>
${reasons(document)}
<h2>Comparison</h2>
${comparison(document)}
<h2>Interval of the improvement</h2>
${intervalPlot(document)}
<h2>Folds of the first dealing</h2>
${foldsPlot(document)}
${breakdownPlots(breakdown)}
${guardrails(document)}
<h2>What was evaluated</h2>
${identity(document)}
</body>
</html>
`;
}

function verdict({ accepted, deltaBps, lowerBoundBps, level }: EvaluationDocument): string {
  if (!accepted) return "Refused: no improvement may be stated.";
  return `Accepted: ${deltaBps} bps better, at least ${lowerBoundBps} bps with ${asPercent(1 - level)} confidence.`;
}

function reasons({ reasons: all }: EvaluationDocument): string {
  if (all.length === 0) return "";
  return `<ul>\n${all.map(({ code, message }) => `<li><code>${escapeHtml(code)}</code> ${escapeHtml(message)}</li>`).join("\n")}\n</ul>`;
}

function comparison(document: EvaluationDocument): string {
  const { metric, direction, spec, baselineValue, candidateValue, baselineScore, candidateScore } = document;
  const change = document.deltaBps === null ? "–" : `${document.deltaBps} bps`;
  const rows = [
    [`${metric} (${direction})`, sixDigits(baselineValue), sixDigits(candidateValue), ""],
    [`score, ${spec.lo} … ${spec.hi}`, baselineScore ?? "–", candidateScore ?? "–", change],
  ];
  return htmlTable(
    "The metric and the score on chain, in bps",
    ["", "baseline", "candidate", "better by"],
    rows,
    [1, 2, 3],
  );
}

function guardrails({ guardrails: all }: EvaluationDocument): string {
  if (all.length === 0) return "";
  const rows = all.map(({ metric, column, bound, blocking, baseline, candidate, holds, problem }) => [
    column === undefined ? metric : `${metric} of ${column}`,
    bound,
    sixDigits(baseline),
    sixDigits(candidate),
    `${holds ? "holds" : blocking ? "fails, blocking" : "fails, reported"}${problem === undefined ? "" : `: ${problem}`}`,
  ]);
  return `<h2>Guardrails</h2>\n${htmlTable("Secondary metrics, of which the candidate's is bounded", ["metric", "bound", "baseline", "candidate", ""], rows, [2, 3])}`;
}

function identity(document: EvaluationDocument): string {
  const { sampleSize, groups, contributionDataHash } = document;
  const rows = [
    ["evaluation id", document.evaluationId],
    ["benchmark", document.specHash],
    ["evaluation data", document.evaluationDataHash],
    ["baseline's predictions", document.baselineDataHash],
    ["candidate's predictions", document.candidateDataHash],
    ...(contributionDataHash === undefined ? [] : [["contribution", contributionDataHash]]),
  ];
  const lines = rows.map(([what, hash]) => `<tr><td>${what}</td><td class="hash">${hash}</td></tr>`).join("\n");
  return `<p>${sampleSize} examples${groups === undefined ? "" : ` in ${groups} groups`}.</p>
<table><caption>Hashes: keccak256</caption><tbody>
${lines}
</tbody></table>`;
}
