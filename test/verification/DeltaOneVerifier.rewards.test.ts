import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { getAddress, toBeHex } from "ethers";
import { ethers } from "hardhat";
import type { Contributor } from "../../sdk/schemas/statement";
import {
  attest,
  BASELINE,
  buildContributors,
  buildStatement,
  deployImprovements,
  expectImproved,
  expectRefused,
  improve,
  type Improvements,
  RATE,
  registerModel,
  rewardOf,
  type StatementOverrides,
  submit,
} from "../../scripts/dev/world/improvements";
import { Direction, Status } from "../../scripts/dev/world/models";
import { expectReleased, queuedBy, waitFor } from "../../scripts/dev/world/payouts";
import { BPS, field, TOKEN } from "../../scripts/dev/world/units";
import { Random } from "../helpers/random";

const MAX_CONTRIBUTORS = 64;
const FUZZED_SPLITS = 12;
const CANDIDATE = 7_988n;

/** A reward that leaves a remainder whatever the shares. */
const ODD_RATE = RATE + 1_234_567n;

/** The example: ROC AUC 0.749352 → 0.798857. */
const GOLDEN = { deltaBps: 494n, reward: 4_940n * TOKEN, owner: 1_482n * TOKEN, contributors: 3_458n * TOKEN };

const accountAt = (i: number) => ({ address: getAddress(toBeHex(0x1_0000 + i, 20)) });
const accounts = (count: number) => Array.from({ length: count }, (_, i) => accountAt(i));

/** Shares that sum to 10,000: 1 each, the rest to one of them. */
function unequalShares(count: number, largest: number): bigint[] {
  return Array.from({ length: count }, (_, i) => (i === largest ? BPS - BigInt(count - 1) : 1n));
}

/** Shares of random size that sum to 10,000. */
function randomShares(random: Random, count: number): bigint[] {
  const shares = Array.from({ length: count }, () => 1n);
  for (let rest = BPS - BigInt(count); rest > 0n;) {
    const part = random.logBetween(1n, rest);
    shares[Number(random.between(0n, BigInt(count - 1)))]! += part;
    rest -= part;
  }
  return shares;
}

