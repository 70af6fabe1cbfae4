// What a model's way into MLflow must do, on the stand-in as on a real server.

import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "../../../sdk/base/problem";
import { MlflowClient } from "../../../sdk/mlflow/client";
import { registerTokenizedModel } from "../../../sdk/mlflow/register";
import { uploadModel } from "../../../sdk/node/modelUpload";

export async function problemOf(doing: Promise<unknown>): Promise<Problem> {
  const found: unknown = await doing.catch((error: unknown) => error);
  expect(found).to.be.instanceOf(Problem);
  return found as Problem;
}

/** Describes the client on a server. */
export function shouldBehaveLikeMlflow(urlOf: () => string): void {
  let folder: string;
  let mlflow: MlflowClient;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "mlflow-"));
    mlflow = new MlflowClient({ url: urlOf() });
  });
  after(() => rmSync(folder, { recursive: true }));

  const write = (name: string, content: Uint8Array | string): string => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  };

  it("creates an experiment only once", async () => {
    const made = await mlflow.experimentNamed("hokusai tests");

    expect(made).to.match(/^\d+$/);
    expect(await mlflow.experimentNamed("hokusai tests")).to.equal(made);
  });

  it("uploads a file, reads its hash back, and registers it for a token", async () => {
    const run = await mlflow.createRun(await mlflow.experimentNamed("uploads"), "candidate", { origin: "test" });
    const bytes = Buffer.alloc(3_000_000, 7);
    const uploaded = await uploadModel(mlflow, run, write("model with space.pkl", bytes));
    await mlflow.logBatch(run.runId, { metrics: [{ key: "roc_auc", value: 0.8, timestamp: 1 }], tags: { a: "b" } });
    await mlflow.endRun(run.runId, "FINISHED");

    const version = await registerTokenizedModel(
      {
        ...{ modelUri: `runs:/${run.runId}/model`, modelName: "Credit", tokenId: "CRDEF", metricName: "roc_auc" },
        ...{ baselineValue: 0.75, additionalTags: { benchmark_spec_id: "b1" } },
      },
      mlflow,
    );

    expect(uploaded).to.deep.equal({
      ...{ path: "model/model with space.pkl", bytes: 3_000_000 },
      sha256: "892f2fe04ec507da2fe21530851fc8c60ae8a0d9b126b61d7168fd5dbb209a1b",
    });
    expect((await mlflow.run(run.runId)).status).to.equal("FINISHED");
    const kept = await mlflow.version("Credit", version.version);
    expect(kept).to.deep.equal({
      ...{ name: "Credit", version: version.version, source: `${run.artifactUri}/model`, runId: run.runId },
      tags: {
        ...{ benchmark_spec_id: "b1", hokusai_token_id: "CRDEF" },
        ...{ benchmark_metric: "roc_auc", benchmark_value: "0.75" },
      },
    });
    expect(version.modelUri).to.equal(`models:/Credit/${version.version}`);
  });

  it("logs more than one request can carry", async () => {
    const run = await mlflow.createRun(await mlflow.experimentNamed("batches"), "many");
    const metrics = Array.from({ length: 1_200 }, (_, step) => ({ key: "loss", value: step, timestamp: step, step }));
    const tags = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`tag${index}`, String(index)]));

    await mlflow.logBatch(run.runId, { metrics, tags });

    expect((await mlflow.run(run.runId)).runId).to.equal(run.runId);
  });

  it("names a missing run by its id", async () => {
    const { code, message } = await problemOf(mlflow.run("0".repeat(32)));

    expect(code).to.equal("NOT_DEPLOYED");
    expect(message).to.contain("0".repeat(32));
  });

  it("refuses a missing file and an empty one", async () => {
    const run = { runId: "r", experimentId: "1", artifactUri: "mlflow-artifacts:/1/r/artifacts", status: "RUNNING" };

    expect((await problemOf(uploadModel(mlflow, run, join(folder, "none")))).code).to.equal("NO_FILE");
    expect((await problemOf(uploadModel(mlflow, run, write("empty.pkl", "")))).code).to.equal("NO_FILE");
  });
}
