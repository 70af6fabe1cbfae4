// Sends requests to the platform's API and converts its refusals to problems.

import { printed } from "../base/printed.ts";
import { Problem, PROBLEMS, type ProblemCode } from "../base/problem.ts";
import { HttpService, jsonOf, type HttpRequest } from "./http.ts";
import type { ApiFailure } from "./wire.ts";

/** How to reach the platform. */
export interface PlatformOptions {
  readonly url: string;
  /** The value of `HOKUSAI_API_KEY`. Public reads need no key. It is never shown. */
  readonly key?: string;
  readonly tries?: number;
  /** The longest time that an answer may take, in milliseconds; 30 seconds by default. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** The codes for statuses whose answers do not name one of ours. */
const CODES: Readonly<Record<number, ProblemCode>> = {
  400: "BAD_OPTION",
  401: "BAD_KEY",
  403: "NOT_ALLOWED",
  404: "NOT_DEPLOYED",
  409: "CONFLICT",
  413: "BAD_OPTION",
  415: "BAD_OPTION",
  422: "BAD_OPTION",
  429: "BUSY",
};

export class ApiConnection {
  readonly service: HttpService;
  readonly signal: AbortSignal | undefined;

  constructor({ key, ...options }: PlatformOptions) {
    this.service = new HttpService({
      ...options,
      name: "the platform",
      ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
    });
    this.signal = options.signal;
  }

  get<T>(path: string, query: object = {}): Promise<T> {
    return this.send({ method: "GET", path, query: query as NonNullable<HttpRequest["query"]> });
  }

  /** Sends an idempotency key with the request, so that it can be retried without being done twice. */
  post<T>(path: string, body: object, more: Partial<HttpRequest> = {}): Promise<T> {
    const headers = { ...more.headers, "idempotency-key": crypto.randomUUID() };
    return this.send({ ...more, method: "POST", path, body, headers, isRepeatable: true });
  }

  async send<T>(request: HttpRequest): Promise<T> {
    const answer = await this.service.send(request);
    const content = answer.body.length === 0 ? undefined : jsonOf(answer);
    if (answer.status >= 200 && answer.status < 300) {
      if (content === undefined && answer.body.length > 0) throw this.notOurs(answer.status);
      return content as T;
    }
    throw this.refusalOf(answer.status, content);
  }

  private refusalOf(status: number, content: unknown): Problem {
    const { error } = Object(content) as Partial<ApiFailure>;
    if (typeof error?.message !== "string") return this.notOurs(status);
    const fallback = CODES[status] ?? "NODE_FAILED";
    const code = Object.hasOwn(PROBLEMS, error.code) ? (error.code as ProblemCode) : fallback;
    const reasons = Array.isArray(error.fields)
      ? error.fields.map(({ path, given, expected }) => ({
          code,
          message: printed(`${String(path)} is ${String(given)}, expected ${String(expected)}`),
          given: printed(String(given)),
          expected: printed(String(expected)),
        }))
      : [];
    const message = printed(error.message, 1000);
    // An internal error of the platform is not an internal error of this program.
    return new Problem(code === "INTERNAL" ? "NODE_FAILED" : code, `${this.service.name}: ${message}`, {
      ...(reasons.length > 0 && { reasons }),
    });
  }

  private notOurs(status: number): Problem {
    const code = CODES[status] ?? "NODE_FAILED";
    return new Problem(
      code,
      `${this.service.name} at ${this.service.host} answers with status ${status} and not as an API does: look at its address and the key.`,
    );
  }
}

/** Encodes a given id as a path segment. Throws a {@link Problem} for segments that would change the path. */
export function segment(part: string): string {
  if (part === "" || part === "." || part === "..")
    throw new Problem("BAD_OPTION", `an id is "${part}", expected one that the platform knows.`);
  return encodeURIComponent(part);
}
