// Evaluates a candidate: in the browser, where no file leaves the machine, or on the platform.

import { useState } from "react";
import { hashSpec, parseSpec } from "../../../../sdk/evaluation/spec.ts";
import type { ModelState } from "../../../../sdk/state/protocolState.ts";
import type { ModelFacts } from "../chain/model.ts";
import { useEvaluation } from "../evaluation/useEvaluation.ts";
import { useKept } from "../service/serviceContext.tsx";
import { AtBlockNote } from "../ui/figures.tsx";
import { Address, Card, Choice, FileField, Notice, ProgressNotice, TextField } from "../ui/parts.tsx";
import { EvaluationResult } from "./evaluationResult.tsx";
import { ModelHead } from "./modelHead.tsx";
import { NoModel, useModel } from "./model.tsx";
import { PlatformEvaluation } from "./platformEvaluation.tsx";

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

/**
 * Returns the benchmark to which the chain is committed, if the platform has it. Its hash is computed here, so the platform need not be
 * trusted.
 */
function useCommittedBenchmark({ modelId, benchmark }: ModelState) {
  const committed = benchmark?.specHash ?? "";
  return useKept(`committed ${modelId} ${committed}`, async (client) => {
    const { items } = await client.benchmarks({ model_id: modelId, page_size: 200 });
    const text = items.find(({ spec_hash }) => spec_hash === committed)?.spec;
    const hash = text === undefined ? undefined : hashSpec(parseSpec(text));
    return text !== undefined && hash === committed ? { text, hash } : undefined;
  }).value;
}

function EvaluationCards({ facts }: { readonly facts: ModelFacts }) {
  const { state, improvements } = facts;
  const [own, setOwn] = useState<{ readonly text: string; readonly hash: string }>();
  const [trouble, setTrouble] = useState<string>();
  const [layout, setLayout] = useState<Layout>("one");
  const [first, setFirst] = useState<File>();
  const [second, setSecond] = useState<File>();
  const [contribution, setContribution] = useState<File>();
  const [attempt, setAttempt] = useState("1");
  const { run, start, cancel } = useEvaluation();
  const kept = useCommittedBenchmark(state);
  const benchmark = own ?? (trouble === undefined ? kept : undefined);

  const readBenchmark = async (file: File | undefined) => {
    setOwn(undefined);
    setTrouble(undefined);
    if (file === undefined) return;
    try {
      const text = await file.text();
      setOwn({ text, hash: hashSpec(parseSpec(text)) });
    } catch (error) {
      setTrouble(`${file.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const begin = () => {
    if (benchmark === undefined || first === undefined) return;
    const examples = layout === "two" && second ? ([first, second] as const) : ([first] as const);
    start({
      ...{ benchmark: benchmark.text, examples, attempt: Number(attempt), contribution },
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
        <FileField
          label={
            kept === undefined
              ? "The benchmark's JSON file"
              : "The benchmark's JSON file (not needed: the platform has it)"
          }
          accept=".json"
          onChoose={(file) => void readBenchmark(file)}
        />
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
        <FileField label="Contributed data, to be hashed (a statement needs it)" accept="" onChoose={setContribution} />
        <TextField
          label="Which of the benchmark's attempts this is"
          inputMode="numeric"
          value={attempt}
          onChange={setAttempt}
          error={/^[1-9]\d{0,3}$/.test(attempt) ? undefined : "Type a number from 1 on."}
        />
        <div className="actions">
          <button type="button" className="primary" disabled={!isReady || isRunning} onClick={begin}>
            Evaluate
          </button>
          {isRunning && (
            <button type="button" onClick={cancel}>
              Cancel
            </button>
          )}
        </div>
        {run.kind === "progress" && <ProgressNotice words={run.words} done={run.done} />}
        {run.kind === "failure" && <Notice tone="bad">{run.words}</Notice>}
      </Card>
      <div className="stack">
        {run.kind === "result" && (
          <EvaluationResult
            facts={facts}
            document={run.document}
            intro={`Evaluated in ${run.seconds.toFixed(1)} seconds.`}
          />
        )}
        <PlatformEvaluation facts={facts} />
        <NextCard facts={facts} />
      </div>
    </div>
  );
}

/** The steps from an accepted evaluation to a reward, with the commands to run in a clone of the repository. */
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
