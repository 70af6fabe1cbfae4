import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { NodeFailure } from "../../../sdk/rpc/answers";
import { RangeSize, readLogs, readParts, type Blocks } from "../../../sdk/rpc/logs";
import { startFaultyRpc, type FaultyRpc, type RpcError } from "../../../scripts/dev/world/faultyRpc";
import { rpc, startAnvil, type Node } from "../../../scripts/dev/world/process";

const ADDRESS = "0x00000000000000000000000000000000000000aa";
const TOO_WIDE: RpcError = { code: -32_602, message: "block range is too wide" };

interface Filter {
  readonly fromBlock: string;
  readonly toBlock: string;
}

/** How many blocks an endpoint reads at once, and what it says of more. */
interface Limit {
  readonly most?: number;
  readonly error?: RpcError;
}

/** Logs an empty event at every call. */
const LOGGER = "0x60006000a0";

describe("Logs of a range of blocks @uninstrumented", () => {
  let node: Node;
  let faulty: FaultyRpc;
  let provider: JsonRpcProvider;
  let latest: number;
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
    latest = await provider.getBlockNumber();
  });

  after(async () => {
    provider.destroy();
    await faulty.stop();
    await node.stop();
  });

  /** Reads the logs through an endpoint that refuses ranges of more than so many blocks; answers their blocks, and what was asked. */
  async function read({ most = Infinity, error = TOO_WIDE, from = 0, to = 0 }: Partial<Blocks> & Limit = {}) {
    const asked: Blocks[] = [];
    faulty.policy = ({ method, params: [filter] }) => {
      if (method !== "eth_getLogs") return { kind: "pass" };
      const part = { from: Number((filter as Filter).fromBlock), to: Number((filter as Filter).toBlock) };
      asked.push(part);
      return part.to - part.from + 1 > most ? { kind: "error", error } : { kind: "pass" };
    };
    const logs = await readLogs({ from, to: to || latest }, async (part) =>
      provider.getLogs({ address: ADDRESS, fromBlock: part.from, toBlock: part.to }),
    ).catch((failure: Error) => failure);
    return { found: logs instanceof Error ? logs : logs.map(({ blockNumber }) => blockNumber), asked };
  }

  it("are requested once if the endpoint allows it", async () => {
    expect(await read()).to.deep.equal({ found: blocks, asked: [{ from: 0, to: latest }] });
  });

  it("are those of the first block, the last one and all between", async () => {
    const [, second = 0, , fourth = 0] = blocks;
    for (const most of [Infinity, 1]) {
      expect((await read({ from: second, to: fourth, most })).found).to.deep.equal(blocks.slice(1, 4));
      expect((await read({ from: second + 1, to: fourth - 1, most })).found).to.deep.equal(blocks.slice(2, 3));
    }
  });

  it("are not requested for an empty range", async () => {
    expect(await read({ from: latest + 1, to: latest })).to.deep.equal({ found: [], asked: [] });
  });

  describe("given an endpoint that limits ranges", () => {
    it("are requested in halves of what it refuses, with none lost and none twice", async () => {
      for (const most of [40, 20, 7, 1]) expect((await read({ most })).found, `${most} blocks`).to.deep.equal(blocks);
    });

    it("are requested in parts as small as the first that was answered, and no smaller", async () => {
      const { asked } = await read({ from: 1, to: 40, most: 10 });
      expect(asked).to.deep.equal([
        { from: 1, to: 40 },
        { from: 1, to: 20 },
        { from: 1, to: 10 },
        { from: 11, to: 20 },
        { from: 21, to: 30 },
        { from: 31, to: 40 },
      ]);
    });

    it("are requested in halves even if its refusal has the code of a rate limit", async () => {
      const error = { code: -32_005, message: "query returned more than 10000 results" };
      expect((await read({ most: 10, error })).found).to.deep.equal(blocks);
    });

    it("are requested in longer parts again once it has answered some, and in the longest if it refuses no more", async () => {
      let most = 100;
      const lengths: number[] = [];
      const query = async ({ from, to }: Blocks) => {
        lengths.push(to - from + 1);
        if (to - from + 1 > most) throw new NodeFailure("limit", -32_602, "block range is too wide");
        return [];
      };
      const size = new RangeSize({ most: 1_000 });
      const readTo = async (to: number) => {
        lengths.length = 0;
        for await (const { to: end } of readParts({ from: 1, to }, query, size)) expect(end).to.be.at.most(to);
        return Math.max(...lengths.filter((length) => length <= most));
      };

      expect(await readTo(1_000)).to.be.within(80, 100);
      expect(lengths.slice(0, 5)).to.deep.equal([1_000, 500, 250, 125, 63]);
      most = 1_000;
      expect(await readTo(100_000)).to.equal(1_000);
    });
  });

  describe("given only failures", () => {
    it("fail if not even one block can be read", async () => {
      const { found, asked } = await read({ most: 0 });
      expect(String(found)).to.contain("block range is too wide");
      expect(asked.at(-1)).to.deep.equal({ from: 0, to: 0 });
    });

    it("fail at once if the endpoint is away, too busy or behind", async () => {
      for (const error of [
        { code: -32_000, message: "service unavailable" },
        { code: -32_005, message: "limit exceeded" },
        { code: -32_602, message: "block range extends beyond current head block" },
      ]) {
        const { found, asked } = await read({ most: 0, error });
        expect(String(found)).to.contain(error.message);
        expect(asked).to.have.length(1);
      }
    });

    it("fail at once on an error that does not come from the endpoint", async () => {
      let asked = 0;
      const reading = readLogs({ from: 0, to: 9 }, async () => {
        asked++;
        throw new Error("the service stops");
      });
      await expect(reading).to.be.rejectedWith("the service stops");
      expect(asked).to.equal(1);
    });
  });

  it("are requested in shorter parts where there are many, and in longer ones where there are few again", async () => {
    const size = new RangeSize({ first: 10, most: 40, logs: 100 });
    const logsAt = (block: number) => (block >= 20 && block < 60 ? 20 : 1);
    const query = async ({ from, to }: Blocks) => new Array<number>((to - from + 1) * logsAt(from)).fill(0);
    const lengths: number[] = [];
    for await (const { from, to } of readParts({ from: 0, to: 274 }, query, size)) lengths.push(to - from + 1);
    const times = (count: number, length: number) => new Array<number>(count).fill(length);
    expect(lengths).to.deep.equal([...times(3, 10), ...times(9, 5), ...times(4, 10), ...times(4, 20), ...times(2, 40)]);
  });
});
