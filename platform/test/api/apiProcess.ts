// An API in a process of its own, which stops where it is told to: there a test kills it. Started with a folder and the address of what
// takes metered calls; a line `hold <point>` on its standard input names the place, and it says when it stands there.

import { serve } from "@hono/node-server";
import { PgDialect } from "drizzle-orm/pg-core";
import type { SQL } from "drizzle-orm";
import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createApi } from "../../api/app";
import { startEvaluation, type RunningEvaluation } from "../../api/jobs/process";
import { JobQueue } from "../../api/jobs/queue";
import { ensureAdminKey } from "../../api/keys";
import { MeteringOutbox } from "../../api/metering";
import type { Database } from "../../store/database";
import { openStore } from "../../store/open";
import { indexModel, ORACLE_ATTESTATION, type HoldPoint } from "./support";

/** Statements before which the process stands still, by the name of the place. */
const STATEMENTS: Readonly<Partial<Record<HoldPoint, RegExp>>> = {
  queued: /^UPDATE evaluation_jobs SET status = 'running'/,
  document: /^INSERT INTO evaluation_documents/,
  summing: /^WITH taken AS/,
  summed: /^SELECT id, model, calls::float8 AS calls FROM metered_batches/,
  posted: /^UPDATE metered_batches SET handed_over_at/,
};

/** Milliseconds: so that what a killed process had is taken up soon, and calls are handed over at once. */
const [LEASE, HAND_OVER] = [1_000, 100];

const dialect = new PgDialect();
const points = new Set<string>();

/** Stands still for ever if it was told to do so here. */
async function pass(point: HoldPoint): Promise<void> {
  if (!points.has(point)) return;
  process.stdout.write(`holding ${point}\n`);
  await new Promise(() => undefined);
}

/** A database before whose statements the process may stand still. */
function held(db: Database): Database {
  let hasDocument = false;
  const execute = async (statement: SQL) => {
    const text = typeof statement === "string" ? statement : dialect.sqlToQuery(statement).sql;
    for (const [point, form] of Object.entries(STATEMENTS)) if (form.test(text.trim())) await pass(point as HoldPoint);
    hasDocument ||= /INSERT INTO evaluation_documents/.test(text);
    return db.execute(statement);
  };
  const transaction: Database["transaction"] = async (act, options) => {
    const inner = { hasDocument: false };
    const result = await db.transaction(async (own) => {
      const watched = held(own as unknown as Database) as Database & { readonly hasDocument: boolean };
      const done = await act(watched as never);
      inner.hasDocument = watched.hasDocument;
      return done;
    }, options);
    if (inner.hasDocument) await pass("finished");
    return result;
  };
  return {
    execute,
    transaction,
    get hasDocument() {
      return hasDocument;
    },
  } as unknown as Database;
}

/** An evaluation that goes on for ever if the process is to stand still in it. */
function start(task: Parameters<typeof startEvaluation>[0]): RunningEvaluation {
  const evaluation = startEvaluation(task);
  const begun = [0.1, 0.9].find((progress) => points.has(`running ${progress}`));
  return begun === undefined
    ? evaluation
    : {
        progress: begun,
        end: evaluation.end.then(async () => pass(`running ${begun}` as HoldPoint) as never),
        kill: evaluation.kill,
      };
}

void (async () => {
  const [folder, fees] = process.argv.slice(2) as [string, string];
  const url = process.env["DATABASE_URL"];
  const store = await openStore(url === undefined ? { folder: join(folder, "db") } : { url });
  const uploads = join(folder, "uploads");
  mkdirSync(uploads, { recursive: true });
  const onFault = (error: unknown) => process.stderr.write(`${String((error as Error).stack)}\n`);
  const { key, isNew } = await ensureAdminKey(store.db, join(folder, "admin.key"));
  if (isNew) await indexModel({ store }, `0x${"00".repeat(32)}`);
  const db = held(store.db);
  const queue = new JobQueue({ db, folder: uploads, workers: 1, lease: LEASE, onFault, start });
  const outbox = new MeteringOutbox(db, { url: fees, token: "" }, onFault);
  const parts = { uploads, oracleAttestation: ORACLE_ATTESTATION, receiptOf: async () => undefined, onFault };
  const app = createApi({ ...parts, store, latestBlock: async () => 9 }, () => queue.wake());
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }: AddressInfo) => {
    process.stdout.write(`up http://127.0.0.1:${port} ${key}\n`);
  });
  server.on("error", onFault);
  createInterface({ input: process.stdin }).on("line", (line) => {
    points.add(line.replace(/^hold /, ""));
    process.stdout.write(`told ${line}\n`);
  });
  await queue.start();
  outbox.start(HAND_OVER);
})();
