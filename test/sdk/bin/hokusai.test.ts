import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runHokusai } from "../../../sdk/bin/main";
import { hashDocument, type EvaluationDocument } from "../../../sdk/evaluation/document";
import { canonicalSpec } from "../../../sdk/evaluation/spec";
import type { BenchmarkView, JobView } from "../../../sdk/platform/wire";
import {
  startStandIn,
  type ReceivedRequest,
  type StandIn,
  type StandInAnswer,
} from "../../../scripts/dev/world/httpServer";
import { startMlflowStandIn, type MlflowStandIn } from "../../../scripts/dev/world/mlflowStandIn";
import { exampleEvaluation } from "../tracking/support";

const KEY = "hk_test_a-very-secret-key";
const BENCHMARKS = join(__dirname, "../../../deploy/benchmarks/credit-default");
const EXAMPLES = join(BENCHMARKS, "evaluation.csv");

describe("hokusai @uninstrumented", () => {
  const document = exampleEvaluation();
  let folder: string;
  let platform: StandIn;
  let mlflow: MlflowStandIn;
  let benchmark: BenchmarkView;
  let answer: (request: ReceivedRequest) => StandInAnswer;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "hokusai-"));
    platform = await startStandIn((request) => answer(request));
    mlflow = await startMlflowStandIn();
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await platform.stop();
    await mlflow.stop();
  });

  beforeEach(() => {
    for (const { requests } of [platform, mlflow]) (requests as unknown[]).length = 0;
    benchmark = {
      ...{ id: "b1", version: 2, is_active: true, model_id: "credit-default", provider: "us", task_type: "tabular" },
      ...{ dataset_reference: "file", eval_split: "test", target_column: "label", input_columns: [], created_at: 1 },
      ...{ metric_name: "roc_auc", metric_direction: "higher_is_better", dataset_version: "sha256:00", updated_at: 1 },
      ...{
        baseline_value: 0.749,
        baseline_score_bps: 7490,
        spec: canonicalSpec(document.spec),
        spec_hash: document.specHash,
      },
      eval_spec: { primary_metric: "roc_auc", secondary_metrics: [], guardrails: [], min_examples: 100 },
    };
    answer = ({ method, path }) => {
      if (path.startsWith("/api/v1/benchmarks/b1")) return method === "DELETE" ? { status: 204 } : { body: benchmark };
      if (/^\/api\/v1\/benchmarks(\?|$)/.test(path))
        return method === "POST"
          ? { status: 201, body: benchmark }
          : { body: { items: [benchmark], total: 1, page: 1, page_size: 100 } };
      return { status: 404, body: { error: { code: "NOT_DEPLOYED", message: "there is none" } } };
    };
  });

  async function run(args: readonly string[], env: Record<string, string> = {}, input = "") {
    const said = { stdout: "", stderr: "" };
    const code = await runHokusai(args, {
      env: { HOKUSAI_API_URL: platform.url, HOKUSAI_API_KEY: KEY, MLFLOW_TRACKING_URI: mlflow.url, ...env },
      readStandardInput: () => input,
      out: (text) => (said.stdout += `${text}\n`),
      err: (text) => (said.stderr += `${text}\n`),
      progress: () => undefined,
    });
    expect(said.stdout + said.stderr).not.to.contain("a-very-secret-key");
    return { code, ...said };
  }

  const write = (name: string, content: object | string): string => {
    const file = join(folder, name);
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  };

  const sent = () => platform.requests.map(({ method, path }) => `${method} ${path}`);

  describe("when asked for help", () => {
    it("lists its commands, each of which has its own help", async () => {
      const { code, stdout } = await run([]);
      const names = [...stdout.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}\w/gm)].map(([, name]) => name as string);

      expect(code).to.equal(0);
      expect(names).to.deep.equal([
        ...["model register", "model status", "benchmark create", "benchmark show", "benchmark list"],
        ...["benchmark update", "benchmark deactivate", "evaluate", "report", "claim"],
      ]);
      for (const name of names) {
        const help = await run([...name.split(" "), "--help"]);
        expect(help.code).to.equal(0);
        expect(help.stdout).to.match(new RegExp(`^usage: hokusai ${name}`));
      }
    });

    it("refuses an unknown command in one line, and in JSON", async () => {
      const { code, stdout, stderr } = await run(["model", "delete", "--json"]);

      expect(code).to.equal(1);
      expect(stderr.trim().split("\n")).to.have.length(1);
      expect(stderr).to.match(/^hokusai model: there is no command "model delete", expected one of model register/);
      expect((JSON.parse(stdout) as { code: string }).code).to.equal("BAD_OPTION");
    });
  });

  describe("benchmark", () => {
    it("creates one from a file or from standard input, and sends the key", async () => {
      const file = write("benchmark.json", { model_id: "credit-default" });

      const { code, stdout } = await run(["benchmark", "create", file]);
      await run(["benchmark", "create"], {}, '{"model_id": "other"}');

      expect({ code, stdout }).to.deep.equal({
        code: 0,
        stdout: `b1  version 2, active, credit-default: roc_auc, higher_is_better, from 0.749; ${document.specHash}\n`,
      });
      expect(platform.requests.map(({ body }) => JSON.parse(body.toString()) as object)).to.deep.equal([
        { model_id: "credit-default" },
        { model_id: "other" },
      ]);
      expect(platform.requests[0]!.headers.authorization).to.equal(`Bearer ${KEY}`);
    });

    it("shows the exact bytes that are hashed", async () => {
      expect((await run(["benchmark", "show", "b1", "--spec"])).stdout).to.equal(`${benchmark.spec}\n`);
    });

    it("lists, updates and deactivates them", async () => {
      expect((await run(["benchmark", "list", "--model", "credit-default"])).stdout).to.match(/1 of 1\n$/);
      expect((await run(["benchmark", "update", "b1", write("next.json", {})])).code).to.equal(0);
      expect((await run(["benchmark", "deactivate", "b1", "--json"])).stdout).to.contain('"is_active": false');
      expect(sent()).to.deep.equal([
        "GET /api/v1/benchmarks?page=1&page_size=100&model_id=credit-default",
        "PUT /api/v1/benchmarks/b1",
        "DELETE /api/v1/benchmarks/b1",
      ]);
    });

    it("exits with 1 if the platform refuses, and with 2 if nobody answers", async () => {
      expect(await run(["benchmark", "show", "b2"])).to.deep.equal({
        ...{ code: 1, stdout: "", stderr: "hokusai benchmark show: the platform: there is none\n" },
      });
      const gone = await startStandIn(() => undefined);
      await gone.stop();
      const dead = await run(["benchmark", "show", "b1"], { HOKUSAI_API_URL: gone.url });
      expect(dead.code).to.equal(2);
      expect(dead.stderr).to.match(/does not answer, the connection was refused/);
    });

    it("names a missing setting", async () => {
      const { code, stderr } = await run(["benchmark", "list"], { HOKUSAI_API_URL: "" });

      expect(code).to.equal(1);
      expect(stderr).to.contain("HOKUSAI_API_URL is missing");
    });
  });

  describe("evaluate", () => {
    it("runs locally with a benchmark of the platform, and sends nothing", async () => {
      const { code, stdout } = await run(["evaluate", "--benchmark-spec-id", "b1", EXAMPLES]);

      expect(code).to.equal(0);
      expect((JSON.parse(stdout) as EvaluationDocument).evaluationId).to.equal(document.evaluationId);
      expect(sent()).to.deep.equal(["GET /api/v1/benchmarks/b1"]);
    });

    it("runs as a job of the platform, and waits for its end", async () => {
      const job = { job_id: "j1", status: "accepted", progress: 1, message: null } as JobView;
      answer = ({ method, path }) => {
        if (method === "POST") return { status: 202, body: { job_id: "j1" } };
        return { body: path.endsWith("/document") ? { document, is_on_chain: false } : job };
      };

      const { code, stdout, stderr } = await run(["evaluate", "--model", "m", "--benchmark-spec-id", "b1", EXAMPLES]);

      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "job j1\n" });
      expect((JSON.parse(stdout) as EvaluationDocument).evaluationId).to.equal(document.evaluationId);
      expect(platform.requests[0]!.body.equals(readFileSync(EXAMPLES))).to.equal(true);
    });

    it("exits with 1 if the job failed or was cancelled", async () => {
      for (const status of ["failed", "cancelled"] as const) {
        answer = ({ method }) =>
          method === "POST"
            ? { status: 202, body: { job_id: "j1" } }
            : { body: { job_id: "j1", status, progress: 0.5, message: "line 3 is ragged" } };
        const { code, stderr } = await run(["evaluate", "--model", "m", "--benchmark-spec-id", "b1", EXAMPLES]);
        expect(code).to.equal(1);
        expect(stderr).to.contain(`the job j1 is ${status}: line 3 is ragged.`);
      }
    });

    it("refuses a missing file, and options that contradict each other", async () => {
      const options = ["evaluate", "--model", "m", "--benchmark-spec-id", "b1"];
      expect((await run([...options, join(folder, "none.csv")])).stderr).to.contain("none.csv");
      expect((await run([...options, "--attempt", "2", EXAMPLES])).code).to.equal(1);
      expect((await run(["evaluate", EXAMPLES])).stderr).to.contain("name one of --benchmark and --benchmark-spec-id");
      expect(sent()).to.deep.equal([]);
    });
  });

  describe("model register", () => {
    const register = (evaluation: string, path = write("model.pkl", "weights")) => [
      ...["model", "register", "--token-id", "CRDEF", "--benchmark-spec-id", "b1", "--model-path", path],
      ...["--evaluation", evaluation],
    ];

    it("uploads the model, tags it with its benchmark, and reports the measured value to the platform", async () => {
      const benchmarks = answer;
      answer = (request) =>
        request.method === "POST"
          ? { status: 201, body: { ...(JSON.parse(request.body.toString()) as object), id: "r1" } }
          : benchmarks(request);

      const { code, stdout, stderr } = await run(register(write("document.json", document)));

      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      const told = platform.requests.at(-1)!;
      const body = JSON.parse(told.body.toString()) as Record<string, unknown>;
      expect(told.path).to.equal("/api/models/tokenized-registration-events");
      expect(body).to.deep.include({
        ...{ token_id: "CRDEF", model_uri: "models:/CRDEF/1", model_name: "CRDEF", benchmark_spec_id: "b1" },
        ...{ metric_name: "roc_auc", baseline_value: 0.749, current_value: document.candidateValue },
      });
      expect(body["tags"]).to.deep.include({
        ...{ benchmark_spec_id: "b1", benchmark_version: "2", evaluation_id: document.evaluationId },
        ...{ hokusai_token_id: "CRDEF", benchmark_metric: "roc_auc", benchmark_value: "0.749" },
      });
      expect(stdout).to.match(
        /^r1 {2}models:\/CRDEF\/1 is registered for CRDEF: roc_auc 0\.798\d+, from 0\.749; SHA-256 /,
      );
      const ended = [...mlflow.requests].reverse().find(({ path }) => path.endsWith("/runs/update"))!;
      expect(ended.body.toString()).to.contain('"status":"FINISHED"');
    });

    it("uploads nothing if the evaluation was changed, is on another or an inactive benchmark, or is no improvement", async () => {
      const changed = write("changed.json", { ...document, candidateValue: 0.99 });
      const other = { ...document, specHash: `0x${"1".repeat(64)}` };
      const ofOther = write("other.json", { ...other, evaluationId: hashDocument(other) });
      const codeOf = async (path: string) =>
        (JSON.parse((await run([...register(path), "--json"])).stdout) as { code: string }).code;

      expect(await codeOf(changed)).to.equal("BAD_FILE");
      expect(await codeOf(ofOther)).to.equal("CONFLICT");
      benchmark = { ...benchmark, baseline_value: 0.9 };
      expect(await codeOf(write("document.json", document))).to.equal("EVALUATION_REFUSED");
      benchmark = { ...benchmark, baseline_value: 0.7, is_active: false };
      expect(await codeOf(write("document.json", document))).to.equal("EXPIRED");
      expect(mlflow.requests).to.have.length(0);
    });

    it("ends the run as failed if the upload fails", async () => {
      mlflow.state.spoils = true;
      const { code, stderr } = await run(register(write("document.json", document)));
      mlflow.state.spoils = false;

      expect(code).to.equal(1);
      expect(stderr).to.match(/MLflow has 8 bytes/);
      expect(mlflow.requests.at(-1)!.body.toString()).to.contain('"status":"FAILED"');
      expect(sent()).to.deep.equal(["GET /api/v1/benchmarks/b1"]);
    });
  });

  describe("report, model status and claim", () => {
    it("report asks for --deployment or --platform", async () => {
      expect((await run(["report", "--model", "m"])).stderr).to.contain("name one of --deployment and --platform");
    });

    it("report refuses a model that the platform does not have", async () => {
      const { code, stderr } = await run(["report", "--model", "m", "--platform"]);

      expect({ code, stderr }).to.deep.equal({ code: 1, stderr: "hokusai report: the platform: there is none\n" });
    });

    it("model status reports a draft if there is no model yet", async () => {
      const notFound = answer;
      answer = (request) =>
        request.path === "/api/v1/models/drafts/d1"
          ? { body: { id: "d1", name: "Credit", ticker: "CRDEF", status: "PROPOSAL", approved_at: null, token: null } }
          : notFound(request);

      expect((await run(["model", "status", "d1"])).stdout).to.equal(
        "Credit (CRDEF), draft d1: PROPOSAL, not approved\ntoken     –\n",
      );
    });

    it("claim refuses a missing record of the deployment", async () => {
      const account = `0x${"a".repeat(40)}`;
      const record = join(folder, "none.json");

      const { code, stderr } = await run(["claim", "--account", account, "--deployment", record]);

      expect({ code, stderr }).to.deep.equal({ code: 1, stderr: `hokusai claim: there is no file ${record}.\n` });
    });
  });
});
