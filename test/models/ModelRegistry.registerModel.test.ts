import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { BenchmarkStruct } from "../../.build/typechain/contracts/models/ModelRegistry";
import { buildBenchmark, Direction, Metric, Status } from "../helpers/models";
import { proposedModel, registeredModel } from "./registry.fixture";

const { ZeroHash } = ethers;

const [MAX_UINT16, MAX_UINT32] = [65_535n, 4_294_967_295n];
const MAX_SCORE = 10_000n;
const [MIN_IMPROVEMENT, MAX_MIN_IMPROVEMENT] = [10n, 1_000n];
const METRICS = 13n;

interface Bound {
  field: "baselineScore" | "minImprovementBps" | "minSampleSize" | "minRuns" | "minLowerBoundBps";
  error: string;
  min: bigint;
  max: bigint;
  inside: bigint[];
  outside: bigint[];
}

const BOUNDS: Bound[] = [
  {
    field: "baselineScore",
    error: "BaselineScoreOutOfRange",
    min: 0n,
    max: MAX_SCORE,
    inside: [0n, 1n, MAX_SCORE - 1n, MAX_SCORE],
    outside: [MAX_SCORE + 1n, MAX_UINT16],
  },
  {
    field: "minImprovementBps",
    error: "MinImprovementOutOfRange",
    min: MIN_IMPROVEMENT,
    max: MAX_MIN_IMPROVEMENT,
    inside: [MIN_IMPROVEMENT, MIN_IMPROVEMENT + 1n, MAX_MIN_IMPROVEMENT - 1n, MAX_MIN_IMPROVEMENT],
    outside: [0n, MIN_IMPROVEMENT - 1n, MAX_MIN_IMPROVEMENT + 1n, MAX_UINT16],
  },
  {
    field: "minSampleSize",
    error: "MinSampleSizeOutOfRange",
    min: 1n,
    max: MAX_UINT32,
    inside: [1n, 2n, MAX_UINT32],
    outside: [0n],
  },
  {
    field: "minRuns",
    error: "MinRunsOutOfRange",
    min: 1n,
    max: MAX_UINT16,
    inside: [1n, 2n, MAX_UINT16],
    outside: [0n],
  },
  {
    field: "minLowerBoundBps",
    error: "MinLowerBoundOutOfRange",
    min: 1n,
    max: MAX_SCORE,
    inside: [1n, 2n, MAX_SCORE - 1n, MAX_SCORE],
    outside: [0n, MAX_SCORE + 1n, MAX_UINT16],
  },
];

/** A benchmark as the contract returns it. */
function benchmarkTuple(benchmark: BenchmarkStruct) {
  return [
    benchmark.specHash,
    benchmark.evaluationDataHash,
    benchmark.modelCommitment,
    benchmark.method,
    benchmark.metric,
    benchmark.direction,
    benchmark.baselineScore,
    benchmark.minImprovementBps,
    benchmark.minSampleSize,
    benchmark.minRuns,
    benchmark.minLowerBoundBps,
  ];
}

describe("ModelRegistry.registerModel", () => {
  /** Registers the model on this benchmark. */
  async function register(overrides: Partial<BenchmarkStruct>) {
    const { registry, registrar, method, id } = await loadFixture(proposedModel);
    const benchmark = buildBenchmark(method.address, overrides);
    return { registry, id, benchmark, transaction: registry.connect(registrar).registerModel(id, benchmark) };
  }

  describe("given a proposed model, when the benchmark is acceptable", () => {
    const every: Partial<BenchmarkStruct> = {
      modelCommitment: ethers.id("baseline"),
      metric: Metric.HUMAN_SCORE,
      direction: Direction.MINIMISE,
      baselineScore: 1n,
      minImprovementBps: 20n,
      minSampleSize: 3n,
      minRuns: 4n,
      minLowerBoundBps: 5n,
    };

    it("keeps every field, at version 1, and tells them", async () => {
      const { registry, id, benchmark, transaction } = await register(every);
      await expect(transaction).to.emit(registry, "ModelRegistered").withArgs(id, 1, benchmarkTuple(benchmark));
      expect(await registry.benchmarkOf(id)).to.deep.equal(benchmarkTuple(benchmark));
      expect(await registry.benchmarkVersionOf(id)).to.equal(1);
      expect(await registry.statusOf(id)).to.equal(Status.REGISTERED);
      expect(await registry.scoreOf(id)).to.equal(benchmark.baselineScore);
    });

    it("leaves identity and parameters as they were", async () => {
      const { registry, id, token, owner, params } = await loadFixture(registeredModel);
      expect(await registry.model(id)).to.deep.equal([
        Status.REGISTERED,
        token,
        ethers.ZeroAddress,
        owner,
        params.governor,
      ]);
      expect((await registry.parametersOf(id)).tokensPerDeltaOne).to.equal(params.tokensPerDeltaOne);
    });

    it("accepts a zero model commitment: there is none yet", async () => {
      await expect((await register({ modelCommitment: ZeroHash })).transaction).to.not.be.reverted;
    });

    it("accepts every metric in both directions, and no further ones", async () => {
      const { registry, registrar, method, id } = await loadFixture(proposedModel);
      const asRegistrar = registry.connect(registrar);
      for (const direction of Object.values(Direction)) {
        for (let metric = 0n; metric < METRICS; metric++) {
          await asRegistrar.registerModel.staticCall(id, buildBenchmark(method.address, { metric, direction }));
        }
      }
      for (const unknown of [{ metric: METRICS }, { direction: 2n }]) {
        await expect(
          asRegistrar.registerModel(id, buildBenchmark(method.address, unknown)),
        ).to.be.revertedWithoutReason();
      }
    });
  });

  describe("given a proposed model, when a hash or the method is missing", () => {
    for (const field of ["specHash", "evaluationDataHash"] as const) {
      it(`refuses a zero ${field}`, async () => {
        const { registry, id, transaction } = await register({ [field]: ZeroHash });
        await expect(transaction).to.be.revertedWithCustomError(registry, "BenchmarkHashMissing");
        expect(await registry.statusOf(id)).to.equal(Status.PROPOSAL);
      });
    }

    it("refuses a method that was never allowed, zero included", async () => {
      const { mallory } = await loadFixture(proposedModel);
      for (const method of [mallory.address, ethers.ZeroAddress]) {
        const { registry, transaction } = await register({ method });
        await expect(transaction).to.be.revertedWithCustomError(registry, "MethodNotAllowed").withArgs(method);
      }
    });

    it("refuses a method that is no longer allowed", async () => {
      const { registry, admin, registrar, method, id } = await loadFixture(proposedModel);
      await registry.connect(admin).setMethodAllowed(method, false);
      await expect(registry.connect(registrar).registerModel(id, buildBenchmark(method.address)))
        .to.be.revertedWithCustomError(registry, "MethodNotAllowed")
        .withArgs(method);
    });
  });

  for (const { field, error, min, max, inside, outside } of BOUNDS) {
    describe(`given a proposed model, when ${field} is at its bounds`, () => {
      for (const value of inside) {
        it(`accepts ${value}`, async () => {
          const { registry, id, transaction } = await register({ [field]: value });
          await transaction;
          expect((await registry.benchmarkOf(id))[field]).to.equal(value);
        });
      }
      for (const value of outside) {
        it(`refuses ${value}`, async () => {
          const { registry, id, transaction } = await register({ [field]: value });
          await expect(transaction).to.be.revertedWithCustomError(registry, error).withArgs(value, min, max);
          expect(await registry.statusOf(id)).to.equal(Status.PROPOSAL);
        });
      }
    });
  }
});
