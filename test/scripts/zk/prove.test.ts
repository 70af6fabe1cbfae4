import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import hre, { ethers } from "hardhat";
import { toCall } from "../../../scripts/attest/attest";
import { connect } from "../../../scripts/attest/chain";
import { send } from "../../../scripts/attest/submit";
import { commit, Domain, type Opening } from "../../../scripts/zk/commitment";
import { proposeProof, type ZkProposal } from "../../../scripts/zk/proposal";
import { encodeKey, prove, readKey } from "../../../scripts/zk/prover";
import { useSetup } from "../../circuits/setup";
import {
  deployImprovements,
  expectImproved,
  proposeModel,
  registerModel,
  rewardOf,
  RATE,
} from "../../helpers/improvements";
import { DAY } from "../../helpers/units";

const CAPACITY = 64;
const ROWS = 60;
const MODEL = "proven";

/** ROWS labels of 1, of which a vector has the first ones right. */
const opening = (domain: Domain, right: number, salt: bigint): Opening => ({
  domain,
  capacity: CAPACITY,
  bits: Array.from({ length: ROWS }, (_, i) => Number(i < right)),
  salt,
});
const LABELS = opening(Domain.Labels, ROWS, 1n);
const BASELINE = opening(Domain.Predictions, 45, 2n);
const CANDIDATE = opening(Domain.Predictions, 51, 3n);
const [BASELINE_SCORE, CANDIDATE_SCORE, DELTA] = [7_500n, 8_500n, 1_000n];

/** A model whose method has the recorded key of the circuit for 64 rows. */
async function provenModel() {
  const context = await deployImprovements();
  const { registry, admin, verifier, carol } = context;
  const method = await ethers.deployContract("ZkProof", [encodeKey(readKey(CAPACITY).verificationKey)]);
  await registry.connect(admin).setMethodAllowed(method, true);
  const benchmark = {
    method: await method.getAddress(),
    evaluationDataHash: commit(LABELS),
    modelCommitment: commit(BASELINE),
    baselineScore: BASELINE_SCORE,
    minSampleSize: BigInt(ROWS),
    minRuns: 1n,
  };
  const model = await registerModel(context, { modelId: MODEL, benchmark });
  await registry.connect(admin).setDailyLimit(model.id, DELTA);
  const proposal: ZkProposal = {
    modelId: MODEL,
    evaluationName: "first",
    labels: LABELS,
    baseline: BASELINE,
    candidate: CANDIDATE,
    contributionDataHash: ethers.id("data"),
    contributors: [{ account: carol.address, weight: 1n }],
    life: DAY,
  };
  return { ...context, model, method, benchmark, proposal, chain: await connect(hre, await verifier.getAddress()) };
}

describe("A proven improvement @uninstrumented", () => {
  useSetup(CAPACITY);

  it("is proven from openings, submitted by anybody, and paid once", async () => {
    const context = await loadFixture(provenModel);
    const { chain, proposal, model, registry } = context;
    const progress: string[] = [];
    const { statement, proof, counts } = await proposeProof(chain, proposal, (line) => progress.push(line));
    expect(counts).to.deep.equal({ n: ROWS, baselineCorrect: 45, candidateCorrect: 51, disagreements: 6 });
    expect(statement.evaluation).to.include({ candidateScore: CANDIDATE_SCORE, runs: 1n, sampleSize: BigInt(ROWS) });
    expect(statement.attesterEpoch).to.equal(0n);
    expect(progress).to.deep.equal([
      "proving 60 rows with the circuit for 64",
      "proven: 45 → 51 right, 6 disagreements",
    ]);
    await expectImproved(context, model, statement, proof);
    expect((await registry.benchmarkOf(model.id)).modelCommitment).to.equal(commit(CANDIDATE));
    await expect(send(chain, MODEL, [toCall(statement), proof], context.relayer)).to.be.rejectedWith(
      "EvaluationAlreadyUsed",
    );
  });

  it("tells what was minted when it is sent", async () => {
    const { chain, proposal, relayer, carol, model } = await loadFixture(provenModel);
    const { statement, proof } = await proposeProof(chain, proposal, () => undefined);
    const { reward, owner, contributors } = await send(chain, MODEL, [toCall(statement), proof], relayer);
    const expected = rewardOf(DELTA, RATE);
    expect(reward).to.equal(expected.reward);
    expect(owner).to.deep.equal({ account: model.owner, amount: expected.owner });
    expect(contributors).to.deep.equal([{ account: carol.address, amount: expected.forContributors }]);
  });

  describe("is refused before it is proven", () => {
    const other = opening(Domain.Predictions, 46, 9n);
    const refusals: [string, Partial<ZkProposal>, string][] = [
      [
        "for labels that the benchmark did not commit to",
        { labels: { ...LABELS, salt: 8n } },
        "the opening of the labels opens",
      ],
      ["against another baseline", { baseline: other }, "the opening of the baseline's predictions opens"],
      [
        "without an improvement",
        { candidate: BASELINE },
        "the improvement in bps is 0, the benchmark asks for 10 at least.",
      ],
      [
        "when chance could be the reason",
        { candidate: other },
        "the lower bound in bps is 0, the benchmark asks for 1 at least.",
      ],
      ["with openings for different circuits", { candidate: { ...CANDIDATE, capacity: 1_024 } }, "different capacity"],
      ["for a model that is not registered", { modelId: "nobody" }, "nobody has no benchmark"],
    ];
    for (const [name, change, message] of refusals) {
      it(name, async () => {
        const { chain, proposal } = await loadFixture(provenModel);
        await expect(proposeProof(chain, { ...proposal, ...change }, () => undefined)).to.be.rejectedWith(message);
      });
    }

    it("for a method that is no ZkProof, or has another key", async () => {
      const context = await loadFixture(provenModel);
      const { chain, proposal, registry, admin, oracleAttestation, benchmark } = context;
      const other = await ethers.deployContract("ZkProof", [encodeKey(readKey(1_024).verificationKey)]);
      await registry.connect(admin).setMethodAllowed(other, true);
      for (const [modelId, method] of [
        ["oracle", oracleAttestation],
        ["other-key", other],
      ] as const) {
        const { id } = await proposeModel(context, { modelId });
        const changed = { ...benchmark, specHash: ethers.id("spec"), metric: 0, direction: 0 };
        const minima = { minImprovementBps: 10, minLowerBoundBps: 1 };
        await registry.connect(context.registrar).registerModel(id, { ...changed, ...minima, method });
        await expect(proposeProof(chain, { ...proposal, modelId }, () => undefined)).to.be.rejectedWith(
          "which is no ZkProof with the recorded key of the circuit for 64 rows.",
        );
      }
    });
  });

  it("cannot be proven with a setup that is missing", async () => {
    const claim = { labels: LABELS, baseline: BASELINE, candidate: CANDIDATE, digest: ethers.id("digest") };
    const larger = { ...claim, labels: { ...LABELS, capacity: 65 } };
    await expect(prove(larger)).to.be.rejectedWith("there is no key for 65 rows");
  });
});
