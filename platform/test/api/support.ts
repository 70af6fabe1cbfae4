import { sql } from "drizzle-orm";
import { id as keyOf, parseUnits } from "ethers";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiScope, BenchmarkInput, DraftInput } from "../../../sdk/platform/wire";
import { createApi } from "../../api/app";
import type { ApiApp, ApiLimits, ApiParts, ReceiptFacts } from "../../api/context";
import { createApiKey } from "../../api/keys";
import { openStore, type Store } from "../../store/open";

export const TOKEN = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
export const OTHER_TOKEN = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const ACCOUNT = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
export const ORACLE_ATTESTATION = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";
export const TRANSACTION = `0x${"12".repeat(32)}`;

/** Block in which models of {@link indexModel} were created. */
export const CREATED = 7;

/** An API on an embedded database, with keys for two accounts. */
export interface ApiWorld {
  readonly store: Store;
  readonly app: ApiApp;
  readonly parts: ApiParts;
  readonly faults: unknown[];
  readonly uploads: string;
  /** What the chain says of transactions. */
  readonly receipts: Map<string, ReceiptFacts>;
  /** The keys of `alice`, `bob` and an admin. */
  readonly keys: Readonly<Record<"alice" | "bob" | "admin", string>>;
  /** How often the queue was told of a job. */
  wakes: number;
}

/** Places in which an API in a process of its own is killed. */
export type HoldPoint =
  "queued" | "running 0.1" | "running 0.9" | "document" | "finished" | "summing" | "summed" | "posted";

const ALL: readonly ApiScope[] = ["read", "models", "benchmarks", "evaluate", "usage"];

/** The database of the tests: PostgreSQL where DATABASE_URL names one, else an embedded one. */
export async function openTestStore(): Promise<Store> {
  const url = process.env["DATABASE_URL"];
  return openStore(url === undefined ? {} : { url });
}

/** An API of its own for a file of tests; its tables are emptied before every test. */
export function useApi(limits: Partial<ApiLimits> = {}): ApiWorld {
  const world = { faults: [], receipts: new Map(), wakes: 0 } as unknown as {
    -readonly [Key in keyof ApiWorld]: ApiWorld[Key];
  };
  before(async () => {
    world.store = await openTestStore();
    world.uploads = mkdtempSync(join(tmpdir(), "api-"));
  });
  beforeEach(async () => {
    await emptyTables(world.store);
    for (const name of readdirSync(world.uploads)) rmSync(join(world.uploads, name));
    world.faults.length = 0;
    world.receipts.clear();
    world.wakes = 0;
    const { db } = world.store;
    world.keys = {
      alice: await createApiKey(db, "alice", ALL),
      bob: await createApiKey(db, "bob", ALL),
      admin: await createApiKey(db, "boss", ["admin"]),
    };
    world.parts = {
      store: world.store,
      uploads: world.uploads,
      oracleAttestation: ORACLE_ATTESTATION,
      receiptOf: async (hash) => world.receipts.get(hash),
      latestBlock: async () => 9,
      limits: { requestsPerMinute: 1e6, anonymousRequestsPerMinute: 1e6, ...limits },
      onFault: (error) => world.faults.push(error),
    };
    world.app = createApi(world.parts, () => world.wakes++);
  });
  after(async () => {
    await world.store.close();
    rmSync(world.uploads, { recursive: true, force: true });
  });
  return world;
}

async function emptyTables({ db }: Store): Promise<void> {
  const tables = [
    "api_keys",
    "idempotent_answers",
    "model_drafts",
    "approved_registrations",
    "admissions",
    "benchmark_specs",
  ];
  const more = [
    "benchmark_versions",
    "registrations",
    "evaluation_jobs",
    "evaluation_documents",
    "claims_files",
    "claims_shares",
  ];
  const others = [
    "metered_batches",
    "metered_events",
    "models",
    "parameters",
    "benchmarks",
    "improvements",
    "payees",
    "distributions",
    "claims",
    "trades",
    "candles",
    "fees",
    "parameter_changes",
    "holders",
    "protocol",
    "scores",
    "chain",
  ];
  await db.execute(sql.raw(`TRUNCATE ${[...tables, ...more, ...others].join(", ")}`));
}

