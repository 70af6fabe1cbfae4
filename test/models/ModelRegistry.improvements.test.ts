import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { BenchmarkStruct } from "../../.build/typechain/contracts/models/ModelRegistry";
import {
  attest,
  BASELINE,
  benchmarkWith,
  buildStatement,
  DAILY_LIMIT,
  deployImprovements,
  expectImproved,
  expectRefused,
  improve,
  improveAndRelease,
  type Improvements,
  proposeModel,
  RATE,
  registerModel,
  type RegisteredModel,
  rewardOf,
} from "../../scripts/dev/world/improvements";
import { roleId, signersIn } from "../helpers/guarded.behavior";
import { Direction, Metric, Parameter, Status } from "../../scripts/dev/world/models";
import { expectReleased, queuedBy, waitFor } from "../../scripts/dev/world/payouts";
import { BPS, DAY, field, HOUR, TOKEN } from "../../scripts/dev/world/units";
import { Random } from "../helpers/random";

const LIFETIME_DELTA_ONES = 100n;

/** Least of all rates, in wei. */
const LOWEST_RATE = 100n * TOKEN;

const PARAMETER_DELAY = 2n * DAY;

/** A rate whose rewards leave remainders at most steps. */
const ODD_RATE = RATE + 1_234_567n;

/** A benchmark that differs in every field from the one of the fixture's model. */
const REPLACEMENT = {
  specHash: ethers.id("replacement"),
  evaluationDataHash: ethers.id("replaced evaluation data"),
  modelCommitment: ethers.id("replaced predictions"),
  metric: Metric.HUMAN_SCORE,
  direction: Direction.MINIMISE,
  baselineScore: 6_000n,
  targetScore: 5_900n,
  minImprovementBps: 20n,
  minSampleSize: 2_000n,
  minRuns: 5n,
  minLowerBoundBps: 7n,
} as const satisfies Partial<BenchmarkStruct>;

