import { expect } from "chai";
import { ethers } from "hardhat";
import type { ZkProof } from "../../../.build/typechain";
import { NORMAL_DISAGREEMENTS } from "../../../sdk/evaluation/minima";
import { assess } from "../../../sdk/evaluation/evaluate";
import { Examples } from "../../../sdk/evaluation/examples";
import { buildSpec, examplesOf } from "../../sdk/evaluation/support";
import { keyOf, SECRETS } from "../../../scripts/dev/world/simulator";
import { Random } from "../../helpers/random";

/** Examples of a benchmark: how many both models, the candidate alone and the baseline alone get right, and neither. */
interface Outcome {
  readonly both: number;
  readonly gained: number;
  readonly lost: number;
  readonly neither: number;
}

const sizeOf = ({ both, gained, lost, neither }: Outcome) => both + gained + lost + neither;

/** What `evaluate` says of the predictions. */
function evaluated(outcome: Outcome, attempts: number) {
  const { both, gained, lost } = outcome;
  const examples = examplesOf(
    Array.from({ length: sizeOf(outcome) }, (_, i) => {
      const label = i % 2;
      const isRight = [i < both || (i >= both + gained && i < both + gained + lost), i < both + gained];
      const [baseline, candidate] = isRight.map((right) => String(right ? label : 1 - label)) as [string, string];
      return [String(label), baseline, candidate];
    }),
  );
  const { deltaBps, candidateScore, interval } = assess({
    spec: buildSpec({ metric: "accuracy", attempts }),
    examples: Examples.of(examples),
  });
  return { score: candidateScore as number, improvement: deltaBps as number, bound: interval?.lowBps as number };
}

for (const [attempts, quantileE9] of [
  [1, 1_959_963_985n],
  [10, 2_807_033_769n],
] as const) {
  describe(`ZkProof and evaluate, on the same counts, for ${attempts} attempts`, () => {
    let method: ZkProof;

    before(async () => {
      method = await ethers.deployContract("ZkProof", [keyOf(SECRETS), quantileE9]);
    });

    /** What a proof of the same counts allows to state. */
    async function proven(outcome: Outcome) {
      const { both, gained, lost } = outcome;
      const counts = { baselineCorrect: both + lost, candidateCorrect: both + gained, disagreements: gained + lost };
      const [score, improvement, bound] = await method.provenBy(counts, sizeOf(outcome));
      return { score: Number(score), improvement: Number(improvement), bound: Number(bound) };
    }

    /** Outcomes with so many disagreements, of which the candidate gains more than half. */
    function* outcomes(name: string, [fewest, most]: readonly [number, number]): Generator<Outcome> {
      const random = new Random(`${name} ${attempts}`);
      const draw = (min: number, max: number) => Number(random.between(BigInt(min), BigInt(max)));
      for (let i = 0; i < 25; ++i) {
        const disagreements = draw(fewest, most);
        const gained = draw(Math.ceil(disagreements / 2), disagreements);
        yield { both: draw(20, 900), gained, lost: disagreements - gained, neither: draw(1, 200) };
      }
    }

    it(`state the same bound from ${NORMAL_DISAGREEMENTS} disagreements on`, async () => {
      let positive = 0;
      for (const outcome of outcomes("many", [NORMAL_DISAGREEMENTS, 600])) {
        const { bound } = evaluated(outcome, attempts);
        expect(Math.max(0, bound), JSON.stringify(outcome)).to.equal((await proven(outcome)).bound);
        if (bound > 0) positive++;
      }
      expect(positive).to.be.greaterThan(8);
    });

    it("state the same bound below that, or evaluate a lower one", async () => {
      let less = 0;
      for (const outcome of outcomes("few", [1, NORMAL_DISAGREEMENTS - 1])) {
        const { bound } = evaluated(outcome, attempts);
        const normal = (await proven(outcome)).bound;
        expect(bound, JSON.stringify(outcome)).to.be.at.most(normal);
        if (bound < normal) less++;
      }
      expect(less).to.be.greaterThan(8);
    });

    it("state the same score of the candidate, and evaluate an improvement at most 1 bps lower", async () => {
      for (const outcome of outcomes("scores", [1, 600])) {
        const [found, allowed] = [evaluated(outcome, attempts), await proven(outcome)];
        expect(found.score, JSON.stringify(outcome)).to.equal(allowed.score);
        expect(found.improvement, JSON.stringify(outcome)).to.be.within(allowed.improvement - 1, allowed.improvement);
      }
    });
  });
}

describe("ZkProof and evaluate, on five rows gained and none lost out of 100", () => {
  it("differ: the normal bound is 72 bps, the exact one is negative", async () => {
    const method = await ethers.deployContract("ZkProof", [keyOf(SECRETS), 1_959_963_985n]);
    const counts = { baselineCorrect: 90, candidateCorrect: 95, disagreements: 5 };
    expect((await method.provenBy(counts, 100)).lowerBoundBps).to.equal(72n);
    expect(evaluated({ both: 90, gained: 5, lost: 0, neither: 5 }, 1).bound).to.be.lessThan(0);
  });
});
