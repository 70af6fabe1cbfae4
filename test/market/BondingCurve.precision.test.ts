import { expect } from "chai";
import { ethers } from "hardhat";
import type { BondingCurveHarness } from "../../.build/typechain";
import type { CurvePoint, Side } from "./curveModel";
import { exactFixed, powerOf, UNIT } from "./curveModelFixed";
import { Random } from "../helpers/random";
import {
  anyPoint,
  compute,
  describePoint,
  DOWN,
  EXP2_ERROR,
  isAnswered,
  LOG2_ERROR,
  poolPoint,
  UP,
} from "./BondingCurve.support";

// CURVE_POINTS asks for more points, CURVE_SEED for others; with either, what was measured is printed.
const POINTS = Number(process.env["CURVE_POINTS"] ?? 120_000);
const SEED = process.env["CURVE_SEED"] ?? "precision";
const isReported = [process.env["CURVE_POINTS"], process.env["CURVE_SEED"]].some((value) => value !== undefined);

const SIDES = ["buy", "sell", "buyExactOut"] as const;
const POINTS_PER_TEST = Math.ceil(POINTS / SIDES.length / 2);
const CHUNK = 5_000;
const TIMEOUT = 900_000 + 10 * POINTS_PER_TEST; // milliseconds: any number may be asked for
const LN2_UP = { numerator: 6_932n, denominator: 10_000n };

/** Supply plus tokens, or reserve plus cost, up to which one unit is promised at 5 % or more. */
const ONE_UNIT_LIMIT = 2n ** 111n * UNIT;

interface Measured {
  answered: number;
  refused: number;
  worst: bigint;
  gas: bigint[];
}

describe("BondingCurve precision @uninstrumented", () => {
  let harness: BondingCurveHarness;

  before(async () => {
    harness = await ethers.deployContract("BondingCurveHarness");
  });

  for (const side of SIDES) {
    const promise = side === "buyExactOut" ? "never below the exact value" : "never above the exact value";

    it(`P8: ${side} is ${promise}, and within its bound, in the whole domain`, async function () {
      this.timeout(TIMEOUT);
      const { answered } = await measure(side, anyPoint, () => undefined);
      expect(answered).to.be.greaterThan(POINTS_PER_TEST / 4);
    });

    it(`P8: ${side} is ${promise}, and within one unit, in pools that can exist`, async function () {
      this.timeout(TIMEOUT);
      let ofOneUnit = 0;
      await measure(side, poolPoint, (point, moved, off) => {
        if (moved > ONE_UNIT_LIMIT) return;
        ofOneUnit++;
        if (off >= 2n * UNIT) expect.fail(`${describePoint(point)} is ${inUnits(off)} off`);
      });
      expect(ofOneUnit).to.be.greaterThan((POINTS_PER_TEST * 9) / 10);
    });
  }

  /** Checks sign and bound of many points against the exact values. */
  async function measure(
    side: Side,
    draw: (random: Random, side: Side) => CurvePoint,
    alsoCheck: (point: CurvePoint, moved: bigint, off: bigint) => void,
  ): Promise<Measured> {
    const random = new Random(`${SEED}/${side}/${draw.name}`);
    const measured: Measured = { answered: 0, refused: 0, worst: 0n, gas: [] };

    for (let drawn = 0; drawn < POINTS_PER_TEST; drawn += CHUNK) {
      const points = Array.from({ length: Math.min(CHUNK, POINTS_PER_TEST - drawn) }, () => draw(random, side));
      const answered = points.filter(isAnswered);
      const { results, gasUsed } = await compute(harness, answered);
      answered.forEach((point, i) => {
        const { lower, upper } = exactFixed(point);
        const off = side === "buyExactOut" ? results[i]! * UNIT - upper : lower - results[i]! * UNIT;
        const moved = leftOrGrown(point, side === "sell" ? lower : upper);
        const allowed = bound(point, moved);
        if (off < 0n || off >= allowed) {
          expect.fail(
            `${describePoint(point)} gives ${results[i]}, off by ${inUnits(off)}, allowed 0 to ${inUnits(allowed)}`,
          );
        }
        alsoCheck(point, moved, off);
        if (off > measured.worst) measured.worst = off;
      });
      measured.answered += answered.length;
      measured.refused += points.length - answered.length;
      measured.gas.push(...gasUsed);
    }

    if (isReported) report(`${side}, ${draw.name}`, measured);
    return measured;
  }
});

/** What docs/curve.md allows: one unit for the last rounding, and the margins' effect on what the trade has grown to or left over. */
function bound({ side, reserve, ...rest }: CurvePoint, moved: bigint): bigint {
  const { p, q } = powerOf({ side, reserve, ...rest });
  const { log2, exp2 } = side === "buyExactOut" ? UP : DOWN;
  const inExponent = ((log2 + LOG2_ERROR) * p) / q + exp2 + EXP2_ERROR + 2n; // Q127; two for truncations
  const relative = (inExponent * LN2_UP.numerator) / LN2_UP.denominator + 1n;
  return UNIT + ((moved * relative) >> 127n) + (side === "sell" ? (reserve * UNIT) >> 128n : 0n);
}

/** base · 2^y of a purchase, base / 2^y of a sale. */
function leftOrGrown({ side, supply, reserve }: CurvePoint, exact: bigint): bigint {
  if (side === "sell") return reserve * UNIT - exact;
  return (side === "buy" ? supply : reserve) * UNIT + exact;
}

function inUnits(value: bigint): string {
  return (Number(value / (UNIT >> 64n)) / 2 ** 64).toPrecision(6);
}

function report(name: string, { answered, refused, worst, gas }: Measured): void {
  gas.sort((a, b) => Number(a - b));
  const [least, median, most] = [gas[0], gas[gas.length >> 1], gas.at(-1)];
  console.log(
    `      ${name}: ${answered} answered, ${refused} refused, worst ${inUnits(worst)} off, gas ${least} / ${median} / ${most}`,
  );
}
