import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { roleId, shouldBeGuarded, shouldHaveOnly } from "../helpers/guarded.behavior";
import { PAUSE_BUDGET, type Pausable, shouldBehaveLikeGuardianPause } from "../helpers/guardianPause.behavior";
import { launchModel, signerOf } from "../../scripts/dev/world/protocol";
import { TOKEN, USDC } from "../../scripts/dev/world/units";
import { FUNDS, load, newPool, NO_DEADLINE, type PoolContext, stateOf, tradingPool } from "./pool.support";

const AMOUNT = 100n * USDC;
const TOKENS = 10_000n * TOKEN;

/** A pool whose factory and router can send transactions themselves, and a unit that it was sent. */
async function poolWithContracts() {
  const context = await newPool();
  await context.reserveToken.mint(context.pool, 1n);
  return {
    ...context,
    factorySigner: await signerOf(await context.factory.getAddress()),
  };
}

async function pausableBuys(): Promise<Pausable> {
  const { registry, factory, pool, guardian, admin, mallory, alice, id } = await newPool();
  await registry.connect(admin).grantRole(roleId("GUARDIAN_ROLE"), mallory);
  return {
    // The factory holds the rules, the pool what they stop.
    contract: new ethers.Contract(factory, [...factory.interface.fragments, pool.interface.getError("Paused")!]),
    guardians: [guardian, mallory],
    admin,
    pause: (sender, duration) => factory.connect(sender).pauseBuys(id, duration),
    resume: (sender) => factory.connect(sender).resumeBuys(id),
    state: async () => {
      const { until, wholeAt } = await factory.buysPauseOf(id);
      expect(await pool.buysPausedUntil()).to.equal(until);
      return { until, wholeAt };
    },
    expectPaused: (transaction, { until, wholeAt, account }) =>
      expect(transaction).to.emit(factory, "BuysPaused").withArgs(id, until, wholeAt, account),
    act: () => pool.connect(alice).buy(AMOUNT, 0, alice, NO_DEADLINE),
  };
}

