import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { byRole, type GuardedFunction, shouldBeGuarded, shouldHaveOnly } from "../helpers/guarded.behavior";
import { signerOf } from "../../scripts/dev/world/protocol";
import { field, USDC } from "../../scripts/dev/world/units";
import {
  buildPayment,
  expectConserved,
  expectUnchanged,
  type FundedContext,
  fundedReserve,
  INVOICE,
  INVOICED,
  OWED,
  paidModels,
  PAYEE_DELAY,
  payInvoice,
  turnHostile,
  UNKNOWN,
} from "./fees.support";

const { ZeroAddress, ZeroHash } = ethers;
const AMOUNT = INVOICED;

type Context = Awaited<ReturnType<typeof routedReserve>>;

/** The same with the router as a key, so that it can be anybody's turn. */
async function routedReserve() {
  const context = await fundedReserve();
  const self = await context.infrastructureReserve.getAddress();
  return { ...context, router: await signerOf(await context.feeRouter.getAddress()), self };
}

/** What guards a function that one account or contract may call: who may, in this context. */
const byAddress = (expected: (context: Context) => string) => ({
  error: "UnauthorizedCaller",
  errorArguments: (sender: string, context: Context) => [sender, expected(context)],
});

const byGovernor = byAddress(({ governor }) => governor.address);

const GUARDED: GuardedFunction<Context>[] = [
  {
    name: "credit",
    holders: ["router"],
    ...byAddress(({ router }) => router.address),
    call: ({ infrastructureReserve, first }, sender) => infrastructureReserve.connect(sender).credit(first.id, 0n),
  },
  {
    name: "pay",
    holders: ["payer"],
    ...byRole("PAYER_ROLE"),
    call: ({ infrastructureReserve, first, payee }, sender) =>
      infrastructureReserve.connect(sender).pay(first.id, payee, AMOUNT, INVOICE),
  },
  {
    name: "payMany",
    holders: ["payer"],
    ...byRole("PAYER_ROLE"),
    call: ({ infrastructureReserve }, sender) => infrastructureReserve.connect(sender).payMany([]),
  },
  {
    name: "payFromBatch",
    holders: [],
    ...byAddress(({ self }) => self),
    call: ({ infrastructureReserve, first, payee }, sender) =>
      infrastructureReserve
        .connect(sender)
        .payFromBatch({ model: first.id, payee, amount: AMOUNT, invoiceHash: INVOICE }),
  },
  {
    name: "approvePayee",
    holders: ["governor"],
    ...byGovernor,
    call: ({ infrastructureReserve, first, alice }, sender) =>
      infrastructureReserve.connect(sender).approvePayee(first.id, alice),
  },
  {
    name: "revokePayee",
    holders: ["governor", "guardian"],
    ...byGovernor,
    call: ({ infrastructureReserve, first, alice }, sender) =>
      infrastructureReserve.connect(sender).revokePayee(first.id, alice),
  },
  {
    name: "rescueSurplus",
    holders: ["admin"],
    ...byRole("DEFAULT_ADMIN_ROLE"),
    call: ({ infrastructureReserve, reserveToken, alice }, sender) =>
      infrastructureReserve.connect(sender).rescueSurplus(reserveToken, alice, 0n),
  },
];

