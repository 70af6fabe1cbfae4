import { expect } from "chai";
import { parseEther, Wallet } from "ethers";
import hre from "hardhat";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { developmentKey } from "../../../sdk/base/accounts";
import { Problem } from "../../../sdk/base/problem";
import { Endpoint } from "../../../sdk/rpc/endpoint";
import { EndpointProvider } from "../../../sdk/rpc/provider";
import { startLocalChain, type LocalChain } from "../../chain/local";

describe("startLocalChain @uninstrumented", () => {
  let folder: string;
  let chain: LocalChain | undefined;
  const file = () => join(folder, "chain.jsonl");
  const start = async () => {
    const before = chain;
    chain = undefined;
    await before?.close();
    chain = await startLocalChain(hre, { file: file(), port: 0 });
    return { ...chain, node: new Endpoint(chain.url) };
  };

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "chain-"))));
  afterEach(async () => {
    await chain?.close();
    chain = undefined;
    rmSync(folder, { recursive: true });
  });

  /** Transactions of an account that the node has the key of, of one that it has not, a failed one, and time that passes. */
  async function live({ url, node }: { url: string; node: Endpoint }) {
    const [from, to] = [developmentKey(0).address, developmentKey(1).address];
    await node.send("eth_sendTransaction", [{ from, to, value: "0x1" }]);
    await node.send("hardhat_setBalance", [`0x${"5".repeat(40)}`, "0x5"]);
    const provider = new EndpointProvider(new Endpoint(url), 31_337);
    const wallet = new Wallet(`0x${"7".repeat(64)}`, provider);
    await node.send("eth_sendTransaction", [{ from, to: wallet.address, value: "0x8ac7230489e80000" }]);
    await wallet.sendTransaction({ to, value: parseEther("1") });
    await node.send("eth_sendTransaction", [{ from, data: "0xfe", gas: "0x186a0" }]).catch(() => undefined);
    await node.send("evm_increaseTime", [1_000_000]);
    await node.send("evm_mine");
    await node.send("eth_sendTransaction", [{ from, to, value: "0x2", gasPrice: "0x77359400" }]);
    provider.destroy();
  }

  const blocksOf = async (node: Endpoint) => {
    const last = Number(await node.send("eth_blockNumber"));
    return Promise.all(
      Array.from({ length: last + 1 }, (_, number) =>
        node.send("eth_getBlockByNumber", [`0x${number.toString(16)}`, true]),
      ),
    );
  };

  it("has the same blocks after a restart, and continues from there", async () => {
    const first = await start();
    await live(first);
    const blocks = await blocksOf(first.node);
    const { instanceId } = await first.node.send<{ instanceId: string }>("hardhat_metadata");

    const second = await start();
    expect(second.resumed).to.equal(blocks.length - 1);
    expect(await blocksOf(second.node)).to.deep.equal(blocks);
    expect((await second.node.send<{ instanceId: string }>("hardhat_metadata")).instanceId).to.equal(instanceId);

    await live(second);
    const more = await blocksOf(second.node);
    const third = await start();
    expect(await blocksOf(third.node)).to.deep.equal(more);
  });

  it("drops a block that was not written completely", async () => {
    const first = await start();
    await live(first);
    const blocks = await blocksOf(first.node);
    truncateSync(file(), readFileSync(file()).length - 3);

    const second = await start();
    expect(await blocksOf(second.node)).to.deep.equal(blocks.slice(0, -1));
  });

  it("refuses a file that is not its own", async () => {
    await start();
    writeFileSync(file(), "{}\n");

    const failure: unknown = await start().catch((error: unknown) => error);
    expect((failure as Problem).code).to.equal("BAD_FILE");
  });

  it("refuses a method that would change the chain without a block", async () => {
    const { node } = await start();

    const failure = await node.ask({ method: "hardhat_reset", params: [] });
    const message = "Method hardhat_reset is not supported";
    expect(failure).to.deep.equal({ error: { code: -32_004, message, data: { message } } });
  });
});
