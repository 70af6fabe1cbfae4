// SPDX-License-Identifier: MIT
import { loadFixture, mine, setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, parseUnits } from "ethers";
import hre from "hardhat";
import { mkdirSync, rmSync, utimesSync } from "node:fs";
import type { IERC20Metadata, UsageFeeRouter } from "../../.build/typechain";
import { readMeteringRecord } from "../../operator/duties/records";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { expectProblem, type Tools } from "../sdk/statements/support";
import { deployMarkets, FUNDS, payer } from "./markets.support";
import { automine, lastHash, LATER, LONG_AGO, openService, OUTBID, unfinal, useChain, useFolders } from "./support";

describe("operator duty fees: what it logs, measures and returns @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;
  let router: UsageFeeRouter;
  let reserve: IERC20Metadata;

  beforeEach(async () => {
    ({ tools, router, reserve } = await loadFixture(deployMarkets));
    chain.rpc.policy = healthy;
  });
  afterEach(async () => {
    await automine(true);
  });

  const open = async (limits: object = {}) => openService(tools, chain, folders, { duties: ["fees"], ...limits });
  const drop = (record: { id: string; model?: string; amount?: string; calls?: number }, name = record.id) =>
    folders.write(`fees/${name}.json`, { model: "paid", ...record });
  const spent = async () => FUNDS - (await reserve.balanceOf(payer.address));
  const requested = (name: string) => chain.rpc.requests.filter(({ method }) => method === name);
  /** Acts while our clock stands still. */
  const at = async (milliseconds: number, action: () => Promise<unknown>) => {
    const { now } = Date;
    try {
      Date.now = () => milliseconds;
      await action();
    } finally {
      Date.now = now;
    }
  };

  describe("given records that can be paid", () => {
    it("logs what it sends and each record that is done, and measures how long the oldest waits", async () => {
      const { service, said, telemetry } = await open();
      drop({ id: "a", amount: "10" });
      drop({ id: "b", amount: "1", model: "other" });
      utimesSync(folders.path("fees", "a.json"), 1_700_000_000.9, 1_700_000_000.9);
      expect(await service.pass()).to.equal(true);
      const hash = await lastHash();
      expect(said()).to.deep.equal([
        { level: "info", event: "sent", duty: "fees", records: ["a", "b"], nonce: 2, hash },
      ]);
      expect(telemetry.get("waiting", { duty: "fees" })).to.equal(2);
      expect(telemetry.get("waiting_since_timestamp_seconds", { duty: "fees" })).to.equal(1_700_000_000);

      expect(await service.pass()).to.equal(true);
      expect(said()).to.deep.equal([
        { level: "info", event: "done", duty: "fees", record: "a", model: "paid", hash },
        { level: "info", event: "done", duty: "fees", record: "b", model: "other", hash },
      ]);
      expect(folders.json("fees/done/a.result.json")).to.deep.equal({ id: "a", model: "paid", transaction: hash });
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([]);
      expect(telemetry.get("waiting", { duty: "fees" })).to.equal(0);
      expect(telemetry.get("waiting_since_timestamp_seconds", { duty: "fees" })).to.equal(0);
      expect(telemetry.get("actions_total", { duty: "fees", result: "reverted" })).to.equal(0);
    });

    for (const [what, due] of [
      ["amounts", { amount: "1" }],
      ["calls", { calls: 1_000 }],
    ] as const) {
      it(`pays at most 50 records of ${what} in a transaction`, async () => {
        const { settle, events } = await open();
        for (let index = 0; index < 51; index++) drop({ id: `r${String(index).padStart(2, "0")}`, ...due });
        await settle();
        expect(events("sent").map(({ records }) => (records as string[]).length)).to.deep.equal([50, 1]);
        expect(folders.names("fees")).to.deep.equal([]);
      });
    }

    it("pays as many calls in a transaction as the router takes, to the last one", async () => {
      const mint = await hre.ethers.getContractAt("ReserveTokenMock", await reserve.getAddress());
      await mint.mint(payer.address, parseUnits("5000000000000", 6));
      const { settle, events } = await open();
      drop({ id: "a", calls: 1e15 - 1 });
      utimesSync(folders.path("fees", "a.json"), LONG_AGO, LONG_AGO);
      drop({ id: "b", calls: 1 });
      utimesSync(folders.path("fees", "b.json"), new Date(1_000), new Date(1_000));
      drop({ id: "c", calls: 1 });
      await settle();
      expect(events("sent").map(({ records }) => records)).to.deep.equal([["a", "b"], ["c"]]);
    });

    it("moves when a record that was paid before is posted again", async () => {
      const { service, settle } = await open();
      drop({ id: "a", amount: "1" });
      await settle();
      drop({ id: "a", amount: "1" });
      expect(await service.pass()).to.equal(true);
      expect(await service.pass()).to.equal(false);
      expect(folders.names("fees/done")).to.include("a.2.json");
    });

    it("reads another file of the same name and time", async () => {
      const { settle } = await open();
      drop({ id: "a", amount: "100001" });
      utimesSync(folders.path("fees", "a.json"), LONG_AGO, LONG_AGO);
      await settle();
      rmSync(folders.path("fees", "a.json"));
      drop({ id: "b", amount: "1" });
      await settle();
      drop({ id: "a", amount: "2" });
      utimesSync(folders.path("fees", "a.json"), LONG_AGO, LONG_AGO);
      await settle();
      expect(await spent()).to.equal(3_000_000n);
    });

    it("reads a file again when it was written again", async () => {
      const { settle } = await open();
      drop({ id: "a", amount: "100001" });
      utimesSync(folders.path("fees", "a.json"), LONG_AGO, LONG_AGO);
      await settle();
      drop({ id: "a", amount: "2" });
      utimesSync(folders.path("fees", "a.json"), new Date(1_000), new Date(1_000));
      await settle();
      expect(await spent()).to.equal(2_000_000n);
    });
  });

  describe("given records that cannot be paid now", () => {
    it("names the records that lack funds once, at most five of them, and again when the others change", async () => {
      const { service, said } = await open();
      for (let index = 0; index < 6; index++) drop({ id: `r${index}`, amount: "100001" });
      for (let index = 0; index < 6; index++)
        utimesSync(folders.path("fees", `r${index}.json`), new Date(index), new Date(index));
      expect(await service.pass()).to.equal(false);
      expect(await service.pass()).to.equal(false);
      const named = [0, 1, 2, 3, 4].map((index) => `100,001 for r${index}`).join(", ");
      const told = (reason: string) => ({
        level: "warn",
        event: "funds or allowance too small",
        duty: "fees",
        reason: `the router may take 100,000 USDC, due are ${reason}`,
      });
      expect(said()).to.deep.equal([told(`${named}, and 1 more`)]);
      rmSync(folders.path("fees", "r5.json"));
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([told(named)]);
      for (let index = 0; index < 5; index++) rmSync(folders.path("fees", `r${index}.json`));
      drop({ id: "z", amount: "1" });
      await service.pass();
      expect((said() as { event: string }[]).map(({ event }) => event)).to.deep.equal(["sent"]);
    });

    it("refuses all records of a model without a pool or a price with the same words, and asks once for each model", async () => {
      const { service, said, telemetry } = await open();
      drop({ id: "a", amount: "1", model: "none" });
      drop({ id: "b", amount: "2", model: "none" });
      drop({ id: "c", calls: 1, model: "none" });
      drop({ id: "d", calls: 2, model: "none" });
      chain.rpc.forget();
      expect(await service.pass()).to.equal(false);
      const refusals = said() as Record<string, string>[];
      expect(refusals.map(({ level, event, duty, name }) => [level, event, duty, name])).to.have.deep.members(
        ["a", "b", "c", "d"].map((name) => ["warn", "refused", "fees", `${name}.json`]),
      );
      const reasonFor = (name: string) => refusals.find((entry) => entry["name"] === `${name}.json`)!["reason"];
      expect(reasonFor("a")).to.match(/^refused on chain: .*PoolNotFound/);
      expect(reasonFor("b")).to.equal(reasonFor("a"));
      expect(reasonFor("c")).to.match(/^refused on chain: /);
      expect(reasonFor("d")).to.equal(reasonFor("c"));
      const selector = router.interface.getFunction("depositFee").selector;
      const asked = requested("eth_call").filter(({ params }) => JSON.stringify(params).includes(selector));
      expect(asked).to.have.lengthOf(1);
      expect(telemetry.get("refused", { duty: "fees" })).to.equal(4);

      chain.rpc.forget();
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([]);
      expect(requested("eth_call").filter(({ params }) => JSON.stringify(params).includes(selector))).to.deep.equal([]);
    });

    it("refuses each record of a transaction that the node refuses, and does not move", async () => {
      const { service, said, telemetry } = await open();
      drop({ id: "a", amount: "1" });
      drop({ id: "b", amount: "2" });
      chain.rpc.policy = ({ method }) =>
        method === "eth_estimateGas"
          ? { kind: "error", error: { code: 3, message: "execution reverted", data: "0x" } }
          : { kind: "pass" };
      expect(await service.pass()).to.equal(false);
      const reason = "refused on chain, without a reason";
      expect(said()).to.deep.equal([
        { level: "warn", event: "refused", duty: "fees", name: "a.json", reason },
        { level: "warn", event: "refused", duty: "fees", name: "b.json", reason },
      ]);
      expect(telemetry.get("refused", { duty: "fees" })).to.equal(2);
      expect(telemetry.get("waiting", { duty: "fees" })).to.equal(2);
    });

    it("says of a malformed record what is wrong, and of an id that was used for another record in which transaction", async () => {
      const { service, settle, said } = await open();
      drop({ id: "a", amount: "10" });
      await settle();
      const hash = await lastHash();
      said();
      drop({ id: "a", amount: "11" });
      expect(await service.pass()).to.equal(true);
      const used = `the id a was paid for another record, in ${hash}.`;
      expect(said()).to.deep.equal([{ level: "warn", event: "refused", duty: "fees", file: "a.json", reason: used }]);
      expect(folders.json("fees/refused/a.result.json")).to.deep.equal({ reason: used });
      folders.write("fees/b.json", "{}");
      utimesSync(folders.path("fees", "b.json"), LATER, LATER);
      expect(await service.pass()).to.equal(false);
      utimesSync(folders.path("fees", "b.json"), LONG_AGO, LONG_AGO);
      expect(await service.pass()).to.equal(true);
      expect((said() as { file: string }[]).map(({ file }) => file)).to.deep.equal(["b.json"]);
    });

    it("does not move because of a file that cannot be read", async () => {
      const { service, said } = await open();
      mkdirSync(folders.path("fees", "x.json"));
      expect(await service.pass()).to.equal(false);
      const reason = "x.json cannot be read (EISDIR): put a file there that this service may read, or remove it.";
      expect(said()).to.deep.equal([{ level: "warn", event: "refused", duty: "fees", name: "x.json", reason }]);
    });

    it("keeps a record whose id was paid for another until that payment is final, and does not move", async () => {
      chain.rpc.policy = unfinal;
      const { service, settle, said } = await open();
      drop({ id: "a", amount: "10" });
      await settle();
      const reason = `the id a was paid for another record, in ${await lastHash()}.`;
      said();
      drop({ id: "a", amount: "11" });
      expect(await service.pass()).to.equal(false);
      expect(await service.pass()).to.equal(false);
      expect(said()).to.deep.equal([{ level: "warn", event: "refused", duty: "fees", name: "a.json", reason }]);
      expect(folders.names("fees")).to.deep.equal(["a.json"]);
    });
  });

  describe("given a transaction that pays nothing", () => {
    it("logs that its nonce was used by another transaction, and pays the record with the next", async () => {
      const { service, settle, said, telemetry } = await open();
      drop({ id: "a", amount: "10" });
      await automine(false);
      await service.pass();
      expect(await service.pass()).to.equal(false);
      said();
      const account = await hre.ethers.getSigner(payer.address);
      await account.sendTransaction({ to: account, nonce: 2, ...OUTBID });
      await mine(1);
      await automine(true);
      await settle();
      const hash = await lastHash();
      expect(said()).to.deep.equal([
        { level: "warn", event: "nonce used by another transaction", account: payer.address, nonce: 2 },
        { level: "warn", event: "lost", duty: "fees", nonce: 2 },
        { level: "info", event: "sent", duty: "fees", records: ["a"], nonce: 3, hash },
        { level: "info", event: "done", duty: "fees", record: "a", model: "paid", hash },
      ]);
      expect(telemetry.get("actions_total", { duty: "fees", result: "lost" })).to.equal(1);
    });

    it("logs that it was reverted, and pays the record with the next nonce", async () => {
      const { service, said, telemetry } = await open();
      drop({ id: "a", calls: 1_000 });
      await automine(false);
      await service.pass();
      said();
      await tools.registry.connect(tools.governor).setPricePerThousandCalls(id("paid"), 5_000_000n, OUTBID);
      await automine(true);
      await mine(1);
      expect(await service.pass()).to.equal(true);
      expect(said()).to.deep.equal([
        { level: "warn", event: "reverted", duty: "fees", nonce: 2 },
        { level: "info", event: "sent", duty: "fees", records: ["a"], nonce: 3, hash: await lastHash() },
      ]);
      expect(telemetry.get("actions_total", { duty: "fees", result: "reverted" })).to.equal(1);
      expect(await spent()).to.equal(5_000_000n);
    });

    it("pays the records with the next nonce if each of their deposits has failed on chain", async () => {
      const { service, settle, said } = await open();
      drop({ id: "a", amount: "10" });
      drop({ id: "b", amount: "20" });
      await automine(false);
      await service.pass();
      said();
      const taker = await hre.ethers.getImpersonatedSigner(await router.getAddress());
      await setBalance(taker.address, 10n ** 20n);
      await reserve.connect(taker).transferFrom(payer.address, tools.alice, FUNDS, OUTBID);
      await automine(true);
      await mine(1);
      await settle();
      expect(said()).to.deep.equal([
        {
          level: "warn",
          event: "funds or allowance too small",
          duty: "fees",
          reason: "the router may take 0 USDC, due are 10 for a, 20 for b",
        },
      ]);
      const mint = await hre.ethers.getContractAt("ReserveTokenMock", await reserve.getAddress());
      await mint.mint(payer.address, FUNDS);
      await settle();
      expect(await spent()).to.equal(30_000_000n);
      expect(folders.names("fees/done")).to.have.lengthOf(4);

      await (await open()).settle(); // after a restart
      expect(await spent()).to.equal(30_000_000n);
    });
  });

  describe("given the chain's account of what was paid", () => {
    it("pays nothing while the node does not tell what has used a nonce of its account", async () => {
      const account = await hre.ethers.getSigner(payer.address);
      await account.sendTransaction({ to: account, value: 0n });
      const { service, said } = await open();
      drop({ id: "a", amount: "10" });
      chain.rpc.policy = ({ method, params }) =>
        method === "eth_getBlockByNumber" && params[1] === true
          ? { kind: "edit", edit: (block) => ({ ...(block as object), transactions: [] }) }
          : { kind: "pass" };
      expect(await service.pass()).to.equal(false);
      const reason =
        `the node does not tell what has used nonce 0 of ${payer.address}: ` +
        "a node behind the address lags, or the chain is being reorganised";
      expect(said()).to.deep.equal([{ level: "warn", event: "pass not finished", duty: "fees", reason }]);
      expect(await spent()).to.equal(0n);
    });

    it("pays nothing before the logs are read", async () => {
      const { service, events } = await open();
      drop({ id: "a", amount: "10" });
      chain.rpc.policy = ({ method, params: [block] }) =>
        method === "eth_getBlockByNumber" && /^0x/.test(String(block))
          ? { kind: "answer", result: null }
          : { kind: "pass" };
      expect(await service.pass()).to.equal(false);
      expect(events("sent")).to.deep.equal([]);
    });

    it("moves malformed files out of the way while the payment of another process is not confirmed", async () => {
      await mine(3);
      const first = await open({ confirmations: 3 });
      drop({ id: "a", amount: "10" });
      await first.service.pass();
      const { service, events } = await open({ confirmations: 3 });
      expect(await service.pass()).to.equal(false);
      folders.write("fees/b.json", "{}");
      utimesSync(folders.path("fees", "b.json"), LONG_AGO, LONG_AGO);
      expect(await service.pass()).to.equal(true);
      expect(events("refused").map(({ file }) => file)).to.deep.equal(["b.json"]);
      expect(events("sent")).to.deep.equal([]);
    });

    it("measures what was spent today while nothing waits, once in more than a minute", async () => {
      const { service, telemetry } = await open();
      const account = await hre.ethers.getSigner(payer.address);
      const start = Date.now();
      await router.connect(account).depositFee(id("paid"), 4_500_000n);
      await at(start, async () => service.pass());
      expect(telemetry.get("spent_today_usdc")).to.equal(4.5);
      await router.connect(account).depositFee(id("paid"), 1_000_000n);
      await at(start + 60_000, async () => service.pass());
      expect(telemetry.get("spent_today_usdc")).to.equal(4.5);
      await at(start + 60_001, async () => service.pass());
      expect(telemetry.get("spent_today_usdc")).to.equal(5.5);
    });
  });

  describe("given a metering record that is not right", () => {
    const id64 = "1 to 64 characters of A-Z a-z 0-9 . _ -";
    it("says that it has none or both of calls and amount", async () => {
      await expectProblem(
        () => readMeteringRecord("r.json", { id: "a", model: "m" }),
        "r.json: r.json has none of calls and amount, expected one.",
      );
      await expectProblem(
        () => readMeteringRecord("r.json", { id: "a", model: "m", calls: 1, amount: "1" }),
        "r.json: r.json has both of calls and amount, expected one; amount is unknown, expected one of id, model, calls.",
      );
      await expectProblem(
        () => readMeteringRecord("r.json", { id: "", model: "m", calls: 1 }),
        `r.json: id is "", expected ${id64}.`,
      );
    });
  });
});
