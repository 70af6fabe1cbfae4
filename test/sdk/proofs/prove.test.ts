import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Provider } from "ethers";
import hre, { ethers } from "hardhat";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { main as attest } from "../../../scripts/attest";
import { main as prove } from "../../../scripts/prove";
import { main as statement } from "../../../scripts/statement";
import { main as submit } from "../../../scripts/submit";
import { readPublicKey, seal } from "../../../sdk/node/escrow";
import { prove as proveClaim, type Claim } from "../../../sdk/node/prover";
import { recordedSetup } from "../../../sdk/node/circuitKeys";
import { Domain } from "../../../sdk/proofs/circuit";
import { commit } from "../../../sdk/proofs/commitment";
import { formatOpening, readOpening } from "../../../sdk/proofs/openings";
import { formatBundle, readBundle, type Bundle } from "../../../sdk/schemas/bundle";
import { readClaims } from "../../../sdk/schemas/claims";
import { encodeHybridProof, encodeProof } from "../../../sdk/schemas/statement";
import { readMethod } from "../../../sdk/statements/method";
import type { Submission } from "../../../sdk/statements/submit";
import { useSetup } from "../../circuits/setup";
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
  useFolder,
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
  opening,
  proofFiles,
  provenModels,
  ROWS,
  type Kind,
} from "./proven.fixture";

const CLAIM: Claim = { labels: LABELS, baseline: BASELINE, candidate: CANDIDATE, digest: ethers.id("digest") };
const PROGRESS = [
  "60 rows, 45 → 51 right, 6 disagreements",
  "computing the circuit's values",
  "proving",
  "the chain accepts the proof",
];
const [first, second] = attesterKeys;
const payer = { PRIVATE_KEY: relayerKey.privateKey };