describe("HokusaiAMM access", () => {
  describe("functions", () => {
    const OPEN = ["buy", "buyExactOut", "buyExactOutWithPermit", "buyWithPermit", "collectFees", "depositFees", "sell"];

    shouldHaveOnly(poolWithContracts, ({ pool }) => pool, ["setBuysPausedUntil", ...OPEN]);

    shouldBeGuarded(poolWithContracts, ({ pool }) => pool, [
      {
        name: "setBuysPausedUntil",
        holders: ["factorySigner"],
        error: "UnauthorizedCaller",
        errorArguments: (sender, { factorySigner }) => [sender, factorySigner.address],
        call: ({ pool }, sender) => pool.connect(sender).setBuysPausedUntil(1),
      },
    ]);
  });

  describe("pause of buys", () => {
    shouldBehaveLikeGuardianPause(pausableBuys);
  });

  describe("given a pause of buys", () => {
    let context: PoolContext;
    let until: bigint;

    beforeEach(async () => {
      context = await load.tradingPool();
      const { factory, guardian, id, pool } = context;
      await factory.connect(guardian).pauseBuys(id, PAUSE_BUDGET);
      until = await pool.buysPausedUntil();
      expect(until).to.equal(BigInt(await time.latest()) + PAUSE_BUDGET);
    });

    it("refuses every buy and every quote of one", async () => {
      const { pool, alice } = context;
      const permit = { deadline: 0n, v: 0, r: ethers.ZeroHash, s: ethers.ZeroHash };
      const as = pool.connect(alice);
      for (const refused of [
        () => as.buy(AMOUNT, 0, alice, NO_DEADLINE),
        () => as.buyWithPermit(AMOUNT, 0, alice, NO_DEADLINE, permit),
        () => as.buyExactOut(TOKENS, 0, FUNDS, alice, NO_DEADLINE),
        () => as.buyExactOutWithPermit(TOKENS, 0, FUNDS, alice, NO_DEADLINE, permit),
        () => as.quoteBuy(AMOUNT),
        () => as.quoteBuyExactOut(TOKENS),
      ]) {
        await expect(refused()).to.be.revertedWithCustomError(pool, "Paused").withArgs(until);
      }
    });

    it("P9: still allows sales, deposits and the collection of fees", async () => {
      const { pool, alice } = context;
      await expect(pool.connect(alice).sell(TOKENS, 0, alice, NO_DEADLINE)).to.emit(pool, "Sold");
      await expect(pool.connect(alice).depositFees(AMOUNT)).to.emit(pool, "FeesDeposited");
      await expect(pool.collectFees()).to.emit(pool, "FeesCollected");
    });

    it("changes neither the curve supply nor a stream when the admin ends it", async () => {
      const { pool, alice, factory, admin, id } = context;
      await pool.connect(alice).depositFees(AMOUNT);
      const end = await pool.streamEnd();
      const { supply } = await stateOf(pool);
      await factory.connect(admin).resumeBuys(id);
      expect((await stateOf(pool)).supply).to.equal(supply);
      expect(await pool.streamEnd()).to.equal(end);
      expect((await pool.reserve()) + (await pool.pendingStream())).to.equal((await tradedReserve(pool)) + AMOUNT);
    });

    it("pauses no other model's buys", async () => {
      const { reserveToken, bob } = context;
      const { pool } = await launchModel(context, { model: { modelId: "other" } });
      await reserveToken.connect(bob).approve(pool, AMOUNT);
      await expect(pool.connect(bob).buy(AMOUNT, 0, bob, NO_DEADLINE)).to.emit(pool, "Bought");
      expect(await pool.buysPausedUntil()).to.equal(0);
    });

    /** What trades left in the reserve, from the log. */
    async function tradedReserve(pool: PoolContext["pool"]) {
      const [bought] = await pool.queryFilter(pool.filters.Bought);
      return bought!.args.reserve;
    }
  });

  describe("given a new pool", () => {
    it("P10: has the terms that it was created with, and nothing else", async () => {
      const { pool, token, reserveToken, factory, terms } = await loadFixture(newPool);
      expect(await pool.token()).to.equal(token);
      expect(await pool.reserveToken()).to.equal(reserveToken);
      expect(await pool.factory()).to.equal(factory);
      expect(await pool.crr()).to.equal(terms.crr);
      expect(await pool.tradeFee()).to.equal(terms.tradeFee);
      expect(await pool.virtualReserve()).to.equal(terms.virtualReserve);
      const virtualSupply = (terms.virtualReserve * 10n ** 24n) / (terms.crr * terms.initialPrice);
      expect(await pool.virtualSupply()).to.equal(virtualSupply);
      expect(await pool.curveSupply()).to.equal(virtualSupply);
      expect(await pool.spotPrice()).to.equal(terms.initialPrice * 10n ** 18n);
      const zeros = await Promise.all([
        pool.reserve(),
        pool.netIssued(),
        pool.unbackedSupply(),
        pool.maxSell(),
        pool.buysPausedUntil(),
        pool.pendingStream(),
        pool.streamEnd(),
        pool.uncollectedFees(),
      ]);
      expect(zeros).to.deep.equal(Array(8).fill(0n));
    });

    it("P3: reports as unbacked every token that it did not issue, none of which moves its price", async () => {
      const { pool, token, tokenManager, distributor, modelId, bob, supplierAllocation } =
        await loadFixture(tradingPool);
      const issued = await token.totalSupply();
      const [state, price] = [await stateOf(pool), await pool.spotPrice()];
      expect(await pool.unbackedSupply()).to.equal(0);
      await token.connect(await signerOf(await tokenManager.getAddress())).mintRewards([bob], [TOKENS]);
      expect(await pool.unbackedSupply()).to.equal(TOKENS);
      await tokenManager.connect(distributor).distributeModelSupplierAllocation(modelId);
      expect(await pool.unbackedSupply()).to.equal(TOKENS + supplierAllocation);
      expect(await pool.netIssued()).to.equal(issued);
      // P3: what is minted elsewhere moves no price.
      expect(await stateOf(pool)).to.deep.equal(state);
      expect(await pool.spotPrice()).to.equal(price);
    });

    it("takes its creator for its factory, and cannot mint unless the token knows it", async () => {
      const { token, terms, reserveToken, feeRouter } = await loadFixture(newPool);
      const [anybody] = await ethers.getSigners();
      const { virtualReserve, crr, initialPrice } = terms;
      const pool = await ethers.deployContract("HokusaiAMM", [
        ...[token, reserveToken, feeRouter],
        { ...terms },
        (virtualReserve * 10n ** 24n) / (crr * initialPrice),
      ]);
      expect(await pool.factory()).to.equal(anybody);
      // The token knows its pool, and it is not this one.
      await expect(pool.quoteBuy(AMOUNT)).to.not.be.reverted;
      await reserveToken.mint(anybody!, AMOUNT);
      await reserveToken.approve(pool, AMOUNT);
      await expect(pool.buy(AMOUNT, 0, anybody!, NO_DEADLINE))
        .to.be.revertedWithCustomError(token, "UnauthorizedCaller")
        .withArgs(await pool.getAddress(), await token.pool());
    });
  });
});
