// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Interface, toBeHex, toQuantity, zeroPadValue } from "ethers";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ModelRegistry } from "../../../.build/typechain";
import { answerOf, Chain, Unanswered, type Located } from "../../../sdk/rpc/snapshot";

const NETWORK = { name: "localhost", chainId: 31_337 };
const LATEST = 25_000;
const ADDRESS = "0x00000000000000000000000000000000000000A1";
const ABI = new Interface(["event Counted(uint256 number)", "function verifier() view returns (address)"]);
const CONTRACT: Located = {
  address: ADDRESS,
  compiled: { abi: ABI },
};

interface Request {
  id: number;
  method: string;
  params: [{ fromBlock?: string; toBlock?: string }];
}

type Answer = { result: unknown } | { error: { code: number; message: string } };

/** A node with an event in every hundredth block, which gives the logs of so many blocks at once and not more. */
class NodeDouble {
  readonly asked: [from: number, to: number][] = [];
  most = Number.MAX_SAFE_INTEGER;
  chainId = NETWORK.chainId;
  call: Answer = { result: "0x" };
  /** Messages that it answers with something else first. */
  readonly busy: { status: number; body: string }[] = [];
  private server: Server | undefined;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      void readBody(request).then((body) => {
        const instead = this.busy.shift();
        if (instead) {
          response.statusCode = instead.status;
          return response.end(instead.body);
        }
        const requests = JSON.parse(body) as Request | Request[];
        const answers = [requests].flat().map((one) => ({ jsonrpc: "2.0", id: one.id, ...this.answer(one) }));
        response.setHeader("content-type", "application/json");
        return response.end(JSON.stringify(Array.isArray(requests) ? answers : answers[0]));
      });
    }).listen(0, "127.0.0.1");
    await once(this.server, "listening");
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private answer({ method, params: [first] }: Request): Answer {
    if (method === "eth_chainId") return { result: toQuantity(this.chainId) };
    if (method === "eth_getBlockByNumber") return { result: { number: toQuantity(LATEST), timestamp: "0x5" } };
    if (method === "eth_call") return this.call;
    const [from, to] = [Number(first.fromBlock), Number(first.toBlock)];
    if (to - from + 1 > this.most)
      return { error: { code: -32_005, message: "query returned more than 10000 results" } };
    this.asked.push([from, to]);
    const blocks = Array.from({ length: to - from + 1 }, (_, index) => from + index).filter(
      (block) => block % 100 === 0,
    );
    return { result: blocks.map(logIn) };
  }
}

function logIn(block: number) {
  const { data, topics } = ABI.encodeEventLog("Counted", [block]);
  return { address: ADDRESS.toLowerCase(), blockNumber: toQuantity(block), data, topics };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

describe("doctor: the chain @uninstrumented", () => {
  let node: NodeDouble;
  let url: string;

  beforeEach(async () => {
    node = new NodeDouble();
    url = await node.start();
  });

  afterEach(() => node.stop());

  const connect = () => Chain.at(url, NETWORK);

  it("refuses another chain", async () => {
    node.chainId = 1;
    const failure = await connect().catch((error: Error) => error.message);
    expect(failure).to.equal("localhost answers with the chain id 1, expected 31337.");
  });

  it("is read as of the latest block", async () => {
    const { block, timestamp } = await connect();
    expect({ block, timestamp }).to.deep.equal({ block: LATEST, timestamp: 5n });
  });

  describe("given a node that is busy", () => {
    it("is asked again a little later", async () => {
      node.busy.push({ status: 429, body: "slow down" });
      expect((await connect()).block).to.equal(LATEST);
    });

    it("is asked again if another server answers", async () => {
      node.busy.push({ status: 502, body: "<html>" });
      expect((await connect()).block).to.equal(LATEST);
    });

    it("is asked again a few times while the node has no block", async () => {
      const none = { status: 200, body: JSON.stringify({ jsonrpc: "2.0", id: 0, result: null }) };
      const chainId = { status: 200, body: JSON.stringify({ jsonrpc: "2.0", id: 0, result: "0x7a69" }) };
      node.busy.push(chainId, none, none);
      expect((await connect()).block).to.equal(LATEST);
      node.busy.push(chainId, none, none, none, none, none);
      const failure = await connect().catch((error: Error) => error.message);
      expect(failure).to.equal("the node of localhost has no block yet: run the command again later.");
    });

    it("is asked again for what a message left out", async () => {
      node.busy.push({ status: 200, body: "[]" });
      expect((await connect()).block).to.equal(LATEST);
    });
  });

  describe("events", () => {
    const read = async (from: number) =>
      (await (await connect()).events([CONTRACT], from)).map(({ event }) => Number(event.args.number));
    const numbers = (from: number) =>
      Array.from({ length: LATEST / 100 + 1 }, (_, index) => 100 * index).filter((number) => number >= from);

    it("are read at once, from the first block to the latest", async () => {
      expect(await read(250)).to.deep.equal(numbers(250));
      expect(node.asked).to.deep.equal([[250, LATEST]]);
    });

    it("are all read, each once, from a node that returns few at a time", async () => {
      node.most = 700;
      expect(await read(0)).to.deep.equal(numbers(0));
      const blocks = node.asked.reduce((sum, [from, to]) => sum + to - from + 1, 0);
      expect(blocks).to.equal(LATEST + 1);
    });

    it("fail if the node returns none", async () => {
      node.most = 0;
      const failure = await read(0).catch((error: Error) => error.message);
      expect(failure).to.match(/query returned more than 10000 results/);
    });
  });

  describe("views", () => {
    const verifier = async () => (await connect()).contract<ModelRegistry>(CONTRACT).verifier();

    it("return the answer of the contract", async () => {
      node.call = { result: zeroPadValue(ADDRESS, 32) };
      expect(await answerOf(verifier())).to.equal(ADDRESS);
    });

    it("have no answer if they revert", async () => {
      node.call = { error: { code: 3, message: "execution reverted" } };
      expect(await verifier().catch((error: unknown) => error)).to.be.instanceOf(Unanswered);
      expect(await answerOf(verifier())).to.equal(undefined);
    });

    it("have no answer if nothing or something malformed is returned", async () => {
      for (const result of ["0x", toBeHex(1n, 31)]) {
        node.call = { result };
        expect(await answerOf(verifier())).to.equal(undefined);
      }
    });

    it("fail if the node fails", async () => {
      node.call = { error: { code: -32_005, message: "too many requests" } };
      const failure = await answerOf(verifier()).catch((error: Error) => error.message);
      expect(failure).to.equal(
        "the node refuses a call: too many requests; run the command again, or use another node.",
      );
    });
  });
});
