import { expect } from "chai";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { ethers } from "hardhat";
import { join, resolve } from "node:path";
import { requireSafeKey } from "../../deploy/zk";
import { beginCeremony, endCeremony, type Phase1 } from "../../scripts/zk/ceremony";
import { countRows } from "../../scripts/zk/counts";
import { encodeKey, encodeZkProof, prove, readKey, type SnarkjsKey } from "../../scripts/zk/prover";
import { readProven } from "../verification/zk/fixtures";

const CAPACITY = 64;
const POWER = "11";
const ROOT = resolve(__dirname, "../..");
const SNARKJS = join(ROOT, "node_modules/snarkjs/build/cli.cjs");
const LIVE = { name: "mainnet", chainId: 1, isLocal: false, isEphemeral: false };

/** The documented path to a key that live chains can trust, with a phase 1 that stands in for the published one. */
describe("Ceremony @uninstrumented", () => {
  const recorded = readKey(CAPACITY);
  let folder: string;
  let phase1: Phase1;
  const at = (name: string) => join(folder, name);
  const snarkjs = (...args: string[]) => execFileSync(process.execPath, [SNARKJS, ...args], { encoding: "utf8" });
  const quiet = () => undefined;
  const end = (zkey: string) => endCeremony(recorded, folder, phase1, zkey, quiet);

  before(async function () {
    this.timeout(300_000);
    folder = mkdtempSync(join(ROOT, ".build/ceremony-test-"));
    const path = at("phase1.ptau");
    const { status } = spawnSync(process.execPath, ["circuits/zk.mjs", "phase1", POWER, path], { cwd: ROOT });
    expect(status).to.equal(0);
    phase1 = { path, hash: createHash("blake2b512").update(readFileSync(path)).digest("hex") };
    await beginCeremony(recorded, folder, phase1, quiet);
    snarkjs("zkey", "contribute", at("initial.zkey"), at("first.zkey"), "-n=first", "-e=what nobody else knows");
  });

  after(() => rmSync(folder, { recursive: true }));

  it("refuses a phase 1 that is not the published one, or is too small", async () => {
    const other = { ...phase1, hash: "00".repeat(64) };
    const refusal = `${phase1.path} has the BLAKE2b hash ${phase1.hash}, not the published ${other.hash}.`;
    await expect(beginCeremony(recorded, folder, other, quiet)).to.be.rejectedWith(refusal);
    await expect(endCeremony(recorded, folder, other, at("initial.zkey"), quiet)).to.be.rejectedWith(refusal);
    const absent = { ...phase1, path: at("absent.ptau") };
    await expect(beginCeremony(recorded, folder, absent, quiet)).to.be.rejectedWith(`there is no file ${absent.path}.`);
  });

  it("refuses a circuit that is not the recorded one", async () => {
    const other = { ...recorded, sha256: { ...recorded.sha256, "score.r1cs": "00" } };
    await expect(endCeremony(other, folder, phase1, at("initial.zkey"), quiet)).to.be.rejectedWith(
      `score.r1cs in ${folder} is missing or not that recorded for the circuit of 64 rows.`,
    );
  });

  it("gives a key to which nobody contributed to nobody: the tools and the chain refuse it", async () => {
    await expect(end(at("initial.zkey"))).to.be.rejectedWith(
      `${at("initial.zkey")} has no contribution: everybody could forge proofs against it.`,
    );
    snarkjs("zkey", "export", "verificationkey", at("initial.zkey"), at("initial.json"));
    const key = JSON.parse(readFileSync(at("initial.json"), "utf8")) as SnarkjsKey;
    const factory = await ethers.getContractFactory("ZkProof");
    await expect(factory.deploy(encodeKey(key))).to.be.revertedWithCustomError(factory, "KeyGammaIsDelta");
  });

  it("refuses a key that does not come from the phase 1 and contributions", async () => {
    const bytes = readFileSync(at("first.zkey"));
    const middle = Math.floor(bytes.length / 2);
    bytes[middle]! ^= 1;
    writeFileSync(at("forged.zkey"), bytes);
    await expect(end(at("forged.zkey"))).to.be.rejectedWith(
      `${at("forged.zkey")} does not come from this circuit, this phase 1 and contributions to them.`,
    );
  });

  it("ends with a key that live chains take, and whose proofs its ZkProof takes", async () => {
    snarkjs("zkey", "beacon", at("first.zkey"), at("final.zkey"), "ab".repeat(32), "10", "-n=beacon");
    const key = await end(at("final.zkey"));
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
      (await ethers.deployContract("ZkProof", [encodeKey(verificationKey)])).verify(
        evaluation,
        0n,
        claim.digest,
        encodeZkProof(counts, proof),
      );
    expect(await verify(key.verificationKey)).to.match(/^0x[0-9a-f]{8}$/);
    await expect(verify(recorded.verificationKey)).to.be.rejectedWith("ProofInvalid");
  });
});
