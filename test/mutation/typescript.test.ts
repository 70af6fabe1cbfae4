import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { MutantAnswer } from "../../scripts/dev/mutation/answers";
import { describeMutants, withMutant, type ListedMutant } from "../../scripts/dev/stryker/mutants";
import { codeOf, MUTATED_PARTS, testsOf } from "../../scripts/dev/stryker/parts";
import { TypeChecker } from "../../scripts/dev/stryker/types";

const ROOT = resolve(__dirname, "../..");
const FILE = "sdk/fees.ts";

const SOURCE = `const RATES = [1, 2];

export class Fees {
  constructor(private readonly rate: bigint) {
    if (rate < 0n) throw new Error("negative");
  }

  of(amount: bigint): bigint {
    const rounded = (value: bigint) => value + 1n;
    return rounded(amount * this.rate);
  }
}

export function isFree(fee: bigint): boolean {
  if (fee > 0n) {
    return false;
  }
  return true;
}
`;

/** What Stryker lists when it replaces a text that the source has once. */
function listed(text: string, replacement: string): ListedMutant {
  const placeOf = (offset: number) => {
    const lines = SOURCE.slice(0, offset).split("\n");
    return { line: lines.length - 1, column: lines.at(-1)!.length };
  };
  const at = SOURCE.indexOf(text);
  const place = { start: placeOf(at), end: placeOf(at + text.length) };
  return { key: text, file: FILE, kind: "Any", replacement, ...place };
}

function described(text: string, replacement: string): Omit<MutantAnswer, "reason"> {
  const [mutant] = describeMutants(SOURCE, [listed(text, replacement)]);
  const { file, within, original, mutated } = mutant!;
  return { file, within, original, mutated };
}

describe("mutants of TypeScript @uninstrumented", () => {
  describe("given a mutant on one line", () => {
    it("is described by the line before and after, and the enclosing function", () => {
      expect(described("fee > 0n", "fee >= 0n")).to.deep.equal({
        file: FILE,
        within: "isFree",
        original: "if (fee > 0n) {",
        mutated: "if (fee >= 0n) {",
      });
    });

    it("names constructors, methods, nested functions and constants as the enclosing code", () => {
      expect(described("rate < 0n", "false").within).to.equal("Fees.constructor");
      expect(described("amount * this.rate", "amount / this.rate").within).to.equal("Fees.of");
      expect(described("value + 1n", "value - 1n").within).to.equal("Fees.of.rounded");
      expect(described("[1, 2]", "[]")).to.deep.equal({
        file: FILE,
        within: "RATES",
        original: "const RATES = [1, 2];",
        mutated: "const RATES = [];",
      });
    });
  });

  describe("given a mutant on several lines", () => {
    it("is described on one line", () => {
      const { original, mutated } = described("{\n    return false;\n  }", "{}");

      expect(original).to.equal("if (fee > 0n) { return false; }");
      expect(mutated).to.equal("if (fee > 0n) {}");
    });
  });

  it("keep the fields of the mutation tool", () => {
    const mutant = listed("fee > 0n", "true");

    expect(describeMutants(SOURCE, [mutant])[0]).to.include(mutant);
  });

  it("are inserted into the source", () => {
    for (const text of ["const RATES", "fee > 0n", "{\n    return false;\n  }"])
      expect(withMutant(SOURCE, listed(text, "here"))).to.equal(SOURCE.replace(text, "here"));
  });

  it("are left out if the compiler refuses them for more than unused names", () => {
    const types = new TypeChecker(ROOT);
    const accepts = (text: string) => types.accepts(join(ROOT, "sdk/imagined.ts"), text);
    const source = (body: string) =>
      `export type Code = "A";\nexport function f(code: Code | undefined, n: number): Code { ${body} }\n`;

    expect(accepts(source('return code ?? "A";'))).to.equal(true);
    expect(accepts(source('return code ?? "";'))).to.equal(false);
    expect(accepts(source('if (false) return "A"; return code;'))).to.equal(false);
    expect(accepts(source('return "A"'))).to.equal(true);
    expect(accepts(source("return (;"))).to.equal(false);
  });

  it("are judged with every other source as it is", () => {
    const types = new TypeChecker(ROOT);
    const units = join(ROOT, "scripts/dev/world/units.ts");

    expect(types.accepts(units, "export const USDC = 1;")).to.equal(true);
    expect(
      types.accepts(
        join(ROOT, "scripts/dev/world/imagined.ts"),
        'import { USDC } from "./units"; export const n: bigint = USDC;',
      ),
    ).to.equal(true);
  });

  it("have unique answers with reasons in typescript.json", () => {
    const answers = JSON.parse(readFileSync(join(__dirname, "typescript.json"), "utf8")) as MutantAnswer[];
    const names = answers.map(({ file, within, original, mutated }) => [file, within, original, mutated].join("\n"));

    expect(names).to.deep.equal([...new Set(names)]);
    expect(answers.filter(({ reason }) => reason.length < 20)).to.deep.equal([]);
    expect(answers.filter(({ file }) => !existsSync(join(ROOT, file)))).to.deep.equal([]);
  });

  it("are made in statements, evaluation and duties, and exclude tests that start processes", () => {
    const { statements, evaluation, duties } = MUTATED_PARTS;

    expect(codeOf(ROOT, statements!)).to.include("sdk/statements/claim.ts");
    expect(codeOf(ROOT, evaluation!)).to.include("sdk/evaluation/evaluate.ts");
    expect(codeOf(ROOT, duties!)).to.include("operator/duties/submit.ts");
    expect(testsOf(ROOT, statements!)).to.include("test/sdk/statements/claim.test.ts");
    expect(testsOf(ROOT, statements!)).not.to.include("test/sdk/statements/cli.test.ts");
    expect(testsOf(ROOT, evaluation!)).to.include("test/sdk/evaluation/cli.test.ts");
    expect(testsOf(ROOT, duties!)).to.include("test/operator/submit.test.ts");
    expect(testsOf(ROOT, duties!)).not.to.include("test/operator/process.test.ts");
  });
});
