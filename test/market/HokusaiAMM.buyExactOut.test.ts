import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { MAX_UINT256, TOKEN } from "../../scripts/dev/world/units";
import {
  ceilDiv,
  fillCapUpTo,
  FUNDS,
  load,
  modelBuyExactOut,
  NO_DEADLINE,
  type PoolContext,
  stateOf,
} from "./pool.support";

const TOKENS = 10_000n * TOKEN;

/** Amounts of every magnitude that the cap of the fixture's pool admits. */
const TOKEN_AMOUNTS = [1n, 10n ** 9n, TOKEN, 123_456n * TOKEN + 789n, 599_999n * TOKEN];

describe("HokusaiAMM.buyExactOut", () => {
  let context: PoolContext;

  beforeEach(async () => {
    context = await load.newPool();
  });

  const buyExactOut = (
    tokensOut: bigint,
    { minTokensOut = 0n, maxReserveIn = FUNDS, to = context.bob.address, deadline = NO_DEADLINE } = {},
  ) => context.pool.connect(context.alice).buyExactOut(tokensOut, minTokensOut, maxReserveIn, to, deadline);

  /** The smallest limit for all of `wanted` of which the part for `left` is `reserveIn`. */
  const smallestLimit = (reserveIn: bigint, left: bigint, wanted: bigint) => ceilDiv(reserveIn * wanted, left);

  for (const tokensOut of TOKEN_AMOUNTS) {
    it(`charges what the reference model computes for ${tokensOut} wei, and reports the trade`, async () => {
      const { pool, token, reserveToken, alice, bob } = context;
      const { reserveIn, after } = modelBuyExactOut(await stateOf(pool), tokensOut);
      expect(await pool.quoteBuyExactOut(tokensOut)).to.deep.equal([tokensOut, reserveIn]);
      expect(
        await pool.connect(alice).buyExactOut.staticCall(tokensOut, tokensOut, reserveIn, bob, NO_DEADLINE),
      ).to.deep.equal([tokensOut, reserveIn]);

      const transaction = buyExactOut(tokensOut, { minTokensOut: tokensOut, maxReserveIn: reserveIn });

      await expect(transaction)
        .to.emit(pool, "Bought")
        .withArgs(alice.address, bob.address, reserveIn, tokensOut, after.reserve, after.supply);
      await expect(transaction).to.changeTokenBalances(reserveToken, [alice, pool], [-reserveIn, reserveIn]);
      await expect(transaction).to.changeTokenBalance(token, bob, tokensOut);
      expect(await stateOf(pool)).to.deep.equal(after);
      expect(await pool.uncollectedFees()).to.equal(reserveIn - after.reserve);
    });
  }

  it("refuses a cost of one unit more than the maximum", async () => {
    const { pool } = context;
    const [, reserveIn] = await pool.quoteBuyExactOut(TOKENS);
    await expect(buyExactOut(TOKENS, { maxReserveIn: reserveIn - 1n }))
      .to.be.revertedWithCustomError(pool, "ExcessiveInput")
      .withArgs(reserveIn, reserveIn - 1n);
  });

  it("refuses to buy zero tokens", async () => {
    const { pool } = context;
    for (const refused of [() => pool.quoteBuyExactOut(0n), () => buyExactOut(0n)]) {
      await expect(refused()).to.be.revertedWithCustomError(pool, "InvalidAmount").withArgs();
    }
  });

  describe("given fewer tokens left than are wanted", () => {
    const ROOM = 5n * TOKEN + 3n;

    beforeEach(() => fillCapUpTo(context, ROOM));

    it("sells what is left", async () => {
      const { pool, token, reserveToken, alice, bob } = context;
      const { reserveIn, after } = modelBuyExactOut(await stateOf(pool), ROOM);
      expect(await pool.quoteBuyExactOut(ROOM + 1n)).to.deep.equal([ROOM, reserveIn]);

      const maxReserveIn = smallestLimit(reserveIn, ROOM, ROOM + 1n);
      const transaction = buyExactOut(ROOM + 1n, { minTokensOut: ROOM, maxReserveIn });

      await expect(transaction)
        .to.emit(pool, "Bought")
        .withArgs(alice.address, bob.address, reserveIn, ROOM, after.reserve, after.supply);
      await expect(transaction).to.changeTokenBalance(token, bob, ROOM);
      await expect(transaction).to.changeTokenBalance(reserveToken, alice, -reserveIn);
      expect(await pool.remainingInvestorAllocation()).to.equal(0);
    });

    it("refuses if what is left is below the minimum", async () => {
      const { pool } = context;
      await expect(buyExactOut(ROOM + 1n, { minTokensOut: ROOM + 1n }))
        .to.be.revertedWithCustomError(pool, "InsufficientOutput")
        .withArgs(ROOM, ROOM + 1n);
    });

    it("still lets the last buyer fill the cap after somebody has bought dust", async () => {
      const { pool, mallory } = context;
      await pool.connect(mallory).buyExactOut(1n, 1n, FUNDS, mallory, NO_DEADLINE);
      await expect(buyExactOut(ROOM, { minTokensOut: ROOM - TOKEN })).to.emit(pool, "Bought");
      expect(await pool.remainingInvestorAllocation()).to.equal(0);
    });
  });

  describe("B1: the limit is a price", () => {
    const WANTED = 10_000n * TOKEN;
    const LEFT = 10n * TOKEN;

    /** A trader sets a limit 1 % above the quote; then somebody takes all but {@link LEFT} of the cap. */
    async function pushedTrader() {
      const { pool } = context;
      await fillCapUpTo(context, WANTED);
      const [, quoted] = await pool.quoteBuyExactOut(WANTED);
      await fillCapUpTo(context, LEFT);
      return (quoted * 101n) / 100n;
    }

    it("refuses a partial fill that costs more than its share of the limit", async () => {
      const { pool } = context;
      const maxReserveIn = await pushedTrader();
      const { reserveIn } = modelBuyExactOut(await stateOf(pool), LEFT);
      const limit = (maxReserveIn * LEFT) / WANTED;
      expect(reserveIn).to.be.greaterThan(limit).and.lessThan(maxReserveIn);

      await expect(buyExactOut(WANTED, { maxReserveIn }))
        .to.be.revertedWithCustomError(pool, "ExcessiveInput")
        .withArgs(reserveIn, limit);
      expect(await pool.remainingInvestorAllocation()).to.equal(LEFT);
    });

    it("accepts a partial fill at exactly its price, and refuses it for a unit less", async () => {
      const { pool, reserveToken, alice } = context;
      await pushedTrader();
      const { reserveIn } = modelBuyExactOut(await stateOf(pool), LEFT);
      const maxReserveIn = smallestLimit(reserveIn, LEFT, WANTED);

      await expect(buyExactOut(WANTED, { maxReserveIn: maxReserveIn - 1n }))
        .to.be.revertedWithCustomError(pool, "ExcessiveInput")
        .withArgs(reserveIn, reserveIn - 1n);
      await expect(buyExactOut(WANTED, { maxReserveIn })).to.changeTokenBalance(reserveToken, alice, -reserveIn);
    });

    it("lets nobody profit in one block from pushing the price against a limit of 1 %", async () => {
      const { pool, reserveToken, token, alice, mallory } = context;
      await time.increaseTo(await pool.sellsOpenAt());
      await fillCapUpTo(context, WANTED + LEFT);
      const [, quoted] = await pool.quoteBuyExactOut(WANTED);
      const [funds, paid] = [await reserveToken.balanceOf(mallory), await reserveToken.balanceOf(alice)];

      await ethers.provider.send("evm_setAutomine", [false]);
      const options = { gasLimit: 500_000 };
      await pool.connect(mallory).buyExactOut(WANTED, WANTED, FUNDS, mallory, NO_DEADLINE, options);
      const victim = await pool
        .connect(alice)
        .buyExactOut(WANTED, 0, (quoted * 101n) / 100n, alice, NO_DEADLINE, options);
      await pool
        .connect(mallory)
        .sell(WANTED, 0, mallory, NO_DEADLINE, { ...options, nonce: (await mallory.getNonce()) + 1 });
      await ethers.provider.send("evm_mine");
      await ethers.provider.send("evm_setAutomine", [true]);

      expect((await ethers.provider.getTransactionReceipt(victim.hash))!.status).to.equal(0);
      expect(await reserveToken.balanceOf(alice)).to.equal(paid);
      expect(await token.balanceOf(mallory)).to.equal(0);
      expect(await reserveToken.balanceOf(mallory)).to.be.lessThan(funds);
    });

    it("fills a request for 2^256 − 1 tokens only if the limit is as large", async () => {
      const { pool, reserveToken, alice, investorAllocation } = context;
      const [, reserveIn] = await pool.quoteBuyExactOut(investorAllocation);
      expect(await pool.quoteBuyExactOut(MAX_UINT256)).to.deep.equal([investorAllocation, reserveIn]);
      await expect(buyExactOut(MAX_UINT256, { maxReserveIn: FUNDS }))
        .to.be.revertedWithCustomError(pool, "ExcessiveInput")
        .withArgs(reserveIn, 0);

      // The largest limit is a price of one unit per wei.
      await expect(buyExactOut(MAX_UINT256, { maxReserveIn: MAX_UINT256 })).to.changeTokenBalance(
        reserveToken,
        alice,
        -reserveIn,
      );
      expect(await pool.remainingInvestorAllocation()).to.equal(0);
    });
  });

  it("refuses every request when nothing is left", async () => {
    const { pool, token } = context;
    await fillCapUpTo(context, 0n);
    for (const refused of [() => pool.quoteBuyExactOut(TOKENS), () => buyExactOut(TOKENS)]) {
      await expect(refused()).to.be.revertedWithCustomError(token, "InvestorAllocationExceeded").withArgs(TOKENS, 0);
    }
  });
});
