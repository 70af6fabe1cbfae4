import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { signerOf } from "../../scripts/dev/world/protocol";
import { DAY, field, HOUR, MAX_UINT256, TOKEN, USDC } from "../../scripts/dev/world/units";
import {
  load,
  MAX_RESERVE,
  modelBuy,
  modelReleased,
  modelSell,
  NO_DEADLINE,
  type PoolContext,
  stateOf,
  STREAM_DURATION,
} from "./pool.support";

const DEPOSIT = 1_000_000_007n;
const AMOUNT = 100n * USDC;
const TOKENS = 10_000n * TOKEN;

describe("HokusaiAMM fees", () => {
  let context: PoolContext;

  beforeEach(async () => {
    context = await load.tradingPool();
  });

  /** Deposits in the next second; the second of the deposit. */
  async function deposit(amount = DEPOSIT, delay = 1n) {
    const at = BigInt(await time.latest()) + delay;
    await time.setNextBlockTimestamp(at);
    await context.pool.connect(context.bob).depositFees(amount);
    return at;
  }

  describe("depositFees", () => {
    it("starts a stream of one day, moves no price at once, and emits the deposit", async () => {
      const { pool, reserveToken, bob } = context;
      const state = await stateOf(pool);
      const at = BigInt(await time.latest()) + 1n;
      await time.setNextBlockTimestamp(at);

      const transaction = pool.connect(bob).depositFees(DEPOSIT);

      await expect(transaction)
        .to.emit(pool, "FeesDeposited")
        .withArgs(bob.address, DEPOSIT, DEPOSIT, at + STREAM_DURATION, state.reserve);
      await expect(transaction).to.changeTokenBalances(reserveToken, [bob, pool], [-DEPOSIT, DEPOSIT]);
      expect(await stateOf(pool)).to.deep.equal(state);
      expect(await pool.pendingStream()).to.equal(DEPOSIT);
      expect(await pool.streamEnd()).to.equal(at + STREAM_DURATION);
    });

    for (const elapsed of [1n, 7n, HOUR, DAY / 2n, DAY - 1n]) {
      it(`has released the proportional part after ${elapsed} seconds`, async () => {
        const { pool } = context;
        const { reserve } = await stateOf(pool);
        const fees = await pool.uncollectedFees();
        const at = await deposit();
        await time.increaseTo(at + elapsed);

        const released = modelReleased(DEPOSIT, elapsed, STREAM_DURATION);
        expect(released).to.be.lessThan(DEPOSIT);
        expect(await pool.reserve()).to.equal(reserve + released);
        expect(await pool.pendingStream()).to.equal(DEPOSIT - released);
        expect(await pool.streamEnd()).to.equal(at + STREAM_DURATION);
        expect(await pool.uncollectedFees()).to.equal(fees);
      });
    }

    for (const elapsed of [DAY, DAY + 1n, 400n * DAY]) {
      it(`has released everything after ${elapsed} seconds`, async () => {
        const { pool } = context;
        const { reserve } = await stateOf(pool);
        await time.increaseTo((await deposit()) + elapsed);

        expect(await pool.reserve()).to.equal(reserve + DEPOSIT);
        expect(await pool.pendingStream()).to.equal(0);
        expect(await pool.streamEnd()).to.equal(0);
      });
    }

    it("raises the price as the stream flows", async () => {
      const { pool } = context;
      const at = await deposit();
      let price = await pool.spotPrice();
      for (const elapsed of [HOUR, 2n * HOUR, DAY]) {
        await time.increaseTo(at + elapsed);
        const higher = await pool.spotPrice();
        expect(higher).to.be.greaterThan(price);
        price = higher;
      }
    });

    it("P2: keeps the stream steady through trades, which change neither its amount nor its end", async () => {
      const { pool, alice } = context;
      let state = await stateOf(pool);
      const at = await deposit();
      let seen = 0n;

      /** The state a number of seconds after the deposit, and what is pending then. */
      const advance = (elapsed: bigint) => {
        const released = modelReleased(DEPOSIT, elapsed, STREAM_DURATION);
        state = { ...state, reserve: state.reserve + released - seen };
        seen = released;
        return DEPOSIT - released;
      };

      for (const elapsed of [7n, 5n * HOUR + 11n, 5n * HOUR + 12n, 11n * HOUR, DAY - 1n]) {
        await time.setNextBlockTimestamp(at + elapsed);
        const pending = advance(elapsed);
        if (elapsed % 2n === 0n) {
          const sold = modelSell(state, TOKENS);
          await pool.connect(alice).sell(TOKENS, sold.reserveOut, alice, NO_DEADLINE);
          state = sold.after;
        } else {
          const bought = modelBuy(state, AMOUNT);
          await pool.connect(alice).buy(AMOUNT, bought.tokensOut, alice, NO_DEADLINE);
          state = bought.after;
        }
        expect(await stateOf(pool)).to.deep.equal(state);
        expect(await pool.pendingStream()).to.equal(pending);
        expect(await pool.streamEnd()).to.equal(at + STREAM_DURATION);
      }

      await time.increaseTo(at + STREAM_DURATION);
      expect(advance(STREAM_DURATION)).to.equal(0);
      expect(await stateOf(pool)).to.deep.equal(state);
      expect(await pool.pendingStream()).to.equal(0);
    });

    it("adds a stream that has ended to the reserve only once", async () => {
      const { pool, alice } = context;
      const start = await stateOf(pool);
      await time.increaseTo((await deposit()) + STREAM_DURATION);

      const bought = modelBuy({ ...start, reserve: start.reserve + DEPOSIT }, AMOUNT);
      await pool.connect(alice).buy(AMOUNT, bought.tokensOut, alice, NO_DEADLINE);
      expect(await stateOf(pool)).to.deep.equal(bought.after);
      const again = modelBuy(bought.after, AMOUNT);
      await pool.connect(alice).buy(AMOUNT, again.tokensOut, alice, NO_DEADLINE);
      expect(await stateOf(pool)).to.deep.equal(again.after);
      expect(await pool.pendingStream()).to.equal(0);
      expect(await pool.streamEnd()).to.equal(0);

      const at = await deposit(7n);
      expect(await pool.pendingStream()).to.equal(7n);
      expect(await pool.streamEnd()).to.equal(at + STREAM_DURATION);
      expect(await pool.reserve()).to.equal(again.after.reserve);
    });

    for (const [amount, elapsed] of [
      [DEPOSIT, HOUR],
      [DEPOSIT * 9n, DAY - 1n],
      [3n * USDC, DAY / 2n],
    ] as const) {
      it(`moves the end to the weighted average if ${amount} more arrive after ${elapsed} seconds`, async () => {
        const { pool, bob } = context;
        const { reserve } = await stateOf(pool);
        const at = await deposit();
        const second = at + elapsed;
        await time.setNextBlockTimestamp(second);

        const released = modelReleased(DEPOSIT, elapsed, STREAM_DURATION);
        const pending = DEPOSIT - released;
        const remaining = (pending * (STREAM_DURATION - elapsed) + amount * STREAM_DURATION) / (pending + amount);
        await expect(pool.connect(bob).depositFees(amount))
          .to.emit(pool, "FeesDeposited")
          .withArgs(bob.address, amount, pending + amount, second + remaining, reserve + released);

        const later = second + remaining / 3n;
        await time.increaseTo(later);
        const more = modelReleased(pending + amount, later - second, remaining);
        expect(await pool.reserve()).to.equal(reserve + released + more);
        expect(await pool.pendingStream()).to.equal(pending + amount - more);
      });
    }

    it("does not prolong the stream for dust", async () => {
      const { pool } = context;
      const at = await deposit();
      for (let i = 0; i < 20; i++) await deposit(1n, 60n);
      expect(await pool.streamEnd()).to.equal(at + STREAM_DURATION);
    });

    it("refuses an amount of zero", async () => {
      const { pool, bob } = context;
      await expect(pool.connect(bob).depositFees(0n)).to.be.revertedWithCustomError(pool, "InvalidAmount").withArgs();
    });

    it("P12: lets nobody profit from buying before it and selling after it in one block", async () => {
      const { pool, reserveToken, token, alice, bob } = context;
      const [funds, tokens] = [await reserveToken.balanceOf(alice), await token.balanceOf(alice)];
      const tokensOut = await pool.quoteBuy(AMOUNT);
      await ethers.provider.send("evm_setAutomine", [false]);
      await pool
        .connect(alice)
        .buy(AMOUNT, 0, alice, NO_DEADLINE, { nonce: await alice.getNonce(), gasLimit: 500_000 });
      await pool.connect(bob).depositFees(DEPOSIT, { gasLimit: 500_000 });
      await pool
        .connect(alice)
        .sell(tokensOut, 0, alice, NO_DEADLINE, { nonce: (await alice.getNonce()) + 1, gasLimit: 500_000 });
      await ethers.provider.send("evm_mine");
      await ethers.provider.send("evm_setAutomine", [true]);

      expect(await token.balanceOf(alice)).to.equal(tokens);
      expect(await pool.pendingStream()).to.equal(DEPOSIT);
      expect(await reserveToken.balanceOf(alice)).to.be.lessThan(funds);
    });

    describe("given a deposit at the limit of what the pool can hold", () => {
      beforeEach(async () => {
        const { reserveToken, bob } = context;
        await reserveToken.mint(bob, MAX_RESERVE);
      });

      it("accepts a deposit that fills the pool", async () => {
        const { pool } = context;
        const { reserve } = await stateOf(pool);
        const at = await deposit(MAX_RESERVE - reserve);
        await time.increaseTo(at + STREAM_DURATION);
        expect(await pool.reserve()).to.equal(MAX_RESERVE);
      });

      it("refuses a unit more", async () => {
        const { pool, bob } = context;
        const room = MAX_RESERVE - (await pool.reserve());
        for (const amount of [room + 1n, MAX_UINT256]) {
          await expect(pool.connect(bob).depositFees(amount))
            .to.be.revertedWithCustomError(pool, "OutOfRange")
            .withArgs(field("amount"), amount, 1, room);
        }
      });
    });
  });

  describe("depositFees, called by the fee router", () => {
    let router: HardhatEthersSigner;

    beforeEach(async () => {
      router = await signerOf(await context.feeRouter.getAddress());
    });

    it("streams what the router has sent, like any other deposit", async () => {
      const { pool, reserveToken } = context;
      const [state, fees] = [await stateOf(pool), await pool.uncollectedFees()];
      await reserveToken.mint(pool, DEPOSIT);
      const at = BigInt(await time.latest()) + 1n;
      await time.setNextBlockTimestamp(at);

      const transaction = pool.connect(router).depositFees(DEPOSIT);

      await expect(transaction)
        .to.emit(pool, "FeesDeposited")
        .withArgs(router.address, DEPOSIT, DEPOSIT, at + STREAM_DURATION, state.reserve);
      await expect(transaction).to.changeTokenBalance(reserveToken, pool, 0n);
      expect(await stateOf(pool)).to.deep.equal(state);
      expect(await pool.pendingStream()).to.equal(DEPOSIT);
      expect(await pool.streamEnd()).to.equal(at + STREAM_DURATION);
      expect(await pool.uncollectedFees()).to.equal(fees);
    });

    it("knows the router by its own calls, whoever has signed, and takes all that has arrived", async () => {
      const { pool, feeRouter, reserveToken, alice, id } = await load.newPool();
      await reserveToken.connect(alice).approve(feeRouter, DEPOSIT);
      const [, poolAmount] = await feeRouter.quoteSplit(id, DEPOSIT);
      expect(await pool.uncollectedFees()).to.equal(0);
      const at = BigInt(await time.latest()) + 1n;
      await time.setNextBlockTimestamp(at);

      await expect(feeRouter.connect(alice).depositFee(id, DEPOSIT))
        .to.emit(pool, "FeesDeposited")
        .withArgs(feeRouter, poolAmount, poolAmount, at + STREAM_DURATION, 0);
    });

    it("refuses a unit more than has arrived", async () => {
      const { pool } = context;
      const arrived = await pool.uncollectedFees();
      await expect(pool.connect(router).depositFees(arrived + 1n))
        .to.be.revertedWithCustomError(pool, "UnexpectedReserveReceived")
        .withArgs(arrived, arrived + 1n);
    });

    it("refuses an amount of zero", async () => {
      const { pool } = context;
      await expect(pool.connect(router).depositFees(0n))
        .to.be.revertedWithCustomError(pool, "InvalidAmount")
        .withArgs();
    });

    it("takes nothing from the router's balance, whatever it has approved", async () => {
      const { pool, reserveToken } = context;
      await reserveToken.mint(router, DEPOSIT);
      await reserveToken.connect(router).approve(pool, ethers.MaxUint256);
      await reserveToken.mint(pool, DEPOSIT);
      await pool.connect(router).depositFees(DEPOSIT);
      expect(await reserveToken.balanceOf(router)).to.equal(DEPOSIT);
    });
  });

  describe("collectFees", () => {
    it("P11: sends the trade fees to the treasury, once", async () => {
      const { pool, reserveToken, treasury, mallory } = context;
      const [fees, state] = [await pool.uncollectedFees(), await stateOf(pool)];
      expect(fees).to.equal(3n * USDC); // 0.3 % of the fixture's buy

      expect(await pool.connect(mallory).collectFees.staticCall()).to.equal(fees);
      const transaction = pool.connect(mallory).collectFees();
      await expect(transaction).to.emit(pool, "FeesCollected").withArgs(treasury.address, fees);
      await expect(transaction).to.changeTokenBalances(reserveToken, [pool, treasury], [-fees, fees]);
      expect(await pool.uncollectedFees()).to.equal(0);
      expect(await stateOf(pool)).to.deep.equal(state);

      expect(await pool.collectFees.staticCall()).to.equal(0);
      await expect(pool.collectFees()).to.not.emit(pool, "FeesCollected");
    });

    it("P1: also collects donations, which change neither the price nor the stream", async () => {
      const { pool, reserveToken, treasury, bob } = context;
      await deposit();
      const state = await stateOf(pool);
      const [fees, pending] = [await pool.uncollectedFees(), await pool.pendingStream()];
      const price = await pool.spotPrice();

      await ethers.provider.send("evm_setAutomine", [false]);
      await reserveToken.connect(bob).transfer(pool, AMOUNT);
      await ethers.provider.send("evm_mine");
      await ethers.provider.send("evm_setAutomine", [true]);
      const released = (await pool.reserve()) - state.reserve;
      expect(await pool.pendingStream()).to.equal(pending - released);
      expect(await pool.uncollectedFees()).to.equal(fees + AMOUNT);
      expect(released === 0n ? await pool.spotPrice() : price).to.equal(price);

      await expect(pool.collectFees()).to.changeTokenBalance(reserveToken, treasury, fees + AMOUNT);
      const held = (await pool.reserve()) + (await pool.pendingStream());
      expect(await reserveToken.balanceOf(pool)).to.equal(held);
    });

    it("counts no model tokens that were sent to the pool", async () => {
      const { pool, token, alice } = context;
      const [fees, state] = [await pool.uncollectedFees(), await stateOf(pool)];
      await token.connect(alice).transfer(pool, TOKENS);

      expect(await pool.collectFees.staticCall()).to.equal(fees);
      await pool.collectFees();

      expect(await stateOf(pool)).to.deep.equal(state);
      expect(await token.balanceOf(pool)).to.equal(TOKENS);
    });

    it("pays the present treasury", async () => {
      const { pool, factory, admin, reserveToken, treasury, mallory } = context;
      await factory.connect(admin).setTreasury(mallory);
      const fees = await pool.uncollectedFees();
      const transaction = pool.collectFees();
      await expect(transaction).to.emit(pool, "FeesCollected").withArgs(mallory.address, fees);
      await expect(transaction).to.changeTokenBalances(reserveToken, [treasury, mallory], [0n, fees]);
    });
  });
});
