// Parts that many requests and answers share.

import { createRoute, z } from "@hono/zod-openapi";
import { getAddress } from "ethers";
import type { Context, TypedResponse } from "hono";
import { address } from "../../../sdk/base/fields";
import type { Page } from "../../../sdk/platform/chainWire";
import type { ApiFailure } from "../../../sdk/platform/wire";
import type { RequestFacts } from "../context";

/** The most entries in a page. */
const LARGEST_PAGE = 200;

const MOST_PAGES = 1_000_000;

/** Without flags, because the API document cannot state any. */
const ONE_LINE = /^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$/;
const SEVERAL_LINES = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$/;

/**
 * Text of `min` to `max` characters without control characters or ones that change the text's direction; with `several` lines, line breaks
 * and tabs are allowed.
 */
export const textOf = (min: number, max: number, lines: "one" | "several" = "one") =>
  z
    .string(`text of ${min} to ${max} characters`)
    .min(min, `text of ${min} to ${max} characters`)
    .max(max, `text of ${min} to ${max} characters`)
    .regex(lines === "one" ? ONE_LINE : SEVERAL_LINES, "text without control characters, and without any that turn it");

/** The published id of a model, or another name that is part of an address. */
export const nameSchema = z
  .string("1 to 64 characters of A-Z a-z 0-9 . _ -")
  .regex(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 characters of A-Z a-z 0-9 . _ -")
  .openapi({ example: "credit-default" });

export const uuidSchema = z
  .uuid("an id as this API gives it")
  .openapi({ example: "0b6f6f0e-7d0e-4a53-9f0f-3a5d1f6f2c11" });

export const hashSchema = z
  .string("32 bytes as 0x and 64 hexadecimal digits")
  .regex(/^0x[0-9a-fA-F]{64}$/, "32 bytes as 0x and 64 hexadecimal digits")
  .openapi({ example: `0x${"ab".repeat(32)}` });

export const addressSchema = z
  .string(address.expected)
  .regex(/^0x[0-9a-fA-F]{40}$/, address.expected)
  .refine((value) => address.read(value) !== undefined, address.expected)
  .openapi({ example: getAddress("0x70997970c51812dc3a010c7d01b50e0d17dc79c8") });

/** An amount of whole tokens or of the reserve. */
export const decimalSchema = z
  .string("a decimal string")
  .regex(/^\d{1,40}(\.\d{1,18})?$/, "a decimal string of at most 18 decimals")
  .openapi({ example: "1000" });

export const integerStringSchema = z
  .string()
  .regex(/^-?\d{1,80}$/)
  .openapi({ example: "1000000" });

export const secondsSchema = z
  .int("seconds since 1970")
  .min(0, "seconds since 1970")
  .max(9_999_999_999, "seconds since 1970")
  .openapi({ example: 1_767_225_600 });

const pageNumber = (max: number, what: string) => z.coerce.number(what).pipe(z.int(what).min(1, what).max(max, what));

/** Which page of a list. */
export const pageQuery = z.strictObject({
  page: pageNumber(MOST_PAGES, `a page from 1 to ${MOST_PAGES}`).default(1).openapi({ example: 1 }),
  page_size: pageNumber(LARGEST_PAGE, `an integer from 1 to ${LARGEST_PAGE}`).default(50).openapi({ example: 50 }),
});

/** A page of entries. */
export const pageOf = <T>(entry: z.ZodType<T>): z.ZodType<Page<T>> =>
  z.object({ items: z.array(entry), total: z.int(), page: z.int(), page_size: z.int() });

const failureSchema: z.ZodType<ApiFailure> = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      fields: z.array(z.object({ path: z.string(), given: z.string(), expected: z.string() })).optional(),
    }),
  })
  .openapi("Failure");

const MEANINGS = {
  400: "The request is not valid",
  401: "The key is missing or wrong",
  403: "The key has not the scope",
  404: "There is no such thing",
  409: "The state does not allow it, or something else has the name",
  413: "The body is too large",
  415: "The body is of another type",
  422: "The content is refused",
  429: "Too many requests",
  500: "A fault in our code",
  502: "The service behind this one does not answer",
  503: "Too busy, or something that is needed does not answer",
} as const;

export type FailureMeaning = keyof typeof MEANINGS;

const json = <T>(schema: z.ZodType<T>) => ({ "application/json": { schema } });

/** The failures that an operation may answer with; those common to all operations are always included. */
export function failures(...statuses: readonly FailureMeaning[]) {
  const all = [...new Set<FailureMeaning>([400, 401, 429, 500, 503, ...statuses])];
  return Object.fromEntries(all.map((status) => [status, failure(status)])) as Record<
    FailureMeaning,
    ReturnType<typeof failure>
  >;
}

/** The failure with one status. */
export function failure(status: FailureMeaning) {
  return { description: MEANINGS[status], content: json(failureSchema) };
}

/** Stands for an operation's answer: hono's own JSON type would expand recursive types without end. */
type Answered = true;

/** A successful answer. */
export function answers<T extends object>(schema: z.ZodType<T>, description: string) {
  return { description, content: json(schema as unknown as z.ZodType<Answered>) };
}

/** Answers with JSON. */
export function reply<T extends object, Status extends 200 | 201 | 202>(
  context: Context<RequestFacts>,
  body: T,
  status: Status,
): TypedResponse<Answered, Status, "json"> {
  return context.body(JSON.stringify(body), status, { "content-type": "application/json" }) as unknown as TypedResponse<
    Answered,
    Status,
    "json"
  >;
}

/** A required JSON body. */
export function jsonBodyOf<T>(schema: z.ZodType<T>) {
  return { required: true, content: json(schema) };
}

/** The header that makes a POST request take effect once, however often it is sent. */
export const idempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, "1 to 128 printable characters")
    .optional()
    .openapi({ example: "a-key-of-your-own", param: { name: "idempotency-key", in: "header" } }),
});

/** Marks an operation whose callers need a key. */
export const BEARER = [{ bearer: [] }];

export { createRoute, z };
