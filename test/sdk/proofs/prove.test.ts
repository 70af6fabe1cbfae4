import { PANIC_CODES } from "@nomicfoundation/hardhat-chai-matchers/panic";
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Provider } from "ethers";
import hre, { ethers } from "hardhat";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { main as attest } from "../../../scripts/attest";
import { main as prove } from "../../../scripts/prove";
import { main as statement } from "../../../scripts/statement";
import { main as submit } from "../../../scripts/submit";
import { readPublicKey, seal } from "../../../sdk/node/escrow";
import { prove as proveClaim, type Claim } from "../../../sdk/node/prover";
import { recordedSetup } from "../../../sdk/node/circuitKeys";
import { commit } from "../../../sdk/proofs/commitment";
import { formatOpening, readOpening } from "../../../sdk/proofs/openings";
import { formatBundle, readBundle } from "../../../sdk/schemas/bundle";
import { readClaims } from "../../../sdk/schemas/claims";
import { encodeHybridProof, encodeProof } from "../../../sdk/schemas/statement";
import { readMethod } from "../../../sdk/statements/method";
import type { Submission } from "../../../sdk/statements/submit";
import { benchmarkWith, RATE, rewardOf, toCall } from "../../../scripts/dev/world/improvements";
import { DAY, field } from "../../../scripts/dev/world/units";
import {
  attesterKeys,
  buildContributors,
  buildMeasured,
  expectRefusal,
  refusalInWords,
  relayerKey,
  run,
  toCsv,
  toEvaluation,
} from "../statements/support";
import {
  BASELINE,
  BENCHMARK,
  CANDIDATE,
  CANDIDATE_SCORE,
  CAPACITY,
  CSV,
  DELTA,
  EVALUATION,
  LABELS,
  proofFiles,
  provenModels,
  ROWS,
} from "./proven.fixture";
import { type Context, keyPair, PROGRESS, useProver } from "./prove.support";

const CLAIM: Claim = { labels: LABELS, baseline: BASELINE, candidate: CANDIDATE, digest: ethers.id("digest") };
const [first, second] = attesterKeys;
const payer = { PRIVATE_KEY: relayerKey.privateKey };

