import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { wholeChain } from "../../deploy/logs";
import { startFaultyRpc, type FaultyRpc, type RpcError } from "../helpers/faultyRpc";
import { rpc, startAnvil, type Node } from "../helpers/process";

const ADDRESS = "0x00000000000000000000000000000000000000aa";
const TOO_WIDE: RpcError = { code: -32_602, message: "block range is too wide" };

/** Logs an empty event at every call. */
const LOGGER = "0x60006000a0";

describe("Logs of the whole chain @uninstrumented", () => {
  let node: Node;
  let faulty: FaultyRpc;
  let provider: JsonRpcProvider;
  let blocks: number[];

  before(async () => {
    node = await startAnvil();
    faulty = await startFaultyRpc(node.url);
    provider = new JsonRpcProvider(faulty.url, undefined, { cacheTimeout: -1 });
    await rpc(node.url, "anvil_setCode", [ADDRESS, LOGGER]);
    const [from] = (await rpc(node.url, "eth_accounts")) as string[];
    for (let sent = 0; sent < 5; sent++) {
      await rpc(node.url, "eth_sendTransaction", [{ from, to: ADDRESS }]);
      await rpc(node.url, "anvil_mine", ["0x7"]);
    }
    blocks = (await provider.getLogs({ address: ADDRESS, fromBlock: 0 })).map(({ blockNumber }) => blockNumber);
    expect(blocks).to.have.length(5);
  });

  after(async () => {
    provider.destroy();
    await faulty.stop();
    await node.stop();
  });

  /** Reads the logs through an endpoint that refuses ranges of more than so many blocks; answers their blocks, and how often it was asked. */
  async function read(most: number, error = TOO_WIDE) {
    const latest = Number(await rpc(node.url, "eth_blockNumber"));
    const number = (tag: unknown) => (tag === "latest" ? latest : Number(tag));
    faulty.policy = ({ method, params: [filter] }) => {
      if (method !== "eth_getLogs") return { kind: "pass" };
      const { fromBlock, toBlock } = filter as { fromBlock: unknown; toBlock: unknown };
      return number(toBlock) - number(fromBlock) + 1 > most ? { kind: "error", error } : { kind: "pass" };
    };
    faulty.forget();
    const logs = await wholeChain(
      async (fromBlock, toBlock) => provider.getLogs({ address: ADDRESS, fromBlock, toBlock }),
      async () => provider.getBlockNumber(),
    );
    const asked = faulty.requests.filter(({ method }) => method === "eth_getLogs").length;
    return { found: logs.map(({ blockNumber }) => blockNumber), asked };
  }

  it("are asked for once where the endpoint reads them at once", async () => {
    expect(await read(1_000)).to.deep.equal({ found: blocks, asked: 1 });
  });

  it("are asked for in halves of a range that the endpoint refuses, none lost and none twice", async () => {
    for (const most of [40, 20, 7, 1]) expect((await read(most)).found, `${most} blocks`).to.deep.equal(blocks);
  });

  it("are asked for in halves when the refusal has the code of an endpoint that is asked too often", async () => {
    const error = { code: -32_005, message: "query returned more than 10000 results" };
    expect((await read(10, error)).found).to.deep.equal(blocks);
  });

  it("fail when not even one block is read, and at once when the endpoint is away", async () => {
    await expect(read(0)).to.be.rejectedWith("block range is too wide");
    await expect(read(0, { code: -32_000, message: "service unavailable" })).to.be.rejectedWith("service unavailable");
    expect(faulty.requests.filter(({ method }) => method === "eth_getLogs")).to.have.length(1);
  });
});
