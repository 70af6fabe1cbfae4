import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { FunctionFragment, Interface } from "ethers";
import { ethers } from "hardhat";
import type { HokusaiAMM, HokusaiAMMFactory, HostileReserveTokenMock, ModelToken } from "../../.build/typechain";
import {
  createPool,
  deployProtocol,
  deployToken,
  type Protocol,
  registerModel,
} from "../../scripts/dev/world/protocol";
import { ADMIN_DELAY, BPS, DAY, MAX_UINT256, PAYOUT_DELAY, TOKEN, USDC } from "../../scripts/dev/world/units";
import { FUNDS, feeOn, NO_DEADLINE, signPermit, stateOf } from "./pool.support";

const DECIMALS = 6;
const AMOUNT = 100n * USDC;
const TOKENS = 5_000n * TOKEN;
const WINDOW = DAY;
const FALSE = 1n;
const NOTHING = 2n;

/** A pool on which alice holds tokens, whose reserve token will do what it is told. */
async function hostilePool() {
  const { actors, factory, reserveToken } = await protocolOn(DECIMALS);
  const { alice, bob } = actors;
  const { modelId, id, token } = await deployToken(actors);
  await registerModel(actors, modelId);
  const { pool } = await createPool(actors, modelId, { ibrDuration: WINDOW });
  for (const trader of [alice, bob]) {
    await reserveToken.mint(trader, FUNDS);
    await reserveToken.connect(trader).approve(pool, MAX_UINT256);
  }
  await pool.connect(alice).buy(10n * AMOUNT, 0, alice, NO_DEADLINE);
  await time.increase(WINDOW);
  return { ...actors, factory, reserveToken, id, token, pool };
}

/** The protocol with a factory of its own reserve token; `guardian` and `poolCreator` hold their roles there too. */
async function protocolOn(decimals: number) {
  const unwired = await deployProtocol();
  const { wirer, timelock, guardian, poolCreator, verifier, treasury, method, registrar } = unwired;
  const { operator, launcher, distributor, feeRouter } = unwired;
  const reserveToken = await ethers.deployContract("HostileReserveTokenMock", [decimals]);
  // The reserve token holds the guardian's role: it may try its functions from inside a transfer.
  const registry = await ethers.deployContract("ModelRegistry", [
    ADMIN_DELAY,
    timelock,
    [guardian, reserveToken],
    [registrar],
    [poolCreator],
    [],
    wirer,
    PAYOUT_DELAY,
  ]);
  const tokenManager = await ethers.deployContract("TokenManager", [
    ADMIN_DELAY,
    timelock,
    [guardian],
    [operator],
    [launcher],
    [distributor],
    registry,
  ]);
  const factory = await ethers.deployContract("HokusaiAMMFactory", [registry, reserveToken, feeRouter, treasury]);
  await registry.connect(wirer).wire(tokenManager, factory, verifier, [method]);
  const actors: Protocol = { ...unwired, registry, tokenManager, factory };
  return { actors, factory, reserveToken };
}

