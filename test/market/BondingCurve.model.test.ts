import { expect } from "chai";
import { Decimal } from "decimal.js";
import vectors from "../fixtures/bonding-curve.json";
import { type CurvePoint, exactValue, type Side } from "./curveModel";
import { exactExponent, exactFixed, MODEL_ERROR, powerOf, UNIT } from "./curveModelFixed";
import { Random } from "../helpers/random";
import { anyPoint, describePoint, isAnswered, poolPoint } from "./BondingCurve.support";

const POINTS = 500; // per side and kind of point
const VECTOR_DIGITS = new Decimal("1e-59");

const Real = Decimal.clone({ precision: 160 });

describe("BondingCurve, its two reference models @uninstrumented", () => {
  it("agree with the 60 digits of all published points", () => {
    for (const vector of vectors) {
      const point: CurvePoint = {
        side: vector.side as Side,
        supply: BigInt(vector.supply),
        reserve: BigInt(vector.reserve),
        amount: BigInt(vector.amount),
        crrPpm: BigInt(vector.crrPpm),
      };
      const published = new Real(vector.exact);
      expectWithin(point, exactValue(point), published, published.mul(VECTOR_DIGITS));
      expectWithin(
        point,
        toReal(exactFixed(point).lower),
        published,
        published.mul(VECTOR_DIGITS).add(toReal(2n * MODEL_ERROR)),
      );
    }
  });

  for (const side of ["buy", "sell", "buyExactOut"] as const) {
    for (const draw of [anyPoint, poolPoint]) {
      it(`${side}: the bounds of the bigint model enclose decimal.js, ${draw.name}`, () => {
        const random = new Random(`models/${side}/${draw.name}`);
        for (let checked = 0; checked < POINTS;) {
          const point = draw(random, side);
          if (!isAnswered(point)) continue;
          checked++;
          const exact = exactValue(point);
          const { lower, upper } = exactFixed(point);
          if (exact.lt(toReal(lower)) || exact.gt(toReal(upper)))
            expect.fail(`${describePoint(point)}: ${exact} outside`);
        }
      });
    }
  }

  it("the exponent of the bigint model agrees with decimal.js", () => {
    const random = new Random("models/exponent");
    for (let i = 0; i < POINTS; i++) {
      const power = powerOf(anyPoint(random, "buy"));
      const [n, m, p, q] = [power.n, power.m, power.p, power.q].map((value) => new Real(value.toString())) as [
        Decimal,
        Decimal,
        Decimal,
        Decimal,
      ];
      const difference = n
        .div(m)
        .log(2)
        .mul(p)
        .div(q)
        .sub(toReal(exactExponent(power)));
      expect(difference.abs().lt(toReal(MODEL_ERROR)), `${power.n}/${power.m}`).to.equal(true);
    }
  });
});

function expectWithin(point: CurvePoint, actual: Decimal, expected: Decimal, tolerance: Decimal): void {
  if (actual.sub(expected).abs().gt(tolerance)) expect.fail(`${describePoint(point)}: ${actual}, expected ${expected}`);
}

function toReal(fixed: bigint): Decimal {
  return new Real(fixed.toString()).div(UNIT.toString());
}
