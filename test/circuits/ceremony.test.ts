import { expect } from "chai";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { ethers } from "hardhat";
import { join, relative, resolve } from "node:path";
import { requireSafeKey } from "../../deploy/zk";
import { main } from "../../scripts/zk-setup";
import { beginCeremony, endCeremony, type Phase1 } from "../../sdk/node/ceremony";
import { countRows, ONE_ATTEMPT } from "../../sdk/proofs/counts";
import { encodeZkProof, prove } from "../../sdk/node/prover";
import {
  ceremonyFolder,
  encodeKey,
  readKey,
  recordedSetup,
  setupFolder,
  writeKey,
  type CircuitKey,
  type Places,
  type SnarkjsKey,
} from "../../sdk/node/circuitKeys";
import { readProven } from "../verification/zk/proven.support";
import { sectionsOf } from "./r1cs";
import { useProject, useSetup } from "./setup";

const CAPACITY = 64;
const ROOT = resolve(__dirname, "../..");
const SNARKJS = join(ROOT, "node_modules/snarkjs/build/cli.cjs");
const A_POINTS = 5; // section of a .zkey
const LIVE = { name: "mainnet", chainId: 1, isLocal: false, isEphemeral: false };

const quiet = () => undefined;

/** Runs stock snarkjs. */
const snarkjs = (...args: string[]) => execFileSync(process.execPath, [SNARKJS, ...args], { encoding: "utf8" });

/** A phase 1 for 2^power constraints that stands in for the published one. */
function makePhase1({ build }: Places, power: number): Phase1 {
  const path = join(build, `phase1-${power}.ptau`);
  const { status } = spawnSync(process.execPath, ["circuits/zk.mjs", "phase1", String(power), path], { cwd: ROOT });
  expect(status).to.equal(0);
  return { path, hash: createHash("blake2b512").update(readFileSync(path)).digest("hex") };
}

/** `npm run zk:setup` for the circuit, in a project of its own. */
async function zkSetup(places: Places, ...options: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const args = [...options, String(CAPACITY)];
  const code = await main(args, { out: (text) => out.push(text), err: (text) => err.push(text) }, places);
  return { code, out: out.join("\n"), err };
}

