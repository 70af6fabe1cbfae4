import { expect } from "chai";
import { ethers } from "hardhat";
import { join, relative } from "node:path";
import { requireSafeKey } from "../../deploy/zk";
import { ceremonyFolder, encodeKey, readKey, setupFolder, writeKey, type SnarkjsKey } from "../../sdk/node/circuitKeys";
import { encodeZkProof, prove } from "../../sdk/node/prover";
import { countRows, ONE_ATTEMPT } from "../../sdk/proofs/counts";
import { readProven } from "../verification/zk/proven.support";
import { CAPACITY, makePhase1, optionsOf, quiet, snarkjs, zkSetup } from "./ceremony.support";
import { useProject, useSetup } from "./setup";

const LIVE = { name: "mainnet", chainId: 1, isLocal: false, isEphemeral: false };

/** The documented path to a key that live chains can trust, for the circuit itself. */
describe("Ceremony @uninstrumented", () => {
  const recorded = readKey(CAPACITY);
  const places = useProject("score");
  const folder = ceremonyFolder(CAPACITY, places);

  useSetup(CAPACITY);

  const at = (name: string) => join(folder, name);

  it("ends with a key for live chains, whose proofs its ZkProof accepts", async () => {
    writeKey(recorded, places);
    const phase1 = makePhase1(places, 11);
    const begun = await zkSetup(places, ...optionsOf(phase1));
    expect([begun.code, begun.out]).to.deep.equal([
      0,
      `${relative(process.cwd(), at("initial.zkey"))} is for the first contributor: nobody may use it as it is.`,
    ]);
    snarkjs("zkey", "contribute", at("initial.zkey"), at("first.zkey"), "-n=first", "-e=what nobody else knows");
    snarkjs("zkey", "beacon", at("first.zkey"), at("final.zkey"), "ab".repeat(32), "10", "-n=beacon");
    const there = relative(process.cwd(), setupFolder(CAPACITY, places));
    const { code, out, err } = await zkSetup(places, ...optionsOf(phase1), "--final", at("final.zkey"));
    expect([code, out], String(err)).to.deep.equal([
      0,
      `${relative(process.cwd(), folder)} has the key of the ceremony, and circuits/keys records it: copy its files to ${there}.`,
    ]);
    expect(err.filter((line) => /contribution #[12] /.test(line))).to.have.length(2);
    const key = readKey(CAPACITY, places);
    expect(key).to.deep.include({ capacity: CAPACITY, constraints: recorded.constraints, isDevelopment: false });
    expect(key.sha256["score.r1cs"]).to.equal(recorded.sha256["score.r1cs"]);
    expect(key.sha256["score.zkey"]).not.to.equal(recorded.sha256["score.zkey"]);
    expect(() => requireSafeKey(key, LIVE)).not.to.throw();
    expect(() => requireSafeKey(recorded, LIVE)).to.throw("is a development key");

    const { claim } = readProven(CAPACITY);
    const counts = countRows(claim.labels.bits, claim.baseline.bits, claim.candidate.bits);
    const { proof, publicSignals } = await prove(claim, quiet, { key, folder });
    const [labels, baseline, candidate] = publicSignals.map((signal) => ethers.toBeHex(BigInt(signal), 32)) as [
      string,
      string,
      string,
    ];
    const evaluation = {
      model: ethers.id("model"),
      benchmarkVersion: 1n,
      specHash: ethers.id("spec"),
      evaluationDataHash: labels,
      baselineScore: 0n,
      candidateScore: 1n,
      sampleSize: BigInt(counts.n),
      runs: 1n,
      lowerBoundBps: 0n,
      baselineCommitment: baseline,
      candidateCommitment: candidate,
    };
    const verify = async (verificationKey: SnarkjsKey) =>
      (await ethers.deployContract("ZkProof", [encodeKey(verificationKey), ONE_ATTEMPT])).verify(
        evaluation,
        0n,
        claim.digest,
        encodeZkProof(counts, proof),
      );
    expect(await verify(key.verificationKey)).to.match(/^0x[0-9a-f]{8}$/);
    await expect(verify(recorded.verificationKey)).to.be.rejectedWith("ProofInvalid");
  });
});
