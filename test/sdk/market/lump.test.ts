// SPDX-License-Identifier: MIT
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers, network } from "hardhat";
import { bestPurchase, breakEvenLump, gainOf, readLumps, readPurchase } from "../../../sdk/market/lump";
import { bestSnipe, snipedMarket } from "../../../scripts/dev/economics/tables";
import { DAY, TOKEN, USDC } from "../../../scripts/dev/world/units";
import { newPool, NO_DEADLINE, type PoolContext } from "../../market/pool.support";

/** Roundings of a purchase and a sale, all of them the pool's: two inputs, two fees, two outputs, in reserve units. */
const ROUNDINGS = 6n;

describe("Lumps of usage fees", () => {
  /** 150,000 of the investors' 600,000 tokens are issued, and sells are open. */
  async function tradedPool() {
    const context = await newPool();
    const { pool, alice } = context;
    await pool.connect(alice).buyExactOut(150_000n * TOKEN, 0, 10_000n * USDC, alice, NO_DEADLINE);
    await time.increaseTo(await pool.sellsOpenAt());
    return context;
  }

  /** Buys in the block of the deposit, sells when it has flowed in; answers what is gained, in reserve units. */
  async function snipe({ pool, reserveToken, token, bob, mallory }: PoolContext, deposit: bigint, tokens: bigint) {
    const before = await reserveToken.balanceOf(mallory);
    await network.provider.send("evm_setAutomine", [false]);
    if (deposit > 0n) await pool.connect(bob).depositFees(deposit, { gasLimit: 1_000_000 });
    await pool
      .connect(mallory)
      .buyExactOut(tokens, tokens, before, mallory, NO_DEADLINE, { gasLimit: 1_000_000, maxPriorityFeePerGas: 1n });
    await network.provider.send("evm_setAutomine", [true]);
    await ethers.provider.send("evm_mine", []);
    await time.increase(DAY);
    await pool.connect(mallory).sell(await token.balanceOf(mallory), 0, mallory, NO_DEADLINE);
    return (await reserveToken.balanceOf(mallory)) - before;
  }

  /** The formula, less what the pool's roundings may keep beside it. */
  function expectAsComputed(actual: bigint, computed: bigint): void {
    expect(actual).to.be.within(computed - ROUNDINGS, computed);
  }

  describe("given a pool that has issued 150,000 tokens", () => {
    let context: PoolContext;
    let rest: bigint;

    beforeEach(async () => {
      context = await loadFixture(tradedPool);
      rest = await context.pool.remainingInvestorAllocation();
    });

    it("S: a lump of 1,000 USDC pays 703.91 to whoever buys all that is left, as the formula says", async () => {
      const computed = gainOf(await readPurchase(context.pool, rest), 1_000n * USDC);
      expect(computed / 10_000n).to.equal(703_91n);

      expectAsComputed(await snipe(context, 1_000n * USDC, rest), computed);
    });

    it("S: the break-even lump pays nothing to whoever buys all that is left", async () => {
      const { breakEven } = (await readLumps(context.pool))!;
      expect(breakEven / 10_000n).to.equal(126_39n);

      expectAsComputed(await snipe(context, breakEven, rest), 0n);
    });

    it("S: a lump of ten roundings more than the break-even lump pays something", async () => {
      const { breakEven } = (await readLumps(context.pool))!;

      expect(await snipe(context, breakEven + 10n * ROUNDINGS, rest)).to.be.greaterThan(0n);
    });

    it("a smaller purchase gains from the break-even lump, as the formula says", async () => {
      const { breakEven } = (await readLumps(context.pool))!;
      const part = (rest * 4n) / 10n;
      const computed = gainOf(await readPurchase(context.pool, part), breakEven);
      expect(computed).to.be.greaterThan(30n * USDC);

      expectAsComputed(await snipe(context, breakEven, part), computed);
    });

    it("the best purchase gains more than any other", async () => {
      const { breakEven } = (await readLumps(context.pool))!;
      const largest = await readPurchase(context.pool, rest);
      const best = bestPurchase(largest, breakEven);
      const gain = gainOf(best, breakEven);
      expect(gain / 10_000n).to.equal(39_80n);
      for (const after of [best.after - USDC, best.after + USDC, largest.before + USDC, largest.after])
        expect(gainOf({ ...best, after }, breakEven)).to.be.lessThan(gain);
    });

    it("the gains agree with the tables of docs/economics.md, which are computed from the curve", async () => {
      const largest = await readPurchase(context.pool, rest);
      for (const deposit of [50n, 250n, 500n, 2_000n]) {
        const { gain } = bestSnipe(snipedMarket(), Number(deposit));
        const units = gainOf(bestPurchase(largest, deposit * USDC), deposit * USDC);
        expect(units / 10_000n).to.equal(BigInt(gain.mul(100).floor().toFixed(0)));
      }
    });

    it("the best purchase is nothing if nothing can be gained, and everything if the deposit is large", async () => {
      const { harmless } = (await readLumps(context.pool))!;
      const largest = await readPurchase(context.pool, rest);
      expect(bestPurchase(largest, harmless).after).to.equal(largest.before);
      expect(bestPurchase(largest, 1_000n * USDC).after).to.equal(largest.after);
      expect(bestPurchase({ ...largest, tradeFee: 0n }, 1n)).to.deep.equal({ ...largest, tradeFee: 0n });
    });

    for (const share of [1_000n, 10n, 1n]) {
      it(`the harmless lump pays nothing for 1/${share} of what is left`, async () => {
        const { harmless } = (await readLumps(context.pool))!;
        expect(harmless / 10_000n).to.equal(24_24n);

        expect(await snipe(context, harmless, rest / share)).to.be.at.most(0n);
      });
    }
  });

  it("no lump exists once everything is sold", async () => {
    const { pool, alice } = await loadFixture(tradedPool);
    await pool.connect(alice).buyExactOut(600_000n * TOKEN, 0, 100_000n * USDC, alice, NO_DEADLINE);

    expect(await readLumps(pool)).to.equal(undefined);
  });

  it("the break-even lump is zero where trades are free, and 23.4 % of R + R0 after the purchase where they cost 10 %", () => {
    expect(breakEvenLump({ after: 10n ** 12n, tradeFee: 0n })).to.equal(0n);
    expect(breakEvenLump({ after: 10n ** 12n, tradeFee: 1_000n })).to.equal(234_567_901_234n);
  });

  it("gains and losses are rounded down", () => {
    expect(gainOf({ before: 3n, after: 10n, tradeFee: 0n }, 1n)).to.equal(0n);
    expect(gainOf({ before: 3n, after: 10n, tradeFee: 1n }, 0n)).to.equal(-1n);
  });
});
