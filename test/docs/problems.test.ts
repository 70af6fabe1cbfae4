import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Problem, PROBLEMS, type ProblemCode } from "../../sdk/base/problem";

const PAGE = readFileSync(join(__dirname, "../../docs/problems.md"), "utf8");

describe("docs/problems.md", () => {
  it("lists every code of the library with its meaning", () => {
    const rows = [...PAGE.matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\|$/gm)].map(([, code, meaning]) => [code, meaning]);

    expect(rows).to.deep.equal(Object.entries(PROBLEMS));
  });

  it("names the codes whose exit code is 2", () => {
    const [, named] = /^Exit code 2 belongs to (.+), exit code 1 to the others\.$/m.exec(PAGE) ?? [];
    const codes = Object.keys(PROBLEMS) as ProblemCode[];

    expect([...named!.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code)).to.deep.equal(
      codes.filter((code) => new Problem(code, "").exitCode === 2),
    );
  });
});
