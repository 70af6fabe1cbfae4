import { expect } from "chai";
import { ethers } from "hardhat";
import type { BondingCurveHarness } from "../../.build/typechain";
import { type CurvePoint, PPM, type Side } from "./curveModel";
import { exactFixed, UNIT } from "./curveModelFixed";
import { compute, describePoint, isAnswered, MAX_GROWN, MAX_VALUE } from "./BondingCurve.support";

const SIDES = ["buy", "sell", "buyExactOut"] as const;
const POOL = { supply: 10n ** 27n, reserve: 10n ** 12n, amount: 10n ** 10n, crrPpm: 200_000n };
const HALF = 500_000n; // crrPpm: prices are squares and square roots
const RATIOS = [1n, 2n, 49_999n, 50_000n, 200_000n, 333_333n, HALF, 999_999n, PPM];

describe("BondingCurve domain", () => {
  let harness: BondingCurveHarness;

  before(async () => {
    harness = await ethers.deployContract("BondingCurveHarness");
  });

  for (const side of SIDES) {
    describe(side, () => {
      for (const name of ["supply", "reserve"] as const) {
        it(`refuses a ${name} of 0, of 2^112 and of 2^256 − 1, and accepts 1 and 2^112 − 1`, async () => {
          for (const value of [0n, MAX_VALUE + 1n, ethers.MaxUint256]) {
            const trade = { ...POOL, amount: 1n, [name]: value };
            await expect(call(side, trade))
              .to.be.revertedWithCustomError(harness, "OutOfCurveDomain")
              .withArgs(trade.supply, trade.reserve, 1n, POOL.crrPpm);
          }
          for (const value of [1n, MAX_VALUE])
            await expect(call(side, { ...POOL, amount: 1n, crrPpm: PPM, [name]: value })).not.to.be.reverted;
        });
      }

      it("refuses a reserve ratio of 0, of 1,000,001 ppm and of 2^256 − 1, and accepts 1 and 1,000,000 ppm", async () => {
        for (const value of [0n, PPM + 1n, ethers.MaxUint256]) {
          await expect(call(side, { ...POOL, amount: 1n, crrPpm: value }))
            .to.be.revertedWithCustomError(harness, "OutOfCurveDomain")
            .withArgs(POOL.supply, POOL.reserve, 1n, value);
        }
        for (const value of [1n, PPM])
          await expect(call(side, { ...POOL, amount: 1n, crrPpm: value })).not.to.be.reverted;
      });

      it("gives 0 for an amount of 0, at every reserve ratio", async () => {
        for (const crrPpm of RATIOS) expect(await call(side, { ...POOL, amount: 0n, crrPpm })).to.equal(0n);
      });
    });
  }

  for (const side of ["buy", "buyExactOut"] as const) {
    it(`${side} refuses an amount of 2^112 and of 2^256 − 1, and accepts 2^112 − 1`, async () => {
      const large = { ...POOL, supply: MAX_VALUE, reserve: MAX_VALUE };
      for (const amount of [MAX_VALUE + 1n, ethers.MaxUint256]) {
        await expect(call(side, { ...large, amount }))
          .to.be.revertedWithCustomError(harness, "OutOfCurveDomain")
          .withArgs(MAX_VALUE, MAX_VALUE, amount, POOL.crrPpm);
      }
      await expect(call(side, { ...large, amount: MAX_VALUE })).not.to.be.reverted;
    });
  }

  it("sell refuses more tokens than the supply, and 2^112 or more", async () => {
    for (const amount of [POOL.supply + 1n, MAX_VALUE]) {
      await expect(call("sell", { ...POOL, amount }))
        .to.be.revertedWithCustomError(harness, "AmountExceedsSupply")
        .withArgs(amount, POOL.supply);
    }
    for (const amount of [MAX_VALUE + 1n, ethers.MaxUint256]) {
      await expect(call("sell", { ...POOL, amount }))
        .to.be.revertedWithCustomError(harness, "OutOfCurveDomain")
        .withArgs(POOL.supply, POOL.reserve, amount, POOL.crrPpm);
    }
  });

  it("sell pays the whole reserve for the whole supply, at every reserve ratio", async () => {
    for (const crrPpm of RATIOS) {
      for (const supply of [1n, POOL.supply, MAX_VALUE]) {
        for (const reserve of [1n, POOL.reserve, MAX_VALUE]) {
          expect(await call("sell", { supply, reserve, amount: supply, crrPpm })).to.equal(reserve);
        }
      }
    }
  });

  it("buy refuses a supply that would grow to 2^127, and accepts one wei less", async () => {
    const doublings = 56n; // of (2^112)^(1/2)
    const least = (MAX_GROWN + 1n) >> doublings;
    for (const supply of [least, MAX_VALUE]) {
      await expect(call("buy", { supply, reserve: 1n, amount: MAX_VALUE, crrPpm: HALF }))
        .to.be.revertedWithCustomError(harness, "GrowthOutOfRange")
        .withArgs(supply, doublings, MAX_GROWN);
    }
    await expect(call("buy", { supply: least - 1n, reserve: 1n, amount: MAX_VALUE, crrPpm: HALF })).not.to.be.reverted;
  });

  it("buyExactOut refuses a reserve that would grow to 2^127, and accepts one unit less", async () => {
    const doublings = 40n; // of (2^20)^2
    const [supply, amount] = [1n, 2n ** 20n - 1n];
    const least = (MAX_GROWN + 1n) >> doublings;
    await expect(call("buyExactOut", { supply, reserve: least, amount, crrPpm: HALF }))
      .to.be.revertedWithCustomError(harness, "GrowthOutOfRange")
      .withArgs(least, doublings, MAX_GROWN);
    await expect(call("buyExactOut", { supply, reserve: least - 1n, amount, crrPpm: HALF })).not.to.be.reverted;
  });

  it("buyExactOut refuses a price beyond 2^256 instead of wrapping", async () => {
    const doublings = 112n * PPM; // of (2^112)^1,000,000
    await expect(call("buyExactOut", { supply: 1n, reserve: 1n, amount: MAX_VALUE, crrPpm: 1n }))
      .to.be.revertedWithCustomError(harness, "GrowthOutOfRange")
      .withArgs(1n, doublings, MAX_GROWN);
  });

  for (const side of SIDES) {
    it(`P8: ${side} errs only against the trader, at every extreme @uninstrumented`, async () => {
      const values = [1n, 2n, 10n ** 6n, POOL.reserve, 2n ** 64n, POOL.supply, MAX_VALUE - 1n, MAX_VALUE];
      const points = RATIOS.flatMap((crrPpm) =>
        values.flatMap((supply) =>
          values.flatMap((reserve) =>
            amounts(side, supply, reserve).map((amount) => ({ side, supply, reserve, amount, crrPpm })),
          ),
        ),
      ).filter(isAnswered);
      const { results } = await compute(harness, points);
      points.forEach((point, i) => {
        const { lower, upper } = exactFixed(point);
        const isRight = side === "buyExactOut" ? results[i]! * UNIT >= upper : results[i]! * UNIT <= lower;
        if (!isRight) expect.fail(`${describePoint(point)} gives ${results[i]}`);
      });
      expect(points.length).to.be.greaterThan(1_000);
    });
  }

  function call(side: Side, { supply, reserve, amount, crrPpm }: Omit<CurvePoint, "side">): Promise<bigint> {
    return harness[side](supply, reserve, amount, crrPpm);
  }
});

/** 1 wei, the largest amount and its neighbours, D/R = 1e6, and ratios n/m at 2, 4 and √2, where the kernel's range reduction changes. */
function amounts(side: Side, supply: bigint, reserve: bigint): bigint[] {
  const own = side === "buy" ? reserve : supply;
  const all =
    side === "sell"
      ? [
          1n,
          own / 2n - 1n,
          own / 2n,
          own / 2n + 1n,
          (own * 3n) / 4n,
          own - (own * 46_341n) / 65_536n,
          own - 2n,
          own - 1n,
          own,
        ]
      : [1n, own - 1n, own, own + 1n, own * 3n, (own * 65_536n) / 46_341n - own, own * PPM, MAX_VALUE - 1n, MAX_VALUE];
  return [...new Set(all)].filter((amount) => amount >= 1n && amount <= (side === "sell" ? supply : MAX_VALUE));
}
