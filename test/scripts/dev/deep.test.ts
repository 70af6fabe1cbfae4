import { expect } from "chai";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { countersIn, sumReached } from "../../../scripts/dev/deep/counters";
import { digestsOfBuild, Forge, type DeepOutcome } from "../../../scripts/dev/deep/forge";
import { commandOf, DEEP_TOTALS, deepPlan, WALK, type DeepPart, type DeepTest } from "../../../scripts/dev/deep/plan";
import { digestOf } from "../../../scripts/dev/mutation/results";
import { deepReport, deepFigures, unreachedIn } from "../../../scripts/dev/deep/report";
import { DeepResults } from "../../../scripts/dev/deep/results";
import { runParts } from "../../../scripts/dev/deep/run";

const ROOT = resolve(__dirname, "../../..");

const TESTS: DeepTest[] = [
  { contract: "CurveTest", name: "testFuzz_rises" },
  { contract: "PoolTest", name: "testFuzz_pays" },
  { contract: "PoolTest", name: "test_paysOnce" },
  { contract: "PoolTest", name: "invariant_covers" },
  { contract: "PoolTest", name: "invariant_owes" },
];
const [BUILDS, OTHERS] = ["build", "another"].map(
  (build) => new Map(TESTS.map(({ contract }) => [contract, build])),
) as [Map<string, string>, Map<string, string>];
const TOTALS = { fuzzRuns: 1_001, invariantCalls: 101 * WALK };

const amountOf = (parts: readonly DeepPart[]) => parts.reduce((sum, { runs, depth }) => sum + runs * depth, 0);
const isWalked = ({ name }: DeepTest) => name.startsWith("invariant_");
const passing = ({ runs, depth }: DeepPart, reached = {}): DeepOutcome => ({
  passed: { seconds: 2, done: runs * depth, reached },
});

