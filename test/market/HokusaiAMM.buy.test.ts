import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { field, MAX_UINT256, TOKEN, USDC } from "../../scripts/dev/world/units";
import { MAX_VALUE } from "./BondingCurve.support";
import {
  fillCapUpTo,
  FUNDS,
  load,
  MAX_RESERVE,
  modelBuy,
  modelBuyExactOut,
  modelSpotPrice,
  NO_DEADLINE,
  type PoolContext,
  signPermit,
  stateOf,
  STREAM_DURATION,
} from "./pool.support";

const AMOUNT = 100n * USDC;
const TOKENS = 10_000n * TOKEN;
const DUST = 1n;

/** Amounts of every magnitude that the cap of the fixture's pool admits. */
const AMOUNTS = [2n, 999n, USDC, 123_456_789n, 5_000n * USDC, 18_000n * USDC];

describe("HokusaiAMM buys", () => {
  let context: PoolContext;

  beforeEach(async () => {
    context = await load.newPool();
  });

  const buy = (reserveIn: bigint, minTokensOut = 0n, to: string = context.bob.address, deadline = NO_DEADLINE) =>
    context.pool.connect(context.alice).buy(reserveIn, minTokensOut, to, deadline);

  const buyExactOut = (
    tokensOut: bigint,
    { minTokensOut = 0n, maxReserveIn = FUNDS, to = context.bob.address, deadline = NO_DEADLINE } = {},
  ) => context.pool.connect(context.alice).buyExactOut(tokensOut, minTokensOut, maxReserveIn, to, deadline);

  describe("buy", () => {
    for (const amount of AMOUNTS) {
      it(`mints what the reference model computes for ${amount} units, and reports the trade`, async () => {
        const { pool, token, reserveToken, alice, bob } = context;
        const { tokensOut, after } = modelBuy(await stateOf(pool), amount);
        expect(await pool.quoteBuy(amount)).to.equal(tokensOut);
        expect(await pool.connect(alice).buy.staticCall(amount, tokensOut, bob, NO_DEADLINE)).to.equal(tokensOut);

        const transaction = buy(amount, tokensOut);

        await expect(transaction)
          .to.emit(pool, "Bought")
          .withArgs(alice.address, bob.address, amount, tokensOut, after.reserve, after.supply);
        await expect(transaction).to.changeTokenBalances(reserveToken, [alice, pool], [-amount, amount]);
        await expect(transaction).to.changeTokenBalances(token, [alice, bob], [0n, tokensOut]);
        expect(await stateOf(pool)).to.deep.equal(after);
        expect(await pool.spotPrice()).to.equal(modelSpotPrice(after));
        expect(await pool.netIssued()).to.equal(tokensOut);
        expect(await token.totalSupply()).to.equal(tokensOut);
        expect(await pool.uncollectedFees()).to.equal(amount - after.reserve);
      });
    }

    it("agrees with the reference model trade after trade", async () => {
      const { pool } = context;
      for (const amount of [AMOUNT, 7n, 3_333_333_333n, USDC]) {
        const { tokensOut, after } = modelBuy(await stateOf(pool), amount);
        await buy(amount, tokensOut);
        expect(await stateOf(pool)).to.deep.equal(after);
      }
    });

    it("succeeds in the buy-only window", async () => {
      expect(await time.latest()).to.be.lessThan(await context.pool.sellsOpenAt());
      await expect(buy(AMOUNT)).to.not.be.reverted;
    });

    it("refuses an output of one wei less than the minimum", async () => {
      const { pool } = context;
      const tokensOut = await pool.quoteBuy(AMOUNT);
      await expect(buy(AMOUNT, tokensOut + 1n))
        .to.be.revertedWithCustomError(pool, "InsufficientOutput")
        .withArgs(tokensOut, tokensOut + 1n);
    });

    for (const amount of [0n, DUST]) {
      it(`refuses ${amount} units, of which nothing is left after the fee`, async () => {
        const { pool } = context;
        await expect(pool.quoteBuy(amount)).to.be.revertedWithCustomError(pool, "ZeroOutput").withArgs();
        await expect(buy(amount)).to.be.revertedWithCustomError(pool, "ZeroOutput").withArgs();
      });
    }

    it("refuses a buyer whose allowance is a unit short", async () => {
      const { reserveToken, alice, pool } = context;
      await reserveToken.connect(alice).approve(pool, AMOUNT - 1n);
      await expect(buy(AMOUNT))
        .to.be.revertedWithCustomError(reserveToken, "ERC20InsufficientAllowance")
        .withArgs(await pool.getAddress(), AMOUNT - 1n, AMOUNT);
    });

    it("S5: mints exactly up to the cap, and not a wei more", async () => {
      const { pool, token, investorAllocation } = context;
      await buy(777_777n); // from a state in which no amount buys the cap to the wei
      const state = await stateOf(pool);
      const room = investorAllocation - (await token.totalSupply());
      // Neighbouring amounts, by the model: the largest that fits and the smallest that does not.
      let [fits, fails] = [USDC, 30_000n * USDC];
      while (fails - fits > 1n) {
        const middle = (fits + fails) / 2n;
        [fits, fails] = modelBuy(state, middle).tokensOut <= room ? [middle, fails] : [fits, middle];
      }

      const { tokensOut: tooMany } = modelBuy(state, fails);
      for (const refused of [() => pool.quoteBuy(fails), () => buy(fails)]) {
        await expect(refused())
          .to.be.revertedWithCustomError(token, "InvestorAllocationExceeded")
          .withArgs(tooMany, room);
      }
      await buy(fits);
      expect(await pool.remainingInvestorAllocation()).to.equal(room - modelBuy(state, fits).tokensOut);
    });

    it("refuses everything when the cap is filled, and accepts buys again after a sale", async () => {
      const { pool, token, bob } = context;
      await fillCapUpTo(context, 0n);
      const tokensOut = modelBuy(await stateOf(pool), AMOUNT).tokensOut;
      for (const refused of [() => pool.quoteBuy(AMOUNT), () => buy(AMOUNT)]) {
        await expect(refused())
          .to.be.revertedWithCustomError(token, "InvestorAllocationExceeded")
          .withArgs(tokensOut, 0);
      }

      await time.increaseTo(await pool.sellsOpenAt());
      await pool.connect(bob).sell(tokensOut, 0, bob, NO_DEADLINE);
      expect(await pool.remainingInvestorAllocation()).to.equal(tokensOut);
      await expect(pool.connect(bob).buyExactOut(tokensOut, tokensOut, FUNDS, bob, NO_DEADLINE)).to.not.be.reverted;
    });
  });

  describe("permits", () => {
    const trade = {
      buyWithPermit: async (amount: bigint, permitted = amount, deadline?: bigint) => {
        const { pool, reserveToken, alice, bob } = context;
        const permit = await signPermit(reserveToken, alice, await pool.getAddress(), permitted, deadline);
        return pool.connect(alice).buyWithPermit(amount, 0, bob, NO_DEADLINE, permit);
      },
      buyExactOutWithPermit: async (amount: bigint, permitted = amount, deadline?: bigint) => {
        const { pool, reserveToken, alice, bob } = context;
        const permit = await signPermit(reserveToken, alice, await pool.getAddress(), permitted, deadline);
        return pool.connect(alice).buyExactOutWithPermit(TOKENS, TOKENS, amount, bob, NO_DEADLINE, permit);
      },
    };

    beforeEach(async () => {
      const { reserveToken, alice, pool } = context;
      await reserveToken.connect(alice).approve(pool, 0n);
    });

    it("buyWithPermit needs no approval and buys as buy does", async () => {
      const { pool, token, reserveToken, alice, bob } = context;
      const { tokensOut, after } = modelBuy(await stateOf(pool), AMOUNT);
      const transaction = trade.buyWithPermit(AMOUNT);
      await expect(transaction)
        .to.emit(pool, "Bought")
        .withArgs(alice.address, bob.address, AMOUNT, tokensOut, after.reserve, after.supply);
      await expect(transaction).to.changeTokenBalance(token, bob, tokensOut);
      await expect(transaction).to.changeTokenBalance(reserveToken, alice, -AMOUNT);
      expect(await reserveToken.allowance(alice, pool)).to.equal(0);
    });

    it("buyExactOutWithPermit needs no approval and leaves the rest of the permit as allowance", async () => {
      const { pool, token, reserveToken, alice, bob } = context;
      const { reserveIn, after } = modelBuyExactOut(await stateOf(pool), TOKENS);
      const transaction = trade.buyExactOutWithPermit(reserveIn + 5n);
      await expect(transaction)
        .to.emit(pool, "Bought")
        .withArgs(alice.address, bob.address, reserveIn, TOKENS, after.reserve, after.supply);
      await expect(transaction).to.changeTokenBalance(token, bob, TOKENS);
      expect(await reserveToken.allowance(alice, pool)).to.equal(5n);
    });

    for (const name of ["buyWithPermit", "buyExactOutWithPermit"] as const) {
      describe(`given a permit that somebody used before ${name}`, () => {
        /** Uses alice's next permit; the trade then comes with one that has the same, spent nonce. */
        async function tradeWithUsedPermit(amount: bigint) {
          const { pool, reserveToken, alice, bob, mallory } = context;
          const spender = await pool.getAddress();
          const permit = await signPermit(reserveToken, alice, spender, amount);
          await reserveToken
            .connect(mallory)
            .permit(alice, spender, amount, permit.deadline, permit.v, permit.r, permit.s);
          return name === "buyWithPermit"
            ? () => pool.connect(alice).buyWithPermit(amount, 0, bob, NO_DEADLINE, permit)
            : () => pool.connect(alice).buyExactOutWithPermit(TOKENS, TOKENS, amount, bob, NO_DEADLINE, permit);
        }

        it("buys if the allowance suffices", async () => {
          await expect((await tradeWithUsedPermit(AMOUNT * 10n))()).to.emit(context.pool, "Bought");
        });

        it("fails in the reserve token if the allowance is a unit short", async () => {
          const { pool, reserveToken, alice } = context;
          const send = await tradeWithUsedPermit(AMOUNT * 10n);
          const needed = await cost(AMOUNT * 10n);
          await reserveToken.connect(alice).approve(pool, needed - 1n);
          await expect(send())
            .to.be.revertedWithCustomError(reserveToken, "ERC20InsufficientAllowance")
            .withArgs(await pool.getAddress(), needed - 1n, needed);
        });
      });

      /** What the trade with this amount, or this maximum, costs. */
      const cost = async (amount: bigint) =>
        name === "buyWithPermit" ? amount : modelBuyExactOut(await stateOf(context.pool), TOKENS).reserveIn;

      it(`${name} is refused with an expired permit and no allowance`, async () => {
        const { pool, reserveToken } = context;
        const [amount, expired] = [AMOUNT * 10n, BigInt(await time.latest())];
        await expect(trade[name](amount, amount, expired))
          .to.be.revertedWithCustomError(reserveToken, "ERC20InsufficientAllowance")
          .withArgs(await pool.getAddress(), 0, await cost(amount));
      });

      it(`${name} is refused with a permit of another amount and no allowance`, async () => {
        const { pool, reserveToken } = context;
        const amount = AMOUNT * 10n;
        await expect(trade[name](amount, amount - 1n))
          .to.be.revertedWithCustomError(reserveToken, "ERC20InsufficientAllowance")
          .withArgs(await pool.getAddress(), 0, await cost(amount));
      });
    }
  });

  describe("the deadline and the recipient of every kind of buy", () => {
    const permit = { deadline: 0n, v: 0, r: ethers.ZeroHash, s: ethers.ZeroHash };
    const variants = {
      buy: (to: string, deadline: bigint) => buy(AMOUNT, 0n, to, deadline),
      buyExactOut: (to: string, deadline: bigint) => buyExactOut(TOKENS, { to, deadline }),
      // The allowance makes up for a permit that is none.
      buyWithPermit: (to: string, deadline: bigint) =>
        context.pool.connect(context.alice).buyWithPermit(AMOUNT, 0, to, deadline, permit),
      buyExactOutWithPermit: (to: string, deadline: bigint) =>
        context.pool.connect(context.alice).buyExactOutWithPermit(TOKENS, 0, FUNDS, to, deadline, permit),
    };

    for (const [name, trade] of Object.entries(variants)) {
      it(`${name} succeeds in the second of its deadline`, async () => {
        const deadline = BigInt(await time.latest()) + 100n;
        await time.setNextBlockTimestamp(deadline);
        await expect(trade(context.bob.address, deadline)).to.emit(context.pool, "Bought");
      });

      it(`${name} is refused a second later`, async () => {
        const deadline = BigInt(await time.latest()) + 100n;
        await time.setNextBlockTimestamp(deadline + 1n);
        await expect(trade(context.bob.address, deadline))
          .to.be.revertedWithCustomError(context.pool, "DeadlineExpired")
          .withArgs(deadline, deadline + 1n);
      });

      it(`${name} refuses zero, the pool and the token as recipients`, async () => {
        const { pool, token } = context;
        await expect(trade(ethers.ZeroAddress, NO_DEADLINE))
          .to.be.revertedWithCustomError(pool, "ZeroAddress")
          .withArgs();
        for (const to of [await pool.getAddress(), await token.getAddress()]) {
          await expect(trade(to, NO_DEADLINE)).to.be.revertedWithCustomError(pool, "ProtocolContract").withArgs(to);
        }
      });
    }
  });

  describe("given an amount at the limit of what the pool can hold", () => {
    it("refuses more reserve tokens than there is room for", async () => {
      const { pool } = context;
      const room = MAX_RESERVE - (await pool.reserve());
      for (const amount of [room + 1n, MAX_VALUE << 64n, MAX_UINT256]) {
        for (const refused of [() => pool.quoteBuy(amount), () => buy(amount)]) {
          await expect(refused())
            .to.be.revertedWithCustomError(pool, "OutOfRange")
            .withArgs(field("reserveIn"), amount, 1, room);
        }
      }
    });

    it("lets the investor allocation refuse the largest amount that there is room for", async () => {
      const { pool, token, investorAllocation } = context;
      const room = MAX_RESERVE - (await pool.reserve());
      const { tokensOut } = modelBuy(await stateOf(pool), room);
      for (const refused of [() => pool.quoteBuy(room), () => buy(room)]) {
        await expect(refused())
          .to.be.revertedWithCustomError(token, "InvestorAllocationExceeded")
          .withArgs(tokensOut, investorAllocation);
      }
    });

    describe("given a thousand units of room", () => {
      const ROOM = 1_000n;
      const FITS = 10_000n;
      const TOO_MUCH = 10n * FITS;

      beforeEach(async () => {
        const { pool, reserveToken, bob } = context;
        await reserveToken.mint(bob, MAX_RESERVE);
        await pool.connect(bob).depositFees(MAX_RESERVE - ROOM);
        await time.increase(STREAM_DURATION);
        expect(await pool.reserve()).to.equal(MAX_RESERVE - ROOM);
      });

      it("accepts a buy with all of it, and refuses a unit more", async () => {
        const { pool } = context;
        await expect(buy(ROOM + 1n))
          .to.be.revertedWithCustomError(pool, "OutOfRange")
          .withArgs(field("reserveIn"), ROOM + 1n, 1, ROOM);
        await expect(buy(ROOM)).to.emit(pool, "Bought");
      });

      it("accepts an exact amount of tokens that costs no more, and refuses one that does", async () => {
        const { pool } = context;
        const { reserveIn } = modelBuyExactOut(await stateOf(pool), TOO_MUCH);
        for (const refused of [() => pool.quoteBuyExactOut(TOO_MUCH), () => buyExactOut(TOO_MUCH)]) {
          await expect(refused())
            .to.be.revertedWithCustomError(pool, "OutOfRange")
            .withArgs(field("reserveIn"), reserveIn, 1, ROOM);
        }
        await expect(buyExactOut(FITS)).to.emit(pool, "Bought");
      });
    });
  });
});
