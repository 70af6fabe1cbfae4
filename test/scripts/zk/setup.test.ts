import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { main } from "../../../scripts/zk-setup";
import { differingFiles, readKey, recordedSetup, writeKey, type Places } from "../../../scripts/zk/prover";
import { useSetup } from "../../circuits/setup";
import { useFolder } from "../attest/support";

const ROOT = resolve(__dirname, "../../..");
const BUILD = join(ROOT, ".build"); // the compiler writes below the project alone

describe("zk:setup @uninstrumented", () => {
  const folder = useFolder();

  useSetup(64);

  const run = (...args: string[]) => runIn(undefined, ...args);

  async function runIn(places: Places | undefined, ...args: string[]) {
    const [out, err]: [string[], string[]] = [[], []];
    const code = await main(args, { out: (text) => out.push(text), err: (text) => err.push(text) }, places);
    return { code, out: out.join("\n"), err: err.join("\n") };
  }

  it("leaves alone what is there and as recorded", async () => {
    expect(await run("64")).to.deep.equal({ code: 0, out: ".build/zk/64 is there and as recorded.", err: "" });
  });

  describe("in a project without keys", () => {
    const PROGRESS = ["1267 constraints", "development phase 1 for 2^11 constraints", "phase 2"];
    let places: Places;

    before(() => {
      const build = mkdtempSync(join(BUILD, "setup-test-"));
      places = { keys: build, build };
    });

    after(() => rmSync(places.build, { recursive: true }));

    const runThere = (...args: string[]) => runIn(places, ...args);

    it("makes nothing to compare with", async () => {
      expect(await runThere("64")).to.deep.equal({
        code: 1,
        out: "",
        err: "zk:setup: there is no key for 64 rows: expected 64, 1024, 4096, 16384.",
      });
    });

    it("makes and records a key: the one that is recorded here", async function () {
      this.timeout(300_000);
      const { code, out, err } = await runThere("--record", "64");
      expect(code, err).to.equal(0);
      expect(out).to.match(/^\.build\/setup-test-\w+\/zk\/64 made in \d+ s and recorded\.$/);
      expect(err.split("\n")).to.deep.equal(PROGRESS);
      expect(readKey(64, places)).to.deep.equal(readKey(64));
    });

    it("makes a setup again where a file differs, with the same hashes", async function () {
      this.timeout(300_000);
      const recorded = recordedSetup(64, places);
      writeFileSync(join(recorded.folder, "score.zkey"), "damaged");
      expect(await differingFiles(recorded)).to.deep.equal(["score.zkey"]);
      const { code, out, err } = await runThere("64");
      expect(code, err).to.equal(0);
      expect(out).to.match(/^\.build\/setup-test-\w+\/zk\/64 made in \d+ s, as recorded: 1267 constraints\.$/);
      expect(err.split("\n")).to.deep.equal(PROGRESS);
      expect(await differingFiles(recorded)).to.deep.equal([]);
    });

    it("makes it again when it is told to, and says what came out other than recorded", async function () {
      this.timeout(300_000);
      const key = readKey(64, places);
      writeKey({ ...key, sha256: { ...key.sha256, "score.wasm": "00" } }, places);
      const { code, out, err } = await runThere("--force", "64");
      expect([code, out]).to.deep.equal([1, ""]);
      expect(err.split("\n").slice(0, -1)).to.deep.equal(PROGRESS);
      expect(err).to.match(
        /\nzk:setup: score\.wasm in \.build\/setup-test-\w+\/zk\/64 came out other than recorded\.$/,
      );
    });
  });

  it("prints its usage", async () => {
    const { code, out } = await run("--help");
    expect(code).to.equal(0);
    expect(out).to.match(/^usage: npm run zk:setup -- \[options\] \[<rows>\] .* 64, 1024, 4096, 16384; default 1024\n/);
  });

  const HASH = "ab".repeat(64);
  const refusals: [string, string[], string][] = [
    ["another number of rows", ["100"], 'rows are "100", expected one of 64, 1024, 4096, 16384.'],
    ["two numbers of rows", ["64", "1024"], 'unexpected argument "1024", expected one number of rows.'],
    ["an unknown option", ["--fast"], "Unknown option '--fast'"],
    [
      "a phase 1 without its published hash",
      ["--phase1", "p.ptau", "64"],
      "options: --phase1-hash is missing, expected 128 hexadecimal digits, in lower case.",
    ],
    [
      "a hash of another kind",
      ["--phase1", "p.ptau", "--phase1-hash", "ab", "64"],
      'options: --phase1-hash is "ab", expected 128 hexadecimal digits, in lower case.',
    ],
    [
      "the end of a ceremony without its phase 1",
      ["--final", "final.zkey", "64"],
      "options: --phase1 is missing, expected text of 1 to 1024 bytes; --phase1-hash is missing, expected 128 hexadecimal digits, in lower case.",
    ],
    [
      "a ceremony for a development key",
      ["--record", "--phase1", "p.ptau", "--phase1-hash", HASH, "64"],
      "options: --force and --record are for development keys.",
    ],
    ["a phase 1 that is not there", ["--phase1", "p.ptau", "--phase1-hash", HASH, "64"], "there is no file p.ptau."],
  ];
  for (const [name, args, line] of refusals) {
    it(`refuses ${name} in one line`, async () => {
      const { code, out, err } = await run(...args);
      expect([code, out]).to.deep.equal([1, ""]);
      expect(err.split("\n")).to.have.length(1);
      expect(err.slice(0, "zk:setup: ".length + line.length)).to.equal(`zk:setup: ${line}`);
    });
  }

  it("refuses a phase 1 with another hash than was published", async () => {
    const file = folder.write("p.ptau", "");
    const { err } = await run("--phase1", file, "--phase1-hash", HASH, "64");
    expect(err).to.match(
      new RegExp(`^zk:setup: ${file} has the BLAKE2b hash [0-9a-f]{128}, not the published ${HASH}\\.$`),
    );
  });
});
