import { expect } from "chai";
import { startFaultyRpc, type Fault, type FaultyRpc } from "../../../scripts/dev/world/faultyRpc";
import { rpc, startAnvil, type Node } from "../../../scripts/dev/world/process";

describe("faulty RPC endpoint @uninstrumented", () => {
  let node: Node;
  let faulty: FaultyRpc;

  before(async () => {
    node = await startAnvil();
    faulty = await startFaultyRpc(node.url);
  });

  after(async () => {
    await faulty.stop();
    await node.stop();
  });

  const height = async () => Number(await rpc(node.url, "eth_blockNumber"));

  /** Mines a block through the endpoint, and answers what came back and how many blocks there are more. */
  async function mine(fault: Fault): Promise<{ answer: unknown; mined: number }> {
    faulty.policy = ({ method }) => (method === "evm_mine" ? fault : { kind: "pass" });
    const before = await height();
    const response = await fetch(faulty.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 7, method: "evm_mine", params: [] }),
      signal: fault.kind === "hang" ? AbortSignal.timeout(300) : null,
    }).catch((error: Error) => error.name);
    const answer =
      typeof response === "string" ? response : response.ok ? ((await response.json()) as unknown) : response.status;
    return { answer, mined: (await height()) - before };
  }

  const error = { code: -32_000, message: "already known" };

  it("passes a request on, and counts it", async () => {
    expect(await mine({ kind: "pass" })).to.deep.equal({ answer: { jsonrpc: "2.0", id: 7, result: "0x0" }, mined: 1 });
    expect(faulty.requests.at(-1)).to.deep.equal({ method: "evm_mine", params: [], count: 1 });
  });

  it("breaks the connection before or after the chain has received the request", async () => {
    expect(await mine({ kind: "drop" })).to.deep.equal({ answer: "TypeError", mined: 0 });
    expect(await mine({ kind: "dropAnswer" })).to.deep.equal({ answer: "TypeError", mined: 1 });
  });

  it("never answers", async () => {
    expect(await mine({ kind: "hang" })).to.deep.equal({ answer: "TimeoutError", mined: 0 });
  });

  it("answers with an HTTP status, or with an error before or after the chain has received the request", async () => {
    expect(await mine({ kind: "status", status: 429 })).to.deep.equal({ answer: 429, mined: 0 });
    const answer = { jsonrpc: "2.0", id: 7, error };
    expect(await mine({ kind: "error", error })).to.deep.equal({ answer, mined: 0 });
    expect(await mine({ kind: "errorAfter", error })).to.deep.equal({ answer, mined: 1 });
  });

  it("answers without the chain", async () => {
    const answer = { jsonrpc: "2.0", id: 7, result: "0x1" };
    expect(await mine({ kind: "answer", result: "0x1" })).to.deep.equal({ answer, mined: 0 });
  });

  it("counts from one again after it was told to forget", async () => {
    faulty.forget();
    await mine({ kind: "pass" });
    expect(faulty.requests).to.deep.equal([{ method: "evm_mine", params: [], count: 1 }]);
  });

  it("changes an answer", async () => {
    const { answer } = await mine({ kind: "edit", edit: (result) => [result] });
    expect(answer).to.deep.equal({ jsonrpc: "2.0", id: 7, result: ["0x0"] });
  });

  it("answers a batch request by request", async () => {
    faulty.policy = ({ method }) => (method === "eth_chainId" ? { kind: "error", error } : { kind: "pass" });
    const response = await fetch(faulty.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([
        { jsonrpc: "2.0", id: 1, method: "eth_chainId" },
        { jsonrpc: "2.0", id: 2, method: "net_version" },
      ]),
    });
    expect(await response.json()).to.deep.equal([
      { jsonrpc: "2.0", id: 1, error },
      { jsonrpc: "2.0", id: 2, result: "31337" },
    ]);
  });
});
