import { expect } from "chai";
import { sql } from "drizzle-orm";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../scripts/dev/world/process";
import type { UsageAnswer, UsageEvent } from "../../../sdk/platform/wire";
import { createApi } from "../../api/app";
import { startEvaluation } from "../../api/jobs/process";
import { JobQueue } from "../../api/jobs/queue";
import { makeBatches } from "../../api/metering";
import { rowsOf } from "../../store/database";
import type { Store } from "../../store/open";
import { startOperatorDouble, type OperatorDouble } from "../api/operatorDouble";
import { useApiProcesses, type ApiProcess } from "../api/processes";
import {
  ask,
  buildBenchmarkInput,
  buildDraft,
  indexModel,
  openTestStore,
  useApi,
  type ApiWorld,
  type Received,
} from "../api/support";

const PREDICTIONS = "id,label,baseline,candidate\n1,0,0,0\n";

describe("API: two processes on one PostgreSQL @uninstrumented", () => {
  useApi(); // the tables are empty
  const processes = useApiProcesses();
  const size = 20_000;
  const events = Array.from({ length: size }, (_, index): UsageEvent => {
    return { id: `event-${index}`, model: "credit-default", calls: 1 + (index % 5), at: 1_767_225_600 };
  });
  let folder: string;
  let operator: OperatorDouble;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "processes-"));
    operator = await startOperatorDouble();
  });
  after(async () => {
    await operator.stop();
    rmSync(folder, { recursive: true });
  });

  const send = async (api: ApiProcess, from: number, to: number) =>
    (await api.ask("POST", "/api/v1/usage/events", { events: events.slice(from, to) })).body as unknown as UsageAnswer;

  it("hand over 20,000 events once that were sent to both, although one is killed in between", async () => {
    const one = await processes.start(folder, operator.url);
    await one.hold("posted");
    const first = await send(one, 0, 12_000);
    await one.holding("posted"); // the operator has a batch, and nobody knows
    const other = await processes.start(folder, operator.url);
    const both = await Promise.all([send(one, 8_000, 16_000), send(other, 10_000, size)]);
    await one.kill();
    const last = await send(other, 0, size);
    const accepted = [first, ...both, last].reduce((sum, answer) => sum + answer.accepted, 0);
    expect([accepted, last.duplicates]).to.deep.equal([size, size]);

    const calls = events.reduce((sum, event) => sum + event.calls, 0);
    await until(async () => {
      const { body } = await other.ask("GET", "/api/v1/usage");
      return (body["items"] as { handed_over: number }[])[0]?.handed_over === calls;
    });
    expect([operator.calls(), operator.refused]).to.deep.equal([calls, 0]);
    await other.kill();
  });
});

describe("API: two instances on one PostgreSQL", () => {
  const first = useApi({ openJobsPerAccount: 100 });
  let store: Store;
  let second: Pick<ApiWorld, "app">;
  before(async () => (store = await openTestStore()));
  beforeEach(() => (second = { app: createApi({ ...first.parts, store }) }));
  before(() => expect([first.store.isEmbedded, store.isEmbedded]).to.deep.equal([false, false]));
  afterEach(() => expect(first.faults).to.deep.equal([]));
  after(async () => store.close());
  const alice = () => first.keys.alice;

  it("perform a post once that both receive at the same time", async () => {
    const sending = { key: alice(), body: buildDraft(), headers: { "idempotency-key": "one" } };
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => ask(index % 2 ? first : second, "POST", "/api/v1/models", sending)),
    );
    expect(new Set(answers.map(({ body }) => body["id"])).size).to.equal(1);
    const { body } = await ask(second, "GET", "/api/v1/models/drafts", { key: alice() });
    expect(body["total"]).to.equal(1);
  });

  it("give each attempt number once, and each job to one queue", async () => {
    const attempts = { ...buildBenchmarkInput().eval_spec, parameters: { attempts: 10 } };
    const input = buildBenchmarkInput({ eval_spec: attempts });
    const { body } = await ask(first, "POST", "/api/v1/benchmarks", { key: alice(), body: input });
    const path = `/api/v1/models/credit-default/evaluate?benchmark_spec_id=${String(body["id"])}`;
    const sending = { key: alice(), body: PREDICTIONS, headers: { "content-type": "text/csv" } };
    await Promise.all(Array.from({ length: 10 }, (_, index) => ask(index % 2 ? first : second, "POST", path, sending)));

    const begun: string[] = [];
    const start: typeof startEvaluation = (task) => {
      begun.push(task.file);
      return { progress: 0, end: Promise.resolve({ kind: "refused", message: "no" }), kill: () => undefined };
    };
    const onFault = (error: unknown) => void first.faults.push(error);
    const queues = [first.store, store].map(
      ({ db }) => new JobQueue({ db, folder: first.uploads, workers: 2, onFault, start }),
    );
    await Promise.all(queues.map(async (queue) => queue.start()));
    for (let open = 1; open > 0;) {
      const [row] = await rowsOf<{ open: number }>(
        store.db,
        sql`SELECT count(*)::int AS open FROM evaluation_jobs WHERE status IN ('queued', 'running')`,
      );
      open = row?.open ?? 0;
    }
    await Promise.all(queues.map(async (queue) => queue.stop()));

    expect([begun.length, new Set(begun).size]).to.deep.equal([10, 10]);
    const rows = await rowsOf<{ attempt: number }>(store.db, sql`SELECT attempt FROM evaluation_jobs ORDER BY attempt`);
    expect(rows.map(({ attempt }) => attempt)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("count events once that were sent to both, and put each into one batch", async () => {
    await indexModel(first, `0x${"00".repeat(32)}`);
    const events = Array.from({ length: 5_000 }, (_, index): UsageEvent => {
      return { id: `event-${index}`, model: "credit-default", calls: 1 + (index % 5), at: 1_767_225_600 };
    });
    const post = async (world: Pick<ApiWorld, "app">, part: readonly UsageEvent[]) =>
      ask(world, "POST", "/api/v1/usage/events", { key: alice(), body: { events: part } });
    const answers = await Promise.all([
      post(first, events),
      makeBatches(store.db).then(async () => post(second, [...events].reverse())),
      makeBatches(first.store.db),
    ]);
    await Promise.all([makeBatches(first.store.db), makeBatches(store.db)]);

    const accepted = answers.slice(0, 2).map((answer) => Number((answer as Received).body["accepted"]));
    expect(accepted[0]! + accepted[1]!).to.equal(5_000);
    const [row] = await rowsOf<{ calls: number; open: number }>(
      store.db,
      sql`SELECT sum(calls)::float8 AS calls, (SELECT count(*)::int FROM metered_events WHERE batch IS NULL) AS open
          FROM metered_batches`,
    );
    expect(row).to.deep.equal({ calls: events.reduce((sum, { calls }) => sum + calls, 0), open: 0 });
  });
});
