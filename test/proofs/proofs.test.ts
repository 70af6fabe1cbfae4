import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { asSolidity, assignmentsOf } from "../../scripts/dev/proofs/assembly";
import { withoutBits } from "../../scripts/dev/proofs/bits";
import { lemmasOf } from "../../scripts/dev/proofs/modelChecker";
import { PROOF_MUTANTS } from "../../scripts/dev/proofs/mutants";
import { rangesOf, type Range } from "../../scripts/dev/proofs/ranges";
import { spliced, withPlainMinus, withPlainReverts } from "../../scripts/dev/proofs/splice";
import { LEMMAS_OF_RANGES } from "../../scripts/dev/proofs/widths";

const ROOT = join(__dirname, "../..");
const SPECIFICATIONS = join(__dirname, "smt");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const lemmasOfContracts = readdirSync(SPECIFICATIONS).flatMap((file) =>
  lemmasOf(readFileSync(join(SPECIFICATIONS, file), "utf8")),
);

const lemmas = [...lemmasOfContracts, ...LEMMAS_OF_RANGES];

const SOURCE = `contract Pool {
    uint256 private constant BPS = 100_00; // 100 %
    address public immutable token;

    function fee(uint256 amount) private view returns (uint256) {
        if (amount == 0) revert Errors.Invalid(amount, (1));
        return (amount * BPS) / block.timestamp;
    }

    function pay(bytes32 id, uint256[] calldata amounts) external {
        Account storage account = _accounts[id];
        for (uint256 i; i < amounts.length; ++i) {
            account.paid += amounts[i];
        }
        emit Paid(account.paid);
    }
}
`;

const WORD = 2n ** 256n;
const bitsOf = (name: string, width = 256) =>
  `(ite (>= ${name} 0) ((_ int2bv ${width}) ${name}) (bvneg ((_ int2bv ${width}) (- ${name}))))`;
const queryOf = (operation: string, constant: bigint) =>
  `(set-logic ALL)\n(assert (= y ${constant}))\n(assert (= z (bv2nat (${operation} ${bitsOf("x")} ${bitsOf("y")}))))\n`;