describe("ModelRegistry improvements", () => {
  let context: Improvements;
  let model: RegisteredModel;

  beforeEach(async () => {
    context = await loadFixture(deployImprovements);
    model = context.model;
  });

  // Gives the chain its time back, for fixtures that others make later.
  after(() => loadFixture(deployImprovements));

  async function registerAt(direction: bigint, tokensPerDeltaOne: bigint) {
    const baselineScore = direction === Direction.MAXIMISE ? 0n : BPS;
    const registered = await registerModel(context, {
      modelId: `whole-scale-${direction}`,
      tokensPerDeltaOne,
      benchmark: { direction, baselineScore },
    });
    await context.registry.connect(context.admin).setDailyLimit(registered.id, BPS);
    return registered;
  }

  describe("V4, S4: given a model with the whole scale ahead", () => {
    for (const [name, direction] of Object.entries(Direction)) {
      it(`pays exactly the allocation for all of it at a rate that divides: ${name}`, async () => {
        const { registry } = context;
        const whole = await registerAt(direction, RATE);
        expect(await registry.rewardsRemainingOf(whole.id)).to.equal(LIFETIME_DELTA_ONES * RATE);
        for (let score = 0n; score < BPS; score += 1_000n) {
          const better = direction === Direction.MAXIMISE ? score + 1_000n : BPS - score - 1_000n;
          await improveAndRelease(context, whole, { evaluation: { candidateScore: better } });
        }
        expect(await whole.token.rewardsMinted()).to.equal(LIFETIME_DELTA_ONES * RATE);
        expect(await registry.rewardsRemainingOf(whole.id)).to.equal(0);
        expect(await registry.scoreOf(whole.id)).to.equal(direction === Direction.MAXIMISE ? BPS : 0n);
      });

      it(`pays the sum of the rounded-down rewards in random steps, never more than the allocation: ${name}`, async () => {
        const { registry } = context;
        const whole = await registerAt(direction, ODD_RATE);
        const random = new Random(`scale ${name}`);
        let paid = 0n;
        for (let rest = BPS; rest > 0n;) {
          const step = rest < 1_000n ? rest : random.between(10n, 990n);
          rest -= step;
          const candidateScore = direction === Direction.MAXIMISE ? BPS - rest : rest;
          await improveAndRelease(context, whole, { evaluation: { candidateScore } });
          paid += rewardOf(step, ODD_RATE).reward;
        }
        expect(await whole.token.rewardsMinted()).to.equal(paid);
        expect(await registry.rewardsRemainingOf(whole.id)).to.equal(LIFETIME_DELTA_ONES * ODD_RATE - paid);
        expect(paid).to.be.below(LIFETIME_DELTA_ONES * ODD_RATE);
      });
    }

    it("pays the whole allocation for a single improvement", async () => {
      const whole = await registerAt(Direction.MAXIMISE, RATE);
      const statement = await buildStatement(context, whole, { evaluation: { candidateScore: BPS } });
      const queued = await expectImproved(context, whole, statement, await attest(context, statement));
      await waitFor(context, queued);
      await expectReleased(context, whole.token, queued);
      expect(await whole.token.rewardsMinted()).to.equal(LIFETIME_DELTA_ONES * RATE);
    });
  });

  describe("when the benchmark is replaced", () => {
    it("stores every field of the new benchmark as the next version, and emits it", async () => {
      const { registry, admin, oracleAttestation } = context;
      await improve(context, model);
      const benchmark = await benchmarkWith(context, REPLACEMENT);
      const tuple = [
        benchmark.specHash,
        benchmark.evaluationDataHash,
        benchmark.modelCommitment,
        await oracleAttestation.getAddress(),
        benchmark.metric,
        benchmark.direction,
        benchmark.baselineScore,
        benchmark.targetScore,
        benchmark.minImprovementBps,
        benchmark.minSampleSize,
        benchmark.minRuns,
        benchmark.minLowerBoundBps,
      ];
      await expect(registry.connect(admin).replaceBenchmark(model.id, benchmark))
        .to.emit(registry, "BenchmarkReplaced")
        .withArgs(model.id, 2, tuple);
      expect([...(await registry.benchmarkOf(model.id))]).to.deep.equal(tuple);
      expect(await registry.benchmarkVersionOf(model.id)).to.equal(2);
      expect(await registry.scoreOf(model.id)).to.equal(REPLACEMENT.baselineScore);
    });

    it("R2: keeps minted, waiting and remaining rewards, and pays for improvements on the new benchmark", async () => {
      const { registry, admin } = context;
      const { queued: minted } = await improveAndRelease(context, model);
      const waiting = await queuedBy(context, (await improve(context, model)).transaction);
      const remaining = await registry.rewardsRemainingOf(model.id);
      await registry.connect(admin).replaceBenchmark(model.id, await benchmarkWith(context, REPLACEMENT));
      expect(await registry.rewardsRemainingOf(model.id)).to.equal(remaining);
      const statement = await buildStatement(context, model);
      const queued = await expectImproved(context, model, statement, await attest(context, statement));
      await waitFor(context, queued);
      await expectReleased(context, model.token, waiting);
      await expectReleased(context, model.token, queued);
      expect(await model.token.rewardsMinted()).to.equal(minted.reward + waiting.reward + queued.reward);
    });

    it("makes statements on the old benchmark void, even if the new one has the same fields", async () => {
      const { registry, admin } = context;
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement);
      await registry.connect(admin).replaceBenchmark(model.id, await benchmarkWith(context));
      const args = [field("benchmarkVersion"), 1, 2];
      await expectRefused(context, model, statement, proof, { contract: registry, error: "ValueMismatch", args });
    });

    it("V4: lowers the rate so that the remaining rewards pay for the whole new scale", async () => {
      const { registry, admin } = context;
      const whole = await registerAt(Direction.MAXIMISE, ODD_RATE);
      await improve(context, whole, { evaluation: { candidateScore: 3_333n } });
      const remaining = await registry.rewardsRemainingOf(whole.id);
      const lowered = (remaining * 100n) / BPS;
      await expect(
        registry.connect(admin).replaceBenchmark(whole.id, await benchmarkWith(context, { baselineScore: 0n })),
      )
        .to.emit(registry, "ParameterChanged")
        .withArgs(whole.id, Parameter.TOKENS_PER_DELTA_ONE, ODD_RATE, lowered);
      await time.increase(DAY);
      const statement = await buildStatement(context, whole, { evaluation: { candidateScore: BPS } });
      await expectImproved(context, whole, statement, await attest(context, statement), lowered);
      expect(await registry.rewardsRemainingOf(whole.id)).to.equal(remaining - (BPS * lowered) / 100n);
    });

    it("refuses a benchmark that is out of bounds, and a model without a benchmark", async () => {
      const { registry, admin } = context;
      await expect(
        registry.connect(admin).replaceBenchmark(model.id, await benchmarkWith(context, { baselineScore: BPS + 1n })),
      )
        .to.be.revertedWithCustomError(registry, "OutOfRange")
        .withArgs(field("baselineScore"), BPS + 1n, 0, BPS);
      const unknown = ethers.id("unknown");
      await expect(registry.connect(admin).replaceBenchmark(unknown, await benchmarkWith(context)))
        .to.be.revertedWithCustomError(registry, "WrongModelStatus")
        .withArgs(unknown, Status.NONE, Status.REGISTERED);
      expect(await registry.benchmarkVersionOf(model.id)).to.equal(1);
    });

    it("lets the governor change a lowered rate, even below the usual minimum", async () => {
      const { registry, admin, governor } = context;
      const poor = await registerModel(context, {
        modelId: "poor",
        tokensPerDeltaOne: LOWEST_RATE,
        benchmark: { baselineScore: 0n },
      });
      await registry.connect(admin).setDailyLimit(poor.id, BPS);
      await improve(context, poor, { evaluation: { candidateScore: 5_000n } });
      await registry.connect(admin).replaceBenchmark(poor.id, await benchmarkWith(context, { baselineScore: 0n }));
      const lowered = LOWEST_RATE / 2n;
      expect((await registry.parametersOf(poor.id)).tokensPerDeltaOne).to.equal(lowered);

      const setRate = (rate: bigint) => registry.connect(governor).setTokensPerDeltaOne(poor.id, rate);
      await expect(setRate(lowered + 1n))
        .to.be.revertedWithCustomError(registry, "HeadroomExceeded")
        .withArgs(lowered + 1n, lowered);
      await expect(setRate(lowered - 1n))
        .to.be.revertedWithCustomError(registry, "OutOfRange")
        .withArgs(field("tokensPerDeltaOne"), lowered - 1n, lowered, 10_000_000n * TOKEN);
      await expect(setRate(lowered)).to.emit(registry, "ParameterChangeScheduled");
      await improve(context, poor, { evaluation: { candidateScore: 2_000n } });
      await registry.connect(admin).replaceBenchmark(poor.id, await benchmarkWith(context, { baselineScore: 5_000n }));
      // Less of the scale is ahead: there is room for more.
      await setRate((LOWEST_RATE * 4n) / 5n);
      await time.increase(PARAMETER_DELAY + 1n);
      expect((await registry.parametersOf(poor.id)).tokensPerDeltaOne).to.equal((LOWEST_RATE * 4n) / 5n);
    });
  });

  describe("when the daily limit is set", () => {
    for (const limit of [10n, BPS]) {
      it(`accepts ${limit} bps and emits it`, async () => {
        const { registry, admin } = context;
        await expect(registry.connect(admin).setDailyLimit(model.id, limit))
          .to.emit(registry, "DailyLimitChanged")
          .withArgs(model.id, DAILY_LIMIT, limit);
        expect(await registry.dailyLimitOf(model.id)).to.equal(limit);
        expect(await registry.remainingTodayBps(model.id)).to.equal(limit);
      });
    }

    for (const limit of [0n, 9n, BPS + 1n, 2n ** 16n + 10n]) {
      it(`refuses ${limit} bps, where the benchmark pays for 10 bps`, async () => {
        const { registry, admin } = context;
        await expect(registry.connect(admin).setDailyLimit(model.id, limit))
          .to.be.revertedWithCustomError(registry, "OutOfRange")
          .withArgs(field("limitBps"), limit, 10, BPS);
        expect(await registry.dailyLimitOf(model.id)).to.equal(DAILY_LIMIT);
      });
    }

    it("refuses an unknown model", async () => {
      const { registry, admin } = context;
      const unknown = ethers.id("unknown");
      await expect(registry.connect(admin).setDailyLimit(unknown, 10n))
        .to.be.revertedWithCustomError(registry, "WrongModelStatus")
        .withArgs(unknown, Status.NONE, Status.PROPOSAL);
    });

    it("refuses everybody but the admin", async () => {
      const { registry, admin } = context;
      for (const [, sender] of signersIn(context).filter(([, signer]) => signer !== admin)) {
        await expect(registry.connect(sender).setDailyLimit(model.id, 10n))
          .to.be.revertedWithCustomError(registry, "AccessControlUnauthorizedAccount")
          .withArgs(sender, roleId("DEFAULT_ADMIN_ROLE"));
      }
    });

    it("leaves nothing if more was recorded that day, and deducts what was recorded when it is raised", async () => {
      const { registry, admin } = context;
      await improve(context, model, { evaluation: { candidateScore: BASELINE + 300n } });
      await registry.connect(admin).setDailyLimit(model.id, 299n);
      expect(await registry.remainingTodayBps(model.id)).to.equal(0);
      await registry.connect(admin).setDailyLimit(model.id, 2_000n);
      expect(await registry.remainingTodayBps(model.id)).to.equal(1_700);
    });

    describe("given a model that is not registered yet", () => {
      let proposed: RegisteredModel;

      beforeEach(async () => {
        proposed = await proposeModel(context, { modelId: "proposed" });
      });

      const registerWith = async (overrides: Partial<BenchmarkStruct>) =>
        context.registry.connect(context.registrar).registerModel(proposed.id, await benchmarkWith(context, overrides));

      it("accepts a limit of 1 bps or more", async () => {
        const { registry, admin } = context;
        await expect(registry.connect(admin).setDailyLimit(proposed.id, 0n))
          .to.be.revertedWithCustomError(registry, "OutOfRange")
          .withArgs(field("limitBps"), 0, 1, BPS);
        await expect(registry.connect(admin).setDailyLimit(proposed.id, 1n))
          .to.emit(registry, "DailyLimitChanged")
          .withArgs(proposed.id, DAILY_LIMIT, 1);
      });

      it("refuses a benchmark whose smallest improvement exceeds the limit", async () => {
        const { registry, admin } = context;
        await registry.connect(admin).setDailyLimit(proposed.id, 19n);
        await expect(registerWith({ minImprovementBps: 20n }))
          .to.be.revertedWithCustomError(registry, "OutOfRange")
          .withArgs(field("minImprovementBps"), 20, 10, 19);
        await registerWith({ minImprovementBps: 19n });
      });

      it("refuses a smallest improvement of more than 1000 bps, whatever the limit", async () => {
        const { registry, admin } = context;
        await registry.connect(admin).setDailyLimit(proposed.id, BPS);
        await expect(registerWith({ minImprovementBps: 1_001n }))
          .to.be.revertedWithCustomError(registry, "OutOfRange")
          .withArgs(field("minImprovementBps"), 1_001, 10, 1_000);
        await registerWith({ minImprovementBps: 1_000n });
      });

      it("refuses every benchmark if the limit is below the smallest allowed minimum", async () => {
        const { registry, admin } = context;
        await registry.connect(admin).setDailyLimit(proposed.id, 9n);
        await expect(registerWith({ minImprovementBps: 10n }))
          .to.be.revertedWithCustomError(registry, "OutOfRange")
          .withArgs(field("minImprovementBps"), 10, 10, 9);
      });

      it("refuses a benchmark whose target is out of the limit's reach", async () => {
        const { registry, admin } = context;
        await registry.connect(admin).setDailyLimit(proposed.id, 399n);
        await expect(registerWith({ targetScore: BASELINE + 400n }))
          .to.be.revertedWithCustomError(registry, "OutOfRange")
          .withArgs(field("targetScore"), BASELINE + 400n, BASELINE + 1n, BASELINE + 399n);
        await registerWith({ targetScore: BASELINE + 399n });
      });
    });

    for (const [name, direction, sign] of [
      ["MAXIMISE", Direction.MAXIMISE, 1n],
      ["MINIMISE", Direction.MINIMISE, -1n],
    ] as const) {
      it(`X: refuses a limit below the way to the target or the smallest improvement, whichever is more: ${name}`, async () => {
        const { registry, admin } = context;
        const benchmark = { direction, targetScore: BASELINE + sign * 400n, minImprovementBps: 30n };
        const aimed = await registerModel(context, { modelId: "aimed", benchmark });
        const setLimit = (limit: bigint) => registry.connect(admin).setDailyLimit(aimed.id, limit);
        const refuse = async (limit: bigint, min: bigint) =>
          expect(setLimit(limit))
            .to.be.revertedWithCustomError(registry, "OutOfRange")
            .withArgs(field("limitBps"), limit, min, BPS);

        await refuse(399n, 400n);
        await setLimit(400n);
        await improve(context, aimed, { evaluation: { candidateScore: BASELINE + sign * 400n } });
        await refuse(29n, 30n);
        await setLimit(30n);
      });
    }

    it("takes no account of a target where there is none, even if lower scores are better", async () => {
      const { registry, admin } = context;
      const benchmark = { direction: Direction.MINIMISE, targetScore: 0n, minImprovementBps: 30n };
      const free = await registerModel(context, { modelId: "free", benchmark });
      await registry.connect(admin).setDailyLimit(free.id, 30n);
      expect(await registry.dailyLimitOf(free.id)).to.equal(30);
    });

    it("refuses a limit below the smallest lower bound", async () => {
      const { registry, admin } = context;
      const strict = await registerModel(context, { modelId: "strict", benchmark: { minLowerBoundBps: 45n } });
      await expect(registry.connect(admin).setDailyLimit(strict.id, 44n))
        .to.be.revertedWithCustomError(registry, "OutOfRange")
        .withArgs(field("limitBps"), 44, 45, BPS);
      await registry.connect(admin).setDailyLimit(strict.id, 45n);
    });
  });

  describe("T: when days are counted", () => {
    // 65,536 days after 1970: sixteen bits of days end.
    const END_OF_SIXTEEN_BITS = 65_536n * DAY;

    it("starts anew on 2149-06-07, and remembers no earlier day", async () => {
      const { registry } = context;
      await improve(context, model, { evaluation: { candidateScore: BASELINE + 300n } });
      const recorded = BigInt(await time.latest()) / DAY;
      for (const day of [65_535n, 65_536n, 65_536n + recorded]) {
        await time.increaseTo(day * DAY);
        expect(await registry.remainingTodayBps(model.id), `day ${day}`).to.equal(DAILY_LIMIT);
      }
      expect(new Date(Number(END_OF_SIXTEEN_BITS) * 1_000).toISOString()).to.equal("2149-06-07T00:00:00.000Z");
    });

    for (const day of [65_535n, 65_536n]) {
      it(`counts what was recorded on day ${day} until its end`, async () => {
        const { registry } = context;
        await time.increaseTo(day * DAY + HOUR);
        await improve(context, model, { evaluation: { candidateScore: BASELINE + 300n } });
        expect(await registry.remainingTodayBps(model.id)).to.equal(DAILY_LIMIT - 300n);
        await time.increaseTo((day + 1n) * DAY - 1n);
        expect(await registry.remainingTodayBps(model.id)).to.equal(DAILY_LIMIT - 300n);
        await time.increaseTo((day + 1n) * DAY);
        expect(await registry.remainingTodayBps(model.id)).to.equal(DAILY_LIMIT);
      });
    }
  });

  describe("views", () => {
    it("previewImprovement returns the method, the token, the owner and the reward of an improvement", async () => {
      const { registry, oracleAttestation } = context;
      const { evaluation, evaluationId } = await buildStatement(context, model);
      const [method, token, owner, reward] = await registry.previewImprovement(evaluation, evaluationId);
      expect([method, token, owner]).to.deep.equal([
        await oracleAttestation.getAddress(),
        await model.token.getAddress(),
        model.owner,
      ]);
      expect(reward).to.equal(rewardOf(100n, RATE).reward);
      expect(await registry.rewardFor(model.id, evaluation.candidateScore)).to.equal(reward);
    });

    it("rewardFor returns zero for what is no improvement, in either direction", async () => {
      const { registry } = context;
      const down = await registerModel(context, { modelId: "down", benchmark: { direction: Direction.MINIMISE } });
      expect(await registry.rewardFor(model.id, BASELINE - 1n)).to.equal(0);
      expect(await registry.rewardFor(down.id, BASELINE + 1n)).to.equal(0);
      expect(await registry.rewardFor(down.id, BASELINE - 1n)).to.equal(RATE / 100n);
    });
  });
});
