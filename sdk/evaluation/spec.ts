// SPDX-License-Identifier: MIT
// A benchmark: everything that turns predictions into a score, as JSON. The registry stores the hash of its canonical form.

import { keccak256, toUtf8Bytes } from "ethers";
import { canonical } from "./canonical.ts";
import { fractionOf } from "./decimal.ts";
import { fraction, toNumber, type Fraction } from "./fraction.ts";
import type { Guardrail } from "./guardrails.ts";
import type { ClassNames } from "./labels.ts";
import { METRICS, type MetricName, type NamedReading } from "./metrics.ts";
import type { Wanted } from "./readExamples.ts";
import { Refusal, show } from "./refusal.ts";
import {
  bad,
  wholeNumber,
  NAME,
  number,
  oneNameOf,
  parseObject,
  readGuardrails,
  readReading,
  refuseUnknown,
  type JsonObject,
} from "./specFields.ts";

/** The version of this format. Files of the first version lack this field and are read as the current one. */
export const SPEC_VERSION = 2;

/** A complete benchmark, in which every default is filled in. */
export interface BenchmarkSpec extends NamedReading {
  readonly version: typeof SPEC_VERSION;
  readonly name: string;
  /** The transformation of the metric before it is scaled. */
  readonly f: "identity" | "ln";
  /** The metric's values at 0 and at 10000 bps. */
  readonly lo: number;
  readonly hi: number;
  /** The column whose equal values mark examples that are not independent. */
  readonly group?: string;
  /** The number of disjoint parts in a dealing, and of dealings. */
  readonly folds: number;
  readonly dealings: number;
  readonly seed: number;
  /** The one-sided error of all attempts together, and the number of attempts allowed. */
  readonly alpha: number;
  readonly attempts: number;
  /** The number of resamples. Only for metrics whose interval is computed by resampling. */
  readonly resamples?: number;
  readonly minImprovementBps: number;
  readonly minSampleSize: number;
  readonly minRuns: number;
  readonly minLowerBoundBps: number;
  /** The score that a candidate must reach, in bps. */
  readonly targetScore?: number;
  readonly guardrails?: readonly Guardrail[];
}

const REQUIRED = ["name", "metric", "direction"];
const TRANSFORMS = ["identity", "ln"] as const;
const RANGE_DIGITS = 15;
const FULL_SCALE = 10_000;

/** The least number of resamples beyond each end of the interval, so that the ends do not depend on a few of them. */
const TAIL = 25;
const FEWEST_RESAMPLES = 9999;

/** Derives from the examples what a benchmark's file leaves open. */
export interface Defaults {
  baselineValue(draft: BenchmarkSpec): number;
  classes(): readonly ClassNames[] | undefined;
}

/** Reads a benchmark from JSON, checks all bounds and fills in the defaults. */
export function parseSpec(text: string): BenchmarkSpec {
  return completeSpec(text, {
    baselineValue: () => {
      throw new Refusal(
        "BAD_SPEC",
        "benchmark: lo and hi are missing, expected lo 0 and hi twice the baseline's value; --complete fills them in",
      );
    },
    classes: () => undefined,
  });
}

/**
 * Reads a benchmark that may depend on the examples. If lo and hi are missing for an unbounded minimised metric, they become 0 and twice
 * the
 * baseline's value, rounded to fifteen significant digits. If the classes of a metric with several classes are missing, they are the
 * labels.
 */
