// SPDX-License-Identifier: MIT
import { expect } from "chai";
import hre from "hardhat";
import { Problem } from "../../sdk/base/problem";
import type { ChainView } from "../../operator/chain/head";
import { refusalOf, Refusals } from "../../operator/duties/duty";
import type { FeePayments } from "../../operator/duties/payments";
import { DaySpending } from "../../operator/duties/spending";
import { Stopped, Unsettled, type PatientProvider } from "../../operator/rpc";
import { Telemetry } from "../../operator/telemetry";

const DAY = 86_400;

describe("operator: what the duties have in common", () => {
  describe("given something that is refused", () => {
    const START = 1_700_000_000_000;
    const { now } = Date;
    let log: Record<string, unknown>[];
    let telemetry: Telemetry;
    let refusals: Refusals;

    beforeEach(() => {
      log = [];
      telemetry = new Telemetry((line) => log.push(JSON.parse(line) as Record<string, unknown>));
      refusals = new Refusals("fees", telemetry);
      Date.now = () => START;
    });
    afterEach(() => {
      Date.now = now;
    });
    const count = () => telemetry.get("refused", { duty: "fees" });
    const told = () => log.map(({ level, event, duty, name, reason }) => ({ level, event, duty, name, reason }));
    const entry = (name: string, reason: string) => ({ level: "warn", event: "refused", duty: "fees", name, reason });

    it("rests for a minute, to the millisecond", () => {
      expect(refusals.isResting("a")).to.equal(false);
      refusals.add("a", "why");
      expect(refusals.isResting("a")).to.equal(true);
      expect(refusals.isResting("b")).to.equal(false);
      Date.now = () => START + 59_999;
      expect(refusals.isResting("a")).to.equal(true);
      Date.now = () => START + 60_000;
      expect(refusals.isResting("a")).to.equal(false);
      expect(refusals.reasonFor("a")).to.equal("why");
    });

    it("rests only in the version that was refused", () => {
      refusals.add("a", "why", { version: 1 });
      expect([refusals.isResting("a", 1), refusals.isResting("a", 2), refusals.isResting("a")]).to.deep.equal([
        true,
        false,
        false,
      ]);
    });

    it("is logged once for each reason, by the name that is shown", () => {
      refusals.add("a", "why");
      refusals.add("a", "why");
      refusals.add("a", "other");
      refusals.add("b", "why", { shown: "model b" });
      expect(told()).to.deep.equal([entry("a", "why"), entry("a", "other"), entry("model b", "why")]);
    });

    it("is counted until it is forgotten", () => {
      refusals.add("a", "why");
      refusals.add("b", "why");
      refusals.add("c", "why");
      expect(count()).to.equal(3);
      refusals.delete("a");
      expect(count()).to.equal(2);
      refusals.keep(new Set(["c", "d"]));
      expect(count()).to.equal(1);
      expect(["a", "b", "c", "d"].map((name) => refusals.reasonFor(name))).to.deep.equal([
        undefined,
        undefined,
        "why",
        undefined,
      ]);
    });
  });

  describe("given an error", () => {
    const reasonOf = async (error: unknown) => refusalOf(hre, error);
    const thrownFor = async (error: unknown) =>
      reasonOf(error).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );

    it("names a problem by its message", async () => {
      expect(await reasonOf(new Problem("CONFLICT", "a differs from b."))).to.deep.equal({
        name: "Problem",
        reason: "a differs from b.",
        args: {},
      });
    });

    it("says that a revert without data has no reason", async () => {
      const error = Object.assign(new Error("reverted"), { code: "CALL_EXCEPTION", data: null });
      expect(await reasonOf(error)).to.deep.equal({ name: "", reason: "refused on chain, without a reason", args: {} });
    });

    it("says what else failed", async () => {
      expect(await reasonOf(new Error("no such thing"))).to.deep.equal({
        name: "",
        reason: "it failed: no such thing",
        args: {},
      });
    });

    it("throws the end of the service on", async () => {
      const stopped = new Stopped();
      expect(await thrownFor(stopped)).to.equal(stopped);
    });
  });

  describe("given the blocks of a day", () => {
    /** Times of the blocks by number, whatever the spending asks for, and the blocks that it has asked for. */
    function spendingOn(times: (number | undefined)[], fromBlock = 0) {
      const asked: number[] = [];
      const provider = {
        blockAt(number: number) {
          asked.push(number);
          const timestamp = times[number];
          return Promise.resolve(timestamp === undefined ? null : { timestamp });
        },
      } as unknown as PatientProvider;
      const payments = { spentFrom: (first: number) => BigInt(first) } as unknown as FeePayments;
      const spending = new DaySpending(provider, payments, fromBlock);
      const view = (confirmed: number, time: number, final = -1) =>
        ({ confirmed, final, time: BigInt(time) }) as ChainView;
      return {
        asked,
        times,
        /** The first block from which spending counts; a payment of each block's number stands for it. */
        firstAt: async (confirmed: number, time: number, final?: number) =>
          Number(await spending.read(view(confirmed, time, final))),
      };
    }

    it("counts from the first block at 00:00 UTC on", async () => {
      const { firstAt } = spendingOn([0, DAY - 1, DAY, DAY + 1, DAY + 2]);
      expect(await firstAt(4, DAY + 2)).to.equal(2);
    });

    it("counts from the block after the confirmed one while that is of the day before", async () => {
      const { firstAt } = spendingOn([0, 1, 2, DAY]);
      expect(await firstAt(2, DAY)).to.equal(3);
    });

    it("counts from no earlier block than the first that the service reads", async () => {
      const { firstAt, asked } = spendingOn([DAY, DAY + 1, DAY + 2, DAY + 3, DAY + 4], 3);
      expect(await firstAt(4, DAY + 4)).to.equal(3);
      expect(asked.every((number) => number >= 3)).to.equal(true);
    });

    it("counts from the block after the confirmed one if that comes before the first that the service reads", async () => {
      const { firstAt, asked } = spendingOn([DAY, DAY + 1], 9);
      expect(await firstAt(1, DAY + 1)).to.equal(2);
      expect(asked).to.deep.equal([]);
    });

    it("asks for no block again once the first of the day is final", async () => {
      const { firstAt, asked } = spendingOn([0, DAY, DAY + 1, DAY + 2]);
      await firstAt(3, DAY + 2, 1);
      asked.length = 0;
      expect(await firstAt(3, DAY + 3, 1)).to.equal(1);
      expect(asked).to.deep.equal([]);
    });

    it("asks for the first block of the day and the one before it until it is final", async () => {
      const { firstAt, asked } = spendingOn([0, DAY, DAY + 1, DAY + 2]);
      await firstAt(3, DAY + 2, 0);
      asked.length = 0;
      expect(await firstAt(3, DAY + 3, 0)).to.equal(1);
      expect(asked).to.deep.equal([0, 1]);
    });

    it("finds another first block if a reorganisation has moved the beginning of the day forward", async () => {
      const { firstAt, times } = spendingOn([0, 1, DAY, DAY + 1]);
      expect(await firstAt(3, DAY + 1)).to.equal(2);
      times[2] = DAY - 1;
      expect(await firstAt(3, DAY + 1)).to.equal(3);
    });

    it("finds another first block if a reorganisation has moved the beginning of the day back", async () => {
      const { firstAt, times } = spendingOn([0, 1, DAY, DAY + 1]);
      expect(await firstAt(3, DAY + 1)).to.equal(2);
      times[1] = DAY;
      expect(await firstAt(3, DAY + 1)).to.equal(1);
    });

    it("finds the first block again if the node lacks the one that it was", async () => {
      const { firstAt, times } = spendingOn([0, 1, 2, DAY]);
      expect(await firstAt(3, DAY)).to.equal(3);
      times[3] = undefined;
      expect(await firstAt(2, DAY)).to.equal(3);
      times[1] = DAY;
      expect(await firstAt(2, DAY)).to.equal(1);
    });

    it("finds the first block of the next day", async () => {
      const { firstAt } = spendingOn([0, DAY, DAY + 1, 2 * DAY]);
      expect(await firstAt(2, DAY + 1, 2)).to.equal(1);
      expect(await firstAt(3, 2 * DAY, 3)).to.equal(3);
    });

    it("says which block the node lacks", async () => {
      const { firstAt } = spendingOn([0, undefined, DAY]);
      const error: unknown = await firstAt(2, DAY).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(Unsettled);
      expect((error as Error).message).to.equal(
        "the node has had block 2, and has not got block 1: a node behind the address lags, or the chain is being reorganised",
      );
    });
  });
});