/** What a request says beside its path. */
export interface Sending {
  readonly key?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer with its JSON; an empty one has none. */
export interface Received {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** Asks an API in this process. */
export async function ask(
  { app }: Pick<ApiWorld, "app">,
  method: string,
  path: string,
  sending: Sending = {},
): Promise<Received> {
  const { key, body, headers } = sending;
  const isText = typeof body === "string";
  const response = await app.request(path, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return {
    status: response.status,
    body: (isJson ? JSON.parse(text) : { text }) as Record<string, unknown>,
    headers: response.headers,
  };
}

/** The code of a refusal, with its status. */
export function refusalIn({ status, body }: Received): string {
  return `${status} ${(body["error"] as { code: string }).code}`;
}

/** A draft that is taken. */
export function buildDraft(overrides: Partial<DraftInput> = {}): DraftInput {
  return {
    model_id: "credit-default",
    name: "Credit Default Classifier",
    ticker: "CRDEF",
    description: "Says who pays back.",
    category: "Finance",
    tags: ["credit"],
    licence: { text: "All rights reserved.", uri: "https://example.org/licence.txt" },
    metric: "accuracy",
    current_value: 0.85,
    target_value: 0.91,
    direction: "higher_is_better",
    allocations: { supplier: "400000", investor: "600000", tokens_per_delta_one: "1000", expected_delta_ones: 12 },
    pool: { initial_price: "0.01", crr_ppm: 200_000, trade_fee_bps: 30 },
    ...overrides,
  };
}

/** A benchmark that is taken. */
export function buildBenchmarkInput(overrides: Partial<BenchmarkInput> = {}): BenchmarkInput {
  return {
    model_id: "credit-default",
    provider: "hokusai",
    dataset_reference: "https://example.org/credit.csv",
    eval_split: "test",
    target_column: "label",
    input_columns: ["income"],
    metric_name: "accuracy",
    metric_direction: "higher_is_better",
    dataset_version: `sha256:${"cd".repeat(32)}`,
    evaluation_data_hash: keyOf("evaluation data"),
    baseline_value: 0.75,
    eval_spec: {
      primary_metric: "accuracy",
      secondary_metrics: [],
      guardrails: [],
      min_examples: 100,
      parameters: { attempts: 3 },
    },
    task_type: "binary_classification",
    ...overrides,
  };
}

/** What the indexer would have of a model. */
export interface ModelOnChain {
  readonly model_id?: string;
  readonly status?: string;
  readonly token?: string;
  readonly symbol?: string;
  readonly score?: number | null;
  readonly benchmark_version?: number;
}

/** Puts a model into the indexer's tables: the draft of {@link buildDraft} as its wallet has deployed it. */
export async function indexModel(
  { store: { db } }: Pick<ApiWorld, "store">,
  licenceHash: string,
  model: ModelOnChain = {},
) {
  const { model_id = "credit-default", status = "PROPOSAL", token = TOKEN, symbol = "CRDEF", score = null } = model;
  const { benchmark_version = 0 } = model;
  const tokens = (amount: string) => String(parseUnits(amount, 18));
  const row = {
    key: keyOf(model_id),
    model_id,
    position: 0,
    status,
    token,
    name: "Credit Default Classifier",
    symbol,
    owner: ACCOUNT,
    governor: ACCOUNT,
    generation: 1,
    supplier_recipient: ACCOUNT,
    supplier_allocation: tokens("400000"),
    investor_allocation: tokens("600000"),
    reward_allocation: tokens("100000"),
    supplier_issued: "0",
    investor_issued: "0",
    reward_issued: "0",
    total_supply: "0",
    rewards_remaining: tokens("100000"),
    rewards_waiting: "0",
    license_hash: licenceHash,
    license_uri: "https://example.org/licence.txt",
    benchmark_version,
    score,
    model_commitment: `0x${"00".repeat(32)}`,
    daily_limit: 1000,
    improvements: 0,
    terms_hash: `0x${"00".repeat(32)}`,
    terms_generation: 0,
    owed: "0",
    payees: [],
    created_block: CREATED,
    created_at: 1_700_000_000,
    block: CREATED,
  };
  await insertRow(db, "models", row);
  for (const [name, value] of [
    ["infrastructureAccrualBps", "5000"],
    ["pricePerThousandCalls", "25000000"],
  ])
    await insertRow(db, "parameters", { model: row.key, name, value });
}

/** Lets the indexer have read the chain up to a block. */
export async function indexChain({ store: { db } }: Pick<ApiWorld, "store">, time = 1_700_000_100): Promise<void> {
  await insertRow(db, "chain", {
    ...{ id: true, chain_id: 31_337, registry: ACCOUNT, first_block: 1, payout_delay: 172_800 },
    ...{ block: 9, block_hash: `0x${"99".repeat(32)}`, block_time: time },
  });
}

/** Puts a row into one of the indexer's tables. */
export async function insertRow(db: Store["db"], table: string, row: Record<string, unknown>): Promise<void> {
  await db.execute(
    sql`INSERT INTO ${sql.raw(table)} (${sql.raw(Object.keys(row).join(", "))})
        SELECT ${sql.raw(Object.keys(row).join(", "))} FROM json_populate_record(NULL::${sql.raw(table)}, ${JSON.stringify(row)}::json)`,
  );
}
