import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the server received it. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path with its query, as it was sent. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** The server's answer: a status and JSON, or bytes; `undefined` breaks the connection. */
export type StandInAnswer =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | ((response: ServerResponse) => void)
  | undefined;

/** A server that answers as a test decides, on a port that the system chooses. */
export interface StandIn {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  readonly stop: () => Promise<void>;
}

/** Starts a server that answers with what `answer` returns. */
export async function startStandIn(
  answer: (request: ReceivedRequest) => StandInAnswer | Promise<StandInAnswer>,
): Promise<StandIn> {
  const requests: ReceivedRequest[] = [];
  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of message) pieces.push(piece as Buffer);
    const { method = "", url: path = "", headers } = message;
    const request = { method, path, headers, body: Buffer.concat(pieces) };
    requests.push(request);
    const said = await answer(request);
    if (said === undefined) return void message.socket.destroy();
    if (typeof said === "function") return said(response);
    const { status = 200, headers: more = {}, body } = said;
    const isBytes = body === undefined || Buffer.isBuffer(body) || typeof body === "string";
    response.writeHead(status, { ...(!isBytes && { "content-type": "application/json" }), ...more });
    response.end(isBytes ? body : JSON.stringify(body));
  };
  const server = createServer((message, response) => void serve(message, response).catch(() => response.destroy()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${port}`, requests, stop };
}
