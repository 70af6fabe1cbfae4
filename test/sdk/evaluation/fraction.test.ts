// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { at } from "../../../sdk/evaluation/at";
import {
  add,
  ceil,
  compare,
  divide,
  exponential,
  exactly,
  floor,
  fraction,
  logarithm,
  multiply,
  parseDecimal,
  product,
  root,
  subtract,
  toNumber,
  whole,
  type Bounds,
  type Fraction,
} from "../../../sdk/evaluation/fraction";

const DIGITS = 10n ** 48n;
const THIRD = fraction(1n, 3n);

function expectEqual(actual: Fraction, expected: Fraction): void {
  expect(compare(actual, expected), `${actual.num}/${actual.den}`).to.equal(0);
}

/** The bounds lie around the value, given to 48 decimals, and within 1e-48 of it. */
function expectEnclosed({ low, high }: Bounds, decimals: string): void {
  const below = parseDecimal(decimals) as Fraction;
  const above = add(below, fraction(1n, DIGITS));
  expect(compare(low, high)).to.equal(-1);
  expect(compare(low, below)).to.equal(1);
  expect(compare(high, above)).to.equal(-1);
}

describe("evaluate: fractions", () => {
  describe("parseDecimal", () => {
    const cases: [string, bigint, bigint][] = [
      ["0", 0n, 1n],
      ["-0", 0n, 1n],
      ["+12", 12n, 1n],
      ["0.279962", 279962n, 10n ** 6n],
      ["-.5", -5n, 10n],
      ["5.", 5n, 1n],
      ["1e3", 1000n, 1n],
      ["1.25E+1", 125n, 10n],
      ["-2.5e-7", -25n, 10n ** 8n],
    ];
    for (const [text, num, den] of cases) {
      it(`reads "${text}" exactly`, () => {
        expectEqual(parseDecimal(text) as Fraction, fraction(num, den));
      });
    }

    for (const text of [
      "",
      " ",
      ".",
      "NaN",
      "nan",
      "inf",
      "-Infinity",
      "1e999",
      "1e9999",
      "0x10",
      "1,5",
      "1 2",
      "--1",
      "1e",
      "1e1.5",
    ]) {
      it(`refuses "${text}"`, () => {
        expect(parseDecimal(text)).to.equal(undefined);
      });
    }
  });

  describe("arithmetic", () => {
    it("adds, subtracts, multiplies and divides exactly", () => {
      expectEqual(add(THIRD, fraction(1n, 6n)), fraction(1n, 2n));
      expectEqual(subtract(THIRD, whole(1)), fraction(-2n, 3n));
      expectEqual(multiply(THIRD, fraction(-3n)), whole(-1));
      expectEqual(divide(THIRD, fraction(-2n, 5n)), fraction(-5n, 6n));
    });

    it("keeps denominators positive and orders values", () => {
      expect(fraction(1n, -2n)).to.deep.equal({ num: -1n, den: 2n });
      expect([
        compare(THIRD, fraction(1n, 2n)),
        compare(THIRD, fraction(2n, 6n)),
        compare(THIRD, fraction(-1n, 2n)),
      ]).to.deep.equal([-1, 0, 1]);
    });

    it("rounds down and up on both sides of zero and on it", () => {
      const values = [fraction(-7n, 2n), fraction(-4n, 2n), fraction(0n), fraction(4n, 2n), fraction(7n, 2n)];
      expect(values.map(floor)).to.deep.equal([-4n, -2n, 0n, 2n, 3n]);
      expect(values.map(ceil)).to.deep.equal([-3n, -2n, 0n, 2n, 4n]);
    });

    it("gives the nearest double", () => {
      expect(toNumber(THIRD)).to.equal(1 / 3);
      expect(toNumber(fraction(10n ** 400n, 3n * 10n ** 400n))).to.equal(1 / 3);
    });
  });

  describe("bounds", () => {
    it("are exact for a root that is a finite decimal", () => {
      expectEqual(root(fraction(9n, 16n), 2).low, fraction(3n, 4n));
      expectEqual(root(fraction(9n, 16n), 2).high, fraction(3n, 4n));
      expectEqual(root(fraction(1n, 16n), 4).low, fraction(1n, 2n));
      expectEqual(root(fraction(0n), 4).high, fraction(0n));
    });

    // Expected digits: mpmath, 50 digits.
    it("enclose irrational roots", () => {
      expectEnclosed(root(whole(2), 2), "1.414213562373095048801688724209698078569671875376");
      expectEnclosed(root(whole(2), 4), "1.189207115002721066717499970560475915292972092463");
    });

    it("enclose exponentials and logarithms, and are exact at e^0 and ln 1", () => {
      expectEnclosed(exponential(whole(1)), "2.718281828459045235360287471352662497757247093699");
      expectEnclosed(logarithm(exactly(whole(2))), "0.693147180559945309417232121458176568075500134360");
      expect(exponential(whole(0))).to.deep.equal(exactly(whole(1)));
      expect(logarithm(exactly(fraction(7n, 7n)))).to.deep.equal(exactly(whole(0)));
    });

    it("take the outer ends through logarithms and products", () => {
      const wide = { low: whole(1), high: whole(2) };
      expectEqual(logarithm(wide).low, whole(0));
      expect(toNumber(logarithm(wide).high)).to.equal(Math.LN2);
      expect(product(wide, { low: whole(3), high: whole(5) })).to.deep.equal({ low: whole(3), high: whole(10) });
    });
  });

  it("refuses an index outside a list", () => {
    expect(() => at([1, 2], 2)).to.throw(RangeError, "index 2 is outside a list of 2");
    expect(at([1, 2], 1)).to.equal(2);
  });
});
