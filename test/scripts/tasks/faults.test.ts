// SPDX-License-Identifier: MIT
// Tasks that send transactions, over an endpoint that breaks, limits, lags or stays away.

import { expect } from "chai";
import { id, parseEther, parseUnits, toQuantity, Wallet } from "ethers";
import hre from "hardhat";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { holderOf } from "../../../deploy/lock";
import { readParameters } from "../../../deploy/parameters";
import { environmentFor } from "../../../deploy/rehearsal";
import { healthy, startFaultyRpc, type Fault, type FaultyRpc } from "../../../scripts/dev/world/faultyRpc";
import { everyOther, laggingNode } from "../../helpers/laggingNode";
import { rpc } from "../../../scripts/dev/world/process";
import { runTasks, type TaskCall, type TaskDocument } from "../../helpers/tasks";
import { DAY } from "../../../scripts/dev/world/units";
import { INVESTOR, LAUNCH, MODEL, useTaskChain } from "./support";

const OTHER_FILE = resolve(__dirname, "../../../deploy/models/credit-default.json");

describe("tasks over an endpoint that fails @uninstrumented", () => {
  const BUSY: Fault = { kind: "error", error: { code: -32_005, message: "limit exceeded" } };
  let endpoint: FaultyRpc;
  const chain = useTaskChain(async (prepared) => {
    await prepared.documents(...LAUNCH);
    const reserve = await prepared.contractAt("ReserveTokenMock", prepared.addresses.ReserveToken!, INVESTOR);
    await prepared.send(reserve, "mint", await prepared.accountOf(INVESTOR), parseUnits("1000", 6));
    endpoint = await startFaultyRpc(prepared.node.url);
    prepared.env = environmentFor(hre, "localhost", { url: endpoint.url });
  });
  const run = (...calls: readonly TaskCall[]) => chain().run(...calls);

  after(() => endpoint.stop());

  /** Runs a task whose transaction of this number meets a fault; tells how it ended, and what an account sent meanwhile. */
  async function runWith(fault: Fault, number: number, [task, args]: TaskCall, from: string) {
    const nonce = await chain().provider.getTransactionCount(from);
    endpoint.forget();
    endpoint.policy = ({ method, count }) =>
      method === "eth_sendTransaction" && count === number ? fault : { kind: "pass" };
    const [outcome] = await run([task, { ...args, json: true }]);
    return { ...outcome!, sent: (await chain().provider.getTransactionCount(from)) - nonce };
  }

  const purchase = async (): Promise<TaskCall> => [
    "pool:buy",
    { id: MODEL, usdc: "10", from: await chain().accountOf(INVESTOR) },
  ];

  for (const [what, fault] of [
    ["over a connection that breaks", { kind: "drop" }],
    ["to an endpoint that limits requests", BUSY],
    ["and the answer is lost", { kind: "dropAnswer" }],
  ] as const) {
    it(`buy once when a transaction is sent ${what}`, async () => {
      const { code, stderr, sent } = await runWith(fault, 2, await purchase(), await chain().accountOf(INVESTOR));
      expect({ code, sent, stderr }).to.deep.equal({ code: 0, sent: 2, stderr: "" }); // the approval, and the trade
    });
  }

  it("buy once when the transaction arrives late, after it was looked for", async () => {
    const from = await chain().accountOf(INVESTOR);
    const reserve = await chain().contractAt("ReserveTokenMock", chain().addresses.ReserveToken!, INVESTOR);
    const before = (await reserve.getFunction("balanceOf")(from)) as bigint;
    const nonce = await chain().provider.getTransactionCount(from);
    let late: unknown;
    endpoint.forget();
    endpoint.policy = async ({ method, params, count }) => {
      if (method !== "eth_sendTransaction" || count === 1) return { kind: "pass" };
      if (count === 2) {
        [late] = params;
        return { kind: "status", status: 504 };
      }
      if (late !== undefined) await rpc(chain().node.url, "eth_sendTransaction", [late]);
      late = undefined;
      return { kind: "pass" };
    };
    const [outcome] = await run(await purchase());
    const sent = (await chain().provider.getTransactionCount(from)) - nonce;
    expect({ code: outcome!.code, sent }, outcome!.stderr).to.deep.equal({ code: 0, sent: 2 });
    expect(before - ((await reserve.getFunction("balanceOf")(from)) as bigint)).to.equal(parseUnits("10", 6));
  });

  it("send the same signed bytes each time, and buy once, with a key of their own", async () => {
    const buyer = Wallet.createRandom();
    await rpc(chain().node.url, "anvil_setBalance", [buyer.address, toQuantity(parseEther("1"))]);
    const reserve = await chain().contractAt("ReserveTokenMock", chain().addresses.ReserveToken!, INVESTOR);
    await chain().send(reserve, "mint", buyer.address, parseUnits("20", 6));
    const keyed = environmentFor(hre, "localhost", { url: endpoint.url, accounts: [buyer.privateKey] });
    const raws: unknown[] = [];
    endpoint.forget();
    endpoint.policy = async ({ method, params, count }) => {
      if (method !== "eth_sendRawTransaction" || count === 1) return { kind: "pass" };
      raws.push(params[0]);
      if (count === 2) return { kind: "status", status: 504 };
      if (count === 3) await rpc(chain().node.url, "eth_sendRawTransaction", [params[0]]);
      return { kind: "pass" };
    };
    const [outcome] = await runTasks(keyed, ["pool:buy", { id: MODEL, usdc: "10", json: true }]);
    expect(outcome!.code, outcome!.stderr).to.equal(0);
    expect(raws).to.have.length(2);
    expect(new Set(raws).size).to.equal(1);
    expect(await reserve.getFunction("balanceOf")(buyer.address)).to.equal(parseUnits("10", 6));
  });

  it("wait for a receipt that the endpoint does not have yet", async () => {
    endpoint.forget();
    endpoint.policy = ({ method, count }) =>
      method === "eth_getTransactionReceipt" && count % 2 === 1 ? { kind: "answer", result: null } : { kind: "pass" };
    const [outcome] = await run(await purchase());
    expect({ code: outcome!.code }, outcome!.stderr).to.deep.equal({ code: 0 });
  });

  it("tell when a change takes effect, although every other answer is from the block before", async () => {
    const isNext = everyOther();
    endpoint.policy = laggingNode(chain().node.url, 1, (request) => request.method === "eth_call" && isNext(request));
    const [outcome] = await run(["params:propose", { id: MODEL, tokensPerDeltaOne: "90000", json: true }]);
    expect(outcome!.code, outcome!.stderr).to.equal(0);
    const { change } = JSON.parse(outcome!.stdout) as { change: { effectiveAt: string } };
    const { timestamp } = (await chain().provider.getBlock("latest"))!;
    expect(BigInt(change.effectiveAt)).to.equal(BigInt(timestamp) + 2n * DAY);
  });

  it("name what was sent, in text and in JSON, when something fails afterwards", async () => {
    let isSent = false;
    endpoint.forget();
    endpoint.policy = ({ method, count }) => {
      isSent ||= method === "eth_sendTransaction" && count === 2;
      return isSent && method === "eth_call"
        ? { kind: "error", error: { code: -32_601, message: "the method does not exist" } }
        : { kind: "pass" };
    };
    const [task, args] = await purchase();
    const [outcome] = await run([task, { ...args, json: true }]);
    const block = await chain().provider.getBlock("latest");
    const [hash] = block!.transactions;
    const document = JSON.parse(outcome!.stdout) as { error: string; steps: unknown[]; sent: object[] };
    expect(outcome!.code).to.equal(2);
    expect(outcome!.stderr).to.equal(
      `pool:buy: ${document.error}. Before that: transaction ${hash} was sent and is in block ${block!.number}.\n`,
    );
    expect(document.steps).to.have.length(1); // the approval
    expect(document.sent[1]).to.deep.include({ hash, outcome: "mined", block: block!.number });
  });

  it("report that a transaction may have been sent if the endpoint stops answering", async () => {
    let isAway = false;
    endpoint.policy = ({ method, count }) => {
      isAway ||= method === "eth_sendTransaction" && count === 2;
      return isAway ? { kind: "drop" } : { kind: "pass" };
    };
    endpoint.forget();
    const from = await chain().accountOf(INVESTOR);
    const nonce = (await chain().provider.getTransactionCount(from)) + 1;
    const [outcome] = await run(await purchase());
    expect(outcome!.code).to.equal(2);
    expect(outcome!.stderr.toLowerCase()).to.contain(
      `a transaction of ${from.toLowerCase()} with nonce ${nonce} may have been sent and may still be mined: look for it before you run the command again.\n`,
    );
  });

  it("take a step of a launch once, and continue, when the answer is lost", async () => {
    const { Tokens } = await readParameters({ name: "localhost", isLocal: true });
    const [deployer] = Tokens.deployers as [string];
    const step: TaskCall = ["model:deploy", { file: OTHER_FILE }];
    const { code, stdout, stderr, sent } = await runWith({ kind: "dropAnswer" }, 2, step, deployer);
    expect({ code, sent }, stderr).to.deep.equal({ code: 0, sent: 2 }); // the vesting wallet, and the token
    const registry = await chain().contractAt("ModelRegistry", chain().addresses.ModelRegistry!, 0);
    expect((JSON.parse(stdout) as TaskDocument).model.token).to.equal(
      await registry.getFunction("tokenOf")(id("credit-default")),
    );
  });

  it("are refused at once if they send while another run works on the network", async () => {
    endpoint.policy = healthy;
    writeFileSync(join(chain().node.env.DEPLOYMENTS!, "chain-31337.lock"), JSON.stringify(holderOf(process.ppid)));
    const [bought, launched, quoted] = await run(await purchase(), LAUNCH[3]!, [
      "pool:quote",
      { id: MODEL, usdc: "1" },
    ]);
    for (const { code, stderr } of [bought!, launched!]) {
      expect(code).to.equal(1);
      expect(stderr).to.contain(`another run, process ${process.ppid}, has been working on this network since`);
    }
    expect(quoted!.code).to.equal(0);
  });
});
