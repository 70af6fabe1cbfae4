// SPDX-License-Identifier: MIT
// A benchmark: everything that turns predictions into a score, as JSON whose canonical bytes are hashed into the registry.

import { keccak256, toUtf8Bytes } from "ethers";
import { METRICS, type Direction, type MetricName } from "./metrics";
import { Refusal } from "./refusal";

/** A complete benchmark: nothing is left to a default. */
export interface BenchmarkSpec {
  readonly name: string;
  readonly metric: MetricName;
  readonly direction: Direction;
  /** Transformation of the metric before it is scaled. */
  readonly f: "identity" | "ln";
  /** The metric's values at 0 and at 10000 bps. */
  readonly lo: number;
  readonly hi: number;
  /** Score from which an example is predicted positive; only for metrics of classes. */
  readonly threshold?: number;
  readonly folds: number;
  readonly seed: number;
  /** Bootstrap resamples; only for metrics whose interval is a bootstrap's. */
  readonly resamples?: number;
  readonly minImprovementBps: number;
  readonly minSampleSize: number;
  readonly minRuns: number;
  readonly minLowerBoundBps: number;
}

const REQUIRED = ["name", "metric", "direction"];
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const TRANSFORMS = ["identity", "ln"] as const;
const RANGE_DIGITS = 15;

/** Reads a benchmark from JSON text, checks every bound and fills in the defaults. */
export function parseSpec(text: string): BenchmarkSpec {
  return readSpec(text, () => {
    throw new Refusal(
      "BAD_SPEC",
      "benchmark: lo and hi are missing, expected lo 0 and hi twice the baseline's value; --complete fills them in",
    );
  });
}

/**
 * Reads a benchmark whose scale may depend on the baseline: where lo and hi are missing for an unbounded minimised metric,
 * they become 0 and twice the baseline's value, rounded to fifteen significant digits.
 */
export function completeSpec(text: string, baselineValue: (draft: BenchmarkSpec) => number): BenchmarkSpec {
  return readSpec(text, (draft) => Number((2 * baselineValue(draft)).toPrecision(RANGE_DIGITS)));
}

/** The bytes that are hashed: JSON with keys in ascending order and no white space (RFC 8785). */
export function canonicalSpec(spec: BenchmarkSpec): string {
  return JSON.stringify(Object.fromEntries(Object.entries(spec).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** keccak256 of the canonical bytes. */
export function hashSpec(spec: BenchmarkSpec): string {
  return keccak256(toUtf8Bytes(canonicalSpec(spec)));
}

function readSpec(text: string, defaultHi: (draft: BenchmarkSpec) => number): BenchmarkSpec {
  const fields = parseObject(text);
  for (const key of REQUIRED) if (!(key in fields)) throw new Refusal("BAD_SPEC", `benchmark: ${key} is missing`);

  const name = fields["name"];
  if (typeof name !== "string" || !NAME.test(name))
    throw bad(fields, "name", "1 to 64 characters of A-Z a-z 0-9 . _ -");
  const metricName = oneOf(fields, "metric", Object.keys(METRICS) as MetricName[]);
  const metric = METRICS[metricName];
  const direction = oneOf(fields, "direction", [metric.direction]);
  const f = "f" in fields ? oneOf(fields, "f", TRANSFORMS) : "identity";
  const folds = integer(fields, "folds", 2, 100, 10);
  const known = {
    name,
    metric: metricName,
    direction,
    f,
    ...(metric.threshold && { threshold: number(fields, "threshold", 0.5) }),
    folds,
    seed: integer(fields, "seed", 0, 2 ** 31 - 1, 1),
    ...(metric.bootstrap && { resamples: integer(fields, "resamples", 999, 1_000_000, 9999) }),
    minImprovementBps: integer(fields, "minImprovementBps", 10, 1000, 10),
    minSampleSize: integer(fields, "minSampleSize", Math.max(20, folds), 2 ** 32 - 1, Math.max(100, folds)),
    minRuns: integer(fields, "minRuns", 1, folds, 1),
    minLowerBoundBps: integer(fields, "minLowerBoundBps", 1, 10_000, 1),
  };
  for (const key of Object.keys(fields)) {
    if (!(key in known) && key !== "lo" && key !== "hi")
      throw new Refusal("BAD_SPEC", `benchmark: ${key} means nothing for the metric ${metricName}`);
  }
  const range = rangeOf(fields, metric.range, f, (lo) => defaultHi({ ...known, lo, hi: Infinity }));
  return { ...known, ...range };
}

function rangeOf(
  fields: Record<string, unknown>,
  kind: "unit" | "twice baseline" | "stated",
  f: "identity" | "ln",
  defaultHi: (lo: number) => number,
): { lo: number; hi: number } {
  const stated = ["lo", "hi"].filter((key) => key in fields);
  if (stated.length === 1) throw new Refusal("BAD_SPEC", "benchmark: lo and hi must be stated together");
  if (stated.length === 0 && kind === "stated")
    throw new Refusal("BAD_SPEC", "benchmark: lo and hi are missing, expected the ends of the human scale");
  if (stated.length === 0 && f === "ln")
    throw new Refusal("BAD_SPEC", "benchmark: lo and hi are missing, expected both with f ln");
  const lo = stated.length === 0 ? 0 : number(fields, "lo");
  const hi = stated.length > 0 ? number(fields, "hi") : kind === "unit" ? 1 : defaultHi(lo);
  if (lo >= hi) throw new Refusal("BAD_SPEC", `benchmark: lo is ${lo} and hi is ${hi}, expected lo below hi`);
  if (f === "ln" && lo <= 0) throw new Refusal("BAD_SPEC", `benchmark: lo is ${lo}, expected more than 0 with f ln`);
  return { lo, hi };
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Refusal("BAD_SPEC", `benchmark: not valid JSON, ${(error as SyntaxError).message.split("\n")[0]}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Refusal("BAD_SPEC", "benchmark: expected a JSON object");
  return value as Record<string, unknown>;
}

function oneOf<T extends string>(fields: Record<string, unknown>, key: string, allowed: readonly T[]): T {
  const found = allowed.find((option) => option === fields[key]);
  if (found === undefined) throw bad(fields, key, allowed.join(", "));
  return found;
}

function number(fields: Record<string, unknown>, key: string, fallback?: number): number {
  const value = fields[key] ?? fallback;
  if (typeof value !== "number" || !Number.isFinite(value)) throw bad(fields, key, "a number");
  return value;
}

function integer(fields: Record<string, unknown>, key: string, min: number, max: number, fallback: number): number {
  const value = key in fields ? fields[key] : fallback;
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw bad(fields, key, `an integer from ${min} to ${max}`);
  }
  return value;
}

function bad(fields: Record<string, unknown>, key: string, expected: string): Refusal {
  return new Refusal("BAD_SPEC", `benchmark: ${key} is ${JSON.stringify(fields[key])}, expected ${expected}`);
}
