import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { shouldHaveOnly } from "../helpers/guarded.behavior";
import { DAY, field, MAX_UINT256, USDC } from "../../scripts/dev/world/units";
import {
  ACCRUAL,
  costOf,
  expectConserved,
  expectUnchanged,
  type FeeContext,
  FUNDS,
  LATE_TIMES,
  paidModels,
  PRICE,
  splitOf,
  UNKNOWN,
} from "./fees.support";

const AMOUNT = 1_000_000_007n;
const CALLS = 1_234_567n;
const MAX_AMOUNT = 2n ** 128n - 1n;

/** Most that a pool holds. */
const MAX_HELD = 2n ** 72n - 1n;
const MAX_CALLS = 10n ** 15n;

/** Amounts at which the split rounds differently, none of them so small that a share is zero. */
const AMOUNTS = [4n, 9_999n, 10_000n, 10_001n, AMOUNT, FUNDS];

describe("UsageFeeRouter", () => {
  let context: FeeContext;

  beforeEach(async () => {
    context = await loadFixture(paidModels);
  });

  // Gives the chain its time back, for fixtures that others make later.
  after(() => loadFixture(paidModels));

  afterEach("F2, F3", () => expectConserved(context));

  const deposit = (id: string, amount: bigint) => context.feeRouter.connect(context.alice).depositFee(id, amount);

  const payForCalls = (id: string, calls: bigint, maxAmount = MAX_UINT256) =>
    context.feeRouter.connect(context.alice).payForCalls(id, calls, maxAmount);

  /** The share of infrastructure of the first model, from now on. */
  async function setAccrual(bps: bigint) {
    const { registry, governor, first } = context;
    await registry.connect(governor).setInfrastructureAccrual(first.id, bps);
    await time.increase(2n * DAY + 1n);
  }

  shouldHaveOnly(paidModels, ({ feeRouter }) => feeRouter, [
    "depositFee",
    "depositFeeWithPermit",
    "depositFees",
    "depositFeesWithPermit",
    "depositFromBatch",
    "payForCalls",
    "payForCallsWithPermit",
  ]);

  describe("constructor", () => {
    it("shares the registry and the reserve token of the infrastructure reserve", async () => {
      const { feeRouter, registry, infrastructureReserve, reserveToken } = context;
      expect(await infrastructureReserve.feeRouter()).to.equal(feeRouter);
      expect(await feeRouter.reserveToken()).to.equal(reserveToken);
      expect(await feeRouter.registry()).to.equal(registry);
      expect(await feeRouter.infrastructureReserve()).to.equal(infrastructureReserve);
      expect(await feeRouter.MAX_CALLS()).to.equal(MAX_CALLS);
      expect(await feeRouter.MAX_AMOUNT()).to.equal(MAX_AMOUNT);
    });
  });

  describe("depositFee", () => {
    describe("given a model with a pool", () => {
      for (const amount of AMOUNTS) {
        it(`F1: splits ${amount} units exactly, and reports the split in every event`, async () => {
          const { feeRouter, infrastructureReserve, reserveToken, first, alice } = context;
          const { infrastructure, pool } = splitOf(amount);
          expect(infrastructure + pool).to.equal(amount);
          expect(await feeRouter.quoteSplit(first.id, amount)).to.deep.equal([infrastructure, pool]);
          const at = BigInt(await time.latest()) + 1n;
          await time.setNextBlockTimestamp(at);

          const transaction = deposit(first.id, amount);

          await expect(transaction).to.emit(feeRouter, "FeeDeposited").withArgs(first.id, alice, infrastructure, pool);
          await expect(transaction)
            .to.emit(infrastructureReserve, "Credited")
            .withArgs(first.id, infrastructure, infrastructure);
          await expect(transaction)
            .to.emit(first.pool, "FeesDeposited")
            .withArgs(feeRouter, pool, pool, at + DAY, 0);
          await expect(transaction).to.changeTokenBalances(
            reserveToken,
            [alice, infrastructureReserve, first.pool, feeRouter],
            [-amount, infrastructure, pool, 0n],
          );
          expect(await infrastructureReserve.balanceOf(first.id)).to.equal(infrastructure);
          expect(await first.pool.pendingStream()).to.equal(pool);
        });
      }

      it("skips an infrastructure share that rounds to zero", async () => {
        const { feeRouter, infrastructureReserve, first, alice } = context;
        const transaction = deposit(first.id, 3n); // 3 · 33.33 % < 1
        await expect(transaction).to.emit(feeRouter, "FeeDeposited").withArgs(first.id, alice, 0, 3);
        await expect(transaction).to.not.emit(infrastructureReserve, "Credited");
        expect(await first.pool.pendingStream()).to.equal(3);
      });

      it("skips the pool's share if everything goes to the infrastructure", async () => {
        const { feeRouter, infrastructureReserve, first, alice } = context;
        await setAccrual(10_000n);
        const transaction = deposit(first.id, AMOUNT);
        await expect(transaction).to.emit(feeRouter, "FeeDeposited").withArgs(first.id, alice, AMOUNT, 0);
        await expect(transaction).to.not.emit(first.pool, "FeesDeposited");
        expect(await infrastructureReserve.balanceOf(first.id)).to.equal(AMOUNT);
        expect(await first.pool.pendingStream()).to.equal(0);
      });

      it("adds further deposits to a model's balance", async () => {
        const { infrastructureReserve, first, second } = context;
        await deposit(first.id, AMOUNT);
        await deposit(second.id, AMOUNT);
        await expect(deposit(first.id, AMOUNT))
          .to.emit(infrastructureReserve, "Credited")
          .withArgs(first.id, splitOf(AMOUNT).infrastructure, 2n * splitOf(AMOUNT).infrastructure);
        expect(await infrastructureReserve.balanceOf(second.id)).to.equal(splitOf(AMOUNT, 1_000n).infrastructure);
      });

      it("splits by the present share, which is the old one until the last second of the delay", async () => {
        const { registry, governor, feeRouter, first } = context;
        await registry.connect(governor).setInfrastructureAccrual(first.id, 9_000n);
        const effectiveAt = BigInt(await time.latest()) + 2n * DAY;
        for (const [at, bps] of [
          [effectiveAt, ACCRUAL],
          [effectiveAt + 1n, 9_000n],
        ] as const) {
          const { infrastructure, pool } = splitOf(AMOUNT, bps);
          await time.setNextBlockTimestamp(at);
          await expect(deposit(first.id, AMOUNT))
            .to.emit(feeRouter, "FeeDeposited")
            .withArgs(first.id, context.alice, infrastructure, pool);
        }
      });

      it("refuses an amount of zero", async () => {
        const { feeRouter, first } = context;
        await expectUnchanged(context, async () => {
          for (const attempt of [deposit, feeRouter.quoteSplit]) {
            await expect(attempt(first.id, 0n)).to.be.revertedWithCustomError(feeRouter, "InvalidAmount").withArgs();
          }
        });
      });

      for (const amount of [MAX_AMOUNT + 1n, MAX_UINT256]) {
        it(`refuses an amount of ${amount}`, async () => {
          const { feeRouter, first } = context;
          await expectUnchanged(context, async () => {
            for (const attempt of [deposit, feeRouter.quoteSplit]) {
              await expect(attempt(first.id, amount))
                .to.be.revertedWithCustomError(feeRouter, "OutOfRange")
                .withArgs(field("amount"), amount, 1, MAX_AMOUNT);
            }
          });
        });
      }

      it("refuses more than the payer has, or has approved", async () => {
        const { feeRouter, reserveToken, first, alice, mallory } = context;
        await expectUnchanged(context, async () => {
          await expect(deposit(first.id, FUNDS + 1n))
            .to.be.revertedWithCustomError(reserveToken, "ERC20InsufficientBalance")
            .withArgs(alice, FUNDS - splitOf(FUNDS + 1n).infrastructure, splitOf(FUNDS + 1n).pool);
          await expect(feeRouter.connect(mallory).depositFee(first.id, AMOUNT))
            .to.be.revertedWithCustomError(reserveToken, "ERC20InsufficientAllowance")
            .withArgs(feeRouter, 0, splitOf(AMOUNT).infrastructure);
        });
      });

      it("refuses more than the pool can hold, and keeps nothing of it", async () => {
        const { reserveToken, first, alice } = context;
        const { pool } = first;
        await reserveToken.mint(alice, 2n * MAX_HELD);
        await expectUnchanged(context, async () => {
          const most = (MAX_HELD * 10_000n) / (10_000n - ACCRUAL);
          const tooMuch = most + 2n;
          await expect(deposit(first.id, tooMuch))
            .to.be.revertedWithCustomError(pool, "OutOfRange")
            .withArgs(field("amount"), splitOf(tooMuch).pool, 1, MAX_HELD);
        });
      });

      it("quotes the split of the largest amount, which fails only because the payer lacks the money", async () => {
        const { feeRouter, reserveToken, first, alice } = context;
        const { infrastructure, pool } = splitOf(MAX_AMOUNT);
        expect(await feeRouter.quoteSplit(first.id, MAX_AMOUNT)).to.deep.equal([infrastructure, pool]);
        await expect(deposit(first.id, MAX_AMOUNT))
          .to.be.revertedWithCustomError(reserveToken, "ERC20InsufficientBalance")
          .withArgs(alice, FUNDS, infrastructure);
      });
    });

    for (const name of ["poolless", "unknown"] as const) {
      it(`refuses a model without a pool, and keeps nothing: ${name}`, async () => {
        const { feeRouter, poolless } = context;
        const id = name === "unknown" ? UNKNOWN : poolless.id;
        await expectUnchanged(context, async () => {
          await expect(deposit(id, AMOUNT)).to.be.revertedWithCustomError(feeRouter, "PoolNotFound").withArgs(id);
          await expect(feeRouter.quoteSplit(id, AMOUNT))
            .to.be.revertedWithCustomError(feeRouter, "PoolNotFound")
            .withArgs(id);
        });
      });
    }
  });

  describe("streamedTo", () => {
    /** A fee whose pool share is not a multiple of a day, deposited now. */
    async function stream() {
      await deposit(context.first.id, AMOUNT);
      const { pool } = splitOf(AMOUNT);
      return { start: BigInt(await time.latest()), pool };
    }

    for (const ahead of [0n, 1n, 7n, DAY / 2n, DAY - 1n]) {
      it(`returns what will have reached the reserve ${ahead} seconds later`, async () => {
        const { feeRouter, first } = context;
        const { start, pool } = await stream();
        const reserve = await first.pool.reserve();
        const released = (pool * ahead) / DAY;

        expect(await feeRouter.streamedTo(first.id, start + ahead)).to.deep.equal([released, pool - released]);

        if (ahead > 0n) await time.increaseTo(start + ahead);
        expect(await first.pool.reserve()).to.equal(reserve + released);
        expect(await first.pool.pendingStream()).to.equal(pool - released);
      });
    }

    for (const ahead of [DAY, DAY + 1n, MAX_UINT256]) {
      it(`returns the whole amount ${ahead === MAX_UINT256 ? "for the end of time" : `for ${ahead} seconds later`}`, async () => {
        const { feeRouter, first } = context;
        const { start, pool } = await stream();
        const timestamp = ahead === MAX_UINT256 ? ahead : start + ahead;
        expect(await feeRouter.streamedTo(first.id, timestamp)).to.deep.equal([pool, 0n]);
      });
    }

    it("returns zero for a stream that has ended, and for a pool that never had one", async () => {
      const { feeRouter, first, second } = context;
      const { start } = await stream();
      await time.increaseTo(start + DAY);
      for (const { id } of [first, second]) {
        expect(await feeRouter.streamedTo(id, start + DAY)).to.deep.equal([0n, 0n]);
      }
    });

    it("refuses a time before now", async () => {
      const { feeRouter, first } = context;
      const { start } = await stream();
      await expect(feeRouter.streamedTo(first.id, start - 1n))
        .to.be.revertedWithCustomError(feeRouter, "OutOfRange")
        .withArgs(field("timestamp"), start - 1n, start, MAX_UINT256);
    });

    for (const [day, start] of LATE_TIMES) {
      it(`T: quotes and releases a stream of ${day} like any other`, async () => {
        const { feeRouter, first } = context;
        const { pool } = splitOf(AMOUNT);
        await time.setNextBlockTimestamp(start);
        await deposit(first.id, AMOUNT);
        expect(await first.pool.streamEnd()).to.equal(start + DAY);
        expect(await feeRouter.streamedTo(first.id, start + DAY - 1n)).to.deep.equal([
          (pool * (DAY - 1n)) / DAY,
          pool - (pool * (DAY - 1n)) / DAY,
        ]);

        await time.increaseTo(start + DAY - 1n);
        expect(await first.pool.reserve()).to.equal((pool * (DAY - 1n)) / DAY);
        await time.increaseTo(start + DAY);
        expect(await first.pool.reserve()).to.equal(pool);
        expect(await first.pool.pendingStream()).to.equal(0);
      });
    }

    for (const name of ["poolless", "unknown"] as const) {
      it(`refuses a model without a pool: ${name}`, async () => {
        const { feeRouter, poolless } = context;
        const id = name === "unknown" ? UNKNOWN : poolless.id;
        await expect(feeRouter.streamedTo(id, MAX_UINT256))
          .to.be.revertedWithCustomError(feeRouter, "PoolNotFound")
          .withArgs(id);
      });
    }
  });

  describe("payForCalls", () => {
    for (const calls of [1n, 999n, 1_000n, 1_001n, CALLS]) {
      it(`charges ${calls} calls, rounded up, and splits the cost`, async () => {
        const { feeRouter, reserveToken, infrastructureReserve, first, alice } = context;
        const cost = costOf(calls);
        const { infrastructure, pool } = splitOf(cost);
        expect(await feeRouter.quoteCalls(first.id, calls)).to.equal(cost);
        expect(await feeRouter.connect(alice).payForCalls.staticCall(first.id, calls, cost)).to.equal(cost);

        const transaction = payForCalls(first.id, calls, cost);

        await expect(transaction).to.emit(feeRouter, "CallsPaid").withArgs(first.id, alice, calls, cost);
        await expect(transaction).to.emit(feeRouter, "FeeDeposited").withArgs(first.id, alice, infrastructure, pool);
        await expect(transaction).to.changeTokenBalances(
          reserveToken,
          [alice, infrastructureReserve, first.pool],
          [-cost, infrastructure, pool],
        );
      });
    }

    it("refuses a cost of one unit more than the payer's maximum", async () => {
      const { feeRouter, first } = context;
      const cost = costOf(CALLS);
      await expectUnchanged(context, async () => {
        await expect(payForCalls(first.id, CALLS, cost - 1n))
          .to.be.revertedWithCustomError(feeRouter, "ExcessiveCost")
          .withArgs(cost, cost - 1n);
      });
    });

    for (const calls of [0n, MAX_CALLS + 1n, MAX_UINT256]) {
      it(`refuses ${calls} calls`, async () => {
        const { feeRouter, first } = context;
        for (const attempt of [payForCalls, feeRouter.quoteCalls]) {
          await expect(attempt(first.id, calls))
            .to.be.revertedWithCustomError(feeRouter, "OutOfRange")
            .withArgs(field("calls"), calls, 1, MAX_CALLS);
        }
      });
    }

    it("quotes the most calls at the highest price, whose cost no pool can hold", async () => {
      const { feeRouter, registry, governor, reserveToken, first, alice } = context;
      const highest = 10n ** 12n;
      await registry.connect(governor).setPricePerThousandCalls(first.id, highest);
      const cost = costOf(MAX_CALLS, highest);
      await reserveToken.mint(alice, cost);
      expect(await feeRouter.quoteCalls(first.id, MAX_CALLS)).to.equal(cost);
      await expectUnchanged(context, async () => {
        await expect(payForCalls(first.id, MAX_CALLS, cost))
          .to.be.revertedWithCustomError(first.pool, "OutOfRange")
          .withArgs(field("amount"), splitOf(cost).pool, 1, MAX_HELD);
      });
    });

    for (const name of ["second", "unknown"] as const) {
      it(`refuses a model without a price: ${name}`, async () => {
        const { feeRouter, second } = context;
        const id = name === "unknown" ? UNKNOWN : second.id;
        for (const attempt of [payForCalls, feeRouter.quoteCalls]) {
          await expect(attempt(id, CALLS)).to.be.revertedWithCustomError(feeRouter, "PriceNotSet").withArgs(id);
        }
      });
    }

    it("refuses a model that has a price but no pool", async () => {
      const { feeRouter, poolless } = context;
      await expectUnchanged(context, async () => {
        await expect(payForCalls(poolless.id, CALLS))
          .to.be.revertedWithCustomError(feeRouter, "PoolNotFound")
          .withArgs(poolless.id);
      });
      expect(await feeRouter.quoteCalls(poolless.id, CALLS)).to.equal(costOf(CALLS));
    });

    it("charges a raised price at once, and a lowered one only after its delay", async () => {
      const { feeRouter, registry, governor, first } = context;
      await registry.connect(governor).setPricePerThousandCalls(first.id, 2n * PRICE);
      expect(await feeRouter.quoteCalls(first.id, CALLS)).to.equal(costOf(CALLS, 2n * PRICE));
      await registry.connect(governor).setPricePerThousandCalls(first.id, USDC);
      const effectiveAt = BigInt(await time.latest()) + 2n * DAY;
      await time.setNextBlockTimestamp(effectiveAt);
      await expect(payForCalls(first.id, CALLS))
        .to.emit(feeRouter, "CallsPaid")
        .withArgs(first.id, context.alice, CALLS, costOf(CALLS, 2n * PRICE));
      await expect(payForCalls(first.id, CALLS))
        .to.emit(feeRouter, "CallsPaid")
        .withArgs(first.id, context.alice, CALLS, costOf(CALLS, USDC));
    });
  });
});
