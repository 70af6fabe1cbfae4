// Jobs, documents, attempts, claims files and metered events.

import type {
  ApiKeyCreated,
  ApiKeyInput,
  AttemptView,
  DocumentAnswer,
  JobCreated,
  JobView,
  ReadyAnswer,
  UsageAnswer,
  UsageInput,
  UsageSummary,
} from "../../../sdk/platform/wire";
import { SCOPES } from "../keys";
import { hashSchema, nameSchema, secondsSchema, uuidSchema, z } from "./common";

const statusSchema = z.enum(["queued", "running", "accepted", "refused", "failed", "cancelled"]);

export const jobCreated: z.ZodType<JobCreated> = z.object({ job_id: uuidSchema }).openapi("JobCreated");

export const jobView: z.ZodType<JobView> = z
  .object({
    job_id: uuidSchema,
    model_id: nameSchema,
    benchmark_spec_id: uuidSchema,
    benchmark_version: z.int(),
    status: statusSchema,
    progress: z.number().min(0).max(1),
    attempt: z.int(),
    evaluation_id: hashSchema.nullable(),
    message: z.string().nullable(),
    created_at: secondsSchema,
    started_at: secondsSchema.nullable(),
    ended_at: secondsSchema.nullable(),
  })
  .openapi("Job");

export const attemptView: z.ZodType<AttemptView> = z
  .object({
    job_id: uuidSchema,
    benchmark_spec_id: uuidSchema,
    benchmark_version: z.int(),
    attempt: z.int(),
    status: statusSchema,
    evaluation_id: hashSchema.nullable(),
    created_at: secondsSchema,
  })
  .openapi("Attempt");

/** The document is sdk/evaluation's and has a schema of its own, which describes every field. */
export const documentAnswer: z.ZodType<DocumentAnswer> = z
  .object({ document: z.custom<DocumentAnswer["document"]>().openapi({ type: "object" }), is_on_chain: z.boolean() })
  .openapi("Document");

/** The most events in one request. */
const MOST_EVENTS = 20_000;

const callsSchema = z
  .int("an integer from 1 to 1000000000")
  .min(1, "at least 1")
  .max(1_000_000_000, "at most 1000000000")
  .openapi({ example: 25 });

export const usageInput: z.ZodType<UsageInput> = z
  .strictObject({
    events: z
      .array(
        z.strictObject({
          id: nameSchema.openapi({ example: "2026-05-01.0001" }),
          model: nameSchema,
          calls: callsSchema,
          at: secondsSchema,
        }),
      )
      .min(1, `1 to ${MOST_EVENTS} events`)
      .max(MOST_EVENTS, `1 to ${MOST_EVENTS} events`),
  })
  .openapi("UsageInput");

export const usageAnswer: z.ZodType<UsageAnswer> = z
  .object({ accepted: z.int(), duplicates: z.int() })
  .openapi("UsageAnswer");

export const usageSummary: z.ZodType<UsageSummary> = z
  .object({ model: nameSchema, calls: z.number(), handed_over: z.number() })
  .openapi("UsageSummary");

export const readyAnswer: z.ZodType<ReadyAnswer> = z
  .object({ is_ready: z.boolean(), indexed_block: z.number().nullable(), latest_block: z.number().nullable() })
  .openapi("Ready");

const accountSchema = z
  .string("1 to 64 characters of a-z 0-9 -")
  .regex(/^[a-z0-9-]{1,64}$/, "1 to 64 characters of a-z 0-9 -")
  .openapi({ example: "acme" });

export const apiKeyInput: z.ZodType<ApiKeyInput> = z
  .strictObject({
    account: accountSchema,
    scopes: z.array(z.enum(SCOPES)).min(1, "at least one scope").max(SCOPES.length, "each scope once"),
  })
  .openapi("ApiKeyInput");

export const apiKeyCreated: z.ZodType<ApiKeyCreated> = z
  .object({ prefix: z.string(), key: z.string(), account: accountSchema, scopes: z.array(z.enum(SCOPES)) })
  .openapi("ApiKeyCreated");
