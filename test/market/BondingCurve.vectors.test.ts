import { expect } from "chai";
import { ethers } from "hardhat";
import vectors from "../fixtures/bonding-curve.json";

const SIDES: Readonly<Record<string, number>> = { buy: 0, sell: 1 };
const BATCH = 100;

describe("BondingCurve vectors", () => {
  it("P8: computes the floor of the exact value at all 600 published points", async () => {
    const harness = await ethers.deployContract("BondingCurveHarness");
    const results: bigint[] = [];
    for (let i = 0; i < vectors.length; i += BATCH) {
      const points = vectors.slice(i, i + BATCH).map((vector) => ({ ...vector, side: SIDES[vector.side]! }));
      results.push(...(await harness.compute(points)).results);
    }
    expect(results).to.deep.equal(vectors.map(({ floor }) => BigInt(floor)));
    expect(results).to.have.length(600);
  });
});
