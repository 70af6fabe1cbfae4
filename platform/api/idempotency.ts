// POST requests that take effect once, however often they are sent.

import { sql } from "drizzle-orm";
import type { Context } from "hono";
import { createHash } from "node:crypto";
import { Problem } from "../../sdk/base/problem";
import { rowsOf, type Database } from "../store/database";
import { callerIn } from "./access";
import type { RequestFacts } from "./context";

/** How long an answer is kept for a repeated request. */
const KEPT = "2 days";

/**
 * Performs a request in one transaction and stores its answer under its idempotency key, both or neither. Repeating the request returns the
 * same answer; a different request with the same key is refused. Simultaneous requests with one key run one after the other.
 */
export async function actOnce<T>(
  context: Context<RequestFacts>,
  db: Database,
  act: (db: Database) => Promise<T>,
  content?: string,
): Promise<T> {
  const key = context.req.header("idempotency-key");
  if (key === undefined) return db.transaction(act);
  const { account } = callerIn(context);
  const { method, path } = context.req;
  const query = new URL(context.req.url).search;
  const request = [method, path, query, content ?? (await context.req.text())].join("\n");
  const hash = createHash("sha256").update(request).digest("hex");
  return db.transaction(async (transaction) => {
    // If two arrive at once, the second waits here for the first.
    const [mine] = await rowsOf(
      transaction,
      sql`INSERT INTO idempotent_answers (account, key, request_hash) VALUES (${account}, ${key}, ${hash})
          ON CONFLICT (account, key) DO NOTHING RETURNING key`,
    );
    if (mine === undefined) {
      const [known] = await rowsOf<{ request_hash: string; answer: string }>(
        transaction,
        sql`SELECT request_hash, answer FROM idempotent_answers WHERE account = ${account} AND key = ${key}`,
      );
      if (known?.request_hash === hash) return JSON.parse(known.answer) as T;
      throw new Problem("CONFLICT", "the idempotency key was used for another request: take a new one.");
    }
    const answer = await act(transaction);
    await transaction.execute(
      sql`UPDATE idempotent_answers SET answer = ${JSON.stringify(answer)} WHERE account = ${account} AND key = ${key}`,
    );
    return answer;
  });
}

/** Deletes answers that are too old to be requested again. */
export async function forgetAnswers(db: Database): Promise<void> {
  await db.execute(sql`DELETE FROM idempotent_answers WHERE created_at < now() - ${KEPT}::interval`);
}
