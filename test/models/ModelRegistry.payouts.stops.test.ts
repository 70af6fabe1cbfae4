import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { roleId, signersIn } from "../helpers/guarded.behavior";
import { buildStatement, expectImproved, improve } from "../../scripts/dev/world/improvements";
import { expectHeld, expectReleased, OPEN, queuedBy, waitFor } from "../../scripts/dev/world/payouts";
import { DAY, field, MAX_UINT256, PAYOUT_DELAY } from "../../scripts/dev/world/units";
import { hybridFixture } from "../verification/methods.fixture";
import { nextSecond, payoutSteps, threePayouts, type ThreePayouts } from "./payouts.support";

describe("ModelRegistry, stopped payouts", () => {
  let context: ThreePayouts;
  let method: string;
  let steps: ReturnType<typeof payoutSteps>;

  beforeEach(async () => {
    context = await loadFixture(threePayouts);
    method = context.method;
    steps = payoutSteps(context);
  });

  describe("callers", () => {
    const guarded: [
      string,
      role: string,
      holder: keyof ThreePayouts,
      (sender: HardhatEthersSigner) => Promise<unknown>,
    ][] = [
      ["stopPayouts", "GUARDIAN_ROLE", "guardian", (sender) => steps.stop(1n, method, sender)],
      ["liftPayoutStop", "DEFAULT_ADMIN_ROLE", "admin", (sender) => steps.lift(method, sender)],
      ["voidPayouts", "DEFAULT_ADMIN_ROLE", "admin", (sender) => steps.close(1n, 2n, method, sender)],
    ];
    for (const [name, role, holder, call] of guarded) {
      it(`lets only the ${holder} call ${name}`, async () => {
        await steps.stop(context.first.queuedAt);
        for (const [actor, sender] of signersIn(context).filter(([actor]) => actor !== holder)) {
          await expect(call(sender), actor)
            .to.be.revertedWithCustomError(context.registry, "AccessControlUnauthorizedAccount")
            .withArgs(sender, roleId(role));
        }
        await steps.expectStop(context.first.queuedAt, OPEN);
      });
    }

    it("lets a contract that is a guardian stop payouts, but not whoever signs for it", async () => {
      const { registry, admin, alice, first } = context;
      const wallet = await ethers.deployContract("ERC1271WalletMock");
      await registry.connect(admin).grantRole(roleId("GUARDIAN_ROLE"), wallet);
      const call = registry.interface.encodeFunctionData("stopPayouts", [method, first.queuedAt]);
      await expect(wallet.connect(alice).execute(registry, call))
        .to.emit(registry, "PayoutsStopped")
        .withArgs(method, first.queuedAt, OPEN, wallet);
      await expect(steps.stop(1n, method, alice))
        .to.be.revertedWithCustomError(registry, "AccessControlUnauthorizedAccount")
        .withArgs(alice, roleId("GUARDIAN_ROLE"));
    });
  });

  describe("given no stop", () => {
    it("reports none", async () => {
      await steps.expectStop(0n, 0n);
    });

    it("R2: pays every payout", async () => {
      for (const queued of context.queued) await steps.expectPaid(queued);
    });

    it("refuses to lift or void, and returns nothing", async () => {
      const { registry } = context;
      for (const step of [() => steps.lift(), () => steps.close(1n, 2n)]) {
        await expect(step()).to.be.revertedWithCustomError(registry, "PayoutsNotStopped").withArgs(method);
      }
      for (const queued of context.queued) await steps.expectNotReturned(queued);
    });

    it("accepts a stop from any second up to the present one, and emits it", async () => {
      const { registry, guardian } = context;
      const at = await nextSecond();
      await expect(steps.stop(at)).to.emit(registry, "PayoutsStopped").withArgs(method, at, OPEN, guardian);
      await expect(steps.stop(1n)).to.emit(registry, "PayoutsStopped").withArgs(method, 1, OPEN, guardian);
    });

    for (const [name, ahead] of [
      ["from one second ahead", 1n],
      ["from a time whose lowest 40 bits are the present one", 2n ** 40n],
    ] as const) {
      it(`refuses a stop ${name}`, async () => {
        const at = await nextSecond();
        await expect(steps.stop(at + ahead))
          .to.be.revertedWithCustomError(context.registry, "OutOfRange")
          .withArgs(field("since"), at + ahead, 1, at);
      });
    }

    it("refuses a stop from 0, which would mean no stop", async () => {
      const at = await nextSecond();
      await expect(steps.stop(0n))
        .to.be.revertedWithCustomError(context.registry, "OutOfRange")
        .withArgs(field("since"), 0, 1, at);
    });
  });

  describe("R2: given an open stop", () => {
    for (const [name, offset, isStopped] of [
      ["a second before", -1n, true],
      ["in the second of", 0n, true],
      ["a second after", 1n, false],
    ] as const) {
      it(`${isStopped ? "holds" : "pays"} a payout if the stop begins ${name} its queuing`, async () => {
        const { second } = context;
        const since = second.queuedAt + offset;
        await steps.stop(since);
        if (isStopped) await steps.expectStopped(second, since);
        else await steps.expectPaid(second);
      });
    }

    it("holds all later payouts, even those of later days, and no earlier ones", async () => {
      const { first, second, third, model } = context;
      await steps.stop(second.queuedAt);
      const { transaction } = await improve(context, model);
      const later = await queuedBy(context, transaction);
      await waitFor(context, later);
      await time.increase(365n * DAY);
      for (const queued of [second, third, later]) await steps.expectStopped(queued, second.queuedAt);
      await steps.expectPaid(first);
    });

    it("reports that a payout still waits rather than that it is stopped", async () => {
      const { transaction } = await improve(context, context.model);
      const young = await queuedBy(context, transaction);
      await steps.stop(young.queuedAt);
      const args = [young.queuedAt + PAYOUT_DELAY];
      await expectHeld(context, context.model.token, young, "PayoutWaits", args);
    });

    it("leaves improvements open, and keeps the score", async () => {
      const { first, registry, model } = context;
      await steps.stop(first.queuedAt);
      const score = await registry.scoreOf(model.id);
      const { statement } = await improve(context, model);
      expect(statement.evaluation.baselineScore).to.equal(score);
    });

    it("holds the payouts of a hybrid only if the hybrid itself is stopped, not one of its methods", async () => {
      const hybrid = await loadFixture(hybridFixture);
      const { registry, guardian, oracleAttestation, model, prove } = hybrid;
      const queueOne = async () => {
        const statement = await buildStatement(hybrid, model);
        return expectImproved(hybrid, model, statement, await prove(statement));
      };
      const queued = [await queueOne(), await queueOne()] as const;
      await registry.connect(guardian).stopPayouts(oracleAttestation, 1n);
      await waitFor(hybrid, queued[1]);
      await expectReleased(hybrid, model.token, queued[0]);
      await registry.connect(guardian).stopPayouts(hybrid.hybrid, 1n);
      const args = [await hybrid.hybrid.getAddress(), 1n, OPEN];
      await expectHeld(hybrid, model.token, queued[1], "PayoutIsStopped", args);
    });

    describe("when a guardian stops again", () => {
      it("moves its beginning back only, by a second or more", async () => {
        const { registry, guardian, second } = context;
        const since = second.queuedAt;
        await steps.stop(since);
        for (const later of [since, since + 1n, MAX_UINT256]) {
          await expect(steps.stop(later))
            .to.be.revertedWithCustomError(registry, "OutOfRange")
            .withArgs(field("since"), later, 1, since - 1n);
        }
        await expect(steps.stop(0n))
          .to.be.revertedWithCustomError(registry, "OutOfRange")
          .withArgs(field("since"), 0, 1, since - 1n);
        await steps.expectStop(since, OPEN);
        await expect(steps.stop(since - 1n))
          .to.emit(registry, "PayoutsStopped")
          .withArgs(method, since - 1n, OPEN, guardian);
      });

      it("refuses to move it back from the very first second", async () => {
        await steps.stop(1n);
        await expect(steps.stop(1n))
          .to.be.revertedWithCustomError(context.registry, "OutOfRange")
          .withArgs(field("since"), 1, 1, 0);
      });
    });

    it("makes nothing void: a stopped payout cannot be returned", async () => {
      await steps.stop(context.first.queuedAt);
      for (const queued of context.queued) await steps.expectNotReturned(queued);
    });

    describe("when the admin lifts it", () => {
      it("lets everything be released", async () => {
        const { registry, admin } = context;
        await steps.stop(1n);
        await expect(steps.lift()).to.emit(registry, "PayoutsStopped").withArgs(method, 0, 0, admin);
        await steps.expectStop(0n, 0n);
        for (const queued of context.queued) await steps.expectPaid(queued);
      });

      it("lets a guardian stop again from any second", async () => {
        await steps.stop(context.first.queuedAt);
        await steps.lift();
        await steps.stop(context.third.queuedAt);
        await steps.expectStop(context.third.queuedAt, OPEN);
        await steps.expectPaid(context.second);
        await steps.expectStopped(context.third, context.third.queuedAt);
      });
    });
  });
});
