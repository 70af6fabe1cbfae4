import { expect } from "chai";
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { main } from "../../../scripts/zk-setup";
import {
  differingFiles,
  hashSetup,
  readKey,
  recordedSetup,
  setupFolder,
  writeKey,
  type Places,
} from "../../../sdk/node/circuitKeys";
import { useProject, useSetup } from "../../circuits/setup";
import { runScript } from "../../../scripts/dev/world/process";
import { useFolder } from "../statements/support";

describe("zk:setup @uninstrumented", () => {
  const folder = useFolder();

  useSetup(64);

  const run = (...args: string[]) => runIn(undefined, ...args);

  async function runIn(places: Places | undefined, ...args: string[]) {
    const [out, err]: [string[], string[]] = [[], []];
    const code = await main(args, { out: (text) => out.push(text), err: (text) => err.push(text) }, places);
    return { code, out: out.join("\n"), err: err.join("\n") };
  }

  it("leaves a setup that matches the record as it is, even as a process of its own", async () => {
    const line = ".build/zk/64 is there and as recorded.";
    expect(await run("64")).to.deep.equal({ code: 0, out: line, err: "" });
    const outcome = await runScript("scripts/zk-setup.ts", ["64"]);
    expect(outcome).to.deep.equal({ code: 0, stdout: `${line}\n`, stderr: "" });
  });

  describe("given a project without keys", () => {
    const places = useProject("score");

    it("makes no setup, as there is nothing to compare it with", async () => {
      expect(await runIn(places, "64")).to.deep.equal({
        code: 1,
        out: "",
        err: "zk:setup: there is no key for 64 rows: expected 64, 1024, 4096, 16384.",
      });
    });
  });

  describe("given a project with the key of another circuit", () => {
    /** What is said while a development setup is made. */
    const PROGRESS = ["5 constraints", "development phase 1 for 2^4 constraints", "phase 2"];
    const places = useProject("small");
    const folder = relative(process.cwd(), setupFolder(64, places));
    const makeIt = (...options: string[]) => runIn(places, ...options, "64");

    before(async () => expect((await makeIt("--record")).code).to.equal(0));

    it("makes a setup again if a file differs, with the same hashes", async () => {
      const recorded = recordedSetup(64, places);
      writeFileSync(join(recorded.folder, "score.zkey"), "damaged");
      expect(await differingFiles(recorded)).to.deep.equal(["score.zkey"]);
      const { code, out, err } = await makeIt();
      expect(code, err).to.equal(0);
      expect(out).to.match(/^\.build\/zk-test-[\w-]+\/zk\/64 made in \d+ s, as recorded: 5 constraints\.$/);
      expect(err.split("\n")).to.deep.equal(PROGRESS);
      expect(await differingFiles(recorded)).to.deep.equal([]);
    });

    it("makes a setup again with --force even if nothing differs", async () => {
      expect(await makeIt()).to.deep.equal({ code: 0, out: `${folder} is there and as recorded.`, err: "" });
      const { code, out, err } = await makeIt("--force");
      expect(code, err).to.equal(0);
      expect(out).to.match(/ made in \d+ s, as recorded: 5 constraints\.$/);
      expect(err.split("\n")).to.deep.equal(PROGRESS);
    });

    it("reports a result that differs from the record", async () => {
      const key = readKey(64, places);
      writeKey({ ...key, sha256: { ...key.sha256, "score.wasm": "00" } }, places);
      const { code, out, err } = await makeIt("--force");
      expect([code, out]).to.deep.equal([1, ""]);
      expect(err.split("\n")).to.deep.equal([
        ...PROGRESS,
        `zk:setup: score.wasm in ${folder} differ from what is recorded.`,
      ]);
    });

    it("records the key again with --record", async () => {
      const { code, out } = await makeIt("--record");
      expect(code).to.equal(0);
      expect(out).to.match(/ made in \d+ s and recorded\.$/);
      expect(readKey(64, places)).to.deep.include({ constraints: 5, sha256: await hashSetup(setupFolder(64, places)) });
    });
  });

  it("prints its usage", async () => {
    const { code, out } = await run("--help");
    expect(code).to.equal(0);
    expect(out).to.match(/^usage: npm run zk:setup -- \[options\] \[<rows>\] .* 64, 1024, 4096, 16384; default 1024\n/);
  });

  const HASH = "ab".repeat(64);
  const refusals: [string, string[], string][] = [
    ["an unknown number of rows", ["100"], 'rows are "100", expected one of 64, 1024, 4096, 16384.'],
    ["two numbers of rows", ["64", "1024"], 'unexpected argument "1024", expected one number of rows.'],
    ["an unknown option", ["--fast"], "Unknown option '--fast'"],
    [
      "a phase 1 without its published hash",
      ["--phase1", "p.ptau", "64"],
      "options: --phase1-hash is missing, expected 128 hexadecimal digits, in lower case.",
    ],
    [
      "a malformed hash",
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
    ["a missing phase 1", ["--phase1", "p.ptau", "--phase1-hash", HASH, "64"], "there is no file p.ptau."],
  ];
  for (const [name, args, line] of refusals) {
    it(`refuses ${name} in one line`, async () => {
      const { code, out, err } = await run(...args);
      expect([code, out]).to.deep.equal([1, ""]);
      expect(err.split("\n")).to.have.length(1);
      expect(err.slice(0, "zk:setup: ".length + line.length)).to.equal(`zk:setup: ${line}`);
    });
  }

  it("refuses a phase 1 whose hash is not the published one", async () => {
    const file = folder.write("p.ptau", "");
    const { err } = await run("--phase1", file, "--phase1-hash", HASH, "64");
    expect(err).to.match(
      new RegExp(`^zk:setup: ${file} has the BLAKE2b hash [0-9a-f]{128}, not the published ${HASH}\\.$`),
    );
  });
});
