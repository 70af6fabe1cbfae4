// SPDX-License-Identifier: MIT
import { loadFixture, mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { getAddress, id } from "ethers";
import hre from "hardhat";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { developmentKey } from "../../sdk/base/accounts";
import { parseModelFile } from "../../sdk/node/modelFile";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { deployTools, type Tools } from "../sdk/statements/support";
import { buildApproval, deployDeclared, useApprovals } from "./approvals.support";
import {
  automine,
  buildModelFile,
  lastHash,
  openService,
  OUTBID,
  refusing,
  transactionsOf,
  useChain,
  useFolders,
} from "./support";

const ROLE = id("DEPLOYER_ROLE");
const operator = developmentKey(DUTY_ACCOUNTS.admit);
const registrar = developmentKey(DUTY_ACCOUNTS.register);

const REASON = "refused on chain, without a reason";

describe("operator duties admit and register: what they log, measure and return @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  const api = useApprovals();
  let tools: Tools;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
    chain.rpc.policy = healthy;
  });
  afterEach(async () => {
    await automine(true);
  });

  const open = async (duty: "admit" | "register", limits: object = {}) =>
    openService(tools, chain, folders, {
      duties: [duty],
      approvals: { url: api.url, key: "hk_test_secret" },
      ...limits,
    });
  const estimates = () => chain.rpc.requests.filter(({ method }) => method === "eth_estimateGas").length;
  const wallet = (number: number) => getAddress(`0x${number.toString(16).padStart(40, "a")}`);
  const admit = (...numbers: number[]) => {
    api.admissions = numbers.map((number) => ({ address: wallet(number), admitted_at: 1_700_000_000 }));
  };
  const isDeployer = async (number: number) => tools.tokenManager.hasRole(ROLE, wallet(number));
  /** Acts as if more than a minute had passed. */
  const later = async (action: () => Promise<unknown>) => {
    const { now } = Date;
    try {
      Date.now = () => now() + 60_001;
      await action();
    } finally {
      Date.now = now;
    }
  };
  /** Somebody uses the next nonce of an account, at a higher fee. */
  const useNonce = async (address: string, nonce: number) => {
    const account = await hre.ethers.getSigner(address);
    await account.sendTransaction({ to: account, nonce, ...OUTBID });
    await mine(1);
    await automine(true);
  };

  describe("given an admitted wallet", () => {
    const about = { level: "info", duty: "admit", account: wallet(1) };

    it("logs when the role is sent and when it is granted", async () => {
      admit(1);
      const { service, said, telemetry } = await open("admit");
      expect(await service.pass()).to.equal(true);
      const hash = await lastHash();
      expect(said()).to.deep.equal([{ ...about, event: "sent", nonce: 0, hash }]);
      expect(telemetry.get("waiting", { duty: "admit" })).to.equal(1);
      expect(await service.pass()).to.equal(true);
      expect(said()).to.deep.equal([{ ...about, event: "done", nonce: 0, hash }]);
      expect(telemetry.get("actions_total", { duty: "admit", result: "done" })).to.equal(1);
      expect(telemetry.get("waiting", { duty: "admit" })).to.equal(0);
      expect(await service.pass()).to.equal(false);
    });

    it("sends the role once while its transaction is in no block, and once for a wallet that is listed twice", async () => {
      admit(1, 1);
      const { service, events } = await open("admit");
      await automine(false);
      expect(await service.pass()).to.equal(true);
      expect(await service.pass()).to.equal(false);
      expect(events("sent")).to.have.lengthOf(1);
    });

    it("examines a refused wallet again after a minute only", async () => {
      admit(1);
      const { service, said, telemetry } = await open("admit");
      chain.rpc.policy = refusing;
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([
        { level: "warn", event: "refused", duty: "admit", name: wallet(1), reason: REASON },
      ]);
      expect(telemetry.get("refused", { duty: "admit" })).to.equal(1);
      chain.rpc.forget();
      expect(await service.pass()).to.equal(false);
      expect(estimates()).to.equal(0);
      chain.rpc.policy = healthy;
      await later(async () => expect(await service.pass()).to.equal(true));
      expect(telemetry.get("refused", { duty: "admit" })).to.equal(0);
    });

    it("forgets the refusal of a wallet that is no longer admitted", async () => {
      admit(1);
      const { service, telemetry } = await open("admit");
      chain.rpc.policy = refusing;
      await service.pass();
      admit();
      await service.pass();
      expect(telemetry.get("refused", { duty: "admit" })).to.equal(0);
      expect(telemetry.get("waiting", { duty: "admit" })).to.equal(0);
    });

    it("logs that its nonce was used by another transaction, and grants the role with the next", async () => {
      admit(1);
      const { service, settle, said, telemetry } = await open("admit");
      await automine(false);
      await service.pass();
      said();
      await useNonce(operator.address, 0);
      await settle();
      const hash = await lastHash();
      expect(said()).to.deep.equal([
        { level: "warn", event: "nonce used by another transaction", account: operator.address, nonce: 0 },
        { ...about, level: "warn", event: "lost", nonce: 0 },
        { ...about, event: "sent", nonce: 1, hash },
        { ...about, event: "done", nonce: 1, hash },
      ]);
      expect(telemetry.get("actions_total", { duty: "admit", result: "lost" })).to.equal(1);
    });

    it("logs that its transaction was reverted", async () => {
      admit(1);
      const { service, said, telemetry } = await open("admit");
      await automine(false);
      await service.pass();
      said();
      await tools.tokenManager.connect(tools.admin).revokeRole(id("OPERATOR_ROLE"), operator.address, OUTBID);
      await automine(true);
      await mine(1);
      await service.pass();
      const block = (await hre.ethers.provider.getBlock("latest", true))!;
      const { hash } = block.prefetchedTransactions.find(({ from }) => from === operator.address) ?? {};
      expect(said()[0]).to.deep.equal({ ...about, level: "warn", event: "reverted", nonce: 0, hash });
      expect(telemetry.get("actions_total", { duty: "admit", result: "reverted" })).to.equal(1);
    });

    it("grants nothing before the logs are read", async () => {
      admit(1);
      const { service, events } = await open("admit");
      chain.rpc.policy = ({ method, params: [block] }) =>
        method === "eth_getBlockByNumber" && /^0x/.test(String(block))
          ? { kind: "answer", result: null }
          : { kind: "pass" };
      expect(await service.pass()).to.equal(false);
      expect(events("sent")).to.deep.equal([]);
    });
  });

  describe("given the logs of roles", () => {
    it("grants the role to a wallet that was granted or lost another one", async () => {
      const { tokenManager, admin } = tools;
      const other = id("DISTRIBUTOR_ROLE");
      await tokenManager.connect(admin).grantRole(other, wallet(1));
      await tokenManager.connect(admin).revokeRole(other, wallet(1));
      admit(1);
      await (await open("admit")).settle();
      expect(await isDeployer(1)).to.equal(true);
    });

    it("does not give back a role that was lost before the service started, and grants that of another wallet", async () => {
      const { tokenManager, guardian } = tools;
      await tokenManager.connect(await hre.ethers.getSigner(operator.address)).grantRole(ROLE, wallet(1));
      await tokenManager.connect(guardian).suspendRole(ROLE, wallet(1));
      admit(1, 2);
      const { settle, said, telemetry } = await open("admit");
      await settle();
      expect([await isDeployer(1), await isDeployer(2)]).to.deep.equal([false, true]);
      expect(said()[0]).to.deep.equal({
        level: "warn",
        event: "refused",
        duty: "admit",
        name: wallet(1),
        reason:
          "its DEPLOYER_ROLE was taken away on chain, expected a wallet that never lost it: a holder of OPERATOR_ROLE can grant it again",
      });
      expect(telemetry.get("waiting", { duty: "admit" })).to.equal(0);
      expect(telemetry.get("refused", { duty: "admit" })).to.equal(1);
      expect((await transactionsOf(operator.address)).count).to.equal(2);
    });

    it("logs each undone grant and loss with its block and transaction, and grants the role again after a minute", async () => {
      admit(1);
      const { settle, said, telemetry } = await open("admit");
      const first = (await hre.network.provider.send("evm_snapshot", [])) as string;
      await settle();
      const granted = { block: await hre.ethers.provider.getBlockNumber(), hash: await lastHash() };
      await tools.tokenManager.connect(tools.guardian).suspendRole(ROLE, wallet(1));
      const revoked = { block: await hre.ethers.provider.getBlockNumber(), hash: await lastHash() };
      await settle();
      said();
      await hre.network.provider.send("evm_revert", [first]);
      await time.increase(1_000); // so that no block is the same
      await mine(3);
      await settle();
      await later(settle);
      const undone = { level: "warn", event: "undone", account: wallet(1) };
      expect(said().filter((entry) => "what" in entry)).to.deep.equal([
        { ...undone, what: "role granted", ...granted },
        { ...undone, what: "role revoked", ...revoked },
      ]);
      expect(await isDeployer(1)).to.equal(true);
      expect(telemetry.get("refused", { duty: "admit" })).to.equal(0);
    });
  });

  describe("given an approved model", () => {
    const about = { level: "info", duty: "register", model: "first" };
    beforeEach(async () => {
      await deployDeclared(tools, "first");
      api.registrations = [await buildApproval(tools, "first")];
    });

    it("logs when the registration is sent and when it is done, and keeps the declaration with its files", async () => {
      const { service, said, telemetry } = await open("register");
      expect(await service.pass()).to.equal(true);
      const hash = await lastHash();
      expect(said()).to.deep.equal([{ ...about, event: "sent", nonce: 1, hash }]);
      expect(telemetry.get("waiting", { duty: "register" })).to.equal(1);
      expect(await service.pass()).to.equal(true);
      expect(said()).to.deep.equal([{ ...about, event: "done", nonce: 1, hash }]);
      expect(await service.pass()).to.equal(false);
      const { files } = await buildApproval(tools, "first");
      const kept = ["benchmark", "licence", "json"].map((name) =>
        readFileSync(folders.path("models", `first.${name}`), "utf8"),
      );
      expect(kept).to.deep.equal([files.benchmark, files.licence, files.model]);
    });

    it("sends the registration once while its transaction is in no block", async () => {
      const { service, events } = await open("register");
      await automine(false);
      expect(await service.pass()).to.equal(true);
      expect(await service.pass()).to.equal(false);
      expect(events("sent")).to.have.lengthOf(1);
    });

    it("registers 16 models at once", async () => {
      const names = Array.from({ length: 17 }, (_, index) => `model-${index}`);
      for (const name of names) await deployDeclared(tools, name);
      api.registrations = await Promise.all(names.map(async (name) => buildApproval(tools, name)));
      const { service, events, telemetry } = await open("register");
      await automine(false);
      expect(await service.pass()).to.equal(true);
      expect(await service.pass()).to.equal(false);
      expect(events("sent")).to.have.lengthOf(16);
      expect(telemetry.get("waiting", { duty: "register" })).to.equal(17);
    });

    it("registers nothing while no block is deep enough", async () => {
      const { service, said } = await open("register", { confirmations: 1_000 });
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([]);
    });

    it("does not examine a refused approval again until it has changed", async () => {
      const { service, said, telemetry } = await open("register");
      chain.rpc.policy = refusing;
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([
        { level: "warn", event: "refused", duty: "register", name: "first", reason: REASON },
      ]);
      chain.rpc.forget();
      expect(await service.pass()).to.equal(false);
      expect(estimates()).to.equal(0);
      api.registrations = [{ ...(await buildApproval(tools, "first")), method: tools.supplier.address }];
      expect(await service.pass()).to.equal(false);
      expect(estimates()).to.equal(3); // a refusal is asked for three times
      api.registrations = [];
      await service.pass();
      expect(telemetry.get("refused", { duty: "register" })).to.equal(0);
      expect(telemetry.get("waiting", { duty: "register" })).to.equal(0);
    });

    it("says nothing if others register the model between check and transaction, and keeps its declaration", async () => {
      const { service, said } = await open("register");
      const { benchmark } = parseModelFile(buildModelFile(tools, "first"), join(__dirname, "model.json"), true);
      let isDone = false;
      chain.rpc.policy = async ({ method }) => {
        if (method === "eth_estimateGas" && !isDone) {
          isDone = true;
          const account = await hre.ethers.getSigner(registrar.address);
          await tools.registry
            .connect(account)
            .registerModel(id("first"), { ...benchmark, method: tools.oracleAttestation });
        }
        return { kind: "pass" };
      };
      expect(await service.pass()).to.equal(false);
      expect(isDone).to.equal(true);
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([]);
      expect(folders.names("models")).to.deep.equal(["first.json"]);
    });

    it("logs that its nonce was used by another transaction, and registers the model with the next", async () => {
      const { service, settle, said, telemetry } = await open("register");
      await automine(false);
      await service.pass();
      said();
      await useNonce(registrar.address, 1);
      await settle();
      const hash = await lastHash();
      expect(said()).to.deep.equal([
        { level: "warn", event: "nonce used by another transaction", account: registrar.address, nonce: 1 },
        { ...about, level: "warn", event: "lost", nonce: 1 },
        { ...about, event: "sent", nonce: 2, hash },
        { ...about, event: "done", nonce: 2, hash },
      ]);
      expect(telemetry.get("actions_total", { duty: "register", result: "lost" })).to.equal(1);
    });

    it("says which token was approved and which the model has", async () => {
      const token = tools.supplier.address;
      api.registrations = [{ ...(await buildApproval(tools, "first")), token }];
      const { service, said } = await open("register");
      expect(await service.pass()).to.equal(false);
      const present = await tools.registry.tokenOf(id("first"));
      expect(said()).to.deep.equal([
        {
          level: "warn",
          event: "refused",
          duty: "register",
          name: "first",
          reason: `the token of first is ${present}, approved was ${token}: approve it again.`,
        },
      ]);
      expect(folders.names("models")).to.deep.equal([]);
    });

    it("says whose declaration it is if it is that of another model", async () => {
      const approval = await buildApproval(tools, "first");
      const model = approval.files.model.replace('"id":"first"', '"id":"second"');
      api.registrations = [{ ...approval, files: { ...approval.files, model } }];
      const { service, said } = await open("register");
      await service.pass();
      expect((said() as { reason: string }[]).map(({ reason }) => reason)).to.deep.equal([
        "the declaration of first is that of second.",
      ]);
    });
  });
});
