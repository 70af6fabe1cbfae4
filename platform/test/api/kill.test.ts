import { expect } from "chai";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../scripts/dev/world/process";
import type { UsageEvent } from "../../../sdk/platform/wire";
import { startOperatorDouble, type OperatorDouble } from "./operatorDouble";
import { useApiProcesses, type ApiProcess } from "./processes";
import { buildBenchmarkInput, useApi, type HoldPoint } from "./support";

const MODEL = "/api/v1/models/credit-default";
const EVENTS = 20_000;

/** Where a job stands, and where the hand-over of calls, when the process is killed. */
const KILLS: readonly (readonly [HoldPoint, HoldPoint?])[] = [
  ["queued", "summing"],
  ["running 0.1", "summed"],
  ["running 0.9", "posted"],
  ["document"],
  ["finished"],
];

/** 200 examples of which the candidate gets 40 more right. */
const PREDICTIONS = [
  "id,label,baseline,candidate",
  ...Array.from({ length: 200 }, (_, index) => {
    const label = index % 2;
    return [index, label, index >= 150 ? 1 - label : label, index >= 190 ? 1 - label : label].join(",");
  }),
  "",
].join("\n");

describe("API: process that is killed @uninstrumented", () => {
  useApi(); // the tables of a PostgreSQL server are empty
  const processes = useApiProcesses();
  let folder: string;
  let operator: OperatorDouble;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "kill-"));
    operator = await startOperatorDouble();
  });
  after(async () => {
    await operator.stop();
    rmSync(folder, { recursive: true });
  });

  const events = Array.from({ length: EVENTS }, (_, index): UsageEvent => {
    return { id: `event-${index}`, model: "credit-default", calls: 1 + (index % 7), at: 1_767_225_600 };
  });
  const jobsOf = async (api: ApiProcess) => {
    const { body } = await api.ask("GET", `${MODEL}/attempts`);
    return body["items"] as { job_id: string; status: string; attempt: number; evaluation_id: string }[];
  };
  const settled = async (api: ApiProcess) =>
    until(async () => (await jobsOf(api)).every(({ status }) => !["queued", "running"].includes(status)));

  it("loses nothing and repeats nothing, in whatever state of a job and of the handover of calls it is killed", async () => {
    let benchmark = "";
    for (const [index, [ofJob, ofCalls]] of KILLS.entries()) {
      const api = await processes.start(folder, operator.url);
      if (benchmark === "") {
        const spec = { ...buildBenchmarkInput().eval_spec, parameters: { attempts: 10 } };
        const { body } = await api.ask("POST", "/api/v1/benchmarks", buildBenchmarkInput({ eval_spec: spec }));
        benchmark = String(body["id"]);
      }
      await settled(api); // what the one before has left
      await api.hold(ofJob);
      const path = `${MODEL}/evaluate?benchmark_spec_id=${benchmark}`;
      const { body } = await api.ask("POST", path, PREDICTIONS, "text/csv");
      const job = String(body["job_id"]);
      if (ofJob.startsWith("running")) {
        const wanted = Number(ofJob.split(" ")[1]);
        await until(
          async () => (await api.ask("GET", `${MODEL}/evaluations/${job}/status`)).body["progress"] === wanted,
        );
      } else await api.holding(ofJob);
      if (ofCalls !== undefined) {
        await api.hold(ofCalls);
        const size = EVENTS / 4;
        const part = { events: events.slice(Math.max(0, index - 1) * size, (index + 1) * size) };
        const { body: kept } = await api.ask("POST", "/api/v1/usage/events", part);
        expect(kept).to.deep.equal({ accepted: size, duplicates: index === 0 ? 0 : size });
        await api.holding(ofCalls);
      }
      await api.kill();
    }

    const last = await processes.start(folder, operator.url);
    const { body } = await last.ask("POST", "/api/v1/usage/events", { events: [...events].reverse() });
    expect(body).to.deep.equal({ accepted: EVENTS / 4, duplicates: (3 * EVENTS) / 4 });
    const calls = events.reduce((sum, event) => sum + event.calls, 0);
    await until(async () => {
      const { body: usage } = await last.ask("GET", "/api/v1/usage");
      return (usage["items"] as { handed_over: number }[])[0]?.handed_over === calls;
    });
    expect(operator.calls()).to.equal(calls);
    expect(operator.refused).to.equal(0);

    await settled(last);
    const jobs = await jobsOf(last);
    expect(jobs.map(({ status, attempt }) => [status, attempt])).to.deep.equal(
      KILLS.map((_, index) => ["accepted", index + 1]),
    );
    expect(new Set(jobs.map((job) => job.evaluation_id)).size).to.equal(KILLS.length);
    for (const { evaluation_id } of jobs)
      expect((await last.ask("GET", `/api/v1/evaluations/${evaluation_id}`)).status).to.equal(200);
    // Only of the job whose end was written the file was left; it is removed when it is an hour old.
    expect(readdirSync(join(folder, "uploads"))).to.deep.equal([jobs.at(-1)?.job_id]);
    await last.kill();
  });
});
