// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ascending, isBelow, parseDigits, sumParts } from "../../../sdk/evaluation/columns";
import { compare, fraction, type Fraction } from "../../../sdk/evaluation/fraction";
import { brierScores } from "../../../sdk/evaluation/losses";

const SAFE = Number.MAX_SAFE_INTEGER;

describe("evaluate: columns", () => {
  describe("digits of a decimal", () => {
    it("with an exponent are multiplied by its power of ten", () => {
      expect(parseDigits("25e2")).to.deep.equal({ digits: 2500, decimals: 0 });
      expect(parseDigits("-1.25E+1")).to.deep.equal({ digits: -125, decimals: 1 });
      expect(parseDigits("1.5e-7")).to.deep.equal({ digits: 15, decimals: 8 });
    });

    it("are doubles up to the safe integers of both signs, and big integers beyond", () => {
      expect(parseDigits("9007199254740991")).to.deep.equal({ digits: SAFE, decimals: 0 });
      expect(parseDigits("-9007199254740991")).to.deep.equal({ digits: -SAFE, decimals: 0 });
      expect(parseDigits("9007199254740992")).to.deep.equal({ digits: 2n ** 53n, decimals: 0 });
      expect(parseDigits("-9007199254740992")).to.deep.equal({ digits: -(2n ** 53n), decimals: 0 });
    });

    it("may have 400 decimals and no more", () => {
      expect(parseDigits("1e-400")).to.deep.equal({ digits: 1, decimals: 400 });
      expect(parseDigits("1e-401")).to.equal(undefined);
    });
  });

  it("sums are exact where doubles would round, for both signs", () => {
    const whole = { of: new Uint8Array(3), count: 1 };
    expect(sumParts(Float64Array.of(SAFE, SAFE, 1), whole)).to.deep.equal([2n ** 54n - 1n]);
    expect(sumParts(Float64Array.of(-SAFE, -SAFE, -1), whole)).to.deep.equal([1n - 2n ** 54n]);
  });

  it("integers are below a bound only if their absolute values are", () => {
    expect(isBelow(Float64Array.of(1, -1), 2)).to.equal(true);
    expect(isBelow(Float64Array.of(1, 2), 2)).to.equal(false);
    expect(isBelow(Float64Array.of(1, -2), 2)).to.equal(false);
  });

  it("integers are in ascending order by their values", () => {
    expect([ascending(2, 1), ascending(1, 2), ascending(2n, 2n)]).to.deep.equal([1, -1, 0]);
  });

  describe("Brier scores of three classes", () => {
    const scoreOf = (digits: readonly bigint[], decimals: number): Fraction => {
      const columns = digits.map((digit) => ({
        integers: decimals < 15 ? Float64Array.of(Number(digit)) : [digit],
        decimals,
      }));
      const scores = brierScores(columns, Uint8Array.of(0), undefined, () => new Error("refused"));
      return fraction(BigInt(scores.integers[0] as number | bigint), 10n ** BigInt(scores.decimals));
    };

    it("add the squares of all classes: 0.25 + 0.09 + 0.04", () => {
      expect(compare(scoreOf([5n, 3n, 2n], 1), fraction(38n, 100n))).to.equal(0);
    });

    it("add the squares exactly where doubles cannot hold them", () => {
      const unit = 10n ** 18n;
      const [a, b] = [5n * 10n ** 17n + 1n, 3n * 10n ** 17n];
      const c = unit - a - b;
      expect(compare(scoreOf([a, b, c], 18), fraction((unit - a) ** 2n + b ** 2n + c ** 2n, unit ** 2n))).to.equal(0);
    });
  });
});
