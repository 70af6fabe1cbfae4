import quantile from "@stdlib/stats-base-dists-normal-quantile";
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Decimal } from "decimal.js";
import { MaxUint256 } from "ethers";
import { ethers } from "hardhat";
import { provenBy, type Counts } from "../../../sdk/proofs/counts";
import { field } from "../../../scripts/dev/world/units";
import { Random } from "../../helpers/random";
import { keyOf, SECRETS } from "../../../scripts/dev/world/simulator";
import { COUNTS, QUANTILE_E9, simulateProof } from "../../../scripts/dev/world/zk";
import { DIGEST, EVALUATION, REAL, zkFixture } from "./zk.fixture";

const MAX_COUNT = 2n ** 32n - 1n;
const [MIN_QUANTILE, MAX_QUANTILE] = [1_000_000_000n, 6_000_000_000n];

/** Quantile of the lower bound of the best of ten attempts that err at 2.5 % together. */
const QUANTILE_OF_TEN_E9 = 2_807_033_769n;

/** Quantiles, and the error for which they stand, where it has a name. */
const LEVELS: readonly { name: string; quantileE9: bigint; error?: number }[] = [
  { name: "the smallest", quantileE9: MIN_QUANTILE },
  { name: "one attempt at 5 %", quantileE9: 1_644_853_627n, error: 0.05 },
  { name: "one attempt at 2.5 %", quantileE9: QUANTILE_E9, error: 0.025 },
  { name: "ten attempts at 2.5 %", quantileE9: QUANTILE_OF_TEN_E9, error: 0.0025 },
  { name: "the largest", quantileE9: MAX_QUANTILE },
];

/** The lower bound from the rows' differences themselves, exact to 60 digits. */
function independentBound({ n, baselineCorrect, candidateCorrect, disagreements }: Counts, confidence: number): bigint {
  const better = (disagreements + candidateCorrect - baselineCorrect) / 2;
  const differences = Array.from({ length: n }, (_, i) => (i < better ? 1 : i < disagreements ? -1 : 0));
  const exact = Decimal.clone({ precision: 60 });
  const mean = new exact(differences.reduce<number>((sum, value) => sum + value, 0)).div(n);
  const squares = differences.map((value) => new exact(value).minus(mean).pow(2));
  const variance = squares.reduce((sum, value) => sum.plus(value)).div(n);
  const bound = mean
    .minus(
      variance
        .div(n)
        .sqrt()
        .times(quantile(confidence, 0, 1)),
    )
    .times(10_000);
  return BigInt(Decimal.max(bound.floor(), 0).toFixed());
}

/** The formula with sixty digits, by any quantile. */
function exactBound({ n, baselineCorrect, candidateCorrect, disagreements }: Counts, z: string): bigint {
  const Exact = Decimal.clone({ precision: 60 });
  const delta = new Exact(candidateCorrect).minus(baselineCorrect);
  const deviation = new Exact(disagreements).minus(delta.pow(2).div(n)).sqrt();
  const bound = delta.minus(deviation.times(z)).times(10_000).div(n);
  return BigInt(Decimal.max(bound.floor(), 0).toFixed());
}

/** Counts of any size that rows can have. */
function drawCounts(random: Random, i: number): Counts {
  const draw = (min: number, max: number) => Number(random.between(BigInt(min), BigInt(max)));
  const n = draw(1, Math.min(Number(MAX_COUNT), 2 ** ((i % 32) + 1)));
  const lost = draw(0, Math.floor(n / (i % 7 === 0 ? 2 : 50)));
  const gained = draw(lost, Math.min(n - lost, i % 3 === 0 ? n : 2 * lost + 1));
  const both = draw(0, n - gained - lost);
  return { n, baselineCorrect: both + lost, candidateCorrect: both + gained, disagreements: gained + lost };
}

