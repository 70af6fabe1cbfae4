// The way to MLflow: requests and answers are streamed through and not kept.

import type { Context } from "hono";
import { Problem } from "../../../sdk/base/problem";
import { needs } from "../access";
import { tooLarge } from "../bodies";
import { newApp, type ApiApp, type ApiLimits, type ApiParts, type RequestFacts } from "../context";
import { ApiRefusal } from "../failure";

const PREFIX = "/api/mlflow";

/** Headers that are forwarded; our keys are not. */
const PASSING = ["accept", "content-type", "content-length", "content-disposition", "range", "content-range", "etag"];

/** Operations under /api/mlflow/, streamed to the configured server. */
export function mlflowRoutes({ mlflow }: ApiParts, limits: ApiLimits): ApiApp {
  const app = newApp();
  app.all(`${PREFIX}/*`, needs("models"), async (context) => {
    if (mlflow === undefined)
      throw new Problem("NODE_FAILED", "this platform has no MLflow server: set MLFLOW_TRACKING_URI where it runs.");
    return pass(context, mlflow, limits.artifact);
  });
  return app;
}

async function pass({ req }: Context<RequestFacts>, server: string, most: number): Promise<Response> {
  const { pathname, search } = new URL(req.url);
  const target = `${server.replace(/\/$/, "")}${pathname.slice(PREFIX.length)}${search}`;
  const hasBody = req.method !== "GET" && req.method !== "HEAD" && req.raw.body !== null;
  if (Number(req.header("content-length") ?? 0) > most) throw tooLarge(most);
  const counted = { size: 0 };
  const body = hasBody ? req.raw.body?.pipeThrough(countingStream(counted, most)) : undefined;
  const init = {
    method: req.method,
    headers: passing((name) => req.header(name)),
    redirect: "manual",
    signal: req.raw.signal,
    ...(body && { body, duplex: "half" }),
  } as RequestInit;
  try {
    const answer = await fetch(target, init);
    const headers = passing((name) => answer.headers.get(name) ?? undefined);
    // `fetch` has decoded the body, so its length may have changed.
    if (answer.headers.has("content-encoding")) delete headers["content-length"];
    return new Response(answer.body, { status: answer.status, headers });
  } catch {
    if (counted.size > most) throw tooLarge(most);
    throw new ApiRefusal(502, "NODE_FAILED", "the MLflow server does not answer: try again later.");
  }
}

function countingStream(counted: { size: number }, most: number): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(piece, controller) {
      counted.size += piece.length;
      if (counted.size > most) controller.error(tooLarge(most));
      else controller.enqueue(piece);
    },
  });
}

function passing(read: (name: string) => string | undefined): Record<string, string> {
  return Object.fromEntries(
    PASSING.flatMap((name) => {
      const value = read(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
