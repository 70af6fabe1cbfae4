// Evaluating a candidate in the browser: no file leaves the machine.

import { useState } from "react";
import type { EvaluationDocument } from "../../../../sdk/evaluation/document.ts";
import { hashSpec, parseSpec } from "../../../../sdk/evaluation/spec.ts";
import { toJson } from "../../../../sdk/schemas/json.ts";
import type { ModelFacts } from "../chain/model.ts";
import type { ChosenFile } from "../evaluation/messages.ts";
import { useEvaluation } from "../evaluation/useEvaluation.ts";
import { AtBlockNote, Datum, inPercent, readable, Score, TokenAmount } from "../ui/figures.tsx";
import { Address, Card, Choice, Notice, DataTable, TextField } from "../ui/parts.tsx";
import { saveFile } from "../ui/save.ts";
import { ModelHead } from "./modelHead.tsx";
import { NoModel, useModel } from "./model.tsx";

export function ContributePage({ params }: { readonly params: Readonly<Record<string, string>> }) {
  const id = params["id"] ?? "";
  const { value: facts, block, trouble } = useModel(id);
  if (facts === undefined) return <NoModel id={id} isRead={block !== undefined} trouble={trouble} />;
  return (
    <>
      <ModelHead facts={facts} />
      {facts.state.benchmark === undefined ? (
        <Notice tone="info">{id} has no benchmark yet: it can be improved once it is registered.</Notice>
      ) : (
        <EvaluationCards facts={facts} />
      )}
      <AtBlockNote block={block} />
    </>
  );
}

type Layout = "one" | "two";

async function chosen(file: File): Promise<ChosenFile> {
  return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
}

