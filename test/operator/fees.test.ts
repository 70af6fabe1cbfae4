// SPDX-License-Identifier: MIT
import { loadFixture, mine } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, parseUnits } from "ethers";
import hre from "hardhat";
import { mkdirSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { DUTY_ACCOUNTS } from "../../operator/embedded";
import type { IERC20Metadata, UsageFeeRouter } from "../../.build/typechain";
import { expectProblem, type Tools } from "../sdk/statements/support";
import { formatMeteringRecord, readMeteringRecord } from "../../operator/duties/records";
import { deployMarkets, FUNDS, payer } from "./markets.support";
import { LATER, LONG_AGO, openService, transactionsOf, useChain, useFolders } from "./support";

const FEES = { duties: ["fees"] } as const;

describe("operator duty fees @uninstrumented", () => {
  const chain = useChain();
  const folders = useFolders();
  let tools: Tools;
  let router: UsageFeeRouter;
  let reserve: IERC20Metadata;

  beforeEach(async () => {
    ({ tools, router, reserve } = await loadFixture(deployMarkets));
    chain.rpc.policy = () => ({ kind: "pass" });
  });
  afterEach(async () => {
    await hre.network.provider.send("evm_setAutomine", [true]);
  });

  const open = async (limits: object = {}, places = folders) =>
    openService(tools, chain, places, { ...FEES, ...limits });
  const drop = (record: { id: string; model?: string; amount?: string; calls?: number }, name = record.id) =>
    folders.write(`fees/${name}.json`, { model: "paid", ...record });
  const spent = async () => FUNDS - (await reserve.balanceOf(payer.address));
  const sent = async () => (await transactionsOf(payer.address)).count - 2; // the fixture's mint and approval
  const reasonOf = (name: string) => folders.json(`fees/refused/${name}.result.json`)["reason"];

  describe("given the largest deposit that a pool can take without harm", () => {
    it("warns about a lump, names its size and what it lets a buyer take, and deposits it", async () => {
      const { settle, events, telemetry } = await open();
      drop({ id: "a", amount: "600" });
      drop({ id: "b", amount: "400" });
      await settle();

      const [told, ...more] = events("lump of fees");
      expect(more).to.deep.equal([]);
      expect(told).to.include({
        level: "warn",
        duty: "fees",
        model: "paid",
        deposit: "500",
        streams: "500",
        breakEven: "126.397624",
        harmless: "12.054216",
        reason:
          "whoever buys now for 10,880.878938 USDC and sells in a day takes 355.714953 USDC: post smaller records, more often",
      });
      expect(telemetry.get("fee_lumps_total")).to.equal(1);
      expect(folders.names("fees/done")).to.have.lengthOf(4);
    });

    it("counts what is still streaming, and the price of calls", async () => {
      const { settle, events } = await open();
      drop({ id: "a", amount: "200" });
      await settle();
      expect(events("lump of fees")).to.deep.equal([]);
      drop({ id: "b", calls: 60_000 });
      await settle();
      expect(events("lump of fees").map(({ deposit }) => deposit)).to.deep.equal(["75"]);
    });

    it("does not warn about small deposits, or while buying is paused", async () => {
      const { settle, events } = await open();
      drop({ id: "a", amount: "50" });
      await settle();
      await tools.factory.connect(tools.guardian).pauseBuys(id("paid"), 3_600n);
      drop({ id: "b", amount: "5000" });
      await settle();
      expect(events("lump of fees")).to.deep.equal([]);
      expect(folders.names("fees/done")).to.have.lengthOf(4);
    });
  });

  describe("given records that can be paid", () => {
    it("pays records of several models in one transaction, and each record once", async () => {
      const { settle, telemetry } = await open();
      drop({ id: "a", amount: "10" });
      drop({ id: "b", amount: "20.5", model: "other" });
      drop({ id: "c", amount: "0.000001" });
      await settle();
      await settle();

      expect(await spent()).to.equal(30_500_001n);
      expect(await sent()).to.equal(1);
      expect(folders.names("fees")).to.deep.equal([]);
      const transactions = ["a", "b", "c"].map((name) => folders.json(`fees/done/${name}.result.json`)["transaction"]);
      expect(new Set(transactions).size).to.equal(1);
      const deposits = await router.queryFilter(router.filters.FeeDeposited());
      expect(
        deposits.map(({ args }) => [args.model, args.infrastructureAmount + args.poolAmount]),
      ).to.have.deep.members([
        [id("paid"), 10_000_000n],
        [id("other"), 20_500_000n],
        [id("paid"), 1n],
      ]);
      expect(telemetry.get("actions_total", { duty: "fees", result: "done" })).to.equal(3);
    });

    it("pays for all calls of a model together, at the price of the model", async () => {
      const { settle } = await open();
      drop({ id: "a", calls: 1_000 });
      drop({ id: "b", calls: 2_001 });
      drop({ id: "c", calls: 5, model: "other" });
      await settle();

      const payments = await router.queryFilter(router.filters.CallsPaid());
      expect(payments.map(({ args }) => [args.model, args.calls, args.amount])).to.deep.equal([
        [id("paid"), 3_001n, 7_502_500n],
        [id("other"), 5n, 12_500n],
      ]);
      expect(await spent()).to.equal(7_515_000n);
      expect(folders.names("fees/done")).to.have.lengthOf(6);
    });
  });

  describe("given more records than a transaction takes", () => {
    for (const [what, due] of [
      ["of amounts", { amount: "1" }],
      ["of calls", { calls: 1_000 }],
    ] as const) {
      it(`pays the 50 oldest ${what} in one transaction, and the next in another`, async () => {
        const { service, settle, events } = await open();
        for (let index = 10; index < 61; index++) {
          drop({ id: `r${index}`, ...due });
          utimesSync(folders.path("fees", `r${index}.json`), index, index);
        }
        expect(await service.pass()).to.equal(true);
        await settle();

        const names = Array.from({ length: 51 }, (_, index) => `r${index + 10}`);
        expect(events("sent").map(({ records }) => records)).to.deep.equal([names.slice(0, 50), ["r60"]]);
        expect(folders.names("fees/done")).to.have.length(102);
      });
    }

    it("pays at most 10^15 calls in one transaction", async () => {
      const account = await hre.ethers.getSigner(payer.address);
      const mock = await hre.ethers.getContractAt("ReserveTokenMock", reserve);
      await mock.mint(account, parseUnits("3000000000000", 6));
      const { settle, events } = await open();
      [1e15 - 1, 2, 1].forEach((calls, index) => {
        drop({ id: `r${index}`, calls });
        utimesSync(folders.path("fees", `r${index}.json`), index + 1, index + 1);
      });
      await settle();

      expect(events("sent").map(({ records }) => records)).to.deep.equal([["r0", "r2"], ["r1"]]);
    });
  });

  it("publishes since when the oldest record waits", async () => {
    const { service, settle, telemetry } = await open();
    const since = () => telemetry.get("waiting_since_timestamp_seconds", { duty: "fees" });
    drop({ id: "a", amount: "1", model: "credit-default" });
    drop({ id: "b", amount: "1", model: "credit-default" });
    utimesSync(folders.path("fees", "a.json"), 1_700_000_001, 1_700_000_001.9);
    utimesSync(folders.path("fees", "b.json"), 1_700_000_000, 1_700_000_000.9);
    await service.pass();
    expect([since(), telemetry.get("waiting", { duty: "fees" })]).to.deep.equal([1_700_000_000, 2]);

    for (const name of ["a", "b"]) rmSync(folders.path("fees", `${name}.json`));
    await settle();
    expect([since(), telemetry.get("waiting", { duty: "fees" })]).to.deep.equal([0, 0]);
  });

  describe("given a record that is posted again", () => {
    it("does not pay a record again after a restart", async () => {
      const { settle } = await open();
      drop({ id: "a", amount: "10" });
      drop({ id: "b", calls: 1_000 });
      await settle();
      const before = await spent();

      const elsewhere = await open();
      drop({ id: "a", amount: "10" });
      drop({ id: "b", calls: 1_000 });
      drop({ id: "c", amount: "1" });
      await elsewhere.settle();
      expect((await spent()) - before).to.equal(1_000_000n);
      expect(folders.names("fees")).to.deep.equal([]);
      expect(folders.names("fees/done")).to.include.members(["a.2.json", "b.2.json", "c.json"]);
    });

    it("refuses a different record under an id that was already paid", async () => {
      const { settle } = await open();
      drop({ id: "a", amount: "10" });
      await settle();
      const { transaction } = folders.json("fees/done/a.result.json");
      drop({ id: "a", amount: "11" });
      drop({ id: "a", amount: "10", model: "other" }, "second");
      drop({ id: "a", calls: 10 }, "third");
      await settle();
      for (const name of ["a", "second", "third"]) {
        expect(reasonOf(name)).to.equal(`the id a was paid for another record, in ${String(transaction)}.`);
      }
      expect(await spent()).to.equal(10_000_000n);
    });

    it("pays one of several files that have the same id", async () => {
      const { settle } = await open();
      drop({ id: "a", amount: "10" });
      drop({ id: "a", amount: "10" }, "again");
      await settle();
      expect(await spent()).to.equal(10_000_000n);
      expect(folders.names("fees/done")).to.have.lengthOf(4);
    });

    it("pays each record once between two instances with separate folders", async () => {
      const other = {
        ...folders,
        path: (...names: string[]) => folders.path(...names.map((name) => (name === "fees" ? "fees-2" : name))),
      };
      const instances = [await open(), await open({}, other)];
      const records = Array.from({ length: 7 }, (_, index) => ({ id: `r${index}`, model: "paid", amount: "1" }));
      records.forEach((record) => folders.write(`fees/${record.id}.json`, record));
      [...records].reverse().forEach((record) => folders.write(`fees-2/${record.id}.json`, record));
      await hre.network.provider.send("evm_setAutomine", [false]);
      for (let turn = 0; turn < 8; turn++) {
        await Promise.all(instances.map(({ service }) => service.pass()));
        await mine(1);
      }
      expect(await spent()).to.equal(7_000_000n);
      for (const folder of ["fees", "fees-2"]) expect(folders.names(folder)).to.deep.equal([]);
    });
  });

  describe("given a payment that is not confirmed", () => {
    it("pays once when an earlier process has sent the payment and it is not mined yet", async () => {
      await hre.network.provider.send("evm_setAutomine", [false]);
      drop({ id: "a", amount: "10" });
      const earlier = await open({ confirmations: 2 });
      await earlier.service.pass();
      const later = await open({ confirmations: 2 });
      drop({ id: "b", amount: "1" });
      for (let block = 0; block < 8; block++) {
        await later.service.pass();
        await mine(1);
      }
      expect(await spent()).to.equal(11_000_000n);
      expect(folders.names("fees")).to.deep.equal([]);
    });

    it("does not pay again while the payment of an earlier process is not confirmed", async () => {
      const limits = { confirmations: 3 };
      await mine(3);
      const earlier = await open(limits);
      drop({ id: "a", amount: "10" });
      await earlier.settle();
      expect(await spent()).to.equal(10_000_000n);

      const later = await open(limits);
      for (let block = 0; block < 4; block++) {
        await later.settle();
        await mine(1);
      }
      await later.settle();
      expect(await spent()).to.equal(10_000_000n);
      expect(await sent()).to.equal(1);
      expect(folders.names("fees")).to.deep.equal([]);
    });

    it("pays once when the answer to the transaction is lost", async () => {
      chain.rpc.policy = ({ method, count }) =>
        method === "eth_sendRawTransaction" && count % 2 === 1 ? { kind: "dropAnswer" } : { kind: "pass" };
      const { settle } = await open();
      drop({ id: "a", amount: "10" });
      drop({ id: "b", calls: 1_000 });
      await settle();
      expect(await spent()).to.equal(12_500_000n);
      expect(await sent()).to.equal(2);
    });

    it("sends the next transaction only when the previous one is confirmed", async () => {
      const { settle } = await open({ confirmations: 3 });
      await mine(3);
      drop({ id: "a", amount: "10" });
      await settle();
      drop({ id: "b", amount: "1" });
      await settle();
      await mine(1);
      await settle();
      expect(await sent()).to.equal(1);
      await mine(1);
      await settle();
      expect(await sent()).to.equal(2);
      expect(folders.names("fees")).to.deep.equal(["b.json"]);
      await mine(2);
      await settle();
      expect(folders.names("fees")).to.deep.equal([]);
      expect(await spent()).to.equal(11_000_000n);
    });

    it("pays again what a reorganisation has undone, and nothing else", async () => {
      const { settle } = await open({ confirmations: 2 });
      await mine(2);
      drop({ id: "a", amount: "10" });
      await settle();
      await mine(1);
      await settle();
      expect(folders.names("fees")).to.deep.equal([]);

      const snapshot = await hre.network.provider.send("evm_snapshot", []);
      drop({ id: "b", amount: "1" });
      await settle();
      await hre.network.provider.send("evm_revert", [snapshot]);
      await mine(1, { interval: 13 });
      expect(await spent()).to.equal(10_000_000n);
      await settle();
      await mine(1);
      await settle();
      expect(await spent()).to.equal(11_000_000n);
      expect(folders.names("fees/done")).to.include.members(["a.json", "b.json"]);
    });
  });

  describe("given a record that cannot be paid", () => {
    it("keeps records that lack a pool, a price or funds, and logs what each of them lacks", async () => {
      const { settle, events, telemetry } = await open();
      drop({ id: "a", amount: "1", model: "credit-default" });
      drop({ id: "b", calls: 1, model: "credit-default" });
      drop({ id: "c", amount: "100001" });
      await settle();
      expect(folders.names("fees")).to.have.lengthOf(3);
      expect(events("refused").map(({ name }) => name)).to.have.members(["a.json", "b.json"]);
      expect(
        events("refused")
          .map(({ reason }) => String(reason))
          .join(),
      )
        .to.contain("PoolNotFound")
        .and.to.contain("PriceNotSet");
      expect(events("funds or allowance too small").map(({ reason }) => reason)).to.include(
        "the router may take 100,000 USDC, due are 100,001 for c",
      );
      expect(telemetry.get("refused", { duty: "fees" })).to.equal(2);
      expect(await sent()).to.equal(0);

      drop({ id: "d", amount: "5" });
      await settle();
      expect(await spent()).to.equal(5_000_000n);
    });

    for (const [what, large] of [
      ["an amount", { amount: "1000000" }],
      ["calls", { calls: 1_000_000_000 }],
    ] as const) {
      it(`pays other records past an older one of ${what} that it cannot pay`, async () => {
        const { settle } = await open();
        drop({ id: "typo", ...large });
        utimesSync(folders.path("fees", "typo.json"), LONG_AGO, LONG_AGO);
        drop({ id: "a", amount: "1" });
        drop({ id: "b", amount: "2", model: "other" });
        drop({ id: "c", calls: 1_000 });
        await settle();
        expect(await spent()).to.equal(5_500_000n);
        expect(folders.names("fees")).to.deep.equal(["typo.json"]);
      });
    }

    it("pays other records past a folder with a file's name and past an unreadable file", async () => {
      const { settle, events } = await open();
      mkdirSync(folders.path("fees", "x.json"));
      symlinkSync("y.json", folders.path("fees", "y.json")); // leads to itself
      drop({ id: "a", amount: "10" });
      await settle();
      await settle();
      expect(await spent()).to.equal(10_000_000n);
      expect(events("refused").map(({ name, reason }) => [name, reason])).to.deep.equal([
        ["y.json", "y.json cannot be read (ELOOP): put a file there that this service may read, or remove it."],
        ["x.json", "x.json cannot be read (EISDIR): put a file there that this service may read, or remove it."],
      ]);
      expect(events("pass failed")).to.deep.equal([]);
    });

    it("refuses an invalid record, but only once nobody is writing the file any more", async () => {
      const { settle } = await open();
      folders.write("fees/a.json", { id: "a", model: "paid", amount: "1", calls: 1 });
      utimesSync(folders.path("fees", "a.json"), LATER, LATER);
      await settle();
      expect(folders.names("fees")).to.deep.equal(["a.json"]);
      utimesSync(folders.path("fees", "a.json"), LONG_AGO, LONG_AGO);
      await settle();
      expect(reasonOf("a")).to.equal(
        "a.json: a.json has both of calls and amount, expected one; amount is unknown, expected one of id, model, calls.",
      );
    });
  });

  it("refuses an account that has another duty", async () => {
    await expectProblem(
      () =>
        openService(tools, chain, folders, { duties: ["submit", "fees"], accounts: { submit: DUTY_ACCOUNTS.fees } }),
      `${payer.address} has the duties submit, fees: give fees a key of its own.`,
    );
  });

  describe("given the content of a metering record", () => {
    const read = (content: object) => readMeteringRecord("r", content);
    it("writes a record as it was read", () => {
      for (const content of [
        { id: "a", model: "m", calls: 1e15 },
        { id: "a", model: "m", amount: "1234.567891" },
      ]) {
        const record = read(content);
        expect(JSON.parse(formatMeteringRecord(record))).to.deep.equal(content);
        expect(read(JSON.parse(formatMeteringRecord(record)) as object)).to.deep.equal(record);
      }
    });
    const bounds: [string, object, boolean][] = [
      ["0 calls", { calls: 0 }, false],
      ["1 call", { calls: 1 }, true],
      ["1e15 calls", { calls: 1e15 }, true],
      ["1e15 + 1 calls", { calls: 1e15 + 1 }, false],
      ["an amount of 0", { amount: "0" }, false],
      ["an amount of one unit", { amount: "0.000001" }, true],
      ["an amount below one unit", { amount: "0.0000001" }, false],
      ["an amount of a billion", { amount: "1000000000" }, true],
      ["an amount above a billion", { amount: "1000000000.000001" }, false],
      ["neither calls nor an amount", {}, false],
    ];
    for (const [name, due, isRight] of bounds) {
      it(`${isRight ? "accepts" : "refuses"} ${name}`, () => {
        const reading = () => read({ id: "a", model: "m", ...due });
        if (isRight) expect(reading().id).to.equal("a");
        else expect(reading).to.throw(/^r: .*expected/);
      });
    }
    it("refuses a record without an id and a model", async () => {
      await expectProblem(
        () => read({ calls: 1 }),
        "r: id is missing, expected 1 to 64 characters of A-Z a-z 0-9 . _ -; model is missing, expected 1 to 64 characters of A-Z a-z 0-9 . _ -.",
      );
    });
  });
});
