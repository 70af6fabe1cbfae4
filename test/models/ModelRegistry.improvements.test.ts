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
  type Improvements,
  RATE,
  registerModel,
  type RegisteredModel,
  rewardOf,
} from "../helpers/improvements";
import { Direction, Metric, Parameter } from "../helpers/models";
import { BPS, DAY } from "../helpers/units";
import { Random } from "../utils/random";

const LIFETIME_DELTA_ONES = 100n;

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

  describe("V4, S4: given the whole scale ahead", () => {
    for (const [name, direction] of Object.entries(Direction)) {
      it(`pays exactly the allocation over all of it at a rate that divides: ${name}`, async () => {
        const { registry } = context;
        const whole = await registerAt(direction, RATE);
        expect(await registry.rewardsRemainingOf(whole.id)).to.equal(LIFETIME_DELTA_ONES * RATE);
        for (let score = 0n; score < BPS; score += 1_000n) {
          const better = direction === Direction.MAXIMISE ? score + 1_000n : BPS - score - 1_000n;
          await improve(context, whole, { evaluation: { candidateScore: better } });
          await time.increase(DAY);
        }
        expect(await whole.token.rewardsMinted()).to.equal(LIFETIME_DELTA_ONES * RATE);
        expect(await registry.rewardsRemainingOf(whole.id)).to.equal(0);
        expect(await registry.scoreOf(whole.id)).to.equal(direction === Direction.MAXIMISE ? BPS : 0n);
      });

      it(`pays the sum of the floors in random steps, never above the allocation: ${name}`, async () => {
        const { registry } = context;
        const whole = await registerAt(direction, ODD_RATE);
        const random = new Random(`scale ${name}`);
        let paid = 0n;
        for (let rest = BPS; rest > 0n;) {
          const step = rest < 1_000n ? rest : random.between(10n, 990n);
          rest -= step;
          const candidateScore = direction === Direction.MAXIMISE ? BPS - rest : rest;
          await improve(context, whole, { evaluation: { candidateScore } });
          paid += rewardOf(step, ODD_RATE).reward;
          await time.increase(DAY);
        }
        expect(await whole.token.rewardsMinted()).to.equal(paid);
        expect(await registry.rewardsRemainingOf(whole.id)).to.equal(LIFETIME_DELTA_ONES * ODD_RATE - paid);
        expect(paid).to.be.below(LIFETIME_DELTA_ONES * ODD_RATE);
      });
    }

    it("pays all of it in one step", async () => {
      const whole = await registerAt(Direction.MAXIMISE, RATE);
      const statement = await buildStatement(context, whole, { evaluation: { candidateScore: BPS } });
      await expectImproved(context, whole, statement, await attest(context, statement));
      expect(await whole.token.rewardsMinted()).to.equal(LIFETIME_DELTA_ONES * RATE);
    });
  });

  describe("when the benchmark is replaced", () => {
    it("has every field of the new one, as the next version, and tells it", async () => {
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

    it("keeps what was minted, and pays for the new benchmark's improvements", async () => {
      const { registry, admin } = context;
      await improve(context, model);
      const remaining = await registry.rewardsRemainingOf(model.id);
      await registry.connect(admin).replaceBenchmark(model.id, await benchmarkWith(context, REPLACEMENT));
      expect(await registry.rewardsRemainingOf(model.id)).to.equal(remaining);
      const statement = await buildStatement(context, model);
      await expectImproved(context, model, statement, await attest(context, statement));
    });

    it("voids statements of the old one, also when the new one says the same", async () => {
      const { registry, admin } = context;
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement);
      await registry.connect(admin).replaceBenchmark(model.id, await benchmarkWith(context));
      const args = [ethers.encodeBytes32String("benchmarkVersion"), 1, 2];
      await expectRefused(context, model, statement, proof, { contract: registry, error: "EvaluationMismatch", args });
    });

    it("V4: pays all of a scale that begins anew, with what is left", async () => {
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

    it("refuses a benchmark out of its bounds, and a model that has none", async () => {
      const { registry, admin } = context;
      await expect(
        registry.connect(admin).replaceBenchmark(model.id, await benchmarkWith(context, { baselineScore: BPS + 1n })),
      )
        .to.be.revertedWithCustomError(registry, "BaselineScoreOutOfRange")
        .withArgs(BPS + 1n, 0, BPS);
      const unknown = ethers.id("unknown");
      await expect(registry.connect(admin).replaceBenchmark(unknown, await benchmarkWith(context)))
        .to.be.revertedWithCustomError(registry, "ModelNotRegistered")
        .withArgs(unknown);
      expect(await registry.benchmarkVersionOf(model.id)).to.equal(1);
    });
  });

  describe("when the daily limit is set", () => {
    for (const limit of [1n, BPS]) {
      it(`accepts ${limit} and tells it`, async () => {
        const { registry, admin } = context;
        await expect(registry.connect(admin).setDailyLimit(model.id, limit))
          .to.emit(registry, "DailyLimitChanged")
          .withArgs(model.id, DAILY_LIMIT, limit);
        expect(await registry.dailyLimitOf(model.id)).to.equal(limit);
        expect(await registry.remainingTodayBps(model.id)).to.equal(limit);
      });
    }

    for (const limit of [0n, BPS + 1n, 2n ** 16n + 1n]) {
      it(`refuses ${limit}`, async () => {
        const { registry, admin } = context;
        await expect(registry.connect(admin).setDailyLimit(model.id, limit))
          .to.be.revertedWithCustomError(registry, "DailyLimitOutOfRange")
          .withArgs(limit, 1, BPS);
        expect(await registry.dailyLimitOf(model.id)).to.equal(DAILY_LIMIT);
      });
    }

    it("refuses a model that is not registered", async () => {
      const { registry, admin } = context;
      const unknown = ethers.id("unknown");
      await expect(registry.connect(admin).setDailyLimit(unknown, 1n))
        .to.be.revertedWithCustomError(registry, "ModelNotRegistered")
        .withArgs(unknown);
    });

    it("leaves nothing for a day on which more was paid, and counts what was paid when it is raised", async () => {
      const { registry, admin } = context;
      await improve(context, model, { evaluation: { candidateScore: BASELINE + 300n } });
      await registry.connect(admin).setDailyLimit(model.id, 299n);
      expect(await registry.remainingTodayBps(model.id)).to.equal(0);
      await registry.connect(admin).setDailyLimit(model.id, 1_000n);
      expect(await registry.remainingTodayBps(model.id)).to.equal(700);
    });
  });

  describe("views", () => {
    it("preview what an improvement will answer", async () => {
      const { registry, oracleAttestation } = context;
      const { evaluation } = await buildStatement(context, model);
      const [method, token, owner, reward] = await registry.previewImprovement(evaluation);
      expect([method, token, owner]).to.deep.equal([
        await oracleAttestation.getAddress(),
        await model.token.getAddress(),
        model.owner,
      ]);
      expect(reward).to.equal(rewardOf(100n, RATE).reward);
      expect(await registry.rewardFor(model.id, evaluation.candidateScore)).to.equal(reward);
    });

    it("tell no reward for what is no improvement, in either direction", async () => {
      const { registry } = context;
      const down = await registerModel(context, { modelId: "down", benchmark: { direction: Direction.MINIMISE } });
      expect(await registry.rewardFor(model.id, BASELINE - 1n)).to.equal(0);
      expect(await registry.rewardFor(down.id, BASELINE + 1n)).to.equal(0);
      expect(await registry.rewardFor(down.id, BASELINE - 1n)).to.equal(RATE / 100n);
    });
  });
});
