import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { BenchmarkStruct } from "../../.build/typechain/contracts/models/ModelRegistry";
import {
  attest,
  buildStatement,
  DELTA,
  deployImprovements,
  type Improvements,
  RATE as VERIFIED_RATE,
  rewardOf,
  submit,
} from "../../scripts/dev/world/improvements";
import { buildBenchmark, buildEvaluation, Direction, Parameter } from "../../scripts/dev/world/models";
import { DAY, TOKEN } from "../../scripts/dev/world/units";
import { Random } from "../helpers/random";
import { deployRegistry, modelArguments, type RegistryContext } from "./registry.fixture";

const DELAY = 2n * DAY;
const RATE = 100_000n * TOKEN;
const LIFETIME = 100n * RATE;
const MAX_RATE = 10_000_000n * TOKEN;
const FULL_SCALE = 10_000n;
const { TOKENS_PER_DELTA_ONE } = Parameter;

/** Highest rate at which what is left of the lifetime rewards pays for the rest of the scale. */
const maxRate = (remaining: bigint, headroomBps: bigint) => (remaining * 100n) / headroomBps;

async function proposal() {
  const context = await deployRegistry();
  const created = modelArguments(context, { tokensPerDeltaOne: RATE });
  await context.registry.connect(context.tokenManager).createModel(...created);
  return { ...context, id: created[0] };
}

