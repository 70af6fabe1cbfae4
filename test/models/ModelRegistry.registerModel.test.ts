import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { BenchmarkStruct } from "../../.build/typechain/contracts/models/ModelRegistry";
import { buildBenchmark, Direction, MethodAccess, Metric, Status } from "../../scripts/dev/world/models";
import { field } from "../../scripts/dev/world/units";
import { proposedModel, registeredModel } from "./registry.fixture";

const { ZeroHash } = ethers;

const [MAX_UINT16, MAX_UINT32] = [65_535n, 4_294_967_295n];
const MAX_SCORE = 10_000n;
const [MIN_IMPROVEMENT, MAX_MIN_IMPROVEMENT] = [10n, 1_000n];
const METRICS = 29n;
/** Of a model whose admin has not set another, in bps per UTC day. No improvement is above it, and no lower bound above that. */
const DAILY_LIMIT = 1_000n;

interface Bound {
  name: "baselineScore" | "minImprovementBps" | "minSampleSize" | "minRuns" | "minLowerBoundBps";
  min: bigint;
  max: bigint;
  inside: bigint[];
  outside: bigint[];
}

const BOUNDS: Bound[] = [
  {
    name: "baselineScore",
    min: 0n,
    max: MAX_SCORE,
    inside: [0n, 1n, MAX_SCORE - 1n, MAX_SCORE],
    outside: [MAX_SCORE + 1n, MAX_UINT16],
  },
  {
    name: "minImprovementBps",
    min: MIN_IMPROVEMENT,
    max: MAX_MIN_IMPROVEMENT,
    inside: [MIN_IMPROVEMENT, MIN_IMPROVEMENT + 1n, MAX_MIN_IMPROVEMENT - 1n, MAX_MIN_IMPROVEMENT],
    outside: [0n, MIN_IMPROVEMENT - 1n, MAX_MIN_IMPROVEMENT + 1n, MAX_UINT16],
  },
  {
    name: "minSampleSize",
    min: 1n,
    max: MAX_UINT32,
    inside: [1n, 2n, MAX_UINT32],
    outside: [0n],
  },
  {
    name: "minRuns",
    min: 1n,
    max: MAX_UINT16,
    inside: [1n, 2n, MAX_UINT16],
    outside: [0n],
  },
  {
    name: "minLowerBoundBps",
    min: 1n,
    max: DAILY_LIMIT,
    inside: [1n, 2n, DAILY_LIMIT - 1n, DAILY_LIMIT],
    outside: [0n, DAILY_LIMIT + 1n, MAX_UINT16],
  },
];

