// The command that registers a model's file in MLflow for a token and a benchmark.

import { basename } from "node:path";
import { pattern } from "../base/fields.ts";
import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import { hashDocument, type EvaluationDocument } from "../evaluation/document.ts";
import { registerTokenizedModel, ticker } from "../mlflow/register.ts";
import { fileName, flag } from "../node/commandLine.ts";
import { readText } from "../node/files.ts";
import { uploadModel } from "../node/modelUpload.ts";
import type { BenchmarkView } from "../platform/wire.ts";
import { readJson, toJson } from "../schemas/json.ts";
import { mlflowOf, platformOf, type HokusaiCommand, type HokusaiStreams } from "./subcommand.ts";

const NAME = pattern(/^[^/:\p{C}]{1,128}$/u, "1 to 128 characters, no slash and no colon");
const ID = pattern(/^[A-Za-z0-9._-]{1,128}$/, "the id of a benchmark");

export const modelRegister: HokusaiCommand = {
  summary: "upload a model's file and register it for a token",
  usage: `usage: hokusai model register --token-id <ticker> --benchmark-spec-id <id> --model-path <file> --evaluation <document.json>
  --token-id <ticker>        the token's ticker, 3 to 6 upper-case letters
  --benchmark-spec-id <id>   the benchmark that it is measured by
  --model-path <file>        the model, of any format; uploaded to MLflow, and its hash read back
  --evaluation <file>        the document of its evaluation by this benchmark, where it is the candidate
  --model-name <name>        its name in MLflow; the ticker without it
  --json                     print what was registered, and a failure, as JSON
  --help                     print this text`,
  run: async ({ options }, streams) => {
    const tokenId = options.read("token-id", ticker);
    const specId = options.read("benchmark-spec-id", ID);
    const path = options.read("model-path", fileName);
    const documentPath = options.read("evaluation", fileName);
    const modelName = options.read("model-name", NAME, tokenId);
    const isJson = options.read("json", flag, false);
    options.refuse("options");
    const document = readJson(documentPath, readText(documentPath)) as EvaluationDocument;
    const platform = platformOf(streams);
    const benchmark = await platform.benchmark(specId);
    const currentValue = measuredValue(documentPath, document, benchmark);
    const registered = await upload({ tokenId, modelName, path, benchmark, document, currentValue }, streams);
    const { baseline_value, metric_name } = benchmark;
    const registration = await platform.register({
      ...{ token_id: tokenId, model_uri: registered.modelUri, model_name: modelName },
      ...{ mlflow_run_id: registered.runId, benchmark_spec_id: specId, metric_name, baseline_value },
      ...{ current_value: currentValue, tags: registered.tags },
    });
    return isJson
      ? toJson({ ...registration, sha256: registered.sha256, bytes: registered.bytes })
      : `${printed(registration.id)}  ${printed(registered.modelUri)} is registered for ${tokenId}: ${metric_name} ${currentValue}, from ${baseline_value}; SHA-256 ${registered.sha256}`;
  },
};

interface Upload {
  readonly tokenId: string;
  readonly modelName: string;
  readonly path: string;
  readonly benchmark: BenchmarkView;
  readonly document: EvaluationDocument;
  readonly currentValue: number;
}

async function upload(
  { tokenId, modelName, path, benchmark, document, currentValue }: Upload,
  streams: HokusaiStreams,
) {
  const mlflow = mlflowOf(streams);
  streams.progress("starting a run");
  const tags = { benchmark_spec_id: benchmark.id, evaluation_id: document.evaluationId };
  const run = await mlflow.createRun(await mlflow.experimentNamed(`hokusai/${tokenId}`), basename(path), tags);
  try {
    streams.progress(`uploading ${basename(path)}`);
    const uploaded = await uploadModel(mlflow, run, path);
    const metric = { key: benchmark.metric_name, value: currentValue, timestamp: Date.now() };
    await mlflow.logBatch(run.runId, { metrics: [metric], tags: { model_sha256: uploaded.sha256 } });
    const version = await registerTokenizedModel(
      {
        ...{ modelUri: `runs:/${run.runId}/model`, modelName, tokenId },
        ...{ metricName: benchmark.metric_name, baselineValue: benchmark.baseline_value },
        additionalTags: { ...tags, benchmark_version: String(benchmark.version), model_sha256: uploaded.sha256 },
      },
      mlflow,
    );
    await mlflow.endRun(run.runId, "FINISHED");
    return { ...version, ...uploaded };
  } catch (error) {
    // Ends the run as failed. The first error is the one to report, so an error from this call is dropped.
    await mlflow.endRun(run.runId, "FAILED").catch(() => undefined);
    throw error;
  } finally {
    streams.progress("");
  }
}

/** Returns the candidate's value from an evaluation document of this benchmark. Values that were not measured are not accepted. */
function measuredValue(path: string, content: EvaluationDocument, benchmark: BenchmarkView): number {
  const document = Object(content) as EvaluationDocument;
  const { evaluationId, specHash, candidateValue } = document;
  if (typeof evaluationId !== "string" || hashDocument(document) !== evaluationId)
    throw new Problem("BAD_FILE", `${path} is no evaluation document, or was changed: evaluate again.`);
  if (!benchmark.is_active)
    throw new Problem("EXPIRED", `the benchmark ${printed(benchmark.id)} is deactivated: name another one.`);
  if (specHash !== benchmark.spec_hash) {
    throw new Problem(
      "CONFLICT",
      `${path} is of the benchmark ${printed(String(specHash))}, expected ${printed(benchmark.spec_hash)} of version ${benchmark.version}: evaluate by that.`,
    );
  }
  const { baseline_value: baseline, metric_direction, metric_name } = benchmark;
  const meets =
    typeof candidateValue === "number" &&
    (metric_direction === "higher_is_better" ? candidateValue >= baseline : candidateValue <= baseline);
  if (!meets) {
    throw new Problem(
      "EVALUATION_REFUSED",
      `${printed(metric_name)} of the model is ${String(candidateValue)}, expected ${baseline} or better as the benchmark's baseline is.`,
    );
  }
  return candidateValue;
}
