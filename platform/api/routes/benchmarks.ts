// BenchmarkSpecs, and registrations of model versions against them.

import { sql } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import { Problem } from "../../../sdk/base/problem";
import type { BenchmarkInput, BenchmarkView, RegistrationView } from "../../../sdk/platform/wire";
import { rowsOf, type Database } from "../../store/database";
import { callerIn, needs, requireOwner } from "../access";
import {
  benchmarkViewOf,
  requireActiveBenchmark,
  requireBenchmark,
  selectBenchmarks,
  stateBenchmark,
  type BenchmarkRow,
} from "../benchmarks";
import { newApp, type ApiApp, type ApiParts } from "../context";
import { ApiRefusal } from "../failure";
import { actOnce } from "../idempotency";
import type { ApiCaller } from "../keys";
import { readPage, seconds } from "../pages";
import { benchmarkInput, benchmarkView, registrationInput, registrationView } from "../schemas/benchmarks";
import {
  answers,
  BEARER,
  createRoute,
  failures,
  idempotencyHeader,
  jsonBodyOf,
  nameSchema,
  pageOf,
  pageQuery,
  reply,
  uuidSchema,
  z,
} from "../schemas/common";

const BENCHMARK = "/api/v1/benchmarks/{id}";
const params = z.object({ id: uuidSchema });
const shared = { tags: ["benchmarks"], security: BEARER };

const create = createRoute({
  ...shared,
  method: "post",
  path: "/api/v1/benchmarks",
  summary: "State a benchmark",
  middleware: [needs("benchmarks")] as const,
  request: { headers: idempotencyHeader, body: jsonBodyOf(benchmarkInput) },
  responses: { 201: answers(benchmarkView, "Version 1"), ...failures(403, 409, 413, 415, 422) },
});

const list = createRoute({
  method: "get",
  tags: ["benchmarks"],
  path: "/api/v1/benchmarks",
  summary: "Benchmarks at their latest versions",
  request: { query: pageQuery.extend({ model_id: nameSchema.optional() }) },
  responses: { 200: answers(pageOf(benchmarkView), "A page of benchmarks, oldest first"), ...failures() },
});

const read = createRoute({
  method: "get",
  tags: ["benchmarks"],
  path: BENCHMARK,
  summary: "A benchmark at its latest version",
  request: { params },
  responses: { 200: answers(benchmarkView, "The benchmark"), ...failures(404) },
});

const update = createRoute({
  ...shared,
  method: "put",
  path: BENCHMARK,
  summary: "Make the next version; jobs that are under way keep theirs",
  middleware: [needs("benchmarks")] as const,
  request: { params, body: jsonBodyOf(benchmarkInput) },
  responses: { 200: answers(benchmarkView, "The new version"), ...failures(403, 404, 409, 413, 415, 422) },
});

const remove = createRoute({
  ...shared,
  method: "delete",
  path: BENCHMARK,
  summary: "Deactivate a benchmark: it is kept, and nothing new is measured by it",
  middleware: [needs("benchmarks")] as const,
  request: { params },
  responses: { 204: { description: "It is deactivated" }, ...failures(403, 404) },
});

const register = createRoute({
  tags: ["registrations"],
  security: BEARER,
  method: "post",
  path: "/api/models/tokenized-registration-events",
  summary: "Tell of a version of a model that was uploaded and tagged",
  middleware: [needs("models")] as const,
  request: { headers: idempotencyHeader, body: jsonBodyOf(registrationInput) },
  responses: { 201: answers(registrationView, "The registration"), ...failures(403, 404, 409, 413, 415, 422) },
});

