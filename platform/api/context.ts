// What operations work with, and what is known about a request.

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Store } from "../store/open";
import { invalid } from "./failure";
import type { ApiCaller } from "./keys";

/** What the chain reports about a successful transaction. */
export interface ReceiptFacts {
  readonly block: number;
  /** The contracts that emitted events. */
  readonly addresses: readonly string[];
}

/** Limits of the API. Requests are counted per account, or per address if they have no key. */
export interface ApiLimits {
  readonly requestsPerMinute: number;
  readonly anonymousRequestsPerMinute: number;
  /** The most queued and running jobs, per account and in all. */
  readonly openJobsPerAccount: number;
  readonly openJobs: number;
  /** The largest upload for an evaluation, in bytes. */
  readonly upload: number;
  /** The most bytes that one request may send to MLflow. */
  readonly artifact: number;
  /** The most event streams open at once, per account or address and in all. */
  readonly streamsPerClient: number;
  readonly streams: number;
}

/** The parts that an API is made of. */
export interface ApiParts {
  readonly store: Store;
  /** Folder of uploads, which must be the same for every process that shares the database. */
  readonly uploads: string;
  /** The deployment's OracleAttestation, with which approved models are registered. */
  readonly oracleAttestation: string;
  /** Looks a transaction up on the chain; undefined if the transaction is unknown or failed. */
  readonly receiptOf: (transactionHash: string) => Promise<ReceiptFacts | undefined>;
  /** Number of the chain's latest block; null while the node does not answer. */
  readonly latestBlock: () => Promise<number | null>;
  /** Address of the MLflow server; without it, requests to MLflow are refused. */
  readonly mlflow?: string;
  readonly limits?: Partial<ApiLimits>;
  /** Called with the error of every internal fault. */
  readonly onFault: (error: unknown) => void;
}

/** What is known about a request. */
export interface RequestFacts {
  Variables: { caller: ApiCaller | undefined; client: string };
}

export type ApiApp = OpenAPIHono<RequestFacts>;

/** Creates an app that refuses invalid requests in the API's common shape. */
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
