// Evaluations: predictions are uploaded and measured against a benchmark in separate processes.

import { sql } from "drizzle-orm";
import { streamSSE } from "hono/streaming";
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Problem } from "../../../sdk/base/problem";
import type { AttemptView, JobCreated } from "../../../sdk/platform/wire";
import { callerIn, needs, requireOwner } from "../access";
import { requireActiveBenchmark } from "../benchmarks";
import { newApp, type ApiApp, type ApiLimits, type ApiParts } from "../context";
import {
  cancelJob,
  ENDED_JOBS,
  jobViewOf,
  makeJob,
  requireDocument,
  requireJob,
  requireRoom,
  selectJobs,
  type JobRow,
} from "../evaluations";
import { ApiRefusal } from "../failure";
import { actOnce } from "../idempotency";
import { readPage } from "../pages";
import {
  answers,
  BEARER,
  createRoute,
  failures,
  hashSchema,
  idempotencyHeader,
  nameSchema,
  pageOf,
  pageQuery,
  reply,
  uuidSchema,
  z,
} from "../schemas/common";
import { attemptView, documentAnswer, jobCreated, jobView } from "../schemas/evaluations";
import { storeUpload } from "../uploads";

const MODEL = "/api/v1/models/{id}";
const JOB = `${MODEL}/evaluations/{job}` as const;
const modelParams = z.object({ id: nameSchema });
const jobParams = z.object({ id: nameSchema, job: uuidSchema });
const tags = ["evaluations"];

/** Media types that predictions may have. */
const FORMATS = ["text/csv", "application/x-ndjson"];

/** Milliseconds between two checks of a followed job, and between two keep-alive events. */
const [LOOK, SIGN] = [300, 15_000];

const predictions = { schema: z.string().openapi({ example: "id,label,baseline,candidate\n1,0,0.2,0.1\n" }) };

const evaluate = createRoute({
  tags,
  security: BEARER,
  method: "post",
  path: `${MODEL}/evaluate`,
  summary: "Evaluate predictions against a benchmark, as it is now",
  middleware: [needs("evaluate")] as const,
  request: {
    params: modelParams,
    query: z.strictObject({ benchmark_spec_id: uuidSchema, contribution_data_hash: hashSchema.optional() }),
    headers: idempotencyHeader,
    body: { required: true, content: { "text/csv": predictions, "application/x-ndjson": predictions } },
  },
  responses: {
    202: answers(jobCreated, "The job"),
    ...failures(403, 404, 409, 413, 415),
  },
});

const status = createRoute({
  tags,
  method: "get",
  path: `${JOB}/status`,
  summary: "How far a job is",
  request: { params: jobParams },
  responses: { 200: answers(jobView, "The job"), ...failures(404) },
});

const events = createRoute({
  tags,
  method: "get",
  path: `${JOB}/events`,
  summary: "The same as server-sent events: `progress` while it goes on, then one `end`",
  request: { params: jobParams },
  responses: {
    200: { description: "The job, again and again", content: { "text/event-stream": { schema: z.string() } } },
    ...failures(404),
  },
});

const cancel = createRoute({
  tags,
  security: BEARER,
  method: "delete",
  path: JOB,
  summary: "Cancel a job",
  middleware: [needs("evaluate")] as const,
  request: { params: jobParams },
  responses: { 200: answers(jobView, "The job"), ...failures(403, 404, 409) },
});

const document = createRoute({
  tags,
  method: "get",
  path: `${JOB}/document`,
  summary: "The document of a job that was accepted or refused",
  request: { params: jobParams },
  responses: { 200: answers(documentAnswer, "The document"), ...failures(404, 409) },
});

const attempts = createRoute({
  tags,
  method: "get",
  path: `${MODEL}/attempts`,
  summary: "Every attempt at a model's benchmarks",
  request: { params: modelParams, query: pageQuery },
  responses: { 200: answers(pageOf(attemptView), "A page of attempts, oldest first"), ...failures() },
});

const byHash = createRoute({
  tags,
  method: "get",
  path: "/api/v1/evaluations/{evaluationId}",
  summary: "A document by its hash, which is the evaluation's id on chain",
  request: { params: z.object({ evaluationId: hashSchema }) },
  responses: { 200: answers(documentAnswer, "The document"), ...failures(404) },
});

