// Drafts and their life cycle: a DRAFT becomes a PROPOSAL when published; the chain decides on REGISTERED and DEPLOYED.

import { sql } from "drizzle-orm";
import { getAddress } from "ethers";
import { randomUUID } from "node:crypto";
import { Problem } from "../../../sdk/base/problem";
import type { DraftInput } from "../../../sdk/platform/wire";
import { rowsOf, type Database } from "../../store/database";
import { callerIn, needs, requireOwner } from "../access";
import { requireActiveBenchmark } from "../benchmarks";
import { newApp, type ApiApp, type ApiParts } from "../context";
import { declarationOf } from "../declarations";
import {
  contentOf,
  draftViewOf,
  indexedModel,
  launchFactsOf,
  lockDraft,
  requireDraft,
  requireSameModel,
  selectDrafts,
  type DraftRow,
} from "../drafts";
import { actOnce } from "../idempotency";
import { readPage } from "../pages";
import {
  answers,
  BEARER,
  createRoute,
  failures,
  idempotencyHeader,
  jsonBodyOf,
  pageOf,
  pageQuery,
  reply,
  uuidSchema,
  z,
} from "../schemas/common";
import { approvalInput, deployedInput, draftInput, draftView } from "../schemas/drafts";

const DRAFT = "/api/v1/models/drafts/{id}";
const params = z.object({ id: uuidSchema });
const shared = { tags: ["drafts"], security: BEARER };
const done = { 200: answers(draftView, "The draft"), ...failures(403, 404, 409) };

const create = createRoute({
  ...shared,
  method: "post",
  path: "/api/v1/models",
  summary: "Make a draft of a model",
  middleware: [needs("models")] as const,
  request: { headers: idempotencyHeader, body: jsonBodyOf(draftInput) },
  responses: { 201: answers(draftView, "The draft, in status DRAFT"), ...failures(403, 409, 413, 415) },
});

const list = createRoute({
  ...shared,
  method: "get",
  path: "/api/v1/models/drafts",
  summary: "Your drafts",
  middleware: [needs("models")] as const,
  request: { query: pageQuery },
  responses: { 200: answers(pageOf(draftView), "A page of drafts, oldest first"), ...failures(403) },
});

const read = createRoute({
  method: "get",
  tags: ["drafts"],
  path: DRAFT,
  summary: "A draft: its owner's until it is published",
  request: { params },
  responses: { 200: answers(draftView, "The draft"), ...failures(404) },
});

const update = createRoute({
  ...shared,
  method: "put",
  path: DRAFT,
  summary: "Change a draft that no wallet has deployed yet",
  middleware: [needs("models")] as const,
  request: { params, body: jsonBodyOf(draftInput) },
  responses: { ...done, ...failures(403, 404, 409, 413, 415) },
});

const remove = createRoute({
  ...shared,
  method: "delete",
  path: DRAFT,
  summary: "Remove a draft that no wallet has deployed yet",
  middleware: [needs("models")] as const,
  request: { params },
  responses: { 204: { description: "It is gone" }, ...failures(403, 404, 409) },
});

const publish = createRoute({
  ...shared,
  method: "post",
  path: `${DRAFT}/publish`,
  summary: "Publish a draft: PROPOSAL",
  middleware: [needs("models")] as const,
  request: { params, headers: idempotencyHeader },
  responses: done,
});

const handOver = createRoute({
  ...shared,
  method: "post",
  path: `${DRAFT}/deployed`,
  summary: "Hand over the token that the developer's wallet has deployed",
  middleware: [needs("models")] as const,
  request: { params, headers: idempotencyHeader, body: jsonBodyOf(deployedInput) },
  responses: { ...done, ...failures(403, 404, 409, 413, 415) },
});

const approve = createRoute({
  ...shared,
  method: "post",
  path: `${DRAFT}/approve`,
  summary: "Approve the registration: the operator's duty `register` sends it",
  middleware: [needs("admin")] as const,
  request: { params, headers: idempotencyHeader, body: jsonBodyOf(approvalInput) },
  responses: { ...done, ...failures(403, 404, 409, 413, 415, 422) },
});

