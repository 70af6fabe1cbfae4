// The platform's HTTP interface: docs/platform-api.md.

import { sql } from "drizzle-orm";
import { version } from "../../package.json";
import type { ReadyAnswer } from "../../sdk/platform/wire";
import { rowsOf } from "../store/database";
import { identify } from "./access";
import { boundedBody } from "./bodies";
import { newApp, type ApiApp, type ApiLimits, type ApiParts } from "./context";
import { ApiRefusal, failureBody, refusalFor } from "./failure";
import { RateLimiter } from "./rates";
import { adminRoutes } from "./routes/admin";
import { benchmarkRoutes } from "./routes/benchmarks";
import { chainRoutes } from "./routes/chain";
import { draftRoutes } from "./routes/drafts";
import { evaluationRoutes } from "./routes/evaluations";
import { mlflowRoutes } from "./routes/mlflow";
import { usageRoutes } from "./routes/usage";
import { answers, createRoute, failure, reply, z } from "./schemas/common";
import { readyAnswer } from "./schemas/evaluations";

const MIB = 1_048_576;

const LIMITS: ApiLimits = {
  requestsPerMinute: 1_200,
  anonymousRequestsPerMinute: 600,
  openJobsPerAccount: 10,
  openJobs: 100,
  upload: 64 * MIB,
  artifact: 4_096 * MIB,
  streamsPerClient: 20,
  streams: 200,
};

const live = createRoute({
  method: "get",
  tags: ["health"],
  path: "/live",
  summary: "Whether the process answers",
  responses: { 200: answers(z.object({ is_live: z.boolean() }), "It does") },
});

const ready = createRoute({
  method: "get",
  tags: ["health"],
  path: "/ready",
  summary: "Whether database and chain answer, and how far the indexer is",
  responses: {
    200: answers(readyAnswer, "They do"),
    500: failure(500),
    503: { description: "They do not", content: { "application/json": { schema: readyAnswer as z.ZodType<never> } } },
  },
});

/** Creates the API. It calls `wake` whenever there is a new job. */
export function createApi(parts: ApiParts, wake: () => void = () => undefined): ApiApp {
  const { store, onFault, latestBlock } = parts;
  const limits = { ...LIMITS, ...parts.limits };
  const rates = {
    known: new RateLimiter(limits.requestsPerMinute),
    anonymous: new RateLimiter(limits.anonymousRequestsPerMinute),
  };
  const app = newApp();

  app.onError((error, context) => {
    const refusal = refusalFor(error);
    if (refusal.status === 500) onFault(error);
    if (refusal.retryAfter !== undefined) context.header("retry-after", String(refusal.retryAfter));
    if (refusal.status === 401) context.header("www-authenticate", "Bearer");
    return context.json(failureBody(refusal), refusal.status);
  });
  app.notFound((context) => {
    const refusal = new ApiRefusal(404, "NOT_DEPLOYED", "there is no such operation: see GET /openapi.json.");
    return context.json(failureBody(refusal), 404);
  });

  app.use(async (context, next) => {
    await next();
    context.header("x-content-type-options", "nosniff");
    context.header("cache-control", "no-store");
    context.header("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  });
  app.openapi(live, (context) => reply(context, { is_live: true }, 200));
  app.openapi(ready, async (context) => {
    const [row] = await rowsOf<{ block: number }>(store.db, sql`SELECT block::float8 AS block FROM chain`);
    const latest = await latestBlock();
    const answer: ReadyAnswer = {
      is_ready: row !== undefined && latest !== null,
      indexed_block: row?.block ?? null,
      latest_block: latest,
    };
    return answer.is_ready ? reply(context, answer, 200) : (context.json(answer, 503) as never);
  });

  app.use("/api/*", identify(store.db, rates));
  app.use("/api/*", boundedBody);
  app.route("/", draftRoutes(parts));
  app.route("/", benchmarkRoutes(parts));
  app.route("/", evaluationRoutes(parts, limits, wake));
  app.route("/", usageRoutes(parts));
  app.route("/", adminRoutes(parts));
  app.route("/", chainRoutes(parts)); // after the drafts, or /models/drafts would be read as a model
  app.route("/", mlflowRoutes(parts, limits));

  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: { title: "Hokusai platform", version, license: { name: "MIT" } },
  });
  return app;
}
