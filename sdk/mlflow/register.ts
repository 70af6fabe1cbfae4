// Registers a version of a model in MLflow, tagged with its token and benchmark.

import { oneOf, pattern } from "../base/fields.ts";
import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import { METRICS, type MetricName } from "../evaluation/metrics.ts";
import type { MlflowClient, MlflowModelVersion } from "./client.ts";

/** A logged model, and the token and benchmark for which it is registered. */
export interface TokenizedModel {
  /** The model among a run's artifacts: `runs:/<run id>/<path>`. */
  readonly modelUri: string;
  /** The model's name in the registry. */
  readonly modelName: string;
  /** The token's ticker, 3 to 6 upper-case letters. */
  readonly tokenId: string;
  /** The benchmark's metric. */
  readonly metricName: string;
  /** The value of the metric from which improvements start. */
  readonly baselineValue: number;
  readonly additionalTags?: Readonly<Record<string, string>>;
}

/** A registered version. `modelUri` is `models:/<name>/<version>`. */
export interface RegisteredModelVersion extends MlflowModelVersion {
  readonly modelUri: string;
}

/** The ticker of a model's token. */
export const ticker = pattern(/^[A-Z]{3,6}$/, "3 to 6 upper-case letters");

const MODEL_URI = /^runs:\/([0-9A-Za-z-]{1,64})\/([^\s]{1,512})$/;
const metricName = oneOf(...(Object.keys(METRICS) as [MetricName, ...MetricName[]]));

/**
 * Registers the model of a run as a version, tagged with `hokusai_token_id`, `benchmark_metric` and `benchmark_value`.
 * @throws {Problem} `BAD_OPTION` for an invalid value, `CONFLICT` for a tag that would hide one of these.
 */
export async function registerTokenizedModel(
  { modelUri, modelName, tokenId, metricName: metric, baselineValue, additionalTags = {} }: TokenizedModel,
  mlflow: MlflowClient,
): Promise<RegisteredModelVersion> {
  const [, runId = "", path = ""] = MODEL_URI.exec(modelUri) ?? [];
  const refuse = (what: string, given: unknown, expected: string) =>
    new Problem("BAD_OPTION", `${what} is ${printed(String(given))}, expected ${expected}.`);
  if (runId === "") throw refuse("the model's address", modelUri, "runs:/<run id>/<path>");
  if (modelName.trim() === "" || /[/:]/.test(modelName))
    throw refuse("the model's name", modelName, "a name without slashes and colons");
  if (ticker.read(tokenId) === undefined) throw refuse("the token", tokenId, ticker.expected);
  if (metricName.read(metric) === undefined) throw refuse("the metric", metric, `one of ${metricName.expected}`);
  if (!Number.isFinite(baselineValue)) throw refuse("the baseline's value", baselineValue, "a number");
  const own = { hokusai_token_id: tokenId, benchmark_metric: metric, benchmark_value: String(baselineValue) };
  const hidden = Object.keys(additionalTags).find((name) => name in own);
  if (hidden !== undefined)
    throw new Problem("CONFLICT", `${hidden} is a tag of the registration itself: name yours otherwise.`);
  const { artifactUri } = await mlflow.run(runId);
  await mlflow.registerModel(modelName);
  const source = `${artifactUri.replace(/\/$/, "")}/${path}`;
  const version = await mlflow.createVersion(modelName, { source, runId, tags: { ...additionalTags, ...own } });
  return { ...version, modelUri: `models:/${version.name}/${version.version}` };
}
