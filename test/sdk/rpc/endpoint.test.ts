import { expect } from "chai";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { NodeFailure } from "../../../sdk/rpc/answers";
import { Endpoint, type EndpointOptions } from "../../../sdk/rpc/endpoint";

interface Envelope {
  readonly id: number;
  readonly method: string;
}

/** What a node replies with to one message. */
interface Reply {
  readonly status?: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

const REVERT = { code: 3, message: "execution reverted", data: "0x08c379a0" };

/** A node that answers each request with its method, once it has replied with what was prepared. */
class NodeDouble {
  readonly prepared: ((envelopes: readonly Envelope[]) => Reply)[] = [];
  readonly messages: Envelope[][] = [];
  readonly authorizations: (string | undefined)[] = [];
  most = 0;
  /** Messages that are answered only once so many are under way. */
  private underWay = 0;
  private server: Server | undefined;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      this.underWay++;
      this.most = Math.max(this.most, this.underWay);
      this.authorizations.push(request.headers.authorization);
      void readBody(request).then(async (body) => {
        const envelopes = [JSON.parse(body) as Envelope | Envelope[]].flat();
        this.messages.push(envelopes);
        const { status = 200, body: text, headers = {} } = (this.prepared.shift() ?? echo)(envelopes);
        await new Promise((later) => setTimeout(later, 5));
        this.underWay--;
        response.writeHead(status, headers).end(text);
      });
    }).listen(0, "127.0.0.1");
    await once(this.server, "listening");
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

const bodyOf = (answers: readonly object[]) => JSON.stringify(answers.length === 1 ? answers[0] : answers);
const echo = (envelopes: readonly Envelope[]): Reply => ({
  body: bodyOf(envelopes.map(({ id, method }) => ({ jsonrpc: "2.0", id, result: method }))),
});
const failing =
  (error: object, status = 200) =>
  (envelopes: readonly Envelope[]): Reply => ({
    status,
    body: bodyOf(envelopes.map(({ id }) => ({ jsonrpc: "2.0", id, error }))),
  });

