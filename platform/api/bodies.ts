// Request bodies: bounded before they are read, and JSON that every parser reads the same way.

import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { readJson } from "../../sdk/schemas/json";
import { requireCaller } from "./access";
import type { RequestFacts } from "./context";
import { ApiRefusal, refusalFor } from "./failure";

const KIB = 1024;

/** The largest JSON body, in bytes, unless an operation allows more. */
const LARGEST_BODY = 256 * KIB;

/** Larger limits in bytes, by the operation's path. */
const LARGER: readonly (readonly [RegExp, number])[] = [
  [/^\/api\/v1\/usage\/events$/, 4096 * KIB],
  [/^\/api\/v1\/claims\//, 4096 * KIB],
];

/** Methods whose bodies are never read. */
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Operations that stream their body instead of reading it as JSON. */
const STREAMED = /^\/api\/(mlflow\/|v1\/models\/[^/]+\/evaluate$)/;

/** What PostgreSQL cannot store as text: NUL characters and unpaired surrogates, as JSON escapes them. */
const UNKEPT = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89ab][0-9a-f]{2}|d[c-f][0-9a-f]{2})/i;

/** Refuses a body that is too large, is not declared as JSON, or is ambiguous JSON. */
export const boundedBody: MiddlewareHandler<RequestFacts> = async (context, next) => {
  const { method, path } = context.req;
  if (BODILESS.has(method) || STREAMED.test(path)) return next();
  requireCaller(context); // read nothing from a caller who may change nothing
  const maxSize = LARGER.find(([form]) => form.test(path))?.[1] ?? LARGEST_BODY;
  return bodyLimit({
    maxSize,
    onError: () => {
      throw tooLarge(maxSize);
    },
  })(context, async () => {
    const text = await context.req.text();
    if (text !== "") requireJson(text, context.req.header("content-type") ?? "");
    await next();
  });
};

/** The refusal of a body that is larger than allowed. */
export function tooLarge(largest: number): ApiRefusal {
  return new ApiRefusal(413, "BAD_OPTION", `the body is larger than ${largest} bytes: send less.`);
}

function requireJson(text: string, type: string): void {
  if (!/^application\/json\b/i.test(type))
    throw new ApiRefusal(415, "BAD_OPTION", "the body is not declared as application/json: set content-type.");
  let value: unknown;
  try {
    value = readJson("the body", text);
  } catch (error) {
    throw new ApiRefusal(400, "BAD_OPTION", refusalFor(error).message);
  }
  if (UNKEPT.test(JSON.stringify(value)))
    throw new ApiRefusal(
      400,
      "BAD_OPTION",
      "the body has a zero character or half of a character, expected whole text.",
    );
}
