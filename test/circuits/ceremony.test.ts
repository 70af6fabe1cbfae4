import { expect } from "chai";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { ethers } from "hardhat";
import { join, relative } from "node:path";
import { beginCeremony, endCeremony, type Phase1 } from "../../sdk/node/ceremony";
import {
  ceremonyFolder,
  encodeKey,
  readKey,
  recordedSetup,
  setupFolder,
  type CircuitKey,
  type SnarkjsKey,
} from "../../sdk/node/circuitKeys";
import { prove } from "../../sdk/node/prover";
import { ONE_ATTEMPT } from "../../sdk/proofs/counts";
import { readProven } from "../verification/zk/proven.support";
import { CAPACITY, makePhase1, optionsOf, quiet, snarkjs, zkSetup } from "./ceremony.support";
import { sectionsOf } from "./r1cs";
import { useProject } from "./setup";

const A_POINTS = 5; // section of a .zkey

/** What does not depend on the circuit: ceremony.walk.ts takes the circuit itself from its phase 1 to a proof. */
describe("Ceremony for a small circuit @uninstrumented", () => {
  const places = useProject("small");
  const folder = ceremonyFolder(CAPACITY, places);
  const at = (name: string) => join(folder, name);
  let key: CircuitKey;
  let phase1: Phase1;
  const end = (zkey: string) => endCeremony(key, folder, phase1, zkey, quiet);

  before(async () => {
    expect((await zkSetup(places, "--record")).code).to.equal(0);
    key = readKey(CAPACITY, places);
    phase1 = makePhase1(places, 4);
    await beginCeremony(key, folder, phase1, quiet, places);
    snarkjs("zkey", "contribute", at("initial.zkey"), at("first.zkey"), "-n=first", "-e=unknown");
  });

  it("refuses a phase 1 other than the published one, and one that is missing", async () => {
    const other = { ...phase1, hash: "00".repeat(64) };
    const refusal = `${phase1.path} has the BLAKE2b hash ${phase1.hash}, not the published ${other.hash}.`;
    await expect(beginCeremony(key, folder, other, quiet, places)).to.be.rejectedWith(refusal);
    await expect(endCeremony(key, folder, other, at("initial.zkey"), quiet)).to.be.rejectedWith(refusal);
    const absent = { ...phase1, path: at("absent.ptau") };
    const gone = `there is no file ${absent.path}.`;
    await expect(beginCeremony(key, folder, absent, quiet, places)).to.be.rejectedWith(gone);
  });

  it("refuses a circuit that is not the recorded one", async () => {
    const other = { ...key, sha256: { ...key.sha256, "score.r1cs": "00" } };
    await expect(endCeremony(other, folder, phase1, at("initial.zkey"), quiet)).to.be.rejectedWith(
      `score.r1cs in ${folder} is missing or not that recorded for the circuit of 64 rows.`,
    );
  });

  it("gives out no key without a contribution, which a ZkProof refuses too", async () => {
    await expect(end(at("initial.zkey"))).to.be.rejectedWith(
      `${at("initial.zkey")} has no contribution: everybody could forge proofs against it.`,
    );
    snarkjs("zkey", "export", "verificationkey", at("initial.zkey"), at("initial.json"));
    const initial = JSON.parse(readFileSync(at("initial.json"), "utf8")) as SnarkjsKey;
    const factory = await ethers.getContractFactory("ZkProof");
    await expect(factory.deploy(encodeKey(initial), ONE_ATTEMPT)).to.be.revertedWithCustomError(
      factory,
      "KeyGammaIsDelta",
    );
  });

  it("refuses a key that does not follow from the phase 1 and contributions", async () => {
    const bytes = readFileSync(at("first.zkey"));
    const points = sectionsOf(bytes).get(A_POINTS)!;
    points[points.length >> 1]! ^= 1;
    writeFileSync(at("forged.zkey"), bytes);
    await expect(end(at("forged.zkey"))).to.be.rejectedWith(
      `${at("forged.zkey")} does not come from this circuit, this phase 1 and contributions to them.`,
    );
    expect((await end(at("first.zkey"))).isDevelopment).to.equal(false);
  });

  it("refuses a phase 1 that is too small, and leaves the files as they were", async () => {
    const small = makePhase1(places, 3);
    const [names, initial] = [readdirSync(folder), readFileSync(at("initial.zkey"))];
    await expect(beginCeremony(key, folder, small, quiet, places)).to.be.rejectedWith(
      `${small.path} is too small for the circuit, or not prepared for phase 2`,
    );
    expect(readdirSync(folder)).to.deep.equal(names);
    expect(readFileSync(at("initial.zkey")).equals(initial)).to.equal(true);
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

    before(async () => {
      copyFileSync(setupFile("score.zkey"), at("development.zkey"));
      const { code } = await zkSetup(places, ...optionsOf(phase1), "--final", at("first.zkey"));
      expect(code).to.equal(0);
      expect(readKey(CAPACITY, places).isDevelopment).to.equal(false);
    });

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
      copyFileSync(at("development.zkey"), setupFile("score.zkey"));
      await refused(`score.zkey in ${there()} ${REMEDY}`);
    });
  });
});
