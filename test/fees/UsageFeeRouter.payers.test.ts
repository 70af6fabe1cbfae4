import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { ERC1271WalletMock } from "../../.build/typechain";
import { MAX_UINT256 } from "../../scripts/dev/world/units";
import { signPermit } from "../market/pool.support";
import {
  contractPayer,
  costOf,
  expectConserved,
  expectUnchanged,
  type FeeContext,
  FUNDS,
  paidModels,
  splitOf,
} from "./fees.support";

const AMOUNT = 1_000_000_007n;
const CALLS = 1_234_567n;

describe("UsageFeeRouter with a permit", () => {
  let context: FeeContext;

  beforeEach(async () => {
    context = await loadFixture(paidModels);
  });

  afterEach("F2, F3", () => expectConserved(context));

  const DEADLINE = MAX_UINT256;

  const permit = async (value: bigint, deadline = DEADLINE) =>
    signPermit(context.reserveToken, context.mallory, await context.feeRouter.getAddress(), value, deadline);

  /** Each way to pay with a permit of `value`; mallory has approved nothing. */
  const WAYS = [
    {
      name: "depositFeeWithPermit",
      value: AMOUNT,
      pay: (signed: Awaited<ReturnType<typeof permit>>) =>
        context.feeRouter.connect(context.mallory).depositFeeWithPermit(context.first.id, AMOUNT, signed),
    },
    {
      name: "payForCallsWithPermit",
      value: costOf(CALLS),
      pay: (signed: Awaited<ReturnType<typeof permit>>) =>
        context.feeRouter
          .connect(context.mallory)
          .payForCallsWithPermit(context.first.id, CALLS, costOf(CALLS), signed),
    },
  ];

  for (const { name, value, pay } of WAYS) {
    describe(name, () => {
      it("pays without an approval", async () => {
        const { feeRouter, reserveToken, first, mallory } = context;
        const { infrastructure, pool } = splitOf(value);
        const transaction = pay(await permit(value));
        await expect(transaction).to.emit(feeRouter, "FeeDeposited").withArgs(first.id, mallory, infrastructure, pool);
        await expect(transaction).to.changeTokenBalance(reserveToken, mallory, -value);
        expect(await reserveToken.allowance(mallory, feeRouter)).to.equal(0);
      });

      it("pays even if somebody else has used the permit before", async () => {
        const { feeRouter, reserveToken, mallory, bob } = context;
        const signed = await permit(value);
        await reserveToken
          .connect(bob)
          .permit(mallory, feeRouter, value, signed.deadline, signed.v, signed.r, signed.s);
        await expect(pay(signed)).to.changeTokenBalance(reserveToken, mallory, -value);
      });

      it("fails in the token if the permit is for less, has expired, or was signed by somebody else", async () => {
        const { feeRouter, reserveToken, bob } = context;
        const router = await feeRouter.getAddress();
        const useless = [
          await permit(value - 1n),
          await permit(value, BigInt(await time.latest())),
          await signPermit(reserveToken, bob, router, value),
        ];
        await expectUnchanged(context, async () => {
          for (const signed of useless) {
            await expect(pay(signed))
              .to.be.revertedWithCustomError(reserveToken, "ERC20InsufficientAllowance")
              .withArgs(feeRouter, 0, splitOf(value).infrastructure);
          }
        });
      });
    });
  }

  it("payForCallsWithPermit returns the cost of the calls", async () => {
    const { feeRouter, mallory, first } = context;
    const signed = await permit(FUNDS);
    expect(await feeRouter.connect(mallory).payForCallsWithPermit.staticCall(first.id, CALLS, FUNDS, signed)).to.equal(
      costOf(CALLS),
    );
  });

  it("depositFeesWithPermit pays a batch up to the permit's total, and no more", async () => {
    const { feeRouter, reserveToken, first, second, mallory } = context;
    const deposits = [
      { model: first.id, amount: AMOUNT },
      { model: second.id, amount: AMOUNT },
      { model: first.id, amount: 1n },
    ];
    const total = 2n * AMOUNT;
    const signed = await permit(total);
    const router = feeRouter.connect(mallory);
    expect(await router.depositFeesWithPermit.staticCall(deposits, total, signed)).to.deep.equal([true, true, false]);
    const transaction = router.depositFeesWithPermit(deposits, total, signed);
    await expect(transaction).to.changeTokenBalance(reserveToken, mallory, -total);
    await expect(transaction)
      .to.emit(feeRouter, "DepositFailed")
      .withArgs(
        first.id,
        mallory,
        1,
        reserveToken.interface.encodeErrorResult("ERC20InsufficientAllowance", [await feeRouter.getAddress(), 0, 1]),
      );
  });
});

