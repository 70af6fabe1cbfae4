// SPDX-License-Identifier: MIT
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { utimesSync } from "node:fs";
import { id, parseUnits } from "ethers";
import hre from "hardhat";
import type { UsageFeeRouter } from "../../.build/typechain";
import type { SpendingLimits } from "../../operator/duties/feeBatch";
import { healthy } from "../../scripts/dev/world/faultyRpc";
import type { Tools } from "../sdk/statements/support";
import { deployMarkets, payer } from "./markets.support";
import { openService, useChain, useFolders } from "./support";

describe("operator: what the next transaction of the fees pays @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;
  let router: UsageFeeRouter;

  beforeEach(async () => {
    ({ tools, router } = await loadFixture(deployMarkets));
    chain.rpc.policy = healthy;
  });

  const open = async (spending: SpendingLimits = {}) =>
    openService(tools, chain, folders, { duties: ["fees"], spending });
  let age = 0;
  /** Records in the order of their age. */
  const drop = (...records: { id: string; model?: string; amount?: string; calls?: number }[]) => {
    for (const record of records) {
      folders.write(`fees/${record.id}.json`, { model: "paid", ...record });
      const time = new Date(++age * 1_000);
      utimesSync(folders.path("fees", `${record.id}.json`), time, time);
    }
  };
  const sent = ({ events }: Awaited<ReturnType<typeof open>>) => events("sent").map(({ records }) => records);

  describe("given records of amounts and of calls", () => {
    it("pays with the oldest those of its kind, and calls of its model only", async () => {
      const service = await open();
      drop({ id: "a", calls: 1 }, { id: "b", amount: "1" }, { id: "c", calls: 1, model: "other" });
      drop({ id: "d", calls: 1 }, { id: "e", amount: "1", model: "other" });
      await service.settle();
      expect(sent(service)).to.deep.equal([["a", "d"], ["b", "e"], ["c"]]);
    });

    it("pays what costs all that the account has", async () => {
      const service = await open();
      drop({ id: "a", amount: "100000" });
      await service.settle();
      expect(sent(service)).to.deep.equal([["a"]]);
      expect(service.events("funds or allowance too small")).to.deep.equal([]);
    });

    it("leaves out what the account cannot pay together with the older ones", async () => {
      const service = await open();
      drop({ id: "a", amount: "60000" }, { id: "b", amount: "40000.000001" }, { id: "c", amount: "40000" });
      await service.settle();
      expect(sent(service)).to.deep.equal([["a", "c"]]);
      expect(service.events("funds or allowance too small").map(({ reason }) => reason)).to.deep.equal([
        "the router may take 100,000 USDC, due are 40,000.000001 for b",
        "the router may take 0 USDC, due are 40,000.000001 for b",
      ]);
    });

    it("rounds the price of all calls together up, not that of each record", async () => {
      const service = await open({ perDay: parseUnits("0.002501", 6) });
      drop({ id: "a", calls: 1 });
      await service.settle();
      drop({ id: "b", calls: 1 });
      await service.settle();
      expect(sent(service)).to.deep.equal([["a"]]);
      expect(service.events("limit of the day reached").map(({ reason }) => reason)).to.deep.equal([
        "0.000001 of 0.002501 USDC are left until 00:00 UTC, due are 0.0025 for b",
      ]);
    });
  });

  describe("given older records that are refused", () => {
    it("pays a record in the same pass although a whole batch before it is refused", async () => {
      const service = await open();
      drop(...Array.from({ length: 50 }, (_, index) => ({ id: `r${index}`, amount: "1", model: "none" })));
      drop({ id: "a", amount: "1" });
      expect(await service.service.pass()).to.equal(true);
      expect(sent(service)).to.deep.equal([["a"]]);
    });

    it("pays calls of a model in the same pass although those of another one have no price", async () => {
      const service = await open();
      drop({ id: "a", calls: 1, model: "none" }, { id: "b", calls: 1, model: "none" }, { id: "c", calls: 1 });
      expect(await service.service.pass()).to.equal(true);
      expect(sent(service)).to.deep.equal([["c"]]);
    });
  });

  describe("given a router that refuses a deposit in a batch only", () => {
    it("refuses the record, and says so", async () => {
      const service = await open();
      const { selector } = router.interface.getFunction("depositFees");
      chain.rpc.policy = ({ method, params: [call] }) =>
        method === "eth_call" && String((call as { data?: string }).data).startsWith(selector)
          ? { kind: "answer", result: router.interface.encodeFunctionResult("depositFees", [[false]]) }
          : { kind: "pass" };
      drop({ id: "a", amount: "1" });
      expect(await service.service.pass()).to.equal(false);
      expect(service.said()).to.deep.equal([
        {
          level: "warn",
          event: "refused",
          duty: "fees",
          name: "a.json",
          reason: "the router refuses it in a batch",
        },
      ]);
    });
  });

  describe("given a limit of the day", () => {
    it("says that nothing is left if more than the limit was spent", async () => {
      const account = await hre.ethers.getSigner(payer.address);
      await router.connect(account).depositFee(id("paid"), parseUnits("12", 6));
      const service = await open({ perDay: parseUnits("10", 6) });
      drop({ id: "a", amount: "6" });
      await service.settle();
      expect(service.events("limit of the day reached").map(({ reason }) => reason)).to.deep.equal([
        "0 of 10 USDC are left until 00:00 UTC, due are 6 for a",
      ]);
    });

    it("says nothing about the limit again while the same records wait", async () => {
      const service = await open({ perDay: parseUnits("10", 6) });
      drop({ id: "a", amount: "6" }, { id: "b", amount: "6" });
      await service.settle();
      await service.settle();
      expect(sent(service)).to.deep.equal([["a"]]);
      const told = service.said().filter((entry) => (entry as { event: string }).event === "limit of the day reached");
      const entry = { level: "warn", event: "limit of the day reached", duty: "fees" };
      expect(told).to.deep.equal([
        { ...entry, reason: "10 of 10 USDC are left until 00:00 UTC, due are 6 for b" },
        { ...entry, reason: "4 of 10 USDC are left until 00:00 UTC, due are 6 for b" },
      ]);
    });
  });
});
