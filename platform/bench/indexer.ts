/**
 * Measures the indexer on an embedded database in a folder: events a second over half a million, what memory does meanwhile, and how
 * long reads take that come a hundred times a second. Fails when one misses its figure.
 */
import { sql } from "drizzle-orm";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { Indexer } from "../indexer/indexer";
import { openStore, type Store } from "../store/open";
import { DEPLOYMENT, EVENTS_OF_A_BLOCK } from "./node";

const EVENTS = Number(process.env["EVENTS"] ?? 500_000);

/** Events a second, growth of memory from the first fifth to the end in MB, and milliseconds of the slowest reads but one percent. */
const [LEAST_RATE, MOST_GROWTH, MOST_P99] = [2_000, 100, 100];

/** Milliseconds between two reads. */
const BEAT = 10;

const MEGABYTE = 2 ** 20;

/** Reads a page of trades, a model and its candles by turns until it is told to stop; answers how long each took since it was due. */
function readMeanwhile({ db }: Store): () => Promise<number[]> {
  const times: number[] = [];
  const underWay = new Set<Promise<void>>();
  const queries = [
    sql`SELECT * FROM models ORDER BY position LIMIT 20`,
    sql`SELECT * FROM trades WHERE model = (SELECT key FROM models LIMIT 1) ORDER BY block DESC, log_index DESC LIMIT 50`,
    sql`SELECT * FROM candles WHERE model = (SELECT key FROM models LIMIT 1) AND seconds = 3600 ORDER BY start DESC LIMIT 100`,
  ];
  const start = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    for (; start + due * BEAT <= performance.now(); due++) {
      const since = start + due * BEAT;
      const reading: Promise<void> = db
        .execute(queries[due % queries.length] as never)
        .then(() => void times.push(performance.now() - since))
        .finally(() => underWay.delete(reading));
      underWay.add(reading);
    }
  }, BEAT);
  return async () => {
    clearInterval(timer);
    await Promise.all(underWay);
    return times.sort((a, b) => a - b);
  };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const blocks = Math.ceil(EVENTS / EVENTS_OF_A_BLOCK) + 2;
  const node = fork(join(__dirname, "node.ts"), [String(blocks)], {
    execArgv: ["-r", "ts-node/register/transpile-only"],
  });
  const [port] = (await once(node, "message")) as [number];
  const store = await openStore({ folder: join(folder, "db") });
  let events = 0;
  const memory: number[] = [];
  const note = (count: number) => {
    const before = Math.floor((5 * events) / EVENTS);
    events += count;
    if (Math.floor((5 * events) / EVENTS) > before) memory.push(Math.round(process.memoryUsage().rss / MEGABYTE));
  };
  try {
    const indexer = await Indexer.open({
      ...{ store, url: `http://127.0.0.1:${port}`, deployment: DEPLOYMENT },
      onNews: (news) => news.kind === "indexed" && note(news.events),
    });
    const isReading = process.argv.includes("--reads");
    const stop = isReading ? readMeanwhile(store) : async () => [];
    const start = performance.now();
    while (await indexer.step());
    const seconds = (performance.now() - start) / 1_000;
    const times = await stop();
    const rate = Math.round(events / seconds);
    const growth = (memory.at(-1) as number) - (memory[0] as number);
    const p99 = Math.round(times[Math.floor(times.length * 0.99)] ?? 0);
    console.table([
      { events, seconds: Math.round(seconds), "events/s": rate, "MB by fifths": memory.join(" "), growth },
      ...(isReading
        ? [{ reads: times.length, "p50 in ms": Math.round(times[times.length >> 1] ?? 0), "p99 in ms": p99 }]
        : []),
    ]);
    const isReached = isReading ? p99 <= MOST_P99 : rate >= LEAST_RATE && growth <= MOST_GROWTH;
    console.log(
      isReading
        ? `Expected a p99 of at most ${MOST_P99} ms.`
        : `Expected at least ${LEAST_RATE} events/s, and at most ${MOST_GROWTH} MB more at the end than after a fifth.`,
    );
    process.exitCode = isReached ? 0 : 1;
    await indexer.close();
  } finally {
    await store.close();
    node.kill();
    rmSync(folder, { recursive: true });
  }
}

void main();