describe("proofs @uninstrumented", () => {
  it("have unique names, which docs/testing.md lists", () => {
    const documented = [...read("docs/testing.md").matchAll(/^\| `(\w+)` +\| `\w+\.(?:sol|ts)` /gm)].map(
      ([, name]) => name!,
    );

    expect(lemmas).to.have.length.above(10);
    expect(new Set(lemmas).size).to.equal(lemmas.length);
    expect(documented.sort()).to.deep.equal([...lemmas].sort());
  });

  it("have a mutant each, whose original the source contains exactly once", () => {
    expect([...new Set(PROOF_MUTANTS.map(({ lemma }) => lemma))].sort()).to.deep.equal([...lemmas].sort());
    for (const { file, from } of PROOF_MUTANTS) expect(read(file).split(from), `${file}: ${from}`).to.have.length(2);
  });

  describe("when a specification names code", () => {
    it("copies declarations word for word, with immutables and the time as internal variables", () => {
      expect(spliced("    //@ from Pool.sol: BPS, token, fee", () => SOURCE)).to.equal(
        [
          "    uint256 private constant BPS = 100_00;",
          "    address internal token;",
          "    function fee(uint256 amount) private view returns (uint256) {",
          "        if (amount == 0) revert Errors.Invalid(amount, (1));",
          "        return (amount * BPS) / _now;",
          "    }",
        ].join("\n"),
      );
    });

    it("copies a function with a statement in place of its loop, and writes named items out", () => {
      expect(spliced("    //@ from Pool.sol: pay {_payAll();}", () => SOURCE)).to.equal(
        [
          "    function pay(bytes32 id, uint256[] calldata amounts) internal {",
          "",
          "        _payAll();",
          "        emit Paid(_accounts[id].paid);",
          "    }",
        ].join("\n"),
      );
    });

    it("copies the body of a loop", () => {
      expect(spliced("    //@ loop Pool.sol: pay", () => SOURCE).trim()).to.equal("account.paid += amounts[i];");
    });

    it("copies lines from the first to the last that it names", () => {
      expect(spliced("    //@ lines Pool.sol: if (amount … return", () => SOURCE)).to.equal(
        "        if (amount == 0) revert Errors.Invalid(amount, (1));\n        return (amount * BPS) / _now;",
      );
    });

    it("refuses a name that the source does not declare, and a line that it contains twice", () => {
      expect(() => spliced("//@ from Pool.sol: price", () => SOURCE)).to.throw(
        "Pool.sol: declaration of price: expected one, found 0.",
      );
      expect(() => spliced("//@ lines Pool.sol: } … return", () => SOURCE)).to.throw(
        "Pool.sol: line that begins with }: expected one, found 4.",
      );
    });
  });

  describe("when a query has operations on bits", () => {
    const asked = (operation: string, constant: bigint) =>
      /\(= z (.*)\)\)\n/.exec(withoutBits(queryOf(operation, constant)))?.[1];

    it("keeps operations on fewer bits than a word", () => {
      const query = `(set-logic ALL)\n(assert (= z (bv2nat (bvshl ${bitsOf("x", 40)} ${bitsOf("y", 40)}))))\n`;

      expect(withoutBits(query)).to.equal(query);
    });

    it("refuses a query that binds names", () => {
      for (const binding of ["let ((x 1))", "forall ((x Int))", "exists ((x Int))"])
        expect(() => withoutBits(`(set-logic ALL)\n(assert (${binding} (= x 1)))\n`)).to.throw("binds names");
    });

    it("replaces shifts by products and quotients of powers of two", () => {
      expect(asked("bvshl", 3n)).to.equal(`(ite (= y 3) (mod (* (mod x ${WORD}) 8) ${WORD}) |word_0|)`);
      expect(asked("bvlshr", 3n)).to.equal(`(ite (= y 3) (div (mod x ${WORD}) 8) |word_0|)`);
    });

    it("replaces a bit that is read or set by a digit", () => {
      expect(asked("bvand", 4n)).to.equal(`(ite (= y 4) (* (mod (div (mod x ${WORD}) 4) 2) 4) |word_0|)`);
      expect(asked("bvor", 4n)).to.equal(
        `(ite (= y 4) (ite (= (mod (div (mod x ${WORD}) 4) 2) 1) (mod x ${WORD}) (+ (mod x ${WORD}) 4)) |word_0|)`,
      );
    });

    it("replaces a narrower number by a remainder", () => {
      expect(withoutBits(`(assert (= z (bv2nat ${bitsOf("x", 72)})))`)).to.equal(`(assert (= z (mod x ${2n ** 72n})))`);
    });

    it("replaces a shift that varies by a product or quotient of some power of two", () => {
      const query = withoutBits(queryOf("bvlshr", 3n).replace("(= y 3)", "(< y 3)") + "(check-sat)\n");

      expect(query).to.equal(
        [
          "(set-logic ALL)",
          "(declare-fun |power| (Int) Int)",
          "(assert (< y 3))",
          `(assert (= z (div (mod x ${WORD}) (|power| y))))`,
          "(assert (=> (<= 0 y) (< y (|power| y))))",
          "(assert (=> (= y 0) (= (|power| y) 1)))",
          `(assert (=> (< y 256) (<= (|power| y) ${2n ** 255n})))`,
          `(assert (=> (<= 256 y) (<= ${WORD} (|power| y))))`,
          "(check-sat)\n",
        ].join("\n"),
      );
    });

    it("replaces the union of disjoint bits by a sum", () => {
      const or = `(bv2nat (bvor ${bitsOf("x")} ${bitsOf("y")}))`;
      expect(withoutBits(`(assert (= y (bv2nat ${bitsOf("w", 8)})))(assert (= z ${or}))`)).to.equal(
        `(assert (= y (mod w 256)))(assert (= z (ite (and (= (mod (mod x ${WORD}) 256) 0) (<= 0 y) (< y 256)) (+ (mod x ${WORD}) y) |word_0|)))`,
      );
    });

    it("bounds the union of other bits from below by both operands", () => {
      const query = withoutBits(queryOf("bvor", 3n).replace("(= y 3)", "(< y 3)"));

      expect(query.split("\n").slice(-2)).to.deep.equal([
        `(assert (=> (<= 0 y) (and (<= (mod x ${WORD}) |word_0|) (<= y |word_0|))))`,
        "",
      ]);
    });

    it("replaces an operation without such a form by any word", () => {
      expect(withoutBits(queryOf("bvxor", 4n))).to.equal(
        `(set-logic ALL)\n(declare-fun |word_0| () Int)\n(assert (and (<= 0 |word_0|) (< |word_0| ${WORD})))\n(assert (= y 4))\n(assert (= z |word_0|))\n`,
      );
    });
  });

  it("replace typed reverts by plain ones, at which the model checker stops", () => {
    expect(withPlainReverts("if (a) revert Errors.Invalid(f(a),\n  (1)); b();")).to.equal("if (a) revert()\n; b();");
  });

  it("subtract a constant from zero instead of negating it", () => {
    expect(withPlainMinus("f(x, -ERROR, -y) == -ERROR")).to.equal("f(x, 0 - ERROR, -y) == 0 - ERROR");
  });

  describe("given lines of assembly", () => {
    it("translates them to Solidity on signed integers, with a power of two for a shift that varies", () => {
      expect(
        asSolidity("let z := sdiv(shl(127, sub(n, m)), add(n, m)) // rounds\n  m := shl(k, mul(m, sgt(z, 0)))"),
      ).to.equal(
        "int256 z = (((n - m) * 2 ** 127) / (n + m));\nm = ((m * (z > 0 ? int256(1) : int256(0))) * _powerOf[k]);",
      );
      expect(asSolidity("k := shr(0x10, gt(m, n))")).to.equal(
        "k = int256(uint256((uint256(m) > uint256(n) ? int256(1) : int256(0))) / uint256(2 ** 16));",
      );
    });

    it("refuses a function without a translation, and anything but an assignment", () => {
      expect(() => asSolidity("k := byte(k, m)")).to.throw("byte has no form in Solidity");
      expect(() => asSolidity("sstore(0, 1)")).to.throw("expected :=, found (");
      expect(() => asSolidity("let k := add(1, 2")).to.throw("ends too early");
    });
  });

  describe("given ranges of operands", () => {
    const found = (text: string, names: Record<string, Range>) => rangesOf(assignmentsOf(text), names)["x"];

    it("encloses every result", () => {
      expect(found("x := sub(mul(a, b), sdiv(a, 2))", { a: [-3n, 5n], b: [-1n, 4n] })).to.deep.equal([-14n, 21n]);
      expect(found("x := add(div(a, b), shr(1, a))", { a: [4n, 9n], b: [2n, 3n] })).to.deep.equal([3n, 8n]);
      expect(found("x := add(shl(3, a), sgt(a, 1))", { a: [1n, 2n] })).to.deep.equal([8n, 17n]);
      expect(found("x := or(shl(2, lt(2, a)), gt(1, a))", { a: [3n, 9n] })).to.deep.equal([4n, 4n]);
      expect(found("x := byte(a, 0x0707)", { a: [30n, 31n] })).to.deep.equal([7n, 7n]);
    });

    it("refuses operations that may wrap, lose bits or divide by zero", () => {
      const a: Range = [1n, 1n << 254n];
      expect(() => found("x := add(a, a)", { a })).to.throw("add may leave the word");
      expect(() => found("x := shl(2, a)", { a })).to.throw("shl may leave the word");
      expect(() => found("x := sdiv(a, sub(a, 1))", { a })).to.throw("a divisor may be zero or negative");
    });

    it("refuses unsigned operations on what may be negative, and results that are not decided", () => {
      const a: Range = [-1n, 1n];
      for (const text of ["div(a, 2)", "shr(1, a)", "lt(a, 2)"])
        expect(() => found(`x := ${text}`, { a }), text).to.throw("an unsigned operand may be negative");
      expect(() => found("x := or(b, 1)", { b: [0n, 1n] })).to.throw("an operand may be one of several");
      expect(() => found("x := byte(b, 0x0708)", { b: [30n, 31n] })).to.throw("byte may be one of several");
      expect(() => found("x := y", {})).to.throw("y has no range");
    });
  });
});
