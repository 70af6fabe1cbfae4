// Requests of the platform's API and what it refuses, as problems.

import { printed } from "../base/printed.ts";
import { Problem, PROBLEMS, type ProblemCode } from "../base/problem.ts";
import { HttpService, jsonOf, type HttpRequest } from "./http.ts";
import type { ApiFailure } from "./wire.ts";

/** How the platform is reached. */
export interface PlatformOptions {
  readonly url: string;
  /** What `HOKUSAI_API_KEY` holds; public reads need none. It is never shown. */
  readonly key?: string;
  readonly tries?: number;
  /** Milliseconds that an answer may take; 30 seconds without it. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** Codes for statuses whose answer names none of ours. */
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

/** The platform behind an address. */
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

  /** Carries an idempotency key, so that it is asked again without being done twice. */
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
    // A fault of the platform's is none of this program's.
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

/** What stands in a path for an id that somebody gave. */
export function segment(part: string): string {
  if (part === "" || part === "." || part === "..")
    throw new Problem("BAD_OPTION", `an id is "${part}", expected one that the platform knows.`);
  return encodeURIComponent(part);
}
