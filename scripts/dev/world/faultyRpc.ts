import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One JSON-RPC request on its way to the chain. */
export interface RpcRequest {
  readonly method: string;
  readonly params: readonly unknown[];
  /** How many requests of this method there have been, including this one. */
  readonly count: number;
}

/** An error as a chain returns it. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: string;
}

/** What happens to a request. */
export type Fault =
  /** The request passes. */
  | { readonly kind: "pass" }
  /** The connection breaks before the chain receives the request. */
  | { readonly kind: "drop" }
  /** The chain executes the request, and the connection breaks before the answer. */
  | { readonly kind: "dropAnswer" }
  /** No answer comes, and the chain does not receive the request. */
  | { readonly kind: "hang" }
  /** A bare HTTP status, such as 429 or 500; the chain does not receive the request. */
  | { readonly kind: "status"; readonly status: number }
  /** An error, with an HTTP status if one is given; the chain does not receive the request. */
  | { readonly kind: "error"; readonly error: RpcError; readonly status?: number }
  /** An error, although the chain executes the request. */
  | { readonly kind: "errorAfter"; readonly error: RpcError }
  /** An answer; the chain does not receive the request. */
  | { readonly kind: "answer"; readonly result: unknown }
  /** The chain's answer, changed, like that of a node that lags behind or lies. */
  | { readonly kind: "edit"; readonly edit: (result: unknown) => unknown };

/** Decides on each request, in the order of arrival. */
export type Policy = (request: RpcRequest) => Fault | Promise<Fault>;

/** Lets everything through. */
export const healthy: Policy = () => ({ kind: "pass" });

/** A JSON-RPC endpoint that forwards requests to a chain, subject to its policy. */
export interface FaultyRpc {
  readonly url: string;
  /** Address of the chain behind it. */
  readonly target: string;
  /** Every request so far. */
  readonly requests: readonly RpcRequest[];
  policy: Policy;
  /** Restarts the counts from one. */
  forget: () => void;
  stop: () => Promise<void>;
}

interface Envelope {
  readonly id: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** Starts an endpoint in front of the chain at `target`, on a free port. */
export async function startFaultyRpc(target: string, policy: Policy = healthy): Promise<FaultyRpc> {
  const requests: RpcRequest[] = [];
  const counts = new Map<string, number>();

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => incoming.socket.destroy()); // if the chain is gone, the connection breaks too
  });

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = JSON.parse(await textOf(incoming)) as Envelope | Envelope[];
    const envelopes = Array.isArray(body) ? body : [body];
    const answers: unknown[] = [];
    let status = 200;
    for (const envelope of envelopes) {
      const fault = await faultOf(envelope);
      if (fault.kind === "hang") return;
      if (fault.kind === "drop") return void incoming.socket.destroy();
      if (fault.kind === "status") return void outgoing.writeHead(fault.status).end();
      if (fault.kind === "error") status = fault.status ?? status;
      const reply = own(envelope, fault) ?? (await passOn(envelope));
      if (fault.kind === "dropAnswer") return void incoming.socket.destroy();
      if (fault.kind === "errorAfter") answers.push({ jsonrpc: "2.0", id: envelope.id, error: fault.error });
      else if (fault.kind === "edit" && "result" in reply) answers.push({ ...reply, result: fault.edit(reply.result) });
      else answers.push(reply);
    }
    outgoing.writeHead(status, { "content-type": "application/json" });
    outgoing.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  }

  async function faultOf({ method, params = [] }: Envelope): Promise<Fault> {
    const count = (counts.get(method) ?? 0) + 1;
    counts.set(method, count);
    const request = { method, params, count };
    requests.push(request);
    return rpc.policy(request);
  }

  async function passOn(envelope: Envelope): Promise<{ result?: unknown }> {
    const response = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(envelope),
    });
    return (await response.json()) as { result?: unknown };
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const rpc: FaultyRpc = {
    url: `http://127.0.0.1:${port}`,
    target,
    requests,
    policy,
    forget: () => {
      requests.length = 0;
      counts.clear();
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return rpc;
}

/** An answer that does not come from the chain. */
function own({ id }: Envelope, fault: Fault): object | undefined {
  if (fault.kind === "error") return { jsonrpc: "2.0", id, error: fault.error };
  if (fault.kind === "answer") return { jsonrpc: "2.0", id, result: fault.result };
  return undefined;
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of incoming.setEncoding("utf8")) text += chunk as string;
  return text;
}
