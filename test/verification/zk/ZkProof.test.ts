import quantile from "@stdlib/stats-base-dists-normal-quantile";
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Decimal } from "decimal.js";
import { AbiCoder, dataSlice, encodeBytes32String, id, MaxUint256, toBeHex } from "ethers";
import { ethers } from "hardhat";
import type { Evaluation } from "../../../sdk/schemas/statement";
import { FIELD } from "../../../sdk/proofs/commitment";
import { countRows, provenBy, type Counts } from "../../../sdk/proofs/counts";
import { encodeKey, encodeZkProof, publicInputsOf, readKey } from "../../../sdk/node/prover";
import {
  attest,
  buildStatement,
  expectImproved,
  expectRefused,
  registerModel,
  submit,
} from "../../helpers/improvements";
import { Random } from "../../utils/random";
import { oracleRefusal } from "../methods.fixture";
import { shouldBehaveLikeVerificationMethod } from "../VerificationMethod.behavior";
import { negated } from "./bn254";
import { readProven } from "./fixtures";
import { BENCHMARK, COUNTS, simulateProof, ZK_BASELINE, zkFixture, zkHybridFixture } from "./zk.fixture";

const DIGEST = id("digest");
const MAX_COUNT = 2n ** 32n - 1n;
const REAL = { score: 7_710n, improvement: 270n, lowerBound: 28n };

/** An evaluation that {@link COUNTS} prove, without a registry around it. */
const EVALUATION: Evaluation = {
  model: id("model"),
  benchmarkVersion: 1n,
  specHash: id("spec"),
  evaluationDataHash: toBeHex(11, 32),
  baselineScore: ZK_BASELINE,
  candidateScore: REAL.score,
  sampleSize: BigInt(COUNTS.n),
  runs: 1n,
  lowerBoundBps: REAL.lowerBound,
  baselineCommitment: toBeHex(13, 32),
  candidateCommitment: toBeHex(17, 32),
};

/** The lower bound from the rows' differences themselves, exact to 60 digits. */
function independentBound({ n, baselineCorrect, candidateCorrect, disagreements }: Counts, confidence: number): bigint {
  const better = (disagreements + candidateCorrect - baselineCorrect) / 2;
  const differences = Array.from({ length: n }, (_, i) => (i < better ? 1 : i < disagreements ? -1 : 0));
  const exact = Decimal.clone({ precision: 60 });
  const mean = new exact(differences.reduce<number>((sum, value) => sum + value, 0)).div(n);
  const squares = differences.map((value) => new exact(value).minus(mean).pow(2));
  const variance = squares.reduce((sum, value) => sum.plus(value)).div(n);
  const bound = mean
    .minus(
      variance
        .div(n)
        .sqrt()
        .times(quantile(confidence, 0, 1)),
    )
    .times(10_000);
  return BigInt(Decimal.max(bound.floor(), 0).toFixed());
}