describe("Endpoint of a node @uninstrumented", () => {
  let node: NodeDouble;
  let host: string;

  beforeEach(async () => {
    node = new NodeDouble();
    host = await node.start();
  });

  afterEach(() => node.stop());

  const open = (options: EndpointOptions = {}, credentials = "") =>
    new Endpoint(`http://${credentials}${host}/v3/secret-key?token=secret`, options);

  async function failureOf(sending: Promise<unknown>): Promise<NodeFailure> {
    const failure = await sending.catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(NodeFailure);
    return failure as NodeFailure;
  }

  describe("given an HTTP status other than 200", () => {
    it("reports a revert at once, with its data", async () => {
      node.prepared.push(failing(REVERT, 500));
      const { kind, data } = await failureOf(open().send("eth_call"));
      expect({ kind, data }).to.deep.equal({ kind: "revert", data: REVERT.data });
      expect(node.messages).to.have.length(1);
    });

    for (const status of [400, 413]) {
      it(`reports the limit of a range that comes with status ${status}`, async () => {
        const error = { code: -32_602, message: "eth_getLogs is limited to a 10,000 blocks range" };
        node.prepared.push(failing(error, status));
        expect((await failureOf(open().send("eth_getLogs"))).kind).to.equal("limit");
        expect(node.messages).to.have.length(1);
      });
    }

    for (const status of [401, 403]) {
      it(`reports status ${status} as final at once, without showing the key`, async () => {
        node.prepared.push(() => ({ status, body: '{"error":{"code":-32000,"message":"secret-key is wrong"}}' }));
        const { kind, message } = await failureOf(open().send("eth_call"));
        expect(kind).to.equal("final");
        expect(message).to.equal(
          `${host}: the node refuses access with status ${status}: look at the key in its address`,
        );
      });
    }
  });

  describe("given a failure that passes", () => {
    for (const [what, reply] of [
      ["a proxy's page", () => ({ status: 502, body: "<html>" })],
      ["a text that is not JSON", () => ({ body: "busy" })],
      ["a node behind", failing({ code: -32_000, message: "header not found" })],
      ["no healthy backend", failing({ code: -32_011, message: "no backend is healthy" })],
      ["an internal error", failing({ code: -32_603, message: "Internal error" }, 500)],
    ] as const) {
      it(`tries again after ${what}`, async () => {
        node.prepared.push(reply);
        expect(await open().send("eth_call")).to.equal("eth_call");
        expect(node.messages).to.have.length(2);
      });
    }

    it("tries again no earlier than the node says", async () => {
      node.prepared.push(() => ({ status: 429, body: "slow down", headers: { "retry-after": "1" } }));
      const start = Date.now();
      const endpoint = open();
      await endpoint.send("eth_call");
      expect(Date.now() - start).to.be.at.least(1000);
    });

    it("gives up after the given number of tries, and says why", async () => {
      node.prepared.push(...Array.from({ length: 2 }, () => () => ({ status: 503, body: "" })));
      const { kind, message } = await failureOf(open({ tries: 2 }).send("eth_call"));
      expect({ kind, message }).to.deep.equal({ kind: "passing", message: `${host}: status 503` });
    });

    it("hands on a failure that the node keeps answering with", async () => {
      const behind = failing({ code: -32_000, message: "header not found" });
      node.prepared.push(behind, behind);
      expect((await failureOf(open({ answers: 2 }).send("eth_call"))).message).to.equal("header not found");
    });

    it("stops with the reason of its signal", async () => {
      const controller = new AbortController();
      node.prepared.push(() => ({ status: 503, body: "" }));
      const onSilence = () => controller.abort(new Error("the service stops"));
      const sending = open({ signal: controller.signal, tries: Infinity, onSilence }).send("eth_call");
      await expect(sending).to.be.rejectedWith("the service stops");
    });
  });

  describe("given many requests", () => {
    const all = (endpoint: Endpoint, count: number) =>
      Promise.all(Array.from({ length: count }, (_, index) => endpoint.send<string>(`m${index}`)));

    it("batches the requests of one turn into one message, and answers each with its own", async () => {
      expect(await all(open({ batch: 10 }), 3)).to.deep.equal(["m0", "m1", "m2"]);
      expect(node.messages).to.have.length(1);
    });

    it("has no more messages under way than allowed", async () => {
      await all(open({ atOnce: 3 }), 20);
      expect(node.most).to.equal(3);
      expect(node.messages).to.have.length(20);
    });

    it("repeats only those whose failure passes", async () => {
      node.prepared.push((envelopes) => ({
        body: bodyOf(
          envelopes.map(({ id, method }) =>
            id === 1 ? { id, error: { code: -32_005, message: "too many requests" } } : { id, result: method },
          ),
        ),
      }));
      expect(await all(open({ batch: 10 }), 3)).to.deep.equal(["m0", "m1", "m2"]);
      expect(node.messages.map((message) => message.map(({ method }) => method))).to.deep.equal([
        ["m0", "m1", "m2"],
        ["m1"],
      ]);
    });

    it("sends smaller batches if the node limits them", async () => {
      const refuse = () => ({ status: 413, body: "" });
      const batch = () => ({
        body: JSON.stringify({ id: null, error: { code: -32_600, message: "batch too large" } }),
      });
      node.prepared.push(refuse, batch);
      const endpoint = open({ batch: 8 });
      expect(await all(endpoint, 8)).to.have.length(8);
      await all(endpoint, 4);
      expect(node.messages.map(({ length }) => length)).to.deep.equal([8, 4, 2, 2, 4, 2, 2]);
    });
  });

  describe("given credentials in its address", () => {
    it("sends them in a header", async () => {
      await open({}, "user:p%40ss@").send("eth_call");
      expect(node.authorizations).to.deep.equal([`Basic ${btoa("user:p@ss")}`]);
    });

    it("shows neither them nor the key in its path", async () => {
      node.stop();
      const endpoint = open({ tries: 1 }, "user:secret@");
      const { message } = await failureOf(endpoint.send("eth_call"));
      expect(message).to.equal(`${host}: no connection (ECONNREFUSED)`);
    });
  });

  it("refuses an invalid address, without showing it", () => {
    expect(() => new Endpoint("secret")).to.throw(
      "the address of the node is not a URL: correct it in the environment.",
    );
  });
});
