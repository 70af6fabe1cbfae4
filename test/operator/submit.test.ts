// SPDX-License-Identifier: MIT
import { loadFixture, mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id } from "ethers";
import hre from "hardhat";
import { mkdirSync, rmSync, utimesSync } from "node:fs";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { developmentKey } from "../../sdk/base/accounts";
import { formatBundle, type Bundle } from "../../sdk/schemas/bundle";
import { submit } from "../../sdk/statements/submit";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { benchmarkWith, DELTA, deployVerifier, improve, registerModel } from "../../scripts/dev/world/improvements";
import { DAY } from "../../scripts/dev/world/units";
import {
  attesterKeys,
  buildMeasured,
  buildProposal,
  deployTools,
  proposed,
  signedBy,
  type Tools,
} from "../sdk/statements/support";
import { propose } from "../../sdk/statements/propose";
import { LATER, LONG_AGO, openService, transactionsOf, useChain, useFolders } from "./support";

const submitter = developmentKey(DUTY_ACCOUNTS.submit);
const [first, second] = attesterKeys;
const SUBMIT = { duties: ["submit"] } as const;

describe("operator duty submit @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;

  beforeEach(async () => {
    tools = await loadFixture(deployTools);
    chain.rpc.policy = healthy;
  });

  async function signed(overrides: Parameters<typeof proposed>[1] = {}): Promise<Bundle> {
    return signedBy(tools, (await proposed(tools, overrides)).bundle, second!, first!);
  }
  const score = async () => tools.registry.scoreOf(tools.model.id);
  const open = async (limits: object = {}) => openService(tools, chain, folders, { ...SUBMIT, ...limits });
  const drop = (name: string, bundle: Bundle) => folders.write(`submit/${name}.json`, formatBundle(bundle));
  const reasonOf = (name: string) => folders.json(`submit/refused/${name}.result.json`)["reason"];

  describe("given a valid bundle", () => {
    it("submits it, and moves it to the folder done with its transaction", async () => {
      const { settle, telemetry } = await open();
      drop("a", await signed());
      await settle();

      expect(await score()).to.equal(7_594n);
      expect(folders.names("submit")).to.deep.equal([]);
      expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
      const { transaction, evaluationId } = folders.json("submit/done/a.result.json");
      expect(evaluationId).to.equal(id("first"));
      const receipt = await hre.ethers.provider.getTransactionReceipt(String(transaction));
      expect(receipt?.from).to.equal(submitter.address);
      expect(telemetry.get("actions_total", { duty: "submit", result: "done" })).to.equal(1);
    });

    it("takes a bundle that anybody has submitted as recorded, in both of two files", async () => {
      const bundle = await signed();
      await submit(tools.chain, bundle, tools.relayer);
      const { settle } = await open();
      drop("a", bundle);
      drop("b", bundle);
      await settle();

      expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json", "b.json", "b.result.json"]);
      expect(await transactionsOf(submitter.address)).to.deep.equal({ count: 0, failed: 0 });
    });
  });

  describe("given a bundle or file that is not valid", () => {
    it("refuses what can never pass, and sends nothing", async () => {
      const bundle = await signed();
      const { settle, events, telemetry } = await open();
      drop("chain", { ...bundle, chainId: 1 });
      drop("few", { ...bundle, attestations: bundle.attestations.slice(1) });
      drop("signature", { ...bundle, statement: { ...bundle.statement, contributionDataHash: id("other data") } });
      await settle();

      expect(reasonOf("chain")).to.equal("the statement is for chain 1, hardhat is chain 31337.");
      expect(reasonOf("few")).to.equal("the bundle has 1 of the 2 attestations that are needed.");
      expect(reasonOf("signature")).to.contain(`InvalidSignature: signer ${first!.address}`);
      expect(
        events("refused").map(({ level, duty, file, reason }) => [level, duty, file, reason]),
      ).to.have.deep.members(
        ["chain", "few", "signature"].map((name) => ["warn", "submit", `${name}.json`, reasonOf(name)]),
      );
      expect(telemetry.get("actions_total", { duty: "submit", result: "refused" })).to.equal(3);
      expect(await transactionsOf(submitter.address)).to.deep.equal({ count: 0, failed: 0 });
    });

    it("tries again what may still pass, and refuses it with the reason after its deadline", async () => {
      const bundle = await signed();
      const { statement } = bundle;
      const { settle, events } = await open();
      drop("score", {
        ...bundle,
        statement: { ...statement, evaluation: { ...statement.evaluation, baselineScore: 7_493n } },
      });
      await settle();
      const reason = "ValueMismatch: field baselineScore, actual 7493, expected 7494";
      expect(folders.names("submit")).to.deep.equal(["score.json"]);
      expect(events("refused")[0]?.["reason"]).to.contain(reason);

      await time.increaseTo(statement.deadline);
      await settle();
      expect(folders.names("submit")).to.deep.equal(["score.json"]);
      expect(events("refused")).to.have.length(1);
      await time.increaseTo(statement.deadline + 1n);
      await settle();
      expect(reasonOf("score"))
        .to.contain(`the deadline ${statement.deadline} has passed; until then: `)
        .and.to.contain(reason);
      expect(await transactionsOf(submitter.address)).to.deep.equal({ count: 0, failed: 0 });
    });

    it("submits other bundles past a folder with a file's name", async () => {
      const { settle, events } = await open();
      mkdirSync(folders.path("submit", "0.json"));
      utimesSync(folders.path("submit", "0.json"), LONG_AGO, LONG_AGO);
      drop("a", await signed());
      await settle();
      await settle();
      expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
      expect(events("pass failed")).to.deep.equal([]);
      expect(events("refused").map(({ name, reason }) => [name, reason])).to.deep.equal([
        ["0.json", "0.json cannot be read (EISDIR): put a file there that this service may read, or remove it."],
      ]);
    });

    it("leaves out a bad attestation and logs its signer", async () => {
      const [, , third] = attesterKeys;
      const good = await signedBy(tools, (await proposed(tools)).bundle, second!, third!);
      const stale = await signedBy(tools, (await proposed(tools, { evaluationName: "draft" })).bundle, first!);
      const { settle, events } = await open();
      drop("a", { ...good, attestations: [...good.attestations, ...stale.attestations] });
      await settle();
      expect(await score()).to.equal(7_594n);
      expect(events("attestations left out")[0]?.["leftOut"]).to.deep.equal([
        { signer: first!.address, reason: "has not signed this statement" },
      ]);
    });

    it("refuses another statement under an evaluation id that was recorded", async () => {
      const { settle } = await open();
      drop("a", await signed());
      const other = await signed({ measured: await buildMeasured(tools, { contributionDataHash: id("other data") }) });
      await settle();
      drop("b", other);
      await settle();

      const { transaction } = folders.json("submit/done/a.result.json");
      expect(reasonOf("b")).to.equal(
        `the evaluation ${id("first")} was recorded for another statement, in ${String(transaction)}.`,
      );
    });

    it("refuses an invalid file, but only once nobody is writing it any more", async () => {
      const { settle } = await open();
      folders.write("submit/a.json", '{ "chainId": 31337');
      utimesSync(folders.path("submit", "a.json"), LATER, LATER);
      await settle();
      expect(folders.names("submit")).to.deep.equal(["a.json"]);
      utimesSync(folders.path("submit", "a.json"), LONG_AGO, LONG_AGO);
      await settle();
      expect(reasonOf("a")).to.contain("a.json is not JSON");
    });
  });

  describe("given a daily limit", () => {
    /** A bundle of an improvement that the limit allows, made before anything is used of it. */
    async function dropImprovement(deltaBps: bigint): Promise<void> {
      const { bundle } = await proposed(tools, {
        life: 2n * DAY - 60n,
        measured: await buildMeasured(tools, { candidateScore: 7_494n + deltaBps }),
      });
      drop("a", await signedBy(tools, bundle, first!, second!));
    }
    const setLimit = async (bps: bigint) => tools.registry.connect(tools.admin).setDailyLimit(tools.model.id, bps);
    const none = { count: 0, failed: 0 };

    it("keeps a bundle that exceeds what is left of the limit, and submits it from 00:00 UTC on", async () => {
      // What was paid today belongs to the model, not to the benchmark's version: the bundle is for the version after.
      await improve(tools, tools.model, { evaluation: { candidateScore: 7_994n } });
      const benchmark = await benchmarkWith(tools);
      await tools.registry.connect(tools.admin).replaceBenchmark(tools.model.id, benchmark);
      await dropImprovement(DELTA);
      await setLimit(500n + DELTA - 1n);
      const { settle, events, telemetry } = await open();
      await settle();
      await settle();
      expect(folders.names("submit")).to.deep.equal(["a.json"]);
      expect(events("refused")).to.have.lengthOf(1);
      expect(events("refused")[0]?.["reason"]).to.contain(
        `DailyLimitExceeded: deltaBps ${DELTA}, remainingBps ${DELTA - 1n}, limitBps ${500n + DELTA - 1n}`,
      );
      expect(telemetry.get("refused", { duty: "submit" })).to.equal(1);
      expect(await transactionsOf(submitter.address)).to.deep.equal(none);

      const midnight = (BigInt(await time.latest()) / DAY + 1n) * DAY;
      await time.increaseTo(midnight - 1n);
      await settle();
      expect(folders.names("submit")).to.deep.equal(["a.json"]);
      await time.increaseTo(midnight);
      await settle();
      expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
      expect(await score()).to.equal(7_494n + DELTA);
      expect(telemetry.get("refused", { duty: "submit" })).to.equal(0);
    });

    it("refuses a bundle that exceeds the whole limit, and states the reason", async () => {
      await dropImprovement(500n);
      await setLimit(499n);
      const { settle } = await open();
      await settle();
      expect(reasonOf("a")).to.contain("DailyLimitExceeded: deltaBps 500, remainingBps 499, limitBps 499");
      expect(folders.names("submit")).to.deep.equal([]);
      expect(await transactionsOf(submitter.address)).to.deep.equal(none);
    });
  });

  it("keeps a bundle while improvements are paused", async () => {
    const { settle, events } = await open();
    drop("a", await signed());
    await tools.registry.connect(tools.guardian).pauseSubmissions(DAY);
    await settle();
    expect(folders.names("submit")).to.deep.equal(["a.json"]);
    expect(events("refused")[0]?.["reason"]).to.contain("Paused");
  });

  describe("given an improvement that was recorded before", () => {
    it("takes a bundle that was recorded under a former verifier as recorded", async () => {
      const bundle = await signed();
      await submit(tools.chain, bundle, tools.relayer);
      await tools.registry.connect(tools.admin).setVerifier(await deployVerifier(tools));
      const { settle } = await open();
      drop("a", bundle);
      await settle();
      expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
    });

    for (const [when, restart] of [
      ["while it runs", false],
      ["after a restart", true],
    ] as const) {
      it(`finds an improvement recorded long ago with at most ten requests ${when}`, async () => {
        const bundle = await signed();
        await submit(tools.chain, bundle, tools.relayer);
        await mine(500);
        chain.rpc.policy = ({ method, params: [filter] }) => {
          const { fromBlock, toBlock } = (filter ?? {}) as { fromBlock?: string; toBlock?: string };
          const isWide = method === "eth_getLogs" && Number(toBlock) - Number(fromBlock) >= 100;
          return isWide ? { kind: "error", error: { code: -32_602, message: "range is too wide" } } : { kind: "pass" };
        };
        const first = await open();
        await first.settle();
        const { service } = restart ? await open() : first;
        await mine(1);
        drop("a", bundle);
        chain.rpc.forget();
        await service.pass();

        expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
        expect(chain.rpc.requests.map(({ method }) => method)).to.have.length.at.most(10);
      });
    }
  });

  it("publishes since when the oldest bundle waits", async () => {
    const { service, settle, telemetry } = await open();
    const since = () => telemetry.get("waiting_since_timestamp_seconds", { duty: "submit" });
    drop("a", await signed());
    drop("b", await signed({ evaluationName: "second" }));
    await tools.registry.connect(tools.guardian).pauseSubmissions(DAY);
    utimesSync(folders.path("submit", "a.json"), 1_700_000_001, 1_700_000_001.9);
    utimesSync(folders.path("submit", "b.json"), 1_700_000_000, 1_700_000_000.9);
    await service.pass();

    expect(since()).to.equal(1_700_000_000);
    expect(telemetry.get("waiting", { duty: "submit" })).to.equal(2);
    await tools.registry.connect(tools.admin).resumeSubmissions();
    for (const name of ["a", "b"]) rmSync(folders.path("submit", `${name}.json`));
    await settle();
    expect(since()).to.equal(0);
  });

  it("moves the bundle to done before its reward is released", async () => {
    const { settle } = await open();
    drop("a", await signed());
    await settle();
    expect(await tools.model.token.totalSupply()).to.equal(0n);
    expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
  });

  it("submits one improvement of a model at a time, and those of several models at once", async () => {
    const other = await registerModel(tools, { modelId: "other" });
    const measured = await buildMeasured({ registry: tools.registry, model: other });
    const proposal = await buildProposal(tools, { modelId: "other", measured });
    const { bundle } = await propose(tools.chain, proposal);
    const { service, settle, events } = await open();
    drop("a", await signed());
    drop("b", await signed({ evaluationName: "second" }));
    drop("c", await signedBy(tools, bundle, first!, second!));
    await service.pass();
    expect(events("sent").map(({ model }) => model)).to.have.members(["credit-default", "other"]);
    await settle();

    expect(await score()).to.equal(7_494n + DELTA);
    expect(events("refused").map(({ name }) => name)).to.deep.equal(["b.json"]);
    expect(events("refused")[0]?.["reason"]).to.contain("ValueMismatch: field baselineScore");
    expect((await transactionsOf(submitter.address)).failed).to.equal(0);
  });

  it("counts a bundle as done only after the confirmations", async () => {
    const { settle } = await open({ confirmations: 3 });
    drop("a", await signed());
    await settle();
    expect(await score()).to.equal(7_594n);
    await mine(1);
    await settle();
    expect(folders.names("submit")).to.deep.equal(["a.json"]);
    await mine(1);
    await settle();
    expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
  });

  it("submits a bundle again after a reorganisation has undone the improvement", async () => {
    const snapshot = await hre.network.provider.send("evm_snapshot", []);
    const { settle } = await open({ confirmations: 2 });
    drop("a", await signed());
    await settle();
    await hre.network.provider.send("evm_revert", [snapshot]);
    await mine(1);
    expect(await score()).to.equal(7_494n);
    await settle();
    await mine(1);
    await settle();
    expect(await score()).to.equal(7_594n);
    expect(folders.names("submit/done")).to.have.lengthOf(2);
  });

  it("takes a bundle as recorded if somebody submits it between check and transaction", async () => {
    const bundle = await signed();
    const { service } = await open();
    drop("a", bundle);
    let isPaid = false;
    chain.rpc.policy = async ({ method }) => {
      if (method === "eth_estimateGas" && !isPaid) {
        isPaid = true;
        await submit(tools.chain, bundle, tools.relayer);
      }
      return { kind: "pass" };
    };
    expect(await service.pass()).to.equal(false);
    expect(isPaid).to.equal(true);
    expect(folders.names("submit")).to.deep.equal(["a.json"]);
    expect(await service.pass()).to.equal(true);
    expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
    expect(folders.names("submit/refused")).to.deep.equal([]);
    expect(await transactionsOf(submitter.address)).to.deep.equal({ count: 0, failed: 0 });
  });

  it("records a bundle once if two instances share a folder and a key", async () => {
    const instances = [await open(), await open()];
    drop("a", await signed());
    for (let turn = 0; turn < 4; turn++) await Promise.all(instances.map(({ service }) => service.pass()));
    expect(folders.names("submit/done")).to.contain("a.json");
    expect(folders.names("submit/refused")).to.deep.equal([]);
    expect(await score()).to.equal(7_594n);
  });
});
