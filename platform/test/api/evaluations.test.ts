import { expect } from "chai";
import { sql } from "drizzle-orm";
import { id as keyOf } from "ethers";
import { readdirSync } from "node:fs";
import { hashDocument, type EvaluationDocument } from "../../../sdk/evaluation/document";
import type { BenchmarkInput } from "../../../sdk/platform/wire";
import type { JobTask } from "../../api/jobs/messages";
import { startEvaluation, type EvaluationEnd, type RunningEvaluation } from "../../api/jobs/process";
import { JobQueue } from "../../api/jobs/queue";
import { rowsOf } from "../../store/database";
import { ask, buildBenchmarkInput, indexModel, insertRow, refusalIn, useApi, type Received } from "./support";

const MODEL = "/api/v1/models/credit-default";
const LEASE = 200;

/** 200 examples of which the candidate gets 40 more right. */
const PREDICTIONS = [
  "id,label,baseline,candidate",
  ...Array.from({ length: 200 }, (_, index) => {
    const label = index % 2;
    const isWrong = index >= 150;
    return [index, label, isWrong ? 1 - label : label, index >= 190 ? 1 - label : label].join(",");
  }),
  "",
].join("\n");

/** An evaluation that a test ends. */
interface HeldEvaluation extends RunningEvaluation {
  readonly task: JobTask;
  readonly finish: (end: EvaluationEnd) => void;
  isKilled: boolean;
}

function hold(task: JobTask): HeldEvaluation {
  let finish: (end: EvaluationEnd) => void = () => undefined;
  const end = new Promise<EvaluationEnd>((resolve) => (finish = resolve));
  const held: HeldEvaluation = {
    task,
    progress: 0.25,
    end,
    finish,
    isKilled: false,
    kill() {
      held.isKilled = true;
      finish({ kind: "died", how: "SIGKILL" });
    },
  };
  return held;
}

