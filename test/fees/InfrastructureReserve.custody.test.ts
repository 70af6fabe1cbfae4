import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { roleId } from "../helpers/guarded.behavior";
import { signerOf } from "../../scripts/dev/world/protocol";
import { ADMIN_DELAY, USDC } from "../../scripts/dev/world/units";
import {
  expectConserved,
  expectUnchanged,
  type FundedContext,
  fundedReserve,
  INVOICED,
  OWED,
  payInvoice,
  turnHostile,
} from "./fees.support";

const { ZeroAddress } = ethers;
const AMOUNT = INVOICED;

describe("InfrastructureReserve custody", () => {
  let context: FundedContext;

  beforeEach(async () => {
    context = await loadFixture(fundedReserve);
  });

  afterEach("F2, F3", () => expectConserved(context));

  describe("rescueSurplus", () => {
    const SURPLUS = 77n * USDC;

    const rescue = (amount: bigint, to: string = context.alice.address) =>
      context.infrastructureReserve.connect(context.admin).rescueSurplus(context.reserveToken, to, amount);

    it("F3: refuses to send money that models own", async () => {
      const { infrastructureReserve } = context;
      await expectUnchanged(context, async () => {
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

    it("counts a model that was paid out and credited again only once", async () => {
      const { infrastructureReserve, feeRouter, alice, first } = context;
      await payInvoice(context, { amount: OWED.first });
      await feeRouter.connect(alice).depositFee(first.id, 3_000n * USDC);
      expect(await infrastructureReserve.totalOwed()).to.equal(OWED.first + OWED.second);
      await expect(rescue(1n))
        .to.be.revertedWithCustomError(infrastructureReserve, "InsufficientSurplus")
        .withArgs(1, 0);
    });

    it("sends the whole balance of any other token", async () => {
      const { infrastructureReserve, admin, alice } = context;
      const other = await ethers.deployContract("ReserveTokenMock");
      await other.mint(infrastructureReserve, SURPLUS);
      const asAdmin = infrastructureReserve.connect(admin);
      await expect(asAdmin.rescueSurplus(other, alice, SURPLUS + 1n))
        .to.be.revertedWithCustomError(infrastructureReserve, "InsufficientSurplus")
        .withArgs(SURPLUS + 1n, SURPLUS);
      await expect(asAdmin.rescueSurplus(other, alice, SURPLUS)).to.changeTokenBalance(other, alice, SURPLUS);
    });

    it("finds no surplus after the reserve token has confiscated some of it, and still sends other tokens", async () => {
      const { infrastructureReserve, admin, alice } = context;
      const token = await turnHostile(context);
      await token.confiscate(infrastructureReserve, OWED.first);
      await expect(rescue(1n))
        .to.be.revertedWithCustomError(infrastructureReserve, "InsufficientSurplus")
        .withArgs(1, 0);
      const other = await ethers.deployContract("ReserveTokenMock");
      await other.mint(infrastructureReserve, SURPLUS);
      await expect(infrastructureReserve.connect(admin).rescueSurplus(other, alice, SURPLUS)).to.changeTokenBalance(
        other,
        alice,
        SURPLUS,
      );
      await token.mint(infrastructureReserve, OWED.first);
    });

    it("refuses to send to zero", async () => {
      await expect(rescue(0n, ZeroAddress))
        .to.be.revertedWithCustomError(context.infrastructureReserve, "ZeroAddress")
        .withArgs();
    });
  });

  describe("given a reserve token that reenters", () => {
    for (const name of ["pay", "payMany", "rescueSurplus"] as const) {
      it(`refuses its call of ${name} during a payment`, async () => {
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
        await expect(payInvoice(context)).to.changeTokenBalance(token, payee, AMOUNT);
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

    it("refuses its call of rescueSurplus during a rescue, even if the token is the admin", async () => {
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
