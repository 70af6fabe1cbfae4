import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { DAY } from "../../scripts/dev/world/units";
import {
  expectConserved,
  expectUnchanged,
  type FundedContext,
  fundedReserve,
  handOver,
  INVOICE,
  INVOICED,
  LATE_TIMES,
  OWED,
  PAYEE_DELAY,
  payInvoice,
  UNKNOWN,
} from "./fees.support";

const { ZeroAddress } = ethers;

/** What the admin's proposal of a governor waits, in seconds. */
const RECOVERY_DELAY = 7n * DAY;

describe("InfrastructureReserve payees", () => {
  let context: FundedContext;

  beforeEach(async () => {
    context = await loadFixture(fundedReserve);
  });

  // Gives the chain its time back, for fixtures that others make later.
  after(() => loadFixture(fundedReserve));

  afterEach("F2, F3", () => expectConserved(context));

  const approve = (governor: HardhatEthersSigner = context.governor) =>
    context.infrastructureReserve.connect(governor).approvePayee(context.first.id, context.alice);

  const payAlice = () => payInvoice(context, { payee: context.alice.address });

  const payableFrom = (payee: HardhatEthersSigner) =>
    context.infrastructureReserve.payableFrom(context.first.id, payee);

  const expectNotApproved = (transaction: Promise<unknown>, payee: HardhatEthersSigner, from: bigint) =>
    expect(transaction)
      .to.be.revertedWithCustomError(context.infrastructureReserve, "PayeeNotApproved")
      .withArgs(context.first.id, payee, from);

  const expectPaid = (transaction: Promise<unknown>, payee: HardhatEthersSigner) =>
    expect(transaction)
      .to.emit(context.infrastructureReserve, "InvoicePaid")
      .withArgs(context.first.id, payee, INVOICE, INVOICED, OWED.first - INVOICED);

  /** Lets the next transaction happen a second after now, and tells when. */
  async function nextSecond() {
    const at = BigInt(await time.latest()) + 1n;
    await time.setNextBlockTimestamp(at);
    return at;
  }

  describe("when the governor approves a payee", () => {
    it("A3: pays it two days later, and not a second before", async () => {
      const { infrastructureReserve, first, alice } = context;
      expect(await payableFrom(alice)).to.equal(0);
      const from = (await nextSecond()) + PAYEE_DELAY;
      await expect(approve()).to.emit(infrastructureReserve, "PayeeApproved").withArgs(first.id, alice, from);
      expect(await payableFrom(alice)).to.equal(from);

      await time.setNextBlockTimestamp(from - 1n);
      await expectNotApproved(payAlice(), alice, from);
      await time.setNextBlockTimestamp(from);
      await expectPaid(payAlice(), alice);
    });

    it("keeps the date of a payee that is approved already", async () => {
      const { infrastructureReserve, alice } = context;
      const from = (await nextSecond()) + PAYEE_DELAY;
      await approve();
      await time.increase(3_600);
      await expect(approve()).to.not.emit(infrastructureReserve, "PayeeApproved");
      expect(await payableFrom(alice)).to.equal(from);
    });

    it("approves it for that model alone", async () => {
      const { infrastructureReserve, second, alice } = context;
      await approve();
      expect(await infrastructureReserve.payableFrom(second.id, alice)).to.equal(0);
      expect(await infrastructureReserve.payableFrom(UNKNOWN, alice)).to.equal(0);
    });

    it("refuses zero as the payee", async () => {
      const { infrastructureReserve, governor, first } = context;
      await expect(infrastructureReserve.connect(governor).approvePayee(first.id, ZeroAddress))
        .to.be.revertedWithCustomError(infrastructureReserve, "ZeroAddress")
        .withArgs();
    });

    for (const [day, at] of LATE_TIMES) {
      it(`T: counts the two days on ${day} like any others`, async () => {
        const { alice } = context;
        await time.setNextBlockTimestamp(at);
        await approve();
        const from = at + PAYEE_DELAY;
        expect(await payableFrom(alice)).to.equal(from);
        await time.setNextBlockTimestamp(from - 1n);
        await expectNotApproved(payAlice(), alice, from);
        await time.setNextBlockTimestamp(from);
        await expectPaid(payAlice(), alice);
      });
    }
  });

  describe("when a payee is revoked", () => {
    for (const key of ["governor", "guardian"] as const) {
      it(`stops its payments at once if the ${key} revokes it, and makes it wait anew when it is approved again`, async () => {
        const { infrastructureReserve, first, payee, governor } = context;
        await expect(infrastructureReserve.connect(context[key]).revokePayee(first.id, payee))
          .to.emit(infrastructureReserve, "PayeeRevoked")
          .withArgs(first.id, payee);
        expect(await payableFrom(payee)).to.equal(0);
        await expectNotApproved(payInvoice(context), payee, 0n);
        const from = (await nextSecond()) + PAYEE_DELAY;
        await infrastructureReserve.connect(governor).approvePayee(first.id, payee);
        await expectNotApproved(payInvoice(context), payee, from);
      });
    }
  });

  describe("given an unknown model", () => {
    it("refuses a governor, but lets a guardian revoke a payee", async () => {
      const { infrastructureReserve, governor, guardian, alice } = context;
      const asGovernor = infrastructureReserve.connect(governor);
      for (const change of [asGovernor.approvePayee, asGovernor.revokePayee]) {
        await expect(change(UNKNOWN, alice))
          .to.be.revertedWithCustomError(infrastructureReserve, "UnauthorizedCaller")
          .withArgs(governor, ZeroAddress);
      }
      await expect(infrastructureReserve.connect(guardian).revokePayee(UNKNOWN, alice))
        .to.emit(infrastructureReserve, "PayeeRevoked")
        .withArgs(UNKNOWN, alice);
    });
  });

  describe("when the governor changes", () => {
    it("H1: lets the new governor approve payees, and the former one no longer", async () => {
      const { infrastructureReserve, governor, first, alice, bob } = context;
      await handOver(context, governor, bob);
      for (const change of ["approvePayee", "revokePayee"] as const) {
        await expect(infrastructureReserve.connect(governor)[change](first.id, alice))
          .to.be.revertedWithCustomError(infrastructureReserve, "UnauthorizedCaller")
          .withArgs(governor, bob);
      }
      const from = (await nextSecond()) + PAYEE_DELAY;
      await expect(approve(bob)).to.emit(infrastructureReserve, "PayeeApproved").withArgs(first.id, alice, from);
    });

    it("H1: never again pays a payee that the former governor approved", async () => {
      const { governor, payee, bob } = context;
      await approve();
      expect(await payableFrom(payee)).to.be.greaterThan(0);
      await handOver(context, governor, bob);
      for (const account of [payee, context.alice]) expect(await payableFrom(account)).to.equal(0);
      await expectUnchanged(context, async () => {
        await expectNotApproved(payInvoice(context), payee, 0n);
        await time.increase(10n * PAYEE_DELAY);
        await expectNotApproved(payInvoice(context), payee, 0n);
        await expectNotApproved(payAlice(), context.alice, 0n);
      });
    });

    it("H1: makes payees wait two days from the new governor's approval, whatever the former one approved", async () => {
      const { infrastructureReserve, governor, first, payee, bob } = context;
      await handOver(context, governor, bob);
      const from = (await nextSecond()) + PAYEE_DELAY;
      await expect(infrastructureReserve.connect(bob).approvePayee(first.id, payee))
        .to.emit(infrastructureReserve, "PayeeApproved")
        .withArgs(first.id, payee, from);
      await time.setNextBlockTimestamp(from - 1n);
      await expectNotApproved(payInvoice(context), payee, from);
      await time.setNextBlockTimestamp(from);
      await expectPaid(payInvoice(context), payee);
    });

    it("H1: revives no approval when the former governor governs again", async () => {
      const { infrastructureReserve, governor, first, payee, bob } = context;
      await handOver(context, governor, bob);
      await handOver(context, bob, governor);
      expect(await payableFrom(payee)).to.equal(0);
      await expectNotApproved(payInvoice(context), payee, 0n);

      const from = (await nextSecond()) + PAYEE_DELAY;
      await infrastructureReserve.connect(governor).approvePayee(first.id, payee);
      expect(await payableFrom(payee)).to.equal(from);
    });

    it("H1: ends all approvals if a governor proposes and accepts itself", async () => {
      const { governor, payee } = context;
      await handOver(context, governor, governor);
      expect(await payableFrom(payee)).to.equal(0);
    });

    it("H1: pays no payee that a stolen key approved, once the admin has replaced the governor", async () => {
      const { registry, admin, first, payee, alice, bob } = context;
      await registry.connect(admin).proposeGovernor(first.id, bob);
      const acceptableFrom = BigInt(await time.latest()) + RECOVERY_DELAY;
      await time.setNextBlockTimestamp(acceptableFrom - PAYEE_DELAY);
      await approve(); // by whoever stole the key, so that alice could be paid in the second of the handover
      await time.setNextBlockTimestamp(acceptableFrom);
      await registry.connect(bob).acceptGovernor(first.id);

      for (const account of [payee, alice]) expect(await payableFrom(account)).to.equal(0);
      await expectNotApproved(payAlice(), alice, 0n);
      await expectNotApproved(payInvoice(context), payee, 0n);
      expect(await registry.governanceOf(first.id)).to.deep.equal([bob.address, 1n]);
    });

    it("F3: changes neither other models' payees nor any balance", async () => {
      const { infrastructureReserve, governor, second, payee, bob } = context;
      await infrastructureReserve.connect(governor).approvePayee(second.id, payee);
      const from = await infrastructureReserve.payableFrom(second.id, payee);
      await expectUnchanged(context, () => handOver(context, governor, bob));
      expect(await infrastructureReserve.payableFrom(second.id, payee)).to.equal(from);
    });
  });

  describe("given a contract as the caller", () => {
    it("lets it approve and revoke payees if it is the governor, but not those who sign for it", async () => {
      const { infrastructureReserve, registry, governor, first, alice, bob } = context;
      const wallet = await ethers.deployContract("ERC1271WalletMock");
      const asBob = wallet.connect(bob);
      await registry.connect(governor).proposeGovernor(first.id, wallet);
      await asBob.execute(registry, registry.interface.encodeFunctionData("acceptGovernor", [first.id]));
      const call = (name: "approvePayee" | "revokePayee") =>
        asBob.execute(
          infrastructureReserve,
          infrastructureReserve.interface.encodeFunctionData(name as "approvePayee", [first.id, alice.address]),
        );
      await expect(approve(bob))
        .to.be.revertedWithCustomError(infrastructureReserve, "UnauthorizedCaller")
        .withArgs(bob, wallet);

      const from = (await nextSecond()) + PAYEE_DELAY;
      await expect(call("approvePayee"))
        .to.emit(infrastructureReserve, "PayeeApproved")
        .withArgs(first.id, alice, from);
      await expect(call("revokePayee")).to.emit(infrastructureReserve, "PayeeRevoked").withArgs(first.id, alice);
      expect(await payableFrom(alice)).to.equal(0);
    });

    it("refuses it if only whoever signed the transaction is the governor", async () => {
      const { infrastructureReserve, governor, first, alice } = context;
      const wallet = await ethers.deployContract("ERC1271WalletMock");
      for (const name of ["approvePayee", "revokePayee"] as const) {
        const data = infrastructureReserve.interface.encodeFunctionData(name as "approvePayee", [
          first.id,
          alice.address,
        ]);
        await expect(wallet.connect(governor).execute(infrastructureReserve, data))
          .to.be.revertedWithCustomError(infrastructureReserve, "UnauthorizedCaller")
          .withArgs(wallet, governor);
      }
    });
  });
});
