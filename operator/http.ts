// SPDX-License-Identifier: MIT
// The service's door: health and metrics for whoever watches it, and posts for whoever feeds it.

import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Problem } from "../sdk/base/problem";
import type { Telemetry } from "./telemetry";

/** The largest body, in bytes: room for well over 15,000 records. */
const LARGEST_BODY = 4 * 1_048_576;
const SLOWEST_REQUEST = 10_000;

/** The most posts that are read or waiting, and the seconds after which a refused one may be sent again. */
const [MOST_POSTS, PAUSE] = [4, 1];

/** An answer to a post. */
export interface Reply {
  readonly status: number;
  readonly body: object;
}

/** What the HTTP server exposes. */
export interface Behind {
  /** Whether the service runs and needs no restart. */
  readonly live: () => Reply;
  /** Whether the service does its work. */
  readonly ready: () => Reply;
  /** Handlers of posted texts by path; they throw a problem if the text is malformed. */
  readonly posts: ReadonlyMap<string, TakePost>;
}

/** An HTTP server, and what it exposes at first. */
export interface Door extends Behind {
  readonly host: string;
  readonly port: number;
  /** The token that posts must show; empty if only this machine can reach the server. */
  readonly token: string;
  readonly telemetry: Telemetry;
}

/** A running HTTP server. */
export interface OpenDoor {
  readonly url: string;
  /** Replaces what the server exposes. */
  readonly change: (behind: Behind) => void;
  readonly close: () => Promise<void>;
}

/** A service that is starting and waits for its chain or its keys; a restart would not help. */
export const STARTING: Behind = {
  live: () => starting(200),
  ready: () => starting(503),
  posts: new Map(["/bundles", "/fees"].map((path) => [path, async () => starting(503)])),
};

function starting(status: number): Reply {
  const problems = ["the service starts: it waits for the chain, or for its keys"];
  return { status, body: { status: status === 200 ? "ok" : "unwell", problems: status === 200 ? [] : problems } };
}

/** Handles the text of a post. */
export type TakePost = (text: string) => Promise<Reply>;

/** Starts the HTTP server; returns its address, how to change what it exposes, and how to close it. */
export async function openDoor(first: Door): Promise<OpenDoor> {
  let door = first;
  const queue = new Queue();
  const server = createServer((request, response) => {
    answer(door, queue, request)
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
  const change = (behind: Behind) => (door = { ...door, ...behind });
  return { url: addressOf(server), change, close: async () => close(server) };
}

/** Handles posts one after the other, so that two posts about the same name are never interleaved and memory is bounded. */
class Queue {
  private last: Promise<unknown> = Promise.resolve();
  private length = 0;

  /** Runs `read` at once and `take` in turn; undefined if the queue is full. */
  async pass<T>(read: () => Promise<T>, take: (value: T) => Promise<Reply>): Promise<Reply | undefined> {
    if (this.length === MOST_POSTS) return undefined;
    this.length++;
    try {
      const value = await read();
      const turn = this.last.then(() => take(value));
      this.last = turn.catch(() => undefined);
      return await turn;
    } finally {
      this.length--;
    }
  }
}

async function answer(door: Door, queue: Queue, request: IncomingMessage): Promise<Reply | string> {
  const pathname = (request.url ?? "/").replace(/[?#].*$/, "");
  if (request.method === "GET" && pathname === "/live") return door.live();
  if (request.method === "GET" && pathname === "/ready") return door.ready();
  if (request.method === "GET" && pathname === "/metrics") return door.telemetry.render();
  const take = door.posts.get(pathname);
  if (request.method !== "POST" || take === undefined) {
    return {
      status: 404,
      body: {
        error: `there is ${["GET /live", "GET /ready", "GET /metrics", ...[...door.posts.keys()].map((path) => `POST ${path}`)].join(", ")}`,
      },
    };
  }
  // Only browsers send an Origin header. No web page may use a server that is open to this machine.
  if (request.headers.origin !== undefined) return { status: 403, body: { error: "a web page may not post here" } };
  if (!isAllowed(door.token, request)) return { status: 401, body: { error: "the bearer token is missing or wrong" } };
  const reply = await queue.pass(
    async () => textOf(request),
    async (text) => taken(take, text),
  );
  return reply ?? { status: 503, body: { error: `${MOST_POSTS} posts are being taken, try again in ${PAUSE} s` } };
}

async function taken(take: TakePost, text: string | undefined): Promise<Reply> {
  if (text === undefined) return { status: 413, body: { error: `the body is larger than ${LARGEST_BODY} bytes` } };
  try {
    return await take(text);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { status: 400, body: { error: error.message } };
  }
}

/** Compares hashes of equal length, so that the time of the comparison reveals nothing about the token. */
function isAllowed(token: string, request: IncomingMessage): boolean {
  if (token === "") return true;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(`Bearer ${token}`), digest(request.headers.authorization ?? ""));
}

/** The body; undefined as soon as it is too large. */
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
  const [isLarge, isFull] = [reply.status === 413, method === "POST" && reply.status === 503];
  response.writeHead(reply.status, {
    "content-type": "application/json",
    ...(isLarge || isFull ? { connection: "close" } : {}), // the rest of the body is not read
    ...(isFull ? { "retry-after": String(PAUSE) } : {}),
  });
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