/** Operations on drafts. */
export function draftRoutes({ store: { db }, receiptOf, oracleAttestation }: ApiParts): ApiApp {
  const app = newApp();

  app.openapi(create, async (context) => {
    const { account } = callerIn(context);
    const input = context.req.valid("json");
    const view = await actOnce(context, db, async (transaction) => {
      const id = randomUUID();
      await insert(transaction, id, account, input);
      return draftViewOf(await requireDraft(transaction, callerIn(context), id));
    });
    return reply(context, view, 201);
  });

  app.openapi(list, async (context) => {
    const { account } = callerIn(context);
    const own = { query: selectDrafts(sql`drafts.owner = ${account}`), order: sql.raw("drafts.created_at, drafts.id") };
    return reply(context, await readPage(db, context.req.valid("query"), own, draftViewOf), 200);
  });

  app.openapi(read, async (context) => {
    const { id } = context.req.valid("param");
    return reply(context, draftViewOf(await requireDraft(db, context.get("caller"), id)), 200);
  });

  app.openapi(update, async (context) => {
    const { id } = context.req.valid("param");
    const { content, licenceText } = contentOf(context.req.valid("json"));
    const view = await db.transaction(async (transaction) => {
      const draft = await ownDraft(transaction, callerIn(context), id);
      requireUndeployed(draft);
      if (draft.status !== "DRAFT") await requireFreeId(transaction, id, content.model_id);
      await transaction.execute(
        sql`UPDATE model_drafts SET content = ${JSON.stringify(content)}::jsonb, model_id = ${content.model_id},
              licence_text = ${licenceText}, updated_at = now() WHERE id = ${id}`,
      );
      return draftViewOf(await requireDraft(transaction, callerIn(context), id));
    });
    return reply(context, view, 200);
  });

  app.openapi(remove, async (context) => {
    const { id } = context.req.valid("param");
    await db.transaction(async (transaction) => {
      requireUndeployed(await ownDraft(transaction, callerIn(context), id));
      await transaction.execute(sql`DELETE FROM model_drafts WHERE id = ${id}`);
    });
    return context.body(null, 204);
  });

  app.openapi(publish, async (context) => {
    const { id } = context.req.valid("param");
    const view = await actOnce(context, db, async (transaction) => {
      const draft = await ownDraft(transaction, callerIn(context), id);
      if (draft.status !== "DRAFT")
        throw new Problem("ALREADY_DONE", `the draft is ${draft.status}: it was published before.`);
      const { model_id } = draft.content;
      if (await indexedModel(transaction, model_id))
        throw new Problem("CONFLICT", `the chain has a model ${model_id} already: take another model_id.`);
      await requireFreeId(transaction, id, model_id);
      await transaction.execute(sql`UPDATE model_drafts SET status = 'PROPOSAL', updated_at = now() WHERE id = ${id}`);
      return draftViewOf(await requireDraft(transaction, callerIn(context), id));
    });
    return reply(context, view, 200);
  });

  app.openapi(handOver, async (context) => {
    const { id } = context.req.valid("param");
    const { transaction_hash, token } = context.req.valid("json");
    // Before anything is locked, because the chain may be slow.
    const receipt = await receiptOf(transaction_hash);
    const view = await actOnce(context, db, async (transaction) => {
      const draft = await ownDraft(transaction, callerIn(context), id);
      if (draft.status === "DRAFT") throw new Problem("NOT_YET", "the draft is not published yet: publish it first.");
      requireUndeployed(draft);
      if (receipt === undefined)
        throw new Problem("NOT_YET", `the chain has no transaction ${transaction_hash} that succeeded: wait for it.`);
      const { model_id } = draft.content;
      const model = await indexedModel(transaction, model_id);
      if (model === undefined)
        throw new Problem("NOT_YET", `the indexer has no model ${model_id} yet: wait for block ${receipt.block}.`);
      const address = getAddress(token);
      if (model.token !== address)
        throw new Problem("CONFLICT", `the token of ${model_id} on chain is ${model.token}, not ${address}.`);
      if (receipt.block !== model.created_block)
        throw new Problem("CONFLICT", `${model_id} was deployed by another transaction than ${transaction_hash}.`);
      requireSameModel(draft, model);
      const launch = await launchFactsOf(transaction, model);
      await transaction.execute(
        sql`UPDATE model_drafts SET token = ${address}, transaction_hash = ${transaction_hash.toLowerCase()},
              launch = ${JSON.stringify(launch)}::jsonb, updated_at = now() WHERE id = ${id}`,
      );
      return draftViewOf(await requireDraft(transaction, callerIn(context), id));
    });
    return reply(context, view, 200);
  });

  app.openapi(approve, async (context) => {
    const { id } = context.req.valid("param");
    const { benchmark_version } = context.req.valid("json");
    const caller = callerIn(context);
    const view = await actOnce(context, db, async (transaction) => {
      const draft = await lockDraft(transaction, caller, id);
      const { token, launch, content } = draft;
      if (draft.approved_at !== null)
        throw new Problem("ALREADY_DONE", `the registration of ${content.model_id} was approved before.`);
      if (token === null || launch === null)
        throw new Problem("NOT_YET", `no token of ${content.model_id} was handed over yet: its developer does that.`);
      if (content.benchmark_spec_id === undefined)
        throw new Problem("NOT_YET", `the draft of ${content.model_id} names no benchmark_spec_id.`);
      const benchmark = await requireActiveBenchmark(transaction, content.benchmark_spec_id);
      if (benchmark.content.model_id !== content.model_id)
        throw new Problem(
          "CONFLICT",
          `the benchmark is that of ${benchmark.content.model_id}, not ${content.model_id}.`,
        );
      if (benchmark.version !== benchmark_version)
        throw new Problem(
          "CONFLICT",
          `the benchmark is at version ${benchmark.version}, not ${benchmark_version}: look at it again.`,
        );
      const files = declarationOf(draft, launch, benchmark);
      await transaction.execute(
        sql`INSERT INTO approved_registrations (draft_id, model_id, token, method, files, approved_by)
            VALUES (${id}, ${content.model_id}, ${token}, ${oracleAttestation}, ${JSON.stringify(files)}::jsonb,
              ${caller.account})`,
      );
      await transaction.execute(sql`UPDATE model_drafts SET approved_at = now() WHERE id = ${id}`);
      return draftViewOf(await requireDraft(transaction, caller, id));
    });
    return reply(context, view, 200);
  });

  return app;
}

