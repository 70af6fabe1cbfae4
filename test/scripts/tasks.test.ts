// SPDX-License-Identifier: MIT
// The everyday tasks, on a chain that another process keeps: from the command line where that is what matters, otherwise in this process.

import { expect } from "chai";
import { Contract, id, JsonRpcProvider, MaxUint256, parseEther, parseUnits, toQuantity, Wallet } from "ethers";
import hre, { artifacts } from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { holderOf } from "../../deploy/lock";
import { readParameters } from "../../deploy/parameters";
import { deployProtocol } from "../../deploy/protocol";
import { environmentFor } from "../../deploy/rehearsal";
import { healthy, startFaultyRpc, type Fault, type FaultyRpc } from "../helpers/faultyRpc";
import { everyOther, laggingNode } from "../helpers/laggingNode";
import { rpc, runScript, startAnvil, type Node } from "../../scripts/dev/world/process";
import { runTasks, taskDocuments, type TaskCall, type TaskDocument } from "../helpers/tasks";
import { DAY } from "../../scripts/dev/world/units";

const MODEL = "sentiment-v2";
const FILE = resolve(__dirname, "../../deploy/models/sentiment-v2.json");
const OTHER_FILE = resolve(__dirname, "../../deploy/models/credit-default.json");
const HARDHAT = "node_modules/hardhat/internal/cli/bootstrap.js";
const [GUARDIAN, GOVERNOR, INVESTOR] = [3, 12, 8];

const TASKS = [
  ...[
    "fees:deposit",
    "governor:accept",
    "governor:propose",
    "model:deploy",
    "model:distribute",
    "model:register",
    "model:show",
    "params:propose",
  ],
  ...[
    "owner:accept",
    "owner:propose",
    "pass-time",
    "payout:lift",
    "payout:list",
    "payout:release",
    "payout:return",
    "payout:stop",
    "payout:void",
  ],
  ...["pool:buy", "pool:create", "pool:quote", "pool:sell", "roles:apply", "roles:list"],
];

/** What a test must leave as it was. */
interface State {
  readonly journal: string;
  readonly snapshot: unknown;
}

