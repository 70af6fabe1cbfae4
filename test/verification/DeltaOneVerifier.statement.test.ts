import { anyValue } from "@nomicfoundation/hardhat-chai-matchers/withArgs";
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { Evaluation, ImprovementStatement } from "../../sdk/schemas/statement";
import {
  attest,
  BASELINE,
  benchmarkWith,
  buildStatement,
  DELTA,
  deployImprovements,
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
} from "../../scripts/dev/world/improvements";
import { Direction, Status } from "../../scripts/dev/world/models";
import { BPS, DAY, field, HOUR, MAX_UINT256 } from "../../scripts/dev/world/units";

const MIN_IMPROVEMENT = 10n;
const LARGEST_MIN_IMPROVEMENT = 1_000n;
const PAUSE = 7n * DAY;

/** Whatever the arguments of an error after its first are. */
function anything(contract: Refusal["contract"], error: string) {
  return contract.interface
    .getError(error)!
    .inputs.slice(1)
    .map(() => anyValue);
}

/** A benchmark that asks for more than the least of everything. */
const STRICT = { minImprovementBps: 25n, minSampleSize: 1_000n, minRuns: 3n, minLowerBoundBps: 20n };

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

  describe("when the evaluation does not match the model's benchmark", () => {
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
        const error = typeof value === "bigint" ? "ValueMismatch" : "HashMismatch";
        await refuse({ evaluation: { [name]: value } }, error, [field(name), value, present]);
      });
    }

    it("refuses an unknown model", async () => {
      const unknown = ethers.id("unknown");
      const args = [unknown, Status.NONE, Status.REGISTERED];
      await refuse({ evaluation: { model: unknown } }, "WrongModelStatus", args);
    });

    it("refuses a model that is only proposed", async () => {
      const { id } = await proposeModel(context, { modelId: "proposed" });
      const args = [id, Status.PROPOSAL, Status.REGISTERED];
      await refuse({ evaluation: { model: id } }, "WrongModelStatus", args);
    });

    it("refuses a candidate score above the scale", async () => {
      for (const candidateScore of [BPS + 1n, MAX_UINT256]) {
        const args = [field("candidateScore"), candidateScore, 0, BPS];
        await refuse({ evaluation: { candidateScore } }, "OutOfRange", args);
      }
    });
  });

  describe("when the benchmark sets a minimum", () => {
    const minima: [keyof Evaluation, keyof typeof STRICT, bigint][] = [
      ["sampleSize", "minSampleSize", MAX_UINT256],
      ["runs", "minRuns", MAX_UINT256],
      ["lowerBoundBps", "minLowerBoundBps", DELTA],
    ];
    for (const [name, minimum, largest] of minima) {
      it(`refuses ${name} one below the minimum, and accepts the minimum and the largest value`, async () => {
        const strict = await registerModel(context, { modelId: "strict", benchmark: STRICT });
        const min = STRICT[minimum];
        const args = [field(name), min - 1n, min];
        await refuse({ evaluation: { [name]: min - 1n } }, "EvaluationTooWeak", args, strict);
        await pay({ evaluation: { [name]: min } }, strict);
        await pay({ evaluation: { [name]: largest } }, strict);
      });
    }

    for (const lowerBoundBps of [DELTA + 1n, MAX_UINT256]) {
      it(`refuses ${lowerBoundBps} bps as the lower bound of an improvement of ${DELTA} bps`, async () => {
        const strict = await registerModel(context, { modelId: "strict", benchmark: STRICT });
        const args = [field("lowerBoundBps"), lowerBoundBps, STRICT.minLowerBoundBps, DELTA];
        await refuse({ evaluation: { lowerBoundBps } }, "OutOfRange", args, strict);
      });
    }

    for (const min of [MIN_IMPROVEMENT, STRICT.minImprovementBps, LARGEST_MIN_IMPROVEMENT]) {
      for (const direction of [Direction.MAXIMISE, Direction.MINIMISE]) {
        it(`refuses ${min - 1n} bps and accepts ${min} bps, direction ${direction}`, async () => {
          const benchmark = { minImprovementBps: min, direction };
          const strict = await registerModel(context, { modelId: "strict", benchmark });
          const sign = direction === Direction.MAXIMISE ? 1n : -1n;
          const args = [field("improvement"), min - 1n, min];
          const tooSmall = { candidateScore: BASELINE + sign * (min - 1n) };
          await refuse({ evaluation: tooSmall }, "EvaluationTooWeak", args, strict);
          await pay({ evaluation: { candidateScore: BASELINE + sign * min } }, strict);
        });
      }
    }

    for (const candidateScore of [0n, BASELINE - 1n, BASELINE]) {
      it(`refuses a candidate score of ${candidateScore}, which is no improvement`, async () => {
        const args = [field("improvement"), 0, MIN_IMPROVEMENT];
        await refuse({ evaluation: { candidateScore } }, "EvaluationTooWeak", args);
      });
    }

    it("refuses a lower bound of zero even on the weakest benchmark", async () => {
      await refuse({ evaluation: { lowerBoundBps: 0n } }, "EvaluationTooWeak", [field("lowerBoundBps"), 0, 1]);
    });

    it("publishes the smallest improvement that a benchmark may pay for", async () => {
      expect(await context.verifier.MIN_IMPROVEMENT_BPS()).to.equal(MIN_IMPROVEMENT);
    });
  });

  describe("when a statement has expired or lives too long", () => {
    async function submitAt(timestamp: bigint, deadline: bigint) {
      const statement = await buildStatement(context, model, { deadline });
      const proof = await attest(context, statement);
      await time.setNextBlockTimestamp(timestamp);
      return { transaction: submit(context, statement, proof), statement, proof };
    }

    it("accepts it in the second of its deadline", async () => {
      const deadline = BigInt(await time.latest()) + HOUR;
      await (
        await submitAt(deadline, deadline)
      ).transaction;
      expect(await context.registry.scoreOf(model.id)).to.equal(BASELINE + 100n);
    });

    it("refuses it one second after its deadline", async () => {
      const deadline = BigInt(await time.latest()) + HOUR;
      const { transaction } = await submitAt(deadline + 1n, deadline);
      await expect(transaction)
        .to.be.revertedWithCustomError(context.verifier, "DeadlineExpired")
        .withArgs(deadline, deadline + 1n);
      expect(await context.registry.scoreOf(model.id)).to.equal(BASELINE);
    });

    it("accepts the longest life", async () => {
      const now = BigInt(await time.latest()) + HOUR;
      await (
        await submitAt(now, now + MAX_STATEMENT_LIFE)
      ).transaction;
      expect(await context.registry.scoreOf(model.id)).to.equal(BASELINE + 100n);
      expect(await context.verifier.MAX_STATEMENT_LIFE()).to.equal(MAX_STATEMENT_LIFE);
    });

    it("refuses a life one second longer, and accepts the same statement a second later", async () => {
      const now = BigInt(await time.latest()) + HOUR;
      const deadline = now + MAX_STATEMENT_LIFE + 1n;
      const { transaction, statement, proof } = await submitAt(now, deadline);
      await expect(transaction)
        .to.be.revertedWithCustomError(context.verifier, "OutOfRange")
        .withArgs(field("deadline"), deadline, now, deadline - 1n);
      await time.setNextBlockTimestamp(now + 1n);
      await submit(context, statement, proof);
      expect(await context.registry.scoreOf(model.id)).to.equal(BASELINE + 100n);
    });

    it("refuses a deadline of 2^256 − 1", async () => {
      const now = BigInt(await time.latest()) + HOUR;
      await expect((await submitAt(now, MAX_UINT256)).transaction)
        .to.be.revertedWithCustomError(context.verifier, "OutOfRange")
        .withArgs(field("deadline"), MAX_UINT256, now, now + MAX_STATEMENT_LIFE);
    });
  });

  describe("V1: when an evaluation has been recorded", () => {
    it("refuses the same statement again", async () => {
      const { statement, proof } = await improve(context, model);
      await expectRefused(context, model, statement, proof, used(statement));
    });

    it("refuses its id for the next improvement", async () => {
      const { evaluationId } = await pay();
      const next = await buildStatement(context, model, { evaluationId });
      await expectRefused(context, model, next, await attest(context, next), used(next));
    });

    it("refuses its id even after the benchmark is replaced", async () => {
      const { evaluationId } = await pay();
      await context.registry.connect(context.admin).replaceBenchmark(model.id, await benchmarkWith(context));
      const next = await buildStatement(context, model, { evaluationId });
      await expectRefused(context, model, next, await attest(context, next), used(next));
    });

    it("accepts the same id for another model", async () => {
      const { evaluationId } = await pay();
      await pay({ evaluationId }, await registerModel(context, { modelId: "other" }));
    });

    it("refuses a second statement on the same baseline, and accepts it once it is signed anew with the same id", async () => {
      const loser = await buildStatement(context, model, { evaluationId: ethers.id("loser") });
      const proof = await attest(context, loser);
      await pay({ evaluation: { candidateScore: BASELINE + 50n } });

      const args = [field("baselineScore"), BASELINE, BASELINE + 50n];
      await expectRefused(context, model, loser, proof, {
        contract: context.registry,
        error: "ValueMismatch",
        args,
      });
      await pay({ evaluationId: loser.evaluationId, evaluation: { candidateScore: loser.evaluation.candidateScore } });
    });

    it("never pays for going back and forth: the way back is no improvement", async () => {
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
        error: "ValueMismatch",
        args: mismatch,
      });
    });

    it("moves the commitment with the score, even if it stays the same", async () => {
      const { baselineCommitment } = (await buildStatement(context, model)).evaluation;
      await pay({ evaluation: { candidateCommitment: baselineCommitment } });
      await pay();
      await pay({ evaluation: { candidateCommitment: ethers.ZeroHash } });
      await pay();
    });

    function used({ evaluation, evaluationId }: ImprovementStatement): Refusal {
      return {
        contract: context.registry,
        error: "EvaluationAlreadyUsed",
        args: [evaluation.model, evaluationId],
      };
    }
  });

  describe("when submissions are paused", () => {
    it("refuses a statement, and accepts it once they are resumed", async () => {
      const { registry, guardian, admin } = context;
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement);
      await registry.connect(guardian).pauseSubmissions(PAUSE);
      const until = BigInt(await time.latest()) + PAUSE;
      await expectRefused(context, model, statement, proof, { contract: registry, error: "Paused", args: [until] });

      await registry.connect(admin).resumeSubmissions();
      await expectImproved(context, model, statement, proof);
    });
  });

  it("reports the first of many faults, in the published order", async () => {
    const { verifier, registry, guardian, admin, oracleAttestation, alice } = context;
    const target = { targetScore: BASELINE + 50n };
    const strict = await registerModel(context, { modelId: "strict", benchmark: { ...STRICT, ...target } });
    const paid = await pay({}, strict);
    await registry
      .connect(admin)
      .replaceBenchmark(
        strict.id,
        await benchmarkWith(context, { ...STRICT, baselineScore: BASELINE + 100n, targetScore: BASELINE + 150n }),
      );
    const attested = await attest(context, paid);
    const good = await buildStatement(context, strict);
    const { evaluation, evaluationId, contributors, deadline, attesterEpoch } = good;
    const faulty = {
      evaluationId: paid.evaluationId,
      contributionDataHash: good.contributionDataHash,
      deadline: BigInt(await time.latest()) - 1n,
      attesterEpoch: 0n,
      contributors: [],
      contributorsRoot: ethers.ZeroHash,
      evaluation: {
        ...evaluation,
        benchmarkVersion: 0n,
        baselineScore: 0n,
        specHash: ethers.ZeroHash,
        evaluationDataHash: ethers.ZeroHash,
        baselineCommitment: ethers.ZeroHash,
        candidateScore: BPS + 1n,
        sampleSize: 0n,
        runs: 0n,
        lowerBoundBps: 0n,
      },
    };
    await registry.connect(guardian).pauseSubmissions(HOUR);
    const resume = "resume";
    const repairs: [StatementOverrides | typeof resume, Refusal["contract"], error: string, field?: string][] = [
      [{}, verifier, "DeadlineExpired"],
      [{ deadline: MAX_UINT256 }, verifier, "OutOfRange", "deadline"],
      [{ deadline }, registry, "EvaluationAlreadyUsed"],
      [{ evaluationId }, registry, "Paused"],
      [resume, registry, "ValueMismatch", "benchmarkVersion"],
      [{ evaluation: { benchmarkVersion: evaluation.benchmarkVersion } }, registry, "ValueMismatch", "baselineScore"],
      [{ evaluation: { baselineScore: evaluation.baselineScore } }, registry, "HashMismatch", "specHash"],
      [{ evaluation: { specHash: evaluation.specHash } }, registry, "HashMismatch", "evaluationDataHash"],
      [
        { evaluation: { evaluationDataHash: evaluation.evaluationDataHash } },
        ...([registry, "HashMismatch", "baselineCommitment"] as const),
      ],
      [{ evaluation: { baselineCommitment: evaluation.baselineCommitment } }, registry, "OutOfRange", "candidateScore"],
      [{ evaluation: { candidateScore: evaluation.baselineScore } }, registry, "EvaluationTooWeak", "targetScore"],
      [{ evaluation: { candidateScore: BPS } }, registry, "EvaluationTooWeak", "sampleSize"],
      [{ evaluation: { sampleSize: evaluation.sampleSize } }, registry, "EvaluationTooWeak", "runs"],
      [{ evaluation: { runs: evaluation.runs } }, registry, "EvaluationTooWeak", "lowerBoundBps"],
      [{ evaluation: { lowerBoundBps: BPS } }, registry, "OutOfRange", "lowerBoundBps"],
      [{ evaluation: { lowerBoundBps: evaluation.lowerBoundBps } }, registry, "DailyLimitExceeded"],
      [{ evaluation: { candidateScore: evaluation.candidateScore } }, oracleAttestation, "ValueMismatch"],
      [{ attesterEpoch }, oracleAttestation, "InvalidSignature"],
    ];
    let statement: ImprovementStatement = faulty;
    for (const [repair, contract, error, name] of repairs) {
      if (repair === resume) await registry.connect(admin).resumeSubmissions();
      else statement = { ...statement, ...repair, evaluation: { ...statement.evaluation, ...repair.evaluation } };
      const refused = expect(submit(context, statement, attested)).to.be.revertedWithCustomError(contract, error);
      await (name === undefined ? refused : refused.withArgs(field(name), ...anything(contract, error)));
    }

    const outOfOrder = [...contributors].reverse();
    const lists: [ImprovementStatement["contributors"], error: string][] = [
      [[], "ContributorsOrRoot"],
      [Array(65).fill(contributors[0]), "OutOfRange"],
      [outOfOrder, "NotAscending"],
      [[{ account: alice.address, shareBps: 0n }], "OutOfRange"],
      [[{ account: await registry.getAddress(), shareBps: 1n }], "ProtocolContract"],
      [[{ account: alice.address, shareBps: 1n }], "ValueMismatch"],
    ];
    for (const [listed, error] of lists) {
      const refused = { ...statement, contributors: listed };
      const proof = await attest(context, refused);
      await expect(submit(context, refused, proof)).to.be.revertedWithCustomError(verifier, error);
    }
    statement = { ...statement, contributors };
    await expectImproved(context, strict, statement, await attest(context, statement));
  });
});
