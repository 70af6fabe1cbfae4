// SPDX-License-Identifier: MIT
// Contributors behind a Merkle root. Each owns an interval of the distribution in proportion to a weight.

import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";
import { AbiCoder, getAddress, keccak256, ZeroAddress } from "ethers";

/** The whole of a distribution, in the unit of the intervals. */
export const WHOLE = 10n ** 18n;

/** The weight of a contributor's data, in any unit. */
export interface WeightedContributor {
  readonly account: string;
  readonly weight: bigint;
}

/** A contributor's leaf in the tree: what a claim needs besides token, root and total. */
export interface ContributorLeaf {
  readonly index: bigint;
  readonly account: string;
  /** The contributor's interval within [0, 1e18]. */
  readonly from: bigint;
  readonly to: bigint;
  readonly proof: readonly string[];
}

/** All contributors of an improvement, in ascending order of account. */
export interface ContributorTree {
  readonly distributionId: string;
  readonly root: string;
  readonly leaves: readonly ContributorLeaf[];
}

const LEAF_TYPES = ["bytes32", "uint256", "address", "uint256", "uint256"];
const ABI = AbiCoder.defaultAbiCoder();

/** Returns the id of the distribution for an evaluation of a model. Every leaf contains it. */
export function hashDistribution(model: string, evaluationId: string): string {
  return keccak256(ABI.encode(["bytes32", "bytes32"], [model, evaluationId]));
}

/**
 * Builds the tree of an improvement's contributors. The intervals are adjacent and cover [0, 1e18], so that the amounts paid for them sum
 * to
 * the total. Throws if an account is zero or appears twice, or if a weight is not positive or too small for an interval.
 */
export function buildContributorTree(
  model: string,
  evaluationId: string,
  contributors: readonly WeightedContributor[],
): ContributorTree {
  if (contributors.length === 0) throw new Error("contributors are none, expected at least one");
  const distributionId = hashDistribution(model, evaluationId);
  const intervals = toIntervals(contributors);
  // This equals the library's StandardMerkleTree, whose own encoder would take most of the time for a large tree.
  const tree = SimpleMerkleTree.of(
    intervals.map(({ index, account, from, to }) =>
      keccak256(keccak256(ABI.encode(LEAF_TYPES, [distributionId, index, account, from, to]))),
    ),
  );
  // Proofs are computed on demand: computing all of them takes many times as long as building the tree.
  const leaves = intervals.map((interval, i) => ({
    ...interval,
    get proof() {
      return tree.getProof(i);
    },
  }));
  return { distributionId, root: tree.root, leaves };
}

/** Returns the contributor's part of a distribution of `total` wei, in wei. */
export function contributorAmount(total: bigint, { from, to }: Pick<ContributorLeaf, "from" | "to">): bigint {
  return (total * to) / WHOLE - (total * from) / WHOLE;
}

function toIntervals(contributors: readonly WeightedContributor[]): Omit<ContributorLeaf, "proof">[] {
  const ordered = contributors
    .map(({ account, weight }) => ({ account: getAddress(account), weight }))
    .sort((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
  for (const { account, weight } of ordered) {
    if (weight <= 0n) throw new Error(`weight of contributor ${account} is ${weight}, expected a positive integer`);
  }
  const sum = ordered.reduce((total, { weight }) => total + weight, 0n);
  let weightBefore = 0n;
  let previous = ZeroAddress;
  return ordered.map(({ account, weight }, i) => {
    if (account === ZeroAddress) throw new Error(`contributor ${account} is zero, expected an account`);
    if (account === previous)
      throw new Error(`contributor ${account} stands twice, expected once with the summed weight`);
    const from = (WHOLE * weightBefore) / sum;
    const to = (WHOLE * (weightBefore + weight)) / sum;
    if (from === to)
      throw new Error(`weight of contributor ${account} is ${weight}, less than 1e-18 of the sum ${sum}`);
    weightBefore += weight;
    previous = account;
    return { index: BigInt(i), account, from, to };
  });
}
