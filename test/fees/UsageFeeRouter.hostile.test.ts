import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type Addressable, ZeroAddress } from "ethers";
import type { HostileReserveTokenMock } from "../../.build/typechain";
import { BPS, DAY, HOUR, MAX_UINT256 } from "../../scripts/dev/world/units";
import { NO_DEADLINE, signPermit } from "../market/pool.support";
import {
  ACCRUAL,
  booksOf,
  expectConserved,
  expectUnchanged,
  type FeeContext,
  fundedReserve,
  FUNDS,
  inOneBlock,
  splitOf,
  turnHostile,
} from "./fees.support";

const AMOUNT = 1_000_000_007n;
const FALSE = 1n;
const NOTHING = 2n;
const GAS_LIMIT = 600_000;

describe("UsageFeeRouter with a hostile reserve token", () => {
  let context: Awaited<ReturnType<typeof fundedReserve>>;
  let token: HostileReserveTokenMock;

  beforeEach(async () => {
    context = await loadFixture(fundedReserve);
    token = await turnHostile(context);
  });

  afterEach("F2, F3", () => expectConserved(context));

  const deposit = (amount = AMOUNT) => context.feeRouter.connect(context.alice).depositFee(context.first.id, amount);

  const batch = () =>
    context.feeRouter.connect(context.alice).depositFees([
      { model: context.first.id, amount: AMOUNT },
      { model: context.second.id, amount: AMOUNT },
    ]);

  describe("given a token that charges on transfers", () => {
    for (const arrivingBps of [0n, BPS / 2n, BPS - 1n, BPS + 1n]) {
      it(`refuses a deposit, in a batch too, of which ${arrivingBps} bps arrive`, async () => {
        const { feeRouter } = context;
        const { infrastructure } = splitOf(AMOUNT);
        const received = (infrastructure * arrivingBps) / BPS;
        await token.setArrivingBps(arrivingBps);
        await expectUnchanged(context, async () => {
          await expect(deposit())
            .to.be.revertedWithCustomError(feeRouter, "UnexpectedReserveReceived")
            .withArgs(received, infrastructure);
          expect(
            await feeRouter
              .connect(context.alice)
              .depositFees.staticCall([{ model: context.first.id, amount: AMOUNT }]),
          ).to.deep.equal([false]);
          await batch();
        });
      });
    }

    it("refuses a deposit even if a surplus in the infrastructure reserve would cover the charge", async () => {
      const { feeRouter, infrastructureReserve } = context;
      const { infrastructure } = splitOf(AMOUNT);
      await token.mint(infrastructureReserve, FUNDS);
      await token.setArrivingBps(BPS - 1n);
      await expect(deposit())
        .to.be.revertedWithCustomError(feeRouter, "UnexpectedReserveReceived")
        .withArgs((infrastructure * (BPS - 1n)) / BPS, infrastructure);
    });

    it("refuses a deposit whose infrastructure share rounds to zero", async () => {
      const { feeRouter } = context;
      await token.setArrivingBps(0n);
      await expect(deposit(3n)) // 3 · 33.33 % < 1
        .to.be.revertedWithCustomError(feeRouter, "UnexpectedReserveReceived")
        .withArgs(0, 3);
    });
  });

  describe("given a token that keeps something, and trade fees that would cover it", () => {
    const ONE_PERCENT = 100n;

    beforeEach(async () => {
      await token.mint(context.first.pool, FUNDS);
      expect(await context.first.pool.uncollectedFees()).to.equal(FUNDS);
    });

    /** The share of infrastructure of the first model, from now on. */
    async function setAccrual(bps: bigint) {
      const { registry, governor, first } = context;
      await registry.connect(governor).setInfrastructureAccrual(first.id, bps);
      await time.increase(2n * DAY + 1n);
    }

    const expectShort = (transaction: Promise<unknown>, received: bigint, sent: bigint) =>
      expect(transaction)
        .to.be.revertedWithCustomError(context.feeRouter, "UnexpectedReserveReceived")
        .withArgs(received, sent);

    it("F1: refuses a deposit of which only the pool's share is charged: 1 % of 99 units rounds to zero, of 100 to one", async () => {
      await setAccrual(BPS / 2n);
      await token.setFees(ONE_PERCENT, 0n, ZeroAddress);
      expect(splitOf(199n, BPS / 2n)).to.deep.equal({ infrastructure: 99n, pool: 100n });
      await expectUnchanged(context, async () => {
        for (let i = 0; i < 10; i++) await expectShort(deposit(199n), 99n, 100n);
      });
    });

    for (const bps of [1_000n, 3_333n, 4_999n, 5_000n, 5_001n, 9_999n, 10_000n]) {
      it(`F1: refuses exactly the amounts of which the token keeps a unit, at an infrastructure share of ${bps} bps`, async () => {
        const { feeRouter, first, alice } = context;
        await setAccrual(bps);
        await token.setFees(ONE_PERCENT, 0n, ZeroAddress);
        const router = feeRouter.connect(alice);
        const kept = (amount: bigint) => (amount * ONE_PERCENT) / BPS;
        for (let amount = 90n; amount <= 220n; amount += 1n) {
          const { infrastructure, pool } = splitOf(amount, bps);
          if (kept(infrastructure) + kept(pool) === 0n) {
            await router.depositFee.staticCall(first.id, amount);
            continue;
          }
          const short = kept(infrastructure) > 0n ? infrastructure : pool;
          await expectShort(router.depositFee.staticCall(first.id, amount), short - kept(short), short);
        }
      });

      it(`F1: refuses a token that keeps one unit of every transfer, at an infrastructure share of ${bps} bps`, async () => {
        await setAccrual(bps);
        await token.setFees(0n, 1n, ZeroAddress);
        const { infrastructure } = splitOf(AMOUNT, bps);
        await expectUnchanged(context, () => expectShort(deposit(), infrastructure - 1n, infrastructure));
      });

      it(`F3: refuses a token that charges only the infrastructure reserve, at a share of ${bps} bps`, async () => {
        await setAccrual(bps);
        await token.setFees(ONE_PERCENT, 0n, context.infrastructureReserve);
        const { infrastructure } = splitOf(AMOUNT, bps);
        await expectUnchanged(context, () =>
          expectShort(deposit(), infrastructure - infrastructure / 100n, infrastructure),
        );
      });
    }

    for (const bps of [1_000n, 3_333n, 4_999n]) {
      it(`F1: refuses a token that charges only the pool, whose share is the larger one at ${bps} bps`, async () => {
        await setAccrual(bps);
        await token.setFees(ONE_PERCENT, 0n, context.first.pool);
        const { pool } = splitOf(AMOUNT, bps);
        await expectUnchanged(context, () => expectShort(deposit(), pool - pool / 100n, pool));
      });
    }

    for (const bps of [5_000n, 9_999n]) {
      it(`P1: leaves the pool with what it owes if the token charges only the pool, whose share is not the larger one at ${bps} bps`, async () => {
        const { first } = context;
        await setAccrual(bps);
        await token.setFees(ONE_PERCENT, 0n, first.pool);
        const amount = AMOUNT - 1n;
        const { pool } = splitOf(amount, bps);
        await deposit(amount);
        expect(await first.pool.uncollectedFees()).to.equal(FUNDS - pool / 100n);

        await first.pool.collectFees();
        await expectUnchanged(context, () => expectShort(deposit(amount), pool - pool / 100n, pool));
      });
    }

    it("accepts a deposit of which the token keeps nothing", async () => {
      const { feeRouter, first, alice } = context;
      await setAccrual(BPS / 2n);
      await token.setFees(ONE_PERCENT, 0n, ZeroAddress);
      await expect(deposit(198n)).to.emit(feeRouter, "FeeDeposited").withArgs(first.id, alice, 99, 99);
    });
  });

  const blacklist = (accountOf: (context: FeeContext) => Addressable) => ({
    make: () => token.setBlacklisted(accountOf(context), true),
    error: "Blacklisted",
    args: () => [accountOf(context)],
  });

  for (const { name, make, error, args } of [
    {
      name: "returns false",
      make: () => token.setAnswer(FALSE),
      error: "SafeERC20FailedOperation",
      args: () => [token],
    },
    { name: "is paused", make: () => token.setPaused(true), error: "TransfersPaused", args: () => [] },
    { name: "blacklists the payer", ...blacklist(({ alice }) => alice) },
    {
      name: "blacklists the infrastructure reserve",
      ...blacklist(({ infrastructureReserve }) => infrastructureReserve),
    },
    { name: "blacklists the pool", ...blacklist(({ first }) => first.pool) },
  ]) {
    it(`moves nothing when the reserve token ${name}`, async () => {
      const declaring = error === "SafeERC20FailedOperation" ? context.feeRouter : token;
      await make();
      await expectUnchanged(context, async () => {
        await expect(deposit())
          .to.be.revertedWithCustomError(declaring, error)
          .withArgs(...args());
      });
    });
  }

  it("continues a batch after a pool that the reserve token blacklists", async () => {
    const { feeRouter, first, second, alice } = context;
    await token.setBlacklisted(first.pool, true);
    const pending = await second.pool.pendingStream();
    const reason = token.interface.encodeErrorResult("Blacklisted", [await first.pool.getAddress()]);
    const balance = await token.balanceOf(alice);
    await expect(batch()).to.emit(feeRouter, "DepositFailed").withArgs(first.id, alice, AMOUNT, reason);
    expect(await token.balanceOf(alice)).to.equal(balance - AMOUNT);
    expect(await second.pool.pendingStream()).to.be.greaterThan(pending);
  });

  it("accepts a token that returns nothing", async () => {
    const { feeRouter, first, alice } = context;
    await token.setAnswer(NOTHING);
    const { infrastructure, pool } = splitOf(AMOUNT);
    await expect(deposit()).to.emit(feeRouter, "FeeDeposited").withArgs(first.id, alice, infrastructure, pool);
  });

  describe("given a token that calls back during a deposit", () => {
    const permit = { deadline: MAX_UINT256, v: 27, r: `0x${"11".repeat(32)}`, s: `0x${"11".repeat(32)}` };

    for (const name of [
      "depositFee",
      "depositFeeWithPermit",
      "depositFees",
      "depositFeesWithPermit",
      "payForCalls",
      "payForCallsWithPermit",
    ] as const) {
      it(`refuses its call of ${name}`, async () => {
        const { feeRouter, first } = context;
        const deposits = [{ model: first.id, amount: 1n }];
        const args = {
          depositFee: [first.id, 1n],
          depositFeeWithPermit: [first.id, 1n, permit],
          depositFees: [deposits],
          depositFeesWithPermit: [deposits, 1n, permit],
          payForCalls: [first.id, 1n, MAX_UINT256],
          payForCallsWithPermit: [first.id, 1n, MAX_UINT256, permit],
        }[name];
        await token.reenter(feeRouter, feeRouter.interface.encodeFunctionData(name as never, args as never));
        await deposit();
        expect(await token.hasReentered()).to.equal(false);
        expect(await token.reentryResult()).to.equal(
          feeRouter.interface.encodeErrorResult("ReentrancyGuardReentrantCall"),
        );
      });
    }

    it("refuses its call of the infrastructure reserve's credit", async () => {
      const { infrastructureReserve, second } = context;
      const tokenAddress = await token.getAddress();
      await token.reenter(
        infrastructureReserve,
        infrastructureReserve.interface.encodeFunctionData("credit", [second.id, 1n]),
      );
      await deposit();
      expect(await token.hasReentered()).to.equal(false);
      expect(await token.reentryResult()).to.equal(
        infrastructureReserve.interface.encodeErrorResult("UnauthorizedCaller", [
          tokenAddress,
          await context.feeRouter.getAddress(),
        ]),
      );
    });

    it("refuses the deposit if the token has the pool's share collected as trade fees on its way", async () => {
      const { first } = context;
      await token.reenter(first.pool, first.pool.interface.encodeFunctionData("collectFees"));
      await expect(deposit())
        .to.be.revertedWithCustomError(first.pool, "UnexpectedReserveReceived")
        .withArgs(0, splitOf(AMOUNT).pool);
    });

    it("refuses its call of depositFee during depositFeeWithPermit", async () => {
      const { feeRouter, first, mallory } = context;
      await token.reenter(feeRouter, feeRouter.interface.encodeFunctionData("depositFee", [first.id, 1n]));
      const signed = await signPermit(context.reserveToken, mallory, await feeRouter.getAddress(), AMOUNT);
      await feeRouter.connect(mallory).depositFeeWithPermit(first.id, AMOUNT, signed);
      expect(await token.hasReentered()).to.equal(false);
    });
  });
});

