// Metered events and claims files.

import { sql } from "drizzle-orm";
import { id as keyOf } from "ethers";
import { Problem } from "../../../sdk/base/problem";
import type { UsageSummary } from "../../../sdk/platform/wire";
import { parseClaims, requireRoot } from "../../../sdk/schemas/claims";
import { rowsOf } from "../../store/database";
import { callerIn, needs } from "../access";
import { newApp, type ApiApp, type ApiParts } from "../context";
import { actOnce } from "../idempotency";
import { keepEvents } from "../metering";
import { readPage } from "../pages";
import {
  answers,
  BEARER,
  createRoute,
  failures,
  hashSchema,
  idempotencyHeader,
  jsonBodyOf,
  pageOf,
  pageQuery,
  reply,
  z,
} from "../schemas/common";
import { usageAnswer, usageInput, usageSummary } from "../schemas/evaluations";

const CLAIMS = "/api/v1/claims/{root}";
const params = z.object({ root: hashSchema });

/** The format is that of sdk/schemas, which parses the file. */
const claimsSchema = z.record(z.string(), z.unknown()).openapi("Claims", {
  type: "object",
  description: "Contributors behind a root: chainId, verifier, modelId, evaluationId, contributorsRoot, contributors",
});

const send = createRoute({
  tags: ["usage"],
  security: BEARER,
  method: "post",
  path: "/api/v1/usage/events",
  summary: "Tell of calls that were served; an id counts once however often it comes",
  middleware: [needs("usage")] as const,
  request: { headers: idempotencyHeader, body: jsonBodyOf(usageInput) },
  responses: { 200: answers(usageAnswer, "What was new"), ...failures(403, 404, 409, 413, 415) },
});

const summary = createRoute({
  tags: ["usage"],
  security: BEARER,
  method: "get",
  path: "/api/v1/usage",
  summary: "Metered calls by model, and how many of them the operator has",
  middleware: [needs("usage")] as const,
  request: { query: pageQuery },
  responses: { 200: answers(pageOf(usageSummary), "A page of models"), ...failures(403) },
});

const put = createRoute({
  tags: ["claims"],
  security: BEARER,
  method: "put",
  path: CLAIMS,
  summary: "Keep a claims file whose root the chain has",
  middleware: [needs("models")] as const,
  request: { params, body: jsonBodyOf(claimsSchema) },
  responses: { 204: { description: "It is kept" }, ...failures(403, 404, 409, 413, 415, 422) },
});

const get = createRoute({
  tags: ["claims"],
  method: "get",
  path: CLAIMS,
  summary: "The claims file of a root",
  request: { params },
  responses: { 200: answers(claimsSchema, "The file"), ...failures(404) },
});

/** Operations on metered events and claims files. */
export function usageRoutes({ store: { db } }: ApiParts): ApiApp {
  const app = newApp();

  app.openapi(send, async (context) => {
    const { events } = context.req.valid("json");
    const { account } = callerIn(context);
    const answer = await actOnce(context, db, async (transaction) => {
      const names = [...new Set(events.map(({ model }) => model))];
      const known = await rowsOf<{ model_id: string }>(
        transaction,
        sql`SELECT model_id FROM models
            WHERE key IN (SELECT jsonb_array_elements_text(${JSON.stringify(names.map((name) => keyOf(name)))}::jsonb))`,
      );
      const missing = names.find((name) => !known.some(({ model_id }) => model_id === name));
      if (missing !== undefined) throw new Problem("NOT_DEPLOYED", `the chain has no model ${missing}.`);
      return keepEvents(transaction, account, events);
    });
    return reply(context, answer, 200);
  });

  app.openapi(summary, async (context) => {
    const query = sql`SELECT events.model, sum(events.calls)::float8 AS calls,
        (coalesce(sum(events.calls) FILTER (WHERE batches.handed_over_at IS NOT NULL), 0))::float8 AS handed_over
      FROM metered_events AS events LEFT JOIN metered_batches AS batches ON batches.id = events.batch
      GROUP BY events.model`;
    const all = { query, order: sql.raw("events.model") };
    return reply(context, await readPage(db, context.req.valid("query"), all, (row: UsageSummary) => row), 200);
  });

  app.openapi(put, async (context) => {
    const root = context.req.valid("param").root.toLowerCase();
    const { account } = callerIn(context);
    const content = await context.req.text();
    const claims = parseClaims("the claims file", content);
    const { modelId, evaluationId, contributorsRoot } = claims;
    if (contributorsRoot !== root)
      throw new Problem("CONFLICT", `the root of the file's contributors is ${contributorsRoot}, not ${root}.`);
    const [recorded] = await rowsOf<{ contributors_root: string | null }>(
      db,
      sql`SELECT contributors_root FROM improvements WHERE model = ${keyOf(modelId)} AND evaluation_id = ${evaluationId}`,
    );
    if (recorded === undefined)
      throw new Problem("NOT_DEPLOYED", `the chain has no improvement ${evaluationId} of ${modelId}.`);
    if (recorded.contributors_root !== root)
      throw new Problem(
        "CONFLICT",
        `the root of ${evaluationId} on chain is ${recorded.contributors_root ?? "none"}, not ${root}.`,
      );
    // It does not matter who stored it: a root always stands for the same file.
    const [kept] = await rowsOf(db, sql`SELECT 1 FROM claims_files WHERE root = ${root}`);
    if (kept !== undefined) return context.body(null, 204);
    // Checked last, because the tree of a large file takes seconds.
    const { leaves } = requireRoot("the claims file", claims);
    const shares = leaves.map(({ index, account: owner, from, to }) => {
      return { position: Number(index), account: owner, share_from: String(from), share_to: String(to) };
    });
    await db.transaction(async (transaction) => {
      const [isNew] = await rowsOf(
        transaction,
        sql`INSERT INTO claims_files (root, model_id, evaluation_id, content, account)
            VALUES (${root}, ${modelId}, ${evaluationId}, ${content}, ${account}) ON CONFLICT (root) DO NOTHING RETURNING root`,
      );
      if (isNew === undefined) return;
      await transaction.execute(
        sql`INSERT INTO claims_shares (root, position, account, share_from, share_to)
            SELECT ${root}, given.position, given.account, given.share_from, given.share_to
            FROM jsonb_to_recordset(${JSON.stringify(shares)}::jsonb)
              AS given (position integer, account text, share_from numeric, share_to numeric)`,
      );
    });
    return context.body(null, 204);
  });

  app.openapi(get, async (context) => {
    const root = context.req.valid("param").root.toLowerCase();
    const [row] = await rowsOf<{ content: string }>(db, sql`SELECT content FROM claims_files WHERE root = ${root}`);
    if (row === undefined) throw new Problem("NOT_DEPLOYED", `there is no claims file of ${root}.`);
    return reply(context, JSON.parse(row.content) as object, 200);
  });

  return app;
}
