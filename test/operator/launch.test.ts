// SPDX-License-Identifier: MIT
import { loadFixture, mine } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id } from "ethers";
import { ethers } from "hardhat";
import { readFileSync, utimesSync } from "node:fs";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { developmentKey } from "../../sdk/base/accounts";
import { MethodAccess } from "../../scripts/dev/world/models";
import { DAY } from "../../scripts/dev/world/units";
import { deployTools, type Tools } from "../sdk/statements/support";
import {
  buildModelFile,
  declare,
  expectLaunched,
  openService,
  register,
  transactionsOf,
  useChain,
  useFolders,
} from "./support";

const distributor = developmentKey(DUTY_ACCOUNTS.distribute);
const poolCreator = developmentKey(DUTY_ACCOUNTS.pools);

/** The model that the fixture registers, which no file declares. */
const UNDECLARED = "credit-default";

describe("operator with the duties distribute and pools @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
  });

  const minted = async (modelId: string) => {
    const token = await ethers.getContractAt("ModelToken", await tools.registry.tokenOf(id(modelId)));
    return token.isSupplierMinted();
  };

  describe("given a model that is registered and declared", () => {
    it("mints the supplier allocation and creates the pool once, with the declared parameters", async () => {
      const { pool: terms } = await declare(tools, folders, "first");
      const { settle, events, telemetry } = await openService(tools, chain, folders);
      await settle();

      await expectLaunched(tools, "first");
      const pool = await ethers.getContractAt("HokusaiAMM", await tools.registry.poolOf(id("first")));
      expect([await pool.crr(), await pool.tradeFee(), await pool.virtualReserve()]).to.deep.equal([
        terms.crr,
        terms.tradeFee,
        terms.virtualReserve,
      ]);
      for (const { address } of [distributor, poolCreator]) {
        expect(await transactionsOf(address)).to.deep.equal({ count: 1, failed: 0 });
      }
      expect(events("done").map(({ duty, model }) => [duty, model])).to.have.deep.members([
        ["distribute", "first"],
        ["pools", "first"],
      ]);
      expect(telemetry.get("actions_total", { duty: "pools", result: "done" })).to.equal(1);
    });

    it("launches a model whose method is a hybrid", async () => {
      const { registry, oracleAttestation, admin } = tools;
      const second = await ethers.deployContract("VerificationMethodMock");
      const parts = await Promise.all([oracleAttestation, second].map((contract) => contract.getAddress()));
      const hybrid = await ethers.deployContract("Hybrid", [parts.sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1))]);
      await registry.connect(admin).setMethodAccess(hybrid, MethodAccess.REGISTRAR);
      const { benchmark, ...content } = buildModelFile(tools, "first");
      const declared = { ...content, benchmark: { ...benchmark, method: "Hybrid", capacity: 64 } };
      folders.write("models/first.json", declared);
      await register(tools, declared, hybrid);

      const { settle } = await openService(tools, chain, folders);
      await settle();

      await expectLaunched(tools, "first");
    });

    it("launches a model that is registered or declared while the service runs", async () => {
      const { settle } = await openService(tools, chain, folders);
      await declare(tools, folders, "late");
      await settle();
      await expectLaunched(tools, "late");

      const content = buildModelFile(tools, "later");
      await register(tools, content);
      await settle();
      expect(await minted("later")).to.equal(false);
      folders.write("models/later.json", content);
      await settle();
      await expectLaunched(tools, "later");
    });
  });

  it("logs and counts a model without a file, and does nothing for it", async () => {
    const { settle, events, telemetry } = await openService(tools, chain, folders);
    await settle();
    await settle();

    expect(events("model without a file").map(({ model }) => model)).to.deep.equal([UNDECLARED]);
    expect(telemetry.get("models_undeclared")).to.equal(1);
    expect(await minted(UNDECLARED)).to.equal(false);
    expect(await transactionsOf(distributor.address)).to.deep.equal({ count: 0, failed: 0 });
  });

  describe("given a file that differs from the chain", () => {
    const different: [string, (content: ReturnType<typeof buildModelFile>) => object, string][] = [
      [
        "supplier allocation",
        () => ({ preset: "mature" }),
        "supplier allocation is 400000000000000000000000, the file says 800000000000000000000000",
      ],
      ["symbol", () => ({ symbol: "OTHER" }), "symbol is MODEL, the file says OTHER"],
      ["governor", ({ recipient }) => ({ governor: recipient }), "governor is "],
      [
        "baseline",
        ({ benchmark }) => ({ benchmark: { ...benchmark, baselineScore: 8499 } }),
        "baselineScore is 8500, the file says 8499",
      ],
      [
        "evaluation data",
        ({ benchmark }) => ({ benchmark: { ...benchmark, evaluationDataHash: id("other") } }),
        `evaluationDataHash is ${id("evaluation data")}, the file says ${id("other")}`,
      ],
      [
        "method",
        ({ benchmark }) => ({ benchmark: { ...benchmark, method: "ZkProof", capacity: 64 } }),
        "does not answer as the file's ZkProof",
      ],
      [
        "hybrid method",
        ({ benchmark }) => ({ benchmark: { ...benchmark, method: "Hybrid", capacity: 64 } }),
        "does not answer as the file's Hybrid",
      ],
    ];
    for (const [name, change, reason] of different) {
      it(`refuses the model because of its ${name}`, async () => {
        const content = buildModelFile(tools, "first");
        await register(tools, content);
        folders.write("models/first.json", { ...content, ...change(content) });
        const { settle, events, telemetry, log } = await openService(tools, chain, folders);
        await settle();
        await settle();

        const refused = events("refused");
        expect(
          refused.map(({ duty }) => duty),
          JSON.stringify(log),
        ).to.have.members(["distribute", "pools"]);
        for (const entry of refused) expect(entry["reason"]).to.contain(reason);
        expect(telemetry.get("refused", { duty: "pools" })).to.equal(1);
        expect(await minted("first")).to.equal(false);
        expect(await tools.registry.statusOf(id("first"))).to.equal(2n);
      });
    }
  });

  describe("given a file that cannot be used", () => {
    it("launches other models past a file that cannot be read", async () => {
      folders.write("models/broken.json", "{");
      await declare(tools, folders, "first");
      const { settle, events, telemetry } = await openService(tools, chain, folders);
      await settle();

      expect(events("model file cannot be read")).to.have.lengthOf(1);
      expect(telemetry.get("model_files_invalid")).to.equal(1);
      await expectLaunched(tools, "first");
    });

    it("reads a file again once the licence that it names appears, and logs only once that it was missing", async () => {
      const content = buildModelFile(tools, "first");
      await register(tools, content);
      folders.write("models/first.json", { ...content, license: { ...content.license, file: "licence.txt" } });
      const { settle, events, telemetry } = await openService(tools, chain, folders);
      await settle();
      await settle();
      expect(events("model file cannot be read")).to.have.lengthOf(1);
      expect(telemetry.get("model_files_invalid")).to.equal(1);

      folders.write("models/licence.txt", readFileSync(content.license.file, "utf8"));
      await settle();
      expect(telemetry.get("model_files_invalid")).to.equal(0);
      await expectLaunched(tools, "first");
    });
  });

  describe("given others who launch the same model", () => {
    it("takes a step that others have taken as done", async () => {
      await declare(tools, folders, "first");
      await tools.tokenManager
        .connect(await ethers.getSigner(distributor.address))
        .distributeModelSupplierAllocation("first");
      const { settle, events } = await openService(tools, chain, folders);
      await settle();

      await expectLaunched(tools, "first");
      expect(events("done").map(({ duty }) => duty)).to.deep.equal(["pools"]);
      expect(await transactionsOf(distributor.address)).to.deep.equal({ count: 1, failed: 0 });
    });

    it("does not repeat a step of others that is not confirmed yet", async () => {
      await declare(tools, folders, "first");
      await mine(2);
      const others = await openService(tools, chain, folders, { confirmations: 1 });
      const { settle, events } = await openService(tools, chain, folders, { confirmations: 3 });
      await others.settle();
      await settle();
      expect(events("sent")).to.deep.equal([]);
      expect(events("refused")).to.deep.equal([]);
      await mine(2);
      await settle();
      expect(events("sent")).to.deep.equal([]);
      for (const { address } of [distributor, poolCreator])
        expect(await transactionsOf(address)).to.deep.equal({ count: 1, failed: 0 });
    });
  });

  describe("given a model that was refused", () => {
    it("tries it again once its file has changed", async () => {
      const content = buildModelFile(tools, "first");
      await register(tools, content);
      folders.write("models/first.json", { ...content, symbol: "OTHER" });
      const { settle, telemetry } = await openService(tools, chain, folders);
      await settle();
      expect(telemetry.get("refused", { duty: "pools" })).to.equal(1);
      folders.write("models/first.json", content);
      utimesSync(folders.path("models", "first.json"), new Date(1), new Date(1));
      await settle();
      await expectLaunched(tools, "first");
      expect(telemetry.get("refused", { duty: "pools" })).to.equal(0);
    });

    it("tries it again after a minute", async () => {
      await declare(tools, folders, "first");
      await tools.tokenManager.connect(tools.guardian).pauseLaunches(DAY);
      const { settle, events } = await openService(tools, chain, folders, { duties: ["pools"] });
      await settle();
      expect(
        events("refused")
          .map(({ reason }) => String(reason))
          .join(),
      ).to.contain("Paused");
      await tools.tokenManager.connect(tools.admin).resumeLaunches();
      await settle();
      expect(events("sent")).to.deep.equal([]);

      const { now } = Date;
      try {
        Date.now = () => now() + 60_001;
        await settle();
      } finally {
        Date.now = now;
      }
      expect(events("done")).to.have.lengthOf(1);
    });
  });

  it("names the role that the account lacks", async () => {
    await declare(tools, folders, "first");
    await tools.tokenManager.connect(tools.guardian).suspendRole(id("DISTRIBUTOR_ROLE"), distributor.address);
    const { settle, events } = await openService(tools, chain, folders, { duties: ["distribute"] });
    await settle();

    expect(events("refused").map(({ reason }) => reason)).to.deep.equal([
      `refused on chain: AccessControl: account ${distributor.address} is missing role DISTRIBUTOR_ROLE on TokenManager`,
    ]);
  });

  it("acts only on what is confirmed, and takes a step as done only when it is confirmed", async () => {
    await declare(tools, folders, "first");
    const { settle, events } = await openService(tools, chain, folders, { confirmations: 3, duties: ["pools"] });
    await settle();
    expect(events("sent")).to.deep.equal([]);

    await mine(2);
    await settle();
    expect(events("sent")).to.have.lengthOf(1);
    await mine(1);
    await settle();
    expect(events("done")).to.deep.equal([]);
    await mine(1);
    await settle();
    expect(events("done")).to.have.lengthOf(1);
    expect(await transactionsOf(poolCreator.address)).to.deep.equal({ count: 1, failed: 0 });
  });
});
