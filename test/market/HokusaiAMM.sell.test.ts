import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { distribute, launchModel } from "../../scripts/dev/world/protocol";
import { PPM, TOKEN, USDC } from "../../scripts/dev/world/units";
import {
  feelessPool,
  fund,
  load,
  modelBuy,
  modelMaxSell,
  modelSell,
  modelSpotPrice,
  NO_DEADLINE,
  type PoolContext,
  stateOf,
  STREAM_DURATION,
} from "./pool.support";

const TOKENS = 10_000n * TOKEN;
const TOKEN_AMOUNTS = [10n ** 15n, TOKEN, 12_345n * TOKEN + 678n, 66_666n * TOKEN];
const DEPOSIT = 500n * USDC;

describe("HokusaiAMM sells", () => {
  let context: PoolContext;

  const sell = (tokensIn: bigint, minReserveOut = 0n, to: string = context.bob.address, deadline = NO_DEADLINE) =>
    context.pool.connect(context.alice).sell(tokensIn, minReserveOut, to, deadline);

  describe("given a pool in its buy-only window", () => {
    beforeEach(async () => {
      context = await load.newPool();
      await context.pool.connect(context.alice).buy(1_000n * USDC, 0, context.alice, NO_DEADLINE);
    });

    it("opens sales after the length of the window", async () => {
      const { pool, factory, terms } = context;
      const [creation] = await factory.queryFilter(factory.filters.PoolCreated);
      const created = (await creation!.getBlock()).timestamp;
      expect(await pool.sellsOpenAt()).to.equal(BigInt(created) + terms.ibrDuration);
    });

    it("refuses a sale in the last second of the window", async () => {
      const { pool } = context;
      const opensAt = await pool.sellsOpenAt();
      await time.setNextBlockTimestamp(opensAt - 1n);
      await expect(sell(TOKENS)).to.be.revertedWithCustomError(pool, "SellsNotOpen").withArgs(opensAt);
    });

    it("accepts a sale in the second in which the window ends", async () => {
      const { pool } = context;
      await time.setNextBlockTimestamp(await pool.sellsOpenAt());
      await expect(sell(TOKENS)).to.emit(pool, "Sold");
    });

    it("quotes sales from the same second on", async () => {
      const { pool } = context;
      const opensAt = await pool.sellsOpenAt();
      await time.increaseTo(opensAt - 1n);
      await expect(pool.quoteSell(TOKENS)).to.be.revertedWithCustomError(pool, "SellsNotOpen").withArgs(opensAt);
      await time.increaseTo(opensAt);
      expect(await pool.quoteSell(TOKENS)).to.equal(modelSell(await stateOf(pool), TOKENS).reserveOut);
    });

    it("refuses the supplier's sale too", async () => {
      const { pool, supplier, modelId } = context;
      await distribute(context, modelId);
      await expect(pool.connect(supplier).sell(TOKENS, 0, supplier, NO_DEADLINE))
        .to.be.revertedWithCustomError(pool, "SellsNotOpen")
        .withArgs(await pool.sellsOpenAt());
    });
  });

  describe("given a pool that is open for sales", () => {
    beforeEach(async () => {
      context = await load.tradingPool();
    });

    for (const tokensIn of TOKEN_AMOUNTS) {
      it(`pays what the reference model computes for ${tokensIn} wei, without an approval, and reports the trade`, async () => {
        const { pool, token, reserveToken, alice, bob } = context;
        const { gross, reserveOut, after } = modelSell(await stateOf(pool), tokensIn);
        const fees = await pool.uncollectedFees();
        expect(await token.allowance(alice, pool)).to.equal(0);
        expect(await pool.quoteSell(tokensIn)).to.equal(reserveOut);
        expect(await pool.connect(alice).sell.staticCall(tokensIn, reserveOut, bob, NO_DEADLINE)).to.equal(reserveOut);

        const transaction = sell(tokensIn, reserveOut);

        await expect(transaction)
          .to.emit(pool, "Sold")
          .withArgs(alice.address, bob.address, tokensIn, reserveOut, after.reserve, after.supply);
        await expect(transaction).to.changeTokenBalances(reserveToken, [pool, bob], [-reserveOut, reserveOut]);
        await expect(transaction).to.changeTokenBalance(token, alice, -tokensIn);
        expect(await stateOf(pool)).to.deep.equal(after);
        expect(await pool.spotPrice()).to.equal(modelSpotPrice(after));
        expect(await pool.uncollectedFees()).to.equal(fees + gross - reserveOut);
      });
    }

    it("S5: burns the tokens and frees as much of the investor allocation", async () => {
      const { pool, token } = context;
      const [supply, remaining] = [await token.totalSupply(), await pool.remainingInvestorAllocation()];
      await sell(TOKENS);
      expect(await token.totalSupply()).to.equal(supply - TOKENS);
      expect(await pool.remainingInvestorAllocation()).to.equal(remaining + TOKENS);
      expect(await pool.remainingInvestorAllocation()).to.equal(await token.remainingInvestorAllocation());
    });

    it("has burned the tokens when it pays", async () => {
      const { pool, token, reserveToken } = context;
      const burn = token.interface.getEvent("Transfer");

      const receipt = await (await sell(TOKENS)).wait();

      const transfers = (receipt?.logs ?? []).filter(({ topics }) => topics[0] === burn.topicHash);
      expect(transfers.map(({ address }) => address)).to.deep.equal([
        await token.getAddress(),
        await reserveToken.getAddress(),
      ]);
      expect(receipt?.logs[0]?.address).to.equal(await pool.getAddress());
    });

    it("buys back everything that it has issued", async () => {
      const { pool, token, alice, bob } = context;
      const tokensIn = await token.balanceOf(alice);
      expect(tokensIn).to.equal(await token.totalSupply());
      const { gross, reserveOut } = modelSell(await stateOf(pool), tokensIn);
      const reserve = await pool.reserve();

      await expect(sell(tokensIn)).to.changeTokenBalance(context.reserveToken, bob, reserveOut);

      expect(await token.totalSupply()).to.equal(0);
      expect(await pool.netIssued()).to.equal(0);
      expect(await pool.curveSupply()).to.equal(await pool.virtualSupply());
      expect(await pool.reserve()).to.equal(reserve - gross);
      expect(gross).to.be.lessThanOrEqual(reserve);
      expect(await pool.remainingInvestorAllocation()).to.equal(context.investorAllocation);
    });

    it("refuses an output, net of the fee, of one unit less than the minimum", async () => {
      const { pool } = context;
      const reserveOut = await pool.quoteSell(TOKENS);
      await expect(sell(TOKENS, reserveOut + 1n))
        .to.be.revertedWithCustomError(pool, "InsufficientOutput")
        .withArgs(reserveOut, reserveOut + 1n);
    });

    for (const tokensIn of [0n, 1n, 10n ** 11n]) {
      it(`refuses ${tokensIn} wei, for which it would pay nothing`, async () => {
        const { pool } = context;
        for (const refused of [() => pool.quoteSell(tokensIn), () => sell(tokensIn)]) {
          await expect(refused()).to.be.revertedWithCustomError(pool, "ZeroOutput").withArgs();
        }
      });
    }

    it("refuses a seller without tokens", async () => {
      const { pool, token, bob } = context;
      await expect(pool.connect(bob).sell(TOKENS, 0, bob, NO_DEADLINE))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
        .withArgs(bob.address, 0, TOKENS);
    });

    it("accepts a sale in the second of its deadline", async () => {
      const deadline = BigInt(await time.latest()) + 100n;
      await time.setNextBlockTimestamp(deadline);
      await expect(sell(TOKENS, 0n, undefined, deadline)).to.emit(context.pool, "Sold");
    });

    it("refuses a sale one second after its deadline", async () => {
      const deadline = BigInt(await time.latest()) + 100n;
      await time.setNextBlockTimestamp(deadline + 1n);
      await expect(sell(TOKENS, 0n, undefined, deadline))
        .to.be.revertedWithCustomError(context.pool, "DeadlineExpired")
        .withArgs(deadline, deadline + 1n);
    });

    it("refuses zero, the pool and the token as recipients", async () => {
      const { pool, token } = context;
      await expect(sell(TOKENS, 0n, ethers.ZeroAddress))
        .to.be.revertedWithCustomError(pool, "ZeroAddress")
        .withArgs();
      for (const to of [await pool.getAddress(), await token.getAddress()]) {
        await expect(sell(TOKENS, 0n, to))
          .to.be.revertedWithCustomError(pool, "ProtocolContract")
          .withArgs(to);
      }
    });

    describe("when the supplier allocation has been minted", () => {
      let before: Awaited<ReturnType<typeof stateOf>>;

      beforeEach(async () => {
        before = await stateOf(context.pool);
        await distribute(context, context.modelId);
      });

      it("P3: reports it as unbacked, and moves no price", async () => {
        const { pool, supplierAllocation } = context;
        expect(await pool.unbackedSupply()).to.equal(supplierAllocation);
        expect(await stateOf(pool)).to.deep.equal(before);
        expect(await pool.spotPrice()).to.equal(modelSpotPrice(before));
      });

      it("refuses a sale that the reserve cannot pay, and accepts one of maxSell tokens", async () => {
        const { pool, supplier, supplierAllocation, reserveToken } = context;
        const state = await stateOf(pool);
        const { gross } = modelSell(state, supplierAllocation);
        for (const refused of [
          () => pool.quoteSell(supplierAllocation),
          () => pool.connect(supplier).sell(supplierAllocation, 0, supplier, NO_DEADLINE),
        ]) {
          await expect(refused())
            .to.be.revertedWithCustomError(pool, "InsufficientReserve")
            .withArgs(gross, state.reserve);
        }

        const max = await pool.maxSell();
        const model = modelMaxSell(state);
        // A unit of the reserve is this many wei of tokens; maxSell rounds away less.
        const unit = (state.crr * state.supply) / (state.reserve + state.virtualReserve) / PPM;
        expect(max).to.be.within(model - unit, model);
        const paid = modelSell(state, max).reserveOut;
        await expect(pool.connect(supplier).sell(max, 0, supplier, NO_DEADLINE)).to.changeTokenBalance(
          reserveToken,
          supplier,
          paid,
        );
        expect(await pool.reserve()).to.be.lessThanOrEqual(1n);
        expect(await pool.unbackedSupply()).to.equal(supplierAllocation - max + (await netIssuedBefore(max)));
      });

      it("reports all but the last wei that the pool has issued as unbacked", async () => {
        const { pool, token, alice, supplierAllocation } = context;

        await sell((await token.balanceOf(alice)) - 1n);

        expect(await pool.netIssued()).to.equal(1);
        expect(await pool.unbackedSupply()).to.equal(supplierAllocation);
      });

      it("accepts a sale that takes the whole reserve, to the unit", async () => {
        const { pool, supplier, supplierAllocation } = context;
        const state = await stateOf(pool);
        let [pays, fails] = [0n, supplierAllocation];
        while (fails - pays > 1n) {
          const middle = (pays + fails) / 2n;
          [pays, fails] = modelSell(state, middle).gross <= state.reserve ? [middle, fails] : [pays, middle];
        }
        expect(modelSell(state, pays).gross).to.equal(state.reserve);

        await pool.connect(supplier).sell(pays, 0, supplier, NO_DEADLINE);

        expect(await pool.reserve()).to.equal(0);
      });

      /** What the sale of `sold` took from the tokens that the pool had issued. */
      async function netIssuedBefore(sold: bigint) {
        return (await context.pool.netIssued()) < 0n ? sold + (await context.pool.netIssued()) : sold;
      }

      it("has a negative net issue, and more room than the allocation, once more is sold than it issued", async () => {
        const { pool, token, supplier, alice, bob, investorAllocation } = context;
        await pool.connect(bob).depositFees(DEPOSIT);
        await time.increase(STREAM_DURATION);
        await sell(await token.balanceOf(alice));
        expect(await pool.netIssued()).to.equal(0);

        await pool.connect(supplier).sell(TOKENS, 0, supplier, NO_DEADLINE);

        expect(await pool.netIssued()).to.equal(-TOKENS);
        expect(await pool.curveSupply()).to.equal((await pool.virtualSupply()) - TOKENS);
        expect(await pool.remainingInvestorAllocation()).to.equal(investorAllocation + TOKENS);
        expect(await pool.unbackedSupply()).to.equal(await token.totalSupply());
      });
    });

    it("refuses the whole curve supply and more, naming the effective reserve", async () => {
      const { pool } = context;
      const { supply, reserve, virtualReserve } = await stateOf(pool);
      for (const tokensIn of [supply, supply + 1n]) {
        for (const refused of [() => pool.quoteSell(tokensIn), () => sell(tokensIn)]) {
          await expect(refused())
            .to.be.revertedWithCustomError(pool, "InsufficientReserve")
            .withArgs(reserve + virtualReserve, reserve);
        }
      }
      await expect(pool.quoteSell(supply - 1n))
        .to.be.revertedWithCustomError(pool, "InsufficientReserve")
        .withArgs(reserve + virtualReserve - 1n, reserve);
    });

    it("has a maxSell of zero when it is empty", async () => {
      const { pool } = await launchModel(context, { model: { modelId: "empty" }, terms: { ibrDuration: 0n } });
      expect(await pool.maxSell()).to.equal(0);
      const { gross } = modelSell(await stateOf(pool), TOKENS);
      await expect(pool.quoteSell(TOKENS))
        .to.be.revertedWithCustomError(pool, "InsufficientReserve")
        .withArgs(gross, 0);
    });
  });

  describe("given a pool without fees and window", () => {
    beforeEach(async () => {
      context = await loadFixture(feelessPool);
    });

    it("is open at once, and charges no fee", async () => {
      const { pool, alice } = context;
      const { tokensOut, net } = modelBuy(await stateOf(pool), USDC);
      expect(net).to.equal(USDC);
      await pool.connect(alice).buy(USDC, tokensOut, alice, NO_DEADLINE);
      const { gross, reserveOut } = modelSell(await stateOf(pool), tokensOut);
      expect(reserveOut).to.equal(gross);
      await sell(tokensOut, reserveOut);
      expect(await pool.uncollectedFees()).to.equal(0);
    });

    it("accepts a buy of a single unit", async () => {
      const { pool, alice } = context;
      const { tokensOut } = modelBuy(await stateOf(pool), 1n);
      await expect(pool.connect(alice).buy(1n, tokensOut, alice, NO_DEADLINE)).to.emit(pool, "Bought");
    });
  });

  for (const crr of [50_000n, 333_333n, 999_999n, PPM]) {
    it(`follows the reference model both ways at a reserve ratio of ${crr} ppm`, async () => {
      context = await load.newPool();
      const { alice, bob, reserveToken } = context;
      // The virtual supply stays a million tokens at a cent.
      const { pool } = await launchModel(context, {
        model: { modelId: "other" },
        distributed: false,
        terms: { crr, tradeFee: 100n, ibrDuration: 0n, virtualReserve: (crr / 100n) * USDC },
      });
      await fund(reserveToken, alice, pool);

      for (const amount of [USDC, 777_777n, 50n * USDC]) {
        const { tokensOut, after } = modelBuy(await stateOf(pool), amount);
        await pool.connect(alice).buy(amount, tokensOut, alice, NO_DEADLINE);
        expect(await stateOf(pool)).to.deep.equal(after);
      }
      for (const tokensIn of [TOKEN, 123n * TOKEN + 7n, 1_000n * TOKEN]) {
        const { reserveOut, after } = modelSell(await stateOf(pool), tokensIn);
        await pool.connect(alice).sell(tokensIn, reserveOut, bob, NO_DEADLINE);
        expect(await stateOf(pool)).to.deep.equal(after);
      }
    });
  }
});
