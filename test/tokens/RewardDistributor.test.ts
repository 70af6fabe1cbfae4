import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { getAddress, id, toBeHex } from "ethers";
import { ethers } from "hardhat";
import type { IRewardDistributor } from "../../.build/typechain";
import {
  buildContributorTree,
  contributorAmount,
  type ContributorLeaf,
  type ContributorTree,
  hashDistribution,
  type WeightedContributor,
  WHOLE,
} from "../../sdk/schemas/distribution";
import {
  attest,
  buildStatement,
  DELTA,
  deployImprovements,
  expectImproved,
  type Improvements,
  RATE,
  registerModel,
  rewardOf,
} from "../../scripts/dev/world/improvements";
import { signersIn } from "../helpers/guarded.behavior";
import { expectReleased, waitFor } from "../../scripts/dev/world/payouts";
import { Random } from "../helpers/random";

const EVALUATION = id("evaluation with many contributors");
const CONTRIBUTORS = 300;
const MANY = 10_000;
const CLAIMED_OF_MANY = [0, 1, 255, 256, 4_999, 9_998, 9_999];
const TOTAL = rewardOf(DELTA, RATE).forContributors;
const LARGEST_WEIGHT = 10n ** 9n;

type Claim = IRewardDistributor.ClaimStruct;

const accountAt = (i: number) => getAddress(toBeHex(0xa000_0000 + i, 20));

function weighted(count: number, seed: string): WeightedContributor[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => ({
    account: accountAt(i),
    weight: random.logBetween(1n, LARGEST_WEIGHT),
  }));
}

/** Releases the reward of an improvement whose contributors stand behind the tree's root. */
async function distribute(context: Improvements, tree: Pick<ContributorTree, "root">, evaluationId = EVALUATION) {
  const statement = await buildStatement(context, context.model, {
    evaluationId,
    contributors: [],
    contributorsRoot: tree.root,
  });
  const queued = await expectImproved(context, context.model, statement, await attest(context, statement));
  await waitFor(context, queued);
  await expectReleased(context, context.model.token, queued);
}

/** A distribution to {@link CONTRIBUTORS}. */
async function distribution() {
  const context = await deployImprovements();
  const tree = buildContributorTree(context.model.id, EVALUATION, weighted(CONTRIBUTORS, "contributors"));
  await distribute(context, tree);
  return { ...context, tree };
}

