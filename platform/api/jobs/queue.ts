// The queued and running evaluations. They are in the database, so that they outlive the processes that work on them. A worker renews a
// lease on its job; once a lease has expired, another worker may restart the job.

import { sql } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { EvaluationDocument } from "../../../sdk/evaluation/document";
import { printed } from "../../../sdk/base/printed";
import { rowsOf, type Database } from "../../store/database";
import type { JobTask } from "./messages";
import { startEvaluation, type EvaluationEnd, type RunningEvaluation } from "./process";

/** How a queue works. */
export interface QueueOptions {
  readonly db: Database;
  /** Folder of uploads. */
  readonly folder: string;
  /** The most evaluations that run at once. */
  readonly workers: number;
  /** Length of a lease in milliseconds; it is renewed four times as often. */
  readonly lease?: number;
  /** Starts an evaluation; tests replace it. */
  readonly start?: (task: JobTask) => RunningEvaluation;
  readonly onFault: (error: unknown) => void;
}

const LEASE = 20_000;

/** How many times a job is started before it counts as failed. */
const TRIES = 3;

/** Milliseconds after which an upload without a job is removed. */
const ORPHANED = 3_600_000;

/** The most characters kept of a refusal. */
const LONGEST_MESSAGE = 2_000;

interface TakenJob {
  readonly id: string;
  readonly model_id: string;
  readonly file: string;
  readonly spec: string;
  readonly attempt: number;
  readonly registered_score: number | null;
  readonly contribution_data_hash: string | null;
  readonly tries: number;
}

/** What is stored about how a job ended. */
interface JobEnd {
  readonly status: "accepted" | "refused" | "failed" | "cancelled";
  readonly message?: string;
  readonly document?: string;
}

