// Evaluations on the platform. Predictions are sent only when the reader asks for it.

import { keccak256 } from "ethers";
import { useState } from "react";
import type { PlatformClient } from "../../../../sdk/platform/client.ts";
import type { AttemptView, BenchmarkView, JobStatus, JobView } from "../../../../sdk/platform/wire.ts";
import type { ModelFacts } from "../chain/model.ts";
import { Link, useLocation } from "../router.tsx";
import { KeyField, WhereServed } from "../service/parts.tsx";
import { useKept, useService } from "../service/serviceContext.tsx";
import { useJob } from "../service/useJob.ts";
import { Time } from "../ui/figures.tsx";
import { Address, Card, DataTable, FileField, Loading, Notice, ProgressNotice, SelectField } from "../ui/parts.tsx";
import { wordsOf } from "../wallet/words.ts";
import { EvaluationResult } from "./evaluationResult.tsx";

const ATTEMPTS_SHOWN = 50;

const JOB_WORDS: Readonly<Record<JobStatus, string>> = {
  queued: "Waits for its turn",
  running: "Is being evaluated",
  accepted: "Accepted",
  refused: "Refused",
  failed: "Failed",
  cancelled: "Cancelled",
};

const isOpen = ({ status }: Pick<JobView, "status">) => status === "queued" || status === "running";

export function PlatformEvaluation({ facts }: { readonly facts: ModelFacts }) {
  const jobId = useLocation().query.get("job");
  return (
    <>
      {jobId !== null && <JobCard key={jobId} facts={facts} jobId={jobId} />}
      <Card
        title="Let the platform evaluate"
        intro="Your file of predictions is sent to the platform when you press the button. It keeps the document, and everybody sees the attempt."
      >
        <WhereServed what="its evaluations">
          <PlatformJobs facts={facts} jobId={jobId} />
        </WhereServed>
      </Card>
    </>
  );
}

function PlatformJobs({ facts, jobId }: { readonly facts: ModelFacts; readonly jobId: string | null }) {
  const { modelId } = facts.state;
  const { go } = useLocation();
  const { value: benchmarks, trouble } = useKept(`benchmarks ${modelId}`, async (client) =>
    (await client.benchmarks({ model_id: modelId, page_size: 200 })).items.filter(({ is_active }) => is_active),
  );
  const attempts = useKept(`attempts ${modelId} ${jobId ?? ""}`, (client) => lastAttempts(client, modelId));
  const open = (job: string) => go(`/models/${encodeURIComponent(modelId)}/contribute?job=${job}`, { replace: true });
  return (
    <>
      {trouble !== undefined && <Notice tone="warning">{trouble}</Notice>}
      {benchmarks === undefined ? (
        trouble === undefined && <Loading what="benchmarks" />
      ) : benchmarks.length === 0 ? (
        <p className="empty">
          The platform has no benchmark of {modelId}. Its developer states one with{" "}
          <code>hokusai benchmark create</code>.
        </p>
      ) : (
        <JobForm facts={facts} benchmarks={benchmarks} onMade={open} />
      )}
      <h3>Attempts</h3>
      <AttemptTable attempts={attempts.value ?? []} modelId={modelId} />
    </>
  );
}

/** Returns the latest attempts; the API's lists begin with the oldest. */
async function lastAttempts(client: PlatformClient, modelId: string): Promise<readonly AttemptView[]> {
  const { total } = await client.attempts(modelId, { page_size: 1 });
  const last = Math.max(1, Math.ceil(total / ATTEMPTS_SHOWN));
  const pages = await Promise.all(
    [last - 1, last]
      .filter((page) => page > 0)
      .map((page) => client.attempts(modelId, { page, page_size: ATTEMPTS_SHOWN })),
  );
  return pages
    .flatMap(({ items }) => items)
    .reverse()
    .slice(0, ATTEMPTS_SHOWN);
}

interface JobFormProps {
  readonly facts: ModelFacts;
  readonly benchmarks: readonly BenchmarkView[];
  readonly onMade: (job: string) => void;
}

