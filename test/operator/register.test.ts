// SPDX-License-Identifier: MIT
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id } from "ethers";
import { ethers } from "hardhat";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { developmentKey } from "../../sdk/base/accounts";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { deployTools, type Tools } from "../sdk/statements/support";
import { buildApproval, deployDeclared, useApprovals } from "./approvals.support";
import { expectLaunched, openService, transactionsOf, useChain, useFolders } from "./support";

const registrar = developmentKey(DUTY_ACCOUNTS.register);

describe("operator duty register @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  const api = useApprovals();
  let tools: Tools;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
    chain.rpc.policy = healthy;
  });

  const open = async (limits: object = {}) =>
    openService(tools, chain, folders, {
      duties: ["register"],
      approvals: { url: api.url, key: "hk_test_secret" },
      ...limits,
    });
  /** The fixture registers a model of its own. */
  const sent = async () => {
    const { count, failed } = await transactionsOf(registrar.address);
    return { count: count - 1, failed };
  };
  const statusOf = async (modelId: string) => tools.registry.statusOf(id(modelId));

  const deployToken = async (modelId: string) => deployDeclared(tools, modelId);
  const approvalOf = async (...[modelId, overrides]: [string, { model?: object; [key: string]: unknown }?]) =>
    buildApproval(tools, modelId, overrides);

  describe("given a model whose registration was approved", () => {
    it("registers the model with its benchmark, once", async () => {
      const file = await deployToken("first");
      api.registrations = [await approvalOf("first")];
      const { settle, events, telemetry } = await open();
      await settle();
      await settle();

      expect(await statusOf("first")).to.equal(2n);
      const { specHash, evaluationDataHash, baselineScore, method } = await tools.registry.benchmarkOf(id("first"));
      expect({ specHash, evaluationDataHash, baselineScore, method }).to.deep.equal({
        specHash: file.benchmark.specHash,
        evaluationDataHash: id("evaluation data"),
        baselineScore: 8500n,
        method: await tools.oracleAttestation.getAddress(),
      });
      expect(await sent()).to.deep.equal({ count: 1, failed: 0 });
      expect(events("done").map(({ duty, model }) => [duty, model])).to.deep.equal([["register", "first"]]);
      expect(telemetry.get("actions_total", { duty: "register", result: "done" })).to.equal(1);
    });

    it("stores the declaration, from which the duties of a launch do the rest", async () => {
      await deployToken("first");
      api.registrations = [await approvalOf("first")];
      const { settle } = await open({ duties: ["register", "distribute", "pools"] });
      await settle();
      await settle();

      await expectLaunched(tools, "first");
      expect(folders.names("models")).to.deep.equal(["first.json"]);
    });

    it("does not overwrite a declaration that somebody wrote", async () => {
      await deployToken("first");
      folders.write("models/first.json", { id: "by hand" });
      api.registrations = [await approvalOf("first")];
      await (await open()).settle();

      expect(await statusOf("first")).to.equal(2n);
      expect(folders.json("models/first.json")).to.deep.equal({ id: "by hand" });
    });

    it("waits while the chain has no token for the model, and registers the model once it has", async () => {
      api.registrations = [await approvalOf("first", { token: tools.supplier.address })];
      const { settle, events } = await open();
      await settle();
      expect(events("sent")).to.deep.equal([]);
      await deployToken("first");
      api.registrations = [await approvalOf("first")];
      await settle();

      expect(await statusOf("first")).to.equal(2n);
      expect(events("refused")).to.deep.equal([]);
    });

    it("takes a model that others have registered as done, and sends nothing", async () => {
      const file = await deployToken("first");
      const method = await tools.oracleAttestation.getAddress();
      await tools.registry
        .connect(await ethers.getSigner(registrar.address))
        .registerModel(id("first"), { ...file.benchmark, method });
      api.registrations = [await approvalOf("first")];
      const { settle, events } = await open();
      await settle();

      expect(events("sent")).to.deep.equal([]);
      expect(await sent()).to.deep.equal({ count: 1, failed: 0 });
    });
  });

  describe("given an approval that does not match the chain", () => {
    const wrong: [string, () => Promise<object>, string][] = [
      [
        "another token than was approved",
        async () => approvalOf("first", { token: tools.supplier.address }),
        "approved was ",
      ],
      [
        "a token with other terms than its declaration",
        async () => approvalOf("first", { model: { symbol: "OTHER" } }),
        "symbol is MODEL, the file says OTHER",
      ],
      [
        "a declaration of another model",
        async () => {
          const { files, ...approval } = await approvalOf("first");
          return { ...approval, files: { ...files, model: files.model.replace('"id":"first"', '"id":"second"') } };
        },
        "the declaration of first is that of second",
      ],
      [
        "a declaration that names other files",
        async () => {
          const { files, ...approval } = await approvalOf("first");
          return { ...approval, files: { ...files, model: files.model.replace("first.licence", "/etc/hostname") } };
        },
        "there is no file /etc/hostname",
      ],
      [
        "a method that the registry does not allow",
        async () => approvalOf("first", { method: tools.supplier.address }),
        "refused on chain: ",
      ],
    ];
    for (const [name, approval, reason] of wrong) {
      it(`refuses ${name}, and sends nothing`, async () => {
        await deployToken("first");
        api.registrations = [await approval()];
        const { settle, events, telemetry } = await open();
        await settle();
        await settle();

        const [told, ...more] = events("refused");
        expect(more).to.deep.equal([]);
        expect(told).to.include({ duty: "register", name: "first" });
        expect(String(told?.["reason"])).to.contain(reason);
        expect(telemetry.get("refused", { duty: "register" })).to.equal(1);
        expect(await statusOf("first")).to.equal(1n);
        expect(await sent()).to.deep.equal({ count: 0, failed: 0 });
      });
    }
  });

  it("registers other models past a refused one, and tries it again once its approval has changed", async () => {
    await deployToken("first");
    await deployToken("second");
    api.registrations = [await approvalOf("first", { model: { symbol: "OTHER" } }), await approvalOf("second")];
    const { settle, telemetry } = await open();
    await settle();
    expect([await statusOf("first"), await statusOf("second")]).to.deep.equal([1n, 2n]);

    api.registrations = [await approvalOf("first")];
    await settle();
    expect(await statusOf("first")).to.equal(2n);
    expect(telemetry.get("refused", { duty: "register" })).to.equal(0);
  });
});