/** A payer that is a contract, told what to do by bob, who has money and an approval of his own. */
async function payingContract() {
  const context = await paidModels();
  return { ...context, wallet: await contractPayer(context) };
}

describe("UsageFeeRouter called by a contract", () => {
  let context: Awaited<ReturnType<typeof payingContract>>;
  let wallet: ERC1271WalletMock;

  beforeEach(async () => {
    context = await loadFixture(payingContract);
    ({ wallet } = context);
  });

  afterEach("F2, F3", () => expectConserved(context));

  /** Bob signs the transaction, the contract calls the router. */
  const send = (name: string, args: readonly unknown[]) =>
    wallet
      .connect(context.bob)
      .execute(context.feeRouter, context.feeRouter.interface.encodeFunctionData(name as never, args as never));

  const { infrastructure, pool } = splitOf(AMOUNT);

  it("takes a deposit from the contract, not from whoever signed the transaction", async () => {
    const { feeRouter, infrastructureReserve, reserveToken, first, bob } = context;
    const transaction = send("depositFee", [first.id, AMOUNT]);
    await expect(transaction).to.emit(feeRouter, "FeeDeposited").withArgs(first.id, wallet, infrastructure, pool);
    await expect(transaction).to.changeTokenBalances(
      reserveToken,
      [wallet, bob, infrastructureReserve, first.pool],
      [-AMOUNT, 0n, infrastructure, pool],
    );
  });

  it("takes a payment for calls from the contract", async () => {
    const { feeRouter, reserveToken, first, bob } = context;
    const cost = costOf(CALLS);
    const transaction = send("payForCalls", [first.id, CALLS, cost]);
    await expect(transaction).to.emit(feeRouter, "CallsPaid").withArgs(first.id, wallet, CALLS, cost);
    await expect(transaction)
      .to.emit(feeRouter, "FeeDeposited")
      .withArgs(first.id, wallet, splitOf(cost).infrastructure, splitOf(cost).pool);
    await expect(transaction).to.changeTokenBalances(reserveToken, [wallet, bob], [-cost, 0n]);
  });

  it("takes a batch from the contract, and reports the item that failed", async () => {
    const { feeRouter, reserveToken, first, second, bob } = context;
    const deposits = [
      { model: first.id, amount: AMOUNT },
      { model: first.id, amount: 0n },
      { model: second.id, amount: AMOUNT },
    ];
    const transaction = send("depositFees", [deposits]);
    await expect(transaction).to.emit(feeRouter, "FeeDeposited").withArgs(first.id, wallet, infrastructure, pool);
    await expect(transaction)
      .to.emit(feeRouter, "DepositFailed")
      .withArgs(first.id, wallet, 0, feeRouter.interface.encodeErrorResult("InvalidAmount"));
    await expect(transaction).to.changeTokenBalances(reserveToken, [wallet, bob], [-2n * AMOUNT, 0n]);
  });

  it("refuses depositFromBatch", async () => {
    const { feeRouter, first, bob } = context;
    await expectUnchanged(context, async () => {
      await expect(send("depositFromBatch", [bob.address, first.id, AMOUNT]))
        .to.be.revertedWithCustomError(feeRouter, "UnauthorizedCaller")
        .withArgs(wallet, feeRouter);
    });
  });

  for (const [name, value, calls] of [
    ["depositFeeWithPermit", AMOUNT, []],
    ["payForCallsWithPermit", costOf(CALLS), [CALLS]],
  ] as const) {
    it(`does not use the signer's permit in ${name}`, async () => {
      const { feeRouter, reserveToken, first, bob } = context;
      const nonce = await reserveToken.nonces(bob);
      const signed = await signPermit(reserveToken, bob, await feeRouter.getAddress(), value);
      await expect(send(name, [first.id, ...calls, value, signed])).to.changeTokenBalance(reserveToken, bob, 0n);
      expect(await reserveToken.nonces(bob)).to.equal(nonce);
      expect(await reserveToken.allowance(bob, feeRouter)).to.equal(MAX_UINT256);
    });
  }
});
