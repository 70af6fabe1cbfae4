// SPDX-License-Identifier: MIT
// What tasks write for those who hold the roles, sent through a real Safe and the real timelock.

import { expect } from "chai";
import { id, JsonRpcProvider, type JsonRpcSigner } from "ethers";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { checksumOf } from "../../deploy/batch/format";
import { checkPayouts } from "../../deploy/doctor/checks/payouts";
import { observe } from "../../deploy/doctor/observe";
import { deployProtocol, type Protocol } from "../../deploy/protocol";
import { environmentFor } from "../../deploy/rehearsal";
import { formatTime } from "../../sdk/base/units";
import { OPEN_STOP } from "../../sdk/state/payouts";
import { rpc, startAnvil, type Node } from "../../scripts/dev/world/process";
import { DAY } from "../../scripts/dev/world/units";
import { deployRealSafe, sendAsSafe, type RealSafe } from "../helpers/safe";
import { runTasks, taskDocuments } from "../helpers/tasks";

const MODEL = "sentiment-v2";
const KEY = id(MODEL);
const FILE = resolve(__dirname, "../../deploy/models/sentiment-v2.json");
const GOVERNOR = 12;
const OWNERS = [16, 17, 18];

/** Tasks that no role is needed for, or only that of the account itself. */
const OF_ANYBODY = [
  ...["batch:show", "fees:deposit", "model:show", "pass-time", "payout:list", "payout:release", "payout:return"],
  ...["pool:buy", "pool:quote", "pool:sell", "roles:list"],
];

interface Written {
  readonly version: string;
  readonly chainId: string;
  readonly meta: Record<string, string>;
  readonly transactions: {
    to: string;
    value: string;
    data: string;
    contractMethod: { name: string } | null;
    contractInputsValues: Record<string, string> | null;
  }[];
}