describe("API: evaluations", () => {
  const world = useApi({ upload: 100_000, openJobsPerAccount: 2, streamsPerClient: 2 });
  const queues: JobQueue[] = [];
  const held: HeldEvaluation[] = [];
  const alice = () => ({ key: world.keys.alice });

  afterEach(async () => {
    for (const queue of queues.splice(0)) await queue.stop();
    held.length = 0;
    expect(world.faults).to.deep.equal([]);
  });

  async function startQueue(start?: (task: JobTask) => RunningEvaluation): Promise<JobQueue> {
    const { store, uploads: folder } = world;
    const onFault = (error: unknown) => void world.faults.push(error);
    const queue = new JobQueue({ db: store.db, folder, workers: 1, lease: LEASE, onFault, ...(start && { start }) });
    queues.push(queue);
    await queue.start();
    return queue;
  }
  /** A queue whose evaluations wait for the test. */
  const startHeldQueue = async () =>
    startQueue((task) => {
      const evaluation = hold(task);
      held.push(evaluation);
      return evaluation;
    });
  async function createBenchmark(overrides: Partial<BenchmarkInput> = {}): Promise<string> {
    const { body } = await ask(world, "POST", "/api/v1/benchmarks", {
      ...alice(),
      body: buildBenchmarkInput(overrides),
    });
    return body["id"] as string;
  }
  async function post(
    benchmark: string,
    body = PREDICTIONS,
    headers: Record<string, string> = {},
    more = "",
  ): Promise<Received> {
    const sending = { ...alice(), body, headers: { "content-type": "text/csv", ...headers } };
    return ask(world, "POST", `${MODEL}/evaluate?benchmark_spec_id=${benchmark}${more}`, sending);
  }
  const jobOf = async (benchmark: string) => (await post(benchmark)).body["job_id"] as string;
  const statusOf = async (job: string) => (await ask(world, "GET", `${MODEL}/evaluations/${job}/status`)).body;

  /** Waits for what is to come; mocha ends the waiting. */
  async function until<T>(look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
    for (;;) {
      const found = await look();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  const ended = async (job: string) =>
    until(async () => {
      const view = await statusOf(job);
      return ["accepted", "refused", "failed", "cancelled"].includes(String(view["status"])) && view;
    });

  describe("given predictions", () => {
    it("evaluates them in a process of its own, and keeps the document under its hash", async () => {
      await startQueue();
      const job = await jobOf(await createBenchmark());
      queues[0]!.wake();
      const view = await ended(job);

      expect([view["status"], view["progress"], view["attempt"]]).to.deep.equal(["accepted", 1, 1]);
      const { body } = await ask(world, "GET", `${MODEL}/evaluations/${job}/document`);
      const { document, is_on_chain } = body as unknown as { document: EvaluationDocument; is_on_chain: boolean };
      expect(is_on_chain).to.equal(false);
      expect(document.evaluationId).to.equal(hashDocument(document));
      expect([document.baselineScore, document.candidateScore]).to.deep.equal([7500, 9500]);
      expect((await ask(world, "GET", `/api/v1/evaluations/${document.evaluationId}`)).body).to.deep.equal(body);
      await until(() => readdirSync(world.uploads).length === 0); // removed when its end is kept
    });

    it("states the hash of the contributed data, which stay with the contributor", async () => {
      await startQueue();
      const hash = keyOf("contributed data");
      const { body } = await post(await createBenchmark(), PREDICTIONS, {}, `&contribution_data_hash=${hash}`);
      queues[0]!.wake();
      const { job_id } = await ended(String(body["job_id"]));
      const kept = await ask(world, "GET", `${MODEL}/evaluations/${String(job_id)}/document`);
      const { document } = kept.body as unknown as { document: EvaluationDocument };
      expect([document.contributionDataHash, document.evaluationId]).to.deep.equal([hash, hashDocument(document)]);
    });

    it("ends an evaluation that takes too long, and does not start it again", async () => {
      await startQueue((task) => startEvaluation(task, 1));
      const job = await jobOf(await createBenchmark());
      queues[0]!.wake();
      const view = await ended(job);
      expect(view["status"]).to.equal("failed");
      expect(view["message"]).to.match(/^it took longer than [\d.e-]+ minutes\.$/);
      const [row] = await rowsOf<object>(world.store.db, sql`SELECT tries FROM evaluation_jobs`);
      expect(row).to.deep.equal({ tries: 1 });
    });

    it("reports when the chain has recorded the evaluation", async () => {
      await startQueue();
      const job = await jobOf(await createBenchmark());
      queues[0]!.wake();
      const { evaluation_id } = await ended(job);
      const improvement = { model: keyOf("credit-default"), evaluation_id, block: 8, log_index: 0, time: 1 };
      const hash = `0x${"00".repeat(32)}`;
      const more = {
        transaction_hash: hash,
        benchmark_version: 1,
        method: "0x",
        model_commitment: hash,
        payees_hash: hash,
      };
      const scores = { baseline_score: 7500, candidate_score: 9500, tokens_per_delta_one: "1", reward: "1" };
      await insertRow(world.store.db, "improvements", { ...improvement, ...more, ...scores });

      const { body } = await ask(world, "GET", `/api/v1/evaluations/${String(evaluation_id)}`);
      expect(body["is_on_chain"]).to.equal(true);
    });

    it("refuses what cannot be evaluated, and gives the reason", async () => {
      await startQueue();
      const { body } = await post(await createBenchmark(), "id,label,baseline\n1,0,0\n");
      queues[0]!.wake();
      const view = await ended(body["job_id"] as string);
      expect(view["status"]).to.equal("refused");
      expect(view["message"]).to.contain("candidate");
      expect(refusalIn(await ask(world, "GET", `${MODEL}/evaluations/${String(view["job_id"])}/document`))).to.equal(
        "404 NOT_DEPLOYED",
      );
    });

    it("evaluates with the benchmark's version of the time of the post, even if it changes afterwards", async () => {
      await startHeldQueue();
      const benchmark = await createBenchmark();
      const job = await jobOf(benchmark);
      const { body } = await ask(world, "GET", `/api/v1/benchmarks/${benchmark}`);
      const changed = buildBenchmarkInput({
        baseline_value: 0.5,
        eval_spec: { ...buildBenchmarkInput().eval_spec, min_examples: 20 },
      });
      const next = await ask(world, "PUT", `/api/v1/benchmarks/${benchmark}`, { ...alice(), body: changed });
      expect(next.body["version"]).to.equal(2);
      queues[0]!.wake();
      const { task } = await until(() => held[0]);

      expect(task.spec).to.equal(body["spec"]);
      expect((await statusOf(job))["benchmark_version"]).to.equal(1);
    });

    it("uses the score that the chain has for the benchmark as the baseline", async () => {
      await startHeldQueue();
      const benchmark = await createBenchmark();
      const { body } = await ask(world, "GET", `/api/v1/benchmarks/${benchmark}`);
      await indexModel(world, `0x${"00".repeat(32)}`, { status: "REGISTERED", score: 7600, benchmark_version: 1 });
      const hash = `0x${"00".repeat(32)}`;
      await insertRow(world.store.db, "benchmarks", {
        ...{ block: 8, log_index: 0, transaction_hash: hash, time: 1, model: keyOf("credit-default"), version: 1 },
        ...{
          spec_hash: body["spec_hash"],
          evaluation_data_hash: hash,
          model_commitment: hash,
          method: "0x",
          metric: 0,
        },
        ...{ direction: 0, baseline_score: 7500, target_score: 0, min_improvement: 10, min_sample_size: 100 },
        ...{ min_runs: 1, min_lower_bound: 1 },
      });
      await jobOf(benchmark);
      queues[0]!.wake();
      expect((await until(() => held[0])).task.registeredScore).to.equal(7600);
    });
  });

  describe("given attempts", () => {
    it("numbers each measured one, and refuses more than the benchmark allows", async () => {
      await startHeldQueue();
      const benchmark = await createBenchmark();
      for (const attempt of [1, 2, 3]) {
        const job = await jobOf(benchmark);
        queues[0]!.wake();
        const evaluation = await until(() => held[attempt - 1]);
        expect(evaluation.task.attempt).to.equal(attempt);
        evaluation.finish({ kind: "refused", message: "no" });
        await ended(job);
      }
      expect(refusalIn(await post(benchmark))).to.equal("409 ALREADY_DONE");
      const { body } = await ask(world, "GET", `${MODEL}/attempts`);
      expect((body["items"] as { attempt: number }[]).map(({ attempt }) => attempt)).to.deep.equal([1, 2, 3]);
    });

    it("does not count one that was cancelled before it was measured", async () => {
      const benchmark = await createBenchmark();
      const first = await jobOf(benchmark);
      await ask(world, "DELETE", `${MODEL}/evaluations/${first}`, alice());
      const second = await jobOf(benchmark);
      expect((await statusOf(second))["attempt"]).to.equal(1);
    });
  });

  describe("given a process that ends", () => {
    const states: [string, (job: string) => Promise<void>][] = [
      ["while the job waits", async () => undefined],
      [
        "while it is under way",
        async () => {
          await startHeldQueue();
          queues[0]!.wake();
          await until(() => held[0]);
          abandon();
        },
      ],
      [
        "after it has taken the job but before it has started",
        async (job) => {
          await world.store.db.execute(
            sql`UPDATE evaluation_jobs SET status = 'running', worker = 'gone', tries = 1, leased_until = now()
                WHERE id = ${job}`,
          );
        },
      ],
    ];

    /** What a kill leaves: nobody renews, finishes or gives back anything. */
    function abandon(): void {
      const queue = queues.splice(0)[0] as unknown as { isStopped: boolean; timer: NodeJS.Timeout; worker: string };
      clearInterval(queue.timer);
      queue.isStopped = true;
      queue.worker = "gone";
      held[0]!.kill();
    }

    for (const [name, kill] of states) {
      it(`starts the job again and completes it if it is killed ${name}`, async () => {
        const job = await jobOf(await createBenchmark());
        await kill(job);
        await startQueue();
        expect((await ended(job))["status"]).to.equal("accepted");
      });
    }

    it("ignores a late result if another process has the job", async () => {
      await startHeldQueue();
      const job = await jobOf(await createBenchmark());
      queues[0]!.wake();
      const late = await until(() => held[0]);
      await world.store.db.execute(sql`UPDATE evaluation_jobs SET worker = 'another' WHERE id = ${job}`);
      late.finish({ kind: "refused", message: "too late" });
      await until(() => late.isKilled || true);

      const [row] = await rowsOf<object>(world.store.db, sql`SELECT status, worker, message FROM evaluation_jobs`);
      expect(row).to.deep.equal({ status: "running", worker: "another", message: null });
    });

    it("starts a job again at once if its worker died, and fails it after three deaths", async () => {
      await startHeldQueue();
      const job = await jobOf(await createBenchmark());
      queues[0]!.wake();
      for (const index of [0, 1, 2]) (await until(() => held[index])).finish({ kind: "died", how: "SIGKILL" });
      const view = await ended(job);
      expect([view["status"], view["message"]]).to.deep.equal([
        "failed",
        "its process ended 3 times without a result: the predictions may need too much memory.",
      ]);
    });

    it("gives running jobs back when it stops, without counting the try", async () => {
      const queue = await startHeldQueue();
      await jobOf(await createBenchmark());
      queue.wake();
      await until(() => held[0]);
      await queue.stop();
      const [row] = await rowsOf<object>(world.store.db, sql`SELECT status, tries FROM evaluation_jobs`);
      expect(row).to.deep.equal({ status: "queued", tries: 0 });
    });
  });

  describe("when somebody cancels a job", () => {
    it("cancels a waiting job at once and a running one soon, and refuses other accounts", async () => {
      await startHeldQueue();
      const benchmark = await createBenchmark();
      const [first, second] = [await jobOf(benchmark), await jobOf(benchmark)];
      queues[0]!.wake();
      await until(() => held[0]);
      const cancel = async (job: string, key: string) => ask(world, "DELETE", `${MODEL}/evaluations/${job}`, { key });
      expect((await cancel(second, world.keys.alice)).body["status"]).to.equal("cancelled");
      expect(refusalIn(await cancel(first, world.keys.bob))).to.equal("403 NOT_ALLOWED");
      await cancel(first, world.keys.alice);

      expect((await ended(first))["status"]).to.equal("cancelled");
      expect(held.map(({ isKilled }) => isKilled)).to.deep.equal([true]);
      expect(refusalIn(await cancel(first, world.keys.alice))).to.equal("409 ALREADY_DONE");
    });
  });

  describe("when somebody follows a job", () => {
    it("sends its progress and then its end, once", async () => {
      await startHeldQueue();
      const job = await jobOf(await createBenchmark());
      queues[0]!.wake();
      const evaluation = await until(() => held[0]);
      const response = await world.app.request(`${MODEL}/evaluations/${job}/events`);
      const events: string[] = [];
      for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
        const text = Buffer.from(piece).toString();
        events.push(/event: (\w+)/.exec(text)?.[1] ?? text);
        if (events.length === 1) evaluation.finish({ kind: "refused", message: "no" });
      }
      expect([events[0], events.at(-1)]).to.deep.equal(["progress", "end"]);
      expect(events.filter((event) => event === "end")).to.have.lengthOf(1);
    });

    it("limits the streams of one address, and frees those that have ended", async () => {
      await startHeldQueue();
      const job = await jobOf(await createBenchmark());
      queues[0]!.wake();
      const evaluation = await until(() => held[0]);
      const path = `${MODEL}/evaluations/${job}/events`;
      const open = [await world.app.request(path), await world.app.request(path)];
      expect(refusalIn(await ask(world, "GET", path))).to.equal("429 BUSY");
      const own = await world.app.request(path, { headers: { authorization: `Bearer ${world.keys.alice}` } });
      expect(own.status).to.equal(200);
      evaluation.finish({ kind: "refused", message: "no" });
      await Promise.all([...open, own].map(async (response) => response.text()));
      expect((await ask(world, "GET", path)).status).to.equal(200);
    });
  });

  describe("given a post that is not valid", () => {
    it("refuses an upload that is too large, empty or of another type, and keeps no file", async () => {
      const benchmark = await createBenchmark();
      expect(refusalIn(await post(benchmark, "x".repeat(100_001)))).to.equal("413 BAD_OPTION");
      expect(refusalIn(await post(benchmark, ""))).to.equal("400 BAD_OPTION");
      expect(refusalIn(await post(benchmark, PREDICTIONS, { "content-type": "application/pdf" }))).to.equal(
        "415 BAD_OPTION",
      );
      expect(readdirSync(world.uploads)).to.deep.equal([]);
      expect((await ask(world, "GET", `${MODEL}/attempts`)).body["total"]).to.equal(0);
    });

    it("refuses a benchmark of another model, and one that was deactivated", async () => {
      const benchmark = await createBenchmark({ model_id: "other" });
      expect(refusalIn(await post(benchmark))).to.equal("409 CONFLICT");
      const own = await createBenchmark();
      await ask(world, "DELETE", `/api/v1/benchmarks/${own}`, alice());
      expect(refusalIn(await post(own))).to.equal("409 CONFLICT");
    });

    it("refuses more open jobs than an account may have", async () => {
      const benchmark = await createBenchmark();
      await jobOf(benchmark);
      await jobOf(benchmark);
      const refused = await post(benchmark);
      expect([refusalIn(refused), refused.headers.get("retry-after")]).to.deep.equal(["429 BUSY", "60"]);
    });
  });

  it("makes one job and keeps one file for the same post sent twice", async () => {
    const benchmark = await createBenchmark();
    const headers = { "idempotency-key": "one" };
    const [first, second] = await Promise.all([
      post(benchmark, PREDICTIONS, headers),
      post(benchmark, PREDICTIONS, headers),
    ]);
    expect(second.body).to.deep.equal(first.body);
    expect(readdirSync(world.uploads)).to.deep.equal([first.body["job_id"]]);
    expect(refusalIn(await post(benchmark, `${PREDICTIONS}\n`, headers))).to.equal("409 CONFLICT");
    expect(readdirSync(world.uploads)).to.have.lengthOf(1);
  });
});
