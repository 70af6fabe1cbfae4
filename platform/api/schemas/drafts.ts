// Drafts of models, and what people approve.

import type {
  AdmissionInput,
  AdmissionView,
  ApprovalInput,
  ApprovedRegistration,
  DeployedInput,
  DraftInput,
  DraftView,
} from "../../../sdk/platform/wire";
import { addressSchema, decimalSchema, hashSchema, nameSchema, secondsSchema, textOf, uuidSchema, z } from "./common";

/** Categories that the platform lists. */
const CATEGORY = textOf(1, 40).openapi({ example: "Finance" });

export const directionSchema = z.enum(["higher_is_better", "lower_is_better"], "higher_is_better or lower_is_better");

export const valueSchema = z
  .number("a number")
  .min(-1e15, "a number")
  .max(1e15, "a number")
  .openapi({ example: 0.875 });

const allocationsSchema = z.strictObject({
  supplier: decimalSchema,
  investor: decimalSchema,
  tokens_per_delta_one: decimalSchema,
  expected_delta_ones: z
    .int("an integer from 0 to 100")
    .min(0, "0 or more")
    .max(100, "at most 100")
    .openapi({ example: 12 }),
});

const uriSchema = textOf(1, 256).openapi({ example: "https://example.org/licence.txt" });

const licenceSchema = z.union(
  [
    z.strictObject({
      text: textOf(1, 100_000, "several").openapi({ example: "All rights reserved." }),
      uri: uriSchema,
    }),
    z.strictObject({ hash: hashSchema, uri: uriSchema }),
  ],
  "a licence's text and address, or its hash and address",
);

const poolSchema = z.strictObject({
  initial_price: decimalSchema.openapi({ example: "0.01" }),
  crr_ppm: z.int("an integer from 50000 to 1000000").min(50_000, "at least 50000").max(1_000_000, "at most 1000000"),
  trade_fee_bps: z.int("an integer from 0 to 1000").min(0, "0 or more").max(1000, "at most 1000"),
});

const draftFields = {
  model_id: nameSchema,
  name: textOf(1, 31).openapi({ example: "Credit Default Classifier" }),
  ticker: z
    .string("3 to 6 upper-case letters")
    .regex(/^[A-Z]{3,6}$/, "3 to 6 upper-case letters")
    .openapi({ example: "CRDEF" }),
  description: textOf(0, 2000, "several").openapi({ example: "Says who pays back." }),
  category: CATEGORY,
  tags: z
    .array(textOf(1, 40))
    .max(20, "at most 20 tags")
    .openapi({ example: ["credit"] }),
  metric: textOf(1, 64).openapi({ example: "roc_auc" }),
  current_value: valueSchema,
  target_value: valueSchema.optional(),
  direction: directionSchema,
  pool: poolSchema.optional(),
  benchmark_spec_id: uuidSchema.optional(),
};

export const draftInput: z.ZodType<DraftInput> = z
  .strictObject({
    ...draftFields,
    licence: licenceSchema,
    allocations: z.union(
      [allocationsSchema, z.strictObject({ preset: z.enum(["experimental", "growth", "mature"]) })],
      "allocations, or a preset: experimental, growth, mature",
    ),
  })
  .openapi("DraftInput");

export const draftView: z.ZodType<DraftView> = z
  .object({
    ...draftFields,
    id: uuidSchema,
    owner: z.string(),
    status: z.enum(["DRAFT", "PROPOSAL", "REGISTERED", "DEPLOYED"]),
    allocations: allocationsSchema,
    licence: z.object({ hash: hashSchema, uri: z.string(), has_text: z.boolean() }),
    approved_at: secondsSchema.nullable(),
    token: addressSchema.nullable(),
    transaction_hash: hashSchema.nullable(),
    created_at: secondsSchema,
    updated_at: secondsSchema,
  })
  .openapi("Draft");

export const deployedInput: z.ZodType<DeployedInput> = z
  .strictObject({ transaction_hash: hashSchema, token: addressSchema })
  .openapi("DeployedInput");

export const approvalInput: z.ZodType<ApprovalInput> = z
  .strictObject({
    benchmark_version: z.int("a version of the benchmark").min(1, "1 or more").max(1_000_000, "at most 1000000"),
  })
  .openapi("ApprovalInput");

export const admissionInput: z.ZodType<AdmissionInput> = z
  .strictObject({ address: addressSchema })
  .openapi("AdmissionInput");

export const admissionView: z.ZodType<AdmissionView> = z
  .object({ address: addressSchema, admitted_at: secondsSchema })
  .openapi("Admission");

export const approvedRegistration: z.ZodType<ApprovedRegistration> = z
  .object({
    draft_id: uuidSchema,
    model_id: nameSchema,
    token: addressSchema,
    method: addressSchema,
    approved_at: secondsSchema,
    files: z.object({ model: z.string(), benchmark: z.string(), licence: z.string() }),
  })
  .openapi("ApprovedRegistration");
