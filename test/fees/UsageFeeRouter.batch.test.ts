import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { DAY, field, MAX_UINT256 } from "../../scripts/dev/world/units";
import { booksOf, expectConserved, type FeeContext, paidModels, splitOf, UNKNOWN } from "./fees.support";

const AMOUNT = 1_000_000_007n;
const MONEY = 3n * AMOUNT;
const TOO_MUCH = MONEY + 1n;

/** Each way in which an item of a batch can be bad: what is deposited, and why it fails. */
const BAD_ITEMS: {
  name: string;
  item: (context: FeeContext) => { model: string; amount: bigint };
  /** `funds` is what the payer has when the item's turn comes. */
  reason: (context: FeeContext, funds: bigint) => string;
}[] = [
  {
    name: "of an unknown model",
    item: () => ({ model: UNKNOWN, amount: AMOUNT }),
    reason: ({ feeRouter }) => feeRouter.interface.encodeErrorResult("PoolNotFound", [UNKNOWN]),
  },
  {
    name: "of a model without a pool",
    item: ({ poolless }) => ({ model: poolless.id, amount: AMOUNT }),
    reason: ({ feeRouter, poolless }) => feeRouter.interface.encodeErrorResult("PoolNotFound", [poolless.id]),
  },
  {
    name: "of zero",
    item: ({ first }) => ({ model: first.id, amount: 0n }),
    reason: ({ feeRouter }) => feeRouter.interface.encodeErrorResult("InvalidAmount"),
  },
  {
    name: "of 2^256 − 1 units",
    item: ({ first }) => ({ model: first.id, amount: MAX_UINT256 }),
    reason: ({ feeRouter }) =>
      feeRouter.interface.encodeErrorResult("OutOfRange", [field("amount"), MAX_UINT256, 1, 2n ** 128n - 1n]),
  },
  {
    // The infrastructure share passes, the pool's does not: both are undone.
    name: "of more than the payer has left",
    item: ({ first }) => ({ model: first.id, amount: TOO_MUCH }),
    reason: ({ reserveToken, alice }, funds) => {
      const { infrastructure, pool } = splitOf(TOO_MUCH);
      return infrastructure > funds
        ? reserveToken.interface.encodeErrorResult("ERC20InsufficientBalance", [alice.address, funds, infrastructure])
        : reserveToken.interface.encodeErrorResult("ERC20InsufficientBalance", [
            alice.address,
            funds - infrastructure,
            pool,
          ]);
    },
  },
];

/** A payer with money for three good items. */
async function frugalPayer() {
  const context = await paidModels();
  const { reserveToken, alice, bob } = context;
  const balance = await reserveToken.balanceOf(alice);
  await reserveToken.connect(alice).transfer(bob, balance - MONEY);
  return context;
}

describe("UsageFeeRouter.depositFees", () => {
  let context: FeeContext;

  beforeEach(async () => {
    context = await loadFixture(frugalPayer);
  });

  afterEach("F2, F3", () => expectConserved(context));

  const good = () => [
    { model: context.first.id, amount: AMOUNT },
    { model: context.second.id, amount: AMOUNT },
  ];

  const pay = (deposits: { model: string; amount: bigint }[]) =>
    context.feeRouter.connect(context.alice).depositFees(deposits);

  it("deposits nothing for an empty batch", async () => {
    const { feeRouter, alice } = context;
    const before = await booksOf(context);
    expect(await feeRouter.connect(alice).depositFees.staticCall([])).to.deep.equal([]);
    await pay([]);
    expect(await booksOf(context)).to.deep.equal(before);
  });

  it("F1: splits each deposit by its own model's share", async () => {
    const { feeRouter, reserveToken, infrastructureReserve, first, second, alice } = context;
    const [a, b] = [splitOf(AMOUNT), splitOf(AMOUNT, 1_000n)];
    expect(await feeRouter.connect(alice).depositFees.staticCall(good())).to.deep.equal([true, true]);
    const transaction = pay(good());
    await expect(transaction).to.emit(feeRouter, "FeeDeposited").withArgs(first.id, alice, a.infrastructure, a.pool);
    await expect(transaction).to.emit(feeRouter, "FeeDeposited").withArgs(second.id, alice, b.infrastructure, b.pool);
    await expect(transaction).to.changeTokenBalances(
      reserveToken,
      [alice, infrastructureReserve, first.pool, second.pool, feeRouter],
      [-2n * AMOUNT, a.infrastructure + b.infrastructure, a.pool, b.pool, 0n],
    );
  });

  for (const { name, item, reason } of BAD_ITEMS) {
    for (const position of [0, 1, 2]) {
      it(`continues after an item ${name} at position ${position}`, async () => {
        const { feeRouter, reserveToken, infrastructureReserve, first, second, alice } = context;
        const bad = item(context);
        const deposits = good();
        deposits.splice(position, 0, bad);
        const expected = [true, true];
        expected.splice(position, 0, false);
        expect(await feeRouter.connect(alice).depositFees.staticCall(deposits)).to.deep.equal(expected);
        const encoded = reason(context, MONEY - BigInt(position) * AMOUNT);

        const transaction = pay(deposits);

        await expect(transaction).to.emit(feeRouter, "DepositFailed").withArgs(bad.model, alice, bad.amount, encoded);
        const [a, b] = [splitOf(AMOUNT), splitOf(AMOUNT, 1_000n)];
        await expect(transaction).to.changeTokenBalances(
          reserveToken,
          [alice, infrastructureReserve, first.pool, second.pool],
          [-2n * AMOUNT, a.infrastructure + b.infrastructure, a.pool, b.pool],
        );
        expect(await infrastructureReserve.balanceOf(first.id)).to.equal(a.infrastructure);
        expect(await infrastructureReserve.balanceOf(second.id)).to.equal(b.infrastructure);
      });
    }
  }

  it("skips only the item that exceeds the remaining allowance", async () => {
    const { feeRouter, reserveToken, first, alice } = context;
    await reserveToken.connect(alice).approve(feeRouter, AMOUNT + 1n);
    const { infrastructure } = splitOf(AMOUNT);
    await expect(pay([...good().slice(0, 1), ...good().slice(0, 1), { model: first.id, amount: 1n }]))
      .to.emit(feeRouter, "DepositFailed")
      .withArgs(
        first.id,
        alice,
        AMOUNT,
        reserveToken.interface.encodeErrorResult("ERC20InsufficientAllowance", [
          await feeRouter.getAddress(),
          1,
          infrastructure,
        ]),
      );
    expect(await reserveToken.allowance(alice, feeRouter)).to.equal(0);
  });

  it("lets nobody else call depositFromBatch", async () => {
    const { feeRouter, alice, bob } = context;
    await expect(feeRouter.connect(bob).depositFromBatch(alice, context.first.id, AMOUNT))
      .to.be.revertedWithCustomError(feeRouter, "UnauthorizedCaller")
      .withArgs(bob, feeRouter);
  });

  it("starts both streams as single deposits would", async () => {
    const { first, second } = context;
    await pay(good());
    const paidAt = BigInt(await time.latest());
    for (const { pool } of [first, second]) expect(await pool.streamEnd()).to.equal(paidAt + DAY);
    expect(await first.pool.pendingStream()).to.equal(splitOf(AMOUNT).pool);
    expect(await second.pool.pendingStream()).to.equal(splitOf(AMOUNT, 1_000n).pool);
  });
});