/** Operations on benchmarks, and registrations. */
export function benchmarkRoutes({ store: { db } }: ApiParts): ApiApp {
  const app = newApp();

  app.openapi(create, async (context) => {
    const { account } = callerIn(context);
    const input = context.req.valid("json");
    const view = await actOnce(context, db, async (transaction) => {
      const id = randomUUID();
      await transaction.execute(sql`INSERT INTO benchmark_specs (id, owner, version) VALUES (${id}, ${account}, 1)`);
      return addVersion(transaction, id, 1, input);
    });
    return reply(context, view, 201);
  });

  app.openapi(list, async (context) => {
    const { model_id, ...page } = context.req.valid("query");
    const where = model_id === undefined ? sql`true` : sql`versions.model_id = ${model_id}`;
    const all = { query: selectBenchmarks(where), order: sql.raw("specs.created_at, specs.id") };
    return reply(context, await readPage(db, page, all, benchmarkViewOf), 200);
  });

  app.openapi(read, async (context) => {
    const { id } = context.req.valid("param");
    return reply(context, benchmarkViewOf(await requireBenchmark(db, id)), 200);
  });

  app.openapi(update, async (context) => {
    const { id } = context.req.valid("param");
    const input = context.req.valid("json");
    const view = await db.transaction(async (transaction) => {
      const { is_active, version, content } = await ownBenchmark(transaction, callerIn(context), id);
      if (!is_active) throw new Problem("CONFLICT", `the benchmark ${id} was deactivated: name another.`);
      if (content.model_id !== input.model_id)
        throw new Problem("CONFLICT", `model_id is ${input.model_id}, expected ${content.model_id} in every version.`);
      await transaction.execute(
        sql`UPDATE benchmark_specs SET version = ${version + 1}, updated_at = now() WHERE id = ${id}`,
      );
      return addVersion(transaction, id, version + 1, input);
    });
    return reply(context, view, 200);
  });

  app.openapi(remove, async (context) => {
    const { id } = context.req.valid("param");
    await db.transaction(async (transaction) => {
      await ownBenchmark(transaction, callerIn(context), id);
      await transaction.execute(sql`UPDATE benchmark_specs SET is_active = false, updated_at = now() WHERE id = ${id}`);
    });
    return context.body(null, 204);
  });

  app.openapi(register, async (context) => {
    const { account } = callerIn(context);
    const input = context.req.valid("json");
    const view = await actOnce(context, db, async (transaction): Promise<RegistrationView> => {
      await requireToken(transaction, account, input.token_id);
      const benchmark = await requireActiveBenchmark(transaction, input.benchmark_spec_id);
      requireBaseline(benchmark.content, input);
      const id = randomUUID();
      const [row] = await rowsOf<{ created_at: number }>(
        transaction,
        sql`INSERT INTO registrations (id, account, token_id, benchmark_id, benchmark_version, content)
            VALUES (${id}, ${account}, ${input.token_id}, ${benchmark.id}, ${benchmark.version},
              ${JSON.stringify(input)}::jsonb)
            RETURNING ${seconds("created_at")} AS created_at`,
      );
      return {
        ...input,
        id,
        benchmark_version: benchmark.version,
        created_at: (row as { created_at: number }).created_at,
      };
    });
    return reply(context, view, 201);
  });

  return app;
}

async function addVersion(db: Database, id: string, version: number, input: BenchmarkInput): Promise<BenchmarkView> {
  const { spec, specHash, baselineScore } = stateBenchmark(input);
  await db.execute(
    sql`INSERT INTO benchmark_versions (id, version, model_id, content, spec, spec_hash, baseline_score)
        VALUES (${id}, ${version}, ${input.model_id}, ${JSON.stringify(input)}::jsonb, ${spec}, ${specHash},
          ${baselineScore})`,
  );
  return benchmarkViewOf(await requireBenchmark(db, id));
}

async function ownBenchmark(db: Database, caller: ApiCaller, id: string): Promise<BenchmarkRow> {
  await db.execute(sql`SELECT id FROM benchmark_specs WHERE id = ${id} FOR UPDATE`);
  const benchmark = await requireBenchmark(db, id);
  requireOwner(caller, benchmark.owner, `the benchmark ${id}`);
  return benchmark;
}

/**
 * The ticker must belong to one of the account's drafts, or be on the chain without another account having proposed it. Unpublished drafts
 * of others do not count.
 */
async function requireToken(db: Database, account: string, ticker: string): Promise<void> {
  const owners = await rowsOf<{ owner: string }>(
    db,
    sql`SELECT owner FROM model_drafts
        WHERE content->>'ticker' = ${ticker} AND (owner = ${account} OR status = 'PROPOSAL')`,
  );
  if (owners.some(({ owner }) => owner === account)) return;
  if (owners.length > 0) throw new Problem("NOT_ALLOWED", `the model ${ticker} belongs to another account.`);
  const [known] = await rowsOf(db, sql`SELECT 1 FROM models WHERE symbol = ${ticker} LIMIT 1`);
  if (known === undefined)
    throw new Problem("NOT_DEPLOYED", `there is no model with the ticker ${ticker}: make a draft of it first.`);
}

/** The version must be measured by the benchmark's metric, and reach its baseline. */
function requireBaseline(
  benchmark: BenchmarkInput,
  { metric_name, current_value }: Pick<RegistrationView, "metric_name" | "current_value">,
): void {
  const { metric_name: metric, metric_direction, baseline_value } = benchmark;
  if (metric_name !== metric)
    throw new ApiRefusal(422, "BAD_FILE", `metric_name is ${metric_name}, expected the benchmark's, ${metric}.`);
  const isReached =
    metric_direction === "higher_is_better" ? current_value >= baseline_value : current_value <= baseline_value;
  if (isReached) return;
  const side = metric_direction === "higher_is_better" ? "at least" : "at most";
  throw new ApiRefusal(
    422,
    "BAD_FILE",
    `current_value is ${current_value}, expected ${side} the baseline, ${baseline_value}.`,
  );
}