describe("ZkProof.provenBy", () => {
  it("agrees with the library and with an independent computation, for any counts", async () => {
    const { method } = await loadFixture(zkFixture);
    const random = new Random("counts");
    const draw = (min: number, max: number) => Number(random.between(BigInt(min), BigInt(max)));
    for (let i = 0; i < 150; ++i) {
      const n = i < 40 ? draw(1, 12) : draw(1, 2_000);
      const [better, worse] = [draw(0, n), draw(0, n)].sort((a, b) => b - a) as [number, number];
      const [gained, lost] = [Math.max(0, better - (i % 2 ? worse : 0)), Math.min(worse, n - better)];
      const both = draw(0, Math.max(0, n - gained - lost));
      const counts = {
        n,
        baselineCorrect: both + lost,
        candidateCorrect: both + gained,
        disagreements: gained + lost,
      };
      const { score, improvementBps, lowerBoundBps } = provenBy(counts);
      expect([...(await method.provenBy(counts, n))], JSON.stringify(counts)).to.deep.equal([
        score,
        improvementBps,
        lowerBoundBps,
      ]);
      expect(lowerBoundBps, JSON.stringify(counts)).to.equal(independentBound(counts, 0.975));
      expect(score).to.equal(BigInt(Math.floor((counts.candidateCorrect * 10_000) / n)));
    }
  });

  it("gives 28 bps at 97.5 % on the 1,000 borrowers, where 95 % would give 67 bps", async () => {
    const { method } = await loadFixture(zkFixture);
    expect(independentBound(COUNTS, 0.95)).to.equal(67n);
    expect(independentBound(COUNTS, 0.975)).to.equal(REAL.lowerBound);
    expect([...(await method.provenBy(COUNTS, COUNTS.n))]).to.deep.equal(Object.values(REAL));
  });

  /** The quantile of {@link QUANTILE_E9}, and the true one, which it rounds up. */
  const [ROUNDED_UP, TRUE] = ["1.959963985", "1.95996398454005423552459443052055152795555"];

  it("rounds the formula's value down, never up, for counts of any size", async () => {
    const { method } = await loadFixture(zkFixture);
    const random = new Random("bounds");
    let [positive, lower] = [0, 0];
    for (let i = 0; i < 300; ++i) {
      const counts = drawCounts(random, i);
      const { n, candidateCorrect, baselineCorrect } = counts;
      const name = JSON.stringify(counts);
      const [score, improvement, bound] = await method.provenBy(counts, n);
      const [delta, rows] = [BigInt(candidateCorrect - baselineCorrect), BigInt(n)];
      // Floor: q·n ≤ 10⁴·k < (q + 1)·n.
      for (const [quotient, count] of [
        [score, BigInt(candidateCorrect)],
        [improvement, delta],
      ] as const) {
        expect(quotient * rows <= count * 10_000n, name).to.equal(true);
        expect(count * 10_000n < (quotient + 1n) * rows, name).to.equal(true);
      }
      expect(bound, name).to.equal(exactBound(counts, ROUNDED_UP));
      expect(bound <= exactBound(counts, TRUE), name).to.equal(true);
      expect(bound <= improvement && improvement <= score, name).to.equal(true);
      expect(provenBy(counts), name).to.deep.equal({ score, improvementBps: improvement, lowerBoundBps: bound });
      if (bound > 0n) positive++;
      if (bound > 0n && bound < improvement) lower++;
    }
    expect(
      [positive, lower].every((count) => count > 100),
      String([positive, lower]),
    ).to.equal(true);
  });

  it("rounds the quantile up in its tenth digit, to the model's disadvantage", async () => {
    const { method } = await loadFixture(zkFixture);
    const n = 4_000_000_000;
    const countsOf = (delta: number, disagreements: number): Counts => {
      const [gained, lost] = [(disagreements + delta) / 2, (disagreements - delta) / 2];
      return { n, baselineCorrect: lost, candidateCorrect: gained, disagreements };
    };
    const [hair, enough] = [countsOf(40_100_003, 2_603_735_911), countsOf(40_100_001, 2_603_631_779)];
    expect([exactBound(hair, TRUE), exactBound(hair, ROUNDED_UP)]).to.deep.equal([100n, 99n]);
    expect((await method.provenBy(hair, n)).lowerBoundBps).to.equal(99n);
    expect([exactBound(enough, ROUNDED_UP), exactBound(enough, "1.959963986")]).to.deep.equal([100n, 99n]);
    expect((await method.provenBy(enough, n)).lowerBoundBps).to.equal(100n);
    for (const counts of [hair, enough])
      expect(provenBy(counts).lowerBoundBps).to.equal((await method.provenBy(counts, n)).lowerBoundBps);
  });

  it("subtracts a whole bps for a margin of a fraction of one", async () => {
    const { method } = await loadFixture(zkFixture);
    const [n, half] = [4_000_000_000, 2_000_000_000];
    const counts = { baselineCorrect: 0, candidateCorrect: half, disagreements: half }; // the margin is 0.15 bps
    expect([...(await method.provenBy(counts, n))]).to.deep.equal([5_000n, 5_000n, 4_999n]);
    const certain = { ...counts, candidateCorrect: n, disagreements: n }; // every row is better: there is none
    expect([...(await method.provenBy(certain, n))]).to.deep.equal([10_000n, 10_000n, 10_000n]);
  });

  it("does not overflow at the largest counts", async () => {
    const { method } = await loadFixture(zkFixture);
    const counts = { baselineCorrect: 0n, candidateCorrect: MAX_COUNT, disagreements: MAX_COUNT };
    expect([...(await method.provenBy(counts, MAX_COUNT))]).to.deep.equal([10_000n, 10_000n, 10_000n]);
    const [, improvement, bound] = await method.provenBy({ ...counts, candidateCorrect: MAX_COUNT / 2n }, MAX_COUNT);
    expect(improvement).to.equal(4_999n);
    expect(bound).to.equal(4_999n);
    const widest = {
      baselineCorrect: MAX_COUNT / 2n,
      candidateCorrect: MAX_COUNT / 2n + 1n,
      disagreements: MAX_COUNT,
    };
    expect([...(await method.provenBy(widest, MAX_COUNT))]).to.deep.equal([5_000n, 0n, 0n]);
    for (const n of [1n, MAX_COUNT])
      expect([...(await method.provenBy({ ...counts, candidateCorrect: 0n }, n))]).to.deep.equal([0n, 0n, 0n]);
  });
});

