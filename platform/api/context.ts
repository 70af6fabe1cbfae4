// What operations work with, and what is known of a request.

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Store } from "../store/open";
import { invalid } from "./failure";
import type { ApiCaller } from "./keys";

/** What the chain says of a transaction that succeeded. */
export interface ReceiptFacts {
  readonly block: number;
  /** Contracts that logged something. */
  readonly addresses: readonly string[];
}

/** Bounds of an API; requests are counted per account, or per address without a key. */
export interface ApiLimits {
  readonly requestsPerMinute: number;
  readonly anonymousRequestsPerMinute: number;
  /** Jobs that wait or run, of one account and of all. */
  readonly openJobsPerAccount: number;
  readonly openJobs: number;
  /** Bytes of an evaluation's upload. */
  readonly upload: number;
  /** Bytes that pass to MLflow in one request. */
  readonly artifact: number;
  /** Streams of events that are open at once, of one account or address and of all. */
  readonly streamsPerClient: number;
  readonly streams: number;
}

/** What an API is made of. */
export interface ApiParts {
  readonly store: Store;
  /** Folder of uploads; every process of a database must see the same. */
  readonly uploads: string;
  /** The deployment's OracleAttestation, with which approved models are registered. */
  readonly oracleAttestation: string;
  /** The chain's word on a transaction; undefined of one that it has not got, or that failed. */
  readonly receiptOf: (transactionHash: string) => Promise<ReceiptFacts | undefined>;
  /** Number of the chain's latest block; null while it does not answer. */
  readonly latestBlock: () => Promise<number | null>;
  /** Address of the MLflow server; without it nothing passes. */
  readonly mlflow?: string;
  readonly limits?: Partial<ApiLimits>;
  /** Told of every fault of ours, with its error. */
  readonly onFault: (error: unknown) => void;
}

/** What is known of a request. */
export interface RequestFacts {
  Variables: { caller: ApiCaller | undefined; client: string };
}

export type ApiApp = OpenAPIHono<RequestFacts>;

/** An app whose invalid requests are refused in the one shape. */
export function newApp(): ApiApp {
  return new OpenAPIHono<RequestFacts>({
    defaultHook: async (result, context) => {
      if (result.success) return;
      const { target, error } = result;
      const given = { json: async () => context.req.json<unknown>(), query: () => context.req.query() };
      const read = Object.hasOwn(given, target) ? given[target as keyof typeof given] : () => context.req.param();
      throw invalid(target === "json" ? "body" : target, error.issues, await read());
    },
  });
}
