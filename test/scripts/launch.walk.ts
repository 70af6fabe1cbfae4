import { expect } from "chai";
import { Contract, JsonRpcProvider, Wallet } from "ethers";
import hre from "hardhat";
import { readParameters } from "../../deploy/parameters";
import { deployProtocol } from "../../deploy/protocol";
import { environmentFor } from "../../deploy/rehearsal";
import { withDeployments } from "../../scripts/dev/world/live";
import { rpc, startNode, type Node } from "../../scripts/dev/world/process";
import {
  BUYS,
  CREDIT_DEFAULT,
  expectConsistent,
  launch,
  launchJson,
  numbersIn,
  STEPS,
  type LaunchedDocument,
} from "./launch.support";

const GUARDIAN = 3;
const PAUSES = ["function pauseLaunches(uint256 duration)"];
const HOUR = 3600;

/** Address of a contract of the protocol, as found by somebody whose parameters may name another deployer. */
async function addressOf(node: Node, contract: string, deployer = ""): Promise<string> {
  const parameters = await readParameters({ name: "localhost", isLocal: true });
  if (deployer) parameters.$global.deployer = deployer;
  const env = environmentFor(hre, "localhost", { url: node.url });
  const { addresses } = await withDeployments(node.env.DEPLOYMENTS, () => deployProtocol(env, { parameters }));
  return addresses[contract]!;
}

describe("npm run launch on a persistent node @uninstrumented", () => {
  let node: Node;

  const args = ["--network", "localhost"];
  let first: LaunchedDocument;

  before(async () => {
    node = await startNode();
    first = await launchJson(args, node.env);
  });

  after(() => node.stop());

  it("deploys once, finds everything the second time, and sells once the window is over", async () => {
    const blocks = await rpc(node.url, "eth_blockNumber");
    const second = await launchJson(args, node.env);

    expectConsistent(first);
    expect(await rpc(node.url, "eth_blockNumber")).to.equal(blocks);
    expect({ ...second, found: [] }).to.deep.equal({ ...first, deployment: [], steps: [], trades: [], found: [] });
    expect(second.found).to.deep.equal([...STEPS, ...BUYS]);

    await rpc(node.url, "evm_setNextBlockTimestamp", [Number(first.pool.sellsOpenAt)]);
    await rpc(node.url, "evm_mine");
    const third = await launchJson(args, node.env);
    expect(third.steps.map(({ name }) => name)).to.deep.equal(["sell"]);
    expectConsistent({ ...third, trades: [...first.trades, ...third.trades] });
  });

  it("finds the vesting wallet of a launch that failed after it", async () => {
    const other = [...args, "--model", CREDIT_DEFAULT];
    const provider = new JsonRpcProvider(node.url);
    const manager = new Contract(await addressOf(node, "TokenManager"), PAUSES, await provider.getSigner(GUARDIAN));
    await (await manager.getFunction("pauseLaunches")(HOUR)).wait();
    const [failed, again] = [await launch(other, node.env), await launch(other, node.env)];
    await rpc(node.url, "evm_increaseTime", [HOUR]);
    await rpc(node.url, "evm_mine");
    provider.destroy();

    expect(failed.stdout).to.contain("✓ deploy vesting wallet");
    expect(again.stdout).to.match(/· deploy vesting wallet +found\n/);
    for (const { code, stderr } of [failed, again]) {
      expect(code).to.equal(1);
      expect(stderr).to.match(
        /^launch: [^\n]+ \(Paused: until [\d-]+ [\d:]+ UTC\)\. Wait until `until`: .+ Before that: transaction 0x\w{64} was sent and reverted in block \d+\.\n$/,
      );
    }
  });

  it("finds the protocol without the deployer's key", async () => {
    const tokenManager = await addressOf(node, "TokenManager", Wallet.createRandom().address);

    expect(await rpc(node.url, "eth_getCode", [tokenManager, "latest"])).to.have.length.greaterThan(2);
  });

  it("launches another model on the same protocol, and improves it once", async () => {
    const other = [...args, "--model", CREDIT_DEFAULT];
    const { protocol, deployment, steps, improvement, release, supply, history } = await launchJson(other, node.env);

    expect(deployment).to.deep.equal([]);
    expect(await rpc(node.url, "eth_getCode", [protocol.TokenManager, "latest"])).to.have.length.greaterThan(2);
    expect(steps.map(({ name }) => name)).to.include.members([...STEPS, "submit improvement"]);
    expect(numbersIn(improvement)).to.deep.equal([]);
    expect(improvement).to.deep.include({ metric: "roc_auc", baselineValue: "0.749352", candidateValue: "0.798857" });
    expect(improvement).to.deep.include({ baselineScore: "7494", candidateScore: "7988", deltaBps: "494" });
    expect(improvement?.attesters).to.have.length(2);
    expect(improvement?.refused.name).to.equal("EvaluationAlreadyUsed");
    const tokens = (tenths: bigint) => String(tenths * 10n ** 17n);
    expect(improvement?.reward).to.equal(tokens(49_400n));
    expect(improvement?.owner.amount).to.equal(tokens(14_820n));
    expect(improvement?.contributors.map(({ amount }) => amount)).to.deep.equal([tokens(24_206n), tokens(10_374n)]);
    expect(supply.reward.minted).to.equal(improvement?.reward);
    expect(steps.map(({ name }) => name).slice(-2)).to.deep.equal(["submit improvement", "release reward"]);
    expect(release?.refused.name).to.equal("PayoutWaits");
    expect(release?.refused.args).to.deep.equal({ releasableFrom: release?.releasableFrom });
    expect(BigInt(release!.releasableFrom) - BigInt(release!.queuedAt)).to.equal(172_800n);
    const paid = release!.balances.map(({ before, after }) => BigInt(after) - BigInt(before));
    expect(paid.map(String)).to.deep.equal([tokens(14_820n), tokens(24_206n), tokens(10_374n)]);
    expect(history.improvements.map(({ status }) => status)).to.deep.equal(["released"]);

    const second = await launchJson(other, node.env);
    expect(second.found).to.include("submit improvement");
    expect(second.improvement).to.equal(undefined);
    expect(second.supply).to.deep.equal(supply);
  });
});
