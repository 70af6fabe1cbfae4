// SPDX-License-Identifier: MIT
// Reads and checks the fields of a benchmark's file one by one.

import { parseJson } from "../schemas/json.ts";
import type { Guardrail } from "./guardrails.ts";
import { MOST_CLASSES, YES_NO, type ClassNames } from "./labels.ts";
import { METRICS, type MetricName, type NamedReading } from "./metrics.ts";
import type { Reading } from "./reading.ts";
import { Refusal, show } from "./refusal.ts";
import { TOKENISERS, type Tokeniser } from "./tokenisers.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const LONGEST_NAME = 256;

/** Returns a refusal of one field. `path` says to which part of the file the fields belong. */
export function bad(fields: JsonObject, key: string, expected: string, path = "benchmark: "): Refusal {
  return new Refusal("BAD_SPEC", `${path}${key} is ${show(fields[key])}, expected ${expected}`);
}

export function parseObject(text: string): JsonObject {
  const value = parseJson(text, ({ where, what, isJson }) => {
    return new Refusal("BAD_SPEC", `benchmark: ${where}: ${isJson ? what : `not valid JSON, ${show(what)}`}`);
  });
  if (!isObject(value)) throw new Refusal("BAD_SPEC", `benchmark: ${show(value)}, expected a JSON object`);
  return value;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function oneNameOf<T extends string>(fields: JsonObject, key: string, allowed: readonly T[], path?: string): T {
  const found = allowed.find((option) => option === fields[key]);
  if (found === undefined) throw bad(fields, key, allowed.join(", "), path);
  return found;
}

export function number(fields: JsonObject, key: string, fallback?: number, path?: string): number {
  const value = key in fields ? fields[key] : fallback;
  if (typeof value !== "number" || !Number.isFinite(value)) throw bad(fields, key, "a number", path);
  return value;
}

export function wholeNumber(fields: JsonObject, key: string, min: number, max: number, fallback: number): number {
  const value = key in fields ? fields[key] : fallback;
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw bad(fields, key, `an integer from ${min} to ${max}`);
  }
  return value;
}

export function refuseUnknown(fields: JsonObject, known: readonly string[], path: string, metric: MetricName): void {
  for (const key of Object.keys(fields)) {
    if (!known.includes(key))
      throw new Refusal("BAD_SPEC", `${path}: ${show(key)} means nothing for the metric ${metric}`);
  }
}

/** Reads how predictions and labels are to be interpreted. If classes are not stated, `labels` may derive them from the examples. */
export function readReading(
  fields: JsonObject,
  labels: () => readonly ClassNames[] | undefined,
  path = "benchmark: ",
): NamedReading {
  const name = oneNameOf(fields, "metric", Object.keys(METRICS) as MetricName[], path);
  const metric = METRICS[name];
  const direction = oneNameOf(fields, "direction", metric.directions, path);
  return {
    metric: name,
    direction,
    ...("column" in fields && { column: readColumn(fields, path) }),
    ...(metric.classes !== "none" && readClassification(fields, name, labels, path)),
    ...(metric.tokeniser && { tokeniser: readTokeniser(fields, metric.tokeniser, path) }),
    ...(metric.cap && "cap" in fields && { cap: readCap(fields, path) }),
  };
}

function readColumn(fields: JsonObject, path: string): string {
  const column = fields["column"];
  if (typeof column === "string" && NAME.test(column)) return column;
  throw bad(fields, "column", "1 to 64 characters of A-Z a-z 0-9 . _ -", path);
}

function readTokeniser(fields: JsonObject, usual: Tokeniser, path: string): Tokeniser {
  return "tokeniser" in fields ? oneNameOf(fields, "tokeniser", Object.keys(TOKENISERS) as Tokeniser[], path) : usual;
}

function readCap(fields: JsonObject, path: string): number {
  const cap = number(fields, "cap", undefined, path);
  if (cap <= 0) throw bad(fields, "cap", "more than 0", path);
  return cap;
}

