// Sums metered events per model and hands each sum to the operator's duty `fees` once.
//
// An event's id counts once. A batch sums the events of a model that are in no batch yet, under an id of its own and in one transaction;
// from then on neither its id nor its sum changes. The operator accepts a record's id once and pays it once, so a batch may be sent
// repeatedly until its arrival is confirmed.

import { sql } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import { printed } from "../../sdk/base/printed";
import { Problem } from "../../sdk/base/problem";
import type { UsageAnswer, UsageEvent } from "../../sdk/platform/wire";
import { rowsOf, type Database } from "../store/database";

/** Stores events, except those that it has already. Throws `CONFLICT` if an id was used before with other content. */
export async function keepEvents(db: Database, account: string, events: readonly UsageEvent[]): Promise<UsageAnswer> {
  const rows = events.map(({ id, model, calls, at }) => ({ id, model, calls, at }));
  // Sorted, so that two requests with the same ids cannot deadlock.
  const sorted = JSON.stringify([...rows].sort((a, b) => (a.id < b.id ? -1 : 1)));
  const given = sql`jsonb_to_recordset(${sorted}::jsonb) AS given (id text, model text, calls bigint, at bigint)`;
  const kept = await rowsOf<{ id: string }>(
    db,
    sql`INSERT INTO metered_events (id, model, calls, at, account)
        SELECT given.id, given.model, given.calls, given.at, ${account} FROM ${given}
        ON CONFLICT (id) DO NOTHING RETURNING id`,
  );
  const [other] = await rowsOf<{ id: string }>(
    db,
    sql`SELECT given.id FROM ${given} JOIN metered_events AS known ON known.id = given.id
        WHERE (known.model, known.calls, known.at, known.account) <> (given.model, given.calls, given.at, ${account}) LIMIT 1`,
  );
  if (other)
    throw new Problem("CONFLICT", `the id ${other.id} came before with another event: give each an id of its own.`);
  return { accepted: kept.length, duplicates: events.length - kept.length };
}

/** Sums the events that are in no batch yet; returns the number of models that had any. */
export async function makeBatches(db: Database): Promise<number> {
  const models = await rowsOf<{ model: string }>(
    db,
    sql`SELECT DISTINCT model FROM metered_events WHERE batch IS NULL ORDER BY model`,
  );
  for (const { model } of models) {
    const id = `usage.${randomUUID()}`;
    await db.transaction(async (transaction) => {
      // The sum covers exactly the marked events; events that arrive meanwhile wait for the next batch. If two processes run this, the
      // second waits for the first and then finds the events marked.
      await transaction.execute(sql`INSERT INTO metered_batches (id, model, calls) VALUES (${id}, ${model}, 0)`);
      await transaction.execute(
        sql`WITH taken AS (
              UPDATE metered_events SET batch = ${id}
              WHERE id IN (
                SELECT id FROM metered_events WHERE model = ${model} AND batch IS NULL ORDER BY id FOR UPDATE
              )
              RETURNING calls
            )
            UPDATE metered_batches SET calls = (SELECT coalesce(sum(calls), 0) FROM taken) WHERE id = ${id}`,
      );
      // Another process has taken all of them.
      await transaction.execute(sql`DELETE FROM metered_batches WHERE id = ${id} AND calls = 0`);
    });
  }
  return models.length;
}

/** Where batches are sent. */
export interface FeeDoor {
  /** Address of the operator that has the duty `fees`. */
  readonly url: string;
  readonly token: string;
}

const AT_ONCE = 1_000;
const LONGEST_ANSWER = 30_000;

/** Sends the operator the batches that it does not have yet; returns how many it took. */
export async function handOverBatches(db: Database, { url, token }: FeeDoor): Promise<number> {
  const batches = await rowsOf<{ id: string; model: string; calls: number }>(
    db,
    sql`SELECT id, model, calls::float8 AS calls FROM metered_batches WHERE handed_over_at IS NULL
        ORDER BY created_at, id LIMIT ${AT_ONCE}`,
  );
  if (batches.length === 0) return 0;
  const response = await fetch(new URL("/fees", url), {
    method: "POST",
    headers: { ...(token !== "" && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(batches),
    redirect: "error",
    signal: AbortSignal.timeout(LONGEST_ANSWER),
  }).catch((error: unknown) => {
    throw new Problem("NODE_FAILED", `the operator does not take usage: ${printed((error as Error).message)}.`);
  });
  const body = await response.text();
  if (response.status !== 202)
    throw new Problem("NODE_FAILED", `the operator answers usage with ${response.status}: ${printed(body)}.`);
  const ids = JSON.stringify(batches.map(({ id }) => id));
  await db.execute(
    sql`UPDATE metered_batches SET handed_over_at = now()
        WHERE id IN (SELECT jsonb_array_elements_text(${ids}::jsonb)) AND handed_over_at IS NULL`,
  );
  return batches.length;
}

/** Sums and sends batches periodically. */
export class MeteringOutbox {
  private timer: NodeJS.Timeout | undefined;
  private passing: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    private readonly door: FeeDoor,
    private readonly onFault: (error: unknown) => void,
  ) {}

  /** Starts a pass at every interval. Deposits flow over a day, so frequent small ones are best. */
  start(milliseconds: number): void {
    this.timer = setInterval(() => void this.pass(), milliseconds);
  }

  /** Sums and sends once. */
  async pass(): Promise<void> {
    this.passing ??= this.advance()
      .catch(this.onFault)
      .finally(() => (this.passing = undefined));
    await this.passing;
  }

  /** Stops after the pass that is running. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.passing;
  }

  private async advance(): Promise<void> {
    await makeBatches(this.db);
    while ((await handOverBatches(this.db, this.door)) === AT_ONCE);
  }
}
