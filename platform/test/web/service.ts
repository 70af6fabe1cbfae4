// The platform's indexer and API over the chain of a page's test, as a test drives them.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeploymentAddresses } from "../../../sdk/client/deployment";
import type { ApiScope, BenchmarkInput, DraftInput } from "../../../sdk/platform/wire";
import { Endpoint } from "../../../sdk/rpc/endpoint";
import { createApi } from "../../api/app";
import { JobQueue } from "../../api/jobs/queue";
import { createApiKey } from "../../api/keys";
import { Indexer } from "../../indexer/indexer";
import { openStore } from "../../store/open";

/** What the account of a developer may. */
const DEVELOPER: readonly ApiScope[] = ["models", "benchmarks", "evaluate", "usage"];

/** Milliseconds between two looks of the indexer at its chain. */
const POLLING = 200;

export interface PageService {
  /** Whether the API answers nobody. */
  isAway: boolean;
  /** Blocks that the chain is said to be ahead of the indexer beside those that it is. */
  ahead: number;
  /** A key of a developer, and one of whoever runs the platform. */
  readonly keys: Readonly<Record<"developer" | "admin", string>>;
  /** Every request that the page has made, by method and path. */
  readonly requests: string[];
  readonly fetch: (request: Request, ...rest: unknown[]) => Response | Promise<Response>;
  /** What the API answers to somebody with a key; throws for what it refuses. */
  ask<T>(method: string, path: string, key?: string, body?: object): Promise<T>;
  stop(): Promise<void>;
}

export async function startPageService(url: string, deployment: DeploymentAddresses): Promise<PageService> {
  const ending = new AbortController();
  const folder = mkdtempSync(join(tmpdir(), "page-"));
  const store = await openStore({});
  const indexer = await Indexer.open({ store, url, deployment, signal: ending.signal, pollMilliseconds: POLLING });
  while (await indexer.step());
  const indexing = indexer.run();
  const node = new Endpoint(url, { tries: 1, timeout: 5_000 });
  const faults: unknown[] = [];
  const queue = new JobQueue({ db: store.db, folder, workers: 1, onFault: (error) => faults.push(error) });
  await queue.start();
  const state = { isAway: false, ahead: 0 };
  const { app, keys } = await openApi();

  async function openApi() {
    const api = createApi(
      {
        ...{ store, uploads: folder, oracleAttestation: deployment.contracts.OracleAttestation },
        limits: { requestsPerMinute: 1e6, anonymousRequestsPerMinute: 1e6 },
        receiptOf: async (hash) => {
          const receipt = await node.send<{ status: string; blockNumber: string } | null>("eth_getTransactionReceipt", [
            hash,
          ]);
          if (receipt === null || Number(receipt.status) !== 1) return undefined;
          return { block: Number(receipt.blockNumber), addresses: [] };
        },
        latestBlock: async () => Number(await node.send<string>("eth_blockNumber")) + state.ahead,
        onFault: (error) => faults.push(error),
      },
      () => queue.wake(),
    );
    const developer = await createApiKey(store.db, "developer", DEVELOPER);
    return { app: api, keys: { developer, admin: await createApiKey(store.db, "boss", ["admin"]) } };
  }

  const requests: string[] = [];
  return Object.assign(state, {
    ...{ keys, requests },
    fetch: (request: Request, ...rest: unknown[]) => {
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      if (state.isAway) return new Response("away", { status: 503 });
      return app.fetch(request, ...(rest as [object]));
    },
    ask: async <T>(method: string, path: string, key?: string, body?: object) => {
      const response = await app.request(path, {
        method,
        headers: { "content-type": "application/json", ...(key !== undefined && { authorization: `Bearer ${key}` }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return (text === "" ? undefined : JSON.parse(text)) as T;
    },
    stop: async () => {
      ending.abort();
      await Promise.all([indexing, queue.stop()]);
      await indexer.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
      if (faults.length > 0) throw new Error(`the API had a fault: ${String(faults[0])}`);
    },
  });
}

/** A benchmark of the demonstration's predictions, with as many attempts as a test may need. */
export function benchmarkFor(modelId: string, evaluationDataHash: string): BenchmarkInput {
  return {
    ...{ model_id: modelId, provider: "hokusai", dataset_reference: "https://example.org/credit.csv" },
    ...{ eval_split: "test", target_column: "label", input_columns: ["income"], metric_name: "roc_auc" },
    ...{ metric_direction: "higher_is_better", dataset_version: `sha256:${"cd".repeat(32)}` },
    ...{ evaluation_data_hash: evaluationDataHash, baseline_value: 0.7493, task_type: "binary_classification" },
    eval_spec: {
      ...{ primary_metric: "roc_auc", secondary_metrics: [], guardrails: [], min_examples: 1000 },
      parameters: {
        ...{ f: "identity", lo: 0, hi: 1, folds: 10, seed: 1, attempts: 9 },
        ...{ minImprovementBps: 10, minRuns: 7, minLowerBoundBps: 1 },
      },
    },
  };
}

/** A model as a developer drafts it. */
export function draftFor(modelId: string): DraftInput {
  return {
    ...{ model_id: modelId, name: "Proposed Model", ticker: "PROP", description: "Tells who pays back." },
    ...{ category: "Finance", tags: ["credit", "banking"], metric: "roc_auc", current_value: 0.85, target_value: 0.91 },
    licence: { text: "All rights reserved.", uri: "https://example.org/licence.txt" },
    direction: "higher_is_better",
    allocations: { supplier: "400000", investor: "600000", tokens_per_delta_one: "1000", expected_delta_ones: 12 },
  };
}
