// BenchmarkSpecs: turns what people state into the benchmark whose canonical bytes are hashed into the registry.

import { sql, type SQL } from "drizzle-orm";
import { printed } from "../../sdk/base/printed";
import { Problem } from "../../sdk/base/problem";
import { fractionOf } from "../../sdk/evaluation/decimal";
import { exactly } from "../../sdk/evaluation/fraction";
import { METRICS } from "../../sdk/evaluation/metrics";
import { Refusal } from "../../sdk/evaluation/refusal";
import { baselineScore, scaleOf } from "../../sdk/evaluation/scale";
import { canonicalSpec, hashSpec, parseSpec } from "../../sdk/evaluation/spec";
import type { BenchmarkInput, BenchmarkView, GuardrailInput, MetricDirection } from "../../sdk/platform/wire";
import { rowsOf, type Database } from "../store/database";
import { ApiRefusal } from "./failure";
import { seconds } from "./pages";

/** What is computed from a stated benchmark. */
export interface StatedBenchmark {
  /** Canonical bytes. */
  readonly spec: string;
  readonly specHash: string;
  /** The baseline's score in bps. */
  readonly baselineScore: number;
}

const DIRECTIONS: Readonly<Record<MetricDirection, "maximise" | "minimise">> = {
  higher_is_better: "maximise",
  lower_is_better: "minimise",
};

/** Fields of a benchmark's specification that the input has as fields of its own, outside `parameters`. */
const STATED_ELSEWHERE = ["version", "name", "metric", "direction", "minSampleSize", "guardrails"];

/** Returns the stated benchmark; throws an {@link ApiRefusal} if sdk/evaluation refuses it. */
export function stateBenchmark(input: BenchmarkInput): StatedBenchmark {
  const { model_id: name, metric_name: metric, metric_direction, eval_spec, baseline_value } = input;
  const { guardrails, min_examples: minSampleSize, parameters = {}, primary_metric, secondary_metrics } = eval_spec;
  if (primary_metric !== metric)
    throw refused(`eval_spec.primary_metric is ${primary_metric}, expected the metric_name, ${metric}`);
  const unknown = secondary_metrics.find((each) => !Object.hasOwn(METRICS, each));
  if (unknown !== undefined)
    throw refused(`eval_spec.secondary_metrics has ${unknown}, expected of ${Object.keys(METRICS).join(", ")}`);
  const double = STATED_ELSEWHERE.find((key) => Object.hasOwn(parameters, key));
  if (double !== undefined) throw refused(`eval_spec.parameters.${double} has a field of its own: leave it out`);
  try {
    const spec = parseSpec(
      JSON.stringify({
        ...parameters,
        name,
        metric,
        direction: DIRECTIONS[metric_direction],
        minSampleSize,
        ...(guardrails.length > 0 && { guardrails: guardrails.map(guardrailOf) }),
      }),
    );
    const scale = scaleOf(spec);
    const score = baselineScore(scale.score(exactly(fractionOf(baseline_value)), "baseline_value"), scale.sign);
    return { spec: canonicalSpec(spec), specHash: hashSpec(spec), baselineScore: score };
  } catch (error) {
    if (error instanceof Refusal) throw refused(error.message);
    throw error;
  }
}

function guardrailOf({ metric, direction, threshold, blocking, column }: GuardrailInput): object {
  const bound = direction === "higher_is_better" ? { atLeast: threshold } : { atMost: threshold };
  return { metric, direction: DIRECTIONS[direction], ...bound, blocking, ...(column !== undefined && { column }) };
}

function refused(what: string): ApiRefusal {
  return new ApiRefusal(422, "BAD_FILE", `${printed(what, 1000)}.`);
}

/** A benchmark version as stored. */
export interface BenchmarkRow {
  readonly id: string;
  readonly owner: string;
  readonly version: number;
  readonly is_active: boolean;
  readonly content: BenchmarkInput;
  readonly spec: string;
  readonly spec_hash: string;
  readonly baseline_score: number;
  readonly created_at: number;
  readonly updated_at: number;
}

/** Selects benchmarks at their latest versions. */
export function selectBenchmarks(where: SQL): SQL {
  return sql`SELECT specs.id, specs.owner, specs.version, specs.is_active, versions.content, versions.spec,
      versions.spec_hash, versions.baseline_score, ${seconds("specs.created_at")} AS created_at,
      ${seconds("specs.updated_at")} AS updated_at
    FROM benchmark_specs AS specs JOIN benchmark_versions AS versions
      ON versions.id = specs.id AND versions.version = specs.version
    WHERE ${where}`;
}

/** Returns a benchmark at its latest version; throws `NOT_DEPLOYED` if there is none with this id. */
export async function requireBenchmark(db: Database, id: string): Promise<BenchmarkRow> {
  const [row] = await rowsOf<BenchmarkRow>(db, selectBenchmarks(sql`specs.id = ${id}`));
  if (row) return row;
  throw new Problem("NOT_DEPLOYED", `there is no benchmark ${id}: see GET /api/v1/benchmarks.`);
}

/** Like {@link requireBenchmark}, but throws `CONFLICT` if the benchmark was deactivated. */
export async function requireActiveBenchmark(db: Database, id: string): Promise<BenchmarkRow> {
  const row = await requireBenchmark(db, id);
  if (row.is_active) return row;
  throw new Problem("CONFLICT", `the benchmark ${id} was deactivated: name another.`);
}

/** A benchmark as the API answers it. */
export function benchmarkViewOf(row: BenchmarkRow): BenchmarkView {
  const { id, version, is_active, content, spec, spec_hash, created_at, updated_at } = row;
  return {
    ...content,
    id,
    version,
    is_active,
    spec,
    spec_hash,
    baseline_score_bps: row.baseline_score,
    created_at,
    updated_at,
  };
}
