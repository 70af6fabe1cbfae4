// BenchmarkSpecs, and registrations of model versions against them.

import type { BenchmarkInput, BenchmarkView, RegistrationInput, RegistrationView } from "../../../sdk/platform/wire";
import { hashSchema, nameSchema, secondsSchema, textOf, uuidSchema, z } from "./common";
import { directionSchema, valueSchema } from "./drafts";

const columnSchema = textOf(1, 64).openapi({ example: "label" });

/** A metric's name; sdk/evaluation decides whether it knows the metric. */
const metricSchema = z
  .string("the name of a metric")
  .regex(/^[a-z][a-z0-9_]{0,63}$/, "the name of a metric, such as roc_auc")
  .openapi({ example: "accuracy" });

const guardrailSchema = z.strictObject({
  name: textOf(1, 64),
  metric: metricSchema,
  direction: directionSchema,
  threshold: valueSchema,
  blocking: z.boolean("true or false"),
  column: columnSchema.optional(),
});

const LARGEST_PARAMETERS = 20_000;

const evalSpecSchema = z.strictObject({
  primary_metric: metricSchema,
  secondary_metrics: z.array(metricSchema).max(20, "at most 20 metrics").openapi({ example: [] }),
  guardrails: z.array(guardrailSchema).max(20, "at most 20 guardrails").openapi({ example: [] }),
  min_examples: z
    .int("an integer from 20 to 4294967295")
    .min(20, "at least 20")
    .max(4_294_967_295, "at most 4294967295")
    .openapi({ example: 100 }),
  parameters: z
    .record(z.string().regex(/^[A-Za-z]{1,32}$/, "a field of a benchmark"), z.unknown())
    .refine(
      (value) => JSON.stringify(value).length <= LARGEST_PARAMETERS,
      `at most ${LARGEST_PARAMETERS} characters of JSON`,
    )
    .optional()
    .openapi({ type: "object", example: { folds: 10, attempts: 5 } }),
});

const benchmarkFields = {
  model_id: nameSchema,
  provider: textOf(1, 64).openapi({ example: "hokusai" }),
  dataset_reference: textOf(1, 1024).openapi({ example: "https://example.org/credit.csv" }),
  eval_split: textOf(1, 64).openapi({ example: "test" }),
  target_column: columnSchema,
  input_columns: z
    .array(columnSchema)
    .max(1000, "at most 1000 columns")
    .openapi({ example: ["income"] }),
  metric_name: metricSchema,
  metric_direction: directionSchema,
  dataset_version: z
    .string("sha256: and 64 hexadecimal digits")
    .regex(/^sha256:[0-9a-f]{64}$/, "sha256: and 64 hexadecimal digits in lower case")
    .openapi({ example: `sha256:${"cd".repeat(32)}` }),
  evaluation_data_hash: hashSchema.optional(),
  baseline_value: valueSchema,
  eval_spec: evalSpecSchema,
  task_type: textOf(1, 64).openapi({ example: "binary_classification" }),
};

export const benchmarkInput: z.ZodType<BenchmarkInput> = z.strictObject(benchmarkFields).openapi("BenchmarkInput");

export const benchmarkView: z.ZodType<BenchmarkView> = z
  .object({
    ...benchmarkFields,
    id: uuidSchema,
    version: z.int(),
    is_active: z.boolean(),
    spec: z.string(),
    spec_hash: hashSchema,
    baseline_score_bps: z.int(),
    created_at: secondsSchema,
    updated_at: secondsSchema,
  })
  .openapi("Benchmark");

const registrationFields = {
  token_id: z
    .string("1 to 16 characters")
    .regex(/^[A-Za-z0-9._-]{1,16}$/, "1 to 16 characters of A-Z a-z 0-9 . _ -")
    .openapi({ example: "CRDEF" }),
  model_uri: textOf(1, 1024).openapi({ example: "models:/credit-default/3" }),
  model_name: textOf(1, 256).openapi({ example: "credit-default" }),
  mlflow_run_id: z
    .string("a run's id")
    .regex(/^[A-Za-z0-9]{1,64}$/, "1 to 64 letters and digits")
    .openapi({ example: "ab12" }),
  benchmark_spec_id: uuidSchema,
  metric_name: metricSchema,
  baseline_value: valueSchema,
  current_value: valueSchema,
  tags: z
    .record(textOf(1, 250), textOf(0, 5000, "several"))
    .refine((tags) => Object.keys(tags).length <= 100, "at most 100 tags")
    .openapi({ example: { stage: "test" } }),
};

export const registrationInput: z.ZodType<RegistrationInput> = z
  .strictObject(registrationFields)
  .openapi("RegistrationInput");

export const registrationView: z.ZodType<RegistrationView> = z
  .object({ ...registrationFields, id: uuidSchema, benchmark_version: z.int(), created_at: secondsSchema })
  .openapi("Registration");