async function insert(db: Database, id: string, owner: string, input: DraftInput): Promise<void> {
  const { content, licenceText } = contentOf(input);
  await db.execute(
    sql`INSERT INTO model_drafts (id, owner, model_id, content, licence_text)
        VALUES (${id}, ${owner}, ${content.model_id}, ${JSON.stringify(content)}::jsonb, ${licenceText})`,
  );
}

/** A published proposal keeps its model id to itself: nobody else can hand over the token that is deployed under the id. */
async function requireFreeId(db: Database, id: string, modelId: string): Promise<void> {
  const [other] = await rowsOf(
    db,
    sql`SELECT 1 FROM model_drafts WHERE model_id = ${modelId} AND status = 'PROPOSAL' AND id <> ${id} LIMIT 1`,
  );
  if (other !== undefined) throw new Problem("CONFLICT", `another proposal has the model_id ${modelId}: take another.`);
}

async function ownDraft(db: Database, caller: Parameters<typeof requireOwner>[0], id: string): Promise<DraftRow> {
  const draft = await lockDraft(db, caller, id);
  requireOwner(caller, draft.owner, `the draft ${id}`);
  return draft;
}

function requireUndeployed({ token, content }: DraftRow): void {
  if (token !== null)
    throw new Problem(
      "ALREADY_DONE",
      `the token of ${content.model_id} was handed over: its draft cannot change any more.`,
    );
}
