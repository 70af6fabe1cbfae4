// What a browser needs besides the API: the built page under a strict content policy, the deployment's addresses, and a route to the node
// that reads the chain and forwards transactions that a wallet has signed.

import type { serve } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { DeploymentAddresses } from "../../sdk/client/deployment";
import type { ChainClient } from "../../sdk/rpc/endpoint";

/** What the page is served from. */
export interface PageOptions {
  /** Folder of the built page. */
  readonly dist: string;
  readonly deployment: DeploymentAddresses;
  readonly node: ChainClient;
}

/** Scripts, styles and requests only from this host. Images may also be data URLs, which is how wallets announce their icons. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** What the page may request from a node: reads, and sending signed transactions. No method that unlocks, mines or traces. */
const METHODS = new Set([
  "eth_blockNumber",
  "eth_call",
  "eth_chainId",
  "eth_estimateGas",
  "eth_feeHistory",
  "eth_gasPrice",
  "eth_getBalance",
  "eth_getBlockByHash",
  "eth_getBlockByNumber",
  "eth_getCode",
  "eth_getLogs",
  "eth_getTransactionByHash",
  "eth_getTransactionCount",
  "eth_getTransactionReceipt",
  "eth_maxPriorityFeePerGas",
  "eth_sendRawTransaction",
]);

const LARGEST_BODY = 512 * 1024;
const MOST_REQUESTS = 100;

interface StaticFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly packed: Buffer;
  readonly tag: string;
}

/** The page's routes; every path that no other route matches shows the page. */
export function pageRoutes({ dist, deployment, node }: PageOptions): Hono {
  const files = readDist(dist);
  const app = new Hono();

  app.get("/site.json", (context) => context.json(deployment, 200, { ...HEADERS, "cache-control": "no-cache" }));

  app.post("/rpc", bodyLimit({ maxSize: LARGEST_BODY }), async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined);
    const requests = Array.isArray(body) ? body : [body];
    if (requests.length === 0 || requests.length > MOST_REQUESTS) return context.json(refusal(null, -32600), 400);
    const answers = await Promise.all(requests.map((request) => answerOfNode(node, request))).catch(() => undefined);
    if (answers === undefined) return context.text("the node does not answer", 503, HEADERS);
    return context.json(Array.isArray(body) ? answers : answers[0], 200, HEADERS);
  });

  app.get("*", (context) => {
    const { pathname } = new URL(context.req.url);
    const isFile = extname(pathname) !== "" && (pathname.startsWith("/assets/") || files.has(pathname));
    const file = files.get(isFile ? pathname : "/index.html");
    if (file === undefined) return context.text("not found", 404, HEADERS);
    const isNamedByContent = pathname.startsWith("/assets/");
    const headers = {
      ...HEADERS,
      "content-type": file.type,
      "cache-control": isNamedByContent ? "public, max-age=31536000, immutable" : "no-cache",
      etag: file.tag,
      vary: "accept-encoding",
    };
    if (context.req.header("if-none-match") === file.tag) return context.body(null, 304, headers);
    const isPacked = context.req.header("accept-encoding")?.includes("gzip") ?? false;
    return context.body(new Uint8Array(isPacked ? file.packed : file.plain), 200, {
      ...headers,
      ...(isPacked && { "content-encoding": "gzip" }),
    });
  });
  return app;
}

/** Paths that belong to the API; all others belong to the page. */
const OF_API = /^\/(api|live|ready|openapi\.json)(\/|$)/;

type Fetch = Parameters<typeof serve>[0]["fetch"];

/** Serves an API and the page at one address. */
export function besidePage(api: Fetch, page: PageOptions): Fetch {
  const routes = pageRoutes(page);
  return (request, bindings) =>
    OF_API.test(new URL(request.url).pathname) ? api(request, bindings) : routes.fetch(request, bindings);
}

async function answerOfNode(node: ChainClient, request: unknown): Promise<object> {
  const { id = null, method, params = [] } = Object(request) as { id?: unknown; method?: unknown; params?: unknown };
  if (typeof method !== "string" || !METHODS.has(method)) return refusal(id, -32601);
  return { jsonrpc: "2.0", id, ...(await node.ask({ method, params })) };
}

const WORDS: Readonly<Record<number, string>> = {
  [-32600]: `expected 1 to ${MOST_REQUESTS} requests of JSON-RPC`,
  [-32601]: "the method is not offered here",
};

function refusal(id: unknown, code: number): object {
  return { jsonrpc: "2.0", id, error: { code, message: WORDS[code] } };
}

/** Reads the built files, which are small enough to keep in memory, by path. */
function readDist(dist: string): ReadonlyMap<string, StaticFile> {
  const names = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const plain = readFileSync(path);
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      const tag = `"${createHash("sha256").update(plain).digest("hex").slice(0, 32)}"`;
      return [path.slice(dist.length).replaceAll("\\", "/"), { type, plain, packed: gzipSync(plain), tag }];
    }),
  );
}
