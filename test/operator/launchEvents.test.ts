// SPDX-License-Identifier: MIT
import { loadFixture, mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id } from "ethers";
import hre from "hardhat";
import { rmSync, utimesSync } from "node:fs";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { developmentKey } from "../../sdk/base/accounts";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { deployTools, expectProblem, type Tools } from "../sdk/statements/support";
import {
  automine,
  buildModelFile,
  declare,
  expectLaunched,
  lastHash,
  openService,
  OUTBID,
  refusing,
  register,
  useChain,
  useFolders,
} from "./support";

const poolCreator = developmentKey(DUTY_ACCOUNTS.pools);
const distributor = developmentKey(DUTY_ACCOUNTS.distribute);

/** The model that the fixture registers, which no file declares. */
const UNDECLARED = "credit-default";

describe("operator duties distribute and pools: what they log, measure and return @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
    chain.rpc.policy = healthy;
  });
  afterEach(async () => {
    await automine(true);
  });

  const open = async (duty: "distribute" | "pools", limits: object = {}) =>
    openService(tools, chain, folders, { duties: [duty], ...limits });
  const estimates = () => chain.rpc.requests.filter(({ method }) => method === "eth_estimateGas").length;
  const undeclared = {
    level: "warn",
    event: "model without a file",
    model: UNDECLARED,
    key: id(UNDECLARED),
  };

  describe("given a declared model", () => {
    for (const duty of ["distribute", "pools"] as const) {
      it(`logs when ${duty} is sent and when it is done, and counts what waits`, async () => {
        await declare(tools, folders, "first");
        const { service, said, telemetry } = await open(duty);
        const about = { level: "info", duty, model: "first", nonce: 0 };
        expect(await service.pass()).to.equal(true);
        const hash = await lastHash();
        expect(said()).to.deep.equal([undeclared, { ...about, event: "sent", hash }]);
        expect(telemetry.get("waiting", { duty })).to.equal(1);
        expect(await service.pass()).to.equal(true);
        expect(said()).to.deep.equal([{ ...about, event: "done", hash }]);
        expect(telemetry.get("actions_total", { duty, result: "done" })).to.equal(1);
        expect(telemetry.get("waiting", { duty })).to.equal(0);
        expect(await service.pass()).to.equal(false);
      });
    }

    it("sends a step once while its transaction is in no block, and 16 at once", async () => {
      for (let index = 0; index < 17; index++) await declare(tools, folders, `model-${index}`);
      const { service, events, telemetry } = await open("pools");
      await automine(false);
      expect(await service.pass()).to.equal(true);
      expect(await service.pass()).to.equal(false);
      expect(events("sent")).to.have.lengthOf(16);
      expect(telemetry.get("waiting", { duty: "pools" })).to.equal(17);
    });

    it("examines a refused step again only after a minute or once the file has changed", async () => {
      await declare(tools, folders, "first");
      const { service, said, telemetry } = await open("pools");
      chain.rpc.policy = refusing;
      expect(await service.pass()).to.equal(false);
      const reason = "refused on chain, without a reason";
      const refused = { level: "warn", event: "refused", duty: "pools", name: "first", reason };
      expect(said()).to.deep.equal([undeclared, refused]);
      chain.rpc.forget();
      expect(await service.pass()).to.equal(false);
      expect(estimates()).to.equal(0);
      utimesSync(folders.path("models", "first.json"), new Date(1), new Date(1));
      expect(await service.pass()).to.equal(false);
      expect(estimates()).to.equal(3); // a refusal is asked for three times
      expect(telemetry.get("refused", { duty: "pools" })).to.equal(1);
      rmSync(folders.path("models", "first.json"));
      expect(await service.pass()).to.equal(false);
      expect(telemetry.get("refused", { duty: "pools" })).to.equal(0);
      expect(telemetry.get("waiting", { duty: "pools" })).to.equal(0);
    });

    it("examines a step that others have taken once a block until the logs show it", async () => {
      await declare(tools, folders, "first");
      await mine(3);
      const { service, said } = await open("distribute", { confirmations: 3 });
      await tools.tokenManager
        .connect(await hre.ethers.getSigner(distributor.address))
        .distributeModelSupplierAllocation("first");
      expect(await service.pass()).to.equal(false);
      chain.rpc.forget();
      expect(await service.pass()).to.equal(false);
      expect(estimates()).to.equal(0);
      await mine(1);
      expect(await service.pass()).to.equal(false);
      expect(estimates()).to.equal(3); // a refusal is asked for three times
      expect(said()).to.deep.equal([undeclared]);
    });

    it("logs that its nonce was used by another transaction, and takes the step with the next", async () => {
      await declare(tools, folders, "first");
      const { service, settle, said, telemetry } = await open("pools");
      await automine(false);
      await service.pass();
      said();
      const account = await hre.ethers.getSigner(poolCreator.address);
      await account.sendTransaction({ to: account, nonce: 0, ...OUTBID });
      await mine(1);
      await automine(true);
      await settle();
      const about = { level: "info", duty: "pools", model: "first" };
      const hash = await lastHash();
      expect(said()).to.deep.equal([
        { level: "warn", event: "nonce used by another transaction", account: poolCreator.address, nonce: 0 },
        { ...about, level: "warn", event: "lost", nonce: 0 },
        { ...about, event: "sent", nonce: 1, hash },
        { ...about, event: "done", nonce: 1, hash },
      ]);
      expect(telemetry.get("actions_total", { duty: "pools", result: "lost" })).to.equal(1);
    });

    it("logs that its transaction was reverted because launches were paused before it", async () => {
      await declare(tools, folders, "first");
      const { service, said, telemetry } = await open("pools");
      await automine(false);
      await service.pass();
      said();
      await tools.tokenManager.connect(tools.guardian).pauseLaunches(3_600n, OUTBID);
      await automine(true);
      await mine(1);
      await service.pass();
      const block = (await hre.ethers.provider.getBlock("latest", true))!;
      const { hash } = block.prefetchedTransactions.find(({ from }) => from === poolCreator.address) ?? {};
      const about = { level: "info", duty: "pools", model: "first" };
      expect(said()[0]).to.deep.equal({ ...about, level: "warn", event: "reverted", nonce: 0, hash });
      expect(telemetry.get("actions_total", { duty: "pools", result: "reverted" })).to.equal(1);
    });

    it("logs each undone step with its block and transaction, and takes it again", async () => {
      await declare(tools, folders, "first");
      await mine(1);
      const snapshot = (await hre.network.provider.send("evm_snapshot", [])) as string;
      const { settle, said } = await open("pools");
      await settle();
      const { number: block } = (await hre.ethers.provider.getBlock("latest"))!;
      const hash = await lastHash();
      said();
      await hre.network.provider.send("evm_revert", [snapshot]);
      await time.increase(1_000); // so that no block is the same
      await mine(2);
      await settle();
      const undone = said().filter((entry) => "what" in entry);
      expect(undone).to.deep.equal([{ level: "warn", event: "undone", what: "pools", model: "first", block, hash }]);
      const pool = await tools.registry.poolOf(id("first"));
      expect(BigInt(pool)).not.to.equal(0n);
    });
  });

  describe("given the folder of model files", () => {
    it("counts registered models without a file, not those that are launched, and logs each once", async () => {
      await declare(tools, folders, "first");
      const { service, settle, said, telemetry } = await openService(tools, chain, folders);
      expect(telemetry.get("models_undeclared")).to.equal(0);
      await settle();
      await expectLaunched(tools, "first");
      expect(telemetry.get("models_undeclared")).to.equal(1);
      said();
      rmSync(folders.path("models", "first.json"));
      await register(tools, buildModelFile(tools, "second"));
      await service.pass();
      expect(said()).to.deep.equal([{ ...undeclared, model: "second", key: id("second") }]);
      expect(telemetry.get("models_undeclared")).to.equal(2);
    });

    it("counts a model of which only one step is taken as undeclared", async () => {
      await declare(tools, folders, "first");
      const { service, settle, said, telemetry } = await open("distribute");
      await settle();
      said();
      rmSync(folders.path("models", "first.json"));
      await service.pass();
      expect(said()).to.deep.equal([{ ...undeclared, model: "first", key: id("first") }]);
      expect(telemetry.get("models_undeclared")).to.equal(2);
    });

    it("logs a file that cannot be read once for each fault, and counts it until it is right or gone", async () => {
      folders.write("models/broken.json", "{");
      folders.write("models/notes.txt", "{");
      const { service, said, telemetry } = await open("pools");
      await service.pass();
      await service.pass();
      const first = said() as Record<string, string>[];
      const reason = first[0]!["reason"]!;
      expect(first).to.deep.equal([
        { level: "error", event: "model file cannot be read", file: "broken.json", reason },
        undeclared,
      ]);
      expect(reason).to.match(/broken\.json is not JSON/);
      expect(telemetry.get("model_files_invalid")).to.equal(1);

      folders.write("models/broken.json", "[]");
      utimesSync(folders.path("models", "broken.json"), new Date(1), new Date(1));
      await service.pass();
      const other = said() as Record<string, string>[];
      expect(other.map(({ level, event, file }) => [level, event, file])).to.deep.equal([
        ["error", "model file cannot be read", "broken.json"],
      ]);
      expect(other[0]!["reason"]).not.to.equal(reason);
      folders.write("models/broken.json", buildModelFile(tools, "right"));
      await service.pass();
      expect(said()).to.deep.equal([]);
      expect(telemetry.get("model_files_invalid")).to.equal(0);
      folders.write("models/broken.json", "{");
      utimesSync(folders.path("models", "broken.json"), new Date(2), new Date(2));
      await service.pass();
      expect(said()).to.have.lengthOf(1);
      expect(telemetry.get("model_files_invalid")).to.equal(1);
      rmSync(folders.path("models", "broken.json"));
      await service.pass();
      expect(said()).to.deep.equal([]);
      expect(telemetry.get("model_files_invalid")).to.equal(0);
    });

    it("takes no step for a model whose file is no longer right", async () => {
      await declare(tools, folders, "first");
      const { service, events, telemetry } = await open("pools");
      chain.rpc.policy = refusing;
      await service.pass();
      expect(telemetry.get("waiting", { duty: "pools" })).to.equal(1);
      folders.write("models/first.json", "{");
      utimesSync(folders.path("models", "first.json"), new Date(1), new Date(1));
      await service.pass();
      expect(telemetry.get("waiting", { duty: "pools" })).to.equal(0);
      expect(events("model without a file").map(({ model }) => model)).to.deep.equal([UNDECLARED, "first"]);
    });

    it("logs a model that two files declare, and takes the first", async () => {
      const content = buildModelFile(tools, "first");
      await register(tools, content);
      folders.write("models/a.json", content);
      folders.write("models/b.json", { ...content, symbol: "OTHER" });
      const { service, said } = await open("pools");
      await service.pass();
      expect(said().slice(0, 2)).to.deep.equal([
        { level: "error", event: "model declared twice", file: "b.json", model: "first" },
        undeclared,
      ]);
      expect(said()).to.deep.equal([]);
      await service.pass();
      expect((said() as { event: string }[]).map(({ event }) => event)).to.deep.equal(["done"]);
    });

    it("is refused by name if it does not exist", async () => {
      const folder = folders.path("none");
      await expectProblem(
        async () => open("pools", { models: folder }),
        `there is no folder ${folder}: create it for model files.`,
      );
    });

    it("names the method that does not answer as the file's", async () => {
      const content = buildModelFile(tools, "first");
      await register(tools, content);
      const { benchmark } = content;
      folders.write("models/first.json", { ...content, benchmark: { ...benchmark, method: "ZkProof", capacity: 64 } });
      const { service, said } = await open("pools");
      await service.pass();
      const method = await tools.oracleAttestation.getAddress();
      const reason = `the method of first is ${method}, which does not answer as the file's ZkProof.`;
      expect(said()).to.deep.equal([
        undeclared,
        { level: "warn", event: "refused", duty: "pools", name: "first", reason },
      ]);
    });

    it("compares a model with its file again after its benchmark was replaced", async () => {
      const { benchmark } = await declare(tools, folders, "first");
      const { service, said } = await open("pools");
      chain.rpc.policy = refusing;
      await service.pass();
      said();
      await tools.registry
        .connect(tools.admin)
        .replaceBenchmark(id("first"), { ...benchmark, baselineScore: 8_600n, method: tools.oracleAttestation });
      chain.rpc.policy = healthy;
      const { now } = Date;
      try {
        Date.now = () => now() + 60_001;
        expect(await service.pass()).to.equal(false);
      } finally {
        Date.now = now;
      }
      const [told, ...more] = said() as { reason: string }[];
      expect(more).to.deep.equal([]);
      expect(told?.reason).to.match(/baselineScore is 8600, the file says 8500/);
    });
  });
});