describe("ModelRegistry, the headroom rule", () => {
  let context: RegistryContext & { id: string };
  let benchmark: BenchmarkStruct;

  beforeEach(async () => {
    context = await loadFixture(proposal);
  });

  const setRate = (value: bigint) => context.registry.connect(context.governor).setTokensPerDeltaOne(context.id, value);

  async function register(overrides: Partial<BenchmarkStruct>) {
    benchmark = buildBenchmark(context.method.address, overrides);
    await context.registry.connect(context.registrar).registerModel(context.id, benchmark);
    await context.registry.connect(context.admin).setDailyLimit(context.id, FULL_SCALE);
  }

  async function replace(overrides: Partial<BenchmarkStruct>) {
    benchmark = buildBenchmark(context.method.address, overrides);
    return context.registry.connect(context.admin).replaceBenchmark(context.id, benchmark);
  }

  /** Moves the score by `deltaBps` to the better. */
  async function improve(deltaBps: bigint) {
    const { registry, verifier, id } = context;
    const score = await registry.scoreOf(id);
    const benchmarkVersion = await registry.benchmarkVersionOf(id);
    const { modelCommitment } = await registry.benchmarkOf(id);
    const candidateScore = benchmark.direction === Direction.MAXIMISE ? score + deltaBps : score - deltaBps;
    return registry.connect(verifier).recordImprovement(
      buildEvaluation(id, benchmark, {
        benchmarkVersion,
        baselineScore: score,
        candidateScore,
        baselineCommitment: modelCommitment,
      }),
      ethers.id(`evaluation ${benchmarkVersion} ${score}`),
      ethers.ZeroHash,
    );
  }

  const rateOf = async () => (await context.registry.parametersOf(context.id)).tokensPerDeltaOne;

  async function expectMax(max: bigint) {
    const { registry } = context;
    await expect(setRate(max + 1n))
      .to.be.revertedWithCustomError(registry, "HeadroomExceeded")
      .withArgs(max + 1n, max);
    await expect(setRate(max)).to.emit(registry, "ParameterChangeScheduled");
  }

  describe("given a model without a benchmark", () => {
    it("allows no rate above the one at deployment", async () => {
      await expectMax(RATE);
    });
  });

  for (const [direction, baselineScore, headroom] of [
    [Direction.MAXIMISE, 7_500n, 2_500n],
    [Direction.MAXIMISE, 0n, 10_000n],
    [Direction.MINIMISE, 3_000n, 3_000n],
    [Direction.MINIMISE, 10_000n, 10_000n],
  ] as const) {
    const name = direction === Direction.MAXIMISE ? "maximise" : "minimise";
    describe(`given a score of ${baselineScore} to ${name}`, () => {
      beforeEach(() => register({ direction, baselineScore }));

      it("allows the rate at which the lifetime rewards pay for the rest of the scale", async () => {
        await expectMax(maxRate(LIFETIME, headroom));
      });

      it("allows the rate at which what an improvement left pays for what it left of the scale", async () => {
        await improve(337n);
        await expectMax(maxRate(LIFETIME - (337n * RATE) / 100n, headroom - 337n));
      });
    });
  }

  describe("given a score at the end of its scale", () => {
    for (const [direction, baselineScore] of [
      [Direction.MAXIMISE, 10_000n],
      [Direction.MINIMISE, 0n],
    ] as const) {
      it(`allows every rate within the parameter's own bounds (${direction})`, async () => {
        await register({ direction, baselineScore });
        await expect(setRate(MAX_RATE)).to.emit(context.registry, "ParameterChangeScheduled");
      });
    }
  });

  it("V4: can pay for the rest of the scale at every rate it accepted, even if improvements are paid during the wait", async () => {
    const random = new Random("headroom");
    for (let round = 0; round < 6; round++) {
      context = await loadFixture(proposal);
      const direction = round % 2 === 0 ? Direction.MAXIMISE : Direction.MINIMISE;
      await register({ direction, baselineScore: random.between(4_900n, 5_100n) });
      const { registry, id } = context;
      let headroom =
        direction === Direction.MAXIMISE ? FULL_SCALE - (await registry.scoreOf(id)) : await registry.scoreOf(id);
      while (headroom > 0n) {
        const max = maxRate(await registry.rewardsRemainingOf(id), headroom);
        // Up to the edge, or well below.
        await setRate(random.pick([max, max / 2n, RATE]));
        for (let i = 0; i < 2 && headroom > 0n; i++) {
          const room = headroom;
          const delta = room < 1_500n ? room : random.between(10n, room - 10n);
          await expect(improve(delta)).to.emit(registry, "ScoreMoved");
          headroom -= delta;
          await time.increase(DELAY + 1n);
        }
      }
      expect(await registry.rewardsRemainingOf(id)).to.be.lessThan(LIFETIME);
    }
  });

  describe("given a due rate at which an improvement was paid", () => {
    beforeEach(async () => {
      await register({ baselineScore: 7_500n });
      await setRate(2n * RATE);
      await time.increase(DELAY + 1n);
      await improve(100n);
      expect(await context.registry.rewardsRemainingOf(context.id)).to.equal(LIFETIME - 2n * RATE);
    });

    it("H: keeps the rate through a handover", async () => {
      const { registry, governor, alice, id } = context;
      await registry.connect(governor).proposeGovernor(id, alice);
      const transaction = await registry.connect(alice).acceptGovernor(id);
      await expect(transaction).to.not.emit(registry, "ParameterChangeCancelled");
      expect(await rateOf()).to.equal(2n * RATE);
      expect(await registry.pendingChangeOf(id, TOKENS_PER_DELTA_ONE)).to.deep.equal([0n, 0n]);
    });

    it("refuses to cancel it", async () => {
      const { registry, governor, id } = context;
      await expect(registry.connect(governor).cancelChange(id, TOKENS_PER_DELTA_ONE))
        .to.be.revertedWithCustomError(registry, "NoPendingChange")
        .withArgs(id, TOKENS_PER_DELTA_ONE);
      expect(await rateOf()).to.equal(2n * RATE);
    });
  });

  describe("when the benchmark is replaced", () => {
    beforeEach(() => register({ baselineScore: 7_500n }));

    it("cancels the pending change of the rate, and no other pending change", async () => {
      const { registry, governor, id } = context;
      await setRate(2n * RATE);
      await registry.connect(governor).setInfrastructureAccrual(id, 6_000n);
      const [, effectiveAt] = await registry.pendingChangeOf(id, Parameter.INFRASTRUCTURE_ACCRUAL);
      const transaction = replace({ baselineScore: 7_500n });
      await expect(transaction)
        .to.emit(registry, "ParameterChangeCancelled")
        .withArgs(id, TOKENS_PER_DELTA_ONE, 2n * RATE);
      await expect(transaction).to.not.emit(registry, "ParameterChanged");
      expect(await registry.pendingChangeOf(id, TOKENS_PER_DELTA_ONE)).to.deep.equal([0n, 0n]);
      await time.increaseTo(effectiveAt + 1n);
      expect(await rateOf()).to.equal(RATE);
      expect((await registry.parametersOf(id)).infrastructureAccrualBps).to.equal(6_000n);
    });

    it("keeps a rate in force that the new scale has room for", async () => {
      await setRate(4n * RATE);
      await time.increase(DELAY + 1n);
      const transaction = replace({ baselineScore: 7_500n });
      await expect(transaction).to.not.emit(context.registry, "ParameterChangeCancelled");
      await expect(transaction).to.not.emit(context.registry, "ParameterChanged");
      expect(await rateOf()).to.equal(4n * RATE);
    });

    it("lowers a rate in force that is too high for the new scale to the highest that it has room for", async () => {
      const { registry, id } = context;
      await setRate(4n * RATE);
      await time.increase(DELAY + 1n);
      await expect(replace({ baselineScore: 7_499n }))
        .to.emit(registry, "ParameterChanged")
        .withArgs(id, TOKENS_PER_DELTA_ONE, 4n * RATE, maxRate(LIFETIME, 2_501n));
      expect(await rateOf()).to.equal(maxRate(LIFETIME, 2_501n));
      await improve(2_501n);
      expect(await registry.scoreOf(id)).to.equal(FULL_SCALE);
    });

    it("sets the rate to zero if no rewards are left, and refuses any other", async () => {
      const { registry, id } = context;
      await setRate(4n * RATE);
      await time.increase(DELAY + 1n);
      await improve(2_500n);
      expect(await registry.rewardsRemainingOf(id)).to.equal(0);
      await expect(replace({ baselineScore: 7_500n }))
        .to.emit(registry, "ParameterChanged")
        .withArgs(id, TOKENS_PER_DELTA_ONE, 4n * RATE, 0);
      for (const rate of [1n, 100n * TOKEN]) {
        await expect(setRate(rate)).to.be.revertedWithCustomError(registry, "HeadroomExceeded").withArgs(rate, 0);
      }
    });
  });
});

