import { expect } from "chai";
import { Transaction } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { persist, settle, unstick } from "../../deploy/pending";
import { Problem } from "../../sdk/base/problem";
import { startFaultyRpc } from "../../scripts/dev/world/faultyRpc";
import { environmentOn, fund, KEYS } from "../../scripts/dev/world/live";
import { rpc, startAnvil, until, type Node } from "../../scripts/dev/world/process";

const ACCOUNT = KEYS.deployer.address;
const LOW_FEE = 2_000_000_000n;
const SHORT = 1_200;

describe("unconfirmed transactions of an account @uninstrumented", () => {
  let node: Node;
  let env: HardhatRuntimeEnvironment;

  before(async () => {
    node = await startAnvil();
    env = environmentOn(node, "localhost");
    await fund(node);
    await rpc(node.url, "evm_setAutomine", [false]);
  });

  after(() => node.stop());

  const send = async () => {
    const signer = await env.ethers.getSigner(ACCOUNT);
    return signer.sendTransaction({ to: ACCOUNT, maxFeePerGas: LOW_FEE, maxPriorityFeePerGas: LOW_FEE });
  };

  /** What the first transaction offers that no block has. */
  async function waitingFee(): Promise<bigint> {
    const block = (await rpc(node.url, "eth_getBlockByNumber", ["pending", true])) as {
      transactions: { maxFeePerGas: string }[];
    };
    return BigInt(block.transactions[0]!.maxFeePerGas);
  }

  it("are waited for, which is reported once", async () => {
    const waits: string[] = [];
    await send();
    await Promise.all([
      settle(env, ACCOUNT, (reason) => waits.push(reason)),
      until(() => waits.length > 0).then(() => rpc(node.url, "anvil_mine", ["0x5"])),
    ]);

    expect(waits).to.deep.equal([`transactions of ${ACCOUNT} are on their way`]);
    expect(await env.ethers.provider.getTransactionCount(ACCOUNT)).to.equal(1);
    await settle(env, ACCOUNT, (reason) => waits.push(reason));
    expect(waits).to.have.length(1);
  });

  it("are waited for within limits, and can be replaced with --unstick", async () => {
    const stuck = await send();
    await expect(settle(env, ACCOUNT, () => undefined, SHORT)).to.be.rejectedWith(
      Problem,
      `a transaction of ${ACCOUNT} with nonce 1 has not been mined on localhost for 0.02 minutes: run the same command again later, or free the account with --unstick.`,
    );

    const isReplaced = async () => (await env.ethers.provider.getTransaction(stuck.hash)) === null;
    const [replaced] = await Promise.all([
      unstick(env, ACCOUNT, () => undefined),
      until(isReplaced).then(() => rpc(node.url, "anvil_mine", ["0x5"])),
    ]);

    expect(replaced).to.have.length(1);
    expect(replaced[0]).to.match(/^nonce 1 by 0x[0-9a-f]{64}, at [\d.]+ gwei$/);
    expect(await env.ethers.provider.getTransactionReceipt(stuck.hash)).to.equal(null);
    expect(await env.ethers.provider.getTransactionCount(ACCOUNT)).to.equal(2);
    expect(await unstick(env, ACCOUNT, () => undefined)).to.deep.equal([]);
  });

  it("no longer need a replacement once another transaction with the same nonce is mined", async () => {
    const { nonce } = await send();
    const signer = await env.ethers.getSigner(ACCOUNT);
    const overtake = async () => {
      await until(async () => (await waitingFee()) !== LOW_FEE);
      const fee = 100n * LOW_FEE;
      await signer.sendTransaction({ to: ACCOUNT, nonce, maxFeePerGas: fee, maxPriorityFeePerGas: fee });
      await rpc(node.url, "anvil_mine", ["0x1"]);
    };
    const [replaced] = await Promise.all([unstick(env, ACCOUNT, () => undefined), overtake()]);

    expect(replaced).to.deep.equal([`nonce ${nonce} by itself: another transaction was mined`]);
  });

  it("are replaced at rising tips from 1 wei if they offer no tip", async () => {
    const endpoint = await startFaultyRpc(node.url, ({ method }) =>
      method === "eth_maxPriorityFeePerGas" ? { kind: "answer", result: "0x0" } : { kind: "pass" },
    );
    const { nonce } = await send();
    const tips: bigint[] = [];
    try {
      await unstick(environmentOn(endpoint, "localhost"), ACCOUNT, () => undefined, 100).catch(() => undefined);
      for (const { method, params } of endpoint.requests) {
        if (method !== "eth_sendRawTransaction") continue;
        const offered = Transaction.from(String(params[0]));
        if (offered.nonce === nonce) tips.push(offered.maxPriorityFeePerGas!);
      }
    } finally {
      await endpoint.stop();
      await rpc(node.url, "anvil_mine", ["0x5"]);
    }

    expect([...new Set(tips)].slice(0, 3)).to.deep.equal([1n, 2n, 4n]);
  });

  it("do not delay a command that uses another account", async () => {
    await send();
    const waits: string[] = [];
    const { address } = KEYS.backend;
    const onWait = (reason: string) => waits.push(reason);

    expect(await persist(env, onWait, async () => "done", { accounts: [address] })).to.equal("done");
    expect(waits).to.deep.equal([]);
    await rpc(node.url, "anvil_mine", ["0x5"]);
  });

  it("are given up, with the last price offered, if no higher fee helps", async () => {
    const { nonce } = await send();
    const waits: string[] = [];
    await expect(unstick(env, ACCOUNT, (reason) => waits.push(reason), 100)).to.be.rejectedWith(
      Problem,
      new RegExp(
        `^nonce ${nonce} of ${ACCOUNT} is not free, at [\\d.]+ gwei: timed out: transaction 0x\\w{64} .*; nothing more was sent\\.$`,
      ),
    );
    expect(waits).to.have.length(5);
    expect(waits[0]).to.equal(`nonce ${nonce} of ${ACCOUNT}, 1 to replace`);
    for (const wait of waits.slice(1)) expect(wait).to.match(/; raising the fee$/);
  });
});
