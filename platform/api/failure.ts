// What the API refuses and how it says so: every answer that is not 2xx has one shape.

import { DrizzleQueryError } from "drizzle-orm";
import { HTTPException } from "hono/http-exception";
import { printed } from "../../sdk/base/printed";
import { Problem, type ProblemCode } from "../../sdk/base/problem";
import type { ApiFailure, FieldFailure } from "../../sdk/platform/wire";

export type FailureStatus = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 422 | 429 | 500 | 502 | 503;

/** HTTP statuses of problems that are thrown without one. */
const STATUS_OF: Readonly<Partial<Record<ProblemCode, FailureStatus>>> = {
  BAD_OPTION: 400,
  BAD_FILE: 422,
  BAD_KEY: 401,
  NOT_ALLOWED: 403,
  NOT_DEPLOYED: 404,
  NO_FILE: 404,
  CONFLICT: 409,
  WRONG_CHAIN: 409,
  NOT_YET: 409,
  ALREADY_DONE: 409,
  EVALUATION_REFUSED: 422,
  BUSY: 503,
  NODE_FAILED: 503,
};

/** Codes for the statuses with which the server itself refuses a request. */
const CODE_OF: Readonly<Partial<Record<number, ProblemCode>>> = {
  401: "BAD_KEY",
  403: "NOT_ALLOWED",
  404: "NOT_DEPLOYED",
};

interface RefusalDetails {
  readonly fields?: readonly FieldFailure[];
  /** Seconds after which the caller may retry. */
  readonly retryAfter?: number;
}

/** A refusal with an HTTP status of its own. */
export class ApiRefusal extends Problem {
  readonly fields: readonly FieldFailure[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(
    readonly status: FailureStatus,
    code: ProblemCode,
    message: string,
    { fields, retryAfter }: RefusalDetails = {},
  ) {
    super(code, message);
    this.name = "ApiRefusal";
    this.fields = fields;
    this.retryAfter = retryAfter;
  }
}

/** The refusal that answers an error. Anything that is not a refusal is an internal fault, and the answer reveals nothing about it. */
export function refusalFor(error: unknown): ApiRefusal {
  if (error instanceof ApiRefusal) return error;
  const status = error instanceof Problem ? STATUS_OF[error.code] : undefined;
  if (status !== undefined) return new ApiRefusal(status, (error as Problem).code, (error as Problem).message);
  const code = codeOfDatabase(error);
  if (DATABASE_AWAY.test(code))
    return new ApiRefusal(503, "NODE_FAILED", "the database does not answer: try again soon.", { retryAfter: 5 });
  if (code === UNIQUE_VIOLATION)
    return new ApiRefusal(409, "CONFLICT", "somebody else has changed this meanwhile: read it again and retry.");
  if (error instanceof HTTPException && error.status < 500) {
    const code = CODE_OF[error.status] ?? "BAD_OPTION";
    return new ApiRefusal(error.status as FailureStatus, code, `the request is refused: ${error.message}.`);
  }
  return new ApiRefusal(500, "INTERNAL", "a fault in our code: please report it with the time of the request.");
}

/** PostgreSQL's unique_violation: somebody else took the value a moment ago. */
const UNIQUE_VIOLATION = "23505";

/** The connection failed or broke, there are too many, or the server is stopping or starting. */
const DATABASE_AWAY = /^(ECONN\w+|ENOTFOUND|ETIMEDOUT|08\w{3}|53300|57P0[123])$/;

/** The driver's code for a failed query or connection; empty for any other error. */
function codeOfDatabase(error: unknown): string {
  const found: unknown = error instanceof DrizzleQueryError ? error.cause : error;
  const { code = "", message = "" } = Object(found) as { readonly code?: string; readonly message?: string };
  return /^(timeout exceeded when trying to connect|Connection terminated)/.test(message) ? "ECONNRESET" : code;
}

/** The body of the answer. */
export function failureBody({ code, message, fields }: ApiRefusal): ApiFailure {
  return { error: { code, message: printed(message, Infinity), ...(fields && { fields }) } };
}

/** What a schema's issue says about a field. */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly input?: unknown;
  readonly keys?: readonly string[];
}

const LONGEST_GIVEN = 80;
const MOST_FIELDS = 50;

/** The refusal of a request that does not fit its schema. */
export function invalid(where: string, issues: readonly Issue[], given: unknown): ApiRefusal {
  const fields = issues.slice(0, MOST_FIELDS).map((issue): FieldFailure => {
    const path = [where, ...issue.path.map(String)].join(".");
    const value = issue.path.reduce<unknown>((part, key) => Object(part)[key] as unknown, given);
    const shown = printed(JSON.stringify(value) ?? "missing", LONGEST_GIVEN);
    const expected = issue.keys
      ? `no field ${issue.keys.map((key) => printed(key)).join(", ")}`
      : printed(issue.message);
    return { path: printed(path), given: shown, expected };
  });
  const [first] = fields;
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : "";
  const what = first ? `${first.path} is ${first.given}, expected ${first.expected}${more}` : `${where} is not valid`;
  return new ApiRefusal(400, "BAD_OPTION", `${what}.`, { fields });
}