describe("batches of transactions for a Safe @uninstrumented", () => {
  const { DEPLOYMENTS, NO_COLOR } = process.env;
  const covered = new Set<string>();
  let node: Node;
  let env: HardhatRuntimeEnvironment;
  let provider: JsonRpcProvider;
  let protocol: Protocol;
  let safe: RealSafe;
  let owners: JsonRpcSigner[];
  let folder: string;
  let method: string;

  const path = (name: string) => join(folder, name);
  const read = (name: string) => JSON.parse(readFileSync(path(name), "utf8")) as Written;
  const asSafe = (name: string, signers = owners.slice(0, 2)) => sendAsSafe(safe, signers, read(name).transactions);

  /** How the timelock refuses an operation that it cannot execute now. */
  const notReady = () => protocol.timelock.interface.getError("TimelockUnexpectedOperationState")!.selector;

  before(async () => {
    node = await startAnvil();
    provider = new JsonRpcProvider(node.url, undefined, { cacheTimeout: -1 });
    Object.assign(process.env, { DEPLOYMENTS: node.env.DEPLOYMENTS, NO_COLOR: "1" });
    env = environmentFor(hre, "localhost", { url: node.url });
    protocol = await deployProtocol(env);
    method = await protocol.oracleAttestation.getAddress();
    owners = await Promise.all(OWNERS.map((index) => provider.getSigner(index)));
    safe = await deployRealSafe(await provider.getSigner(0), owners, 2);
    await grantRolesTo(safe.address);
    folder = mkdtempSync(join(tmpdir(), "batches-"));
  });

  after(async () => {
    provider.destroy();
    rmSync(folder, { recursive: true });
    delete process.env.DEPLOYMENTS;
    delete process.env.NO_COLOR;
    Object.assign(process.env, { ...(DEPLOYMENTS && { DEPLOYMENTS }), ...(NO_COLOR && { NO_COLOR }) });
    await node.stop();
  });

  /** The Safe is given every role beside who was declared, by the timelock itself. */
  async function grantRolesTo(account: string): Promise<void> {
    const { registry, tokenManager, timelock } = protocol;
    const admin = await signerOf(await timelock.getAddress());
    for (const [contract, roles] of [
      [registry, ["GUARDIAN_ROLE", "REGISTRAR_ROLE", "POOL_CREATOR_ROLE"]],
      [tokenManager, ["DISTRIBUTOR_ROLE"]],
      [timelock, ["PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"]],
    ] as const) {
      for (const role of roles) await (await contract.connect(admin).grantRole(id(role), account)).wait();
    }
    const operator = await signerOf(protocol.parameters.Tokens.operators[0]!);
    await (await tokenManager.connect(operator).grantRole(id("DEPLOYER_ROLE"), account)).wait();
  }

  async function signerOf(account: string): Promise<JsonRpcSigner> {
    await rpc(node.url, "anvil_impersonateAccount", [account]);
    await rpc(node.url, "anvil_setBalance", [account, "0x56bc75e2d63100000"]);
    return provider.getSigner(account);
  }

  /** Runs a task with `--batch`, which sends nothing; answers with the files that it wrote. */
  async function write(task: string, args: Record<string, unknown>, name: string): Promise<string[]> {
    const before = await provider.getBlockNumber();
    const [document] = await taskDocuments(env, [task, { ...args, batch: path(name) }]);
    expect(document!.steps).to.deep.equal([]);
    expect(await provider.getBlockNumber()).to.equal(before);
    covered.add(task);
    return (document!["batches"] as { file: string }[]).map(({ file }) => file.replace(`${folder}/`, ""));
  }

  const show = async (name: string) => (await runTasks(env, ["batch:show", { file: path(name) }]))[0]!;

  describe("given tasks that a Safe may perform", () => {
    it("writes a file for the Transaction Builder with version, chain, sender and checksum", async () => {
      expect(await write("model:deploy", { file: FILE }, "deploy.json")).to.deep.equal(["deploy.json"]);
      const batch = read("deploy.json");
      const { checksum, ...meta } = batch.meta;
      expect(batch).to.include({ version: "1.0", chainId: "31337" });
      expect(meta).to.include({ name: "model:deploy", createdFromSafeAddress: safe.address });
      expect(checksumOf({ ...batch, meta })).to.equal(checksum);
      expect(batch.transactions.map((call) => call.contractMethod?.name)).to.deep.equal([
        "deployCreate2",
        "deployTokenWithAllocations",
      ]);
      expect(batch.transactions[1]!.contractInputsValues).to.include({ modelId: MODEL, symbol: "SENT" });
      for (const { value, contractInputsValues } of batch.transactions)
        for (const text of [value, ...Object.values(contractInputsValues!)]) expect(text).to.be.a("string");
    });

    it("performs each step of a launch by the Safe that has the roles", async () => {
      const { registry, tokenManager } = protocol;
      await asSafe("deploy.json");
      const token = await env.ethers.getContractAt("ModelToken", await registry.tokenOf(KEY));
      const wallet = await env.ethers.getContractAt("VestingWallet", await token.supplierRecipient());
      expect(await wallet.duration()).to.equal(365n * DAY);

      await write("model:register", { file: FILE }, "register.json");
      await asSafe("register.json");
      await write("model:distribute", { id: MODEL }, "distribute.json");
      await asSafe("distribute.json");
      expect(await token.isSupplierMinted()).to.equal(true);
      await write("pool:create", { file: FILE }, "pool.json");
      await asSafe("pool.json");
      expect(await registry.statusOf(KEY)).to.equal(3n);
      expect(await tokenManager.tokenOf(MODEL)).to.equal(await token.getAddress());
    });

    it("writes no file if there is nothing to send", async () => {
      const [outcome] = await runTasks(env, ["model:distribute", { id: MODEL, batch: path("nothing.json") }]);
      expect(outcome!.stdout).to.match(/Nothing is to be sent: no batch was written\.\n$/);
      expect(readdirSync(folder)).to.not.include("nothing.json");
    });

    it("hands a model over to the Safe, as governor and as owner", async () => {
      const { registry } = protocol;
      await write("governor:propose", { id: MODEL, account: safe.address }, "governor.json");
      const [call] = read("governor.json").transactions;
      await (await (await provider.getSigner(GOVERNOR)).sendTransaction({ to: call!.to, data: call!.data })).wait();
      await write("governor:accept", { id: MODEL }, "accept.json");
      await asSafe("accept.json");
      expect(await registry.governorOf(KEY)).to.equal(safe.address);

      await write("owner:propose", { id: MODEL, account: safe.address }, "owner.json");
      const { transactions, meta } = read("owner.json");
      const owner = await signerOf(meta["createdFromSafeAddress"]!);
      expect(await registry.ownerOf(KEY)).to.equal(owner.address);
      await (await owner.sendTransaction({ to: transactions[0]!.to, data: transactions[0]!.data })).wait();
      await write("owner:accept", { id: MODEL }, "own.json");
      await asSafe("own.json");
      expect(await registry.ownerOf(KEY)).to.equal(safe.address);
    });

    it("proposes a parameter change by the Safe as the governor", async () => {
      await write("params:propose", { id: MODEL, tokensPerDeltaOne: "90000" }, "rate.json");
      const shown = await show("rate.json");
      expect(shown.stdout).to.contain("wallet of which 2 of 3 sign");
      expect(shown.stdout).to.contain(`model ${MODEL} (${KEY})`);
      expect(shown.stdout).to.contain("Sent now it succeeds.");
      await asSafe("rate.json");
      const [value] = await protocol.registry.pendingChangeOf(KEY, 0);
      expect(value).to.equal(90_000n * 10n ** 18n);
    });
  });

  describe("given operations of the timelock", () => {
    it("schedules an operation, is refused before the delay, and executes it afterwards", async () => {
      const { registry } = protocol;
      await write("payout:stop", { method }, "stop.json");
      await asSafe("stop.json");
      expect(await registry.payoutStopOf(method)).to.deep.equal([1n, OPEN_STOP]);

      const files = await write("payout:lift", { method }, "lift.json");
      expect(files).to.deep.equal(["lift.schedule.json", "lift.execute.json", "lift.cancel.json"]);
      const before = await show("lift.schedule.json");
      expect(before.stdout).to.match(
        /ModelRegistry\.liftPayoutStop at 0x\w+\n +method: 0x\w+, the OracleAttestation\n/,
      );
      expect(before.stdout).to.match(/delay: 172800 seconds \(172800\)\n/);
      expect(before.stdout).to.match(/The operation 0x[0-9a-f]{64} is not scheduled\.\n {2}Sent now it succeeds\./);
      await asSafe("lift.schedule.json");

      await expect(asSafe("lift.execute.json")).to.be.rejectedWith(notReady());
      const early = await show("lift.execute.json");
      expect(early.stdout).to.match(/waits until .* UTC\.\n {2}Sent now it is refused: /);
      expect(await registry.payoutStopOf(method)).to.deep.equal([1n, OPEN_STOP]);

      // While it waits there is nothing to schedule.
      expect(await write("payout:lift", { method }, "again.json")).to.deep.equal([
        "again.execute.json",
        "again.cancel.json",
      ]);
      await taskDocuments(env, ["pass-time", { duration: "2d" }]);
      expect((await show("lift.execute.json")).stdout).to.match(
        /can be executed since .*\.\n {2}Sent now it succeeds\./,
      );
      await asSafe("lift.execute.json", owners.slice(1));
      expect(await registry.payoutStopOf(method)).to.deep.equal([0n, 0n]);
      expect((await show("lift.execute.json")).stdout).to.match(/was executed\.\n {2}Sent now it is refused: /);
    });

    it("states what a decision on payouts would do after a guardian has moved the stop", async () => {
      const { timestamp } = (await provider.getBlock("latest"))!;
      await write("payout:stop", { method, since: String(timestamp - 10) }, "stop.json");
      await asSafe("stop.json");
      const refused = { method, since: String(timestamp - 500), batch: path("refused.json") };
      const [early] = await runTasks(env, ["payout:void", refused]);
      expect({ code: early!.code, stdout: early!.stdout }).to.deep.equal({ code: 1, stdout: "" });
      expect(early!.stderr).to.contain("OutOfRange");

      await write("payout:void", { method }, "moved.json");
      await asSafe("moved.schedule.json");
      const covers = "it makes void all that is queued until it is executed, also what a guardian stops meanwhile";
      expect((await show("moved.execute.json")).stdout).to.contain(`Note: ${covers}.`);
      await taskDocuments(env, ["payout:stop", { method, since: String(timestamp - 100) }]);
      const letsGo = `it makes payable again what was queued from ${formatTime(BigInt(timestamp - 100))} on, before ${formatTime(BigInt(timestamp - 10))}`;
      expect((await show("moved.execute.json")).stdout).to.contain(`Note: ${letsGo}.`);
      const checks = await observe(env, checkPayouts);
      const notes = checks.flatMap(({ notable }) => notable).filter(({ what }) => what.startsWith("operation "));
      expect(notes.map(({ actual }) => actual)).to.deep.equal([`${letsGo}; ${covers}`]);
      await asSafe("moved.cancel.json");
      await write("payout:lift", { method }, "end.json");
      await asSafe("end.schedule.json");
      await taskDocuments(env, ["pass-time", { duration: "2d" }]);
      await asSafe("end.execute.json");
    });

    it("cancels a scheduled operation", async () => {
      await write("payout:stop", { method }, "stop.json");
      await asSafe("stop.json");
      await write("payout:void", { method }, "void.json");
      await asSafe("void.schedule.json");
      expect((await show("void.cancel.json")).stdout).to.match(/Sent now it succeeds\./);
      await asSafe("void.cancel.json");
      await taskDocuments(env, ["pass-time", { duration: "2d" }]);
      await expect(asSafe("void.execute.json")).to.be.rejectedWith(notReady());
      expect(await protocol.registry.payoutStopOf(method)).to.deep.equal([1n, OPEN_STOP]);
    });

    it("brings the roles to what is declared, in files for the operators and for the admin", async () => {
      const { tokenManager, registry } = protocol;
      const files = await write("roles:apply", {}, "roles.json");
      expect(files).to.deep.equal([
        ...["roles.operator_role.json", "roles.schedule.json", "roles.execute.json", "roles.cancel.json"],
      ]);
      const [revoke] = read("roles.operator_role.json").transactions;
      const operator = await signerOf(read("roles.operator_role.json").meta["createdFromSafeAddress"]!);
      await (await operator.sendTransaction({ to: revoke!.to, data: revoke!.data })).wait();
      expect(await tokenManager.hasRole(id("DEPLOYER_ROLE"), safe.address)).to.equal(false);
      await asSafe("roles.schedule.json");
      await taskDocuments(env, ["pass-time", { duration: "2d" }]);
      await asSafe("roles.execute.json");
      expect(await registry.hasRole(id("GUARDIAN_ROLE"), safe.address)).to.equal(false);
    });
  });

  describe("when batch:show reads a file that was tampered with", () => {
    /** The batch with changes, and with the checksum that then fits if it is to. */
    function forge(change: (batch: Written) => void, isSealed: boolean): void {
      const batch = read("rate.json");
      change(batch);
      const meta = Object.fromEntries(Object.entries(batch.meta).filter(([key]) => key !== "checksum"));
      if (isSealed) batch.meta["checksum"] = checksumOf({ ...batch, meta });
      writeFileSync(path("forged.json"), JSON.stringify(batch));
    }

    const other = "0x00000000000000000000000000000000000000aa";
    const cases: [string, (batch: Written) => void, boolean, RegExp][] = [
      [
        "a changed amount",
        (batch) => (batch.transactions[0]!.value = "1"),
        false,
        /forged\.json was changed after it was written/,
      ],
      [
        "a transaction that sends ether",
        (batch) => (batch.transactions[0]!.value = "1"),
        true,
        /transaction 1 of the batch sends 1 wei, expected none/,
      ],
      [
        "another chain",
        (batch) => Object.assign(batch, { chainId: "1" }),
        true,
        /the batch is for chain 1, localhost is chain 31337/,
      ],
      [
        "a contract outside the deployment",
        (batch) => (batch.transactions[0]!.to = other),
        true,
        /is no contract of this deployment: do not sign/,
      ],
      [
        "an unknown function",
        (batch) => (batch.transactions[0]!.data = "0xdeadbeef"),
        true,
        /ModelRegistry at 0x\w+ has no function for 0xdeadbeef/,
      ],
      [
        "inputs that differ from the data",
        (batch) => (batch.transactions[0]!.contractInputsValues!["newTokensPerDeltaOne"] = "1"),
        true,
        /transaction 1 of the batch describes another call than its data makes/,
      ],
      ["an unknown field", (batch) => Object.assign(batch, { "\u001b[2Jx": 1 }), true, /\\u\{1b\}\[2Jx is unknown/],
    ];
    for (const [what, change, isSealed, message] of cases) {
      it(`refuses ${what}`, async () => {
        forge(change, isSealed);
        const outcome = await show("forged.json");
        expect({ code: outcome.code, stdout: outcome.stdout }).to.deep.equal({ code: 1, stdout: "" });
        expect(outcome.stderr).to.match(message);
      });
    }

    it("refuses __proto__, as a field and among the inputs", async () => {
      const text = readFileSync(path("rate.json"), "utf8");
      for (const forged of [
        text.replace("{", '{ "__proto__": { "checksum": "x" },'),
        text.replace('"contractInputsValues": {', '"contractInputsValues": { "__proto__": "x",'),
      ]) {
        expect(forged).to.contain("__proto__");
        writeFileSync(path("forged.json"), forged);
        const outcome = await show("forged.json");
        expect({ code: outcome.code, stdout: outcome.stdout }).to.deep.equal({ code: 1, stdout: "" });
        expect(outcome.stderr).to.match(/^batch:show: \S*forged\.json.*__proto__/);
      }
    });

    it("refuses a file that is nested 50,000 deep", async () => {
      writeFileSync(
        path("forged.json"),
        readFileSync(path("rate.json"), "utf8").replace(
          '"contractMethod": {',
          `"contractMethod": ${"[".repeat(50_000)}${"]".repeat(50_000)}, "x": {`,
        ),
      );
      const outcome = await show("forged.json");
      expect({ code: outcome.code, stdout: outcome.stdout }).to.deep.equal({ code: 1, stdout: "" });
    });

    it("escapes control characters in the name of a batch", async () => {
      forge((batch) => (batch.meta["name"] = "pay\u001b[2K\r\u202enothing"), true);
      const { code, stdout } = await show("forged.json");
      expect(code).to.equal(0);
      expect(stdout).to.contain("The file calls itself pay\\u{1b}[2K\\r\\u{202e}nothing.");
    });
  });

  describe("given all batches", () => {
    it("computes the same checksum as the Transaction Builder", () => {
      const account = "0x49d4450977E2c95362C13D3a31a09311E0Ea26A6";
      const method = (name: string, input: string, type: string) => ({
        contractMethod: { inputs: [{ internalType: type, name: input, type }], name, payable: false },
      });
      expect(
        checksumOf({
          ...{ version: "1.0", chainId: "4", createdAt: 1646321521061 },
          meta: {
            ...{ name: "test batch file", txBuilderVersion: "1.4.0", createdFromOwnerAddress: account },
            createdFromSafeAddress: "0xDF8a1Ce35c9a6ACE153B4e0767942f1E2291a1Aa",
          },
          transactions: [
            {
              ...{ to: account, value: "0", contractInputsValues: { paramAddress: account } },
              ...method("testAddress", "paramAddress", "address"),
            },
            {
              ...{ to: account, value: "0", contractInputsValues: { paramAddress: "", paramBool: "false" } },
              ...method("testBool", "paramBool", "bool"),
            },
            {
              to: account,
              value: "2000000000000000000",
              data: `0x42f45790${account.slice(2).toLowerCase().padStart(64, "0")}`,
            },
          ],
        }),
      ).to.equal("0x86c81826dbf7e8a37612153294cc85fdf5c81998dd0a44b86d945502a7eace7c");
    });

    it("can be written by every task that needs a role", () => {
      const ours = Object.values(env.tasks).filter(({ name }) =>
        /^(batch|fees|governor|model|owner|params|payout|pool|roles):|^pass-time$/.test(name),
      );
      const [withBatch, without] = [true, false].map((is) =>
        ours
          .filter(({ paramDefinitions }) => "batch" in paramDefinitions === is)
          .map(({ name }) => name)
          .sort(),
      );
      expect(without).to.deep.equal(OF_ANYBODY);
      expect(withBatch).to.deep.equal([...covered].sort());
    });
  });
});
