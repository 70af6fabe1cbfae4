import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { attest, buildStatement, DAILY_LIMIT, submit } from "../../scripts/dev/world/improvements";
import { OPEN, queuedBy, release, RELEASED, toPayout, waitFor } from "../../scripts/dev/world/payouts";
import { ADMIN_DELAY, DAY, field, MAX_UINT256, PAYOUT_DELAY } from "../../scripts/dev/world/units";
import type { World } from "./authority.fixture";
import {
  announce,
  execute,
  forge,
  MINIMUM,
  provenModel,
  queueAsNewVerifier,
  queueForItself,
  refused,
  type Row,
  withHostileVerifier,
} from "./keys.support";

/** Keys that lead to rewards. */
export const REWARD_KEYS: Readonly<Record<string, Row>> = {
  "admin (timelock)": {
    can: {
      "mint for itself after four days": async (world) => {
        const { registry, keys, model, pool, usdc } = world;
        const { announced, queued } = await queueAsNewVerifier(world);
        const payableAt = announced + 4n * DAY + 1n;
        await time.setNextBlockTimestamp(payableAt - 1n);
        await refused(release(world, queued), registry, "PayoutWaits", payableAt);
        await time.setNextBlockTimestamp(payableAt);
        await release(world, queued);
        const before = await usdc.balanceOf(keys.attacker);
        await pool.connect(keys.attacker).sell(queued.reward, 0, keys.attacker, MAX_UINT256);
        expect(await usdc.balanceOf(keys.attacker)).to.be.greaterThan(before);
        expect(await model.token.rewardsMinted()).to.be.greaterThanOrEqual(queued.reward);
      },
      "mint after six days if it announces the lifting of a guardian's stop only when the stop begins": async (
        world,
      ) => {
        const { registry, timelock, keys } = world;
        const { announced, queued } = await queueAsNewVerifier(world);
        const { method, queuedAt } = queued;
        const { since } = await registry.payoutStopOf(method); // of a stop before, which the new one only widens
        expect(since).to.be.greaterThan(0n).and.lessThan(queuedAt);
        await time.setNextBlockTimestamp(announced + 4n * DAY);
        await registry.connect(keys.guardian).stopPayouts(method, queuedAt);
        await time.setNextBlockTimestamp(announced + 4n * DAY + 1n);
        await refused(release(world, queued), registry, "PayoutIsStopped", method, since, OPEN);
        await time.setNextBlockTimestamp(announced + 4n * DAY + 2n);
        await announce(world, registry, "liftPayoutStop", [method]);
        await time.setNextBlockTimestamp(announced + 6n * DAY + 1n);
        const early = execute(world, registry, "liftPayoutStop", [method]);
        await expect(early).to.be.revertedWithCustomError(timelock, "TimelockUnexpectedOperationState");
        await time.setNextBlockTimestamp(announced + 6n * DAY + 2n);
        await execute(world, registry, "liftPayoutStop", [method]);
        await release(world, queued);
        expect(await registry.payoutOf(queued.model, queued.evaluationId)).to.equal(RELEASED);
      },
      "mint after four days in spite of a stop if it announced the lifting with everything else": async (world) => {
        const { registry, keys, oracleAttestation } = world;
        await announce(world, registry, "liftPayoutStop", [oracleAttestation.target]);
        const { announced, queued } = await queueAsNewVerifier(world);
        await registry.connect(keys.guardian).stopPayouts(queued.method, queued.queuedAt);
        await time.setNextBlockTimestamp(announced + 4n * DAY);
        await execute(world, registry, "liftPayoutStop", [oracleAttestation.target]);
        await time.setNextBlockTimestamp(announced + 4n * DAY + 1n);
        await release(world, queued);
        expect(await registry.payoutOf(queued.model, queued.evaluationId)).to.equal(RELEASED);
      },
    },
    cannot: {
      "act before its delay is over": async (world) => {
        const { registry, timelock, keys } = world;
        await announce(world, registry, "setVerifier", [keys.attacker.address]);
        await time.increase(ADMIN_DELAY - 10n);
        const early = execute(world, registry, "setVerifier", [keys.attacker.address]);
        await expect(early).to.be.revertedWithCustomError(timelock, "TimelockUnexpectedOperationState");
      },
      "take the money that models own, or command a pool": async ({
        infrastructureReserve,
        factory,
        pool,
        keys,
        usdc,
      }) => {
        const call = infrastructureReserve.connect(keys.admin).rescueSurplus(usdc, keys.attacker, 1);
        await refused(call, infrastructureReserve, "InsufficientSurplus", 1, 0);
        const pause = pool.connect(keys.admin).setBuysPausedUntil(1);
        await refused(pause, pool, "UnauthorizedCaller", keys.admin.address, factory);
      },
      "allow more than the score scale in a day, or exceed the lifetime rewards": async (world) => {
        const { registry, keys, model } = world;
        const limit = registry.connect(keys.admin).setDailyLimit(model.id, 10_001);
        await refused(limit, registry, "OutOfRange", field("limitBps"), 10_001, MINIMUM, 10_000);
        const max = (await registry.rewardsRemainingOf(model.id)) * 100n;
        const headroom = 10_000n - (await registry.scoreOf(model.id));
        const rate = max / headroom + 1n;
        await refused(
          registry.connect(keys.governor).setTokensPerDeltaOne(model.id, rate),
          ...([registry, "HeadroomExceeded", rate, rate - 1n] as const),
        );
      },
    },
  },
  "as many attesters as the threshold": {
    can: {
      "queue rewards up to the daily limit, every UTC day": async (world) => {
        const { registry, model } = world;
        for (let day = 0; day < 2; day++) {
          const left = await registry.rewardsRemainingOf(model.id);
          const rate = (await registry.parametersOf(model.id)).tokensPerDeltaOne;
          await forge(world, await registry.remainingTodayBps(model.id));
          expect(await registry.remainingTodayBps(model.id)).to.equal(0);
          expect(left - (await registry.rewardsRemainingOf(model.id))).to.be.at.most((DAILY_LIMIT * rate) / 100n);
          await time.increase(DAY);
        }
      },
    },
    cannot: {
      "exceed the daily limit": async (world) => {
        const { registry, model } = world;
        await forge(world, await registry.remainingTodayBps(model.id));
        await refused(forge(world, MINIMUM), registry, "DailyLimitExceeded", MINIMUM, 0, DAILY_LIMIT);
      },
      "R1: mint before the delay is over": async (world) => {
        const queued = await queuedBy(world, await forge(world, DAILY_LIMIT));
        await time.setNextBlockTimestamp(queued.queuedAt + PAYOUT_DELAY - 1n);
        await refused(release(world, queued), world.registry, "PayoutWaits", queued.queuedAt + PAYOUT_DELAY);
      },
      "R2: mint what a guardian has stopped": async (world) => {
        const queued = await queuedBy(world, await forge(world, DAILY_LIMIT));
        await world.registry.connect(world.keys.guardian).stopPayouts(queued.method, queued.queuedAt);
        await waitFor(world, queued);
        const [since] = await world.registry.payoutStopOf(queued.method); // that of an earlier stop
        const stop = [queued.method, since, OPEN] as const;
        await refused(release(world, queued), world.registry, "PayoutIsStopped", ...stop);
      },
      "vouch for anything more once a guardian has removed one of them": async (world) => {
        const { oracleAttestation, keys } = world;
        const statement = await buildStatement(world, world.model);
        const proof = await attest(world, statement);
        await oracleAttestation.connect(keys.guardian).removeAttester(world.attesters[0]!);
        const late = submit(world, statement, proof);
        await refused(late, oracleAttestation, "ValueMismatch", field("attesterEpoch"), 1, 2);
        await refused(
          submit(world, ...(await signedByAll(world, 2))),
          ...([oracleAttestation, "NotAttester", world.attesters[0]!.address] as const),
        );
      },
    },
  },
  "whoever holds the labels of a proof-only benchmark": {
    can: {
      "prove any score, and so queue rewards up to the model's daily limit": async (world) => {
        const { id, prove } = await provenModel(world);
        await expect(prove(DAILY_LIMIT)).to.emit(world.verifier, "PayoutQueued");
        expect(await world.registry.remainingTodayBps(id)).to.equal(0);
      },
    },
    cannot: {
      "prove an improvement of a model with another method": async (world) => {
        const { prove } = await provenModel(world);
        await expect(prove(DAILY_LIMIT, world.model.id)).to.be.revertedWithoutReason(); // it decodes to no signatures
      },
      "mint what a guardian has stopped": async (world) => {
        const { prove } = await provenModel(world);
        const queued = await queuedBy(world, await prove(DAILY_LIMIT));
        await world.registry.connect(world.keys.guardian).stopPayouts(queued.method, 1);
        await waitFor(world, queued);
        const stop = [queued.method, 1, OPEN] as const;
        await refused(release(world, queued), world.registry, "PayoutIsStopped", ...stop);
      },
    },
  },
  "a hostile verifier, once the admin has put it in place": {
    can: {
      "mint for itself up to a model's daily limit without asking its method": async (world) => {
        await withHostileVerifier(world);
        const queued = await queueForItself(world, DAILY_LIMIT);
        await waitFor(world, queued);
        await release(world, queued);
        expect(await world.model.token.balanceOf(world.keys.attacker)).to.be.at.least(queued.reward);
      },
    },
    cannot: {
      "exceed the daily limit, or fall short of the benchmark's conditions": async (world) => {
        await withHostileVerifier(world);
        await queueForItself(world, DAILY_LIMIT);
        const { registry } = world;
        await refused(queueForItself(world, MINIMUM), registry, "DailyLimitExceeded", MINIMUM, 0, DAILY_LIMIT);
        const weak = queueForItself(world, MINIMUM - 1n);
        await refused(weak, registry, "EvaluationTooWeak", field("improvement"), MINIMUM - 1n, MINIMUM);
      },
      "release a payout itself, or touch one that is already waiting": async (world) => {
        const { registry, tokenManager, keys, waiting, model } = world;
        await withHostileVerifier(world);
        const call = registry.connect(keys.attacker).releasePayout(model.id, waiting.evaluationId, toPayout(waiting));
        await refused(call, registry, "UnauthorizedCaller", keys.attacker.address, tokenManager);
        await release(world, waiting);
      },
      "mint once a guardian has stopped the model's method": async (world) => {
        await withHostileVerifier(world);
        const queued = await queueForItself(world, DAILY_LIMIT);
        await world.registry.connect(world.keys.guardian).stopPayouts(queued.method, queued.queuedAt);
        await waitFor(world, queued);
        const [since] = await world.registry.payoutStopOf(queued.method); // that of an earlier stop
        const stop = [queued.method, since, OPEN] as const;
        await refused(release(world, queued), world.registry, "PayoutIsStopped", ...stop);
      },
    },
  },
};

async function signedByAll(world: World, count: number) {
  const statement = await buildStatement(world, world.model);
  return [statement, await attest(world, statement, world.attesters.slice(0, count))] as const;
}
