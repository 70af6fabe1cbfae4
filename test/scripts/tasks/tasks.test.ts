// SPDX-License-Identifier: MIT
// The everyday tasks, on a chain that another process keeps: from the command line where that is what matters, otherwise in this process.

import { expect } from "chai";
import { id, MaxUint256 } from "ethers";
import hre from "hardhat";
import { readParameters } from "../../../deploy/parameters";
import { runScript } from "../../../scripts/dev/world/process";
import { runTasks, type TaskCall } from "../../helpers/tasks";
import { GUARDIAN, LAUNCH, MODEL, useTaskChain } from "./support";

const HARDHAT = "node_modules/hardhat/internal/cli/bootstrap.js";

const TASKS = [
  ...[
    "batch:show",
    "fees:deposit",
    "governor:accept",
    "governor:propose",
    "model:deploy",
    "model:distribute",
    "model:register",
    "model:show",
  ],
  ...[
    "owner:accept",
    "owner:propose",
    "params:propose",
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

describe("tasks @uninstrumented", () => {
  const chain = useTaskChain();
  const run = (...calls: readonly TaskCall[]) => chain().run(...calls);
  const documents = (...calls: readonly TaskCall[]) => chain().documents(...calls);

  describe("before the contracts are compiled", () => {
    it("are declared with their descriptions, and load nothing that needs compiled contracts", async () => {
      const program = `
        const { tasks } = require("hardhat");
        const ours = Object.keys(require.cache).filter((file) => /scripts|\\.build/.test(file.replace(/.*node_modules.*/, "")));
        console.log(JSON.stringify({
          tasks: Object.fromEntries(Object.values(tasks).filter(({ name }) => /^((batch|model|governor|owner|pool|payout|fees|params|roles):|pass-time)/.test(name))
            .map(({ name, description, paramDefinitions }) => [name, [description, ...Object.values(paramDefinitions).map((p) => p.description)]])),
          ours: ours.map((file) => file.replace(process.cwd() + "/", "")),
        }));`;
      const { stdout } = await runScript("-e", [program]);
      const found = JSON.parse(stdout) as { tasks: Record<string, (string | undefined)[]>; ours: string[] };

      expect(Object.keys(found.tasks).sort()).to.deep.equal(TASKS);
      for (const texts of Object.values(found.tasks)) for (const text of texts) expect(text).to.match(/\w+ \w+/);
      expect(found.ours.sort()).to.deep.equal([
        "scripts/cli/transpiler.cjs",
        "scripts/lock.cjs",
        "scripts/tasks/index.ts",
      ]);
    });
  });

  describe("given the tasks of a launch", () => {
    it("take one step each, and find it taken the second time", async () => {
      const first = await documents(...LAUNCH);
      const block = await chain().provider.getBlockNumber();
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
      expect(await chain().provider.getBlockNumber()).to.equal(block);

      const registry = await chain().contractAt("ModelRegistry", chain().addresses.ModelRegistry!, 0);
      expect(await registry.getFunction("tokenOf")(id(MODEL))).to.equal(first[0]!.model.token);
      expect(await registry.getFunction("poolOf")(id(MODEL))).to.equal(first[3]!.model.pool);
    });

    it("refuse a missing role in the published words, and send nothing", async () => {
      const { Tokens } = await readParameters({ name: "localhost", isLocal: true });
      const [deployer] = Tokens.deployers as [string];
      const manager = await chain().contractAt("TokenManager", chain().addresses.TokenManager!, GUARDIAN);
      await chain().send(manager, "suspendRole", id("DEPLOYER_ROLE"), deployer);
      const block = await chain().provider.getBlockNumber();
      const [outcome] = await run(LAUNCH[0]!);

      const first = await chain().accountOf(0);
      expect(outcome).to.deep.equal({
        code: 1,
        stdout: "",
        stderr: `model:deploy: AccessControl: account ${first} is missing role DEPLOYER_ROLE on TokenManager\n`,
      });
      expect(await chain().provider.getBlockNumber()).to.equal(block);
    });

    it("refuse a step whose token does not exist yet", async () => {
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

  it("list the declared holders of every role, without those who are suspended", async () => {
    type Roles = Record<string, Record<string, string[]>>;
    const { Models, Tokens, $global } = await readParameters({ name: "localhost", isLocal: true });
    const [document] = await documents(["roles:list", {}]);
    const roles = document!.roles as Roles;
    const guardians = Object.values(roles).flatMap((held) => (held.GUARDIAN_ROLE ? [held.GUARDIAN_ROLE] : []));
    expect(roles.ModelRegistry!.REGISTRAR_ROLE).to.deep.equal(Models.registrars);
    expect(roles.TokenManager!.DEPLOYER_ROLE).to.deep.equal(Tokens.deployers);
    expect(roles.ModelRegistry!.DEFAULT_ADMIN_ROLE).to.deep.equal([chain().addresses.TimelockController]);
    expect(guardians).to.have.length.greaterThan(0);
    for (const holders of guardians) expect(holders).to.deep.equal($global.guardians);

    const registry = await chain().contractAt("ModelRegistry", chain().addresses.ModelRegistry!, GUARDIAN);
    await chain().send(registry, "suspendRole", id("REGISTRAR_ROLE"), Models.registrars[0]);
    const [later] = await documents(["roles:list", {}]);
    expect((later!.roles as Roles).ModelRegistry!.REGISTRAR_ROLE).to.deep.equal([]);
  });

  it("refuse wrong arguments in one line with exit code 1", async () => {
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

  it("refuse the chain in their own process", async () => {
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
      chain().node.env,
    );

    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    const [document] = await documents(["roles:list", {}]);
    expect(JSON.parse(stdout)).to.deep.equal(document);
  });

  it("take their arguments from the command line, and end with exit code 1 if one is wrong", async () => {
    const args = ["--network", "localhost", "pool:quote", "nobody", "--usdc", String(MaxUint256)];
    const { code, stdout, stderr } = await runScript(HARDHAT, args, chain().node.env);

    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
    expect(stderr).to.match(/^pool:quote: arguments: usdc is "1157\d+", expected a decimal string/);
  });
});
