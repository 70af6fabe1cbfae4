// SPDX-License-Identifier: MIT
import { loadFixture, mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, Transaction } from "ethers";
import hre from "hardhat";
import { mkdirSync, rmSync, utimesSync } from "node:fs";
import { nameOfBundle } from "../../operator/duties/submit";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import { developmentKey } from "../../sdk/base/accounts";
import { formatBundle, type Bundle } from "../../sdk/schemas/bundle";
import { submit } from "../../sdk/statements/submit";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { benchmarkWith, DELTA, improve } from "../../scripts/dev/world/improvements";
import { DAY } from "../../scripts/dev/world/units";
import { attesterKeys, buildMeasured, deployTools, proposed, signedBy, type Tools } from "../sdk/statements/support";
import {
  automine,
  declare,
  LATER,
  openService,
  OUTBID,
  transactionsOf,
  unfinal,
  useChain,
  useFolders,
} from "./support";

const submitter = developmentKey(DUTY_ACCOUNTS.submit);
const [first, second, third] = attesterKeys;

describe("operator duty submit: what it logs, measures and returns @uninstrumented", () => {
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

  const signed = async (overrides: Parameters<typeof proposed>[1] = {}): Promise<Bundle> =>
    signedBy(tools, (await proposed(tools, overrides)).bundle, second!, first!);
  const open = async (limits: object = {}) => openService(tools, chain, folders, { duties: ["submit"], ...limits });
  const drop = (name: string, bundle: Bundle) => folders.write(`submit/${name}.json`, formatBundle(bundle));
  const refused = (file: string, reason: string) => ({
    level: "warn",
    event: "refused",
    duty: "submit",
    file,
    reason,
  });

  describe("given a valid bundle", () => {
    it("logs when it is sent and when it is done, and measures how long the file waits", async () => {
      const { service, said, telemetry } = await open();
      drop("a", await signed());
      utimesSync(folders.path("submit", "a.json"), 1_700_000_000.9, 1_700_000_000.9);
      expect(await service.pass()).to.equal(true);
      const { hash, nonce } = (await hre.ethers.provider.getBlock("latest", true))!.prefetchedTransactions[0]!;
      expect(said()).to.deep.equal([
        { level: "info", event: "sent", duty: "submit", model: "credit-default", nonce, hash },
      ]);
      expect(telemetry.get("waiting", { duty: "submit" })).to.equal(1);
      expect(telemetry.get("waiting_since_timestamp_seconds", { duty: "submit" })).to.equal(1_700_000_000);

      expect(await service.pass()).to.equal(true);
      expect(said()).to.deep.equal([
        { level: "info", event: "done", duty: "submit", model: "credit-default", file: "a.json", hash },
      ]);
      expect(folders.json("submit/done/a.result.json")).to.deep.equal({
        modelId: "credit-default",
        evaluationId: id("first"),
        transaction: hash,
      });
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([]);
      expect(telemetry.get("waiting", { duty: "submit" })).to.equal(0);
      expect(telemetry.get("waiting_since_timestamp_seconds", { duty: "submit" })).to.equal(0);
    });

    it("logs the file of an attestation that is left out", async () => {
      const good = await signedBy(tools, (await proposed(tools)).bundle, second!, third!);
      const stale = await signedBy(tools, (await proposed(tools, { evaluationName: "draft" })).bundle, first!);
      const { service, said } = await open();
      drop("a", { ...good, attestations: [...good.attestations, ...stale.attestations] });
      await service.pass();
      expect(said()[0]).to.deep.equal({
        level: "warn",
        event: "attestations left out",
        duty: "submit",
        file: "a.json",
        leftOut: [{ signer: first!.address, reason: "has not signed this statement" }],
      });
    });

    it("is named after its model and the beginning of its hash when it is posted", async () => {
      const text = formatBundle(await signed());
      expect(nameOfBundle(text)).to.equal(`credit-default-${id(text).slice(2, 18)}.json`);
      expect(() => nameOfBundle("{")).to.throw(/^the bundle is not JSON: /);
    });
  });

  describe("given a bundle that waits for something", () => {
    it("sends a file once while its transaction is in no block, and no other of its model", async () => {
      const { service, events } = await open();
      drop("a", await signed());
      drop("b", await signed({ evaluationName: "second" }));
      await automine(false);
      expect(await service.pass()).to.equal(true);
      expect(await service.pass()).to.equal(false);
      expect(await service.pass()).to.equal(false);
      expect(events("sent")).to.have.lengthOf(1);
      expect(events("refused")).to.deep.equal([]);
    });

    it("says nothing of an improvement of others that is not confirmed yet", async () => {
      await mine(3);
      const bundle = await signed();
      const { service, said } = await open({ confirmations: 3 });
      await service.pass();
      said();
      await submit(tools.chain, bundle, tools.relayer);
      drop("a", bundle);
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([]);
      expect(folders.names("submit")).to.deep.equal(["a.json"]);
    });

    it("keeps a file while the node lacks the receipt of its improvement", async () => {
      const bundle = await signed();
      await submit(tools.chain, bundle, tools.relayer);
      const { service, said } = await open();
      drop("a", bundle);
      chain.rpc.policy = ({ method }) =>
        method === "eth_getTransactionReceipt" ? { kind: "answer", result: null } : { kind: "pass" };
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([]);
      expect(folders.names("submit")).to.deep.equal(["a.json"]);
    });

    it("submits it a minute after improvements were paused, once they are not", async () => {
      const { settle, service } = await open();
      drop("a", await signed());
      await tools.registry.connect(tools.guardian).pauseSubmissions(DAY);
      await settle();
      await tools.registry.connect(tools.admin).resumeSubmissions();
      expect(await service.pass()).to.equal(false);
      const { now } = Date;
      try {
        Date.now = () => now() + 60_001;
        expect(await service.pass()).to.equal(true);
      } finally {
        Date.now = now;
      }
      await settle();
      expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
    });

    it("sends nothing while 16 transactions of its account are in no block", async () => {
      for (let index = 0; index < 16; index++) await declare(tools, folders, `model-${index}`);
      const { service, events } = await open({
        duties: ["pools", "submit"],
        accounts: { submit: DUTY_ACCOUNTS.pools },
      });
      drop("a", await signed());
      await automine(false);
      await service.pass();
      await service.pass();
      expect(events("sent").map(({ duty }) => duty)).to.deep.equal(Array(16).fill("pools"));
    });

    it("says that a pass has changed nothing while a file cannot be read or is being written", async () => {
      const { service, said } = await open();
      mkdirSync(folders.path("submit", "0.json"));
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([
        {
          level: "warn",
          event: "refused",
          duty: "submit",
          name: "0.json",
          reason: "0.json cannot be read (EISDIR): put a file there that this service may read, or remove it.",
        },
      ]);
      folders.write("submit/a.json", "{");
      utimesSync(folders.path("submit", "a.json"), LATER, LATER);
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([]);
    });
  });

  describe("given a bundle that can never pass", () => {
    it("logs the file and the reason, stores the reason, and counts the refusal", async () => {
      const bundle = await signed();
      const { service, said, telemetry } = await open();
      drop("a", { ...bundle, chainId: 1 });
      drop("b", { ...bundle, attestations: bundle.attestations.slice(1) });
      expect(await service.pass()).to.equal(true);
      expect(said()).to.deep.equal([
        refused("a.json", "the statement is for chain 1, hardhat is chain 31337."),
        refused("b.json", "the bundle has 1 of the 2 attestations that are needed."),
      ]);
      expect(folders.json("submit/refused/a.result.json")).to.deep.equal({
        reason: "the statement is for chain 1, hardhat is chain 31337.",
      });
      expect(telemetry.get("actions_total", { duty: "submit", result: "refused" })).to.equal(2);
      expect(telemetry.get("refused", { duty: "submit" })).to.equal(0);
    });

    it("names the chain that it is for, even if its deadline has passed or its evaluation was recorded here", async () => {
      const bundle = await signed();
      await submit(tools.chain, bundle, tools.relayer);
      await time.increaseTo(bundle.statement.deadline + 1n);
      const { service, said } = await open();
      drop("a", { ...bundle, chainId: 1 });
      drop("b", { ...(await signed({ evaluationName: "second" })), chainId: 1 });
      expect(await service.pass()).to.equal(true);
      const reason = "the statement is for chain 1, hardhat is chain 31337.";
      expect(said()).to.deep.equal([refused("a.json", reason), refused("b.json", reason)]);
    });

    it("refuses a bundle whose deadline had passed before it was looked at, and names no other reason", async () => {
      const bundle = await signed();
      const { deadline } = bundle.statement;
      await time.increaseTo(deadline + 1n);
      const { service, said } = await open();
      drop("a", bundle);
      expect(await service.pass()).to.equal(true);
      expect(said()).to.deep.equal([refused("a.json", `the deadline ${deadline} has passed`)]);
    });
  });

  describe("given a bundle that is refused until its deadline", () => {
    const baseline = (bundle: Bundle) => ({
      ...bundle,
      statement: {
        ...bundle.statement,
        evaluation: { ...bundle.statement.evaluation, baselineScore: 7_493n },
      },
    });

    it("logs the reason once, and again with the deadline in the second after it", async () => {
      const bundle = await signed();
      const { deadline } = bundle.statement;
      const { service, said, telemetry } = await open();
      drop("a", baseline(bundle));
      expect(await service.pass()).to.equal(false);
      const [told, ...more] = said() as { reason: string }[];
      expect(more).to.deep.equal([]);
      const reason = told!.reason;
      expect(told).to.deep.equal({ level: "warn", event: "refused", duty: "submit", name: "a.json", reason });
      expect(reason).to.match(/^refused on chain: .*ValueMismatch: field baselineScore, actual 7493, expected 7494/);
      expect(telemetry.get("refused", { duty: "submit" })).to.equal(1);

      await time.increaseTo(deadline);
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([]);
      await time.increaseTo(deadline + 1n);
      expect(await service.pass()).to.equal(true);
      expect(said()).to.deep.equal([refused("a.json", `the deadline ${deadline} has passed; until then: ${reason}`)]);
      expect(telemetry.get("refused", { duty: "submit" })).to.equal(0);
    });

    for (const [what, isRemoved] of [
      ["still names the reason if it was busy with another bundle of the model meanwhile", false],
      ["names no reason of a file of the same name that was removed", true],
    ] as const) {
      it(what, async () => {
        const bundle = await signed();
        const { deadline } = bundle.statement;
        const { service, settle, events } = await open();
        drop("a", baseline(bundle));
        await service.pass();
        const reason = String(events("refused")[0]?.["reason"]);
        drop("b", await signed({ evaluationName: "second", life: 2n * DAY - 60n }));
        await automine(false);
        await service.pass();
        await hre.network.provider.send("hardhat_dropTransaction", [events("sent")[0]?.["hash"]]);
        await time.increaseTo(deadline + 1n);
        expect(await service.pass()).to.equal(false);
        if (isRemoved) {
          rmSync(folders.path("submit", "a.json"));
          await service.pass();
          drop("a", baseline(bundle));
        }
        await automine(true);
        await mine(3);
        await settle();
        await settle();
        const passed = `the deadline ${deadline} has passed`;
        expect(events("refused").at(-1)).to.include({
          file: "a.json",
          reason: isRemoved ? passed : `${passed}; until then: ${reason}`,
        });
        expect(folders.names("submit/done")).to.deep.equal(["b.json", "b.result.json"]);
      });
    }

    it("does not examine it again within a minute", async () => {
      const bundle = await signed();
      const { service, said } = await open();
      drop("a", baseline(bundle));
      await service.pass();
      said();
      chain.rpc.forget();
      expect(await service.pass()).to.equal(false);
      expect(chain.rpc.requests.filter(({ method }) => method === "eth_call")).to.deep.equal([]);
      expect(said()).to.deep.equal([]);
    });
  });

  describe("given a daily limit", () => {
    const setLimit = async (bps: bigint) => tools.registry.connect(tools.admin).setDailyLimit(tools.model.id, bps);

    /** A bundle that has to wait, because 500 basis points were used today; the limit is as much as it needs. */
    async function dropLimited(): Promise<void> {
      await improve(tools, tools.model, { evaluation: { candidateScore: 7_994n } });
      await tools.registry.connect(tools.admin).replaceBenchmark(tools.model.id, await benchmarkWith(tools));
      const measured = await buildMeasured(tools, { candidateScore: 7_494n + DELTA });
      drop("a", await signed({ life: 2n * DAY - 60n, measured }));
      await setLimit(DELTA);
    }

    it("keeps a bundle that needs the whole limit of a day", async () => {
      await dropLimited();
      const { service, events } = await open();
      expect(await service.pass()).to.equal(false);
      expect(String(events("refused")[0]?.["reason"])).to.contain(
        `DailyLimitExceeded: deltaBps ${DELTA}, remainingBps 0, limitBps ${DELTA}`,
      );
      expect(folders.names("submit")).to.deep.equal(["a.json"]);
      expect(folders.names("submit/refused")).to.deep.equal([]);
    });

    it("does not examine it again on the same day, even after a minute", async () => {
      await dropLimited();
      const { service } = await open();
      await service.pass();
      await setLimit(1_000n);
      const { now } = Date;
      try {
        Date.now = () => now() + 60_001;
        expect(await service.pass()).to.equal(false);
      } finally {
        Date.now = now;
      }
      expect(folders.names("submit")).to.deep.equal(["a.json"]);
    });

    it("examines a file of the same name at once if the one that waited was removed", async () => {
      await dropLimited();
      const { settle } = await open();
      await settle();
      const text = JSON.stringify(folders.json("submit/a.json"));
      rmSync(folders.path("submit", "a.json"));
      await settle();
      await setLimit(1_000n);
      folders.write("submit/a.json", text);
      await settle();
      expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
    });
  });

  describe("given an improvement that was recorded", () => {
    it("refuses every bundle of the same evaluation whose statement differs in anything that the chain shows", async () => {
      const bundle = await signed();
      const { statement } = bundle;
      const { evaluation } = statement;
      await submit(tools.chain, bundle, tools.relayer);
      const { hash } = (await hre.ethers.provider.getBlock("latest", true))!.prefetchedTransactions[0]!;
      const { settle, said } = await open();
      const others: [string, Bundle][] = [
        ["baseline", { ...bundle, statement: { ...statement, evaluation: { ...evaluation, baselineScore: 7_493n } } }],
        ["candidate", { ...bundle, statement: { ...statement, evaluation: { ...evaluation, candidateScore: 1n } } }],
        ["data", { ...bundle, statement: { ...statement, contributionDataHash: id("other data") } }],
        ["verifier", { ...bundle, verifier: tools.alice.address }],
      ];
      for (const [name, other] of others) drop(name, other);
      await settle();
      const reason = `the evaluation ${id("first")} was recorded for another statement, in ${hash}.`;
      expect(said()).to.have.deep.members(others.map(([name]) => refused(`${name}.json`, reason)));
      expect(folders.names("submit")).to.deep.equal([]);
    });

    it("keeps a bundle of another statement until the recorded one is final, and says so once", async () => {
      chain.rpc.policy = unfinal;
      const bundle = await signed();
      await submit(tools.chain, bundle, tools.relayer);
      const { hash } = (await hre.ethers.provider.getBlock("latest", true))!.prefetchedTransactions[0]!;
      const { service, said } = await open();
      drop("a", { ...bundle, statement: { ...bundle.statement, contributionDataHash: id("other data") } });
      const reason = `the evaluation ${id("first")} was recorded for another statement, in ${hash}.`;
      expect(await service.pass()).to.equal(false);
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([{ level: "warn", event: "refused", duty: "submit", name: "a.json", reason }]);
      expect(folders.names("submit")).to.deep.equal(["a.json"]);
    });
  });

  describe("given a transaction that does not succeed", () => {
    it("logs that it was reverted because somebody was faster, and takes the bundle as done", async () => {
      const { service, said, telemetry } = await open();
      drop("a", await signed());
      await automine(false);
      chain.rpc.forget();
      await service.pass();
      said();
      const [raw] = chain.rpc.requests.filter(({ method }) => method === "eth_sendRawTransaction");
      const { to, data } = Transaction.from(String(raw!.params[0]));
      const { hash } = await tools.relayer.sendTransaction({ to, data, gasLimit: 2_000_000, ...OUTBID });
      await automine(true);
      await mine(1);
      expect(await service.pass()).to.equal(true);
      expect(said()).to.deep.equal([
        { level: "warn", event: "reverted", duty: "submit", file: "a.json", nonce: 0 },
        { level: "info", event: "done", duty: "submit", model: "credit-default", file: "a.json", hash },
      ]);
      expect(telemetry.get("actions_total", { duty: "submit", result: "reverted" })).to.equal(1);
      expect(await transactionsOf(submitter.address)).to.deep.equal({ count: 1, failed: 1 });
    });

    it("logs that its nonce was used by another transaction, and submits the bundle again", async () => {
      const { service, settle, said, telemetry } = await open();
      drop("a", await signed());
      await automine(false);
      await service.pass();
      said();
      const account = await hre.ethers.getSigner(submitter.address);
      await account.sendTransaction({ to: account, nonce: 0, ...OUTBID });
      await mine(1);
      await automine(true);
      await settle();
      expect(said().slice(0, 2)).to.deep.equal([
        { level: "warn", event: "nonce used by another transaction", account: submitter.address, nonce: 0 },
        { level: "warn", event: "lost", duty: "submit", file: "a.json", nonce: 0 },
      ]);
      expect(telemetry.get("actions_total", { duty: "submit", result: "lost" })).to.equal(1);
      expect(telemetry.get("actions_total", { duty: "submit", result: "done" })).to.equal(1);
      expect(folders.names("submit/done")).to.deep.equal(["a.json", "a.result.json"]);
    });
  });
});