describe("InfrastructureReserve", () => {
  let context: FundedContext;

  beforeEach(async () => {
    context = await loadFixture(fundedReserve);
  });

  afterEach("F2, F3", () => expectConserved(context));

  const payment = (overrides: Parameters<typeof buildPayment>[1] = {}) => buildPayment(context, overrides);

  const pay = (overrides: Parameters<typeof buildPayment>[1] = {}) => payInvoice(context, overrides);

  describe("callers", () => {
    shouldBeGuarded(routedReserve, ({ infrastructureReserve }) => infrastructureReserve, GUARDED);
    shouldHaveOnly(
      paidModels,
      ({ infrastructureReserve }) => infrastructureReserve,
      GUARDED.map(({ name }) => name),
    );
  });

  describe("constructor", () => {
    it("refuses zero as the registry or the reserve token", async () => {
      const { registry, reserveToken, infrastructureReserve } = context;
      const factory = await ethers.getContractFactory("InfrastructureReserve");
      for (const addresses of [
        [ZeroAddress, await reserveToken.getAddress()],
        [await registry.getAddress(), ZeroAddress],
      ] as const) {
        await expect(factory.deploy(...addresses)).to.be.revertedWithCustomError(infrastructureReserve, "ZeroAddress");
      }
    });

    it("stores the registry and the reserve token", async () => {
      const { registry, reserveToken } = context;
      const reserve = await ethers.deployContract("InfrastructureReserve", [registry, reserveToken]);
      expect(await reserve.registry()).to.equal(registry);
      expect(await reserve.reserveToken()).to.equal(reserveToken);
    });
  });

  it("reports the balance of each model and their sum", async () => {
    const { infrastructureReserve, first, second } = context;
    expect(await infrastructureReserve.balanceOf(first.id)).to.equal(OWED.first);
    expect(await infrastructureReserve.balanceOf(second.id)).to.equal(OWED.second);
    expect(await infrastructureReserve.balanceOf(UNKNOWN)).to.equal(0);
    expect(await infrastructureReserve.totalOwed()).to.equal(OWED.first + OWED.second);
  });

  describe("pay", () => {
    for (const amount of [1n, AMOUNT, OWED.first - 1n, OWED.first]) {
      it(`pays an invoice of ${amount}`, async () => {
        const { infrastructureReserve, reserveToken, first, payee } = context;
        expect(await infrastructureReserve.isPaid(INVOICE)).to.equal(false);
        const transaction = pay({ amount });
        await expect(transaction)
          .to.emit(infrastructureReserve, "InvoicePaid")
          .withArgs(first.id, payee, INVOICE, amount, OWED.first - amount);
        await expect(transaction).to.changeTokenBalances(
          reserveToken,
          [infrastructureReserve, payee],
          [-amount, amount],
        );
        expect(await infrastructureReserve.isPaid(INVOICE)).to.equal(true);
        expect(await infrastructureReserve.balanceOf(first.id)).to.equal(OWED.first - amount);
        expect(await infrastructureReserve.totalOwed()).to.equal(OWED.first + OWED.second - amount);
      });
    }

    it("F3: refuses a unit more than the model owns, though others own more", async () => {
      const { infrastructureReserve, first, second, alice, feeRouter } = context;
      await feeRouter.connect(alice).depositFee(second.id, 100_000n * USDC);
      await expectUnchanged(context, async () => {
        await expect(pay({ amount: OWED.first + 1n }))
          .to.be.revertedWithCustomError(infrastructureReserve, "InsufficientBalance")
          .withArgs(first.id, OWED.first + 1n, OWED.first);
      });
    });

    it("pays an invoice only once, even with another amount or another model", async () => {
      const { infrastructureReserve, governor, second, payee } = context;
      await infrastructureReserve.connect(governor).approvePayee(second.id, payee);
      await time.increase(PAYEE_DELAY);
      await pay();
      await expectUnchanged(context, async () => {
        for (const again of [{}, { amount: 1n }, { model: second.id }]) {
          await expect(pay(again))
            .to.be.revertedWithCustomError(infrastructureReserve, "InvoiceAlreadyPaid")
            .withArgs(INVOICE);
        }
      });
      await expect(pay({ invoiceHash: ethers.id("invoice 2") }))
        .to.emit(infrastructureReserve, "InvoicePaid")
        .withArgs(context.first.id, payee, ethers.id("invoice 2"), AMOUNT, OWED.first - 2n * AMOUNT);
    });

    it("refuses an amount of zero and an invoice hash of zero", async () => {
      const { infrastructureReserve } = context;
      await expect(pay({ amount: 0n }))
        .to.be.revertedWithCustomError(infrastructureReserve, "InvalidAmount")
        .withArgs();
      await expect(pay({ invoiceHash: ZeroHash }))
        .to.be.revertedWithCustomError(infrastructureReserve, "HashMissing")
        .withArgs(field("invoiceHash"));
    });

    it("refuses a payee that the model has not approved", async () => {
      const { infrastructureReserve, second, payee, mallory } = context;
      for (const [model, account] of [
        [second.id, payee.address],
        [context.first.id, mallory.address],
        [UNKNOWN, payee.address],
      ] as const) {
        await expect(pay({ model, payee: account }))
          .to.be.revertedWithCustomError(infrastructureReserve, "PayeeNotApproved")
          .withArgs(model, account, 0);
      }
    });

    it("pays an invoice whose first payment failed", async () => {
      const { infrastructureReserve, payer, first, payee } = context;
      await expect(pay({ amount: OWED.first + 1n }))
        .to.be.revertedWithCustomError(infrastructureReserve, "InsufficientBalance")
        .withArgs(first.id, OWED.first + 1n, OWED.first);
      await expect(infrastructureReserve.connect(payer).payMany([payment()]))
        .to.emit(infrastructureReserve, "InvoicePaid")
        .withArgs(first.id, payee, INVOICE, AMOUNT, OWED.first - AMOUNT);
    });
  });

  describe("payMany", () => {
    const payMany = (payments: ReturnType<typeof payment>[]) =>
      context.infrastructureReserve.connect(context.payer).payMany(payments);

    const goodPayments = () => [
      payment({ invoiceHash: ethers.id("good 1") }),
      payment({ invoiceHash: ethers.id("good 2"), amount: 2n * AMOUNT }),
    ];

    it("pays nothing for an empty batch", async () => {
      await expectUnchanged(context, () => payMany([]));
    });

    const encoded = (name: string, args: unknown[] = []) =>
      context.infrastructureReserve.interface.encodeErrorResult(name as never, args as never);

    for (const [name, bad, reason] of [
      ["of zero", () => payment({ amount: 0n }), () => encoded("InvalidAmount")],
      [
        "without an invoice",
        () => payment({ invoiceHash: ZeroHash }),
        () => encoded("HashMissing", [field("invoiceHash")]),
      ],
      [
        "to a stranger",
        () => payment({ payee: context.mallory.address }),
        () => encoded("PayeeNotApproved", [context.first.id, context.mallory.address, 0]),
      ],
      [
        "from another model's balance",
        () => payment({ model: context.second.id }),
        () => encoded("PayeeNotApproved", [context.second.id, context.payee.address, 0]),
      ],
    ] as const) {
      for (const position of [0, 1, 2]) {
        it(`continues after a payment ${name} at position ${position}`, async () => {
          const { infrastructureReserve, reserveToken, payer, payee } = context;
          const payments = goodPayments();
          payments.splice(position, 0, bad());
          const expected = [true, true];
          expected.splice(position, 0, false);
          expect(await infrastructureReserve.connect(payer).payMany.staticCall(payments)).to.deep.equal(expected);
          const transaction = payMany(payments);
          await expect(transaction)
            .to.emit(infrastructureReserve, "PaymentFailed")
            .withArgs(bad().model, bad().invoiceHash, reason());
          await expect(transaction).to.changeTokenBalance(reserveToken, payee, 3n * AMOUNT);
          expect(await infrastructureReserve.balanceOf(context.first.id)).to.equal(OWED.first - 3n * AMOUNT);
        });
      }
    }

    it("pays an invoice only once within a batch", async () => {
      const { infrastructureReserve, reserveToken, first, payee } = context;
      const transaction = payMany([payment(), payment()]);
      await expect(transaction)
        .to.emit(infrastructureReserve, "PaymentFailed")
        .withArgs(first.id, INVOICE, encoded("InvoiceAlreadyPaid", [INVOICE]));
      await expect(transaction).to.changeTokenBalance(reserveToken, payee, AMOUNT);
    });

    it("pays until the model's balance is used up", async () => {
      const { infrastructureReserve, first } = context;
      const last = ethers.id("last");
      await expect(payMany([payment({ amount: OWED.first }), payment({ amount: 1n, invoiceHash: last })]))
        .to.emit(infrastructureReserve, "PaymentFailed")
        .withArgs(first.id, last, encoded("InsufficientBalance", [first.id, 1, 0]));
    });

    it("continues after a payee that the reserve token refuses, and leaves its invoice payable", async () => {
      const { infrastructureReserve, governor, first, alice, payee } = context;
      await infrastructureReserve.connect(governor).approvePayee(first.id, alice);
      await time.increase(PAYEE_DELAY);
      const token = await turnHostile(context);
      await token.setBlacklisted(alice, true);
      const [, good] = goodPayments();
      const transaction = payMany([payment({ payee: alice.address }), good!]);
      await expect(transaction)
        .to.emit(infrastructureReserve, "PaymentFailed")
        .withArgs(first.id, INVOICE, token.interface.encodeErrorResult("Blacklisted", [alice.address]));
      await expect(transaction).to.changeTokenBalances(token, [alice, payee], [0n, 2n * AMOUNT]);
      expect(await infrastructureReserve.isPaid(INVOICE)).to.equal(false);
      await token.setBlacklisted(alice, false);
      await expect(pay({ payee: alice.address })).to.changeTokenBalance(token, alice, AMOUNT);
    });
  });
});