/** Operations on evaluations; `wake` tells the queue about a new job. */
export function evaluationRoutes({ store: { db }, uploads }: ApiParts, limits: ApiLimits, wake: () => void): ApiApp {
  const app = newApp();
  const streams = new StreamCount(limits);

  app.openapi(evaluate, async (context) => {
    const { id: modelId } = context.req.valid("param");
    const { benchmark_spec_id, contribution_data_hash: contribution } = context.req.valid("query");
    const { account } = callerIn(context);
    const type = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
    if (!FORMATS.includes(type))
      throw new ApiRefusal(
        415,
        "BAD_OPTION",
        `the predictions are declared as another type, expected ${FORMATS.join(" or ")}.`,
      );
    // Checked before the upload begins.
    await requireBenchmarkOf(modelId, benchmark_spec_id);
    await requireRoom(db, account, limits);
    const id = randomUUID();
    const path = join(uploads, id);
    const sha256 = await storeUpload(context.req.raw.body, path, limits.upload);
    try {
      const made = await actOnce<JobCreated>(
        context,
        db,
        async (transaction) => {
          const benchmark = await requireActiveBenchmark(transaction, benchmark_spec_id);
          await makeJob(transaction, { id, modelId, account, benchmark, contribution, file: id }, limits);
          return { job_id: id };
        },
        sha256,
      );
      if (made.job_id !== id) rmSync(path, { force: true }); // the same request came before
      wake();
      return reply(context, made, 202);
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
  });

  async function requireBenchmarkOf(modelId: string, benchmarkId: string): Promise<void> {
    const { content } = await requireActiveBenchmark(db, benchmarkId);
    if (content.model_id !== modelId)
      throw new Problem("CONFLICT", `the benchmark is that of ${content.model_id}, not ${modelId}.`);
  }

  app.openapi(status, async (context) => {
    const { id, job } = context.req.valid("param");
    return reply(context, jobViewOf(await requireJob(db, id, job)), 200);
  });

  app.openapi(events, async (context) => {
    const { id, job } = context.req.valid("param");
    await requireJob(db, id, job);
    const release = streams.take(context.get("caller")?.account ?? context.get("client"));
    return streamSSE(context, async (stream) => {
      try {
        let [told, signAt] = ["", Date.now()];
        while (!stream.aborted) {
          const view = jobViewOf(await requireJob(db, id, job));
          const data = JSON.stringify(view);
          const isOver = ENDED_JOBS.has(view.status);
          if (data !== told) {
            await stream.writeSSE({ event: isOver ? "end" : "progress", data });
            [told, signAt] = [data, Date.now()];
          } else if (Date.now() - signAt > SIGN) {
            await stream.write(": still there\n\n");
            signAt = Date.now();
          }
          if (isOver) return;
          await pause(LOOK);
        }
      } finally {
        release();
      }
    });
  });

  app.openapi(cancel, async (context) => {
    const { id, job } = context.req.valid("param");
    const row = await requireJob(db, id, job);
    requireOwner(callerIn(context), row.account, `the evaluation ${job}`);
    if (ENDED_JOBS.has(row.status)) throw new Problem("ALREADY_DONE", `the evaluation is ${row.status} already.`);
    await cancelJob(db, job);
    return reply(context, jobViewOf(await requireJob(db, id, job)), 200);
  });

  app.openapi(document, async (context) => {
    const { id, job } = context.req.valid("param");
    const { evaluation_id, status: present } = await requireJob(db, id, job);
    if (evaluation_id !== null) return reply(context, await requireDocument(db, evaluation_id), 200);
    const word = ENDED_JOBS.has(present) ? "NOT_DEPLOYED" : "NOT_YET";
    throw new Problem(word, `the evaluation is ${present} and has no document${word === "NOT_YET" ? " yet" : ""}.`);
  });

  app.openapi(attempts, async (context) => {
    const { id } = context.req.valid("param");
    const all = { query: selectJobs(id), order: sql.raw("number") };
    return reply(context, await readPage(db, context.req.valid("query"), all, attemptOf), 200);
  });

  app.openapi(byHash, async (context) => {
    const { evaluationId } = context.req.valid("param");
    return reply(context, await requireDocument(db, evaluationId), 200);
  });

  return app;
}

/** Counts the streams that are open in this process, so that nobody takes all of them. */
class StreamCount {
  private readonly byClient = new Map<string, number>();
  private all = 0;

  constructor(private readonly limits: Pick<ApiLimits, "streams" | "streamsPerClient">) {}

  /** Counts one more stream; returns the function that uncounts it. */
  take(client: string): () => void {
    const own = this.byClient.get(client) ?? 0;
    if (own >= this.limits.streamsPerClient)
      throw new ApiRefusal(429, "BUSY", `you follow ${own} jobs: ask for the status.`, { retryAfter: 10 });
    if (this.all >= this.limits.streams)
      throw new ApiRefusal(503, "BUSY", "too many jobs are being followed: ask for the status.", { retryAfter: 10 });
    this.byClient.set(client, own + 1);
    this.all++;
    return () => {
      const left = (this.byClient.get(client) ?? 1) - 1;
      if (left === 0) this.byClient.delete(client);
      else this.byClient.set(client, left);
      this.all--;
    };
  }
}

function attemptOf(row: JobRow): AttemptView {
  const { job_id, benchmark_spec_id, benchmark_version, attempt, status: present, evaluation_id, created_at } = row;
  return { job_id, benchmark_spec_id, benchmark_version, attempt, status: present, evaluation_id, created_at };
}
