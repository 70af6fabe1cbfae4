import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, dataSlice, id, MaxUint256, toBeHex } from "ethers";
import { ethers } from "hardhat";
import type { Evaluation } from "../../../sdk/schemas/statement";
import { FIELD } from "../../../sdk/proofs/circuit";
import { countRows, type Counts } from "../../../sdk/proofs/counts";
import { encodeZkProof, publicInputsOf } from "../../../sdk/node/prover";
import { encodeKey, readKey } from "../../../sdk/node/circuitKeys";
import {
  attest,
  buildStatement,
  expectImproved,
  expectRefused,
  registerModel,
  submit,
} from "../../../scripts/dev/world/improvements";
import { field } from "../../../scripts/dev/world/units";
import { oracleRefusal } from "../methods.fixture";
import { shouldBehaveLikeVerificationMethod } from "../VerificationMethod.behavior";
import { negated } from "../../../scripts/dev/world/bn254";
import { readProven } from "./proven.support";
import { PROVEN_BENCHMARK, COUNTS, QUANTILE_E9, simulateProof, ZK_BASELINE } from "../../../scripts/dev/world/zk";
import { DIGEST, EVALUATION, REAL, zkFixture, zkHybridFixture } from "./zk.fixture";

const MAX_COUNT = 2n ** 32n - 1n;

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

  describe("V2: what a proof allows a statement to claim", () => {
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

    it("is no improvement if the candidate is not better", async () => {
      const counts = { ...COUNTS, baselineCorrect: 771 };
      await expectError("ImprovementAboveProven", [REAL.improvement, 0n], {}, counts);
      await expectError("ImprovementAboveProven", [REAL.improvement, 0n], {}, { ...counts, baselineCorrect: 772 });
    });

    it("is no score at or below the baseline's: the method is for scores to maximise", async () => {
      for (const candidateScore of [ZK_BASELINE, ZK_BASELINE - 1n])
        await expectError("ScoreNotHigher", [ZK_BASELINE, candidateScore], { candidateScore });
      await expectAccepted({ candidateScore: ZK_BASELINE + 1n });
    });

    it("is exactly one run", async () => {
      for (const runs of [0n, 2n, MaxUint256]) await expectError("ValueMismatch", [field("runs"), runs, 1n], { runs });
    });

    it("is no sample size that does not fit a count, as it would pass for other counts", async () => {
      for (const sampleSize of [0n, MAX_COUNT + 1n, BigInt(COUNTS.n) + (1n << 32n), MaxUint256]) {
        const { method } = await loadFixture(zkFixture);
        const proof = simulateProof(EVALUATION, DIGEST, { ...COUNTS, baselineCorrect: COUNTS.baselineCorrect - 1 });
        await expect(method.verify({ ...EVALUATION, sampleSize }, 0n, DIGEST, proof))
          .to.be.revertedWithCustomError(method, "OutOfRange")
          .withArgs(field("sampleSize"), sampleSize, 1n, MAX_COUNT);
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
        await expect(method.verify(other, 0n, DIGEST, proof))
          .to.be.revertedWithCustomError(method, "ProofInvalid")
          .withArgs();
      }
      await expect(method.verify(EVALUATION, 0n, id("other"), proof))
        .to.be.revertedWithCustomError(method, "ProofInvalid")
        .withArgs();
    });

    it("are the counts that were proven, and no others", async () => {
      const { method } = await loadFixture(zkFixture);
      const points = dataSlice(simulateProof(EVALUATION, DIGEST), 3 * 32);
      const counts = [COUNTS.baselineCorrect, COUNTS.candidateCorrect, COUNTS.disagreements].map(BigInt);
      for (const i of [0, 1, 2]) {
        for (const change of [1n, -1n]) {
          const changed = counts.map((count, k) => (k === i ? count + change : count));
          const proof = AbiCoder.defaultAbiCoder().encode(["uint256[3]"], [changed]) + points.slice(2);
          await expect(method.verify(EVALUATION, 0n, DIGEST, proof))
            .to.be.revertedWithCustomError(method, "ProofInvalid")
            .withArgs();
        }
        // 2^32 more here is one more in the next count: refused as no count at all.
        const carried = counts.map((count, k) => (k === i ? count + (1n << 32n) : k === i + 1 ? count - 1n : count));
        const proof = AbiCoder.defaultAbiCoder().encode(["uint256[3]"], [carried]) + points.slice(2);
        await expect(method.verify(EVALUATION, 0n, DIGEST, proof)).to.be.revertedWithoutReason();
      }
    });

    it("do not include the epoch, which the digest binds", async () => {
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
      const method = await ethers.deployContract("ZkProof", [encodeKey(readKey(1_024).verificationKey), QUANTILE_E9]);
      const encoded = encodeZkProof(counts, proof);
      expect(await method.verify(evaluation, 0n, claim.digest, encoded)).to.equal(
        method.interface.getFunction("verify").selector,
      );
      const swapped = { ...evaluation, baselineCommitment: candidate, candidateCommitment: baseline };
      await expect(method.verify(swapped, 0n, claim.digest, encoded))
        .to.be.revertedWithCustomError(method, "ProofInvalid")
        .withArgs();
      const { method: other } = await loadFixture(zkFixture);
      await expect(other.verify(evaluation, 0n, claim.digest, encoded))
        .to.be.revertedWithCustomError(other, "ProofInvalid")
        .withArgs();
    });
  });

  describe("V1: given a proof that has been paid", () => {
    it("pays nothing for it again, malleated or under another id", async () => {
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
          contract: registry,
          error: "EvaluationAlreadyUsed",
          args,
        });
        const renamed = await buildStatement(context, model, { evaluationId: id("again") });
        await expectRefused(context, model, renamed, again, { contract: method, error: "ProofInvalid", args: [] });
      }
      expect((await registry.benchmarkOf(model.id)).modelCommitment).to.equal(statement.evaluation.candidateCommitment);
    });

    it("refuses it for another model with the same benchmark", async () => {
      const context = await loadFixture(zkFixture);
      const { method, model, prove } = context;
      const benchmark = { ...PROVEN_BENCHMARK, method: await method.getAddress() };
      const other = await registerModel(context, { modelId: "zk-too", benchmark });
      const statement = await buildStatement(context, model);
      const proof = await prove(statement);
      const evaluation = { ...statement.evaluation, model: other.id };
      const stolen = { ...statement, evaluation };
      await expectRefused(context, other, stolen, proof, { contract: method, error: "ProofInvalid", args: [] });
      await expectImproved(context, other, stolen, await prove(stolen));
    });
  });

  it("V2: refuses the next statement unless it is against the new baseline", async () => {
    const context = await loadFixture(zkFixture);
    const { model, prove, registry } = context;
    const first = await buildStatement(context, model);
    await expectImproved(context, model, first, await prove(first));
    const next = await buildStatement(context, model);
    expect(next.evaluation.baselineCommitment).to.equal(first.evaluation.candidateCommitment);
    const { baselineCommitment } = first.evaluation;
    const stale = { ...next, evaluation: { ...next.evaluation, baselineCommitment } };
    await expect(submit(context, stale, await prove(stale)))
      .to.be.revertedWithCustomError(registry, "HashMismatch")
      .withArgs(field("baselineCommitment"), baselineCommitment, next.evaluation.baselineCommitment);
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
    for (const proof of [oracle, zk, await combine(oracle, "0x"), await combine("0x", zk)])
      await expect(submit(context, statement, proof)).to.be.revertedWithoutReason(); // it decodes to no proofs
    for (const [proof, refusal] of [
      [await combine(oracle, await proveZk(other)), { contract: context.zkProof, error: "ProofInvalid", args: [] }],
      [await combine(await attest(context, other), zk), await oracleRefusal(context, statement)],
    ] as const)
      await expectRefused(context, model, statement, proof, refusal);
    expect(await context.verifier.isUsed(model.id, statement.evaluationId)).to.equal(false);
    await expectImproved(context, model, statement, await combine(oracle, zk));
  });

  it("V2: has methods that refuse each other's proof", async () => {
    const context = await loadFixture(zkHybridFixture);
    const { model, oracleAttestation, zkProof, proveZk } = context;
    const statement = await buildStatement(context, model);
    const [oracle, zk] = [await attest(context, statement), await proveZk(statement)];
    const asked = [statement.evaluation, statement.attesterEpoch, id("digest")] as const;

    await expect(oracleAttestation.verify(...asked, zk)).to.be.revertedWithoutReason();
    await expect(zkProof.verify(...asked, oracle))
      .to.be.revertedWithCustomError(zkProof, "ProofInvalid")
      .withArgs();
  });
});