describe("DeltaOneVerifier rewards", () => {
  let context: Improvements;

  beforeEach(async () => {
    context = await loadFixture(deployImprovements);
  });

  async function expectPaid(overrides: StatementOverrides = {}, tokensPerDeltaOne = RATE, model = context.model) {
    const statement = await buildStatement(context, model, overrides);
    const queued = await expectImproved(context, model, statement, await attest(context, statement), tokensPerDeltaOne);
    await waitFor(context, queued);
    await expectReleased(context, model.token, queued);
    return statement;
  }

  async function refuseContributors(
    contributors: readonly Contributor[],
    error: string,
    args: readonly unknown[],
    contributorsRoot = ethers.ZeroHash,
  ) {
    const statement = await buildStatement(context, context.model, { contributors, contributorsRoot });
    const proof = await attest(context, statement);
    await expectRefused(context, context.model, statement, proof, { contract: context.verifier, error, args });
  }

  describe("given the example data's improvement", () => {
    it("V3: pays 4,940 tokens for 494 bps at 1,000 per DeltaOne, of which 1,482 to the owner", async () => {
      const { verifier, model, alice } = context;
      const statement = await expectPaid({
        evaluation: { candidateScore: CANDIDATE },
        contributors: [{ account: alice.address, shareBps: BPS }],
      });

      expect(statement.evaluation.candidateScore - statement.evaluation.baselineScore).to.equal(GOLDEN.deltaBps);
      expect(await model.token.totalSupply()).to.equal(GOLDEN.reward);
      expect(await model.token.balanceOf(model.owner)).to.equal(GOLDEN.owner);
      expect(await model.token.balanceOf(alice)).to.equal(GOLDEN.contributors);
      expect(await verifier.calculateDeltaOnes(GOLDEN.deltaBps)).to.equal((494n * TOKEN) / 100n);
    });

    it("previews the reward, split into 30 and 70 %", async () => {
      const { verifier, model } = context;
      expect(await verifier.previewReward(model.id, CANDIDATE)).to.deep.equal([GOLDEN.owner, GOLDEN.contributors]);
      expect(await verifier.OWNER_SHARE_BPS()).to.equal(3_000);
      expect(await verifier.CONTRIBUTOR_SHARE_BPS()).to.equal(7_000);
    });
  });

  describe("when the model is to be minimised", () => {
    it("pays for a lower score", async () => {
      const model = await registerModel(context, {
        modelId: "error-model",
        benchmark: { direction: Direction.MINIMISE },
      });
      await expectPaid({ evaluation: { candidateScore: BASELINE - GOLDEN.deltaBps } }, RATE, model);
      expect(await model.token.totalSupply()).to.equal(GOLDEN.reward);
    });

    it("refuses a higher one", async () => {
      const model = await registerModel(context, {
        modelId: "error-model",
        benchmark: { direction: Direction.MINIMISE },
      });
      const statement = await buildStatement(context, model, { evaluation: { candidateScore: BASELINE + 100n } });
      const args = [field("improvement"), 0, 10];
      const refusal = { contract: context.registry, error: "EvaluationTooWeak", args };
      await expectRefused(context, model, statement, await attest(context, statement), refusal);
    });
  });

  describe("when contributors are listed", () => {
    for (const count of [1, 2, MAX_CONTRIBUTORS]) {
      it(`V3: pays ${count} contributors exactly`, async () => {
        await expectPaid({ contributors: buildContributors(accounts(count), unequalShares(count, count - 1)) });
      });
    }

    it("V3: gives the remainder to the largest share, wherever it stands in the list", async () => {
      const model = await registerModel(context, { modelId: "odd-rate", tokensPerDeltaOne: ODD_RATE });
      for (const largest of [0, 1, 2]) {
        const contributors = buildContributors(accounts(3), unequalShares(3, largest));
        const { forContributors } = rewardOf(10n, ODD_RATE);
        const floors = contributors.map(({ shareBps }) => (forContributors * shareBps) / BPS);
        expect(floors.reduce((sum, amount) => sum + amount, 0n)).to.be.below(forContributors);
        const candidateScore = (await context.registry.scoreOf(model.id)) + 10n;
        await expectPaid({ evaluation: { candidateScore }, contributors }, ODD_RATE, model);
      }
    });

    it("V3: gives the remainder to the first of equal shares", async () => {
      const model = await registerModel(context, { modelId: "odd-rate", tokensPerDeltaOne: ODD_RATE });
      const contributors = buildContributors(accounts(3), [3_000n, 3_500n, 3_500n]);
      const { amounts } = rewardOf(100n, ODD_RATE, contributors);
      expect(amounts[1]! - amounts[2]!).to.be.above(0);
      await expectPaid({ contributors }, ODD_RATE, model);
      expect(await model.token.balanceOf(contributors[1]!.account)).to.equal(amounts[1]);
    });

    it("pays an owner who is also a contributor in both roles", async () => {
      const { alice, supplier } = context;
      await expectPaid({ contributors: buildContributors([supplier, alice], [5_000n, 5_000n]) });
    });

    it(`V3: pays exactly for ${FUZZED_SPLITS} random rates, improvements and shares`, async () => {
      const random = new Random("splits");
      for (let i = 0; i < FUZZED_SPLITS; i++) {
        const rate = random.logBetween(100n * TOKEN, 10_000_000n * TOKEN);
        const count = Number(random.between(1n, 20n));
        const model = await registerModel(context, { modelId: `random-${i}`, tokensPerDeltaOne: rate });
        const contributors = buildContributors(accounts(count), randomShares(random, count));
        const candidateScore = BASELINE + random.between(10n, 500n);
        await expectPaid({ contributors, evaluation: { candidateScore } }, rate, model);
      }
    });

    describe("and the list is unacceptable", () => {
      it(`refuses ${MAX_CONTRIBUTORS + 1} contributors`, async () => {
        const count = MAX_CONTRIBUTORS + 1;
        const contributors = buildContributors(accounts(count), unequalShares(count, 0));
        await refuseContributors(contributors, "OutOfRange", [field("contributors"), count, 1, MAX_CONTRIBUTORS]);
      });

      it("refuses contributors out of order", async () => {
        const [first, second] = buildContributors(accounts(2), [5_000n, 5_000n]);
        await refuseContributors([second!, first!], "NotAscending", [second!.account, first!.account]);
      });

      it("refuses the same contributor twice", async () => {
        const [first] = buildContributors(accounts(1), [5_000n]);
        await refuseContributors([first!, first!], "NotAscending", [first!.account, first!.account]);
      });

      it("refuses zero as a contributor", async () => {
        const contributors = [{ account: ethers.ZeroAddress, shareBps: BPS }];
        await refuseContributors(contributors, "NotAscending", [ethers.ZeroAddress, ethers.ZeroAddress]);
      });

      it("refuses a share of zero", async () => {
        const contributors = buildContributors(accounts(2), [0n, BPS]);
        await refuseContributors(contributors, "OutOfRange", [field("shareBps"), 0, 1, BPS]);
      });

      for (const off of [-1n, 1n]) {
        it(`refuses shares that sum to ${BPS + off}`, async () => {
          const contributors = buildContributors(accounts(2), [4_000n, 6_000n + off]);
          await refuseContributors(contributors, "ValueMismatch", [field("shareBps"), BPS + off, BPS]);
        });
      }

      it("refuses shares whose sum would wrap around in 16 bits", async () => {
        const contributors = buildContributors(accounts(2), [65_535n, BPS + 1n]);
        await refuseContributors(contributors, "ValueMismatch", [field("shareBps"), 65_535n + BPS + 1n, BPS]);
      });

      for (const name of ["registry", "tokenManager", "factory", "verifier", "rewardDistributor"] as const) {
        it(`refuses the ${name} as a contributor`, async () => {
          const address = await context[name].getAddress();
          const contributors = [{ account: address, shareBps: BPS }];
          await refuseContributors(contributors, "ProtocolContract", [address]);
        });
      }

      it("refuses the model's token as a contributor, even as the last of several", async () => {
        const token = await context.model.token.getAddress();
        const contributors = buildContributors([{ address: token }, accountAt(0)], [1n, BPS - 1n]);
        expect(contributors[1]!.account).to.equal(token);
        await refuseContributors(contributors, "ProtocolContract", [token]);
      });
    });
  });

  describe("when a Merkle root takes the place of the list", () => {
    const contributorsRoot = ethers.id("root of a tree");

    it("V3: pays the owner and gives the rest to the distributor, as one distribution", async () => {
      const { rewardDistributor, model } = context;
      const statement = await expectPaid({ contributors: [], contributorsRoot });
      const { forContributors } = rewardOf(100n, RATE);
      const id = await rewardDistributor.hashDistribution(model.id, statement.evaluationId);
      const token = await model.token.getAddress();
      const [event] = await rewardDistributor.queryFilter(rewardDistributor.filters.DistributionCreated());
      expect([...event!.args]).to.deep.equal([model.id, id, token, contributorsRoot, forContributors]);
    });

    it("refuses a list beside the root", async () => {
      const contributors = buildContributors(accounts(2), [5_000n, 5_000n]);
      await refuseContributors(contributors, "ContributorsOrRoot", [2, contributorsRoot], contributorsRoot);
    });

    it("refuses a statement with neither a list nor a root", async () => {
      await refuseContributors([], "ContributorsOrRoot", [0, ethers.ZeroHash]);
    });
  });

  describe("views", () => {
    it("calculateDeltaOnes converts bps exactly", async () => {
      const { verifier } = context;
      for (const bps of [0n, 1n, 10n, 225n, 10_000n]) {
        expect(await verifier.calculateDeltaOnes(bps)).to.equal((bps * TOKEN) / 100n);
      }
    });

    it("previewReward returns zero for what is no improvement, and the reward up to the top of the scale", async () => {
      const { verifier, model } = context;
      for (const score of [0n, BASELINE - 1n, BASELINE]) {
        expect(await verifier.previewReward(model.id, score)).to.deep.equal([0n, 0n]);
      }
      const { owner, forContributors } = rewardOf(BPS - BASELINE, RATE);
      expect(await verifier.previewReward(model.id, BPS)).to.deep.equal([owner, forContributors]);
    });

    it("previewReward refuses a score above the scale and an unregistered model", async () => {
      const { verifier, registry, model } = context;
      await expect(verifier.previewReward(model.id, BPS + 1n))
        .to.be.revertedWithCustomError(registry, "OutOfRange")
        .withArgs(field("candidateScore"), BPS + 1n, 0, BPS);
      await expect(verifier.previewReward(ethers.ZeroHash, BPS))
        .to.be.revertedWithCustomError(registry, "WrongModelStatus")
        .withArgs(ethers.ZeroHash, Status.NONE, Status.REGISTERED);
    });

    it("isUsed is true from the recording of an evaluation on, not only from its release", async () => {
      const { verifier, model } = context;
      const { statement, transaction } = await improve(context, model);
      expect(await verifier.isUsed(model.id, statement.evaluationId)).to.equal(true);
      const queued = await queuedBy(context, transaction);
      await waitFor(context, queued);
      await expectReleased(context, model.token, queued);
      expect(await verifier.isUsed(model.id, statement.evaluationId)).to.equal(true);
      expect(await verifier.isUsed(model.id, ethers.ZeroHash)).to.equal(false);
    });

    it("processImprovement returns the reward", async () => {
      const { verifier, model } = context;
      const statement = await buildStatement(context, model);
      const proof = await attest(context, statement);
      const call = { ...statement, contributors: [...statement.contributors] };
      expect(await verifier.processImprovement.staticCall(call, proof)).to.equal(rewardOf(100n, RATE).reward);
      await submit(context, statement, proof);
    });
  });
});