export function completeSpec(text: string, defaults: Defaults): BenchmarkSpec {
  const fields = parseObject(text);
  for (const key of REQUIRED)
    if (!(key in fields))
      throw new Refusal("BAD_SPEC", `benchmark: ${key} is missing, expected ${REQUIRED.join(", ")}`);
  if ("version" in fields && fields["version"] !== SPEC_VERSION) throw bad(fields, "version", String(SPEC_VERSION));
  const name = fields["name"];
  if (typeof name !== "string" || !NAME.test(name))
    throw bad(fields, "name", "1 to 64 characters of A-Z a-z 0-9 . _ -");
  const reading = readReading(fields, defaults.classes);
  const { range, resampled } = METRICS[reading.metric];
  const f = "f" in fields ? oneNameOf(fields, "f", TRANSFORMS) : "identity";
  const folds = wholeNumber(fields, "folds", 2, 100, 10);
  const alpha = number(fields, "alpha", 0.025);
  if (!(alpha >= 0.0001 && alpha <= 0.05)) throw bad(fields, "alpha", "a number from 0.0001 to 0.05");
  const attempts = wholeNumber(fields, "attempts", 1, 1000, 10);
  const fewest = Math.max(FEWEST_RESAMPLES, Math.ceil((TAIL * attempts) / alpha) - 1);
  const known = {
    version: SPEC_VERSION,
    name,
    ...reading,
    f,
    ...("group" in fields && { group: readGroup(fields) }),
    folds,
    dealings: wholeNumber(fields, "dealings", 1, 100, 10),
    seed: wholeNumber(fields, "seed", 0, 2 ** 31 - 1, 1),
    alpha,
    attempts,
    ...(resampled && { resamples: wholeNumber(fields, "resamples", fewest, Math.max(1_000_000, fewest), fewest) }),
    minImprovementBps: wholeNumber(fields, "minImprovementBps", 10, 1000, 10),
    minSampleSize: wholeNumber(fields, "minSampleSize", Math.max(20, folds), 2 ** 32 - 1, 100),
    minRuns: wholeNumber(fields, "minRuns", 1, folds, 1),
    minLowerBoundBps: wholeNumber(fields, "minLowerBoundBps", 1, FULL_SCALE, 1),
    ...("targetScore" in fields && { targetScore: wholeNumber(fields, "targetScore", 1, FULL_SCALE, 1) }),
    ...("guardrails" in fields && { guardrails: readGuardrails(fields, defaults.classes) }),
  } as const;
  refuseUnknown(fields, [...Object.keys(known), "lo", "hi"], "benchmark", reading.metric);
  const ends = rangeOf(fields, range, f, reading.metric, (lo) => {
    const value = defaults.baselineValue({ ...known, lo, hi: Infinity });
    return Number((2 * value).toPrecision(RANGE_DIGITS));
  });
  return { ...known, ...ends };
}

/** Returns the text that is hashed: JSON with keys in ascending order and without white space (RFC 8785). */
export function canonicalSpec(spec: BenchmarkSpec): string {
  return canonical(spec);
}

/** Returns the keccak256 of the canonical form. */
export function hashSpec(spec: BenchmarkSpec): string {
  return keccak256(toUtf8Bytes(canonicalSpec(spec)));
}

/** Returns the one-sided error level of one attempt, exactly. */
export function levelOf({ alpha, attempts }: Pick<BenchmarkSpec, "alpha" | "attempts">): Fraction {
  const { num, den } = fractionOf(alpha);
  return fraction(num, den * BigInt(attempts));
}

/** Returns the one-sided error level of one attempt, in double precision. */
export function levelAsNumber(spec: Pick<BenchmarkSpec, "alpha" | "attempts">): number {
  return toNumber(levelOf(spec));
}

/** Returns the columns that a benchmark, complete or not, needs besides id, label and predictions. */
export function wantedBy(text: string): Wanted {
  return wantedOf(completeSpec(text, { baselineValue: () => 1, classes: () => undefined }));
}

/** Returns the columns that a parsed benchmark needs besides id, label and predictions. */
export function wantedOf({ group, column, guardrails = [] }: BenchmarkSpec): Wanted {
  const columns = [column, ...guardrails.map((guardrail) => guardrail.column)].filter((name) => name !== undefined);
  return { ...(group !== undefined && { group }), columns: [...new Set(columns)] };
}

function readGroup(fields: JsonObject): string {
  const group = fields["group"];
  const taken = ["id", "label", "baseline", "candidate", "prediction"];
  if (typeof group === "string" && NAME.test(group) && !taken.includes(group)) return group;
  throw bad(fields, "group", "the name of a column of its own");
}

function rangeOf(
  fields: JsonObject,
  kind: "unit" | "twice baseline" | "stated",
  f: "identity" | "ln",
  metric: MetricName,
  defaultHi: (lo: number) => number,
): { lo: number; hi: number } {
  const stated = ["lo", "hi"].filter((key) => key in fields);
  const refuse = (what: string) => new Refusal("BAD_SPEC", `benchmark: ${what}`);
  if (stated.length === 1) throw refuse("lo and hi must be stated together");
  if (stated.length === 0 && kind === "stated")
    throw refuse(`lo and hi are missing, expected the ends of the scale of ${metric}`);
  if (stated.length === 0 && f === "ln") throw refuse("lo and hi are missing, expected both with f ln");
  const lo = stated.length === 0 ? 0 : number(fields, "lo");
  const hi = stated.length > 0 ? number(fields, "hi") : kind === "unit" ? 1 : defaultHi(lo);
  if (lo >= hi) throw refuse(`lo is ${show(lo)} and hi is ${show(hi)}, expected lo below hi`);
  if (f === "ln" && lo <= 0) throw refuse(`lo is ${lo}, expected more than 0 with f ln`);
  return { lo, hi };
}
