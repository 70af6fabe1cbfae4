// SPDX-License-Identifier: MIT
// The tasks of rewards that wait, on a chain that another process keeps.

import { expect } from "chai";
import { id, JsonRpcProvider } from "ethers";
import hre, { ethers } from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { improve } from "../../deploy/demo/improve";
import { ensureRegistered, ensureToken } from "../../deploy/launch";
import { deployProtocol, type Protocol } from "../../deploy/protocol";
import { environmentFor } from "../../deploy/rehearsal";
import { formatTime } from "../../sdk/base/units";
import { OPEN_STOP, type QueuedPayout } from "../../sdk/state/payouts";
import { readModelFile } from "../../sdk/node/modelFile";
import { keyOf } from "../../sdk/schemas/model";
import { rpc, startAnvil, type Node } from "../../scripts/dev/world/process";
import { runTasks, taskDocuments, type TaskCall } from "../helpers/tasks";
import { DAY, TOKEN } from "../../scripts/dev/world/units";

const MODEL = "credit-default";
const FILE = resolve(__dirname, "../../deploy/models/credit-default.json");
const REWARD = 4_940n * TOKEN;
const LIFETIME = 100_000n * TOKEN;
const DELAY = 2n * DAY;

describe("tasks for payouts @uninstrumented", () => {
  const { DEPLOYMENTS, NO_COLOR } = process.env;
  let node: Node;
  let env: HardhatRuntimeEnvironment;
  let provider: JsonRpcProvider;
  let protocol: Protocol;
  let payout: QueuedPayout;
  let snapshot: unknown;
  let journal: string;

  const run = (...calls: readonly TaskCall[]) => runTasks(env, ...calls);
  const documents = (...calls: readonly TaskCall[]) => taskDocuments(env, ...calls);
  const model = () => ({ id: MODEL });
  const evaluation = () => ({ id: MODEL, evaluation: payout.evaluationId });

  before(async () => {
    node = await startAnvil();
    provider = new JsonRpcProvider(node.url, undefined, { cacheTimeout: -1 });
    Object.assign(process.env, { DEPLOYMENTS: node.env.DEPLOYMENTS, NO_COLOR: "1" });
    env = environmentFor(hre, "localhost", { url: node.url });
    protocol = await deployProtocol(env);
    const file = await readModelFile(FILE, true);
    const launch = { hre: env, protocol, file, report: () => undefined };
    await ensureToken(launch);
    await ensureRegistered(launch);
    const { improvement } = await improve(env, protocol, { file, key: keyOf(file) }, () => undefined);
    payout = improvement!.payout;
    journal = mkdtempSync(join(tmpdir(), "journal-"));
    cpSync(node.env.DEPLOYMENTS!, journal, { recursive: true });
    snapshot = await rpc(node.url, "evm_snapshot");
  });

  afterEach(async () => {
    await rpc(node.url, "evm_revert", [snapshot]);
    rmSync(node.env.DEPLOYMENTS!, { recursive: true });
    cpSync(journal, node.env.DEPLOYMENTS!, { recursive: true });
    snapshot = await rpc(node.url, "evm_snapshot");
  });

  after(async () => {
    provider.destroy();
    rmSync(journal, { recursive: true });
    delete process.env.DEPLOYMENTS;
    delete process.env.NO_COLOR;
    Object.assign(process.env, { ...(DEPLOYMENTS && { DEPLOYMENTS }), ...(NO_COLOR && { NO_COLOR }) });
    await node.stop();
  });

  const timestamp = async () => BigInt((await provider.getBlock("latest"))!.timestamp);

  async function minted(): Promise<bigint> {
    const token = await env.ethers.getContractAt("ModelToken", await protocol.registry.tokenOf(id(MODEL)));
    return token.rewardsMinted();
  }

  it("payout:list shows recipients, amounts and the time of release", async () => {
    const [shown] = await run(["payout:list", model()]);
    expect({ code: shown!.code, stderr: shown!.stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(shown!.stdout).to.contain(payout.evaluationId);
    expect(shown!.stdout).to.match(/status +waits\n/);
    expect(shown!.stdout).to.match(/reward +4,940\n/);
    expect(shown!.stdout).to.contain(formatTime(payout.queuedAt + DELAY));
    for (const account of payout.accounts) expect(shown!.stdout).to.contain(account);

    const [document] = await documents(["payout:list", model()]);
    expect(document!["payouts"]).to.deep.equal([
      {
        ...payout,
        queuedAt: String(payout.queuedAt),
        baselineScore: "7494",
        candidateScore: "7988",
        reward: String(REWARD),
        amounts: payout.amounts.map(String),
        status: "waits",
        releasableFrom: String(payout.queuedAt + DELAY),
      },
    ]);
  });

  it("payout:release releases a reward only after its delay, by anybody, and only once", async () => {
    const [early] = await run(["payout:release", evaluation()]);
    expect({ code: early!.code, stdout: early!.stdout }).to.deep.equal({ code: 1, stdout: "" });
    const from = formatTime(payout.queuedAt + DELAY);
    expect(early!.stderr).to.match(
      new RegExp(
        `^payout:release: the payout of ${payout.evaluationId}: its time is ${from} at the earliest, the chain's time is `,
      ),
    );
    expect(await minted()).to.equal(0n);

    const [, released] = await documents(["pass-time", { duration: "2d" }], ["payout:release", evaluation()]);
    expect(released!["payout"]).to.include({ status: "released", reward: String(REWARD) });
    expect(released!.steps.map(({ name }) => name)).to.deep.equal(["release reward"]);
    expect(await minted()).to.equal(REWARD);
    const token = await env.ethers.getContractAt("ModelToken", await protocol.registry.tokenOf(id(MODEL)));
    for (const [index, account] of payout.accounts.entries())
      expect(await token.balanceOf(account)).to.equal(payout.amounts[index]);

    const [again] = await run(["payout:release", { id: MODEL, evaluation: payout.evaluationId }]);
    expect(again).to.deep.equal({
      code: 1,
      stdout: "",
      stderr: `payout:release: the payout of ${payout.evaluationId}: it was released before; nothing was sent.\n`,
    });
  });

  it("payout:stop holds payouts back until the admin lifts the stop", async () => {
    const { method } = payout;
    const [stopped] = await documents(["payout:stop", { method }]);
    expect(stopped!["stop"]).to.deep.equal({ since: "1", until: String(OPEN_STOP) });
    const [again] = await run(["payout:stop", { method }]);
    expect(again).to.deep.equal({
      code: 1,
      stdout: "",
      stderr: `payout:stop: ${method}: all payouts are stopped already; nothing was sent.\n`,
    });
    const [, held] = await run(["pass-time", { duration: "3d" }], ["payout:release", evaluation()]);
    expect(held!.stderr).to.contain(`payouts of ${method} are stopped: the admin lifts the stop or makes it final`);

    const [lifted] = await documents(["payout:lift", { method }]);
    expect(lifted!["stop"]).to.deep.equal({ since: "0", until: "0" });
    expect(lifted!.steps.map(({ name }) => name)).to.deep.equal(["schedule lift payout stop", "lift payout stop"]);
    await documents(["payout:release", evaluation()]);
    expect(await minted()).to.equal(REWARD);
  });

  it("payout:void makes stopped payouts void, and payout:return gives their reward back to the lifetime rewards", async () => {
    const { method } = payout;
    const { registry } = protocol;
    expect(await registry.rewardsRemainingOf(id(MODEL))).to.equal(LIFETIME - REWARD);
    const [, early] = await run(["payout:stop", { method }], ["payout:return", evaluation()]);
    expect(early!.stderr).to.contain("its stop is open: the admin makes it final first, by payout:void");

    const [voided] = await documents(["payout:void", { method, since: String(payout.queuedAt) }]);
    const { since, until } = voided!["stop"] as Record<string, string>;
    expect(since).to.equal(String(payout.queuedAt));
    expect(BigInt(until!)).to.be.above(payout.queuedAt).and.not.equal(OPEN_STOP);
    const [refused] = await run(["payout:release", evaluation()]);
    expect(refused!.stderr).to.contain("it is void: payout:return puts its reward back");
    const [returned] = await documents(["payout:return", evaluation()]);
    expect(returned!["rewardsRemaining"]).to.equal(String(LIFETIME));
    expect(await registry.rewardsRemainingOf(id(MODEL))).to.equal(LIFETIME);
    const [listed] = await documents(["payout:list", model()]);
    const [over] = await run(["payout:release", evaluation()]);
    expect(over!.stderr).to.contain("its reward was put back into the model's lifetime rewards; nothing was sent.");
    expect((listed!["payouts"] as { status: string }[]).map(({ status }) => status)).to.deep.equal(["returned"]);
    expect(await minted()).to.equal(0n);
  });

  it("payout:stop names the hybrids that contain the stopped method, nested ones too", async () => {
    const { registry, parameters } = protocol;
    const other = parameters.Market.treasury;
    const ascending = (...methods: string[]) => methods.sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    const factory = await ethers.getContractFactory("Hybrid", await provider.getSigner(0));
    const deploy = async (...methods: string[]) => {
      const hybrid = await factory.deploy(ascending(...methods));
      return (await hybrid.waitForDeployment()).getAddress();
    };
    const inner = await deploy(payout.method, other);
    const outer = await deploy(inner, other);
    const unrelated = await deploy(other, parameters.$global.deployer);
    const admin = protocol.addresses["TimelockController"]!;
    await rpc(node.url, "anvil_impersonateAccount", [admin]);
    await rpc(node.url, "anvil_setBalance", [admin, "0x56bc75e2d63100000"]);
    const asAdmin = registry.connect(await provider.getSigner(admin));
    for (const hybrid of [inner, outer, unrelated]) await (await asAdmin.setMethodAccess(hybrid, 2)).wait();

    const [stopped] = await documents(["payout:stop", { method: payout.method }]);
    expect(stopped!["hybrids"]).to.deep.equal([inner, outer]);
  });

  it("pass-time accepts seconds, minutes, hours and days", async () => {
    for (const [duration, seconds] of [
      ["90", 90n],
      ["10m", 600n],
      ["3h", 10_800n],
      ["2d", 2n * DAY],
    ] as const) {
      const before = await timestamp();
      await documents(["pass-time", { duration }]);
      expect(await timestamp()).to.equal(before + seconds);
    }
  });

  describe("when the arguments do not fit the state", () => {
    const cases: [string, () => TaskCall, () => string][] = [
      [
        "an evaluation that the model does not have",
        () => ["payout:release", { id: MODEL, evaluation: "other" }],
        () => `payout:release: ${MODEL} has no evaluation ${id("other")}: payout:list shows those that it has.`,
      ],
      [
        "a model that has no token",
        () => ["payout:list", { id: "unknown" }],
        () => "payout:list: unknown has no token on localhost: check the id, or deploy the model first.",
      ],
      [
        "the return of a payout that waits",
        () => ["payout:return", { id: MODEL, evaluation: payout.evaluationId }],
        () =>
          `payout:return: the payout of ${payout.evaluationId}: its status is waits, expected void; nothing was sent.`,
      ],
      [
        "to lift a stop that does not exist",
        () => ["payout:lift", { method: "0xdF3e18d64BC6A983f673Ab319CCaE4f1a57C7097" }],
        () =>
          "payout:lift: payouts of 0xdF3e18d64BC6A983f673Ab319CCaE4f1a57C7097 are not stopped: there is nothing to decide.",
      ],
      [
        "a time that is no duration",
        () => ["pass-time", { duration: "soon" }],
        () => 'pass-time: arguments: duration is "soon", expected a time such as 3600, 90m, 12h or 2d.',
      ],
    ];
    for (const [what, call, message] of cases) {
      it(`refuse ${what} in one line`, async () => {
        const [outcome] = await run(call());
        expect(outcome).to.deep.equal({ code: 1, stdout: "", stderr: `${message()}\n` });
      });
    }
  });
});
