// SPDX-License-Identifier: MIT
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** The platform's API as far as the duties read it. */
export interface ApprovalsDouble {
  readonly url: string;
  admissions: object[];
  registrations: object[];
  /** Answers instead of a list, if set. */
  fault: { readonly status: number; readonly body: string } | undefined;
  /** What was asked for: path and authorization. */
  readonly requests: { readonly path: string; readonly authorization: string }[];
}

/** An API that says what a test lets it say, a page at a time. */
export function useApprovals(): ApprovalsDouble {
  let server: Server;
  const api = { url: "", admissions: [], registrations: [], fault: undefined, requests: [] } as ApprovalsDouble & {
    url: string;
    requests: ApprovalsDouble["requests"];
  };
  before(async () => {
    server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", api.url);
      api.requests.push({ path: url.pathname + url.search, authorization: request.headers.authorization ?? "" });
      const [page, size] = [Number(url.searchParams.get("page")), Number(url.searchParams.get("page_size"))];
      const all = url.pathname === "/api/v1/operator/admissions" ? api.admissions : api.registrations;
      const body = {
        items: all.slice((page - 1) * size, page * size),
        total: all.length,
        page,
        page_size: size,
      };
      response.writeHead(api.fault?.status ?? 200, { "content-type": "application/json" });
      response.end(api.fault?.body ?? JSON.stringify(body));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    [api.admissions, api.registrations, api.fault] = [[], [], undefined];
    api.requests.length = 0;
  });
  after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });
  return api;
}
