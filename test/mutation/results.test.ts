import { expect } from "chai";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { decisiveTests, digestBehind, Results } from "../../scripts/dev/mutation/results";

describe("verdicts on mutants @uninstrumented", () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "verdicts-"))));
  afterEach(() => rmSync(root, { recursive: true }));

  describe("given verdicts of earlier runs", () => {
    it("are found by their mutant, the last one first", () => {
      const path = join(root, "mutation/results.jsonl");
      const verdict = { mutant: "a", tests: "b", outcome: "survived" } as const;
      new Results(path).add(verdict);
      new Results(path).add({ ...verdict, tests: "c" });

      expect(new Results(path).find("a")).to.deep.equal({ ...verdict, tests: "c" });
      expect(new Results(path).find("b")).to.equal(undefined);
    });

    it("survive a line that was torn off, whatever its last character", () => {
      const path = join(root, "results.jsonl");
      for (const [at, torn] of ['{"mutant":"x","killer":{}', '{"mutant":"y'].entries()) {
        new Results(path).add({ mutant: `before ${at}`, tests: "", outcome: "killed" });
        appendFileSync(path, `\n${torn}`);
        new Results(path).add({ mutant: `after ${at}`, tests: "", outcome: "killed" });
      }

      for (const mutant of ["before 0", "after 0", "before 1", "after 1"])
        expect(new Results(path).find(mutant)).to.include({ mutant });
      expect(new Results(path).find("x")).to.equal(undefined);
    });
  });

  describe("given the tests that a verdict follows from", () => {
    const tests = ["test/a.test.ts", "test/b.test.ts"];
    const killedBy = (file: string) => ({ outcome: "killed", killer: { file, test: "fails", error: "" } }) as const;

    it("are the file that killed the mutant", () => {
      expect(decisiveTests(killedBy("test/b.test.ts"), tests)).to.deep.equal(["test/b.test.ts"]);
    });

    it("are all if it survived, if a test did not end, and if the file that killed it is gone", () => {
      for (const verdict of [{ outcome: "survived" } as const, killedBy(""), killedBy("test/gone.test.ts")])
        expect(decisiveTests(verdict, tests)).to.deep.equal(tests);
    });

    it("are none if no test ran", () => {
      for (const outcome of ["equivalent", "invalid"] as const)
        expect(decisiveTests({ outcome }, tests)).to.deep.equal([]);
    });
  });

  describe("given the files behind a verdict", () => {
    const PATHS = ["test", "scripts", "package-lock.json"];
    const write = (file: string, text: string) => {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    };
    beforeEach(() => PATHS.forEach((path) => write(path.includes(".") ? path : `${path}/a.ts`, "")));

    const changes = [
      ...["scripts/dev/a.ts", "scripts/dev/a.cjs", "test/fixtures/points.json", "test/fixtures/points.csv"],
      "package-lock.json",
    ];
    for (const file of changes)
      it(`have another digest after a change in ${file}`, () => {
        const before = digestBehind(root, PATHS);
        write(file, "new");

        expect(digestBehind(root, PATHS)).not.to.equal(before);
      });

    const others = [
      ...["test/a.test.ts", "test/solidity/A.t.sol", "test/solidity/Handler.sol", "test/mutation/answers.json"],
      "deploy/a.ts",
    ];
    for (const file of others)
      it(`have the same digest after a change in ${file}`, () => {
        const before = digestBehind(root, PATHS);
        write(file, "new");

        expect(digestBehind(root, PATHS)).to.equal(before);
      });
  });
});
