import { expect } from "chai";
import { aboveTarget } from "../../../scripts/dev/bench";

describe("npm run bench @uninstrumented", () => {
  const scenarios = [
    { name: "buy", target: 100n },
    { name: "stream", target: 20n, targetAbove: "buy" },
    { name: "claim" },
  ];

  it("accepts a figure up to its target", () => {
    expect(aboveTarget(scenarios, { buy: 100, stream: 120, claim: 1_000 })).to.deep.equal([]);
  });

  it("names a figure above its target", () => {
    expect(aboveTarget(scenarios, { buy: 101, stream: 100, claim: 1 })).to.deep.equal([
      "buy costs 101 gas, 1 more than its target in scripts/dev/bench/scenarios.ts",
    ]);
  });

  it("adds a target that bounds a difference to the other figure", () => {
    expect(aboveTarget(scenarios, { buy: 90, stream: 111, claim: 1 })).to.deep.equal([
      "stream costs 111 gas, 1 more than its target in scripts/dev/bench/scenarios.ts",
    ]);
  });
});