function JobForm({ facts: { state }, benchmarks, onMade }: JobFormProps) {
  const { client, hasKey, look } = useService();
  const committed = benchmarks.find(({ spec_hash }) => spec_hash === state.benchmark?.specHash);
  const [chosen, setChosen] = useState<string>();
  const [file, setFile] = useState<File>();
  const [contribution, setContribution] = useState<File>();
  const [isSending, setIsSending] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  const benchmark = benchmarks.find(({ id }) => id === chosen) ?? committed ?? benchmarks[0];
  const send = async () => {
    if (file === undefined || benchmark === undefined) return;
    setIsSending(true);
    setTrouble(undefined);
    try {
      const format = /\.(jsonl|ndjson)$/i.test(file.name) ? "jsonl" : "csv";
      const hash = contribution && keccak256(new Uint8Array(await contribution.arrayBuffer()));
      const upload = { benchmark_spec_id: benchmark.id, examples: file, format } as const;
      const hashed = hash === undefined ? upload : { ...upload, contribution_data_hash: hash };
      onMade((await client.evaluate(state.modelId, hashed)).job_id);
      look();
    } catch (error) {
      setTrouble(await wordsOf(undefined, error));
    } finally {
      setIsSending(false);
    }
  };
  return (
    <>
      <SelectField
        label="Benchmark on the platform"
        value={benchmark?.id ?? ""}
        onChange={setChosen}
        options={benchmarks.map(({ id, metric_name, version }) => [
          id,
          `${metric_name}, version ${version}${id === committed?.id ? ", the one on chain" : ""}`,
        ])}
        hint={
          benchmark?.id === committed?.id
            ? undefined
            : "Its hash is not the one on chain: nobody is paid for what it measures."
        }
      />
      <FileField label="Predictions of both models, to be sent" accept=".csv,.jsonl,.ndjson" onChoose={setFile} />
      <FileField
        label="Contributed data, of which only the hash is sent (a statement needs it)"
        accept=""
        onChoose={setContribution}
      />
      <KeyField />
      <div className="actions">
        <button
          type="button"
          className="primary"
          disabled={file === undefined || !hasKey || isSending}
          onClick={() => void send()}
        >
          {isSending ? "Sending …" : "Send to the platform"}
        </button>
      </div>
      {trouble !== undefined && <Notice tone="bad">{trouble}</Notice>}
    </>
  );
}

/** A job from its creation to its document. */
function JobCard({ facts, jobId }: { readonly facts: ModelFacts; readonly jobId: string }) {
  const { client, hasKey } = useService();
  const [turn, setTurn] = useState(0);
  const [refusal, setRefusal] = useState<string>();
  const { job, document: found, trouble } = useJob(facts.state.modelId, jobId, turn);
  const cancel = () =>
    client.cancelJob(facts.state.modelId, jobId).then(
      () => setRefusal(undefined),
      async (error: unknown) => setRefusal(await wordsOf(undefined, error)),
    );
  if (found !== undefined)
    return (
      <EvaluationResult facts={facts} document={found} intro="Evaluated by the platform, which keeps the document." />
    );
  return (
    <Card
      title={`Attempt ${job?.attempt ?? ""} at the benchmark`}
      intro={
        <>
          Job <Address value={jobId} label="job" />. This page follows it: it can be left and opened again by its
          address.
        </>
      }
    >
      {job === undefined && trouble === undefined && <Loading what="the evaluation" />}
      {job !== undefined && isOpen(job) && (
        <>
          <ProgressNotice
            words={`${JOB_WORDS[job.status]}${job.status === "running" ? `, ${Math.round(job.progress * 100)} %` : ""}.`}
            done={job.status === "running" ? job.progress : undefined}
          />
          <button type="button" disabled={!hasKey} onClick={() => void cancel()}>
            Cancel the evaluation
          </button>
        </>
      )}
      {job !== undefined && !isOpen(job) && job.evaluation_id === null && (
        <Notice tone={job.status === "cancelled" ? "info" : "bad"}>
          {JOB_WORDS[job.status]}
          {job.message === null ? "." : `: ${job.message}`}
        </Notice>
      )}
      {refusal !== undefined && <Notice tone="bad">{refusal}</Notice>}
      {trouble !== undefined && (
        <Notice tone="warning">
          <p>{trouble}</p>
          <button type="button" className="small" onClick={() => setTurn((last) => last + 1)}>
            Ask again
          </button>
        </Notice>
      )}
    </Card>
  );
}

function AttemptTable({ attempts, modelId }: { readonly attempts: readonly AttemptView[]; readonly modelId: string }) {
  return (
    <DataTable
      caption="Attempts at the model's benchmarks, the latest first"
      rows={attempts}
      keyOf={({ job_id }) => job_id}
      empty="Nothing has been evaluated here so far."
      columns={[
        { name: "Made", isText: true, cell: ({ created_at }) => <Time seconds={created_at} /> },
        { name: "Attempt", cell: ({ attempt }) => String(attempt) },
        { name: "Version", cell: ({ benchmark_version }) => String(benchmark_version) },
        { name: "Outcome", isText: true, cell: ({ status }) => JOB_WORDS[status] },
        {
          name: "Details",
          isText: true,
          cell: ({ job_id }) => (
            <Link to={`/models/${encodeURIComponent(modelId)}/contribute?job=${job_id}`}>Open</Link>
          ),
        },
      ]}
    />
  );
}