describe("prove @uninstrumented", () => {
  const { folder, optionsFor, proven } = useProver();
  const onChain = ({ address }: Context) => ["--network", "hardhat", "--verifier", address];

  describe("for a model whose method is a ZkProof", () => {
    it("makes a statement that anybody can submit, and that is paid once", async () => {
      const context = await loadFixture(provenModels);
      const { models, registry, carol } = context;
      const model = models.proven;
      const bundle = await proven(context, "proven");
      expect(bundle.statement.evaluation).to.include({
        candidateScore: CANDIDATE_SCORE,
        runs: 1n,
        sampleSize: BigInt(ROWS),
        candidateCommitment: commit(CANDIDATE),
      });
      expect([bundle.statement.attesterEpoch, bundle.attestations]).to.deep.equal([0n, []]);
      expect(
        await registry.previewImprovement(bundle.statement.evaluation, bundle.statement.evaluationId),
      ).not.to.equal(undefined);

      const input = formatBundle(bundle);
      const signed = await run(attest, onChain(context), { input, env: { PRIVATE_KEY: first!.privateKey } });
      expect(signed.code).to.equal(1);
      expect(signed.err).to.match(/\n {2}proof +valid\n/);
      expect(signed.err).to.match(
        /attest: proven is verified by a proof alone: there is nothing to sign, submit it as it is\.\n$/,
      );

      const sent = await run(submit, ["--network", "hardhat"], { input, env: payer });
      expect(sent.code, sent.err).to.equal(0);
      const expected = rewardOf(DELTA, RATE);
      const { reward, owner, contributors } = JSON.parse(sent.out) as Submission;
      expect(reward).to.equal(String(expected.reward));
      expect(owner).to.deep.equal({ account: model.owner, amount: String(expected.owner) });
      expect(contributors).to.deep.equal([{ account: carol.address, amount: String(expected.forContributors) }]);
      expect((await registry.benchmarkOf(model.id)).modelCommitment).to.equal(commit(CANDIDATE));

      const again = await run(submit, ["--network", "hardhat"], { input, env: payer });
      expect([again.code, again.out]).to.deep.equal([1, ""]);
      expect(again.err).to.contain("EvaluationAlreadyUsed");
      const stale = await run(prove, optionsFor(context, "proven", { "--evaluation-id": "second" }));
      expectRefusal(
        stale,
        `prove: the opening of the baseline's predictions opens ${commit(BASELINE)}, but the chain has ${commit(CANDIDATE)}.`,
      );
    });

    it("takes the candidate from CSV and keeps its opening, and the baseline from an escrow file", async () => {
      const context = await loadFixture(provenModels);
      const keys = keyPair();
      const bundle = await proven(context, "proven", {
        "--candidate": folder.write("rows.csv", CSV),
        "--opening": folder.path("kept.json"),
        "--baseline": folder.write(
          "baseline.sealed",
          seal(formatOpening(BASELINE), readPublicKey("to", keys.publicKey)),
        ),
        "--escrow-key": folder.write("holder.pem", keys.privateKey),
      });
      const kept = readOpening("kept", folder.read("kept.json"), "predictions");
      expect(kept.bits).to.deep.equal(CANDIDATE.bits);
      expect(kept.salt).not.to.equal(CANDIDATE.salt);
      expect(commit(kept)).to.equal(bundle.statement.evaluation.candidateCommitment);
    });

    it("names more than 64 contributors by their root, and writes files instead of standard output", async () => {
      const context = await loadFixture(provenModels);
      const many = buildContributors(65);
      const { code, out } = await run(
        prove,
        optionsFor(context, "proven", {
          "--contributors": folder.write("many.csv", toCsv(many)),
          "--claims": folder.path("claims.json"),
          "--out": folder.path("bundle.json"),
        }),
      );
      expect([code, out]).to.deep.equal([0, ""]);
      const { contributors, contributorsRoot } = readBundle("bundle", folder.read("bundle.json")).statement;
      expect(contributors).to.deep.equal([]);
      expect(readClaims("claims", folder.read("claims.json"))).to.deep.include({
        contributorsRoot,
        contributors: many,
      });
    });
  });

  it("says that an improvement must wait for another day if the chain would refuse it today", async () => {
    const context = await loadFixture(provenModels);
    const { models, registry, admin, verifier, zkProof } = context;
    const earlier = await proven(context, "proven");
    await verifier.processImprovement(toCall(earlier.statement), earlier.proof!);
    const benchmark = await benchmarkWith(context, { ...BENCHMARK, method: zkProof });
    await registry.connect(admin).replaceBenchmark(models.proven.id, benchmark);
    await registry.connect(admin).setDailyLimit(models.proven.id, 2n * DELTA - 1n);

    const { code, out, err } = await run(prove, optionsFor(context, "proven", { "--evaluation-id": "second" }));
    expect(code).to.equal(0);
    expect(err.trimEnd().split("\n")).to.deep.equal([
      ...PROGRESS,
      `waits for another day: ${DELTA - 1n} bps are left today, it can be submitted from 00:00 UTC`,
    ]);
    const sent = await run(submit, ["--network", "hardhat"], { input: out, env: payer });
    expectRefusal(
      sent,
      `submit: the improvement is ${DELTA} bps, ${DELTA - 1n} of ${2n * DELTA - 1n} bps are left today: it can be submitted from 00:00 UTC; nothing was sent.`,
    );
    await time.increaseTo((BigInt(await time.latest()) / DAY + 1n) * DAY);
    expect((await run(submit, ["--network", "hardhat"], { input: out, env: payer })).code).to.equal(0);
  });

  describe("for a model whose method is a hybrid", () => {
    it("V2: makes a statement that attesters sign; it is paid with both, and refused with either alone", async () => {
      const context = await loadFixture(provenModels);
      const { oracleAttestation, verifier, hybrid, methods, zkProof, models } = context;
      const bundle = await proven(context, "hybrid");
      expect(bundle.statement.attesterEpoch).to.equal(await oracleAttestation.epoch());
      const file = folder.write("proven.json", formatBundle(bundle));
      const send = (...files: string[]) => run(submit, ["--network", "hardhat", ...files], { env: payer });
      expectRefusal(await send(file), "submit: the bundle has 0 of the 2 attestations that are needed.");

      let signed = formatBundle(bundle);
      for (const { privateKey } of [first!, second!]) {
        const outcome = await run(attest, onChain(context), { input: signed, env: { PRIVATE_KEY: privateKey } });
        expect(outcome.code, outcome.err).to.equal(0);
        expect(outcome.err).to.match(/\n {2}proof +valid\n {2}must sign +2 of 3 attesters, epoch 1\n/);
        signed = outcome.out;
      }
      const { proof, ...unproven } = readBundle("signed", signed);
      const half = folder.write("half.json", formatBundle(unproven));
      expectRefusal(await send(half), "submit: the bundle has no proof, which hybrid asks for: make it with prove.");
      const unsigned = await run(attest, onChain(context), {
        input: formatBundle({ ...unproven, attestations: [] }),
        env: { PRIVATE_KEY: first!.privateKey },
      });
      expect(unsigned.err).to.match(/\n {2}proof +missing\n/);
      expect(unsigned.err).to.match(/attest: the bundle has no proof, which hybrid asks for: make it with prove\.\n$/);

      // The chain refuses each half too, whatever is put in the place of the other.
      const oracle = encodeProof(unproven.attestations);
      const inOrder = (signatures: string, points: string) =>
        encodeHybridProof(methods.map((method) => (method === zkProof.target ? points : signatures)));
      const process = (given: string) => verifier.processImprovement(toCall(bundle.statement), given);
      for (const alone of [oracle, inOrder(oracle, "0x"), inOrder("0x", proof!)])
        await expect(process(alone)).to.be.revertedWithoutReason();
      await expect(process(proof!)).to.be.revertedWithPanic(PANIC_CODES.TOO_MUCH_MEMORY_ALLOCATED);
      await expect(process(inOrder(oracle, oracle))).to.be.revertedWithCustomError(zkProof, "ProofInvalid");
      await expect(process(encodeHybridProof([oracle])))
        .to.be.revertedWithCustomError(hybrid, "ValueMismatch")
        .withArgs(field("proofs"), 1, 2);
      expect(await verifier.isUsed(models.hybrid.id, bundle.statement.evaluationId)).to.equal(false);

      const sent = await send(file, half);
      expect(sent.code, sent.err).to.equal(0);
      expect((JSON.parse(sent.out) as Submission).reward).to.equal(String(rewardOf(DELTA, RATE).reward));
    });

    it("refuses to sign or merge a proof of another statement", async () => {
      const context = await loadFixture(provenModels);
      const bundle = await proven(context, "hybrid");
      const later = { ...bundle, statement: { ...bundle.statement, deadline: bundle.statement.deadline + 1n } };
      const env = { PRIVATE_KEY: first!.privateKey };
      const invalid = refusalInWords("ProofInvalid");
      expectRefusal(
        await run(attest, onChain(context), { input: formatBundle(later), env }),
        `attest: the chain would refuse the proof: ${invalid.reason}. ${invalid.fix}`,
      );
      const [one, other] = [bundle, { ...bundle, proof: `${bundle.proof!.slice(0, -2)}00` }].map((each, i) =>
        folder.write(`${i}.json`, formatBundle(each)),
      ) as [string, string];
      expectRefusal(
        await run(submit, ["--network", "hardhat", one, other], { env: payer }),
        `submit: ${other} has another proof than before: leave out one of them.`,
      );
      const merged = await run(submit, ["--network", "hardhat", one, one], { env: payer });
      expectRefusal(merged, "submit: the bundle has 0 of the 2 attestations that are needed.");
    });

    it("refuses a statement without a proof", async () => {
      const context = await loadFixture(provenModels);
      const measured = toEvaluation(await buildMeasured({ registry: context.registry, model: context.models.hybrid }));
      const contributors = proofFiles(folder, context.carol.address)["--contributors"];
      const names = ["--model", "hybrid", "--evaluation-id", EVALUATION, "--contributors", contributors];
      expectRefusal(
        await run(statement, [...onChain(context), ...names], { input: measured }),
        "statement: hybrid asks for a proof: make statement and proof with prove.",
      );
    });
  });

  it("prints its usage, and names unknown options", async () => {
    const { code, out } = await run(prove, ["--help"]);
    expect(code).to.equal(0);
    expect(out).to.match(/^usage: npm run --silent prove -- options\n/);
    const unknown = await run(prove, ["--label", "x"]);
    expect(unknown.code).to.equal(1);
    expect(unknown.err).to.match(/^prove: Unknown option '--label'/);
  });

  it("reports a chain that does not answer, instead of taking it for another kind of method", async () => {
    const call = () => Promise.reject(new Error("timeout"));
    const silent: Provider = Object.create(hre.ethers.provider, { call: { value: call } });
    const access = { network: hre.network, artifacts: hre.artifacts, ethers: { provider: silent } };
    await expect(readMethod(access, "proven", ethers.ZeroAddress)).to.be.rejectedWith("timeout");
  });

  describe("the setup", () => {
    it("must exist and match the recorded one", async () => {
      const setup = { ...recordedSetup(CAPACITY), folder: folder.path("setup") };
      const fix = "is missing or not the recorded one: run npm run zk:setup -- 64.";
      const refused = (names: string) => `${names} in ${relative(process.cwd(), setup.folder)} ${fix}`;
      await expect(proveClaim(CLAIM, undefined, setup)).to.be.rejectedWith(
        refused("score.r1cs, score.wasm, score.zkey"),
      );
      mkdirSync(setup.folder);
      for (const name of ["score.r1cs", "score.wasm", "score.zkey"]) writeFileSync(join(setup.folder, name), "other");
      await expect(proveClaim(CLAIM, undefined, setup)).to.be.rejectedWith(
        refused("score.r1cs, score.wasm, score.zkey"),
      );
    });

    it("must be for a circuit that has a key", async () => {
      const larger = { ...CLAIM, labels: { ...LABELS, capacity: 65 } };
      await expect(proveClaim(larger)).to.be.rejectedWith("there is no key for 65 rows");
    });

    it("is not used for a claim with a row that is neither 0 nor 1", async () => {
      const claim = { ...CLAIM, labels: { ...LABELS, bits: [2, ...LABELS.bits.slice(1)] } };
      await expect(proveClaim(claim)).to.be.rejectedWith("row 1 is 2, expected 0 or 1.");
    });
  });
});
