// Serves the API with its evaluation queue and the outbox that sends metered calls to the operator.

import { serve } from "@hono/node-server";
import { once as event } from "node:events";
import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import { Problem } from "../../sdk/base/problem";
import { besidePage, type PageOptions } from "../web/server";
import { createApi } from "./app";
import type { ApiParts } from "./context";
import { forgetAnswers } from "./idempotency";
import { JobQueue } from "./jobs/queue";
import { MeteringOutbox, type FeeDoor } from "./metering";

/** Where the API is served, and what it does besides answering. */
export interface ServeOptions extends ApiParts {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The most evaluations at once; 0 for a process that only answers. */
  readonly workers: number;
  /** The page that is served beside the API, if any. */
  readonly page?: PageOptions;
  /** The operator that takes metered calls; without it, they wait. */
  readonly fees?: FeeDoor;
}

/** How often metered calls are sent, and old answers deleted, in milliseconds. */
const [HAND_OVER, FORGET] = [60_000, 3_600_000];

/** Serves the API until it is closed. */
export async function serveApi(options: ServeOptions): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { store, uploads, workers, fees, host, port, page, onFault } = options;
  const queue = new JobQueue({ db: store.db, folder: uploads, workers, onFault });
  const outbox = fees && new MeteringOutbox(store.db, fees, onFault);
  const api = createApi(options, () => queue.wake());
  const fetch = page ? besidePage(api.fetch, page) : api.fetch;
  const server = serve({ fetch, hostname: host, port }) as Server;
  await event(server, "listening").catch((error: Error) => {
    throw new Problem("BUSY", `${host}:${port} cannot be listened on: ${error.message}.`);
  });
  if (workers > 0) await queue.start();
  outbox?.start(HAND_OVER);
  const forgetting = setInterval(() => void forgetAnswers(store.db).catch(onFault), FORGET);
  const { address, family, port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${bound}`,
    async close() {
      clearInterval(forgetting);
      const closed = event(server, "close");
      server.close();
      server.closeAllConnections();
      await Promise.all([closed, queue.stop(), outbox?.stop()]);
    },
  };
}