describe("RewardDistributor", () => {
  let context: Awaited<ReturnType<typeof distribution>>;
  let tree: ContributorTree;
  let token: string;

  beforeEach(async () => {
    context = await loadFixture(distribution);
    tree = context.tree;
    token = await context.model.token.getAddress();
  });

  function claimOf(leaf: ContributorLeaf, of: ContributorTree = tree): Claim {
    return { token, root: of.root, total: TOTAL, distributionId: of.distributionId, ...leaf, proof: [...leaf.proof] };
  }

  /** What is left of a distribution of the fixture's total. */
  const remainingOf = ({ distributionId, root }: Pick<ContributorTree, "distributionId" | "root"> = tree) =>
    context.rewardDistributor.remainingOf(distributionId, token, root, TOTAL);

  const leafAt = (i: number, of = tree) => of.leaves[i]!;
  const claim = (claimed: Claim, sender = context.relayer) => context.rewardDistributor.connect(sender).claim(claimed);

  async function expectClaimed(leaf: ContributorLeaf) {
    const { rewardDistributor, model } = context;
    const amount = contributorAmount(TOTAL, leaf);
    const remaining = await remainingOf();
    expect(await rewardDistributor.isClaimed(tree.distributionId, leaf.index)).to.equal(false);
    expect(await rewardDistributor.claim.staticCall(claimOf(leaf))).to.equal(amount);
    const transaction = claim(claimOf(leaf));
    await expect(transaction)
      .to.emit(rewardDistributor, "RewardClaimed")
      .withArgs(tree.distributionId, leaf.account, leaf.index, amount, remaining - amount);
    await expect(transaction).to.changeTokenBalances(
      model.token,
      [leaf.account, rewardDistributor, context.relayer],
      [amount, -amount, 0n],
    );
    expect(await remainingOf()).to.equal(remaining - amount);
    expect(await rewardDistributor.isClaimed(tree.distributionId, leaf.index)).to.equal(true);
  }

  /** The claim is refused for this reason and nothing has changed. */
  async function expectRefused(claimed: Claim, error: string, args: readonly unknown[]) {
    const { rewardDistributor, model } = context;
    const remaining = await remainingOf();
    const held = await model.token.balanceOf(rewardDistributor);
    await expect(claim(claimed))
      .to.be.revertedWithCustomError(rewardDistributor, error)
      .withArgs(...args);
    expect(await remainingOf()).to.equal(remaining);
    expect(await model.token.balanceOf(rewardDistributor)).to.equal(held);
  }

  describe("when contributors claim", () => {
    it("pays each contributor once, whoever sends the claim", async () => {
      for (const i of [0, 1, CONTRIBUTORS - 1]) {
        await expectClaimed(leafAt(i));
        const args = [tree.distributionId, leafAt(i).index];
        await expectRefused(claimOf(leafAt(i)), "AlreadyClaimed", args);
      }
    });

    it("V3: pays exactly the total to all of them, in any order", async () => {
      const { rewardDistributor, model } = context;
      const order = [...tree.leaves].sort((a, b) => (id(a.account) < id(b.account) ? -1 : 1));
      const half = order.length / 2;
      await rewardDistributor.claimMany(order.slice(0, half).map((leaf) => claimOf(leaf)));
      await rewardDistributor.claimMany(order.slice(half).map((leaf) => claimOf(leaf)));
      expect(await remainingOf()).to.equal(0);
      expect(await model.token.balanceOf(rewardDistributor)).to.equal(0);
      for (const leaf of tree.leaves) {
        expect(await model.token.balanceOf(leaf.account)).to.equal(contributorAmount(TOTAL, leaf));
      }
    });

    describe("in a batch", () => {
      it("pays several claims on several distributions, each with its event", async () => {
        const { rewardDistributor, model } = context;
        const second = buildContributorTree(model.id, id("second"), weighted(3, "second"));
        await distribute(context, second, id("second"));
        const leaves = [leafAt(7), leafAt(3)];
        const claims = [...leaves.map((leaf) => claimOf(leaf)), claimOf(leafAt(0, second), second)];
        const transaction = rewardDistributor.connect(context.mallory).claimMany(claims);
        let remaining = TOTAL;
        for (const leaf of leaves) {
          const amount = contributorAmount(TOTAL, leaf);
          remaining -= amount;
          await expect(transaction)
            .to.emit(rewardDistributor, "RewardClaimed")
            .withArgs(tree.distributionId, leaf.account, leaf.index, amount, remaining);
        }
        const amount = contributorAmount(TOTAL, leafAt(0, second));
        await expect(transaction)
          .to.emit(rewardDistributor, "RewardClaimed")
          .withArgs(second.distributionId, leafAt(0, second).account, 0, amount, TOTAL - amount);
      });

      it("skips a contributor who has been paid, so that nobody can make it fail by claiming first", async () => {
        const { rewardDistributor, model, mallory } = context;
        const batch = [1, 2, 3].map((i) => claimOf(leafAt(i)));
        await claim(claimOf(leafAt(2)), mallory);
        const amountOf = (i: number) => contributorAmount(TOTAL, leafAt(i));
        const transaction = await rewardDistributor.claimMany(batch);
        await expect(transaction).to.changeTokenBalances(
          model.token,
          [1, 2, 3].map((i) => leafAt(i).account),
          [amountOf(1), 0n, amountOf(3)],
        );
        const left = TOTAL - amountOf(2);
        const events = await rewardDistributor.queryFilter(
          rewardDistributor.filters.RewardClaimed(),
          transaction.blockNumber!,
        );
        expect(events.map(({ args }) => [...args])).to.deep.equal([
          [tree.distributionId, leafAt(1).account, 1n, amountOf(1), left - amountOf(1)],
          [tree.distributionId, leafAt(3).account, 3n, amountOf(3), left - amountOf(1) - amountOf(3)],
        ]);
        expect(await remainingOf()).to.equal(left - amountOf(1) - amountOf(3));
      });

      it("pays an account that appears twice only once", async () => {
        const { rewardDistributor } = context;
        await rewardDistributor.claimMany([1, 2, 1].map((i) => claimOf(leafAt(i))));
        expect(await remainingOf()).to.equal(
          TOTAL - contributorAmount(TOTAL, leafAt(1)) - contributorAmount(TOTAL, leafAt(2)),
        );
      });

      it("does nothing if all have been paid already", async () => {
        const { rewardDistributor } = context;
        const batch = [1, 2].map((i) => claimOf(leafAt(i)));
        await rewardDistributor.claimMany(batch);
        const left = await remainingOf();
        await expect(rewardDistributor.claimMany(batch)).to.not.emit(rewardDistributor, "RewardClaimed");
        expect(await remainingOf()).to.equal(left);
      });

      it("pays nobody if a proof is invalid", async () => {
        const { rewardDistributor } = context;
        const batch = [leafAt(1), { ...leafAt(2), proof: [] }, leafAt(3)].map((leaf) => claimOf(leaf));
        await expect(rewardDistributor.claimMany(batch))
          .to.be.revertedWithCustomError(rewardDistributor, "InvalidProof")
          .withArgs(tree.distributionId, 2);
        for (const i of [1, 2, 3]) {
          expect(await rewardDistributor.isClaimed(tree.distributionId, i)).to.equal(false);
        }
        expect(await remainingOf()).to.equal(TOTAL);
      });

      it("does nothing if it is empty", async () => {
        await expect(context.rewardDistributor.claimMany([])).to.not.emit(context.rewardDistributor, "RewardClaimed");
      });
    });
  });

  describe("when a claim does not match the distribution", () => {
    const wrong: [string, Partial<Claim>][] = [
      ["token", { token: accountAt(0) }],
      ["root", { root: id("another root") }],
      ["total, one more", { total: TOTAL + 1n }],
      ["total, one less", { total: TOTAL - 1n }],
    ];
    for (const [name, fields] of wrong) {
      it(`refuses another ${name}`, async () => {
        await expectRefused({ ...claimOf(leafAt(0)), ...fields }, "UnknownDistribution", [tree.distributionId]);
      });
    }

    for (const distributionId of [ethers.ZeroHash, hashDistribution(ethers.ZeroHash, EVALUATION)]) {
      it(`refuses an unknown distribution ${distributionId.slice(0, 10)}`, async () => {
        await expectRefused({ ...claimOf(leafAt(0)), distributionId }, "UnknownDistribution", [distributionId]);
      });
    }

    it("refuses a claim on another distribution of the same tree, token and total", async () => {
      const { model } = context;
      const evaluationId = id("second");
      await distribute(context, tree, evaluationId);
      const distributionId = hashDistribution(model.id, evaluationId);
      await expectRefused({ ...claimOf(leafAt(0)), distributionId }, "InvalidProof", [distributionId, 0]);
    });
  });

  describe("when a claim does not match the tree", () => {
    const altered: [string, (leaf: ContributorLeaf) => Partial<Claim>][] = [
      ["account", () => ({ account: accountAt(CONTRIBUTORS) })],
      ["index", () => ({ index: BigInt(CONTRIBUTORS) })],
      ["start", ({ from }) => ({ from: from - 1n })],
      ["end", ({ to }) => ({ to: to + 1n })],
      ["proof, without its last node", ({ proof }) => ({ proof: proof.slice(0, -1) })],
      ["proof, with another node", ({ proof }) => ({ proof: [...proof, ethers.ZeroHash] })],
      ["proof, in the other order", ({ proof }) => ({ proof: [...proof].reverse() })],
      ["proof of another leaf", () => ({ proof: [...leafAt(2).proof] })],
    ];
    for (const [name, alter] of altered) {
      it(`refuses another ${name}`, async () => {
        const claimed = { ...claimOf(leafAt(1)), ...alter(leafAt(1)) };
        await expectRefused(claimed, "InvalidProof", [tree.distributionId, claimed.index]);
      });
    }

    it("refuses an inner node as a leaf", async () => {
      const { proof } = leafAt(1);
      const claimed = { ...claimOf(leafAt(1)), proof: proof.slice(1) };
      await expectRefused(claimed, "InvalidProof", [tree.distributionId, 1]);
    });
  });

  describe("given a tree that was made by hand", () => {
    /** A tree whose only leaf is the claim's own: its root is the leaf. */
    async function loneClaim(from: bigint, to: bigint): Promise<Claim> {
      const evaluationId = id(`lone ${from} ${to}`);
      const distributionId = hashDistribution(context.model.id, evaluationId);
      const leaf = ["bytes32", "uint256", "address", "uint256", "uint256"];
      const encoded = ethers.AbiCoder.defaultAbiCoder().encode(leaf, [distributionId, 0, accountAt(0), from, to]);
      const root = ethers.keccak256(ethers.keccak256(encoded));
      await distribute(context, { root }, evaluationId);
      return { token, root, total: TOTAL, distributionId, index: 0, account: accountAt(0), from, to, proof: [] };
    }

    for (const [from, to] of [
      [0n, 0n],
      [WHOLE, WHOLE],
      [2n, 1n],
      [0n, WHOLE + 1n],
      [WHOLE, WHOLE + 1n],
    ] as const) {
      it(`refuses the interval from ${from} to ${to}`, async () => {
        await expectRefused(await loneClaim(from, to), "InvalidInterval", [from, to]);
      });
    }

    for (const [from, to] of [
      [0n, WHOLE],
      [0n, 1n],
      [WHOLE - 1n, WHOLE],
    ] as const) {
      it(`pays for the interval from ${from} to ${to}`, async () => {
        const claimed = await loneClaim(from, to);
        const amount = contributorAmount(TOTAL, { from, to });
        await expect(claim(claimed)).to.changeTokenBalance(context.model.token, accountAt(0), amount);
      });
    }

    it("lets a tree that promises too much take nothing from another distribution", async () => {
      const { rewardDistributor, model } = context;
      const evaluationId = id("greedy");
      const greedy = overlapping(model.id, evaluationId);
      await distribute(context, greedy, evaluationId);
      const [first, second] = greedy.leaves;
      await claim(claimOf(first!, greedy));

      const left = TOTAL - contributorAmount(TOTAL, first!);
      const requested = contributorAmount(TOTAL, second!);
      expect(requested).to.be.above(left);
      await expectRefused(claimOf(second!, greedy), "DistributionExhausted", [requested, left]);
      expect(await rewardDistributor.isClaimed(greedy.distributionId, second!.index)).to.equal(false);
      expect(await model.token.balanceOf(rewardDistributor)).to.equal(TOTAL + left);
      await expectClaimed(leafAt(0));
    });

    /** Two leaves that overlap by the smallest part of the whole. */
    function overlapping(model: string, evaluationId: string): ContributorTree {
      const distributionId = hashDistribution(model, evaluationId);
      const half = WHOLE / 2n;
      const intervals = [
        { index: 0n, account: accountAt(0), from: 0n, to: half },
        { index: 1n, account: accountAt(1), from: half - 1n, to: WHOLE },
      ];
      const types = ["bytes32", "uint256", "address", "uint256", "uint256"];
      const hashes = intervals.map(({ index, account, from, to }) =>
        ethers.keccak256(
          ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(types, [distributionId, index, account, from, to])),
        ),
      );
      const root = ethers.keccak256(ethers.concat([...hashes].sort()));
      const leaves = intervals.map((interval, i) => ({ ...interval, proof: [hashes[1 - i]!] }));
      return { distributionId, root, leaves };
    }
  });

  describe(`given ${MANY} contributors`, () => {
    it("pays those who claim by the same rules", async () => {
      const { rewardDistributor, model } = context;
      const evaluationId = id("many");
      tree = buildContributorTree(model.id, evaluationId, weighted(MANY, "many"));
      await distribute(context, tree, evaluationId);
      for (const i of CLAIMED_OF_MANY) await expectClaimed(leafAt(i));
      for (let i = 0; i < MANY; i += MANY / 10) {
        expect(await rewardDistributor.isClaimed(tree.distributionId, i)).to.equal(CLAIMED_OF_MANY.includes(i));
      }
    });
  });

  describe("callers", () => {
    it("lets only the TokenManager, which deployed it, begin a distribution", async () => {
      const { rewardDistributor, tokenManager, model, ...keys } = context;
      expect(await rewardDistributor.tokenManager()).to.equal(tokenManager);
      expect(await tokenManager.distributor()).to.equal(rewardDistributor);
      for (const [, sender] of signersIn(keys)) {
        await expect(
          rewardDistributor.connect(sender).createDistribution(model.id, ethers.ZeroHash, token, tree.root, TOTAL),
        )
          .to.be.revertedWithCustomError(rewardDistributor, "UnauthorizedCaller")
          .withArgs(sender, tokenManager);
      }
    });

    it("S7: gives a new verifier no power over what is unclaimed", async () => {
      const { rewardDistributor, tokenManager, registry, admin, alice, model } = context;
      await registry.connect(admin).setVerifier(alice);
      await expect(rewardDistributor.connect(alice).createDistribution(model.id, id("new"), token, tree.root, TOTAL))
        .to.be.revertedWithCustomError(rewardDistributor, "UnauthorizedCaller")
        .withArgs(alice, tokenManager);
      await expectClaimed(leafAt(0));
    });

    it("identifies a distribution by its id, token, root and total together", async () => {
      const { alice, model } = context;
      const distributor = await ethers.deployContract("RewardDistributor", alice);
      const distributionId = hashDistribution(model.id, EVALUATION);
      await distributor.createDistribution(model.id, EVALUATION, token, tree.root, TOTAL);
      const [otherRoot, otherToken] = [`${tree.root.slice(0, -2)}00`, accountAt(0)];
      expect(await distributor.remainingOf(distributionId, token, tree.root, TOTAL)).to.equal(TOTAL);
      expect(await distributor.remainingOf(id("other"), token, tree.root, TOTAL)).to.equal(0);
      expect(await distributor.remainingOf(distributionId, otherToken, tree.root, TOTAL)).to.equal(0);
      expect(await distributor.remainingOf(distributionId, token, otherRoot, TOTAL)).to.equal(0);
      expect(await distributor.remainingOf(distributionId, token, tree.root, TOTAL - 1n)).to.equal(0);
    });

    it("stores what is left under the hash of id, token, root and total", async () => {
      const { rewardDistributor } = context;
      const encoded = ethers.AbiCoder.defaultAbiCoder().encode(
        ["bytes32", "address", "bytes32", "uint256"],
        [tree.distributionId, token, tree.root, TOTAL],
      );
      const DISTRIBUTIONS_SLOT = 0;
      const slot = ethers.solidityPackedKeccak256(
        ["bytes32", "uint256"],
        [ethers.keccak256(encoded), DISTRIBUTIONS_SLOT],
      );
      // One word: the total above a flag that says that it exists.
      const word = BigInt(await ethers.provider.getStorage(rewardDistributor, slot));
      expect(word).to.equal((TOTAL << 8n) | 1n);
    });

    it("keeps evaluations with the same id in different models apart", async () => {
      const { rewardDistributor } = context;
      const other = await registerModel(context, { modelId: "other" });
      const statement = await buildStatement(context, other, {
        evaluationId: EVALUATION,
        contributors: [],
        contributorsRoot: tree.root,
      });
      const queued = await expectImproved(context, other, statement, await attest(context, statement));
      await waitFor(context, queued);
      await expectReleased(context, other.token, queued);
      expect(await rewardDistributor.hashDistribution(other.id, EVALUATION)).to.equal(
        hashDistribution(other.id, EVALUATION),
      );
      expect(await remainingOf()).to.equal(TOTAL);
    });

    it("publishes the length of all intervals together", async () => {
      expect(await context.rewardDistributor.WHOLE()).to.equal(WHOLE);
    });
  });
});
