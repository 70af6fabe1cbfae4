import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { launchModel } from "../../scripts/dev/world/protocol";
import { DAY, HOUR, TOKEN, USDC } from "../../scripts/dev/world/units";
import {
  fund,
  modelReleased,
  NO_DEADLINE,
  type PoolContext,
  stateOf,
  STREAM_DURATION,
  tradingPool,
} from "./pool.support";

const DEPOSIT = 1_000_000_007n;
const AMOUNT = 100n * USDC;
const TOKENS = 1_000n * TOKEN;
const PAUSE = 2n * HOUR;
const WINDOW = DAY;

/** Seconds at which a number of bits would end, or long after. */
const DATES = {
  "2106-02-06, when 32 bits of seconds end": 2n ** 32n,
  "2149": 5_648_832_000n,
};

describe("HokusaiAMM in the far future", () => {
  // Gives the chain its time back, for fixtures that others make later.
  after(() => loadFixture(tradingPool));

  for (const [date, midnight] of Object.entries(DATES)) {
    describe(`given ${date}`, () => {
      let context: PoolContext;

      beforeEach(async () => {
        context = await loadFixture(tradingPool);
      });

      it("T: streams a deposit over one day", async () => {
        const { pool, bob } = context;
        const { reserve } = await stateOf(pool);
        const at = midnight - HOUR;
        await time.setNextBlockTimestamp(at);

        await expect(pool.connect(bob).depositFees(DEPOSIT))
          .to.emit(pool, "FeesDeposited")
          .withArgs(bob, DEPOSIT, DEPOSIT, at + STREAM_DURATION, reserve);

        for (const elapsed of [0n, HOUR - 1n, HOUR, HOUR + 1n, STREAM_DURATION - 1n, STREAM_DURATION]) {
          if (elapsed > 0n) await time.increaseTo(at + elapsed);
          const released = modelReleased(DEPOSIT, elapsed, STREAM_DURATION);
          expect(await pool.reserve()).to.equal(reserve + released);
          expect(await pool.pendingStream()).to.equal(DEPOSIT - released);
          expect(await pool.streamEnd()).to.equal(elapsed < STREAM_DURATION ? at + STREAM_DURATION : 0n);
        }
      });

      it("T: pauses buys without touching the supply or the stream", async () => {
        const { pool, factory, guardian, alice, bob, id } = context;
        const at = midnight - HOUR;
        await time.setNextBlockTimestamp(at - 1n);
        await pool.connect(bob).depositFees(DEPOSIT);
        const { supply } = await stateOf(pool);

        await time.setNextBlockTimestamp(at);
        await factory.connect(guardian).pauseBuys(id, PAUSE);

        expect(await factory.buysPauseOf(id)).to.deep.equal([at + PAUSE, at + 6n * PAUSE]);
        expect((await stateOf(pool)).supply).to.equal(supply);
        expect(await pool.streamEnd()).to.equal(at - 1n + STREAM_DURATION);
        await time.setNextBlockTimestamp(at + PAUSE - 1n);
        await expect(pool.connect(alice).buy(AMOUNT, 0, alice, NO_DEADLINE))
          .to.be.revertedWithCustomError(pool, "Paused")
          .withArgs(at + PAUSE);
        await time.setNextBlockTimestamp(at + PAUSE);
        await expect(pool.connect(alice).buy(AMOUNT, 0, alice, NO_DEADLINE)).to.emit(pool, "Bought");
      });

      it("T: opens sales of a new pool when its window ends", async () => {
        const { reserveToken, bob } = context;
        await time.increaseTo(midnight - HOUR);
        const { pool } = await launchModel(context, { model: { modelId: "late" }, terms: { ibrDuration: WINDOW } });
        await fund(reserveToken, bob, pool);
        await pool.connect(bob).buyExactOut(TOKENS, TOKENS, AMOUNT, bob, NO_DEADLINE);
        const opensAt = await pool.sellsOpenAt();
        expect(opensAt).to.be.greaterThan(midnight);

        await time.setNextBlockTimestamp(opensAt - 1n);
        await expect(pool.connect(bob).sell(TOKENS, 0, bob, NO_DEADLINE))
          .to.be.revertedWithCustomError(pool, "SellsNotOpen")
          .withArgs(opensAt);
        await time.setNextBlockTimestamp(opensAt);
        await expect(pool.connect(bob).sell(TOKENS, 0, bob, NO_DEADLINE)).to.emit(pool, "Sold");
      });
    });
  }
});
