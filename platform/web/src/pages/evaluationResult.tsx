// The result of an evaluation, and its document.

import type { EvaluationDocument } from "../../../../sdk/evaluation/document.ts";
import { toJson } from "../../../../sdk/schemas/json.ts";
import type { ModelFacts } from "../chain/model.ts";
import { Datum, inPercent, readable, Score, TokenAmount } from "../ui/figures.tsx";
import { Address, Card, DataTable, Notice } from "../ui/parts.tsx";
import { saveFile } from "../ui/save.ts";

interface ResultProps {
  readonly facts: ModelFacts;
  readonly document: EvaluationDocument;
  /** Who made the evaluation, and how. */
  readonly intro: string;
}

export function EvaluationResult({ facts, document: found, intro }: ResultProps) {
  const { symbol, state } = facts;
  const { accepted, reasons, baselineScore, candidateScore, deltaBps, lowerBoundBps, sampleSize, runs } = found;
  // 100 bps are one DeltaOne; the registry rounds down.
  const reward = deltaBps === null ? 0n : (state.parameters[0].value * BigInt(Math.max(0, deltaBps))) / 100n;
  const save = () => saveFile(`evaluation-${found.evaluationId.slice(2, 12)}.json`, toJson(found));
  return (
    <Card title={accepted ? "Accepted" : "Refused"} intro={intro}>
      {accepted ? (
        <Notice tone="good">The improvement may be stated: attesters repeat this evaluation and sign.</Notice>
      ) : (
        <Notice tone="warning">
          <p>The improvement may not be stated:</p>
          <ul>
            {reasons.map(({ code, message }, index) => (
              <li key={`${code} ${index}`}>{message}</li>
            ))}
          </ul>
        </Notice>
      )}
      <dl className="list">
        <Datum name="Score now">{baselineScore === null ? "not defined" : <Score bps={baselineScore} />}</Datum>
        <Datum name="Score of the candidate">
          {candidateScore === null ? "not defined" : <Score bps={candidateScore} />}
        </Datum>
        <Datum name="Improvement">{deltaBps === null ? "not defined" : inPercent(deltaBps, true)}</Datum>
        <Datum name="At least, at the benchmark's level">
          {lowerBoundBps === null ? "not defined" : inPercent(lowerBoundBps, true)}
        </Datum>
        <Datum name="Examples">{sampleSize.toLocaleString("en")}</Datum>
        <Datum name="Runs in which it is better">
          {runs === null ? "not defined" : `${runs} of ${found.folds.length}`}
        </Datum>
        {accepted && (
          <Datum name="Reward at the present rate, all payees">
            <TokenAmount wei={reward} symbol={symbol} />
          </Datum>
        )}
        <Datum name="Evaluation id">
          <Address value={found.evaluationId} label="evaluation id" />
        </Datum>
      </dl>
      {found.guardrails.length > 0 && (
        <DataTable
          caption="Guardrails"
          rows={found.guardrails}
          keyOf={({ metric, column = "", bound }) => `${metric} ${column} ${bound}`}
          empty=""
          columns={[
            {
              name: "Guardrail",
              isText: true,
              cell: ({ metric, column }) => (column ? `${metric} of ${column}` : metric),
            },
            { name: "Bound", isText: true, cell: ({ bound }) => bound },
            { name: "Now", cell: ({ baseline }) => (baseline === null ? "not defined" : readable(baseline)) },
            { name: "Candidate", cell: ({ candidate }) => (candidate === null ? "not defined" : readable(candidate)) },
            {
              name: "Holds",
              isText: true,
              cell: ({ holds, blocking }) => (holds ? "yes" : blocking ? "no" : "no, but it does not block"),
            },
          ]}
        />
      )}
      <details>
        <summary>The document</summary>
        <pre className="document" tabIndex={0}>
          {toJson(found)}
        </pre>
      </details>
      <div className="actions">
        <button type="button" onClick={save}>
          Download the document
        </button>
      </div>
    </Card>
  );
}
