// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { exactly, fraction, whole, type Bounds } from "../../../sdk/evaluation/fraction";
import { baselineScore, candidateScore, scaleOf } from "../../../sdk/evaluation/scale";
import { buildSpec, expectRefusal } from "./support";

const UP = scaleOf(buildSpec());
const DOWN = scaleOf(buildSpec({ metric: "mse", lo: 0, hi: 2 }));
const LN = scaleOf(buildSpec({ metric: "perplexity", f: "ln", lo: 1, hi: 100 }));
const TINY = 10n ** 30n;

const ratio = (num: bigint, den: bigint): Bounds => exactly(fraction(num, den));
/** [as a baseline, as a candidate] */
const scores = (scale: typeof UP, value: Bounds): [number, number] => {
  const score = scale.score(value, "model");
  return [baselineScore(score, scale.sign), candidateScore(score, scale.sign)];
};

describe("evaluate: scale", () => {
  it("scores credit-default's areas 7494 and 7988", () => {
    expect(scores(UP, ratio(314728n, 420000n))[0]).to.equal(7494);
    expect(scores(UP, ratio(335520n, 420000n))[1]).to.equal(7988);
  });

  describe("to maximise", () => {
    it("keeps a score that is a whole number of bps, such as 0.7494, whichever fraction gives it", () => {
      expect(scores(UP, ratio(7494n, 10000n))).to.deep.equal([7494, 7494]);
      expect(scores(UP, ratio(157374n, 210000n))).to.deep.equal([7494, 7494]);
    });

    it("rounds a baseline up and a candidate down, however little is missing", () => {
      expect(scores(UP, ratio(7494n * TINY + 1n, 10000n * TINY))).to.deep.equal([7495, 7494]);
      expect(scores(UP, ratio(7494n * TINY - 1n, 10000n * TINY))).to.deep.equal([7494, 7493]);
    });

    it("is exact where doubles would take a bps from the candidate or add one to the baseline", () => {
      expect([Math.floor(10000 * 0.0003), Math.ceil(10000 * (7 / 25))]).to.deep.equal([2, 2801]);
      expect(scores(UP, ratio(3n, 10000n))).to.deep.equal([3, 3]);
      expect(scores(UP, ratio(7n, 25n))).to.deep.equal([2800, 2800]);
    });
  });

  describe("to minimise", () => {
    it("scales by hi − lo", () => {
      expect(scores(DOWN, ratio(1n, 2n))).to.deep.equal([2500, 2500]);
    });

    it("rounds a baseline down and a candidate up", () => {
      expect(scores(DOWN, ratio(TINY + 1n, TINY))).to.deep.equal([5000, 5001]);
      expect(scores(DOWN, ratio(TINY - 1n, TINY))).to.deep.equal([4999, 5000]);
    });

    it("subtracts lo", () => {
      const scale = scaleOf(buildSpec({ metric: "mse", lo: 0.1, hi: 0.3 }));
      expect(scores(scale, ratio(1n, 10n))).to.deep.equal([0, 0]);
      expect(scores(scale, ratio(2n, 10n))).to.deep.equal([5000, 5000]);
      expect(scores(scale, ratio(3n, 10n))).to.deep.equal([10000, 10000]);
    });
  });

  describe("with f = ln", () => {
    // 10000·ln 2 / ln 100 = 1505.149978…, mpmath.
    it("scores ln x between ln lo and ln hi", () => {
      expect(scores(LN, exactly(whole(2)))).to.deep.equal([1505, 1506]);
    });

    it("stays on the scale at its ends", () => {
      expect(scores(LN, exactly(whole(1)))).to.deep.equal([0, 0]);
      expect(scores(LN, exactly(whole(100)))).to.deep.equal([9999, 10000]);
    });

    it("stays on the scale where the logarithm of lo is irrational", () => {
      const scale = scaleOf(buildSpec({ metric: "perplexity", f: "ln", lo: 2, hi: 100 }));
      expect(scores(scale, exactly(whole(2)))).to.deep.equal([0, 1]);
    });

    it("never overstates a value on a whole number of bps", () => {
      expect(scores(LN, exactly(whole(10)))).to.deep.equal([4999, 5001]);
    });
  });

  describe("given uncertain bounds", () => {
    it("takes the end that costs the improvement", () => {
      const unsure = { low: fraction(4999n, 10000n), high: fraction(5001n, 10000n) };
      expect(scores(UP, unsure)).to.deep.equal([5001, 4999]);
      expect(scores(DOWN, unsure)).to.deep.equal([2499, 2501]);
    });
  });

  describe("outside lo … hi", () => {
    it("refuses the least step below", () => {
      expectRefusal(
        () => UP.score(ratio(-1n, TINY), "candidate"),
        "OUT_OF_RANGE",
        "candidate: accuracy is -1e-30, expected 0 … 1 as the benchmark states",
      );
    });

    it("refuses the least step above", () => {
      expectRefusal(
        () => DOWN.score(ratio(2n * TINY + 1n, TINY), "baseline"),
        "OUT_OF_RANGE",
        "baseline: mse is 2, expected 0 … 2 as the benchmark states",
      );
    });

    it("refuses bounds that may lie outside", () => {
      const unsure = (value: bigint): Bounds => ({
        low: fraction(value * TINY - 1n, TINY),
        high: fraction(value * TINY + 1n, TINY),
      });
      expect(() => UP.score(unsure(1n), "candidate")).to.throw("expected 0 … 1");
      expect(() => UP.score(unsure(0n), "candidate")).to.throw("expected 0 … 1");
    });

    it("accepts both ends", () => {
      expect(scores(UP, exactly(whole(0)))).to.deep.equal([0, 0]);
      expect(scores(UP, exactly(whole(1)))).to.deep.equal([10000, 10000]);
    });
  });

  it("turns differences of f into bps", () => {
    expect([UP.toBps(0.5), DOWN.toBps(0.5), LN.toBps(Math.log(10))]).to.deep.equal([5000, 2500, 5000]);
    expect([UP.f(3), LN.f(1), UP.slope(3), LN.slope(4)]).to.deep.equal([3, 0, 1, 0.25]);
    expect([UP.fromBps(5000), DOWN.fromBps(5000), UP.isLinear, LN.isLinear]).to.deep.equal([0.5, 1, true, false]);
  });
});