function readClassification(
  fields: JsonObject,
  name: MetricName,
  labels: () => readonly ClassNames[] | undefined,
  path: string,
): Pick<Reading, "classes" | "predictions" | "threshold"> {
  const metric = METRICS[name];
  const classes =
    "classes" in fields ? readClasses(fields, metric.classes === "two", path) : defaultClasses(name, labels);
  if (metric.predictions !== "classes") return { classes };
  const kinds = classes.length === 2 ? (["score", "class"] as const) : (["class"] as const);
  const predictions = "predictions" in fields ? oneNameOf(fields, "predictions", kinds, path) : kinds[0];
  if (predictions === "class") return { classes, predictions };
  return { classes, predictions, threshold: number(fields, "threshold", 0.5, path) };
}

function defaultClasses(name: MetricName, labels: () => readonly ClassNames[] | undefined): readonly ClassNames[] {
  const { classes } = METRICS[name];
  const found = classes === "several" ? labels() : undefined;
  return found ?? YES_NO;
}

/** Reads `["spam", …]` or `[["spam", "1"], …]`. Of two classes, the second is the positive one. */
function readClasses(fields: JsonObject, isBinary: boolean, path: string): readonly ClassNames[] {
  const given = fields["classes"];
  const expected = isBinary ? "two classes" : `2 to ${MOST_CLASSES} classes`;
  const rule = `${expected}, each a name or a list of names, every name once and not empty`;
  const isName = (value: unknown) => typeof value === "string" && value.trim() !== "" && value.length <= LONGEST_NAME;
  if (!Array.isArray(given)) throw bad(fields, "classes", rule, path);
  const classes = (given as unknown[]).map((entry) => (Array.isArray(entry) ? (entry as unknown[]) : [entry]));
  const names = classes.flat();
  const isWell =
    classes.every((list) => list.length > 0) && names.every(isName) && new Set(names).size === names.length;
  const isCount = isBinary ? classes.length === 2 : classes.length >= 2 && classes.length <= MOST_CLASSES;
  if (!isWell || !isCount) throw bad(fields, "classes", rule, path);
  return classes as unknown as readonly ClassNames[];
}

const BOUNDS = ["atLeast", "atMost", "maxLoss"] as const;
const MOST_GUARDRAILS = 20;

/** Reads secondary metrics, each with one bound. */
export function readGuardrails(
  fields: JsonObject,
  labels: () => readonly ClassNames[] | undefined,
): readonly Guardrail[] {
  const given = fields["guardrails"];
  const expected = `a list of 1 to ${MOST_GUARDRAILS} objects`;
  if (!Array.isArray(given) || given.length < 1 || given.length > MOST_GUARDRAILS)
    throw bad(fields, "guardrails", expected);
  return (given as unknown[]).map((entry, index) => {
    const path = `benchmark: guardrails[${index}].`;
    if (!isObject(entry)) throw bad(fields, "guardrails", expected);
    const metric = oneNameOf(entry, "metric", Object.keys(METRICS) as MetricName[], path);
    const { directions } = METRICS[metric];
    const reading = readReading({ ...entry, direction: entry["direction"] ?? directions[0] }, labels, path);
    const stated = BOUNDS.filter((key) => key in entry);
    const [bound] = stated;
    if (bound === undefined || stated.length > 1) {
      throw new Refusal(
        "BAD_SPEC",
        `${path}${bound ?? "atLeast"}: ${stated.length} bounds are stated, expected one of ${BOUNDS.join(", ")}`,
      );
    }
    const limit = number(entry, bound, undefined, path);
    if (bound === "maxLoss" && limit < 0) throw bad(entry, bound, "0 or more", path);
    const blocking = entry["blocking"] ?? true;
    if (typeof blocking !== "boolean") throw bad(entry, "blocking", "true or false", path);
    const guardrail: Guardrail = { ...reading, [bound]: limit, blocking };
    refuseUnknown(entry, Object.keys(guardrail), path.slice(0, -1), metric);
    return guardrail;
  });
}