describe("ZkProof", () => {
  shouldBehaveLikeVerificationMethod(zkFixture);

  async function verify(evaluation: Partial<Evaluation>, counts: Counts = COUNTS) {
    const { method } = await loadFixture(zkFixture);
    const stated = { ...EVALUATION, ...evaluation };
    const proof = simulateProof(stated, DIGEST, counts);
    return { method, answer: method.verify(stated, 0n, DIGEST, proof) };
  }

  async function expectAccepted(evaluation: Partial<Evaluation>, counts?: Counts) {
    const { method, answer } = await verify(evaluation, counts);
    expect(await answer).to.equal(method.interface.getFunction("verify").selector);
  }

  async function expectError(error: string, args: unknown[], evaluation: Partial<Evaluation>, counts?: Counts) {
    const { method, answer } = await verify(evaluation, counts);
    await expect(answer)
      .to.be.revertedWithCustomError(method, error)
      .withArgs(...args);
  }

  describe("V2: what a proof allows to say", () => {
    it("is at most the candidate's accuracy, rounded down", async () => {
      const [n, candidateCorrect] = [999n, 771]; // 7717.7 bps
      const stated = { sampleSize: n, baselineScore: 7_600n, lowerBoundBps: 0n };
      const counts = { ...COUNTS, candidateCorrect };
      await expectAccepted({ ...stated, candidateScore: 7_716n }, counts);
      await expectAccepted({ ...stated, candidateScore: 7_717n }, counts);
      await expectError("ScoreAboveProven", [7_718n, 7_717n], { ...stated, candidateScore: 7_718n }, counts);
    });

    it("is at most the proven improvement, rounded down, even when the score would allow more", async () => {
      for (const [baselineScore, isAllowed] of [
        [7_441n, true],
        [7_440n, true],
        [7_439n, false],
      ] as const) {
        const deltaBps = REAL.score - baselineScore;
        if (isAllowed) await expectAccepted({ baselineScore });
        else await expectError("ImprovementAboveProven", [deltaBps, REAL.improvement], { baselineScore });
      }
    });

    it("is at most the lower bound that follows from the counts", async () => {
      await expectAccepted({ lowerBoundBps: REAL.lowerBound - 1n });
      await expectAccepted({ lowerBoundBps: REAL.lowerBound });
      const lowerBoundBps = REAL.lowerBound + 1n;
      await expectError("LowerBoundAboveProven", [lowerBoundBps, REAL.lowerBound], { lowerBoundBps });
    });

    it("is no improvement where the candidate is not better", async () => {
      const counts = { ...COUNTS, baselineCorrect: 771 };
      await expectError("ImprovementAboveProven", [REAL.improvement, 0n], {}, counts);
      await expectError("ImprovementAboveProven", [REAL.improvement, 0n], {}, { ...counts, baselineCorrect: 772 });
    });

    it("is no score that is not above the baseline's: the method is for scores to maximise", async () => {
      for (const candidateScore of [ZK_BASELINE, ZK_BASELINE - 1n])
        await expectError("ScoreNotHigher", [ZK_BASELINE, candidateScore], { candidateScore });
      await expectAccepted({ candidateScore: ZK_BASELINE + 1n });
    });

    it("covers one run", async () => {
      for (const runs of [0n, 2n, MaxUint256]) await expectError("RunsMismatch", [runs, 1n], { runs });
    });

    it("has a sample size that fits a count: a larger one would pass for other counts", async () => {
      for (const sampleSize of [0n, MAX_COUNT + 1n, BigInt(COUNTS.n) + (1n << 32n), MaxUint256]) {
        const { method } = await loadFixture(zkFixture);
        const proof = simulateProof(EVALUATION, DIGEST, { ...COUNTS, baselineCorrect: COUNTS.baselineCorrect - 1 });
        await expect(method.verify({ ...EVALUATION, sampleSize }, 0n, DIGEST, proof))
          .to.be.revertedWithCustomError(method, "SampleSizeOutOfRange")
          .withArgs(sampleSize, 1n, MAX_COUNT);
      }
      await expectError("ScoreAboveProven", [REAL.score, 0n], { sampleSize: MAX_COUNT });
    });
  });

  describe("V2: public inputs", () => {
    it("are the commitments of the evaluation, the counts and the digest, each in the field", async () => {
      const { method } = await loadFixture(zkFixture);
      const proof = simulateProof(EVALUATION, DIGEST);
      const names = ["evaluationDataHash", "baselineCommitment", "candidateCommitment"] as const;
      for (const [index, name] of names.entries()) {
        const value = BigInt(EVALUATION[name]) + FIELD;
        await expect(method.verify({ ...EVALUATION, [name]: toBeHex(value, 32) }, 0n, DIGEST, proof))
          .to.be.revertedWithCustomError(method, "InputOutOfField")
          .withArgs(index, value);
        const other = { ...EVALUATION, [name]: toBeHex(BigInt(EVALUATION[name]) + 1n, 32) };
        await expect(method.verify(other, 0n, DIGEST, proof)).to.be.revertedWithCustomError(method, "ProofInvalid");
      }
      await expect(method.verify(EVALUATION, 0n, id("other"), proof)).to.be.revertedWithCustomError(
        method,
        "ProofInvalid",
      );
    });

    it("count what was proven, nothing else", async () => {
      const { method } = await loadFixture(zkFixture);
      const points = dataSlice(simulateProof(EVALUATION, DIGEST), 3 * 32);
      const counts = [COUNTS.baselineCorrect, COUNTS.candidateCorrect, COUNTS.disagreements].map(BigInt);
      for (const i of [0, 1, 2]) {
        for (const change of [1n, -1n]) {
          const changed = counts.map((count, k) => (k === i ? count + change : count));
          const proof = AbiCoder.defaultAbiCoder().encode(["uint256[3]"], [changed]) + points.slice(2);
          await expect(method.verify(EVALUATION, 0n, DIGEST, proof)).to.be.revertedWithCustomError(
            method,
            "ProofInvalid",
          );
        }
        // 2^32 more here is one more in the next count: refused as no count at all.
        const carried = counts.map((count, k) => (k === i ? count + (1n << 32n) : k === i + 1 ? count - 1n : count));
        const proof = AbiCoder.defaultAbiCoder().encode(["uint256[3]"], [carried]) + points.slice(2);
        await expect(method.verify(EVALUATION, 0n, DIGEST, proof)).to.be.revertedWithoutReason();
      }
    });

    it("do not name the epoch, which the digest binds", async () => {
      const { method } = await loadFixture(zkFixture);
      const proof = simulateProof(EVALUATION, DIGEST);
      for (const epoch of [0n, 1n, MaxUint256])
        expect(await method.verify(EVALUATION, epoch, DIGEST, proof)).to.equal(
          method.interface.getFunction("verify").selector,
        );
    });
  });

  describe("with the prover's own proof of the 1,000 borrowers", () => {
    it("accepts what it shows: accuracy 0.744 → 0.771, 270 bps, at least 28", async () => {
      const { claim, proof, publicSignals } = readProven(1_024);
      const counts = countRows(claim.labels.bits, claim.baseline.bits, claim.candidate.bits);
      expect(counts).to.deep.equal(COUNTS);
      const inputs = publicInputsOf(claim);
      expect(inputs.map(String)).to.deep.equal(publicSignals);
      const [labels, baseline, candidate] = inputs.map((input) => toBeHex(input, 32)) as [string, string, string];
      const evaluation = {
        ...EVALUATION,
        evaluationDataHash: labels,
        baselineCommitment: baseline,
        candidateCommitment: candidate,
      };
      const method = await ethers.deployContract("ZkProof", [encodeKey(readKey(1_024).verificationKey)]);
      const encoded = encodeZkProof(counts, proof);
      expect(await method.verify(evaluation, 0n, claim.digest, encoded)).to.equal(
        method.interface.getFunction("verify").selector,
      );
      const swapped = { ...evaluation, baselineCommitment: candidate, candidateCommitment: baseline };
      await expect(method.verify(swapped, 0n, claim.digest, encoded)).to.be.revertedWithCustomError(
        method,
        "ProofInvalid",
      );
      const { method: other } = await loadFixture(zkFixture);
      await expect(other.verify(evaluation, 0n, claim.digest, encoded)).to.be.revertedWithCustomError(
        other,
        "ProofInvalid",
      );
    });
  });

  describe("provenBy", () => {
    it("is the tools' and an independent computation's, for any counts", async () => {
      const { method } = await loadFixture(zkFixture);
      const random = new Random("counts");
      const draw = (min: number, max: number) => Number(random.between(BigInt(min), BigInt(max)));
      for (let i = 0; i < 150; ++i) {
        const n = i < 40 ? draw(1, 12) : draw(1, 2_000);
        const [better, worse] = [draw(0, n), draw(0, n)].sort((a, b) => b - a) as [number, number];
        const [gained, lost] = [Math.max(0, better - (i % 2 ? worse : 0)), Math.min(worse, n - better)];
        const both = draw(0, Math.max(0, n - gained - lost));
        const counts = {
          n,
          baselineCorrect: both + lost,
          candidateCorrect: both + gained,
          disagreements: gained + lost,
        };
        const { score, improvementBps, lowerBoundBps } = provenBy(counts);
        expect([...(await method.provenBy(counts, n))], JSON.stringify(counts)).to.deep.equal([
          score,
          improvementBps,
          lowerBoundBps,
        ]);
        expect(lowerBoundBps, JSON.stringify(counts)).to.equal(independentBound(counts, 0.975));
        expect(score).to.equal(BigInt(Math.floor((counts.candidateCorrect * 10_000) / n)));
      }
    });

    it("is 67 bps at 95 % and 28 bps at 97.5 % on the 1,000 borrowers", async () => {
      const { method } = await loadFixture(zkFixture);
      expect(independentBound(COUNTS, 0.95)).to.equal(67n);
      expect(independentBound(COUNTS, 0.975)).to.equal(REAL.lowerBound);
      expect([...(await method.provenBy(COUNTS, COUNTS.n))]).to.deep.equal(Object.values(REAL));
    });

    /** The formula with sixty digits, by another quantile; the chain's, 1.959963985, is the true one rounded up. */
    function exactBound({ n, baselineCorrect, candidateCorrect, disagreements }: Counts, z: string): bigint {
      const Exact = Decimal.clone({ precision: 60 });
      const delta = new Exact(candidateCorrect).minus(baselineCorrect);
      const deviation = new Exact(disagreements).minus(delta.pow(2).div(n)).sqrt();
      const bound = delta.minus(deviation.times(z)).times(10_000).div(n);
      return BigInt(Decimal.max(bound.floor(), 0).toFixed());
    }
    const [ROUNDED_UP, TRUE] = ["1.959963985", "1.95996398454005423552459443052055152795555"];

    it("is the formula's value rounded down, never up, for counts of any size", async () => {
      const { method } = await loadFixture(zkFixture);
      const random = new Random("bounds");
      const most = Number(MAX_COUNT);
      const draw = (min: number, max: number) => Number(random.between(BigInt(min), BigInt(max)));
      let [positive, lower] = [0, 0];
      for (let i = 0; i < 300; ++i) {
        const n = draw(1, Math.min(most, 2 ** ((i % 32) + 1)));
        const lost = draw(0, Math.floor(n / (i % 7 === 0 ? 2 : 50)));
        const gained = draw(lost, Math.min(n - lost, i % 3 === 0 ? n : 2 * lost + 1));
        const both = draw(0, n - gained - lost);
        const counts = {
          n,
          baselineCorrect: both + lost,
          candidateCorrect: both + gained,
          disagreements: gained + lost,
        };
        const name = JSON.stringify(counts);
        const [score, improvement, bound] = await method.provenBy(counts, n);
        const [delta, rows] = [BigInt(gained - lost), BigInt(n)];
        // Floor: q·n ≤ 10⁴·k < (q + 1)·n.
        for (const [quotient, count] of [
          [score, BigInt(both + gained)],
          [improvement, delta],
        ] as const) {
          expect(quotient * rows <= count * 10_000n, name).to.equal(true);
          expect(count * 10_000n < (quotient + 1n) * rows, name).to.equal(true);
        }
        expect(bound, name).to.equal(exactBound(counts, ROUNDED_UP));
        expect(bound <= exactBound(counts, TRUE), name).to.equal(true);
        expect(bound <= improvement && improvement <= score, name).to.equal(true);
        expect(provenBy(counts), name).to.deep.equal({ score, improvementBps: improvement, lowerBoundBps: bound });
        if (bound > 0n) positive++;
        if (bound > 0n && bound < improvement) lower++;
      }
      expect(
        [positive, lower].every((count) => count > 100),
        String([positive, lower]),
      ).to.equal(true);
    });

    it("rounds the quantile up in its tenth digit, to the model's disadvantage", async () => {
      const { method } = await loadFixture(zkFixture);
      const n = 4_000_000_000;
      const countsOf = (delta: number, disagreements: number): Counts => {
        const [gained, lost] = [(disagreements + delta) / 2, (disagreements - delta) / 2];
        return { n, baselineCorrect: lost, candidateCorrect: gained, disagreements };
      };
      const [hair, enough] = [countsOf(40_100_003, 2_603_735_911), countsOf(40_100_001, 2_603_631_779)];
      expect([exactBound(hair, TRUE), exactBound(hair, ROUNDED_UP)]).to.deep.equal([100n, 99n]);
      expect((await method.provenBy(hair, n)).lowerBoundBps).to.equal(99n);
      expect([exactBound(enough, ROUNDED_UP), exactBound(enough, "1.959963986")]).to.deep.equal([100n, 99n]);
      expect((await method.provenBy(enough, n)).lowerBoundBps).to.equal(100n);
      for (const counts of [hair, enough])
        expect(provenBy(counts).lowerBoundBps).to.equal((await method.provenBy(counts, n)).lowerBoundBps);
    });

    it("takes a whole bps for a margin of a fraction", async () => {
      const { method } = await loadFixture(zkFixture);
      const [n, half] = [4_000_000_000, 2_000_000_000];
      const counts = { baselineCorrect: 0, candidateCorrect: half, disagreements: half }; // the margin is 0.15 bps
      expect([...(await method.provenBy(counts, n))]).to.deep.equal([5_000n, 5_000n, 4_999n]);
      const certain = { ...counts, candidateCorrect: n, disagreements: n }; // every row is better: there is none
      expect([...(await method.provenBy(certain, n))]).to.deep.equal([10_000n, 10_000n, 10_000n]);
    });

    it("does not overflow at the largest counts", async () => {
      const { method } = await loadFixture(zkFixture);
      const counts = { baselineCorrect: 0n, candidateCorrect: MAX_COUNT, disagreements: MAX_COUNT };
      expect([...(await method.provenBy(counts, MAX_COUNT))]).to.deep.equal([10_000n, 10_000n, 10_000n]);
      const [, improvement, bound] = await method.provenBy({ ...counts, candidateCorrect: MAX_COUNT / 2n }, MAX_COUNT);
      expect(improvement).to.equal(4_999n);
      expect(bound).to.equal(4_999n);
      const widest = {
        baselineCorrect: MAX_COUNT / 2n,
        candidateCorrect: MAX_COUNT / 2n + 1n,
        disagreements: MAX_COUNT,
      };
      expect([...(await method.provenBy(widest, MAX_COUNT))]).to.deep.equal([5_000n, 0n, 0n]);
      for (const n of [1n, MAX_COUNT])
        expect([...(await method.provenBy({ ...counts, candidateCorrect: 0n }, n))]).to.deep.equal([0n, 0n, 0n]);
    });
  });

  describe("V1: a proof that was paid", () => {
    it("pays nothing again, malleated or with another id", async () => {
      const context = await loadFixture(zkFixture);
      const { model, prove, verifier, registry } = context;
      const statement = await buildStatement(context, model);
      const proof = await prove(statement);
      const [counts, points] = [
        dataSlice(proof, 0, 96),
        AbiCoder.defaultAbiCoder().decode(["uint256[8]"], dataSlice(proof, 96)),
      ];
      const [a, b, c] = [points[0].slice(0, 2), points[0].slice(2, 6), points[0].slice(6)];
      const malleated =
        counts +
        AbiCoder.defaultAbiCoder()
          .encode(["uint256[8]"], [[...negated(a), ...negated(b), ...c]])
          .slice(2);
      const { method } = context;
      const digest = await verifier.hashStatement({ ...statement, contributors: [...statement.contributors] });
      expect(await method.verify(statement.evaluation, 0n, digest, malleated)).to.equal(
        method.interface.getFunction("verify").selector,
      );
      await expectImproved(context, model, statement, proof);
      for (const again of [proof, malleated]) {
        const args = [model.id, statement.evaluationId];
        await expectRefused(context, model, statement, again, {
          contract: verifier,
          error: "EvaluationAlreadyUsed",
          args,
        });
        const renamed = await buildStatement(context, model, { evaluationId: id("again") });
        await expectRefused(context, model, renamed, again, { contract: method, error: "ProofInvalid", args: [] });
      }
      expect((await registry.benchmarkOf(model.id)).modelCommitment).to.equal(statement.evaluation.candidateCommitment);
    });

    it("is of no use to another model with the same benchmark", async () => {
      const context = await loadFixture(zkFixture);
      const { method, model, prove } = context;
      const benchmark = { ...BENCHMARK, method: await method.getAddress() };
      const other = await registerModel(context, { modelId: "zk-too", benchmark });
      const statement = await buildStatement(context, model);
      const proof = await prove(statement);
      const evaluation = { ...statement.evaluation, model: other.id };
      const stolen = { ...statement, evaluation };
      await expectRefused(context, other, stolen, proof, { contract: method, error: "ProofInvalid", args: [] });
      await expectImproved(context, other, stolen, await prove(stolen));
    });
  });

  it("V2: refuses the next statement until it is against the moved baseline", async () => {
    const context = await loadFixture(zkFixture);
    const { model, prove, registry } = context;
    const first = await buildStatement(context, model);
    await expectImproved(context, model, first, await prove(first));
    const next = await buildStatement(context, model);
    expect(next.evaluation.baselineCommitment).to.equal(first.evaluation.candidateCommitment);
    const { baselineCommitment } = first.evaluation;
    const stale = { ...next, evaluation: { ...next.evaluation, baselineCommitment } };
    await expect(submit(context, stale, await prove(stale)))
      .to.be.revertedWithCustomError(registry, "EvaluationMismatch")
      .withArgs(encodeBytes32String("baselineCommitment"), baselineCommitment, next.evaluation.baselineCommitment);
    await expectImproved(context, model, next, await prove(next));
  });
});

describe("Hybrid of OracleAttestation and ZkProof", () => {
  shouldBehaveLikeVerificationMethod(zkHybridFixture);

  it("V2: refuses attesters without a proof and a proof without attesters", async () => {
    const context = await loadFixture(zkHybridFixture);
    const { model, combine, proveZk } = context;
    const statement = await buildStatement(context, model);
    const [oracle, zk] = [await attest(context, statement), await proveZk(statement)];
    const other = { ...statement, deadline: statement.deadline - 1n };
    for (const proof of [oracle, zk, await combine(oracle, "0x"), await combine("0x", zk), await combine(zk, oracle)])
      await expect(submit(context, statement, proof)).to.be.reverted;
    for (const [proof, refusal] of [
      [await combine(oracle, await proveZk(other)), { contract: context.zkProof, error: "ProofInvalid", args: [] }],
      [await combine(await attest(context, other), zk), await oracleRefusal(context, statement)],
    ] as const)
      await expectRefused(context, model, statement, proof, refusal);
    expect(await context.verifier.isUsed(model.id, statement.evaluationId)).to.equal(false);
    await expectImproved(context, model, statement, await combine(oracle, zk));
  });
});
