import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MlflowClient } from "../../../sdk/mlflow/client";
import { registerTokenizedModel, type TokenizedModel } from "../../../sdk/mlflow/register";
import { uploadModel } from "../../../sdk/node/modelUpload";
import { shouldBehaveLikeMlflow, problemOf } from "./mlflow.behavior";
import { startMlflowStandIn, type MlflowStandIn } from "../../../scripts/dev/world/mlflowStandIn";

describe("MlflowClient @uninstrumented", () => {
  let server: MlflowStandIn;
  let mlflow: MlflowClient;

  before(async () => {
    server = await startMlflowStandIn();
    mlflow = new MlflowClient({ url: server.url, token: "a-secret-token", tries: 2 });
  });
  after(() => server.stop());

  describe("given a server that works", () => shouldBehaveLikeMlflow(() => server.url));

  describe("given a server that fails", () => {
    it("explains that the server does not know its own host", async () => {
      server.state.next = { status: 403, body: "Invalid Host header - possible DNS rebinding attack detected" };

      const { code, message } = await problemOf(mlflow.experimentNamed("x"));

      expect(code).to.equal("NOT_ALLOWED");
      expect(message).to.match(
        /^MLflow at (127\.0\.0\.1:\d+) refuses access, "Invalid Host header.*": start it with --allowed-hosts \1, or look at the key\.$/,
      );
      expect(message).not.to.contain("a-secret-token");
    });

    it("refuses an upload that arrived changed", async () => {
      const folder = mkdtempSync(join(tmpdir(), "mlflow-"));
      const file = join(folder, "model.pkl");
      writeFileSync(file, "weights");
      const run = await mlflow.createRun(await mlflow.experimentNamed("spoilt"), "spoilt");
      server.state.spoils = true;

      const { code, message } = await problemOf(uploadModel(mlflow, run, file));
      server.state.spoils = false;
      rmSync(folder, { recursive: true });

      expect(code).to.equal("CONFLICT");
      expect(message).to.match(
        /^MLflow has 8 bytes with SHA-256 [0-9a-f]{64} of .*model\.pkl, expected 7 with [0-9a-f]{64}/,
      );
    });

    it("repeats requests that may be repeated, but never the creation of a run", async () => {
      const asked = () => server.requests.length;
      const before = asked();
      server.state.next = { status: 503, headers: { "retry-after": "0" } };
      await mlflow.experimentNamed("again");
      expect(asked() - before).to.be.greaterThan(1);

      server.state.next = { status: 503, headers: { "retry-after": "0" }, body: "busy" };
      expect((await problemOf(mlflow.createRun("1", "once"))).code).to.equal("NODE_FAILED");
    });

    it("refuses artifacts that the server does not store, and paths that lead elsewhere", async () => {
      const run = { runId: "r", experimentId: "1", artifactUri: "file:///mlruns/1/r", status: "RUNNING" };
      const upload = async (artifactUri: string, path: string) =>
        problemOf((async () => mlflow.uploadArtifact({ ...run, artifactUri }, path, new Blob(["x"])))());

      expect((await upload("file:///mlruns/1/r", "model.pkl")).code).to.equal("CONFLICT");
      expect((await upload("mlflow-artifacts:/1/r/artifacts", "../../2/model.pkl")).code).to.equal("BAD_OPTION");
    });
  });

  describe("when registering for a token", () => {
    const model: TokenizedModel = {
      ...{ modelUri: "runs:/abc/model", modelName: "Credit", tokenId: "CRDEF", metricName: "accuracy" },
      baselineValue: 0.5,
    };

    for (const [what, change, code] of [
      ["an invalid model address", { modelUri: "s3://bucket/model" }, "BAD_OPTION"],
      ["a name with a slash", { modelName: "a/b" }, "BAD_OPTION"],
      ["a ticker in lower case", { tokenId: "crdef" }, "BAD_OPTION"],
      ["a metric that no benchmark has", { metricName: "goodness" }, "BAD_OPTION"],
      ["a baseline that is not a number", { baselineValue: NaN }, "BAD_OPTION"],
      ["a tag that would replace one of its own", { additionalTags: { hokusai_token_id: "OTHER" } }, "CONFLICT"],
    ] as const) {
      it(`refuses ${what} before it sends any request`, async () => {
        const before = server.requests.length;

        expect((await problemOf(registerTokenizedModel({ ...model, ...change }, mlflow))).code).to.equal(code);
        expect(server.requests).to.have.length(before);
      });
    }
  });
});
