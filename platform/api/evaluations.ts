// Evaluation jobs and documents in the database.

import { sql, type SQL } from "drizzle-orm";
import { id as keyOf } from "ethers";
import { Problem } from "../../sdk/base/problem";
import type { EvaluationDocument } from "../../sdk/evaluation/document";
import type { DocumentAnswer, JobView } from "../../sdk/platform/wire";
import { rowsOf, type Database } from "../store/database";
import type { BenchmarkRow } from "./benchmarks";
import type { ApiLimits } from "./context";
import { ApiRefusal } from "./failure";
import { seconds } from "./pages";

/** A job as stored. */
export interface JobRow extends JobView {
  readonly account: string;
}

/** The statuses of jobs that have ended. */
export const ENDED_JOBS: ReadonlySet<JobView["status"]> = new Set(["accepted", "refused", "failed", "cancelled"]);

const JOB = sql`SELECT id AS job_id, model_id, benchmark_id AS benchmark_spec_id, benchmark_version, status, progress, attempt,
  evaluation_id, message, account, ${seconds("created_at")} AS created_at, ${seconds("started_at")} AS started_at,
  ${seconds("ended_at")} AS ended_at FROM evaluation_jobs`;

/** Selects the jobs of a model. */
export function selectJobs(modelId: string): SQL {
  return sql`${JOB} WHERE model_id = ${modelId}`;
}

/** Returns a job of a model; throws `NOT_DEPLOYED` if there is none with this id. */
export async function requireJob(db: Database, modelId: string, id: string): Promise<JobRow> {
  const [row] = await rowsOf<JobRow>(db, sql`${JOB} WHERE id = ${id} AND model_id = ${modelId}`);
  if (row) return row;
  throw new Problem("NOT_DEPLOYED", `${modelId} has no evaluation ${id}.`);
}

/** A job as the API answers it. */
export function jobViewOf(row: JobRow): JobView {
  const { job_id, model_id, benchmark_spec_id, benchmark_version, status, progress, attempt, evaluation_id } = row;
  const { message, created_at, started_at, ended_at } = row;
  const place = { job_id, model_id, benchmark_spec_id, benchmark_version };
  return { ...place, status, progress, attempt, evaluation_id, message, created_at, started_at, ended_at };
}

/** What a job is made from. */
export interface JobInput {
  readonly id: string;
  readonly modelId: string;
  readonly account: string;
  readonly benchmark: BenchmarkRow;
  /** keccak256 of the contributed data, if the caller stated it. */
  readonly contribution: string | undefined;
  readonly file: string;
}

/** @throws {ApiRefusal} 429 or 503 if too many jobs are open. */
export async function requireRoom(db: Database, account: string, limits: ApiLimits): Promise<void> {
  const [open] = await rowsOf<{ all: number; own: number }>(
    db,
    sql`SELECT count(*)::int AS all, (count(*) FILTER (WHERE account = ${account}))::int AS own FROM evaluation_jobs
        WHERE status IN ('queued', 'running')`,
  );
  if ((open?.own ?? 0) >= limits.openJobsPerAccount)
    throw new ApiRefusal(429, "BUSY", `${account} has ${open?.own} evaluations open: wait for one.`, {
      retryAfter: 60,
    });
  if ((open?.all ?? 0) >= limits.openJobs)
    throw new ApiRefusal(503, "BUSY", `${open?.all} evaluations are open: try again later.`, { retryAfter: 60 });
}

/**
 * Creates a job with the benchmark's present version and its next attempt.
 * @throws {ApiRefusal} 429 or 503 if too many jobs are open.
 * @throws {Problem} `ALREADY_DONE` if the benchmark has no attempt left.
 */
export async function makeJob(db: Database, input: JobInput, limits: ApiLimits): Promise<void> {
  const { id, modelId, account, benchmark, contribution, file } = input;
  const { spec, spec_hash } = benchmark;
  // Serialised, because the counts below must not change before the row is inserted.
  await db.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended('evaluation jobs', 0))`);
  await requireRoom(db, account, limits);
  const [last] = await rowsOf<{ attempt: number }>(
    db,
    sql`SELECT coalesce(max(attempt), 0)::int AS attempt FROM evaluation_jobs
        WHERE model_id = ${modelId} AND spec_hash = ${spec_hash} AND status NOT IN ('failed', 'cancelled')`,
  );
  const attempt = (last?.attempt ?? 0) + 1;
  const { attempts } = JSON.parse(spec) as { readonly attempts: number };
  if (attempt > attempts)
    throw new Problem(
      "ALREADY_DONE",
      `the benchmark allows ${attempts} attempts, and all of them were made: name another.`,
    );
  await db.execute(
    sql`INSERT INTO evaluation_jobs
          (id, model_id, account, benchmark_id, benchmark_version, spec, spec_hash, attempt, registered_score,
           contribution_data_hash, file)
        VALUES (${id}, ${modelId}, ${account}, ${benchmark.id}, ${benchmark.version}, ${spec}, ${spec_hash}, ${attempt},
          ${await registeredScore(db, modelId, spec_hash)}, ${contribution?.toLowerCase() ?? null}, ${file})`,
  );
}

/** The model's score on chain, if this benchmark measures it; otherwise null. */
async function registeredScore(db: Database, modelId: string, specHash: string): Promise<number | null> {
  const [row] = await rowsOf<{ score: number | null }>(
    db,
    sql`SELECT models.score FROM models JOIN benchmarks
          ON benchmarks.model = models.key AND benchmarks.version = models.benchmark_version
        WHERE models.key = ${keyOf(modelId)} AND benchmarks.spec_hash = ${specHash}`,
  );
  return row?.score ?? null;
}

/** Cancels a job: a queued one at once, a running one shortly afterwards. */
export async function cancelJob(db: Database, id: string): Promise<void> {
  await db.execute(
    sql`UPDATE evaluation_jobs SET is_cancelled = true,
          status = CASE WHEN status = 'queued' THEN 'cancelled' ELSE status END,
          ended_at = CASE WHEN status = 'queued' THEN now() ELSE ended_at END
        WHERE id = ${id} AND status IN ('queued', 'running')`,
  );
}

/** Returns a document by its hash, and whether its improvement is on the chain. */
export async function requireDocument(db: Database, evaluationId: string): Promise<DocumentAnswer> {
  const [row] = await rowsOf<{ document: string; model_id: string }>(
    db,
    sql`SELECT document, model_id FROM evaluation_documents WHERE evaluation_id = ${evaluationId.toLowerCase()}`,
  );
  if (row === undefined) throw new Problem("NOT_DEPLOYED", `there is no document ${evaluationId}.`);
  const document = JSON.parse(row.document) as EvaluationDocument;
  const [recorded] = await rowsOf(
    db,
    sql`SELECT 1 FROM improvements WHERE model = ${keyOf(row.model_id)} AND evaluation_id = ${document.evaluationId}
          AND baseline_score = ${document.baselineScore} AND candidate_score = ${document.candidateScore}`,
  );
  return { document, is_on_chain: recorded !== undefined };
}