/** A key pair as openssl makes it. */
function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  return {
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

describe("prove @uninstrumented", () => {
  const folder = useFolder();
  type Context = Awaited<ReturnType<typeof provenModels>>;

  useSetup(CAPACITY);

  /** The options of `prove` for a model, with files for them. */
  const optionsFor = ({ address, carol }: Context, model: Kind | "nobody", changes: Record<string, string> = {}) =>
    Object.entries({
      "--network": "hardhat",
      "--verifier": address,
      "--model": model,
      "--evaluation-id": EVALUATION,
      ...proofFiles(folder, carol.address),
      ...changes,
    })
      .filter(([, value]) => value !== "")
      .flat();
  const onChain = ({ address }: Context) => ["--network", "hardhat", "--verifier", address];

  /** Proves and answers with the bundle. */
  async function proven(context: Context, model: Kind, changes?: Record<string, string>): Promise<Bundle> {
    const { code, out, err } = await run(prove, optionsFor(context, model, changes));
    expect({ code, err }).to.deep.equal({ code: 0, err: `${PROGRESS.join("\n")}\n` });
    return readBundle("bundle", out);
  }

  describe("for a model whose method is a ZkProof", () => {
    it("makes a statement that anybody submits, and that is paid once", async () => {
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

  it("says when an improvement must wait for another day, which the chain refuses today", async () => {
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
      for (const alone of [oracle, proof!, inOrder(oracle, "0x"), inOrder("0x", proof!), inOrder(oracle, oracle)])
        await expect(verifier.processImprovement(toCall(bundle.statement), alone)).to.be.reverted;
      await expect(verifier.processImprovement(toCall(bundle.statement), encodeHybridProof([oracle])))
        .to.be.revertedWithCustomError(hybrid, "ValueMismatch")
        .withArgs(field("proofs"), 1, 2);
      expect(await verifier.isUsed(models.hybrid.id, bundle.statement.evaluationId)).to.equal(false);

      const sent = await send(file, half);
      expect(sent.code, sent.err).to.equal(0);
      expect((JSON.parse(sent.out) as Submission).reward).to.equal(String(rewardOf(DELTA, RATE).reward));
    });

    it("lets nobody sign or merge a proof of something else", async () => {
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

    it("leaves statements without a proof to other models", async () => {
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

  describe("refuses in one line", () => {
    const other = opening(Domain.Predictions, 46, 9n);
    const otherLabels = { ...LABELS, salt: 8n };
    const write = (name: string, text: string) => folder.write(name, text);
    const sealed = (holder: ReturnType<typeof keyPair>) =>
      write("sealed", seal(formatOpening(CANDIDATE), readPublicKey("to", holder.publicKey)));
    const csv = (text: string) => ({ "--candidate": write("rows.csv", text), "--opening": folder.path("kept.json") });
    const refusals: [
      string,
      (context: Context) => Record<string, string>,
      string | ((context: Context) => string),
      (Kind | "nobody")?,
    ][] = [
      [
        "labels that the benchmark did not commit to",
        () => ({ "--labels": write("other.json", formatOpening(otherLabels)) }),
        `the opening of the labels opens ${commit(otherLabels)}, but the chain has ${commit(LABELS)}.`,
      ],
      [
        "another baseline",
        () => ({ "--baseline": write("other.json", formatOpening(other)) }),
        `the opening of the baseline's predictions opens ${commit(other)}, but the chain has ${commit(BASELINE)}.`,
      ],
      [
        "no improvement",
        () => ({ "--candidate": write("same.json", formatOpening(BASELINE)) }),
        () =>
          `the chain would refuse the statement: ${refusalInWords("EvaluationTooWeak", "field improvement, actual 0, required 10").reason}.`,
      ],
      [
        "an improvement that could be chance",
        () => ({ "--candidate": write("chance.json", formatOpening(other)) }),
        () =>
          `the chain would refuse the statement: ${refusalInWords("EvaluationTooWeak", "field lowerBoundBps, actual 0, required 1").reason}.`,
      ],
      [
        "openings for different circuits",
        () => ({ "--candidate": write("large.json", formatOpening({ ...CANDIDATE, capacity: 1_024 })) }),
        "the openings are for circuits of different capacity: commit all for the same.",
      ],
      [
        "fewer predictions than labels",
        () => ({ "--candidate": write("short.json", formatOpening({ ...CANDIDATE, bits: [1, 0] })) }),
        "there are 60 labels, 60 baseline and 2 candidate predictions, expected as many of each.",
      ],
      [
        "a model that is not registered",
        () => ({}),
        "nobody has no benchmark on hardhat: register the model first.",
        "nobody",
      ],
      [
        "a model that attesters vouch for",
        () => ({}),
        "attested asks for attestations and for no proof: make the statement with statement.",
        "attested",
      ],
      [
        "a circuit that the model's method does not know",
        () => ({}),
        ({ otherKey }) => `the ZkProof of other-key, ${String(otherKey.target)}, has the key `,
        "other-key",
      ],
      [
        "another verifier",
        ({ mallory }) => ({ "--verifier": mallory.address }),
        ({ mallory }) => `the verifier is ${mallory.address}, where there is no contract on hardhat, chain 31337.`,
      ],
      [
        "an opening that was changed",
        () => ({ "--labels": write("bad.json", formatOpening(LABELS).replace('11"', '10"')) }),
        () => `${folder.path("bad.json")} does not open its commitment ${commit(LABELS)}: it was changed.`,
      ],
      [
        "labels in the place of predictions",
        () => ({ "--baseline": write("swapped.json", formatOpening(LABELS)) }),
        () => `${folder.path("swapped.json")}: domain is labels, expected predictions.`,
      ],
      [
        "labels as CSV, which has no salt",
        () => ({ "--labels": write("rows.csv", CSV) }),
        () => `${folder.path("rows.csv")} is not JSON: `,
      ],
      [
        "CSV without a place for its opening",
        () => ({ ...csv(CSV), "--opening": "" }),
        () =>
          `${folder.path("rows.csv")} is CSV: say with --opening <file> where to keep its opening, which the next proof needs.`,
      ],
      [
        "an opening with a place for another",
        () => ({ "--opening": folder.path("kept.json") }),
        () => `${folder.path("candidate.json")} is an opening: leave out --opening, which is for CSV.`,
      ],
      [
        "a place for the opening where there is a file",
        () => ({ ...csv(CSV), "--opening": write("kept.json", "kept") }),
        () => `${folder.path("kept.json")} exists: an opening is never overwritten, name another file.`,
      ],
      [
        "CSV whose labels are not the committed ones",
        () => csv(CSV.replace("\n59,1,", "\n59,0,")),
        () =>
          `${folder.path("rows.csv")} line 61, column label: not what was committed to, expected the committed rows in their order.`,
      ],
      [
        "CSV whose baseline is not the committed one",
        () => csv(CSV.replace("\n0,1,1,", "\n0,1,0,")),
        () =>
          `${folder.path("rows.csv")} line 2, column baseline: not what was committed to, expected the committed rows in their order.`,
      ],
      [
        "CSV that slipped by a row",
        () => csv(["label,candidate", ...LABELS.bits.map((_, i) => `${Number(i > 0)},1`), ""].join("\n")),
        () =>
          `${folder.path("rows.csv")} line 2, column label: not what was committed to, expected the committed rows in their order.`,
      ],
      [
        "CSV with a row more than was committed to",
        () => csv(`${CSV}60,1,0,1\n`),
        () =>
          `${folder.path("rows.csv")} line 62, column label: not what was committed to, expected the committed rows in their order.`,
      ],
      [
        "CSV with a row less than was committed to",
        () => csv(CSV.split("\n").slice(0, ROWS).join("\n")),
        "there are 60 labels, 60 baseline and 59 candidate predictions, expected as many of each.",
      ],
      [
        "CSV without predictions",
        () => csv("id,prediction\n1,1\n"),
        () => `${folder.path("rows.csv")}: column "candidate" is missing, the header has id, prediction.`,
      ],
      [
        "CSV with scores",
        () => csv("candidate\n0.7\n"),
        () =>
          `${folder.path("rows.csv")} line 2, column candidate: "0.7", expected 0 or 1; for scores, say from where on they are a 1 with commit --threshold.`,
      ],
      ["CSV without rows", () => csv("candidate\n"), () => `${folder.path("rows.csv")} has no rows.`],
      ["CSV that is none", () => csv('candidate\n"1\n'), () => `${folder.path("rows.csv")} line 2, field 1: `],
      [
        "an escrow file without a key",
        () => ({ "--candidate": sealed(keyPair()) }),
        () => `${folder.path("sealed")} is encrypted: name the key that it is for with --escrow-key.`,
      ],
      [
        "an escrow file for another key",
        () => ({ "--candidate": sealed(keyPair()), "--escrow-key": write("key.pem", keyPair().privateKey) }),
        () => `${folder.path("sealed")} cannot be opened with this key: it was sealed to another, or changed.`,
      ],
      [
        "an escrow file that is damaged",
        () => {
          const keys = keyPair();
          const content = JSON.parse(seal("text", readPublicKey("to", keys.publicKey))) as Record<string, string>;
          const damaged = JSON.stringify({ ...content, sealed: content["sealed"]!.slice(4) });
          return { "--candidate": write("sealed", damaged), "--escrow-key": write("key.pem", keys.privateKey) };
        },
        () => `${folder.path("sealed")} cannot be opened with this key: it was sealed to another, or changed.`,
      ],
      [
        "an escrow file that is cut short",
        () => {
          const keys = keyPair();
          sealed(keys);
          const cut = write("sealed", folder.read("sealed").slice(0, -20));
          return { "--candidate": cut, "--escrow-key": write("key.pem", keys.privateKey) };
        },
        () => `${folder.path("sealed")} is not JSON: `,
      ],
      [
        "an escrow file with an opening that does not open",
        () => {
          const keys = keyPair();
          const changed = formatOpening(CANDIDATE).replace('00"', '01"');
          const file = write("sealed", seal(changed, readPublicKey("to", keys.publicKey)));
          return { "--candidate": file, "--escrow-key": write("key.pem", keys.privateKey) };
        },
        () => `${folder.path("sealed")} does not open its commitment ${commit(CANDIDATE)}: it was changed.`,
      ],
      [
        "one file for two results",
        () => ({ ...csv(CSV), "--out": folder.path("kept.json") }),
        "options: --opening, --claims and --out name the same file.",
      ],
      [
        "a key that is none",
        () => ({ "--candidate": sealed(keyPair()), "--escrow-key": write("key.pem", "secret") }),
        () => `${folder.path("key.pem")} is not an X25519 private key in PEM form.`,
      ],
      [
        "a missing contribution",
        () => ({ "--contribution": folder.path("absent") }),
        () => `there is no file ${folder.path("absent")}.`,
      ],
      [
        "more contributors than a statement lists, with nowhere to keep them",
        () => ({ "--contributors": write("many.csv", toCsv(buildContributors(65))) }),
        () =>
          `${folder.path("many.csv")} names 65 contributors, more than the 64 that a statement lists: say with --claims <file> where to keep them.`,
      ],
      [
        "hours that no statement lives",
        () => ({ "--hours": "49" }),
        'options: --hours is "49", expected an integer from 1 to 48.',
      ],
      [
        "everything that is missing, at once",
        () => ({ "--labels": "", "--contributors": "" }),
        "options: --labels is missing, expected text of 1 to 1024 bytes; --contributors is missing, expected text of 1 to 1024 bytes.",
      ],
    ];
    for (const [name, changesOf, message, model = "proven"] of refusals) {
      it(name, async () => {
        const context = await loadFixture(provenModels);
        const changes = changesOf(context);
        const before = folder.names();
        const { code, out, err } = await run(prove, optionsFor(context, model, changes));
        const line = typeof message === "string" ? message : message(context);
        expect([code, out]).to.deep.equal([1, ""]);
        expect(err.slice(0, "prove: ".length + line.length)).to.equal(`prove: ${line}`);
        expect(err.trimEnd().split("\n")).to.have.length(1);
        expect(folder.names())
          .to.include.members(before)
          .and.not.to.include(changes["--out"] ?? "kept");
      });
    }

    it("an evaluation that was recorded", async () => {
      const context = await loadFixture(provenModels);
      const { verifier, models, registry, admin, zkProof } = context;
      const bundle = await proven(context, "proven");
      await verifier.processImprovement(toCall(bundle.statement), bundle.proof!);
      const benchmark = await benchmarkWith(context, { ...BENCHMARK, method: zkProof });
      await registry.connect(admin).replaceBenchmark(models.proven.id, benchmark);
      expectRefusal(
        await run(prove, optionsFor(context, "proven")),
        `prove: the evaluation ${ethers.id(EVALUATION)} of proven was recorded before: take another evaluation id.`,
      );
    });

    it("prints its usage, and names options that it does not know", async () => {
      const { code, out } = await run(prove, ["--help"]);
      expect(code).to.equal(0);
      expect(out).to.match(/^usage: npm run --silent prove -- options\n/);
      const unknown = await run(prove, ["--label", "x"]);
      expect(unknown.code).to.equal(1);
      expect(unknown.err).to.match(/^prove: Unknown option '--label'/);
    });
  });

  it("takes a chain that does not answer for no answer, not for another kind of method", async () => {
    const call = () => Promise.reject(new Error("timeout"));
    const silent: Provider = Object.create(hre.ethers.provider, { call: { value: call } });
    const access = { network: hre.network, artifacts: hre.artifacts, ethers: { provider: silent } };
    await expect(readMethod(access, "proven", ethers.ZeroAddress)).to.be.rejectedWith("timeout");
  });

  describe("the setup", () => {
    it("must be there, and be the recorded one", async () => {
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

    it("refuses a claim that is not true, as the circuit does", async () => {
      const claim = { ...CLAIM, labels: { ...LABELS, bits: [2, ...LABELS.bits.slice(1)] } };
      await expect(proveClaim(claim)).to.be.rejectedWith("row 1 is 2, expected 0 or 1.");
    });
  });
});
