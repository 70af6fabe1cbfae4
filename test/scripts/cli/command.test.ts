// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { fileName, fileNames, flag, readCommandLine } from "../../../scripts/cli/command";

const USAGE = `usage: npm run tool -- options [<file> ...]
  --out <file>             where to write
  --model <file> ...       may be given several times
  --phase1-hash <hash>     a name of letters, digits and hyphens
  --json                   without a value
  --help                   print this text`;

describe("command line", () => {
  it("reads the options of the usage, with one value, several or none, and the files", () => {
    const args = ["a.csv", "--out", "o.json", "--model", "a", "--model", "b", "--json", "--phase1-hash=x", "b.csv"];
    const { options, paths } = readCommandLine(USAGE, args)!;
    expect(options.read("out", fileName)).to.equal("o.json");
    expect(options.read("model", fileNames)).to.deep.equal(["a", "b"]);
    expect(options.read("phase1-hash", fileName)).to.equal("x");
    expect(options.read("json", flag, false)).to.equal(true);
    expect(paths).to.deep.equal(["a.csv", "b.csv"]);
    options.refuse("options");
  });

  it("has no option or file that was not given", () => {
    const { options, paths } = readCommandLine(USAGE, [])!;
    expect(["out", "model", "json", "help"].filter((name) => options.has(name))).to.deep.equal([]);
    expect(paths).to.deep.equal([]);
  });

  it("asks for the usage if --help is given, whatever else is", () => {
    expect(readCommandLine(USAGE, ["--help", "--out", "o.json"])).to.equal(undefined);
    expect(readCommandLine("usage: npm run tool", ["--help"])).to.equal(undefined);
  });

  it("refuses an option that the usage does not name, and a file where it names none", () => {
    expect(() => readCommandLine(USAGE, ["--in", "a"])).to.throw("Unknown option '--in': see --help.");
    expect(() => readCommandLine(USAGE, ["--out"])).to.throw("Option '--out <value>' argument missing: see --help.");
    expect(() => readCommandLine(USAGE, ["--json=1"])).to.throw(
      "Option '--json' does not take an argument: see --help.",
    );
    expect(() => readCommandLine(USAGE, ["--out", "--json"])).to.throw(
      "Option '--out' argument is ambiguous: see --help.",
    );
    expect(() => readCommandLine("usage: npm run tool -- [options]", ["a"])).to.throw(
      "Unexpected argument 'a': see --help.",
    );
  });
});
