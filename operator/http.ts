// SPDX-License-Identifier: MIT
// The service's door: health and metrics for whoever watches it, and posts for whoever feeds it.

import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Problem } from "../sdk/base/problem";
import type { Telemetry } from "./telemetry";

const LARGEST_BODY = 1_048_576;
const SLOWEST_REQUEST = 10_000;

/** An answer to a post. */
export interface Reply {
  readonly status: number;
  readonly body: object;
}

/** What is behind the door. */
export interface Door {
  readonly host: string;
  readonly port: number;
  /** What posts must show; empty when nobody else can reach the door. */
  readonly token: string;
  readonly telemetry: Telemetry;
  readonly health: () => Reply;
  /** Takes the text that was posted to a path; throws a problem when it is malformed. */
  readonly posts: ReadonlyMap<string, (text: string) => Reply>;
}

/** Opens the door; answers where it is, and how to close it. */
export async function openDoor(door: Door): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    answer(door, request)
      .catch((error: unknown): Reply => {
        door.telemetry.log("error", "request failed", { reason: (error as Error).message.split("\n")[0] });
        return { status: 500, body: { error: "the request failed, see the log" } };
      })
      .then((reply) => write(door, request, response, reply))
      .catch(() => response.destroy());
  });
  server.requestTimeout = SLOWEST_REQUEST;
  server.listen(door.port, door.host);
  await once(server, "listening").catch((error: Error) => {
    throw new Problem("BUSY", `${door.host}:${door.port} cannot be listened on: ${error.message}.`);
  });
  return { url: addressOf(server), close: async () => close(server) };
}

async function answer(door: Door, request: IncomingMessage): Promise<Reply | string> {
  const pathname = (request.url ?? "/").replace(/[?#].*$/, "");
  if (request.method === "GET" && pathname === "/health") return door.health();
  if (request.method === "GET" && pathname === "/metrics") return door.telemetry.render();
  const take = door.posts.get(pathname);
  if (request.method !== "POST" || take === undefined) {
    return {
      status: 404,
      body: {
        error: `there is ${["GET /health", "GET /metrics", ...[...door.posts.keys()].map((path) => `POST ${path}`)].join(", ")}`,
      },
    };
  }
  // Browsers say where a page that posts comes from; nobody else does. No page may use a door that is open to this machine.
  if (request.headers.origin !== undefined) return { status: 403, body: { error: "a web page may not post here" } };
  if (!isAllowed(door.token, request)) return { status: 401, body: { error: "the bearer token is missing or wrong" } };
  const text = await textOf(request);
  if (text === undefined) return { status: 413, body: { error: `the body is larger than ${LARGEST_BODY} bytes` } };
  try {
    return take(text);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { status: 400, body: { error: error.message } };
  }
}

/** Hashes have one length: how long the comparison takes says nothing about the token. */
function isAllowed(token: string, request: IncomingMessage): boolean {
  if (token === "") return true;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(`Bearer ${token}`), digest(request.headers.authorization ?? ""));
}

/** The body, or undefined as soon as it is too large. */
async function textOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > LARGEST_BODY) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function write(
  { telemetry }: Door,
  { method }: IncomingMessage,
  response: ServerResponse,
  reply: Reply | string,
): void {
  if (typeof reply === "string") {
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(reply);
    return;
  }
  if (method === "POST") telemetry.count("posts_total", { status: String(reply.status) });
  const isUnread = reply.status === 413;
  response.writeHead(reply.status, { "content-type": "application/json", ...(isUnread && { connection: "close" }) });
  response.end(`${JSON.stringify(reply.body)}\n`);
}

function addressOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), 1_000);
  await once(server, "close");
  clearTimeout(late);
}