describe("ModelRegistry, changed rates and improvements", () => {
  const NEW_RATE = 2n * VERIFIED_RATE;

  /** What waits for the model's contributors and owner, by the registry. */
  async function queued({ registry, model }: Improvements): Promise<bigint> {
    return 100n * VERIFIED_RATE - (await registry.rewardsRemainingOf(model.id));
  }

  it("pays the old rate if the governor raises it in the same block", async () => {
    const deployed = await loadFixture(deployImprovements);
    const { registry, governor, verifier, model } = deployed;
    const statement = await buildStatement(deployed, model);
    const proof = await attest(deployed, statement);
    await ethers.provider.send("evm_setAutomine", [false]);
    const raised = await registry.connect(governor).setTokensPerDeltaOne(model.id, NEW_RATE, { gasLimit: 500_000 });
    const submitted = await submit(deployed, statement, proof);
    await ethers.provider.send("evm_mine");
    await ethers.provider.send("evm_setAutomine", [true]);
    expect((await raised.wait())!.blockNumber).to.equal((await submitted.wait())!.blockNumber);
    await expect(submitted).to.emit(verifier, "PayoutQueued");
    expect(await queued(deployed)).to.equal(rewardOf(DELTA, VERIFIED_RATE).reward);
  });

  it("pays the old rate until the last second of the delay", async () => {
    const deployed = await loadFixture(deployImprovements);
    const { registry, governor, model } = deployed;
    const at = BigInt(await time.latest()) + 1n;
    await time.setNextBlockTimestamp(at);
    await registry.connect(governor).setTokensPerDeltaOne(model.id, NEW_RATE);
    const statement = await buildStatement(deployed, model, { deadline: at + DELAY });
    const proof = await attest(deployed, statement);
    await time.setNextBlockTimestamp(at + DELAY);
    await submit(deployed, statement, proof);
    expect(await queued(deployed)).to.equal(rewardOf(DELTA, VERIFIED_RATE).reward);
  });

  it("pays the new rate from the second after the delay", async () => {
    const deployed = await loadFixture(deployImprovements);
    const { registry, governor, model } = deployed;
    const at = BigInt(await time.latest()) + 1n;
    await time.setNextBlockTimestamp(at);
    await registry.connect(governor).setTokensPerDeltaOne(model.id, NEW_RATE);
    const statement = await buildStatement(deployed, model, { deadline: at + DELAY + 1n });
    const proof = await attest(deployed, statement);
    await time.setNextBlockTimestamp(at + DELAY + 1n);
    await submit(deployed, statement, proof);
    expect(await queued(deployed)).to.equal(rewardOf(DELTA, NEW_RATE).reward);
  });
});