describe("Tasks @uninstrumented", () => {
  const { DEPLOYMENTS, NO_COLOR } = process.env;
  let node: Node;
  let env: HardhatRuntimeEnvironment;
  let provider: JsonRpcProvider;
  let addresses: Record<string, string>;
  let start: State;

  const run = (...calls: readonly TaskCall[]) => runTasks(env, ...calls);
  const documents = (...calls: readonly TaskCall[]) => taskDocuments(env, ...calls);

  async function contractAt(name: string, address: string, signer: number): Promise<Contract> {
    return new Contract(address, (await artifacts.readArtifact(name)).abi, await provider.getSigner(signer));
  }

  async function send(contract: Contract, name: string, ...args: unknown[]): Promise<void> {
    await (await contract.getFunction(name)(...args)).wait();
  }

  const LAUNCH: TaskCall[] = [
    ["model:deploy", { file: FILE }],
    ["model:register", { file: FILE }],
    ["model:distribute", { id: MODEL }],
    ["pool:create", { file: FILE }],
  ];

  before(async () => {
    node = await startAnvil();
    provider = new JsonRpcProvider(node.url, undefined, { cacheTimeout: -1 });
    Object.assign(process.env, { DEPLOYMENTS: node.env.DEPLOYMENTS, NO_COLOR: "1" });
    env = environmentFor(hre, "localhost", { url: node.url });
    ({ addresses } = await deployProtocol(env));
    start = await remember();
  });

  after(async () => {
    provider.destroy();
    rmSync(start.journal, { recursive: true });
    delete process.env.DEPLOYMENTS;
    delete process.env.NO_COLOR;
    Object.assign(process.env, { ...(DEPLOYMENTS && { DEPLOYMENTS }), ...(NO_COLOR && { NO_COLOR }) });
    await node.stop();
  });

  afterEach(async () => {
    start = await returnTo(start);
  });

  /** The chain, and the journal of what was deployed on it. */
  async function remember(): Promise<State> {
    const journal = mkdtempSync(join(tmpdir(), "journal-"));
    cpSync(node.env.DEPLOYMENTS!, journal, { recursive: true });
    return { journal, snapshot: await rpc(node.url, "evm_snapshot") };
  }

  async function returnTo({ journal, snapshot }: State): Promise<State> {
    await rpc(node.url, "evm_revert", [snapshot]);
    rmSync(node.env.DEPLOYMENTS!, { recursive: true });
    cpSync(journal, node.env.DEPLOYMENTS!, { recursive: true });
    rmSync(journal, { recursive: true });
    return remember();
  }

  describe("before anything is compiled", () => {
    it("are declared with their help, and load nothing that compiled contracts are needed for", async () => {
      const program = `
        const { tasks } = require("hardhat");
        const ours = Object.keys(require.cache).filter((file) => /scripts|\\.build/.test(file.replace(/.*node_modules.*/, "")));
        console.log(JSON.stringify({
          tasks: Object.fromEntries(Object.values(tasks).filter(({ name }) => /^((model|governor|owner|pool|payout|fees|params|roles):|pass-time)/.test(name))
            .map(({ name, description, paramDefinitions }) => [name, [description, ...Object.values(paramDefinitions).map((p) => p.description)]])),
          ours: ours.map((file) => file.replace(process.cwd() + "/", "")),
        }));`;
      const { stdout } = await runScript("-e", [program]);
      const found = JSON.parse(stdout) as { tasks: Record<string, (string | undefined)[]>; ours: string[] };

      expect(Object.keys(found.tasks).sort()).to.deep.equal(TASKS);
      for (const texts of Object.values(found.tasks)) for (const text of texts) expect(text).to.match(/\w+ \w+/);
      expect(found.ours.sort()).to.deep.equal(["scripts/cli/transpiler.cjs", "scripts/tasks/index.ts"]);
    });
  });

  describe("of a launch", () => {
    it("take one step each, and find it taken the second time", async () => {
      const first = await documents(...LAUNCH);
      const block = await provider.getBlockNumber();
      const second = await documents(...LAUNCH);

      expect(first.map(({ model }) => model.status)).to.deep.equal([
        "PROPOSAL",
        "REGISTERED",
        "REGISTERED",
        "DEPLOYED",
      ]);
      expect(first.map(({ steps }) => steps.map(({ name }) => name))).to.deep.equal([
        ["deploy vesting wallet", "deploy token"],
        ["register model"],
        ["distribute supplier allocation"],
        ["create pool"],
      ]);
      expect(second.map(({ steps }) => steps)).to.deep.equal([[], [], [], []]);
      expect(second[3]!.model).to.deep.equal(first[3]!.model);
      expect(await provider.getBlockNumber()).to.equal(block);

      const registry = await contractAt("ModelRegistry", addresses.ModelRegistry!, 0);
      expect(await registry.getFunction("tokenOf")(id(MODEL))).to.equal(first[0]!.model.token);
      expect(await registry.getFunction("poolOf")(id(MODEL))).to.equal(first[3]!.model.pool);
    });

    it("refuse a missing role in the words of old, and send nothing", async () => {
      const { Tokens } = await readParameters({ name: "localhost", isLocal: true });
      const [deployer] = Tokens.deployers as [string];
      const manager = await contractAt("TokenManager", addresses.TokenManager!, GUARDIAN);
      await send(manager, "suspendRole", id("DEPLOYER_ROLE"), deployer);
      const block = await provider.getBlockNumber();
      const [outcome] = await run(LAUNCH[0]!);

      const first = await (await provider.getSigner(0)).getAddress();
      expect(outcome).to.deep.equal({
        code: 1,
        stdout: "",
        stderr: `model:deploy: AccessControl: account ${first} is missing role DEPLOYER_ROLE on TokenManager\n`,
      });
      expect(await provider.getBlockNumber()).to.equal(block);
    });

    it("refuse what is not there yet", async () => {
      const [distribute, register, create] = await run(LAUNCH[2]!, LAUNCH[1]!, LAUNCH[3]!);
      const advice = "has no token on localhost: check the id, or deploy the model first.";

      expect(distribute!.stderr).to.equal(`model:distribute: ${MODEL} ${advice}\n`);
      expect(create!.stderr).to.equal(`pool:create: ${MODEL} ${advice}\n`);
      expect(register!.stderr).to.match(
        /^model:register: [^\n]+ \(WrongModelStatus: model 0x\w+, actual 0, required 1\)\. [^\n]+\n$/,
      );
      expect([distribute, register, create].map((outcome) => outcome!.code)).to.deep.equal([1, 1, 1]);
    });
  });

  describe("over an endpoint that fails", () => {
    const BUSY: Fault = { kind: "error", error: { code: -32_005, message: "limit exceeded" } };
    let clean: State;
    let direct: HardhatRuntimeEnvironment;
    let endpoint: FaultyRpc;

    before(async () => {
      clean = start;
      await documents(...LAUNCH);
      const reserve = await contractAt("ReserveTokenMock", addresses.ReserveToken!, INVESTOR);
      await send(reserve, "mint", await sender(INVESTOR), parseUnits("1000", 6));
      start = await remember();
      endpoint = await startFaultyRpc(node.url);
      direct = env;
      env = environmentFor(hre, "localhost", { url: endpoint.url });
    });

    after(async () => {
      env = direct;
      await endpoint.stop();
      rmSync(start.journal, { recursive: true });
      start = await returnTo(clean);
    });

    const sender = async (index: number) => (await provider.getSigner(index)).getAddress();

    /** Runs a task whose transaction of this number meets a fault; tells how it ended, and what an account sent meanwhile. */
    async function runWith(fault: Fault, number: number, [task, args]: TaskCall, from: string) {
      const nonce = await provider.getTransactionCount(from);
      endpoint.forget();
      endpoint.policy = ({ method, count }) =>
        method === "eth_sendTransaction" && count === number ? fault : { kind: "pass" };
      const [outcome] = await run([task, { ...args, json: true }]);
      return { ...outcome!, sent: (await provider.getTransactionCount(from)) - nonce };
    }

    const purchase = async (): Promise<TaskCall> => [
      "pool:buy",
      { id: MODEL, usdc: "10", from: await sender(INVESTOR) },
    ];

    for (const [what, fault] of [
      ["to one whose connection breaks", { kind: "drop" }],
      ["to one that is asked too often", BUSY],
      ["and the answer is lost", { kind: "dropAnswer" }],
    ] as const) {
      it(`buy once when a transaction is sent ${what}`, async () => {
        const { code, stderr, sent } = await runWith(fault, 2, await purchase(), await sender(INVESTOR));
        expect({ code, sent, stderr }).to.deep.equal({ code: 0, sent: 2, stderr: "" }); // the approval, and the trade
      });
    }

    it("buy once when the transaction arrives after all looks for it", async () => {
      const from = await sender(INVESTOR);
      const reserve = await contractAt("ReserveTokenMock", addresses.ReserveToken!, INVESTOR);
      const before = (await reserve.getFunction("balanceOf")(from)) as bigint;
      const nonce = await provider.getTransactionCount(from);
      let late: unknown;
      endpoint.forget();
      endpoint.policy = async ({ method, params, count }) => {
        if (method !== "eth_sendTransaction" || count === 1) return { kind: "pass" };
        if (count === 2) {
          [late] = params;
          return { kind: "status", status: 504 };
        }
        if (late !== undefined) await rpc(node.url, "eth_sendTransaction", [late]);
        late = undefined;
        return { kind: "pass" };
      };
      const [outcome] = await run(await purchase());
      expect({ code: outcome!.code, sent: (await provider.getTransactionCount(from)) - nonce }).to.deep.equal({
        code: 0,
        sent: 2,
      });
      expect(before - ((await reserve.getFunction("balanceOf")(from)) as bigint)).to.equal(parseUnits("10", 6));
    });

    it("buy with an own key by the same bytes, however often they are sent", async () => {
      const buyer = Wallet.createRandom();
      await rpc(node.url, "anvil_setBalance", [buyer.address, toQuantity(parseEther("1"))]);
      const reserve = await contractAt("ReserveTokenMock", addresses.ReserveToken!, INVESTOR);
      await send(reserve, "mint", buyer.address, parseUnits("20", 6));
      const keyed = environmentFor(hre, "localhost", { url: endpoint.url, accounts: [buyer.privateKey] });
      const raws: unknown[] = [];
      endpoint.forget();
      endpoint.policy = async ({ method, params, count }) => {
        if (method !== "eth_sendRawTransaction" || count === 1) return { kind: "pass" };
        raws.push(params[0]);
        if (count === 2) return { kind: "status", status: 504 };
        if (count === 3) await rpc(node.url, "eth_sendRawTransaction", [params[0]]);
        return { kind: "pass" };
      };
      const [outcome] = await runTasks(keyed, ["pool:buy", { id: MODEL, usdc: "10", json: true }]);
      expect(outcome!.code, outcome!.stderr).to.equal(0);
      expect(raws).to.have.length(2);
      expect(new Set(raws).size).to.equal(1);
      expect(await reserve.getFunction("balanceOf")(buyer.address)).to.equal(parseUnits("10", 6));
    });

    it("wait for a receipt that the endpoint has not yet", async () => {
      endpoint.forget();
      endpoint.policy = ({ method, count }) =>
        method === "eth_getTransactionReceipt" && count % 2 === 1 ? { kind: "answer", result: null } : { kind: "pass" };
      const [outcome] = await run(await purchase());
      expect({ code: outcome!.code }, outcome!.stderr).to.deep.equal({ code: 0 });
    });

    it("say when a change takes effect, though every other look is at the state before it", async () => {
      const isNext = everyOther();
      endpoint.policy = laggingNode(node.url, 1, (request) => request.method === "eth_call" && isNext(request));
      const [outcome] = await run(["params:propose", { id: MODEL, tokensPerDeltaOne: "90000", json: true }]);
      expect(outcome!.code, outcome!.stderr).to.equal(0);
      const { change } = JSON.parse(outcome!.stdout) as { change: { effectiveAt: string } };
      const { timestamp } = (await provider.getBlock("latest"))!;
      expect(BigInt(change.effectiveAt)).to.equal(BigInt(timestamp) + 2n * DAY);
    });

    it("name what was sent, to people and to programs, when something fails after it", async () => {
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
      const block = await provider.getBlock("latest");
      const [hash] = block!.transactions;
      const document = JSON.parse(outcome!.stdout) as { error: string; steps: unknown[]; sent: object[] };
      expect(outcome!.code).to.equal(2);
      expect(outcome!.stderr).to.equal(
        `pool:buy: ${document.error}. Before that: transaction ${hash} was sent and is in block ${block!.number}.\n`,
      );
      expect(document.steps).to.have.length(1); // the approval
      expect(document.sent[1]).to.deep.include({ hash, outcome: "mined", block: block!.number });
    });

    it("say that it is not known what was sent when the endpoint stays away", async () => {
      let isAway = false;
      endpoint.policy = ({ method, count }) => {
        isAway ||= method === "eth_sendTransaction" && count === 2;
        return isAway ? { kind: "drop" } : { kind: "pass" };
      };
      endpoint.forget();
      const from = await sender(INVESTOR);
      const nonce = (await provider.getTransactionCount(from)) + 1;
      const [outcome] = await run(await purchase());
      expect(outcome!.code).to.equal(2);
      expect(outcome!.stderr.toLowerCase()).to.contain(
        `a transaction of ${from.toLowerCase()} with nonce ${nonce} may have been sent and may still be mined: look for it before you run the command again.\n`,
      );
    });

    it("take a step of a launch once, and go on, when the answer is lost", async () => {
      const { Tokens } = await readParameters({ name: "localhost", isLocal: true });
      const [deployer] = Tokens.deployers as [string];
      const step: TaskCall = ["model:deploy", { file: OTHER_FILE }];
      const { code, stdout, stderr, sent } = await runWith({ kind: "dropAnswer" }, 2, step, deployer);
      expect({ code, sent }, stderr).to.deep.equal({ code: 0, sent: 2 }); // the vesting wallet, and the token
      const registry = await contractAt("ModelRegistry", addresses.ModelRegistry!, 0);
      expect((JSON.parse(stdout) as TaskDocument).model.token).to.equal(
        await registry.getFunction("tokenOf")(id("credit-default")),
      );
    });

    it("wait for nobody: another run on the network keeps those out that send", async () => {
      endpoint.policy = healthy;
      writeFileSync(join(node.env.DEPLOYMENTS!, "chain-31337.lock"), JSON.stringify(holderOf(process.ppid)));
      const [bought, launched, quoted] = await run(await purchase(), LAUNCH[3]!, [
        "pool:quote",
        { id: MODEL, usdc: "1" },
      ]);
      for (const { code, stderr } of [bought!, launched!]) {
        expect(code).to.equal(1);
        expect(stderr).to.contain(`another run, process ${process.ppid}, works on this network since`);
      }
      expect(quoted!.code).to.equal(0);
    });
  });

  describe("of a market", () => {
    let pool: Contract;
    let token: Contract;
    let reserve: Contract;
    let from: string;
    let clean: State;

    before(async () => {
      clean = start;
      const launched = await documents(...LAUNCH);
      from = await (await provider.getSigner(INVESTOR)).getAddress();
      pool = await contractAt("HokusaiAMM", launched[3]!.model.pool!, INVESTOR);
      token = await contractAt("ModelToken", launched[0]!.model.token!, INVESTOR);
      reserve = await contractAt("ReserveTokenMock", addresses.ReserveToken!, INVESTOR);
      await send(reserve, "mint", from, parseUnits("10000", 6));
      start = await remember();
    });

    after(async () => {
      rmSync(start.journal, { recursive: true });
      start = await returnTo(clean);
    });

    const view = (contract: Contract, name: string, ...args: unknown[]) =>
      contract.getFunction(name)(...args) as Promise<bigint>;

    it("buy for exactly the USDC, at the quote, leaving no allowance", async () => {
      const paid = parseUnits("100.5", 6);
      const [quoted, bought] = await documents(
        ["pool:quote", { id: MODEL, usdc: "100.5" }],
        ["pool:buy", { id: MODEL, usdc: "100.5", slippageBps: "0", from }],
      );
      const trade = bought!.trade as Record<string, string>;

      expect(quoted).to.deep.include({ side: "buy", reserve: String(paid), tokens: trade.tokens });
      expect(quoted!.impactBps).to.equal(trade.impactBps);
      expect(quoted!.steps).to.deep.equal([]);
      expect(bought!.steps.map(({ name }) => name)).to.deep.equal(["approve", "buy"]);
      expect(await view(token, "balanceOf", from)).to.equal(BigInt(trade.tokens!));
      expect(await view(reserve, "balanceOf", from)).to.equal(parseUnits("10000", 6) - paid);
      expect(await view(reserve, "allowance", from, pool)).to.equal(0n);
      expect(await view(pool, "spotPrice")).to.equal(BigInt(trade.priceAfter!));
    });

    it("buy exactly the tokens for at most what is said, and not for less", async () => {
      const [quoted] = await documents(["pool:quote", { id: MODEL, tokens: "1000" }]);
      const cost = BigInt(quoted!.reserve as string);
      const max = (units: bigint) => `${units / 1_000_000n}.${String(units % 1_000_000n).padStart(6, "0")}`;
      const [tooLittle] = await run(["pool:buy", { id: MODEL, tokens: "1000", max: max(cost - 1n), from }]);
      const [bought] = await documents(["pool:buy", { id: MODEL, tokens: "1000", max: max(cost), from }]);

      expect(tooLittle!.code).to.equal(1);
      expect(tooLittle!.stderr).to.match(/\npool:buy: [^\n]+ \(\w+: [^\n]+\)\. [^\n]+\n$/);
      expect((bought!.trade as Record<string, string>).tokens).to.equal(String(parseEther("1000")));
      expect((bought!.trade as Record<string, string>).reserve).to.equal(String(cost));
    });

    it("buy no fewer tokens than the least that is said", async () => {
      const [outcome] = await run(["pool:buy", { id: MODEL, usdc: "100", min: "1000000", from }]);

      expect(outcome!.code).to.equal(1);
      expect(outcome!.stderr).to.match(/\npool:buy: [^\n]+ \(\w+: [^\n]+\)\. [^\n]+\n$/);
      expect(await view(token, "balanceOf", from)).to.equal(0n);
    });

    it("refuse a buyer without enough USDC before anything is sent", async () => {
      const block = await provider.getBlockNumber();
      const [outcome] = await run(["pool:buy", { id: MODEL, usdc: "10001", from }]);

      expect(outcome).to.deep.equal({
        code: 1,
        stdout: "",
        stderr: `pool:buy: ${from} has 10,000 USDC, expected at least 10,001: send it some; nothing was sent.\n`,
      });
      expect(await provider.getBlockNumber()).to.equal(block);
    });

    it("sell when the window is over, and say before that when it is", async () => {
      const [, early] = await run(
        ["pool:buy", { id: MODEL, usdc: "100", from }],
        ["pool:sell", { id: MODEL, tokens: "5000", from }],
      );
      const opens = await view(pool, "sellsOpenAt");
      await rpc(node.url, "evm_setNextBlockTimestamp", [Number(opens)]);
      await rpc(node.url, "evm_mine");
      const before = await view(reserve, "balanceOf", from);
      const [quoted, sold] = await documents(
        ["pool:quote", { id: MODEL, sell: "5000" }],
        ["pool:sell", { id: MODEL, tokens: "5000", from }],
      );

      expect(early!.code).to.equal(1);
      expect(early!.stderr).to.contain(`(SellsNotOpen: opensAt ${opens}). Sell from \`opensAt\`.`);
      expect((sold!.trade as Record<string, string>).reserve).to.equal(quoted!.reserve);
      expect(await view(reserve, "balanceOf", from)).to.equal(before + BigInt(quoted!.reserve as string));
    });

    it("deposit usage fees, split as quoted, leaving no allowance", async () => {
      const [document] = await documents(["fees:deposit", { id: MODEL, usdc: "200", from }]);
      const { infrastructureAccrualBps } = await (
        await contractAt("ModelRegistry", addresses.ModelRegistry!, 0)
      ).getFunction("parametersOf")(id(MODEL));
      const infrastructure = (parseUnits("200", 6) * BigInt(infrastructureAccrualBps)) / 10_000n;

      expect(document).to.deep.include({
        fees: String(parseUnits("200", 6)),
        infrastructure: String(infrastructure),
        streamed: String(parseUnits("200", 6) - infrastructure),
      });
      expect(await view(pool, "streamEnd")).to.equal(BigInt(document!.streamEnd as string));
      expect(await view(reserve, "allowance", from, addresses.UsageFeeRouter)).to.equal(0n);
    });

    it("change parameters as the governor, and show when they take effect", async () => {
      const [rate, share, shown] = await documents(
        ["params:propose", { id: MODEL, tokensPerDeltaOne: "90000" }],
        ["params:propose", { id: MODEL, infrastructureAccrualBps: "1000" }],
        ["model:show", { id: MODEL }],
      );
      const change = rate!.change as Record<string, string>;
      const { blockNumber } = (await provider.getTransactionReceipt(rate!.steps[0]!.hash))!;
      const { timestamp } = (await provider.getBlock(blockNumber))!;

      expect(change).to.deep.equal({
        parameter: "tokensPerDeltaOne",
        before: String(parseEther("100000")),
        after: String(parseEther("90000")),
        effectiveAt: String(BigInt(timestamp) + 2n * DAY),
      });
      expect(share!.change).to.not.have.property("effectiveAt");
      expect(shown!.pending).to.deep.equal([
        { parameter: "tokensPerDeltaOne", value: change.after, effectiveAt: change.effectiveAt },
      ]);
      expect(shown!.parameters).to.deep.include({
        tokensPerDeltaOne: change.before,
        infrastructureAccrualBps: "1000",
      });
      expect(rate!.model.governor).to.equal(await (await provider.getSigner(GOVERNOR)).getAddress());
    });

    it("show a model to people", async () => {
      const [outcome] = await run(["model:show", { id: MODEL }]);

      expect(outcome!.code).to.equal(0);
      expect(outcome!.stdout).to.match(/^Sentiment Model is DEPLOYED\n/);
      expect(outcome!.stdout).to.match(/supplier +400,000 +400,000 +0\n/);
      expect(outcome!.stdout).to.match(/price now +0\.01\n/);
      expect(outcome!.stdout).to.match(/tokensPerDeltaOne +100,000 tokens/);
    });
  });

  it("list the declared holders of every role, and nobody whose role was suspended", async () => {
    type Roles = Record<string, Record<string, string[]>>;
    const { Models, Tokens, $global } = await readParameters({ name: "localhost", isLocal: true });
    const [document] = await documents(["roles:list", {}]);
    const roles = document!.roles as Roles;
    const guardians = Object.values(roles).flatMap((held) => (held.GUARDIAN_ROLE ? [held.GUARDIAN_ROLE] : []));
    expect(roles.ModelRegistry!.REGISTRAR_ROLE).to.deep.equal(Models.registrars);
    expect(roles.TokenManager!.DEPLOYER_ROLE).to.deep.equal(Tokens.deployers);
    expect(roles.ModelRegistry!.DEFAULT_ADMIN_ROLE).to.deep.equal([addresses.TimelockController]);
    expect(guardians).to.have.length.greaterThan(0);
    for (const holders of guardians) expect(holders).to.deep.equal($global.guardians);

    const registry = await contractAt("ModelRegistry", addresses.ModelRegistry!, GUARDIAN);
    await send(registry, "suspendRole", id("REGISTRAR_ROLE"), Models.registrars[0]);
    const [later] = await documents(["roles:list", {}]);
    expect((later!.roles as Roles).ModelRegistry!.REGISTRAR_ROLE).to.deep.equal([]);
  });

  it("answer bad input with one line and exit code 1", async () => {
    const cases: [TaskCall, string][] = [
      [["model:deploy", {}], "arguments: file is missing, expected text of 1 to 1024 bytes."],
      [["model:deploy", { file: "absent.json" }], "there is no file absent.json"],
      [["model:show", { id: "a b" }], 'arguments: id is "a b", expected 1 to 64 characters of A-Z a-z 0-9 . _ -.'],
      [["model:show", { id: "nobody" }], "nobody has no token on localhost: check the id, or deploy the model first."],
      [
        ["pool:quote", { id: "nobody", usdc: "1" }],
        "nobody has no pool on localhost: check the id, or create the pool first.",
      ],
      [["pool:quote", { id: MODEL }], "arguments: give one of --usdc, --tokens, --sell, got none."],
      [
        ["pool:buy", { id: MODEL, usdc: "1,5", tokens: "2", slippageBps: "10001", deadline: "0", from: "0x1" }],
        "arguments: give one of --usdc, --tokens, got --usdc, --tokens; " +
          'usdc is "1,5", expected a decimal string from 0.000001 to 1000000000, of at most 6 decimals; ' +
          'slippage-bps is "10001", expected an integer from 0 to 10000; ' +
          'deadline is "0", expected an integer from 1 to 1440; from is "0x1", expected an address, not zero, in lower case or with its checksum.',
      ],
      [
        ["pool:sell", { id: MODEL, tokens: "1", min: "1", slippageBps: "1" }],
        "arguments: give at most one of --min, --slippage-bps, got --min, --slippage-bps.",
      ],
      [["params:propose", { id: "nobody", tokensPerDeltaOne: "100" }], "nobody is unknown on localhost: check the id."],
      [
        ["params:propose", { id: MODEL, tokensPerDeltaOne: "99" }],
        'arguments: tokens-per-delta-one is "99", expected a decimal string from 100 to 10000000, of at most 18 decimals.',
      ],
    ];
    const outcomes = await run(...cases.map(([call]) => call));

    outcomes.forEach((outcome, index) => {
      const [[task], message] = cases[index]!;
      expect(outcome).to.deep.equal({ code: 1, stdout: "", stderr: `${task}: ${message}\n` });
    });
  });

  it("name no chain that ends with them", async () => {
    const [outcome] = await runTasks(hre, ["model:show", { id: MODEL }]);

    expect(outcome).to.deep.equal({
      code: 1,
      stdout: "",
      stderr:
        "model:show: the chain in this process has no protocol: name another with --network, such as localhost.\n",
    });
  });

  it("print one document and end with exit code 0 on the command line", async () => {
    const { code, stdout, stderr } = await runScript(
      HARDHAT,
      ["--network", "localhost", "roles:list", "--json"],
      node.env,
    );

    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    const [document] = await documents(["roles:list", {}]);
    expect(JSON.parse(stdout)).to.deep.equal(document);
  });

  it("take their arguments from the command line, and end with exit code 1 there", async () => {
    const args = ["--network", "localhost", "pool:quote", "nobody", "--usdc", String(MaxUint256)];
    const { code, stdout, stderr } = await runScript(HARDHAT, args, node.env);

    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
    expect(stderr).to.match(/^pool:quote: arguments: usdc is "1157\d+", expected a decimal string/);
  });
});
