import { expect } from "chai";
import type { EIP1193Provider, RequestArguments } from "hardhat/types";
import { FreshWrapper } from "../../deploy/fresh";
import { NodeFailure } from "../../sdk/rpc/answers";

const CALL = { to: "0x00000000000000000000000000000000000000aa" };

describe("FreshWrapper: reads after a write", () => {
  let asked: RequestArguments[];
  let head: number;
  let now: number;
  let failure: Error | undefined;
  let wrapper: FreshWrapper;

  beforeEach(() => {
    [asked, head, now, failure] = [[], 100, 0, undefined];
    const request = async (args: RequestArguments): Promise<unknown> => {
      asked.push(args);
      const [, block] = (args.params ?? []) as unknown[];
      if (args.method === "eth_call" && failure !== undefined && block !== "latest") throw failure;
      if (args.method === "eth_blockNumber") return `0x${head.toString(16)}`;
      if (args.method === "eth_getTransactionReceipt") return { blockNumber: "0x65" };
      return "0x";
    };
    wrapper = new FreshWrapper({ request } as unknown as EIP1193Provider, () => now);
  });

  const write = async () => wrapper.request({ method: "eth_getTransactionReceipt", params: ["0x01"] });
  const read = async (block: unknown = "latest") => wrapper.request({ method: "eth_call", params: [CALL, block] });
  const blocks = () =>
    asked.filter(({ method }) => method === "eth_call").map(({ params }) => (params as unknown[])[1]);

  it("does not change reads before the first write, or long after the last", async () => {
    await read();
    await write();
    now = 60_001;
    await read();
    expect(blocks()).to.deep.equal(["latest", "latest"]);
    expect(asked.map(({ method }) => method)).not.to.include("eth_blockNumber");
  });

  it("reads at the block of the write, although the node that is asked for the head is behind", async () => {
    await write();
    await read();
    expect(blocks()).to.deep.equal(["0x65"]);
  });

  it("reads at the head once that is later, and asks for it once for simultaneous reads", async () => {
    await write();
    head = 200;
    await Promise.all([read(), read()]);
    head = 201;
    await read();
    expect(blocks()).to.deep.equal(["0xc8", "0xc8", "0xc9"]);
    expect(asked.filter(({ method }) => method === "eth_blockNumber")).to.have.length(2);
  });

  it("reads at the block that a request names", async () => {
    await write();
    await read("0x5");
    await read("pending");
    expect(blocks()).to.deep.equal(["0x5", "pending"]);
  });

  it("reads at the latest block again if the chain has lost the write", async () => {
    await write();
    failure = new NodeFailure("passing", -32_000, "header not found");
    await read();
    await read();
    expect(blocks()).to.deep.equal(["0x65", "latest", "latest"]);
  });

  it("passes on a revert unchanged", async () => {
    await write();
    failure = new NodeFailure("revert", 3, "execution reverted", "0x12345678");
    await expect(read()).to.be.rejectedWith("execution reverted");
    expect(blocks()).to.deep.equal(["0x65"]);
  });
});