describe("ZkProof.quantileE9", () => {
  const deploy = (quantileE9: bigint) => ethers.deployContract("ZkProof", [keyOf(SECRETS), quantileE9]);

  for (const quantileE9 of [0n, MIN_QUANTILE - 1n, MAX_QUANTILE + 1n, MaxUint256]) {
    it(`refuses ${quantileE9}`, async () => {
      const factory = await ethers.getContractFactory("ZkProof");
      await expect(factory.deploy(keyOf(SECRETS), quantileE9))
        .to.be.revertedWithCustomError(factory, "OutOfRange")
        .withArgs(field("quantileE9"), quantileE9, MIN_QUANTILE, MAX_QUANTILE);
    });
  }

  for (const { name, quantileE9, error } of LEVELS) {
    if (error !== undefined)
      it(`is that of the normal distribution, rounded up in its tenth digit, for ${name}`, () => {
        expect(BigInt(Math.ceil(quantile(1 - error, 0, 1) * 1e9))).to.equal(quantileE9);
      });

    it(`accepts ${quantileE9} and computes every bound with it, rounded down: ${name}`, async () => {
      const method = await deploy(quantileE9);
      expect(await method.quantileE9()).to.equal(quantileE9);
      const random = new Random(`quantile ${quantileE9}`);
      const z = new Decimal(String(quantileE9)).div(1e9).toString();
      let positive = 0;
      for (let i = 0; i < 100; ++i) {
        const counts = drawCounts(random, i);
        const { lowerBoundBps } = await method.provenBy(counts, counts.n);
        expect(lowerBoundBps, JSON.stringify(counts)).to.equal(exactBound(counts, z));
        expect(provenBy(counts, quantileE9).lowerBoundBps, JSON.stringify(counts)).to.equal(lowerBoundBps);
        if (lowerBoundBps > 0n) positive++;
      }
      expect(positive).to.be.greaterThan(20);
    });
  }

  it("does not overflow at the largest quantile and the largest counts", async () => {
    const method = await deploy(MAX_QUANTILE);
    const half = Number(MAX_COUNT) / 2;
    for (const candidateCorrect of [Math.floor(half), Math.ceil(half), Number(MAX_COUNT)]) {
      const counts = { baselineCorrect: 0, candidateCorrect, disagreements: Number(MAX_COUNT) };
      const { lowerBoundBps } = await method.provenBy(counts, MAX_COUNT);
      expect(lowerBoundBps).to.equal(exactBound({ ...counts, n: Number(MAX_COUNT) }, "6"));
    }
  });

  it("V2: decides which lower bound a proof allows: 28 bps for one attempt, none for the best of ten", async () => {
    const [one, ten] = [await deploy(QUANTILE_E9), await deploy(QUANTILE_OF_TEN_E9)];
    const proof = simulateProof(EVALUATION, DIGEST);
    expect(await one.verify(EVALUATION, 0n, DIGEST, proof)).to.equal(one.interface.getFunction("verify").selector);
    await expect(ten.verify(EVALUATION, 0n, DIGEST, proof))
      .to.be.revertedWithCustomError(ten, "LowerBoundAboveProven")
      .withArgs(EVALUATION.lowerBoundBps, 0n);
    expect([...(await ten.provenBy(COUNTS, COUNTS.n))]).to.deep.equal([7_710n, 270n, 0n]);
  });
});
