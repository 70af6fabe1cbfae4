/**
 * Measures the indexer on an embedded database in a folder: its rate over half a million events, its memory meanwhile, and how long reads
 * take at a rate of a hundred per second. Fails if any figure is missed.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createApi } from "../api/app";
import { Indexer } from "../indexer/indexer";
import { openStore, type Store } from "../store/open";
import { DEPLOYMENT, EVENTS_OF_A_BLOCK } from "./node";

const EVENTS = Number(process.env["EVENTS"] ?? 500_000);

/**
 * The lowest rate in events per second, the largest growth of memory from the first fifth to the end in MB, and the highest 99th percentile
 * of read times in milliseconds.
 */
const [LEAST_RATE, MOST_GROWTH, MOST_P99] = [2_000, 100, 100];

/** Milliseconds between two reads. */
const BEAT = 10;

const MEGABYTE = 2 ** 20;

/** What readers request from the API, in turn. */
const PATHS = ["", "/model-3", "/model-3/trades", "/model-7/candles?interval=1h", "/model-7/fees"].map(
  (path) => `/api/v1/models${path}`,
);

/**
 * Requests from the API a hundred times a second until the returned function is called. That returns how many milliseconds each answer
 * took, measured from when its request was due, in ascending order.
 */
function readMeanwhile(store: Store, folder: string): () => Promise<number[]> {
  const times: number[] = [];
  const underWay = new Set<Promise<void>>();
  const api = createApi({
    ...{ store, uploads: folder, oracleAttestation: DEPLOYMENT.contracts.OracleAttestation },
    ...{ receiptOf: async () => undefined, latestBlock: async () => null },
    limits: { anonymousRequestsPerMinute: Infinity },
    onFault: (error) => console.error(error),
  });
  const read = async (path: string, since: number) => {
    const response = await api.request(path);
    await response.text();
    if (response.status !== 200) throw new Error(`${path} answers with ${response.status}`);
    times.push(performance.now() - since);
  };
  const start = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    for (; start + due * BEAT <= performance.now(); due++) {
      const path = PATHS[due % PATHS.length] as string;
      const reading: Promise<void> = read(path, start + due * BEAT).finally(() => underWay.delete(reading));
      underWay.add(reading);
    }
  }, BEAT);
  return async () => {
    clearInterval(timer);
    await Promise.all(underWay);
    return times.sort((a, b) => a - b);
  };
}

/** What a fifth of the events took. */
interface Fifth {
  readonly events: number;
  readonly "events/s": number;
  /** Of this process, which also holds the database and the readers. */
  readonly "CPU ms per 1,000": number;
  /** The most memory that the process held at once. */
  readonly "MB at most": number;
  readonly "MB of heap": number;
  readonly "MB on disk": number;
}

/** Measures each fifth of the work. */
class Course {
  readonly fifths: Fifth[] = [];
  private events = 0;
  private begun = 0;
  private start = performance.now();
  private cpu = process.cpuUsage();
  private peak = 0;
  private readonly timer = setInterval(() => this.look(), 100);

  constructor(
    private readonly expected: number,
    private readonly folder: string,
  ) {}

  add(count: number): void {
    this.events += count;
    this.look();
    if (this.fifths.length < Math.floor((5 * this.events) / this.expected)) this.end();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    this.peak = Math.max(this.peak, process.memoryUsage.rss());
  }

  private end(): void {
    const events = this.events - this.begun;
    const { user, system } = process.cpuUsage(this.cpu);
    const fifth: Fifth = {
      events,
      "events/s": Math.round(events / ((performance.now() - this.start) / 1_000)),
      "CPU ms per 1,000": Math.round((user + system) / events),
      "MB at most": Math.round(this.peak / MEGABYTE),
      "MB of heap": Math.round(process.memoryUsage().heapUsed / MEGABYTE),
      "MB on disk": Math.round(sizeOf(this.folder) / MEGABYTE),
    };
    this.fifths.push(fifth);
    console.log(fifth);
    [this.begun, this.peak, this.start, this.cpu] = [this.events, 0, performance.now(), process.cpuUsage()];
  }
}

/** Size in bytes of all files in a folder. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, { parentPath, name }) => sum + (statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const blocks = Math.ceil(EVENTS / EVENTS_OF_A_BLOCK) + 2;
  const node = fork(join(__dirname, "node.ts"), [String(blocks)], {
    execArgv: ["-r", "ts-node/register/transpile-only"],
  });
  const [port] = (await once(node, "message")) as [number];
  const store = await openStore({ folder: join(folder, "db") });
  const course = new Course(EVENTS, folder);
  const isReading = process.argv.includes("--reads");
  let stop: (() => Promise<number[]>) | undefined;
  try {
    const indexer = await Indexer.open({
      ...{ store, url: `http://127.0.0.1:${port}`, deployment: DEPLOYMENT },
      onNews: (news) => {
        if (news.kind !== "indexed") return;
        course.add(news.events);
        if (isReading) stop ??= readMeanwhile(store, folder);
      },
    });
    const start = performance.now();
    while (await indexer.step());
    const seconds = (performance.now() - start) / 1_000;
    course.stop();
    const times = (await stop?.()) ?? [];
    const rate = Math.round(EVENTS / seconds);
    const [first, last] = [course.fifths[0], course.fifths.at(-1)] as [Fifth, Fifth];
    const growth = last["MB at most"] - first["MB at most"];
    const p99 = Math.round(times[Math.floor(times.length * 0.99)] ?? 0);
    console.table([
      { events: EVENTS, seconds: Math.round(seconds), "events/s": rate, "MB more at the end": growth },
      ...(isReading
        ? [{ reads: times.length, "p50 in ms": Math.round(times[times.length >> 1] ?? 0), "p99 in ms": p99 }]
        : []),
    ]);
    const isReached = growth <= MOST_GROWTH && (isReading ? p99 <= MOST_P99 : rate >= LEAST_RATE);
    console.log(
      `Expected at most ${MOST_GROWTH} MB more in the last fifth than in the first, and ${
        isReading ? `a p99 of at most ${MOST_P99} ms` : `at least ${LEAST_RATE} events/s`
      }.`,
    );
    process.exitCode = isReached ? 0 : 1;
    await indexer.close();
  } finally {
    course.stop();
    await store.close();
    node.kill();
    rmSync(folder, { recursive: true });
  }
}

void main();