describe("HokusaiAMM, given a reserve token", () => {
  let pool: HokusaiAMM;
  let token: ModelToken;
  let reserveToken: HostileReserveTokenMock;
  let factory: HokusaiAMMFactory;
  let context: Awaited<ReturnType<typeof hostilePool>>;

  beforeEach(async () => {
    context = await loadFixture(hostilePool);
    ({ pool, token, reserveToken, factory } = context);
  });

  const buy = () => pool.connect(context.alice).buy(AMOUNT, 0, context.alice, NO_DEADLINE);
  const buyExactOut = () => pool.connect(context.alice).buyExactOut(TOKENS, 0, FUNDS, context.alice, NO_DEADLINE);
  const sell = () => pool.connect(context.alice).sell(TOKENS, 0, context.alice, NO_DEADLINE);
  const deposit = () => pool.connect(context.bob).depositFees(AMOUNT);
  const collect = () => pool.collectFees();

  /** Everything that moves in: the amounts are those that the pool asks for. */
  async function pulls() {
    const [, exactOut] = await pool.quoteBuyExactOut(TOKENS);
    return [
      { send: buy, amount: AMOUNT },
      { send: buyExactOut, amount: exactOut },
      { send: deposit, amount: AMOUNT },
    ];
  }

  async function expectUnchanged(action: () => Promise<unknown>) {
    const before = [await stateOf(pool), await token.totalSupply(), await reserveToken.balanceOf(pool)];
    await action();
    expect([await stateOf(pool), await token.totalSupply(), await reserveToken.balanceOf(pool)]).to.deep.equal(before);
  }

  describe("that charges on transfers", () => {
    for (const arrivingBps of [BPS - 1n, BPS / 2n, 0n, BPS + 1n]) {
      it(`refuses every payment of which ${arrivingBps} bps arrive`, async () => {
        const cases = await pulls();
        await reserveToken.setArrivingBps(arrivingBps);
        for (const { send, amount } of cases) {
          await expectUnchanged(() =>
            expect(send())
              .to.be.revertedWithCustomError(pool, "UnexpectedReserveReceived")
              .withArgs((amount * arrivingBps) / BPS, amount),
          );
        }
      });
    }

    it("still lets holders sell", async () => {
      await reserveToken.setArrivingBps(BPS - 100n);
      await expect(sell()).to.emit(pool, "Sold");
    });
  });

  describe("that returns false", () => {
    it("refuses every trade, deposit and collection of fees", async () => {
      await reserveToken.setAnswer(FALSE);
      for (const send of [buy, buyExactOut, sell, deposit, collect]) {
        await expectUnchanged(() =>
          expect(send())
            .to.be.revertedWithCustomError(
              { interface: new Interface(["error SafeERC20FailedOperation(address token)"]) },
              "SafeERC20FailedOperation",
            )
            .withArgs(reserveToken),
        );
      }
    });
  });

  describe("that returns nothing", () => {
    it("accepts every trade, deposit and collection of fees", async () => {
      await reserveToken.setAnswer(NOTHING);
      const balance = await reserveToken.balanceOf(pool);
      await expect(buy()).to.emit(pool, "Bought");
      await expect(deposit()).to.emit(pool, "FeesDeposited");
      expect(await reserveToken.balanceOf(pool)).to.equal(balance + 2n * AMOUNT);
      await expect(buyExactOut()).to.emit(pool, "Bought");
      await expect(sell()).to.emit(pool, "Sold");
      await expect(collect()).to.emit(pool, "FeesCollected");
    });
  });

  describe("that is paused", () => {
    it("stops whatever moves it, and loses nothing", async () => {
      await reserveToken.setPaused(true);
      for (const send of [buy, buyExactOut, sell, deposit, collect]) {
        await expectUnchanged(() =>
          expect(send()).to.be.revertedWithCustomError(reserveToken, "TransfersPaused").withArgs(),
        );
      }
      await reserveToken.setPaused(false);
      await expect(sell()).to.emit(pool, "Sold");
    });
  });

  describe("that blacklists an account", () => {
    it("P9: stops only the collection of fees if the account is the treasury", async () => {
      const { treasury } = context;
      await reserveToken.setBlacklisted(treasury, true);
      const fees = await pool.uncollectedFees();
      await expect(collect()).to.be.revertedWithCustomError(reserveToken, "Blacklisted").withArgs(treasury.address);
      for (const send of [buy, buyExactOut, sell, deposit]) await expect(send()).to.not.be.reverted;
      expect(await pool.uncollectedFees()).to.be.greaterThan(fees);
    });

    it("P9: pays a blacklisted seller at another address", async () => {
      const { alice, bob } = context;
      await reserveToken.setBlacklisted(alice, true);
      await expect(sell()).to.be.revertedWithCustomError(reserveToken, "Blacklisted").withArgs(alice.address);
      await expect(pool.connect(alice).sell(TOKENS, 0, bob, NO_DEADLINE)).to.emit(pool, "Sold");
    });
  });

  describe("that reenters", () => {
    const permit = { deadline: 0n, v: 0, r: ethers.ZeroHash, s: ethers.ZeroHash };
    const guarded = () => new Interface(["error ReentrancyGuardReentrantCall()"]);

    /** A call of each function of the pool that reads or writes its state. */
    async function reentries() {
      const to = await reserveToken.getAddress();
      const calls: Record<string, readonly unknown[]> = {
        buy: [AMOUNT, 0, to, NO_DEADLINE],
        buyWithPermit: [AMOUNT, 0, to, NO_DEADLINE, permit],
        buyExactOut: [TOKENS, 0, FUNDS, to, NO_DEADLINE],
        buyExactOutWithPermit: [TOKENS, 0, FUNDS, to, NO_DEADLINE, permit],
        sell: [TOKENS, 0, to, NO_DEADLINE],
        depositFees: [AMOUNT],
        collectFees: [],
        quoteBuy: [AMOUNT],
        quoteBuyExactOut: [TOKENS],
        quoteSell: [TOKENS],
        reserve: [],
        curveSupply: [],
        spotPrice: [],
        netIssued: [],
        remainingInvestorAllocation: [],
        unbackedSupply: [],
        maxSell: [],
        pendingStream: [],
        streamEnd: [],
        uncollectedFees: [],
      };
      // What no trade changes may be read at any time; `setBuysPausedUntil` is the factory's alone.
      const constant = ["token", "reserveToken", "factory", "crr", "tradeFee", "virtualReserve", "virtualSupply"];
      const others = [...constant, "sellsOpenAt", "buysPausedUntil", "setBuysPausedUntil"];
      const all = pool.interface.fragments.flatMap((f) => (FunctionFragment.isFragment(f) ? [f.name] : []));
      expect([...Object.keys(calls), ...others].sort()).to.deep.equal(all.sort());
      return Object.entries(calls).map(([name, args]) => ({
        name,
        data: (pool.interface as Interface).encodeFunctionData(name, args),
      }));
    }

    const tradeWithPermit = async () => {
      const { alice } = context;
      const signed = await signPermit(reserveToken, alice, await pool.getAddress(), AMOUNT);
      return pool.connect(alice).buyWithPermit(AMOUNT, 0, alice, NO_DEADLINE, signed);
    };

    for (const [name, send] of Object.entries({ buy, buyExactOut, sell, deposit, collect })) {
      it(`refuses every reentrant call during ${name}, views included`, async () => {
        for (const reentry of await reentries()) {
          await reserveToken.connect(context.alice).approve(pool, MAX_UINT256);
          await buy();
          await reserveToken.reenter(pool, reentry.data);
          await send();
          expect(await reserveToken.hasReentered(), reentry.name).to.equal(false);
          expect(await reserveToken.reentryResult(), reentry.name).to.equal(
            guarded().encodeErrorResult("ReentrancyGuardReentrantCall", []),
          );
          await reserveToken.reenter(ethers.ZeroAddress, "0x");
        }
      });
    }

    it("accepts a call during a permit, which precedes the trade, and refuses it during the trade", async () => {
      const fees = await pool.uncollectedFees();
      expect(fees).to.be.greaterThan(0);
      await reserveToken.reenter(pool, pool.interface.encodeFunctionData("collectFees"));
      const transaction = tradeWithPermit();
      await expect(transaction).to.emit(pool, "FeesCollected").withArgs(context.treasury.address, fees);
      await expect(transaction).to.emit(pool, "Bought");
      expect(await reserveToken.reentryResult()).to.equal(
        guarded().encodeErrorResult("ReentrancyGuardReentrantCall", []),
      );
      expect(await pool.uncollectedFees()).to.equal(feeOn(AMOUNT, await pool.tradeFee()));
    });

    it("P9: lets a token that is a guardian pause buys even during a buy, and the pause holds", async () => {
      const { id } = context;
      await reserveToken.reenter(factory, factory.interface.encodeFunctionData("pauseBuys", [id, DAY]));
      const { supply } = await stateOf(pool);
      const tokensOut = await pool.quoteBuy(AMOUNT);
      await buy();
      expect(await reserveToken.hasReentered()).to.equal(true);
      expect((await stateOf(pool)).supply).to.equal(supply + tokensOut);
      await reserveToken.reenter(ethers.ZeroAddress, "0x");
      await expect(buy())
        .to.be.revertedWithCustomError(pool, "Paused")
        .withArgs(await pool.buysPausedUntil());
    });

    it("accepts calls again afterwards", async () => {
      await reserveToken.reenter(pool, pool.interface.encodeFunctionData("reserve"));
      await buy();
      expect(await pool.reserve()).to.be.greaterThan(0n);
    });
  });

  it("counts donations as trade fees only", async () => {
    const { bob } = context;
    const [state, fees] = [await stateOf(pool), await pool.uncollectedFees()];
    await reserveToken.connect(bob).transfer(pool, AMOUNT);
    expect(await stateOf(pool)).to.deep.equal(state);
    expect(await pool.uncollectedFees()).to.equal(fees + AMOUNT);
    expect(fees).to.equal(feeOn(10n * AMOUNT, state.tradeFee));
  });
});