function EvaluationCards({ facts }: { readonly facts: ModelFacts }) {
  const { state, improvements } = facts;
  const [benchmark, setBenchmark] = useState<{ readonly text: string; readonly hash: string }>();
  const [trouble, setTrouble] = useState<string>();
  const [layout, setLayout] = useState<Layout>("one");
  const [first, setFirst] = useState<File>();
  const [second, setSecond] = useState<File>();
  const [contribution, setContribution] = useState<File>();
  const [attempt, setAttempt] = useState("1");
  const { run, start, cancel } = useEvaluation();

  const readBenchmark = async (file: File | undefined) => {
    setBenchmark(undefined);
    setTrouble(undefined);
    if (file === undefined) return;
    try {
      const text = await file.text();
      setBenchmark({ text, hash: hashSpec(parseSpec(text)) });
    } catch (error) {
      setTrouble(`${file.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const begin = async () => {
    if (benchmark === undefined || first === undefined) return;
    const examples =
      layout === "two" && second
        ? ([await chosen(first), await chosen(second)] as const)
        : ([await chosen(first)] as const);
    start({
      ...{ benchmark: benchmark.text, examples, attempt: Number(attempt) },
      contribution: contribution && new Uint8Array(await contribution.arrayBuffer()),
      registeredScore: improvements.length > 0 ? Number(state.score) : undefined,
    });
  };
  const isRunning = run.kind === "progress";
  const isReady =
    benchmark !== undefined &&
    first !== undefined &&
    (layout === "one" || second !== undefined) &&
    /^[1-9]\d{0,3}$/.test(attempt);
  const isSame = benchmark?.hash === state.benchmark?.specHash;

  return (
    <div className="narrow">
      <Card
        title="Evaluate a candidate"
        intro="With the same code as the command, beside this page in your browser. No file leaves your machine."
      >
        <FileField label="Benchmark, its JSON file" accept=".json" onChoose={(file) => void readBenchmark(file)} />
        {trouble !== undefined && <Notice tone="bad">{trouble}</Notice>}
        {benchmark !== undefined &&
          (isSame ? (
            <Notice tone="good">This is the benchmark that the chain has committed to.</Notice>
          ) : (
            <Notice tone="bad">
              Its hash is not the one on chain: nobody is paid for what it measures. Take the benchmark of version{" "}
              {String(state.benchmarkVersion)}, whose hash is{" "}
              <Address value={state.benchmark?.specHash ?? ""} label="hash" />.
            </Notice>
          ))}
        <div className="field">
          <span className="label">Predictions of both models</span>
          <Choice
            label="Files of predictions"
            options={[
              ["one", "In one file"],
              ["two", "In two files"],
            ]}
            value={layout}
            onChange={setLayout}
          />
          <div className="hint">
            {layout === "one"
              ? "CSV or JSON Lines with id, label, baseline, candidate."
              : "CSV or JSON Lines with id, label, prediction, of each model over the same examples."}
          </div>
        </div>
        <FileField
          label={layout === "one" ? "Predictions" : "Predictions of the present model"}
          accept=".csv,.jsonl,.ndjson,.txt"
          onChoose={setFirst}
        />
        {layout === "two" && (
          <FileField label="Predictions of the candidate" accept=".csv,.jsonl,.ndjson,.txt" onChoose={setSecond} />
        )}
        <FileField label="Contributed data, to be hashed (not needed)" accept="" onChoose={setContribution} />
        <TextField
          label="Which of the benchmark's attempts this is"
          inputMode="numeric"
          value={attempt}
          onChange={setAttempt}
          error={/^[1-9]\d{0,3}$/.test(attempt) ? undefined : "Type a number from 1 on."}
        />
        <div className="actions">
          <button type="button" className="primary" disabled={!isReady || isRunning} onClick={() => void begin()}>
            Evaluate
          </button>
          {isRunning && (
            <button type="button" onClick={cancel}>
              Cancel
            </button>
          )}
        </div>
        {run.kind === "progress" && <Notice tone="info">{run.words}</Notice>}
        {run.kind === "failure" && <Notice tone="bad">{run.words}</Notice>}
      </Card>
      <div className="stack">
        {run.kind === "result" && <ResultCard facts={facts} document={run.document} seconds={run.seconds} />}
        <NextCard facts={facts} />
      </div>
    </div>
  );
}

interface FileFieldProps {
  readonly label: string;
  readonly accept: string;
  readonly onChoose: (file: File | undefined) => void;
}

function FileField({ label, accept, onChoose }: FileFieldProps) {
  return (
    <label className="file">
      {label}
      <input type="file" accept={accept} onChange={(event) => onChoose(event.target.files?.[0])} />
    </label>
  );
}

interface ResultProps {
  readonly facts: ModelFacts;
  readonly document: EvaluationDocument;
  readonly seconds: number;
}

function ResultCard({ facts, document: found, seconds }: ResultProps) {
  const { symbol, state } = facts;
  const { accepted, reasons, baselineScore, candidateScore, deltaBps, lowerBoundBps, sampleSize, runs } = found;
  // 100 bps are one DeltaOne; the registry rounds down.
  const reward = deltaBps === null ? 0n : (state.parameters[0].value * BigInt(Math.max(0, deltaBps))) / 100n;
  const save = () => saveFile(`evaluation-${found.evaluationId.slice(2, 12)}.json`, toJson(found));
  return (
    <Card title={accepted ? "Accepted" : "Refused"} intro={`Evaluated in ${seconds.toFixed(1)} seconds.`}>
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

/** From an accepted evaluation to a reward, with the commands of a clone. */
function NextCard({ facts: { state } }: { readonly facts: ModelFacts }) {
  const steps = [
    [
      "State",
      "writes down scores, hashes and contributors against the present state of the chain",
      "npm run statement -- --help",
    ],
    ["Attest", "each attester repeats the evaluation and signs", "npm run attest -- --help"],
    ["Submit", "anyone sends what enough attesters have signed", "npm run submit -- --help"],
    [
      "Prove",
      "where the benchmark wants a proof: a prover can't run under this page's policy",
      "npm run prove -- --help",
    ],
  ] as const;
  return (
    <Card title="From an evaluation to a reward" intro={`In a clone of the repository, for ${state.modelId}:`}>
      <ol className="steps">
        {steps.map(([name, words, command]) => (
          <li key={name}>
            <strong>{name}</strong>: {words}.<code className="command">{command}</code>
          </li>
        ))}
      </ol>
    </Card>
  );
}