describe("UsageFeeRouter, the stream of a fee", () => {
  let context: FeeContext;

  beforeEach(async () => {
    context = await loadFixture(fundedReserve);
    const { first, reserveToken, mallory } = context;
    await time.increaseTo(await first.pool.sellsOpenAt());
    await reserveToken.connect(mallory).approve(first.pool, MAX_UINT256);
  });

  const deposit = (amount: bigint) =>
    context.feeRouter.connect(context.alice).depositFee(context.first.id, amount, { gasLimit: GAS_LIMIT });

  for (const [name, fee, bought] of [
    ["a large fee", 1_000_000_000_000n, 10_000_000n],
    ["a fee as large as the purchase", 1_000_000_000n, 1_000_000_000n],
    ["dust", 4n, 1_000_000_000n],
  ] as const) {
    it(`P12: buying before ${name} and selling after it in one block never profits`, async () => {
      const { first, reserveToken, mallory } = context;
      const { pool, token } = first;
      const funds = await reserveToken.balanceOf(mallory);
      const tokensOut = await pool.quoteBuy(bought);
      const nonce = await mallory.getNonce();
      const options = (offset: number) => ({ nonce: nonce + offset, gasLimit: GAS_LIMIT });
      await inOneBlock(
        () => pool.connect(mallory).buy(bought, 0, mallory, NO_DEADLINE, options(0)),
        () => deposit(fee),
        () => pool.connect(mallory).sell(tokensOut, 0, mallory, NO_DEADLINE, options(1)),
      );
      expect(await token.balanceOf(mallory)).to.equal(0);
      expect(await pool.pendingStream()).to.equal(splitOf(fee, ACCRUAL).pool);
      expect(await reserveToken.balanceOf(mallory)).to.be.lessThan(funds);
    });
  }

  it("raises the reserve linearly over a day, and with it the price", async () => {
    const { pool } = context.first;
    await deposit(1_000_000_000n);
    const start = BigInt(await time.latest());
    const [reserve, pending, end] = [await pool.reserve(), await pool.pendingStream(), await pool.streamEnd()];
    expect(end).to.equal(start + DAY);
    let price = await pool.spotPrice();
    for (const elapsed of [1n, HOUR, DAY / 2n, DAY - 1n, DAY]) {
      await time.increaseTo(start + elapsed);
      expect(await pool.reserve()).to.equal(reserve + (pending * elapsed) / DAY);
      const higher = await pool.spotPrice();
      expect(higher).to.be.greaterThan(price);
      price = higher;
    }
  });

  it("keeps its end if dust is deposited again and again", async () => {
    const { pool } = context.first;
    await deposit(1_000_000_000n);
    const end = await pool.streamEnd();
    for (let i = 0; i < 25; i++) {
      await time.increase(600);
      await deposit(4n);
      expect(await pool.streamEnd()).to.equal(end);
    }
  });

  it("ends at most a second later if a second's worth of what is pending is deposited", async () => {
    const { pool } = context.first;
    await deposit(1_000_000_000n);
    const end = await pool.streamEnd();
    await time.setNextBlockTimestamp(end - DAY / 2n);
    // One second costs the attacker a 43,199th of all that is pending, for good.
    const second = splitOf(1_000_000_000n).pool / 2n / (DAY / 2n - 1n);
    await deposit((second * BPS) / (BPS - ACCRUAL));
    expect(await pool.streamEnd()).to.be.within(end, end + 1n);
  });
});

describe("UsageFeeRouter, given donations", () => {
  it("leaves them where they were sent, and splits deposits as before", async () => {
    const context = await loadFixture(fundedReserve);
    const { feeRouter, infrastructureReserve, reserveToken, first, alice, mallory } = context;
    await reserveToken.connect(mallory).transfer(feeRouter, AMOUNT);
    await reserveToken.connect(mallory).transfer(infrastructureReserve, AMOUNT);
    await reserveToken.connect(mallory).transfer(first.pool, AMOUNT);
    const { owed } = await booksOf(context);
    const { infrastructure, pool } = splitOf(AMOUNT);

    await expect(feeRouter.connect(alice).depositFee(first.id, AMOUNT)).to.changeTokenBalances(
      reserveToken,
      [alice, feeRouter, infrastructureReserve, first.pool],
      [-AMOUNT, 0n, infrastructure, pool],
    );
    expect(await reserveToken.balanceOf(feeRouter)).to.equal(AMOUNT);
    expect((await booksOf(context)).owed).to.deep.equal([owed[0]! + infrastructure, owed[1]]);
  });
});
