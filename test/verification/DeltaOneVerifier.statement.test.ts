import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { Evaluation, ImprovementStatement } from "../../sdk/schemas/statement";
import {
  attest,
  BASELINE,
  benchmarkWith,
  buildContributors,
  buildStatement,
  DAILY_LIMIT,
  deployImprovements,
  deployVerifier,
  expectImproved,
  expectRefused,
  improve,
  type Improvements,
  MAX_STATEMENT_LIFE,
  proposeModel,
  type Refusal,
  registerModel,
  type RegisteredModel,
  type StatementOverrides,
  submit,
  toCall,
} from "../helpers/improvements";
import { Direction } from "../helpers/models";
import { BPS, DAY, HOUR, MAX_UINT256 } from "../helpers/units";

const MIN_IMPROVEMENT = 10n;
const LARGEST_MIN_IMPROVEMENT = 1_000n;
const PAUSE = 14n * DAY;

/** A benchmark that asks for more than the least of everything. */
const STRICT = { minImprovementBps: 25n, minSampleSize: 1_000n, minRuns: 3n, minLowerBoundBps: 20n };

const field = (name: string) => ethers.encodeBytes32String(name);

describe("DeltaOneVerifier statements", () => {
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

  async function pay(overrides: StatementOverrides = {}, of = model): Promise<ImprovementStatement> {
    const statement = await buildStatement(context, of, overrides);
    await expectImproved(context, of, statement, await attest(context, statement));
    return statement;
  }

  /** The start of the UTC day after the present one. */
  async function nextMidnight(): Promise<bigint> {
    return (BigInt(await time.latest()) / DAY + 1n) * DAY;
  }

  describe("when the evaluation is not of the model's benchmark", () => {
    const wrong: [keyof Evaluation, bigint | string][] = [
      ["benchmarkVersion", 0n],
      ["benchmarkVersion", 2n],
      ["baselineScore", BASELINE - 1n],
      ["baselineScore", BASELINE + 1n],
      ["specHash", ethers.id("another benchmark")],
      ["evaluationDataHash", ethers.id("other evaluation data")],
      ["baselineCommitment", ethers.id("other predictions")],
      ["baselineCommitment", ethers.ZeroHash],
    ];
    for (const [name, value] of wrong) {
      it(`refuses ${value} as ${name}`, async () => {
        const present = (await buildStatement(context, model)).evaluation[name];
        await refuse({ evaluation: { [name]: value } }, "EvaluationMismatch", [field(name), value, present]);
      });
    }

    it("refuses an unknown model", async () => {
      const unknown = ethers.id("unknown");
      await refuse({ evaluation: { model: unknown } }, "ModelNotRegistered", [unknown]);
    });

    it("refuses a model that is only proposed", async () => {
      const { id } = await proposeModel(context, { modelId: "proposed" });
      await refuse({ evaluation: { model: id } }, "ModelNotRegistered", [id]);
    });

    it("refuses a candidate above the scale", async () => {
      for (const candidateScore of [BPS + 1n, MAX_UINT256]) {
        const args = [candidateScore, 0, BPS];
        await refuse({ evaluation: { candidateScore } }, "CandidateScoreOutOfRange", args);
      }
    });
  });

  describe("when the benchmark asks for a minimum", () => {
    const minima: [keyof Evaluation, keyof typeof STRICT, string][] = [
      ["sampleSize", "minSampleSize", "sampleSize"],
      ["runs", "minRuns", "runs"],
      ["lowerBoundBps", "minLowerBoundBps", "lowerBoundBps"],
    ];
    for (const [name, minimum, reported] of minima) {
      it(`refuses ${name} one below it, and pays at it and for the largest`, async () => {
        const strict = await registerModel(context, { modelId: "strict", benchmark: STRICT });
        const min = STRICT[minimum];
        const args = [field(reported), min - 1n, min];
        await refuse({ evaluation: { [name]: min - 1n } }, "EvaluationTooWeak", args, strict);
        await pay({ evaluation: { [name]: min } }, strict);
        await pay({ evaluation: { [name]: MAX_UINT256 } }, strict);
      });
    }

    for (const min of [MIN_IMPROVEMENT, STRICT.minImprovementBps, LARGEST_MIN_IMPROVEMENT]) {
      for (const direction of [Direction.MAXIMISE, Direction.MINIMISE]) {
        it(`refuses ${min - 1n} bps and pays ${min}, direction ${direction}`, async () => {
          const benchmark = { minImprovementBps: min, direction };
          const strict = await registerModel(context, { modelId: "strict", benchmark });
          await context.registry.connect(context.admin).setDailyLimit(strict.id, LARGEST_MIN_IMPROVEMENT);
          const sign = direction === Direction.MAXIMISE ? 1n : -1n;
          const args = [field("improvement"), min - 1n, min];
          const tooSmall = { candidateScore: BASELINE + sign * (min - 1n) };
          await refuse({ evaluation: tooSmall }, "EvaluationTooWeak", args, strict);
          await pay({ evaluation: { candidateScore: BASELINE + sign * min } }, strict);
        });
      }
    }

    for (const candidateScore of [0n, BASELINE - 1n, BASELINE]) {
      it(`refuses ${candidateScore}, which is no improvement`, async () => {
        const args = [field("improvement"), 0, MIN_IMPROVEMENT];
        await refuse({ evaluation: { candidateScore } }, "EvaluationTooWeak", args);
      });
    }

    it("refuses a lower bound of zero, the least benchmark's", async () => {
      await refuse({ evaluation: { lowerBoundBps: 0n } }, "EvaluationTooWeak", [field("lowerBoundBps"), 0, 1]);
    });

    it("publishes the floor of every benchmark", async () => {
      expect(await context.verifier.MIN_IMPROVEMENT_BPS()).to.equal(MIN_IMPROVEMENT);
      expect(await context.registry.MIN_IMPROVEMENT_BPS()).to.equal(MIN_IMPROVEMENT);
    });
  });

  describe("when a statement's time is over or has not come", () => {
    async function submitAt(timestamp: bigint, deadline: bigint) {
      const statement = await buildStatement(context, model, { deadline });
      const proof = await attest(context, statement);
      await time.setNextBlockTimestamp(timestamp);
      return { transaction: submit(context, statement, proof), statement, proof };
    }

    it("pays in the last second before its deadline is over", async () => {
      const deadline = BigInt(await time.latest()) + HOUR;
      await (
        await submitAt(deadline, deadline)
      ).transaction;
      expect(await context.registry.scoreOf(model.id)).to.equal(BASELINE + 100n);
    });

    it("refuses a second after its deadline", async () => {
      const deadline = BigInt(await time.latest()) + HOUR;
      const { transaction } = await submitAt(deadline + 1n, deadline);
      await expect(transaction)
        .to.be.revertedWithCustomError(context.verifier, "StatementExpired")
        .withArgs(deadline, deadline + 1n);
      expect(await context.registry.scoreOf(model.id)).to.equal(BASELINE);
    });

    it("pays with the longest life", async () => {
      const now = BigInt(await time.latest()) + HOUR;
      await (
        await submitAt(now, now + MAX_STATEMENT_LIFE)
      ).transaction;
      expect(await context.registry.scoreOf(model.id)).to.equal(BASELINE + 100n);
      expect(await context.verifier.MAX_STATEMENT_LIFE()).to.equal(MAX_STATEMENT_LIFE);
    });

    it("refuses a deadline a second further ahead, and pays a second later", async () => {
      const now = BigInt(await time.latest()) + HOUR;
      const deadline = now + MAX_STATEMENT_LIFE + 1n;
      const { transaction, statement, proof } = await submitAt(now, deadline);
      await expect(transaction)
        .to.be.revertedWithCustomError(context.verifier, "DeadlineTooFar")
        .withArgs(deadline, deadline - 1n);
      await time.setNextBlockTimestamp(now + 1n);
      await submit(context, statement, proof);
      expect(await context.registry.scoreOf(model.id)).to.equal(BASELINE + 100n);
    });

    it("refuses a deadline of all bits", async () => {
      const now = BigInt(await time.latest()) + HOUR;
      await expect((await submitAt(now, MAX_UINT256)).transaction)
        .to.be.revertedWithCustomError(context.verifier, "DeadlineTooFar")
        .withArgs(MAX_UINT256, now + MAX_STATEMENT_LIFE);
    });
  });

  describe("V1: when an evaluation was paid", () => {
    it("refuses the same statement again", async () => {
      const { statement, proof } = await improve(context, model);
      await expectRefused(context, model, statement, proof, used(statement));
    });

    it("refuses its id for the next score", async () => {
      const { evaluationId } = await pay();
      const next = await buildStatement(context, model, { evaluationId });
      await expectRefused(context, model, next, await attest(context, next), used(next));
    });

    it("refuses its id after the benchmark was replaced, which voids nothing that was paid", async () => {
      const { evaluationId } = await pay();
      await context.registry.connect(context.admin).replaceBenchmark(model.id, await benchmarkWith(context));
      const next = await buildStatement(context, model, { evaluationId });
      await expectRefused(context, model, next, await attest(context, next), used(next));
    });

    it("pays the same id for another model", async () => {
      const { evaluationId } = await pay();
      await pay({ evaluationId }, await registerModel(context, { modelId: "other" }));
    });

    it("refuses a second statement from the same baseline: who loses a race is signed again, with the same id", async () => {
      const loser = await buildStatement(context, model, { evaluationId: ethers.id("loser") });
      const proof = await attest(context, loser);
      await pay({ evaluation: { candidateScore: BASELINE + 50n } });

      const args = [field("baselineScore"), BASELINE, BASELINE + 50n];
      await expectRefused(context, model, loser, proof, {
        contract: context.registry,
        error: "EvaluationMismatch",
        args,
      });
      await pay({ evaluationId: loser.evaluationId, evaluation: { candidateScore: loser.evaluation.candidateScore } });
    });

    it("never pays A → B → A → B: the way back is no improvement", async () => {
      const there = await buildStatement(context, model);
      const proof = await attest(context, there);
      await expectImproved(context, model, there, proof);

      const back = { candidateScore: BASELINE, candidateCommitment: there.evaluation.baselineCommitment };
      const args = [field("improvement"), 0, MIN_IMPROVEMENT];
      await refuse({ evaluation: back }, "EvaluationTooWeak", args);
      const again = await buildStatement(context, model, {
        evaluation: there.evaluation,
        evaluationId: ethers.id("again"),
      });
      const mismatch = [field("baselineScore"), BASELINE, there.evaluation.candidateScore];
      await expectRefused(context, model, again, await attest(context, again), {
        contract: context.registry,
        error: "EvaluationMismatch",
        args: mismatch,
      });
    });

    it("moves the commitment with the score, also when it stays the same", async () => {
      const { baselineCommitment } = (await buildStatement(context, model)).evaluation;
      await pay({ evaluation: { candidateCommitment: baselineCommitment } });
      await pay();
      await pay({ evaluation: { candidateCommitment: ethers.ZeroHash } });
      await pay();
    });

    function used({ evaluation, evaluationId }: ImprovementStatement): Refusal {
      return {
        contract: context.verifier,
        error: "EvaluationAlreadyUsed",
        args: [evaluation.model, evaluationId],
      };
    }
  });

  describe("V4: when the daily limit is reached", () => {
    it("pays the limit at once, and nothing more on that day", async () => {
      await pay({ evaluation: { candidateScore: BASELINE + DAILY_LIMIT } });
      expect(await context.verifier.remainingTodayBps(model.id)).to.equal(0);
      const candidateScore = BASELINE + DAILY_LIMIT + MIN_IMPROVEMENT;
      await refuse({ evaluation: { candidateScore } }, "DailyLimitExceeded", [MIN_IMPROVEMENT, 0]);
    });

    it("refuses one more than the limit", async () => {
      const candidateScore = BASELINE + DAILY_LIMIT + 1n;
      await refuse({ evaluation: { candidateScore } }, "DailyLimitExceeded", [DAILY_LIMIT + 1n, DAILY_LIMIT]);
    });

    it("adds up the day's improvements", async () => {
      await pay({ evaluation: { candidateScore: BASELINE + 300n } });
      expect(await context.verifier.remainingTodayBps(model.id)).to.equal(200);
      await refuse({ evaluation: { candidateScore: BASELINE + 501n } }, "DailyLimitExceeded", [201, 200]);
      await pay({ evaluation: { candidateScore: BASELINE + 490n } });
      expect(await context.verifier.remainingTodayBps(model.id)).to.equal(10);
      await refuse({ evaluation: { candidateScore: BASELINE + 501n } }, "DailyLimitExceeded", [11, 10]);
      await pay({ evaluation: { candidateScore: BASELINE + 500n } });
      expect(await context.verifier.remainingTodayBps(model.id)).to.equal(0);
    });

    it("begins anew at midnight UTC, not a second before, for the same statement byte for byte", async () => {
      await pay({ evaluation: { candidateScore: BASELINE + DAILY_LIMIT } });
      const midnight = await nextMidnight();
      const statement = await buildStatement(context, model, { deadline: midnight + HOUR });
      const proof = await attest(context, statement);
      await expectRefused(context, model, statement, proof, {
        contract: context.registry,
        error: "DailyLimitExceeded",
        args: [100, 0],
      });
      await time.setNextBlockTimestamp(midnight - 1n);
      await expect(submit(context, statement, proof))
        .to.be.revertedWithCustomError(context.registry, "DailyLimitExceeded")
        .withArgs(100, 0);

      await time.setNextBlockTimestamp(midnight);
      await submit(context, statement, proof);
      expect(await context.registry.scoreOf(model.id)).to.equal(BASELINE + DAILY_LIMIT + 100n);
      expect(await context.verifier.remainingTodayBps(model.id)).to.equal(DAILY_LIMIT - 100n);
    });

    it("counts each model by itself", async () => {
      const other = await registerModel(context, { modelId: "other" });
      await pay({ evaluation: { candidateScore: BASELINE + DAILY_LIMIT } });
      expect(await context.verifier.remainingTodayBps(other.id)).to.equal(DAILY_LIMIT);
      await pay({ evaluation: { candidateScore: BASELINE + DAILY_LIMIT } }, other);
    });

    it("keeps what was paid today when the benchmark is replaced", async () => {
      await pay({ evaluation: { candidateScore: BASELINE + 300n } });
      await context.registry.connect(context.admin).replaceBenchmark(model.id, await benchmarkWith(context));
      expect(await context.verifier.remainingTodayBps(model.id)).to.equal(200);
      await refuse({ evaluation: { candidateScore: BASELINE + 201n } }, "DailyLimitExceeded", [201, 200]);
    });
  });

  describe("when submissions are paused", () => {
    it("refuses, and pays the same statement afterwards", async () => {
      const { registry, guardian } = context;
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement);
      await registry.connect(guardian).pauseSubmissions(PAUSE);
      const until = BigInt(await time.latest()) + PAUSE;
      await expectRefused(context, model, statement, proof, { contract: registry, error: "Paused", args: [until] });

      await registry.connect(guardian).resumeSubmissions();
      await expectImproved(context, model, statement, proof);
    });
  });

  it("tells the first of many faults, in the published order", async () => {
    const { verifier, registry, guardian, oracleAttestation } = context;
    const paid = await pay();
    const attested = await attest(context, paid);
    const late = BigInt(await time.latest());
    const faulty = await buildStatement(context, model, {
      evaluationId: paid.evaluationId,
      deadline: late - 1n,
      attesterEpoch: 0n,
      contributors: [],
      evaluation: {
        benchmarkVersion: 0n,
        baselineScore: 0n,
        specHash: ethers.ZeroHash,
        candidateScore: BPS + 1n,
        sampleSize: 0n,
        runs: 0n,
        lowerBoundBps: 0n,
      },
    });
    const good = await buildStatement(context, model);
    const { evaluation } = good;
    await registry.connect(guardian).pauseSubmissions(HOUR);
    const resume = "resume";
    const repairs: [StatementOverrides | typeof resume, Refusal["contract"], string][] = [
      [{}, verifier, "StatementExpired"],
      [{ deadline: MAX_UINT256 }, verifier, "DeadlineTooFar"],
      [{ deadline: good.deadline }, verifier, "EvaluationAlreadyUsed"],
      [{ evaluationId: good.evaluationId }, registry, "Paused"],
      [resume, registry, "EvaluationMismatch"],
      [{ evaluation: { benchmarkVersion: evaluation.benchmarkVersion } }, registry, "EvaluationMismatch"],
      [{ evaluation: { baselineScore: evaluation.baselineScore } }, registry, "EvaluationMismatch"],
      [{ evaluation: { specHash: evaluation.specHash } }, registry, "CandidateScoreOutOfRange"],
      [{ evaluation: { candidateScore: evaluation.baselineScore } }, registry, "EvaluationTooWeak"],
      [{ evaluation: { candidateScore: BPS } }, registry, "EvaluationTooWeak"],
      [{ evaluation: { sampleSize: evaluation.sampleSize } }, registry, "EvaluationTooWeak"],
      [{ evaluation: { runs: evaluation.runs } }, registry, "EvaluationTooWeak"],
      [{ evaluation: { lowerBoundBps: evaluation.lowerBoundBps } }, registry, "DailyLimitExceeded"],
      [{ evaluation: { candidateScore: evaluation.candidateScore } }, oracleAttestation, "WrongEpoch"],
      [{ attesterEpoch: good.attesterEpoch }, oracleAttestation, "InvalidSignature"],
    ];
    let statement = faulty;
    for (const [repair, contract, error] of repairs) {
      if (repair === resume) await registry.connect(guardian).resumeSubmissions();
      else statement = { ...statement, ...repair, evaluation: { ...statement.evaluation, ...repair.evaluation } };
      await expect(submit(context, statement, attested)).to.be.revertedWithCustomError(contract, error);
    }
    await expect(submit(context, statement, await attest(context, statement))).to.be.revertedWithCustomError(
      verifier,
      "ContributorsOrRoot",
    );
    statement = { ...statement, contributors: good.contributors };
    await expectImproved(context, model, statement, await attest(context, statement));
  });

  describe("V1: when a statement is replayed elsewhere", () => {
    it("is refused by another verifier", async () => {
      const { registry, oracleAttestation, admin } = context;
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement);
      const verifier = await deployVerifier(context);
      await registry.connect(admin).setVerifier(verifier);
      const replaced = { ...context, verifier };
      const refusal = { contract: oracleAttestation, error: "InvalidSignature", args: [context.attesters[0]!.address] };
      await expectRefused(replaced, model, statement, proof, refusal);

      // The attesters' word for the new one counts, and the old one has lost its power.
      await expect(submit(context, statement, proof))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(await context.verifier.getAddress(), await verifier.getAddress());
      await expectImproved(replaced, model, statement, await attest(replaced, statement));
    });

    it("is refused when it was signed for another chain", async () => {
      const statement = await buildStatement(context, model);
      const elsewhere = { ...context, network: { ...context.network, chainId: context.network.chainId + 1 } };
      const proof = await attest(elsewhere, statement);
      await expectRefused(context, model, statement, proof, {
        contract: context.oracleAttestation,
        error: "InvalidSignature",
        args: [context.attesters[0]!.address],
      });
    });

    it("is refused for a twin of the model", async () => {
      const twin = await registerModel(context, { modelId: "twin" });
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement);
      const replayed = { ...statement, evaluation: { ...statement.evaluation, model: twin.id } };
      expect(replayed).to.deep.equal(await buildStatement(context, twin, { ...statement, evaluation: {} }));
      await expectRefused(context, twin, replayed, proof, {
        contract: context.oracleAttestation,
        error: "InvalidSignature",
        args: [context.attesters[0]!.address],
      });
    });
  });

  describe("when the encoding carries more than the statement says", () => {
    const WORD = 32;

    /** The call with bits set above the type of a contributor's field. */
    async function withDirtyBits(offsetInContributor: number, byte: number) {
      const { verifier, alice, relayer } = context;
      const contributors = buildContributors([alice], [BPS]);
      const statement = await buildStatement(context, model, { contributors });
      const proof = await attest(context, statement);
      const data = ethers.getBytes(
        verifier.interface.encodeFunctionData("processImprovement", [toCall(statement), proof]),
      );
      const account = Buffer.from(ethers.getBytes(ethers.zeroPadValue(alice.address, WORD)));
      const at = Buffer.from(data).indexOf(account) + offsetInContributor + byte;
      expect(data[at]).to.equal(0);
      data[at] = 1;
      return relayer.sendTransaction({ to: verifier, data: ethers.hexlify(data) });
    }

    it("refuses dirty bits above an account", async () => {
      await expect(withDirtyBits(0, 11)).to.be.revertedWithoutReason();
    });

    it("refuses dirty bits above a share", async () => {
      await expect(withDirtyBits(WORD, 29)).to.be.revertedWithoutReason();
    });
  });
});
