import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { byRole, type GuardedFunction, roleId, shouldBeGuarded, shouldHaveOnly } from "../helpers/guarded.behavior";
import { signerOf } from "../helpers/protocol";
import { ADMIN_DELAY, USDC } from "../helpers/units";
import {
  booksOf,
  expectConserved,
  fundedReserve,
  paidModels,
  PAYEE_DELAY,
  splitOf,
  turnHostile,
  UNKNOWN,
} from "./fees.support";

const { ZeroAddress, ZeroHash } = ethers;
const AMOUNT = 100n * USDC;
const INVOICE = ethers.id("invoice 1");
const OWED = { first: splitOf(3_000n * USDC).infrastructure, second: splitOf(3_000n * USDC, 1_000n).infrastructure };

type Context = Awaited<ReturnType<typeof routedReserve>>;

/** The same with the router as a key, so that it can be anybody's turn. */
async function routedReserve() {
  const context = await fundedReserve();
  return { ...context, router: await signerOf(await context.feeRouter.getAddress()) };
}

const byAddress = (expected: "router" | "governor", error: string) => ({
  holders: [expected] as const,
  error,
  errorArguments: (sender: string, context: Context) =>
    expected === "router" ? [sender] : [sender, context.governor.address],
});

const GUARDED: GuardedFunction<Context>[] = [
  {
    name: "credit",
    ...byAddress("router", "OnlyFeeRouter"),
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
    error: "OnlySelf",
    errorArguments: (sender) => [sender],
    call: ({ infrastructureReserve, first, payee }, sender) =>
      infrastructureReserve
        .connect(sender)
        .payFromBatch({ model: first.id, payee, amount: AMOUNT, invoiceHash: INVOICE }),
  },
  {
    name: "approvePayee",
    ...byAddress("governor", "OnlyGovernor"),
    call: ({ infrastructureReserve, first, alice }, sender) =>
      infrastructureReserve.connect(sender).approvePayee(first.id, alice),
  },
  {
    name: "revokePayee",
    ...byAddress("governor", "OnlyGovernor"),
    holders: ["governor", "guardian"],
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
  let context: Awaited<ReturnType<typeof fundedReserve>>;

  beforeEach(async () => {
    context = await loadFixture(fundedReserve);
  });

  afterEach("F2, F3", () => expectConserved(context));

  const payment = (overrides: Partial<{ model: string; payee: string; amount: bigint; invoiceHash: string }> = {}) => ({
    model: context.first.id,
    payee: context.payee.address,
    amount: AMOUNT,
    invoiceHash: INVOICE,
    ...overrides,
  });

  const pay = (overrides: Parameters<typeof payment>[0] = {}) => {
    const { model, payee, amount, invoiceHash } = payment(overrides);
    return context.infrastructureReserve.connect(context.payer).pay(model, payee, amount, invoiceHash);
  };

  async function expectUnchanged(act: () => Promise<unknown>) {
    const before = await booksOf(context);
    await act();
    expect(await booksOf(context)).to.deep.equal(before);
  }

  /** Lets the next transaction happen a second after now, and tells when. */
  async function nextSecond() {
    const at = BigInt(await time.latest()) + 1n;
    await time.setNextBlockTimestamp(at);
    return at;
  }

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

    it("keeps what it is given", async () => {
      const { registry, reserveToken } = context;
      const reserve = await ethers.deployContract("InfrastructureReserve", [registry, reserveToken]);
      expect(await reserve.registry()).to.equal(registry);
      expect(await reserve.reserveToken()).to.equal(reserveToken);
    });
  });

  it("knows what each model owns", async () => {
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
      await expectUnchanged(async () => {
        await expect(pay({ amount: OWED.first + 1n }))
          .to.be.revertedWithCustomError(infrastructureReserve, "InsufficientBalance")
          .withArgs(first.id, OWED.first + 1n, OWED.first);
      });
    });

    it("pays an invoice once, whatever else differs", async () => {
      const { infrastructureReserve, governor, second, payee } = context;
      await infrastructureReserve.connect(governor).approvePayee(second.id, payee);
      await time.increase(PAYEE_DELAY);
      await pay();
      await expectUnchanged(async () => {
        for (const again of [{}, { amount: 1n }, { model: second.id }]) {
          await expect(pay(again))
            .to.be.revertedWithCustomError(infrastructureReserve, "InvoiceAlreadyPaid")
            .withArgs(INVOICE);
        }
      });
      await expect(pay({ invoiceHash: ethers.id("invoice 2") })).to.emit(infrastructureReserve, "InvoicePaid");
    });

    it("refuses nothing, and no invoice", async () => {
      const { infrastructureReserve } = context;
      await expect(pay({ amount: 0n })).to.be.revertedWithCustomError(infrastructureReserve, "InvalidAmount");
      await expect(pay({ invoiceHash: ZeroHash })).to.be.revertedWithCustomError(
        infrastructureReserve,
        "InvoiceMissing",
      );
    });

    it("refuses a payee of another model, and a stranger", async () => {
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

    it("can be sent again after a failure", async () => {
      const { infrastructureReserve, payer } = context;
      await expect(pay({ amount: OWED.first + 1n })).to.be.reverted;
      await expect(infrastructureReserve.connect(payer).payMany([payment()])).to.emit(
        infrastructureReserve,
        "InvoicePaid",
      );
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
      await expectUnchanged(() => payMany([]));
    });

    const encoded = (name: string, args: unknown[] = []) =>
      context.infrastructureReserve.interface.encodeErrorResult(name as never, args as never);

    for (const [name, bad, reason] of [
      ["of nothing", () => payment({ amount: 0n }), () => encoded("InvalidAmount")],
      ["without an invoice", () => payment({ invoiceHash: ZeroHash }), () => encoded("InvoiceMissing")],
      [
        "to a stranger",
        () => payment({ payee: context.mallory.address }),
        () => encoded("PayeeNotApproved", [context.first.id, context.mallory.address, 0]),
      ],
      [
        "of another model's money",
        () => payment({ model: context.second.id }),
        () => encoded("PayeeNotApproved", [context.second.id, context.payee.address, 0]),
      ],
    ] as const) {
      for (const position of [0, 1, 2]) {
        it(`goes on past a payment ${name} at position ${position}`, async () => {
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

    it("pays an invoice once within a batch too", async () => {
      const { infrastructureReserve, reserveToken, first, payee } = context;
      const transaction = payMany([payment(), payment()]);
      await expect(transaction)
        .to.emit(infrastructureReserve, "PaymentFailed")
        .withArgs(first.id, INVOICE, encoded("InvoiceAlreadyPaid", [INVOICE]));
      await expect(transaction).to.changeTokenBalance(reserveToken, payee, AMOUNT);
    });

    it("pays while the model's balance lasts", async () => {
      const { infrastructureReserve, first } = context;
      const last = ethers.id("last");
      await expect(payMany([payment({ amount: OWED.first }), payment({ amount: 1n, invoiceHash: last })]))
        .to.emit(infrastructureReserve, "PaymentFailed")
        .withArgs(first.id, last, encoded("InsufficientBalance", [first.id, 1, 0]));
    });

    it("goes on past a payee that the reserve token refuses, whose invoice stays open", async () => {
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

  describe("payees", () => {
    const approve = () =>
      context.infrastructureReserve.connect(context.governor).approvePayee(context.first.id, context.alice);

    const payAlice = () => pay({ payee: context.alice.address });

    it("can be paid two days after their approval, not a second before", async () => {
      const { infrastructureReserve, first, alice } = context;
      expect(await infrastructureReserve.payableFrom(first.id, alice)).to.equal(0);
      const from = (await nextSecond()) + PAYEE_DELAY;
      await expect(approve()).to.emit(infrastructureReserve, "PayeeApproved").withArgs(first.id, alice, from);
      expect(await infrastructureReserve.payableFrom(first.id, alice)).to.equal(from);

      await time.setNextBlockTimestamp(from - 1n);
      await expect(payAlice())
        .to.be.revertedWithCustomError(infrastructureReserve, "PayeeNotApproved")
        .withArgs(first.id, alice, from);
      await time.setNextBlockTimestamp(from);
      await expect(payAlice()).to.emit(infrastructureReserve, "InvoicePaid");
    });

    it("keep their time when approved again", async () => {
      const { infrastructureReserve, first, alice } = context;
      const from = (await nextSecond()) + PAYEE_DELAY;
      await approve();
      await time.increase(3_600);
      await expect(approve()).to.not.emit(infrastructureReserve, "PayeeApproved");
      expect(await infrastructureReserve.payableFrom(first.id, alice)).to.equal(from);
    });

    for (const key of ["governor", "guardian"] as const) {
      it(`are revoked by the ${key} at once, and wait anew when approved again`, async () => {
        const { infrastructureReserve, first, payee, governor } = context;
        await expect(infrastructureReserve.connect(context[key]).revokePayee(first.id, payee))
          .to.emit(infrastructureReserve, "PayeeRevoked")
          .withArgs(first.id, payee);
        expect(await infrastructureReserve.payableFrom(first.id, payee)).to.equal(0);
        await expect(pay())
          .to.be.revertedWithCustomError(infrastructureReserve, "PayeeNotApproved")
          .withArgs(first.id, payee, 0);
        const from = (await nextSecond()) + PAYEE_DELAY;
        await infrastructureReserve.connect(governor).approvePayee(first.id, payee);
        await expect(pay())
          .to.be.revertedWithCustomError(infrastructureReserve, "PayeeNotApproved")
          .withArgs(first.id, payee, from);
      });
    }

    it("are never zero, and nobody's to approve for an unknown model", async () => {
      const { infrastructureReserve, governor, first, alice } = context;
      const asGovernor = infrastructureReserve.connect(governor);
      await expect(asGovernor.approvePayee(first.id, ZeroAddress)).to.be.revertedWithCustomError(
        infrastructureReserve,
        "ZeroAddress",
      );
      for (const change of [asGovernor.approvePayee, asGovernor.revokePayee]) {
        await expect(change(UNKNOWN, alice))
          .to.be.revertedWithCustomError(infrastructureReserve, "OnlyGovernor")
          .withArgs(governor, ZeroAddress);
      }
    });

    it("are the new governor's after a handover", async () => {
      const { infrastructureReserve, registry, governor, first, alice, bob } = context;
      await registry.connect(governor).proposeGovernor(first.id, bob);
      await registry.connect(bob).acceptGovernor(first.id);
      await expect(approve())
        .to.be.revertedWithCustomError(infrastructureReserve, "OnlyGovernor")
        .withArgs(governor, bob);
      await expect(infrastructureReserve.connect(bob).approvePayee(first.id, alice)).to.emit(
        infrastructureReserve,
        "PayeeApproved",
      );
    });
  });

  describe("rescueSurplus", () => {
    const SURPLUS = 77n * USDC;

    const rescue = (amount: bigint, to: string = context.alice.address) =>
      context.infrastructureReserve.connect(context.admin).rescueSurplus(context.reserveToken, to, amount);

    it("F3: never touches owed money", async () => {
      const { infrastructureReserve } = context;
      await expectUnchanged(async () => {
        await expect(rescue(1n))
          .to.be.revertedWithCustomError(infrastructureReserve, "InsufficientSurplus")
          .withArgs(1, 0);
        await rescue(0n);
      });
    });

    it("sends what no model owns, to the last unit", async () => {
      const { infrastructureReserve, reserveToken, alice } = context;
      await reserveToken.mint(infrastructureReserve, SURPLUS);
      await expect(rescue(SURPLUS + 1n))
        .to.be.revertedWithCustomError(infrastructureReserve, "InsufficientSurplus")
        .withArgs(SURPLUS + 1n, SURPLUS);
      const transaction = rescue(SURPLUS);
      await expect(transaction).to.emit(infrastructureReserve, "SurplusRescued").withArgs(reserveToken, alice, SURPLUS);
      await expect(transaction).to.changeTokenBalances(
        reserveToken,
        [infrastructureReserve, alice],
        [-SURPLUS, SURPLUS],
      );
      expect(await reserveToken.balanceOf(infrastructureReserve)).to.equal(OWED.first + OWED.second);
    });

    it("counts a model that was paid out and credited again once", async () => {
      const { infrastructureReserve, feeRouter, alice, first } = context;
      await pay({ amount: OWED.first });
      await feeRouter.connect(alice).depositFee(first.id, 3_000n * USDC);
      expect(await infrastructureReserve.totalOwed()).to.equal(OWED.first + OWED.second);
      await expect(rescue(1n))
        .to.be.revertedWithCustomError(infrastructureReserve, "InsufficientSurplus")
        .withArgs(1, 0);
    });

    it("sends any other token, all of it", async () => {
      const { infrastructureReserve, admin, alice } = context;
      const other = await ethers.deployContract("ReserveTokenMock");
      await other.mint(infrastructureReserve, SURPLUS);
      const asAdmin = infrastructureReserve.connect(admin);
      await expect(asAdmin.rescueSurplus(other, alice, SURPLUS + 1n))
        .to.be.revertedWithCustomError(infrastructureReserve, "InsufficientSurplus")
        .withArgs(SURPLUS + 1n, SURPLUS);
      await expect(asAdmin.rescueSurplus(other, alice, SURPLUS)).to.changeTokenBalance(other, alice, SURPLUS);
    });

    it("refuses to send to zero", async () => {
      await expect(rescue(0n, ZeroAddress)).to.be.revertedWithCustomError(context.infrastructureReserve, "ZeroAddress");
    });
  });

  describe("given a reserve token that calls back", () => {
    for (const name of ["pay", "payMany", "rescueSurplus"] as const) {
      it(`is not let into ${name} during a payment`, async () => {
        const { infrastructureReserve, registry, admin, reserveToken, payee, first } = context;
        const token = await turnHostile(context);
        // Even a token that is a payer finds the door closed.
        await registry.connect(admin).grantRole(roleId("PAYER_ROLE"), token);
        const args = {
          pay: [first.id, payee.address, 1n, ethers.id("other")],
          payMany: [[]],
          rescueSurplus: [await reserveToken.getAddress(), payee.address, 0n],
        }[name];
        const data = infrastructureReserve.interface.encodeFunctionData(name as never, args as never);
        await token.reenter(infrastructureReserve, data);
        await expect(pay()).to.changeTokenBalance(token, payee, AMOUNT);
        expect(await token.hasReentered()).to.equal(false);
        const expected =
          name === "rescueSurplus"
            ? infrastructureReserve.interface.encodeErrorResult("AccessControlUnauthorizedAccount", [
                await token.getAddress(),
                roleId("DEFAULT_ADMIN_ROLE"),
              ])
            : infrastructureReserve.interface.encodeErrorResult("ReentrancyGuardReentrantCall");
        expect(await token.reentryResult()).to.equal(expected);
      });
    }

    it("is not let into rescueSurplus by a rescue, though it were the admin", async () => {
      const { infrastructureReserve, registry, admin, payee } = context;
      const token = await turnHostile(context);
      const tokenAddress = await token.getAddress();
      await registry.connect(admin).beginDefaultAdminTransfer(token);
      await time.increase(ADMIN_DELAY + 1n);
      const tokenSigner = await signerOf(tokenAddress);
      const asToken = infrastructureReserve.connect(tokenSigner);
      await registry.connect(tokenSigner).acceptDefaultAdminTransfer();
      await token.mint(infrastructureReserve, AMOUNT);
      await token.reenter(
        infrastructureReserve,
        infrastructureReserve.interface.encodeFunctionData("rescueSurplus", [tokenAddress, payee.address, 0n]),
      );
      await expect(asToken.rescueSurplus(token, payee, AMOUNT)).to.changeTokenBalance(token, payee, AMOUNT);
      expect(await token.hasReentered()).to.equal(false);
      expect(await token.reentryResult()).to.equal(
        infrastructureReserve.interface.encodeErrorResult("ReentrancyGuardReentrantCall"),
      );
    });
  });
});
