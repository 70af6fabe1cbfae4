import { expect } from "chai";
import { id, keccak256, Wallet } from "ethers";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Problem } from "../../../sdk/base/problem";
import { NodeFailure } from "../../../sdk/rpc/answers";
import type { ChainClient, EndpointOptions } from "../../../sdk/rpc/endpoint";
import { openNodes } from "../../../sdk/rpc/nodes";
import { until } from "../../../scripts/dev/world/process";

const CHAIN = 8_453;
const REVERT = { code: 3, message: "execution reverted", data: "0x12345678" };

/** A node of a chain, as far as it is asked here. */
class Twin {
  chainId = CHAIN;
  head = 100;
  state: "up" | "away" | "limited" | "closed" | "behind" | "reverting" = "up";
  readonly asked: string[] = [];
  readonly raws: unknown[] = [];
  /** Receipts by hash. */
  readonly receipts = new Map<string, object>();
  private server: Server | undefined;
  url = "";

  async start(): Promise<this> {
    this.server = createServer((request, response) => {
      let body = "";
      request.on("data", (part) => (body += String(part)));
      request.on("end", () => {
        if (this.state === "away") return void request.socket.destroy();
        if (this.state === "limited") return void response.writeHead(429, { "retry-after": "0" }).end();
        if (this.state === "closed") return void response.writeHead(401).end();
        const { id: number, method, params } = JSON.parse(body) as { id: number; method: string; params: unknown[] };
        this.asked.push(method);
        response.end(JSON.stringify({ jsonrpc: "2.0", id: number, ...this.answer(method, params) }));
      });
    }).listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.url = `http://user:secret@127.0.0.1:${(this.server.address() as AddressInfo).port}/key`;
    return this;
  }

  get host(): string {
    return new URL(this.url).host;
  }

  stop(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private answer(method: string, params: unknown[]): object {
    const { chainId, head } = this;
    if (method === "eth_chainId") return { result: `0x${chainId.toString(16)}` };
    if (method === "eth_blockNumber") return { result: `0x${head.toString(16)}` };
    if (this.state === "behind") return { error: { code: -32_000, message: "header not found" } };
    if (this.state === "reverting") return { error: REVERT };
    if (method === "eth_sendRawTransaction") {
      this.raws.push(params[0]);
      return { result: keccak256(params[0] as string) };
    }
    if (method === "eth_getTransactionReceipt") return { result: this.receipts.get(params[0] as string) ?? null };
    return { result: this.host };
  }
}

describe("Nodes of one chain @uninstrumented", () => {
  let first: Twin;
  let second: Twin;

  beforeEach(async () => {
    [first, second] = [await new Twin().start(), await new Twin().start()];
  });

  afterEach(() => {
    for (const node of [first, second]) node.stop();
  });

  const open = (options: EndpointOptions = {}) => openNodes(`${first.url}, ${second.url}`, CHAIN, options);
  /** Whose answer it was. */
  const ask = (client: ChainClient) => client.send<string>("eth_gasPrice");

  it("are asked one at a time: the first as long as it answers", async () => {
    const client = open();
    expect([await ask(client), await ask(client)]).to.deep.equal([first.host, first.host]);
    expect(second.asked).to.deep.equal(["eth_chainId"]);
  });

  describe("given a node that fails", () => {
    for (const state of ["away", "limited", "closed", "behind"] as const) {
      it(`are switched if the present one is ${state}, and the next one stays`, async () => {
        const client = open();
        await ask(client);
        first.state = state;
        expect(await ask(client)).to.equal(second.host);
        first.state = "up";
        const before = first.asked.length;
        expect([await ask(client), client.host]).to.deep.equal([second.host, second.host]);
        expect(first.asked.length).to.equal(before);
      });
    }

    it("start with one that answers", async () => {
      first.state = "away";
      expect(await ask(open({ tries: 1 }))).to.equal(second.host);
    });

    it("are asked again if one comes back after all were away", async () => {
      const client = open();
      await ask(client);
      [first.state, second.state] = ["away", "away"];
      const asked = ask(client);
      second.state = "up";
      expect(await asked).to.equal(second.host);
      [first.state, second.state] = ["up", "away"];
      expect(await ask(client)).to.equal(first.host);
    });
  });

  describe("given no node that answers", () => {
    it("are given up after some rounds, and only their hosts are named", async () => {
      [first.state, second.state] = ["away", "away"];
      const failure: unknown = await ask(open({ tries: 2 })).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(NodeFailure);
      expect((failure as Error).message).to.match(/^127\.0\.0\.1:\d+: no connection/);
    });

    it("are given up at once if all refuse access", async () => {
      [first.state, second.state] = ["closed", "closed"];
      const failure = (await ask(open()).catch((error: unknown) => error)) as NodeFailure;
      expect(failure.kind).to.equal("final");
      expect(failure.message).to.not.contain("secret");
    });
  });

  describe("given a node of another chain", () => {
    it("are refused before anything is asked", async () => {
      second.chainId = 1;
      const failure: unknown = await ask(open()).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Problem);
      expect((failure as Error).message).to.equal(
        `the node ${second.host} answers for chain 1, expected ${CHAIN}: correct its address.`,
      );
      expect(first.asked).to.deep.equal(["eth_chainId"]);
    });

    it("are refused even if it shows only later", async () => {
      second.state = "away";
      const client = open();
      expect(await ask(client)).to.equal(first.host);
      second.chainId = 1;
      [first.state, second.state] = ["away", "up"];
      const failure: unknown = await ask(client).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Problem);
    });
  });

  it("give no answer older than what was seen: one that lags is asked once it has caught up", async () => {
    const client = open({ tries: 20 });
    const hash = id("mined");
    first.receipts.set(hash, { blockNumber: "0x66" });
    await client.send("eth_getTransactionReceipt", [hash]);
    first.state = "away";
    second.head = 101;
    let isAnswered = false;
    const asked = ask(client).then((host) => {
      isAnswered = true;
      return host;
    });
    const looks = () => second.asked.filter((method) => method === "eth_blockNumber").length;
    await until(() => looks() >= 2);
    expect(isAnswered).to.equal(false);
    second.head = 102;
    expect(await asked).to.equal(second.host);
  });

  it("pass transactions without a receipt on to the next one", async () => {
    const wallet = Wallet.createRandom();
    const sign = (nonce: number) =>
      wallet.signTransaction({ to: wallet.address, nonce, chainId: CHAIN, gasLimit: 21_000 });
    const [mined, waiting] = [await sign(0), await sign(1)];
    const client = open();
    for (const raw of [mined, waiting]) await client.send("eth_sendRawTransaction", [raw]);
    first.receipts.set(keccak256(mined), { blockNumber: "0x64" });
    for (const raw of [mined, waiting]) await client.send("eth_getTransactionReceipt", [keccak256(raw)]);
    first.state = "away";
    await ask(client);
    expect(second.raws).to.deep.equal([waiting]);
  });

  it("return what the chain refuses without asking another one", async () => {
    first.state = "reverting";
    const answer = await open().ask({ method: "eth_call", params: [] });
    expect(answer).to.deep.equal({ error: REVERT });
    expect(second.asked).to.deep.equal(["eth_chainId"]);
  });
});
