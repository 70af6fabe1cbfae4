// SPDX-License-Identifier: MIT
import { loadFixture, mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, parseUnits } from "ethers";
import hre from "hardhat";
import type { IERC20Metadata, UsageFeeRouter } from "../../.build/typechain";
import type { SpendingLimits } from "../../operator/duties/feeBatch";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import { DAY } from "../../scripts/dev/world/units";
import type { Tools } from "../sdk/statements/support";
import { deployMarkets, FUNDS, payer } from "./markets.support";
import { openService, useChain, useFolders } from "./support";

const usdc = (amount: string) => parseUnits(amount, 6);

describe("operator: spending limits of the duty fees @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;
  let router: UsageFeeRouter;
  let reserve: IERC20Metadata;

  beforeEach(async () => {
    ({ tools, router, reserve } = await loadFixture(deployMarkets));
    chain.rpc.policy = healthy;
    await toMidnight();
  });
  afterEach(async () => {
    await hre.network.provider.send("evm_setAutomine", [true]);
  });

  const open = async (spending: SpendingLimits, limits: object = {}) =>
    openService(tools, chain, folders, { duties: ["fees"], spending, ...limits });
  const drop = (record: { id: string; model?: string; amount?: string; calls?: number }) =>
    folders.write(`fees/${record.id}.json`, { model: "paid", ...record });
  const spent = async () => FUNDS - (await reserve.balanceOf(payer.address));
  /** The first second of the next UTC day, in a block of its own. */
  const toMidnight = async () => time.increaseTo((BigInt(await time.latest()) / DAY + 1n) * DAY);

  describe("given a limit for each record", () => {
    it("pays a record that costs the limit, and refuses by name one that costs a unit more", async () => {
      const { settle, events, telemetry } = await open({ perRecord: usdc("10") });
      drop({ id: "a", amount: "10.000001" });
      drop({ id: "b", amount: "10" });
      await settle();
      await settle();

      expect(await spent()).to.equal(usdc("10"));
      expect(folders.names("fees")).to.deep.equal(["a.json"]);
      expect(events("refused").map(({ name, reason }) => [name, reason])).to.deep.equal([
        ["a.json", "it costs 10.000001 USDC, more than the 10 that a record may: raise mostPerRecord, or remove it"],
      ]);
      expect(telemetry.get("refused", { duty: "fees" })).to.equal(1);
    });

    it("counts calls at their price", async () => {
      const { settle, events } = await open({ perRecord: usdc("10") });
      drop({ id: "a", calls: 4_000 });
      drop({ id: "b", calls: 4_001 });
      drop({ id: "c", calls: 4_000 });
      await settle();

      expect(await spent()).to.equal(usdc("20"));
      expect(folders.names("fees")).to.deep.equal(["b.json"]);
      expect(events("refused").map(({ name, reason }) => [name, reason])).to.deep.equal([
        ["b.json", "it costs 10.0025 USDC, more than the 10 that a record may: raise mostPerRecord, or remove it"],
      ]);
    });
  });

  describe("given a limit for each day", () => {
    it("spends it to the last unit, names the record that waits, and pays that one from 00:00 UTC on", async () => {
      const { settle, events, telemetry } = await open({ perDay: usdc("10") });
      drop({ id: "a", amount: "9.999999" });
      drop({ id: "b", amount: "0.000002" });
      drop({ id: "c", amount: "0.000001" });
      await settle();
      await settle();

      expect(await spent()).to.equal(usdc("10"));
      expect(folders.names("fees")).to.deep.equal(["b.json"]);
      expect(events("limit of the day reached").map(({ level, reason }) => [level, reason])).to.deep.equal([
        ["warn", "10 of 10 USDC are left until 00:00 UTC, due are 0.000002 for b"],
        ["warn", "0 of 10 USDC are left until 00:00 UTC, due are 0.000002 for b"],
      ]);
      expect(telemetry.get("spent_today_usdc")).to.equal(10);
      expect(telemetry.get("refused", { duty: "fees" })).to.equal(0);

      const midnight = (BigInt(await time.latest()) / DAY + 1n) * DAY;
      await time.increaseTo(midnight - 1n);
      await settle();
      expect(folders.names("fees")).to.deep.equal(["b.json"]);
      await time.increaseTo(midnight);
      await settle();
      expect(await spent()).to.equal(usdc("10.000002"));
      expect(folders.names("fees")).to.deep.equal([]);
    });

    it("counts what was spent before the service started, whoever used the key", async () => {
      const account = await hre.ethers.getSigner(payer.address);
      await router.connect(account).depositFee(id("other"), usdc("4"));
      const first = await open({ perDay: usdc("10") });
      drop({ id: "a", amount: "3" });
      await first.settle();

      const second = await open({ perDay: usdc("10") });
      drop({ id: "b", amount: "3.000001" });
      drop({ id: "c", calls: 1_200 });
      await second.settle();
      expect(await spent()).to.equal(usdc("10"));
      expect(folders.names("fees")).to.deep.equal(["b.json"]);
    });

    it("starts each day with the whole limit, whatever was spent on the day before", async () => {
      const { settle } = await open({ perDay: usdc("10") });
      drop({ id: "a", amount: "10" });
      await settle();
      await toMidnight();
      drop({ id: "b", amount: "10" });
      await settle();
      expect(await spent()).to.equal(usdc("20"));
    });

    it("stays within the limit after a reorganisation has undone a payment", async () => {
      const { settle, service } = await open({ perDay: usdc("10") });
      const snapshot = await hre.network.provider.send("evm_snapshot", []);
      drop({ id: "a", amount: "6" });
      await settle();
      await hre.network.provider.send("evm_revert", [snapshot]);
      await mine(3, { interval: 7 });
      expect(await spent()).to.equal(0n);
      drop({ id: "b", amount: "10" });
      await service.pass();
      await settle();
      expect(await spent())
        .to.be.lessThanOrEqual(usdc("10"))
        .and.to.be.greaterThan(0n);
    });

    it("looks for the day's first block once, and then only whether that block is still the first", async () => {
      chain.rpc.policy = ({ method, params: [block] }) =>
        method === "eth_getBlockByNumber" && block === "finalized"
          ? { kind: "error", error: { code: -32_000, message: "finalized block not found" } }
          : { kind: "pass" };
      const first = await time.latestBlock(); // mined at midnight
      for (let block = 0; block < 70; block++) await mine(1); // the service looks for logs again further down
      const { service } = await open({ perDay: usdc("10") });
      await service.pass();
      drop({ id: "a", amount: "1", model: "credit-default" }); // has no pool: it waits
      chain.rpc.forget();
      await service.pass();

      const numbers = chain.rpc.requests
        .filter(({ method, params: [block] }) => method === "eth_getBlockByNumber" && /^0x/.test(String(block)))
        .map(({ params: [block] }) => Number(block));
      expect(numbers.filter((number) => number <= first)).to.deep.equal([first - 1, first]);
    });

    it("refuses a record that costs more than the limit of a whole day", async () => {
      const { settle, events } = await open({ perDay: usdc("10") });
      drop({ id: "a", amount: "10.5" });
      await settle();
      expect(events("refused").map(({ name, reason }) => [name, reason])).to.deep.equal([
        ["a.json", "it costs 10.5 USDC, more than the 10 that a day may: raise mostPerDay, or remove it"],
      ]);
    });

    it("stays within the limit when two instances use the same key", async () => {
      const instances = [await open({ perDay: usdc("10") }), await open({ perDay: usdc("10") })];
      for (const name of ["a", "b", "c", "d"]) drop({ id: name, amount: "4" });
      await hre.network.provider.send("evm_setAutomine", [false]);
      for (let turn = 0; turn < 8; turn++) {
        await Promise.all(instances.map(({ service }) => service.pass()));
        await mine(1);
      }
      expect(await spent()).to.equal(usdc("8"));
      expect(folders.names("fees")).to.have.lengthOf(2);
    });

    it("names five of the waiting records, and counts the others", async () => {
      const { settle, events } = await open({ perDay: usdc("10") });
      for (let index = 0; index < 8; index++) drop({ id: `r${index}`, amount: "9" });
      await settle();
      expect(events("limit of the day reached").at(-1)?.["reason"]).to.match(
        /^1 of 10 USDC are left until 00:00 UTC, due are (9 for r\d, ){4}9 for r\d, and 2 more$/,
      );
    });
  });
});
