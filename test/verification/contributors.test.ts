import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import { getAddress, id, toBeHex, ZeroAddress } from "ethers";
import {
  buildContributorTree,
  contributorAmount,
  hashDistribution,
  type WeightedContributor,
  WHOLE,
} from "../../sdk/schemas/distribution";
import { Random } from "../helpers/random";

const MODEL = id("model");
const EVALUATION = id("evaluation");
const TREES = 20;
const MOST_CONTRIBUTORS = 200n;
const LARGEST_WEIGHT = 10n ** 12n;
const LARGEST_TOTAL = 10n ** 27n;

const accountAt = (i: number) => getAddress(toBeHex(i + 1, 20));
const build = (contributors: readonly WeightedContributor[]) => buildContributorTree(MODEL, EVALUATION, contributors);

function randomContributors(random: Random): WeightedContributor[] {
  const count = Number(random.between(1n, MOST_CONTRIBUTORS));
  return Array.from({ length: count }, (_, i) => ({
    account: accountAt(i),
    weight: random.logBetween(1n, LARGEST_WEIGHT),
  }));
}

describe("Contributor trees", () => {
  it("order contributors by account, whatever the order in which they are given", () => {
    const contributors = [2, 0, 1].map((i) => ({ account: accountAt(i), weight: BigInt(i + 1) }));
    const tree = build(contributors);

    expect(tree.leaves.map(({ index, account }) => [index, account])).to.deep.equal(
      [0, 1, 2].map((i) => [BigInt(i), accountAt(i)]),
    );
    expect(build([...contributors].reverse())).to.deep.equal(tree);
  });

  it("give each contributor an interval in proportion to the weight, rounded down at each bound", () => {
    const { leaves } = build([1n, 1n, 1n].map((weight, i) => ({ account: accountAt(i), weight })));
    const third = WHOLE / 3n;

    expect(leaves.map(({ from, to }) => [from, to])).to.deep.equal([
      [0n, third],
      [third, 2n * third],
      [2n * third, WHOLE],
    ]);
  });

  it("have the root and the proofs of OpenZeppelin's standard tree", () => {
    const { distributionId, root, leaves } = build(randomContributors(new Random("proofs")));
    expect(distributionId).to.equal(hashDistribution(MODEL, EVALUATION));
    const tree = StandardMerkleTree.of(
      leaves.map(({ index, account, from, to }) => [distributionId, index, account, from, to]),
      ["bytes32", "uint256", "address", "uint256", "uint256"],
    );
    expect(root).to.equal(tree.root);
    expect(leaves.map(({ proof }) => proof)).to.deep.equal(leaves.map((_, i) => tree.getProof(i)));
  });

  it(`V3: split exactly the total, in ${TREES} random trees`, () => {
    const random = new Random("telescope");
    for (let i = 0; i < TREES; i++) {
      const { leaves } = build(randomContributors(random));
      const total = random.logBetween(1n, LARGEST_TOTAL);
      let end = 0n;
      for (const { from, to } of leaves) {
        expect(from).to.equal(end);
        end = to;
      }
      expect(end).to.equal(WHOLE);
      expect(leaves.reduce((sum, leaf) => sum + contributorAmount(total, leaf), 0n)).to.equal(total);
    }
  });

  it("refuse an empty list of contributors", () => {
    expect(() => build([])).to.throw("contributors are none, expected at least one");
  });

  for (const weight of [0n, -1n]) {
    it(`refuse a weight of ${weight}`, () => {
      expect(() => build([1n, weight].map((w, i) => ({ account: accountAt(i), weight: w })))).to.throw(
        `weight of contributor ${accountAt(1)} is ${weight}, expected a positive integer`,
      );
    });
  }

  it("refuse an account that appears twice, in whatever case", () => {
    const account = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    expect(() => build([account, account.toLowerCase()].map((a) => ({ account: a, weight: 1n })))).to.throw(
      `contributor ${account} stands twice, expected once with the summed weight`,
    );
  });

  it("refuse zero as an account", () => {
    expect(() => build([{ account: ZeroAddress, weight: 1n }])).to.throw(
      `contributor ${ZeroAddress} is zero, expected an account`,
    );
  });

  it("refuse a weight whose share rounds to nothing, and accept the smallest share", () => {
    const pair = (weight: bigint) => [
      { account: accountAt(0), weight },
      { account: accountAt(1), weight: WHOLE },
    ];
    expect(() => build(pair(1n))).to.throw(
      `weight of contributor ${accountAt(0)} is 1, less than 1e-18 of the sum ${WHOLE + 1n}`,
    );
    expect(build([pair(1n)[0]!, { account: accountAt(1), weight: WHOLE - 1n }]).leaves[0]!.to).to.equal(1n);
  });
});
