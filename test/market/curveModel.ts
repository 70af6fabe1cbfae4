import { Decimal } from "decimal.js";

/** What a trade asks of the curve. */
export type Side = "buy" | "sell" | "buyExactOut";

/** One evaluation of the curve; amounts in smallest units. */
export interface CurvePoint {
  readonly side: Side;
  readonly supply: bigint;
  readonly reserve: bigint;
  readonly amount: bigint;
  readonly crrPpm: bigint;
}

/** A power (n/m)^(p/q) of integers. */
export interface Power {
  readonly n: bigint;
  readonly m: bigint;
  readonly p: bigint;
  readonly q: bigint;
}

/** Parts per million in one. */
export const PPM = 1_000_000n;

// 120 digits: even where 2^-112 of the supply is traded at 1 ppm, 80 remain.
const Real = Decimal.clone({ precision: 120, toExpNeg: -1_000_000, toExpPos: 1_000_000, minE: -9e15, maxE: 9e15 });

/** The real value of a point, from the formulas, with at least 80 significant digits. */
export function exactValue({ side, supply, reserve, amount, crrPpm }: CurvePoint): Decimal {
  const [S, R, x] = [supply, reserve, amount].map((value) => new Real(value.toString())) as [Decimal, Decimal, Decimal];
  const w = new Real(crrPpm.toString()).div(PPM.toString());
  switch (side) {
    case "buy":
      return S.mul(x.div(R).add(1).pow(w).sub(1));
    case "sell":
      return R.mul(new Real(1).sub(new Real(1).sub(x.div(S)).pow(new Real(1).div(w))));
    case "buyExactOut":
      return R.mul(x.div(S).add(1).pow(new Real(1).div(w)).sub(1));
  }
}