/** Takes and runs jobs as long as there are any. */
export class JobQueue {
  private readonly worker = randomUUID();
  private readonly lease: number;
  private readonly running = new Map<string, RunningEvaluation>();
  private readonly ends = new Set<Promise<void>>();
  private isStopped = false;
  private looking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: QueueOptions) {
    this.lease = options.lease ?? LEASE;
    mkdirSync(options.folder, { recursive: true });
  }

  /** Starts working, and looking for jobs that others have left behind. */
  async start(): Promise<void> {
    await this.sweep();
    this.timer = setInterval(() => this.wake(), this.lease / 4);
    this.wake();
  }

  /** Looks for work; called when there may be some. */
  wake(): void {
    if (this.isStopped || this.looking !== undefined) return;
    this.looking = this.look()
      .catch((error: unknown) => this.options.onFault(error))
      .finally(() => (this.looking = undefined));
  }

  /** Ends running evaluations and returns them to the queue, so that the next worker on the database restarts them at once. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.looking;
    for (const evaluation of this.running.values()) evaluation.kill();
    await Promise.all(this.ends);
    await this.options.db.execute(
      sql`UPDATE evaluation_jobs SET status = 'queued', worker = NULL, leased_until = NULL, tries = tries - 1, progress = 0
          WHERE worker = ${this.worker} AND status = 'running'`,
    );
  }

  private async look(): Promise<void> {
    const { db, workers } = this.options;
    await db.execute(
      sql`UPDATE evaluation_jobs SET status = 'cancelled', ended_at = now(), worker = NULL, leased_until = NULL
          WHERE status = 'running' AND is_cancelled AND leased_until < now()`,
    );
    while (!this.isStopped && this.running.size < workers) {
      const job = await this.take();
      if (job === undefined) return;
      if (job.tries > TRIES) {
        const message = `its process ended ${TRIES} times without a result: the predictions may need too much memory.`;
        await this.finish(job, { status: "failed", message });
        continue;
      }
      const ending = this.work(job)
        .catch((error: unknown) => this.options.onFault(error))
        .finally(() => {
          this.ends.delete(ending);
          this.wake();
        });
      this.ends.add(ending);
    }
  }

  /** Takes the oldest job that nobody is working on. */
  private async take(): Promise<TakenJob | undefined> {
    const [job] = await rowsOf<TakenJob>(
      this.options.db,
      sql`UPDATE evaluation_jobs SET status = 'running', worker = ${this.worker}, tries = tries + 1, progress = 0,
            leased_until = ${this.leaseEnd()}, started_at = coalesce(started_at, now())
          WHERE id = (
            SELECT id FROM evaluation_jobs
            WHERE status = 'queued' OR (status = 'running' AND leased_until < now())
            ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
          )
          RETURNING id, model_id, file, spec, attempt, registered_score, contribution_data_hash, tries`,
    );
    return job;
  }

  private async work(job: TakenJob): Promise<void> {
    const { start = startEvaluation, folder } = this.options;
    const { spec, attempt, registered_score: registeredScore, contribution_data_hash: contribution } = job;
    const evaluation = start({ file: join(folder, job.file), spec, attempt, registeredScore, contribution });
    this.running.set(job.id, evaluation);
    const state = { isOurs: true, isCancelled: false };
    const beat = setInterval(() => {
      this.renew(job, evaluation.progress)
        .then((found) => {
          Object.assign(state, found);
          if (!state.isOurs || state.isCancelled) evaluation.kill();
        })
        .catch((error: unknown) => this.options.onFault(error));
    }, this.lease / 4);
    try {
      const end = await evaluation.end;
      if (this.isStopped || !state.isOurs) return;
      if (state.isCancelled) await this.finish(job, { status: "cancelled" });
      else if (end.kind === "died") await this.giveBack(job);
      else await this.finish(job, endOf(end));
    } finally {
      clearInterval(beat);
      this.running.delete(job.id);
    }
  }

  private async renew({ id }: TakenJob, progress: number): Promise<{ isOurs: boolean; isCancelled: boolean }> {
    const [row] = await rowsOf<{ is_cancelled: boolean }>(
      this.options.db,
      sql`UPDATE evaluation_jobs SET leased_until = ${this.leaseEnd()}, progress = greatest(progress, ${progress})
          WHERE id = ${id} AND worker = ${this.worker} AND status = 'running' RETURNING is_cancelled`,
    );
    return { isOurs: row !== undefined, isCancelled: row?.is_cancelled ?? false };
  }

  /** Lets a job whose process died restart at once. */
  private async giveBack({ id }: TakenJob): Promise<void> {
    await this.options.db.execute(
      sql`UPDATE evaluation_jobs SET leased_until = now() - interval '1 second'
          WHERE id = ${id} AND worker = ${this.worker} AND status = 'running'`,
    );
  }

  /** Stores how a job ended together with its document, both or neither; nothing if another worker has taken the job. */
  private async finish({ id, model_id, file }: TakenJob, { status, message = "", document }: JobEnd): Promise<void> {
    const evaluationId = document === undefined ? null : (JSON.parse(document) as EvaluationDocument).evaluationId;
    const isKept = await this.options.db.transaction(async (transaction) => {
      const [row] = await rowsOf<{ status: string }>(
        transaction,
        sql`UPDATE evaluation_jobs
            SET status = CASE WHEN is_cancelled THEN 'cancelled' ELSE ${status} END, ended_at = now(), progress = 1,
              worker = NULL, leased_until = NULL, message = ${message === "" ? null : printed(message, LONGEST_MESSAGE)},
              evaluation_id = CASE WHEN is_cancelled THEN NULL ELSE ${evaluationId}::text END
            WHERE id = ${id} AND worker = ${this.worker} AND status = 'running' RETURNING status`,
      );
      if (row?.status === status && document !== undefined) {
        await transaction.execute(
          sql`INSERT INTO evaluation_documents (evaluation_id, model_id, document)
              VALUES (${evaluationId}, ${model_id}, ${document}) ON CONFLICT (evaluation_id) DO NOTHING`,
        );
      }
      return row !== undefined;
    });
    if (isKept) rmSync(join(this.options.folder, file), { force: true });
  }

  /** Removes uploads that no job needs. */
  private async sweep(): Promise<void> {
    const { db, folder } = this.options;
    const rows = await rowsOf<{ file: string }>(
      db,
      sql`SELECT file FROM evaluation_jobs WHERE status IN ('queued', 'running')`,
    );
    const needed = new Set(rows.map(({ file }) => file));
    for (const name of readdirSync(folder)) {
      const changed = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (!needed.has(name) && Date.now() - changed > ORPHANED) rmSync(join(folder, name), { force: true });
    }
  }

  private leaseEnd() {
    return sql`now() + make_interval(secs => ${this.lease / 1_000})`;
  }
}

function endOf(end: Exclude<EvaluationEnd, { kind: "died" }>): JobEnd {
  if (end.kind === "refused") return { status: "refused", message: end.message };
  if (end.kind === "late") return { status: "failed", message: `it took longer than ${end.minutes} minutes.` };
  const { accepted, reasons } = JSON.parse(end.document) as EvaluationDocument;
  const message = reasons.map((reason) => reason.message).join("; ");
  return { status: accepted ? "accepted" : "refused", document: end.document, message };
}
