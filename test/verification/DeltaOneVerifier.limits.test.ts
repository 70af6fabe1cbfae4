import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import {
  attest,
  BASELINE,
  benchmarkWith,
  buildStatement,
  DAILY_LIMIT,
  deployImprovements,
  expectImproved,
  expectRefused,
  type Improvements,
  RATE,
  registerModel,
  type RegisteredModel,
  rewardOf,
  type StatementOverrides,
  submit,
} from "../../scripts/dev/world/improvements";
import { Direction } from "../../scripts/dev/world/models";
import { DAY, field, HOUR } from "../../scripts/dev/world/units";

const MIN_IMPROVEMENT = 10n;

describe("DeltaOneVerifier limits", () => {
  let context: Improvements;
  let model: RegisteredModel;

  beforeEach(async () => {
    context = await loadFixture(deployImprovements);
    model = context.model;
  });

  async function refuse(overrides: StatementOverrides, error: string, args: readonly unknown[], of = model) {
    const statement = await buildStatement(context, of, overrides);
    const refusal = { contract: context.registry, error, args };
    await expectRefused(context, of, statement, await attest(context, statement), refusal);
  }

  async function improveTo(candidateScore: bigint, of = model) {
    const statement = await buildStatement(context, of, { evaluation: { candidateScore } });
    return expectImproved(context, of, statement, await attest(context, statement));
  }

  const refuseTo = (candidateScore: bigint, error: string, args: readonly unknown[], of = model) =>
    refuse({ evaluation: { candidateScore } }, error, args, of);

  describe("V4: when the daily limit is reached", () => {
    it("records the whole limit at once, and nothing more on that day", async () => {
      await improveTo(BASELINE + DAILY_LIMIT);
      expect(await context.verifier.remainingTodayBps(model.id)).to.equal(0);
      const args = [MIN_IMPROVEMENT, 0, DAILY_LIMIT];
      await refuseTo(BASELINE + DAILY_LIMIT + MIN_IMPROVEMENT, "DailyLimitExceeded", args);
    });

    it("refuses a single improvement above the limit, and names the limit", async () => {
      const args = [DAILY_LIMIT + 1n, DAILY_LIMIT, DAILY_LIMIT];
      await refuseTo(BASELINE + DAILY_LIMIT + 1n, "DailyLimitExceeded", args);
    });

    it("adds up the day's improvements", async () => {
      await improveTo(BASELINE + 300n);
      expect(await context.verifier.remainingTodayBps(model.id)).to.equal(700);
      await refuseTo(BASELINE + 1_001n, "DailyLimitExceeded", [701, 700, DAILY_LIMIT]);
      await improveTo(BASELINE + 990n);
      expect(await context.verifier.remainingTodayBps(model.id)).to.equal(10);
      await refuseTo(BASELINE + 1_001n, "DailyLimitExceeded", [11, 10, DAILY_LIMIT]);
      await improveTo(BASELINE + 1_000n);
      expect(await context.verifier.remainingTodayBps(model.id)).to.equal(0);
    });

    it("accepts the same statement from midnight UTC on, and not a second before", async () => {
      await improveTo(BASELINE + DAILY_LIMIT);
      const midnight = (BigInt(await time.latest()) / DAY + 1n) * DAY;
      const statement = await buildStatement(context, model, { deadline: midnight + HOUR });
      const proof = await attest(context, statement);
      const args = [100, 0, DAILY_LIMIT];
      await expectRefused(context, model, statement, proof, {
        contract: context.registry,
        error: "DailyLimitExceeded",
        args,
      });
      await time.setNextBlockTimestamp(midnight - 1n);
      await expect(submit(context, statement, proof))
        .to.be.revertedWithCustomError(context.registry, "DailyLimitExceeded")
        .withArgs(...args);

      await time.setNextBlockTimestamp(midnight);
      await submit(context, statement, proof);
      expect(await context.registry.scoreOf(model.id)).to.equal(BASELINE + DAILY_LIMIT + 100n);
      expect(await context.verifier.remainingTodayBps(model.id)).to.equal(DAILY_LIMIT - 100n);
    });

    it("counts each model separately", async () => {
      const other = await registerModel(context, { modelId: "other" });
      await improveTo(BASELINE + DAILY_LIMIT);
      expect(await context.verifier.remainingTodayBps(other.id)).to.equal(DAILY_LIMIT);
      await improveTo(BASELINE + DAILY_LIMIT, other);
    });

    it("keeps counting when the benchmark is replaced", async () => {
      await improveTo(BASELINE + 300n);
      await context.registry.connect(context.admin).replaceBenchmark(model.id, await benchmarkWith(context));
      expect(await context.verifier.remainingTodayBps(model.id)).to.equal(700);
      await refuseTo(BASELINE + 701n, "DailyLimitExceeded", [701, 700, DAILY_LIMIT]);
    });
  });

  describe("X: given a target", () => {
    for (const direction of [Direction.MAXIMISE, Direction.MINIMISE]) {
      const sign = direction === Direction.MAXIMISE ? 1n : -1n;
      const at = (bps: bigint) => BASELINE + sign * bps;
      const [distance, target] = [400n, at(400n)];

      describe(`in direction ${direction}`, () => {
        let aimed: RegisteredModel;

        beforeEach(async () => {
          aimed = await registerModel(context, {
            modelId: "aimed",
            benchmark: { direction, targetScore: target },
          });
        });

        for (const bps of [-100n, 0n, MIN_IMPROVEMENT, distance - 1n]) {
          it(`refuses a candidate ${bps} bps better, which does not reach it`, async () => {
            await refuseTo(at(bps), "EvaluationTooWeak", [field("targetScore"), at(bps), target], aimed);
          });
        }

        for (const bps of [distance, distance + 1n, DAILY_LIMIT]) {
          it(`pays the whole improvement of ${bps} bps`, async () => {
            const { reward } = await improveTo(at(bps), aimed);
            expect(reward).to.equal(rewardOf(bps, RATE).reward);
            expect((await context.registry.benchmarkOf(aimed.id)).targetScore).to.equal(target);
          });
        }

        it("requires only the minimum once it has been reached", async () => {
          await improveTo(target, aimed);
          const args = [field("improvement"), MIN_IMPROVEMENT - 1n, MIN_IMPROVEMENT];
          await refuseTo(at(distance + MIN_IMPROVEMENT - 1n), "EvaluationTooWeak", args, aimed);
          await improveTo(at(distance + MIN_IMPROVEMENT), aimed);
        });
      });
    }

    it("also requires the minimum if that is further away", async () => {
      const [targetScore, minImprovementBps] = [BASELINE + 5n, 20n];
      const aimed = await registerModel(context, { modelId: "aimed", benchmark: { targetScore, minImprovementBps } });
      await refuseTo(BASELINE + 4n, "EvaluationTooWeak", [field("targetScore"), BASELINE + 4n, targetScore], aimed);
      await refuseTo(BASELINE + 19n, "EvaluationTooWeak", [field("improvement"), 19, minImprovementBps], aimed);
      await improveTo(BASELINE + minImprovementBps, aimed);
    });

    it("is not required if it is 0", async () => {
      await improveTo(BASELINE + MIN_IMPROVEMENT);
    });
  });
});