describe("npm run test:deep @uninstrumented", () => {
  let folder: string;
  let file: string;
  let record: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "deep-"));
    [file, record] = [join(folder, "deep/results.jsonl"), join(folder, "record.jsonl")];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  describe("given the plan", () => {
    const parts = deepPlan(TESTS, TOTALS, 7);

    it("has amounts that sum exactly to the totals", () => {
      expect(amountOf(parts.filter((part) => !isWalked(part)))).to.equal(1_001);
      expect(amountOf(parts.filter(isWalked))).to.equal(101 * WALK);
    });

    it("sums to 25 million runs and 20 million calls by default", () => {
      const whole = deepPlan(TESTS, DEEP_TOTALS, 1);

      expect(amountOf(whole.filter((part) => !isWalked(part)))).to.equal(25_000_000);
      expect(amountOf(whole.filter(isWalked))).to.equal(20_000_000);
    });

    it("contains the fuzz tests and the invariants, and no other test", () => {
      expect([...new Set(parts.map(({ contract, name }) => `${contract}.${name}`))]).to.deep.equal([
        ...["PoolTest.invariant_covers", "PoolTest.invariant_owes"],
        ...["CurveTest.testFuzz_rises", "PoolTest.testFuzz_pays"],
      ]);
    });

    it("contains a part of each test before the next part of any", () => {
      const names = parts.map(({ name }) => name);

      expect(names).to.deep.equal(Array.from({ length: parts.length / 4 }, () => names.slice(0, 4)).flat());
      expect(new Set(names.slice(0, 4)).size).to.equal(4);
    });

    it("gives each part a different seed", () => {
      expect(parts.map((part) => part.seed)).to.deep.equal(parts.map((_, i) => 70_000 + i));
    });

    it("names the command that repeats a part", () => {
      const part = { contract: "PoolTest", name: "testFuzz_pays", seed: 70_003, runs: 50, depth: 1 };

      expect(commandOf(part)).to.equal(
        "FUZZ_SEED=70003 FUZZ_RUNS=50 npm run test:solidity -- --match-contract '^PoolTest$' --match-test '^testFuzz_pays\\b'",
      );
      expect(commandOf({ ...part, name: "invariant_owes", depth: 200 })).to.equal(
        "FUZZ_SEED=70003 INVARIANT_RUNS=50 INVARIANT_DEPTH=200 npm run test:solidity -- --match-contract '^PoolTest$' --match-test '^invariant_owes\\b'",
      );
    });
  });

  describe("given the counters of states", () => {
    const structs = countersIn([
      "struct Pair {\n    address to;\n    uint256 amount;\n}\n\nstruct Reached {\n    uint256 filled;\n    uint256 refused; // by the cap\n}\n",
    ]);
    const word = (value: number) => value.toString(16).padStart(64, "0");

    it("are the fields of those structs that consist of numbers", () => {
      expect([...structs]).to.deep.equal([["Reached", ["filled", "refused"]]]);
    });

    it("are summed over the walks, without the one that forge repeats", () => {
      const lines = [`Reached 0x${word(1)}${word(0)}`, `Reached 0x${word(255)}${word(2)}`];

      expect(sumReached([...lines, lines[1], ""].join("\n"), structs, 2)).to.deep.equal({
        "Reached.filled": 256,
        "Reached.refused": 2,
      });
    });

    it("are refused if their number differs from the struct's", () => {
      expect(() => sumReached(`Reached 0x${word(1)}\n`, structs, 1)).to.throw("Reached: expected 2 counters, found 1.");
    });
  });

  describe("when the parts run", () => {
    const parts = deepPlan(TESTS, TOTALS, 1);
    const runAll = async (results: DeepResults, most = Infinity, failing?: DeepPart) => {
      const ran: DeepPart[] = [];
      const failures = await runParts(parts, results, {
        atOnce: 2,
        run: async (part) => {
          ran.push(part);
          return part === failing ? { failed: "1 != 2" } : passing(part);
        },
        isOver: () => ran.length >= most,
        told: () => undefined,
      });
      return { ran, failures };
    };

    it("continues where it was interrupted, even in the middle of a line", async () => {
      expect((await runAll(new DeepResults(file, record, BUILDS), 3)).ran).to.deep.equal(parts.slice(0, 3));
      appendFileSync(file, '\n{"key":"an');

      expect((await runAll(new DeepResults(file, record, BUILDS), 5)).ran).to.deep.equal(parts.slice(3, 8));
      expect((await runAll(new DeepResults(file, record, BUILDS))).ran).to.deep.equal(parts.slice(8));
      expect((await runAll(new DeepResults(file, record, BUILDS))).ran).to.deep.equal([]);
    });

    it("starts again when what is compiled has changed", async () => {
      await runAll(new DeepResults(file, record, BUILDS));

      expect((await runAll(new DeepResults(file, record, OTHERS))).ran).to.deep.equal(parts);
    });

    it("continues elsewhere from the record, which has each part that passed, in order", async () => {
      const results = new DeepResults(file, record, BUILDS);
      await runAll(results, 3);
      results.keep(parts);
      const lines = readFileSync(record, "utf8").split("\n");
      expect(lines.pop()).to.equal("");
      expect(lines.map((line) => JSON.parse(line) as object)).to.deep.equal(
        parts.slice(0, 3).map(({ contract, name, seed, runs, depth }) => ({
          key: digestOf("build", contract, name, ...[seed, runs, depth].map(String)),
          ...{ test: `${contract}.${name}`, seed, done: runs * depth, seconds: 2, reached: {} },
        })),
      );

      const elsewhere = new DeepResults(join(folder, "elsewhere/results.jsonl"), record, BUILDS);
      expect((await runAll(elsewhere)).ran).to.deep.equal(parts.slice(3));
      elsewhere.keep(parts);
      expect(readFileSync(record, "utf8").split("\n")).to.have.length(parts.length + 1);
      expect((await runAll(new DeepResults(join(folder, "third.jsonl"), record, OTHERS))).ran).to.deep.equal(parts);
      const changed = new Map([...BUILDS, ["PoolTest", "another"]]);
      expect((await runAll(new DeepResults(join(folder, "fourth.jsonl"), record, changed))).ran).to.deep.equal(
        parts.filter(({ contract }) => contract === "PoolTest"),
      );
    });

    it("keeps in the record what has passed with other seeds", async () => {
      const others = deepPlan(TESTS, TOTALS, 2);
      const results = new DeepResults(file, record, BUILDS);
      await runAll(results, 3);
      results.keep(parts);
      const before = readFileSync(record, "utf8");
      const later = new DeepResults(file, record, BUILDS);
      later.add(others[0]!, { seconds: 1, done: 1, reached: {} });
      later.keep(others);
      const after = readFileSync(record, "utf8");

      expect(after.startsWith(before)).to.equal(true);
      expect((JSON.parse(after.slice(before.length)) as { seed: number }).seed).to.equal(20_000);
    });

    it("continues after a part that fails, and tries that one again the next time", async () => {
      const { ran, failures } = await runAll(new DeepResults(file, record, BUILDS), Infinity, parts[2]);

      expect(ran).to.deep.equal(parts);
      expect(failures).to.deep.equal([{ part: parts[2], reason: "1 != 2" }]);
      expect((await runAll(new DeepResults(file, record, BUILDS))).ran).to.deep.equal([parts[2]]);
    });
  });

  describe("given the report", () => {
    const parts = deepPlan(
      TESTS.filter(({ contract }) => contract === "PoolTest"),
      TOTALS,
      1,
    );
    const walked = parts.filter(isWalked);
    function resultsOf(some: readonly DeepPart[], reached: Record<string, number>): DeepResults {
      const results = new DeepResults(file, record, BUILDS);
      for (const part of some) results.add(part, { seconds: 2, done: part.runs * part.depth, reached });
      return results;
    }

    it("states what was done of the plan, in what time, and which states were reached", () => {
      const results = resultsOf(walked.slice(0, 2), { "Reached.filled": 3, "Reached.refused": 0 });
      const [invariants, fuzz] = deepFigures(parts, results);
      const done = amountOf(walked.slice(0, 2));

      expect(fuzz).to.deep.include({ contract: "PoolTest", kind: "fuzz runs", tests: 1, planned: 1_001, done: 0 });
      expect(invariants).to.deep.equal({
        contract: "PoolTest",
        kind: "invariant calls",
        tests: 2,
        planned: 101 * WALK,
        done,
        seconds: 4,
        reached: { "Reached.filled": 6, "Reached.refused": 0 },
        isRepresentative: true,
      });
      const report = deepReport(deepFigures(parts, results), [10_000, 10_029]);
      expect(report).to.contain(`${done.toLocaleString("en-GB")} of 20,200 invariant calls in 4 seconds of processes`);
      expect(report).to.contain("seeds 10000 to 10029");
      expect(report).to.contain("PoolTest reached Reached.filled 6, Reached.refused 0");
    });

    it("names a state that no walk reached once every invariant of the suite was walked", () => {
      const reached = { "Reached.filled": 3, "Reached.refused": 0 };

      expect(unreachedIn(deepFigures(parts, resultsOf(walked.slice(0, 1), reached)))).to.deep.equal([]);
      expect(unreachedIn(deepFigures(parts, resultsOf(walked.slice(1, 2), reached)))).to.deep.equal([
        "PoolTest: Reached.refused",
      ]);
    });
  });

  it("starts again after a change in bytecode, settings or forge, but not in comments", () => {
    const settings = ["test/solidity/foundry.toml", "scripts/dev/test-solidity.mjs"];
    for (const path of ["package.json", ...settings]) cpSync(join(ROOT, path), join(folder, path));
    const out = join(folder, ".build/forge/out");
    const compile = (contract: string, object: string, comment = "") => {
      mkdirSync(join(out, `${contract}.t.sol`), { recursive: true });
      const artifact = { bytecode: { object }, metadata: { comment } };
      writeFileSync(join(out, `${contract}.t.sol/${contract}.json`), JSON.stringify(artifact));
    };
    const digest = (...contracts: string[]) => digestsOfBuild(folder, contracts).get(contracts[0]!);
    compile("ATest", "0x00");
    compile("BTest", "0x01");
    const digests = [digest("ATest", "BTest")];
    expect(digest("ATest")).to.equal(digests[0]);
    compile("ATest", "0x00", "new");
    compile("BTest", "0x02");
    expect(digest("ATest", "BTest")).to.equal(digests[0]);

    compile("ATest", "0x03");
    digests.push(digest("ATest", "BTest"), digest("BTest"));
    for (const path of settings) {
      appendFileSync(join(folder, path), "\n");
      digests.push(digest("ATest", "BTest"));
    }
    const manifest = join(folder, "package.json");
    writeFileSync(manifest, readFileSync(manifest, "utf8").replace(/(forge-linux-amd64": ")[\d.]+/, "$10.0.1"));
    digests.push(digest("ATest", "BTest"));

    expect(new Set(digests).size).to.equal(6);
    expect(() => digest("CTest")).to.throw("forge has compiled 0 contracts CTest, expected one.");
  });

  describe("given the record of the repository", () => {
    const lines = readFileSync(join(ROOT, "test/solidity/deep.jsonl"), "utf8").trim().split("\n");
    const entries = lines.map((line) => JSON.parse(line) as { test: string; seed: number; done: number });

    it("has no part twice", () => {
      expect(new Set(entries.map(({ seed }) => seed)).size).to.equal(entries.length);
    });

    it("is what docs/testing.md says has been run", () => {
      const count = (kind: string) =>
        entries.filter(({ test }) => test.includes(`.${kind}_`)).reduce((sum, { done }) => sum + done, 0);
      const grouped = (number: number) => number.toLocaleString("en-GB");

      expect(readFileSync(join(ROOT, "docs/testing.md"), "utf8")).to.contain(
        `The record has ${grouped(entries.length)} of the 1,340 parts, all with the default seed: ` +
          `${grouped(count("invariant"))} calls and ${grouped(count("testFuzz"))} inputs`,
      );
    });
  });

  describe("when forge runs the suites of test/solidity/gate", () => {
    const forge = new Forge(ROOT, {
      FOUNDRY_SRC: "test/solidity/gate",
      FOUNDRY_TEST: "test/solidity/gate",
      FOUNDRY_SKIP: "[]",
      FOUNDRY_OUT: ".build/gate/deep/out",
      FOUNDRY_CACHE_PATH: ".build/gate/deep/cache",
    });
    const part = (contract: string, name: string, depth: number) => ({ contract, name, seed: 5, runs: 3, depth });

    it("finds their tests", async () => {
      expect(await forge.tests()).to.have.deep.members([
        { contract: "CountingTest", name: "invariant_passes" },
        { contract: "CountingTest", name: "testFuzz_passes" },
        { contract: "FailingTest", name: "invariant_handlerFails" },
        { contract: "FailingTest", name: "testFuzz_fails" },
        { contract: "FailingTest", name: "test_fails" },
        { contract: "PassingTest", name: "test_passes" },
      ]);
    });

    it("counts the inputs of a fuzz test, and the calls of an invariant with the states that they reach", async () => {
      const fuzz = await forge.run(part("CountingTest", "testFuzz_passes", 1));
      const walks = await forge.run(part("CountingTest", "invariant_passes", 4));

      expect(fuzz).to.have.nested.property("passed.done", 3);
      expect(fuzz).to.have.deep.nested.property("passed.reached", {});
      expect(walks).to.have.nested.property("passed.done", 12);
      expect(walks).to.have.deep.nested.property("passed.reached", {
        "CountingReached.called": 12,
        "CountingReached.never": 0,
      });
    });

    it("states why a part fails, and how to repeat it", async () => {
      const failing = part("FailingTest", "invariant_handlerFails", 4);
      const outcome = await forge.run(failing);

      expect(outcome).to.have.property("failed").that.contains("in a handler").and.contains(commandOf(failing));
    });
  });
});
