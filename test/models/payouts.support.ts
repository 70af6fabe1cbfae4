import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { deployImprovements, improve } from "../../scripts/dev/world/improvements";
import {
  expectHeld,
  expectReleased,
  OPEN,
  type QueuedPayout,
  queuedBy,
  toPayout,
  VOIDED,
  waitFor,
} from "../../scripts/dev/world/payouts";
import { HOUR } from "../../scripts/dev/world/units";

/** Seconds between the payouts of {@link threePayouts}. */
export const APART = HOUR;

/** A protocol whose model has three payouts of one method. */
export type ThreePayouts = Awaited<ReturnType<typeof threePayouts>>;

/** Three payouts of one model, {@link APART} from each other, that have all waited. */
export async function threePayouts() {
  const context = await deployImprovements();
  const queued: QueuedPayout[] = [];
  const start = BigInt(await time.latest()) + 100n;
  for (const i of [0n, 1n, 2n]) {
    await time.setNextBlockTimestamp(start + i * APART);
    const { transaction } = await improve(context, context.model);
    queued.push(await queuedBy(context, transaction));
  }
  await waitFor(context, queued[2]!);
  const [first, second, third] = queued as [QueuedPayout, QueuedPayout, QueuedPayout];
  return { ...context, queued, first, second, third, method: first.method };
}

/** The present second. */
export const now = async (): Promise<bigint> => BigInt(await time.latest());

/** Lets the next transaction happen a second after now, and tells when. */
export async function nextSecond(): Promise<bigint> {
  const at = (await now()) + 1n;
  await time.setNextBlockTimestamp(at);
  return at;
}

/** What is done with the payouts of the context's method, and what is expected of them. */
export function payoutSteps(context: ThreePayouts) {
  const { registry, model, method, guardian, admin, mallory } = context;
  const giveBack = (queued: QueuedPayout) =>
    registry.connect(mallory).returnVoided(queued.model, queued.evaluationId, toPayout(queued));

  return {
    stop: (since: bigint, of = method, sender: HardhatEthersSigner = guardian) =>
      registry.connect(sender).stopPayouts(of, since),

    lift: (of = method, sender: HardhatEthersSigner = admin) => registry.connect(sender).liftPayoutStop(of),

    close: (since: bigint, until: bigint, of = method, sender: HardhatEthersSigner = admin) =>
      registry.connect(sender).voidPayouts(of, since, until),

    async expectStop(since: bigint, until: bigint) {
      expect([...(await registry.payoutStopOf(method))]).to.deep.equal([since, until]);
    },

    expectPaid: (queued: QueuedPayout) => expectReleased(context, model.token, queued),

    expectStopped: (queued: QueuedPayout, since: bigint, until = OPEN) =>
      expectHeld(context, model.token, queued, "PayoutIsStopped", [method, since, until]),

    /** R3: the reward goes back to what is left. */
    async expectReturned(queued: QueuedPayout) {
      const before = await registry.rewardsRemainingOf(model.id);
      await expect(giveBack(queued))
        .to.emit(registry, "PayoutVoided")
        .withArgs(model.id, queued.evaluationId, before + queued.reward);
      expect(await registry.rewardsRemainingOf(model.id)).to.equal(before + queued.reward);
      expect(await registry.payoutOf(model.id, queued.evaluationId)).to.equal(VOIDED);
    },

    /** The reward does not go back, for this reason. */
    async expectNotReturned(queued: QueuedPayout, error = "PayoutNotVoid") {
      const before = await registry.rewardsRemainingOf(model.id);
      await expect(giveBack(queued))
        .to.be.revertedWithCustomError(registry, error)
        .withArgs(model.id, queued.evaluationId);
      expect(await registry.rewardsRemainingOf(model.id)).to.equal(before);
    },
  };
}
