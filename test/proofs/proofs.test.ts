import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROOF_MUTANTS } from "../../scripts/dev/proofs/mutants";
import { spliced, withPlainReverts } from "../../scripts/dev/proofs/splice";

const ROOT = join(__dirname, "../..");
const SPECIFICATIONS = join(__dirname, "smt");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const lemmas = readdirSync(SPECIFICATIONS).flatMap((file) =>
  [...readFileSync(join(SPECIFICATIONS, file), "utf8").matchAll(/^    function lemma_(\w+)\(/gm)].map(
    ([, name]) => name!,
  ),
);

const SOURCE = `contract Pool {
    uint256 private constant BPS = 100_00; // 100 %
    address public immutable token;

    function fee(uint256 amount) private view returns (uint256) {
        if (amount == 0) revert Errors.Invalid(amount, (1));
        return (amount * BPS) / block.timestamp;
    }
}
`;

describe("Proofs @uninstrumented", () => {
  it("have a name of their own each, which docs/testing.md lists", () => {
    const documented = [...read("docs/testing.md").matchAll(/^\| `(\w+)` +\| `\w+\.sol` /gm)].map(([, name]) => name!);

    expect(lemmas).to.have.length.above(10);
    expect(documented.sort()).to.deep.equal([...new Set(lemmas)].sort());
  });

  it("have a mutant each, of which the source has the original once", () => {
    expect([...new Set(PROOF_MUTANTS.map(({ lemma }) => lemma))].sort()).to.deep.equal([...lemmas].sort());
    for (const { file, from } of PROOF_MUTANTS) expect(read(file).split(from), `${file}: ${from}`).to.have.length(2);
  });

  describe("when a specification names code", () => {
    it("takes declarations word for word, with immutables as variables and the time as a variable", () => {
      expect(spliced("    //@ from Pool.sol: BPS, token, fee", () => SOURCE)).to.equal(
        [
          "    uint256 private constant BPS = 100_00;",
          "    address public token;",
          "    function fee(uint256 amount) private view returns (uint256) {",
          "        if (amount == 0) revert Errors.Invalid(amount, (1));",
          "        return (amount * BPS) / _now;",
          "    }",
        ].join("\n"),
      );
    });

    it("takes lines from the first to the last that it names", () => {
      expect(spliced("    //@ lines Pool.sol: if (amount … return", () => SOURCE)).to.equal(
        "        if (amount == 0) revert Errors.Invalid(amount, (1));\n        return (amount * BPS) / _now;",
      );
    });

    it("refuses a name that the source does not declare, and a line that it has twice", () => {
      expect(() => spliced("//@ from Pool.sol: price", () => SOURCE)).to.throw(
        "Pool.sol: declaration of price: expected one, found 0.",
      );
      expect(() => spliced("//@ lines Pool.sol: } … return", () => SOURCE)).to.throw(
        "Pool.sol: line that begins with }: expected one, found 2.",
      );
    });
  });

  it("let every typed revert be one that the model checker stops at", () => {
    expect(withPlainReverts("if (a) revert Errors.Invalid(f(a),\n  (1)); b();")).to.equal("if (a) revert()\n; b();");
  });
});