/** The documented path to a key that live chains can trust. */
describe("Ceremony @uninstrumented", () => {
  const recorded = readKey(CAPACITY);
  const places = useProject("score");
  const folder = ceremonyFolder(CAPACITY, places);

  useSetup(CAPACITY);

  let phase1: Phase1;
  const at = (name: string) => join(folder, name);
  const end = (zkey: string) => endCeremony(recorded, folder, phase1, zkey, quiet);
  const ceremony = (...options: string[]) =>
    zkSetup(places, "--phase1", phase1.path, "--phase1-hash", phase1.hash, ...options);

  before(async () => {
    writeKey(recorded, places);
    phase1 = makePhase1(places, 11);
    const { code, out } = await ceremony();
    expect([code, out]).to.deep.equal([
      0,
      `${relative(process.cwd(), at("initial.zkey"))} is for the first contributor: nobody may use it as it is.`,
    ]);
    snarkjs("zkey", "contribute", at("initial.zkey"), at("first.zkey"), "-n=first", "-e=what nobody else knows");
  });

  it("refuses a phase 1 other than the published one, and one that is missing", async () => {
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

  it("gives out no key without a contribution, which a ZkProof refuses too", async () => {
    await expect(end(at("initial.zkey"))).to.be.rejectedWith(
      `${at("initial.zkey")} has no contribution: everybody could forge proofs against it.`,
    );
    snarkjs("zkey", "export", "verificationkey", at("initial.zkey"), at("initial.json"));
    const key = JSON.parse(readFileSync(at("initial.json"), "utf8")) as SnarkjsKey;
    const factory = await ethers.getContractFactory("ZkProof");
    await expect(factory.deploy(encodeKey(key), ONE_ATTEMPT)).to.be.revertedWithCustomError(factory, "KeyGammaIsDelta");
  });

  it("ends with a key for live chains, whose proofs its ZkProof accepts", async () => {
    snarkjs("zkey", "beacon", at("first.zkey"), at("final.zkey"), "ab".repeat(32), "10", "-n=beacon");
    const there = relative(process.cwd(), setupFolder(CAPACITY, places));
    const { code, out, err } = await ceremony("--final", at("final.zkey"));
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

  describe("given its recorded key", () => {
    const FILES = ["score.r1cs", "score.wasm", "score.zkey"] as const;
    const REMEDY =
      "is missing or not the recorded one: the key comes from a ceremony and can't be made again, put its files there.";
    const setupFile = (name: string) => join(setupFolder(CAPACITY, places), name);
    const there = () => relative(process.cwd(), setupFolder(CAPACITY, places));
    const everything = () =>
      [join(places.circuits, `keys/score-${CAPACITY}.json`), ...FILES.map(setupFile)].map((path) =>
        readFileSync(path, "hex"),
      );
    const refused = async (line: string, ...options: string[]) =>
      expect(await zkSetup(places, ...options)).to.deep.equal({ code: 1, out: "", err: [`zk:setup: ${line}`] });

    before(async () => expect(readKey(CAPACITY, places).isDevelopment).to.equal(false));

    beforeEach(() => {
      mkdirSync(setupFolder(CAPACITY, places), { recursive: true });
      for (const name of FILES) copyFileSync(at(name), setupFile(name));
    });

    it("leaves files that match it as they are", async () => {
      const before = everything();
      expect(await zkSetup(places)).to.deep.equal({ code: 0, out: `${there()} is there and as recorded.`, err: [] });
      expect(everything()).to.deep.equal(before);
    });

    it("refuses to replace it with a development key, even if --force or --record is given", async () => {
      const before = everything();
      const line = `the key for ${CAPACITY} rows comes from a ceremony: --force and --record would make another.`;
      for (const options of [["--force"], ["--record"], ["--force", "--record"]]) await refused(line, ...options);
      expect(everything()).to.deep.equal(before);
    });

    it("neither makes a key nor proves with it if a file is missing or differs", async () => {
      const { claim } = readProven(CAPACITY);
      const refusedBoth = async (names: string) => {
        await refused(`${names} in ${there()} ${REMEDY}`);
        await expect(prove(claim, quiet, recordedSetup(CAPACITY, places))).to.be.rejectedWith(
          `${names} in ${there()} ${REMEDY}`,
        );
      };
      for (const name of FILES) {
        writeFileSync(setupFile(name), "another");
        await refusedBoth(name);
        expect(readFileSync(setupFile(name), "utf8")).to.equal("another");
        copyFileSync(at(name), setupFile(name));
      }
      rmSync(setupFolder(CAPACITY, places), { recursive: true });
      await refusedBoth(FILES.join(", "));
    });

    it("refuses the files of the development key, which anybody can make", async () => {
      copyFileSync(join(setupFolder(CAPACITY), "score.zkey"), setupFile("score.zkey"));
      await refused(`score.zkey in ${there()} ${REMEDY}`);
    });
  });
});

/** What does not depend on the circuit. */
describe("Ceremony for a small circuit @uninstrumented", () => {
  const there = useProject("small");
  const held = ceremonyFolder(CAPACITY, there);
  const inside = (name: string) => join(held, name);
  let key: CircuitKey;
  let published: Phase1;

  before(async () => {
    expect((await zkSetup(there, "--record")).code).to.equal(0);
    key = readKey(CAPACITY, there);
    published = makePhase1(there, 4);
    await beginCeremony(key, held, published, quiet, there);
    snarkjs("zkey", "contribute", inside("initial.zkey"), inside("first.zkey"), "-n=first", "-e=unknown");
  });

  it("refuses a phase 1 that is too small", async () => {
    const small = makePhase1(there, 3);
    await expect(beginCeremony(key, held, small, quiet, there)).to.be.rejectedWith(
      `${small.path} is too small for the circuit, or not prepared for phase 2`,
    );
  });

  it("refuses a key that does not follow from the phase 1 and contributions", async () => {
    const bytes = readFileSync(inside("first.zkey"));
    const points = sectionsOf(bytes).get(A_POINTS)!;
    points[points.length >> 1]! ^= 1;
    writeFileSync(inside("forged.zkey"), bytes);
    await expect(endCeremony(key, held, published, inside("forged.zkey"), quiet)).to.be.rejectedWith(
      `${inside("forged.zkey")} does not come from this circuit, this phase 1 and contributions to them.`,
    );
    expect((await endCeremony(key, held, published, inside("first.zkey"), quiet)).isDevelopment).to.equal(false);
  });
});
