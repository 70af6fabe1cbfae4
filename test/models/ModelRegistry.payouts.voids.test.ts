import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { attest, benchmarkWith, buildStatement, expectRefused, improve } from "../../scripts/dev/world/improvements";
import { MethodAccess } from "../../scripts/dev/world/models";
import {
  expectHeld,
  hashPayout,
  OPEN,
  queuedBy,
  release,
  toPayout,
  VOIDED,
  waitFor,
} from "../../scripts/dev/world/payouts";
import { ADMIN_DELAY, field, MAX_UINT256 } from "../../scripts/dev/world/units";
import { APART, nextSecond, now, payoutSteps, threePayouts, type ThreePayouts } from "./payouts.support";

const { ZeroHash } = ethers;

describe("ModelRegistry, void payouts", () => {
  let context: ThreePayouts;
  let method: string;
  let steps: ReturnType<typeof payoutSteps>;

  beforeEach(async () => {
    context = await loadFixture(threePayouts);
    method = context.method;
    steps = payoutSteps(context);
  });

  describe("R2, R3: when the admin makes a stop final", () => {
    const bounds: [string, since: bigint, until: bigint, isVoid: boolean][] = [
      ["ends in the second of its queuing", -APART, 0n, false],
      ["ends a second after its queuing", -APART, 1n, true],
      ["begins in the second of its queuing", 0n, APART, true],
      ["begins a second after its queuing", 1n, APART, false],
    ];
    for (const [name, since, until, isVoid] of bounds) {
      it(`${isVoid ? "voids" : "pays"} a payout if the stop ${name}`, async () => {
        const { second, registry, admin } = context;
        const [from, to] = [second.queuedAt + since, second.queuedAt + until];
        await steps.stop(1n);
        await expect(steps.close(from, to)).to.emit(registry, "PayoutsStopped").withArgs(method, from, to, admin);
        await steps.expectStop(from, to);
        if (isVoid) {
          await steps.expectStopped(second, from, to);
          await steps.expectReturned(second);
        } else {
          await steps.expectNotReturned(second);
          await steps.expectPaid(second);
        }
      });
    }

    it("pays what was queued before and after the stop", async () => {
      const { first, second, third, model } = context;
      await steps.stop(second.queuedAt);
      await steps.close(second.queuedAt, second.queuedAt + 1n);
      const later = await queuedBy(context, (await improve(context, model)).transaction);
      await waitFor(context, later);
      for (const queued of [first, third, later]) await steps.expectPaid(queued);
      await steps.expectReturned(second);
    });

    it("voids only what has been queued so far if the end lies in the future", async () => {
      const { first, model, registry, admin } = context;
      await steps.stop(first.queuedAt);
      const young = await queuedBy(context, (await improve(context, model)).transaction);
      const at = await nextSecond();
      await expect(steps.close(first.queuedAt, MAX_UINT256))
        .to.emit(registry, "PayoutsStopped")
        .withArgs(method, first.queuedAt, at + 1n, admin);
      const next = await queuedBy(context, (await improve(context, model)).transaction);
      await waitFor(context, next);
      await steps.expectReturned(young);
      await steps.expectPaid(next);
    });

    it("returns a void payout even before it could have been released", async () => {
      const young = await queuedBy(context, (await improve(context, context.model)).transaction);
      await steps.stop(young.queuedAt);
      await steps.close(young.queuedAt, young.queuedAt + 1n);
      await steps.expectReturned(young);
    });

    it("V1: returns a payout only once, never releases it afterwards, and leaves its id used", async () => {
      const { second, registry, model } = context;
      await steps.stop(second.queuedAt);
      await steps.close(second.queuedAt, MAX_UINT256);
      await steps.expectReturned(second);
      await steps.expectNotReturned(second, "UnknownPayout");
      await steps.lift();
      const args = [model.id, second.evaluationId];
      await expectHeld(context, model.token, second, "UnknownPayout", args);
      const again = await buildStatement(context, model, { evaluationId: second.evaluationId });
      const refusal = { contract: registry, error: "EvaluationAlreadyUsed", args };
      await expectRefused(context, model, again, await attest(context, again), refusal);
    });

    it("R2: returns nothing that has been released", async () => {
      const { second, model, registry } = context;
      await steps.expectPaid(second);
      await steps.stop(second.queuedAt);
      await steps.close(second.queuedAt, MAX_UINT256);
      await steps.expectNotReturned(second, "UnknownPayout");
      expect(await registry.rewardsRemainingOf(model.id)).to.equal(
        (await model.token.rewardAllocation()) - 3n * second.reward,
      );
    });

    it("returns a payout only as it was queued", async () => {
      const { registry, first, second, third, mallory, model } = context;
      await steps.stop(first.queuedAt);
      await steps.close(first.queuedAt, third.queuedAt);
      const payout = toPayout(second);
      const changed = [
        { ...payout, reward: payout.reward + 1n },
        { ...payout, queuedAt: payout.queuedAt - 1n },
        { ...payout, method: mallory.address },
        { ...payout, payeesHash: ZeroHash },
      ];
      for (const [evaluationId, claimed] of [
        ...changed.map((each) => [second.evaluationId, each] as const),
        [first.evaluationId, payout],
        [ethers.id("unknown"), payout],
      ] as const) {
        await expect(registry.connect(mallory).returnVoided(model.id, evaluationId, claimed))
          .to.be.revertedWithCustomError(registry, "UnknownPayout")
          .withArgs(model.id, evaluationId);
      }
      await steps.expectReturned(second);
    });

    it("refuses bounds outside those of the stop, or in the wrong order", async () => {
      const { registry, first, second, third } = context;
      await steps.stop(second.queuedAt);
      const at = (await now()) + 1n;
      const refuse = async (since: bigint, until: bigint, ...args: readonly unknown[]) => {
        await time.setNextBlockTimestamp((await now()) + 1n);
        await expect(steps.close(since, until))
          .to.be.revertedWithCustomError(registry, "OutOfRange")
          .withArgs(...args);
      };
      await refuse(first.queuedAt, third.queuedAt, field("since"), first.queuedAt, second.queuedAt, at);
      await refuse(at + 2n, MAX_UINT256, field("since"), at + 2n, second.queuedAt, at + 1n);
      for (const until of [0n, third.queuedAt - 1n, third.queuedAt]) {
        const present = (await now()) + 1n;
        await refuse(third.queuedAt, until, field("until"), until, third.queuedAt + 1n, present + 1n);
      }
      await steps.expectStop(second.queuedAt, OPEN);
      await steps.close(second.queuedAt, second.queuedAt + 2n);
      const [least, most] = [second.queuedAt, second.queuedAt + 2n];
      await refuse(most, MAX_UINT256, field("since"), most, least, most - 1n);
      await refuse(least - 1n, most, field("since"), least - 1n, least, most - 1n);
      await refuse(least, least, field("until"), least, least + 1n, most);
      await steps.close(least, MAX_UINT256);
      await steps.expectStop(least, most);
    });

    it("makes what was void but not returned payable again when the stop is lifted or its bounds exclude it", async () => {
      const { second, third } = context;
      await steps.stop(second.queuedAt);
      await steps.close(second.queuedAt, third.queuedAt + 1n);
      await steps.close(third.queuedAt, third.queuedAt + 1n);
      await steps.expectPaid(second);
      await steps.expectStopped(third, third.queuedAt, third.queuedAt + 1n);
      await steps.lift();
      await steps.expectPaid(third);
    });
  });

  describe("when a guardian stops again what the admin made final", () => {
    it("opens the stop again from the earlier beginning, and holds what was void", async () => {
      const { first, second, third, registry, guardian } = context;
      await steps.stop(second.queuedAt);
      await steps.close(second.queuedAt, third.queuedAt);
      await expect(steps.stop(third.queuedAt))
        .to.emit(registry, "PayoutsStopped")
        .withArgs(method, second.queuedAt, OPEN, guardian);
      await steps.expectStopped(second, second.queuedAt);
      await steps.expectStopped(third, second.queuedAt);
      for (const queued of [second, third]) await steps.expectNotReturned(queued);
      await steps.expectPaid(first);
    });

    it("lets the stop reach further back than before", async () => {
      const { first, second, third } = context;
      await steps.stop(second.queuedAt);
      await steps.close(second.queuedAt, third.queuedAt);
      await steps.stop(first.queuedAt);
      await steps.expectStop(first.queuedAt, OPEN);
      await steps.expectStopped(first, first.queuedAt);
    });

    it("R3: returns what the admin finally voids, and pays the rest", async () => {
      const { first, second, third, registry, model } = context;
      const taken = 3n * first.reward;
      await steps.stop(second.queuedAt);
      await steps.close(second.queuedAt, third.queuedAt);
      await steps.expectReturned(second);
      await steps.stop(third.queuedAt);
      await steps.expectPaid(first);
      await steps.close(third.queuedAt, MAX_UINT256);
      await steps.expectReturned(third);
      const allocation = await model.token.rewardAllocation();
      expect(await registry.rewardsRemainingOf(model.id)).to.equal(allocation - (taken - 2n * first.reward));
      expect(await model.token.rewardsMinted()).to.equal(first.reward);
    });
  });

  it("repairs everything in one batch of the timelock: void, return, replace the benchmark, revoke the method", async () => {
    const { registry, timelock, parameters, second, third, first, model, oracleAttestation } = context;
    const [proposer] = await Promise.all(parameters.Governance.proposers.map((account) => ethers.getSigner(account)));
    await steps.stop(second.queuedAt);
    const stolen = toPayout(second);
    const abi = registry.interface;
    const payloads = [
      abi.encodeFunctionData("voidPayouts", [method, second.queuedAt, third.queuedAt]),
      abi.encodeFunctionData("returnVoided", [model.id, second.evaluationId, stolen]),
      abi.encodeFunctionData("replaceBenchmark", [model.id, await benchmarkWith({ oracleAttestation })]),
      abi.encodeFunctionData("setMethodAccess", [method, MethodAccess.NONE]),
    ];
    const targets = payloads.map(() => registry.getAddress());
    const batch = [await Promise.all(targets), payloads.map(() => 0n), payloads, ZeroHash, ZeroHash] as const;
    await timelock.connect(proposer!).scheduleBatch(...batch, ADMIN_DELAY);
    await time.increase(ADMIN_DELAY);
    await timelock.connect(proposer!).executeBatch(...batch);

    expect(await registry.payoutOf(model.id, second.evaluationId)).to.equal(VOIDED);
    expect(await registry.benchmarkVersionOf(model.id)).to.equal(2);
    expect(await registry.methodAccessOf(method)).to.equal(MethodAccess.NONE);
    await steps.expectPaid(first);
    await steps.expectPaid(third);
    expect(await registry.payoutOf(model.id, third.evaluationId)).to.not.equal(hashPayout(third));
    await expect(release(context, second))
      .to.be.revertedWithCustomError(registry, "UnknownPayout")
      .withArgs(model.id, second.evaluationId);
  });
});