/** Scores that a target may have: better than the baseline, and within a day's limit of it. */
const TARGETS = [
  { direction: "MAXIMISE", baselineScore: 7_500n, min: 7_501n, max: 8_500n },
  { direction: "MAXIMISE", baselineScore: 9_500n, min: 9_501n, max: MAX_SCORE },
  { direction: "MAXIMISE", baselineScore: MAX_SCORE, min: MAX_SCORE + 1n, max: MAX_SCORE },
  { direction: "MINIMISE", baselineScore: 2_500n, min: 1_500n, max: 2_499n },
  { direction: "MINIMISE", baselineScore: 500n, min: 1n, max: 499n },
  { direction: "MINIMISE", baselineScore: 1n, min: 1n, max: 0n },
  { direction: "MINIMISE", baselineScore: 0n, min: 1n, max: 0n },
] as const;

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
    benchmark.targetScore,
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
      baselineScore: 3n,
      targetScore: 1n,
      minImprovementBps: 20n,
      minSampleSize: 3n,
      minRuns: 4n,
      minLowerBoundBps: 5n,
    };

    it("stores every field as version 1, and emits them", async () => {
      const { registry, id, benchmark, transaction } = await register(every);
      await expect(transaction).to.emit(registry, "ModelRegistered").withArgs(id, 1, benchmarkTuple(benchmark));
      expect(await registry.benchmarkOf(id)).to.deep.equal(benchmarkTuple(benchmark));
      expect(await registry.benchmarkVersionOf(id)).to.equal(1);
      expect(await registry.statusOf(id)).to.equal(Status.REGISTERED);
      expect(await registry.scoreOf(id)).to.equal(benchmark.baselineScore);
    });

    it("keeps the identity and the parameters", async () => {
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

    it("accepts a model commitment of zero, for a model without one", async () => {
      await expect((await register({ modelCommitment: ZeroHash })).transaction).to.not.be.reverted;
    });

    it("accepts every metric in both directions, and no others", async () => {
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
    for (const name of ["specHash", "evaluationDataHash"] as const) {
      it(`refuses a zero ${name}`, async () => {
        const { registry, id, transaction } = await register({ [name]: ZeroHash });
        await expect(transaction).to.be.revertedWithCustomError(registry, "HashMissing").withArgs(field(name));
        expect(await registry.statusOf(id)).to.equal(Status.PROPOSAL);
      });
    }
  });

  describe("given the access to methods", () => {
    const callers = ["registrar", "admin"] as const;
    const allowed = [
      { access: "NONE", by: [] },
      { access: "ADMIN", by: ["admin"] },
      { access: "REGISTRAR", by: ["registrar", "admin"] },
    ] as const;

    for (const { access, by } of allowed) {
      for (const caller of callers) {
        const isLetThrough = (by as readonly string[]).includes(caller);
        const required = caller === "admin" ? "ADMIN" : "REGISTRAR";
        it(`M: ${isLetThrough ? "accepts" : "refuses"} a method with access ${access} from the ${caller}`, async () => {
          const { registry, admin, method, id, ...keys } = await loadFixture(proposedModel);
          await registry.connect(admin).setMethodAccess(method, MethodAccess[access]);
          const sender = { admin, registrar: keys.registrar }[caller];
          const benchmark = buildBenchmark(method.address);
          const transaction = registry.connect(sender).registerModel(id, benchmark);
          if (isLetThrough) {
            await expect(transaction).to.emit(registry, "ModelRegistered").withArgs(id, 1, benchmarkTuple(benchmark));
            expect(await registry.statusOf(id)).to.equal(Status.REGISTERED);
          } else {
            await expect(transaction, `it needs ${required}`)
              .to.be.revertedWithCustomError(registry, "MethodNotAllowed")
              .withArgs(method, MethodAccess[access]);
            expect(await registry.statusOf(id)).to.equal(Status.PROPOSAL);
          }
        });
      }
    }

    it("M: refuses a method that nobody has allowed, including zero, from both callers", async () => {
      const { registry, admin, registrar, mallory, id } = await loadFixture(proposedModel);
      for (const sender of [registrar, admin]) {
        for (const method of [mallory.address, ethers.ZeroAddress]) {
          await expect(registry.connect(sender).registerModel(id, buildBenchmark(method)))
            .to.be.revertedWithCustomError(registry, "MethodNotAllowed")
            .withArgs(method, MethodAccess.NONE);
        }
      }
    });

    it("M: gives the registrar no more rights if the admin holds its role too", async () => {
      const { registry, admin, registrar, method, id } = await loadFixture(proposedModel);
      await registry.connect(admin).grantRole(await registry.REGISTRAR_ROLE(), admin);
      await registry.connect(admin).setMethodAccess(method, MethodAccess.ADMIN);
      await expect(registry.connect(registrar).registerModel(id, buildBenchmark(method.address)))
        .to.be.revertedWithCustomError(registry, "MethodNotAllowed")
        .withArgs(method, MethodAccess.ADMIN);
      await registry.connect(admin).registerModel(id, buildBenchmark(method.address));
      expect(await registry.statusOf(id)).to.equal(Status.REGISTERED);
    });
  });

  for (const { name, min, max, inside, outside } of BOUNDS) {
    describe(`given a proposed model, when ${name} is at its bounds`, () => {
      for (const value of inside) {
        it(`accepts ${value}`, async () => {
          const { registry, id, transaction } = await register({ [name]: value });
          await transaction;
          expect((await registry.benchmarkOf(id))[name]).to.equal(value);
        });
      }
      for (const value of outside) {
        it(`refuses ${value}`, async () => {
          const { registry, id, transaction } = await register({ [name]: value });
          await expect(transaction)
            .to.be.revertedWithCustomError(registry, "OutOfRange")
            .withArgs(field(name), value, min, max);
          expect(await registry.statusOf(id)).to.equal(Status.PROPOSAL);
        });
      }
    });
  }

  for (const { direction, baselineScore, min, max } of TARGETS) {
    describe(`X: given a baseline of ${baselineScore} to ${direction.toLowerCase()}`, () => {
      const target = (targetScore: bigint) => register({ direction: Direction[direction], baselineScore, targetScore });

      it("accepts a benchmark without a target", async () => {
        const { registry, id, transaction } = await target(0n);
        await transaction;
        expect((await registry.benchmarkOf(id)).targetScore).to.equal(0);
      });

      for (const value of new Set(min > max ? [] : [min, max])) {
        it(`accepts a target of ${value}`, async () => {
          const { registry, id, transaction } = await target(value);
          await transaction;
          expect((await registry.benchmarkOf(id)).targetScore).to.equal(value);
        });
      }

      for (const value of new Set([min - 1n, baselineScore, max + 1n, MAX_UINT16].filter((score) => score > 0n))) {
        it(`refuses a target of ${value}, which is no better or out of a day's reach`, async () => {
          const { registry, id, transaction } = await target(value);
          await expect(transaction)
            .to.be.revertedWithCustomError(registry, "OutOfRange")
            .withArgs(field("targetScore"), value, min, max);
          expect(await registry.statusOf(id)).to.equal(Status.PROPOSAL);
        });
      }
    });
  }

  it("X: bounds the target, the smallest improvement and its lower bound by the daily limit that the admin set", async () => {
    const { registry, admin, registrar, method, id } = await loadFixture(proposedModel);
    const register = (overrides: Partial<BenchmarkStruct>) =>
      registry.connect(registrar).registerModel(id, buildBenchmark(method.address, overrides));
    await registry.connect(admin).setDailyLimit(id, 500n);
    await expect(register({ targetScore: 8_001n }))
      .to.be.revertedWithCustomError(registry, "OutOfRange")
      .withArgs(field("targetScore"), 8_001n, 7_501n, 8_000n);
    await expect(register({ minImprovementBps: 501n }))
      .to.be.revertedWithCustomError(registry, "OutOfRange")
      .withArgs(field("minImprovementBps"), 501n, MIN_IMPROVEMENT, 500n);
    await expect(register({ minLowerBoundBps: 501n }))
      .to.be.revertedWithCustomError(registry, "OutOfRange")
      .withArgs(field("minLowerBoundBps"), 501n, 1, 500n);
    await register({ targetScore: 8_000n, minImprovementBps: 500n, minLowerBoundBps: 500n });
    expect(await registry.statusOf(id)).to.equal(Status.REGISTERED);
  });
});
