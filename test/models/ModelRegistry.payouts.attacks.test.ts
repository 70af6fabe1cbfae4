import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture, takeSnapshot, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { ModelRegistry } from "../../.build/typechain";
import {
  attest,
  BASELINE,
  buildContributors,
  buildStatement,
  DAILY_LIMIT,
  DELTA,
  deployImprovements,
  deployVerifier,
  expectImproved,
  expectRefused,
  improve,
  type Improvements,
  RATE,
  registerModel,
  type RegisteredModel,
  rewardOf,
  submit,
} from "../../scripts/dev/world/improvements";
import {
  expectHeld,
  expectReleased,
  hashPayees,
  OPEN,
  type QueuedPayout,
  queuedBy,
  releasableFrom,
  release,
  releaseArguments,
  toPayout,
  VOIDED,
  waitFor,
} from "../../scripts/dev/world/payouts";
import { BPS, DAY, field, HOUR } from "../../scripts/dev/world/units";

const { ZeroAddress, ZeroHash } = ethers;

const THOUSAND = 1_000;
const LEAST = 10n;

/** What an improvement of the tests is worth. */
const { reward } = rewardOf(DELTA, RATE);

describe("ModelRegistry payouts under attack", () => {
  let context: Improvements;
  let model: RegisteredModel;

  beforeEach(async () => {
    context = await loadFixture(deployImprovements);
    model = context.model;
  });

  // Gives the chain its time back, for fixtures that others make later.
  after(() => loadFixture(deployImprovements));

  /** R3: what was taken from the lifetime rewards is minted, waits, or is void and not returned. */
  async function expectBooks(queuedOrVoid: readonly QueuedPayout[], of = model) {
    const taken = (await of.token.rewardAllocation()) - (await context.registry.rewardsRemainingOf(of.id));
    const waiting = queuedOrVoid.reduce((sum, { reward }) => sum + reward, 0n);
    expect(taken).to.equal((await of.token.rewardsMinted()) + waiting);
  }

  const giveBack = (queued: QueuedPayout) =>
    context.registry.connect(context.relayer).returnVoided(queued.model, queued.evaluationId, toPayout(queued));

  describe("given an attester set that has been stolen as a whole", () => {
    /** As much as the daily limit allows, to the thief, on each of two days that meet at midnight. */
    async function steal(): Promise<QueuedPayout[]> {
      const { mallory } = context;
      const contributors = buildContributors([mallory], [BPS]);
      const midnight = (BigInt(await time.latest()) / DAY + 1n) * DAY;
      const stolen: QueuedPayout[] = [];
      for (const [at, score] of [
        [midnight - 1n, BASELINE + DAILY_LIMIT],
        [midnight, BASELINE + 2n * DAILY_LIMIT],
      ] as const) {
        const deadline = at + HOUR;
        const statement = await buildStatement(context, model, {
          contributors,
          deadline,
          evaluation: { candidateScore: score },
        });
        const proof = await attest(context, statement);
        await time.setNextBlockTimestamp(at);
        stolen.push(await queuedBy(context, await submit(context, statement, proof)));
      }
      expect(stolen[1]!.queuedAt - stolen[0]!.queuedAt).to.equal(1);
      return stolen;
    }

    it("R1: mints nothing before the delay is over, even if two days' limits are used within a second", async () => {
      const stolen = await steal();
      await time.increaseTo((await releasableFrom(context, stolen[0]!)) - 2n);
      for (const queued of stolen) {
        await expectHeld(context, model.token, queued, "PayoutWaits", [await releasableFrom(context, queued)]);
      }
      expect(await model.token.totalSupply()).to.equal(0);
      await expectBooks(stolen);
    });

    it("R2, R3: pays nothing that a guardian stops in the last second, and returns all of it", async () => {
      const { registry, guardian, admin } = context;
      const honest = await queuedBy(context, (await improve(context, model)).transaction);
      const stolen = await steal();
      const { method, queuedAt } = stolen[0]!;
      await time.setNextBlockTimestamp((await releasableFrom(context, stolen[0]!)) - 1n);
      await registry.connect(guardian).stopPayouts(method, queuedAt);
      await time.increase(DAY);
      for (const queued of stolen) {
        await expectHeld(context, model.token, queued, "PayoutIsStopped", [method, queuedAt, OPEN]);
      }
      await registry.connect(admin).voidPayouts(method, queuedAt, stolen[1]!.queuedAt + 1n);
      for (const queued of stolen) await giveBack(queued);
      await expectReleased(context, model.token, honest);
      await expectBooks([]);
      expect(await model.token.balanceOf(context.mallory)).to.equal(0);
    });

    it("R2: loses only what was released before a guardian who stops late", async () => {
      const { registry, guardian, mallory } = context;
      const stolen = await steal();
      const [first, second] = stolen as [QueuedPayout, QueuedPayout];
      await time.setNextBlockTimestamp(await releasableFrom(context, first));
      await release(context, first);
      // In the very second in which the second could be released, before it in the block.
      await ethers.provider.send("evm_setAutomine", [false]);
      const stop = await registry.connect(guardian).stopPayouts(first.method, first.queuedAt, { gasLimit: 100_000 });
      const late = await context.tokenManager
        .connect(mallory)
        .releasePayout(...releaseArguments(second), { gasLimit: 500_000 });
      await time.setNextBlockTimestamp(await releasableFrom(context, second));
      await ethers.provider.send("evm_mine");
      await ethers.provider.send("evm_setAutomine", [true]);
      expect((await stop.wait())!.status).to.equal(1);
      const receipt = await ethers.provider.getTransactionReceipt(late.hash);
      expect(receipt!.status).to.equal(0);
      expect(await model.token.balanceOf(mallory)).to.equal(first.amounts[1]);
      await expectBooks([second]);
    });

    it("R2: still pays the payouts of another method", async () => {
      const { registry, guardian, admin, attesters } = context;
      const second = await ethers.deployContract("OracleAttestation", [registry, attesters, 2]);
      await registry.connect(admin).setMethodAccess(second, 2);
      const other = await registerModel(context, {
        modelId: "other",
        benchmark: { method: await second.getAddress() },
      });
      const statement = await buildStatement(context, other, { attesterEpoch: await second.epoch() });
      const queued = await expectImproved(context, other, statement, await attest(context, statement));
      const [stolen] = await steal();
      await registry.connect(guardian).stopPayouts(stolen!.method, 1n);
      await waitFor(context, queued);
      await expectReleased(context, other.token, queued);
    });
  });

  describe("given a new verifier that is malicious", () => {
    let verifier: HardhatEthersSigner;
    let honest: QueuedPayout;
    let asVerifier: ModelRegistry;

    beforeEach(async () => {
      const { registry, admin } = context;
      honest = await queuedBy(context, (await improve(context, model)).transaction);
      verifier = context.mallory;
      await registry.connect(admin).setVerifier(verifier);
      asVerifier = registry.connect(verifier);
    });

    /** What the verifier queues without asking any method, for whom it likes. */
    async function queue(
      contributorsRoot: string,
      accounts: string[],
      amounts: bigint[],
      evaluationId = ethers.id(`${accounts} ${amounts}`),
    ): Promise<QueuedPayout> {
      const { evaluation } = await buildStatement(context, model);
      await asVerifier.recordImprovement(evaluation, evaluationId, hashPayees(contributorsRoot, accounts, amounts));
      const queuedAt = BigInt(await time.latest());
      const payout = { model: model.id, evaluationId, method: honest.method, queuedAt, reward };
      return { ...payout, contributorsRoot, accounts, amounts };
    }

    it("R1, R2: pays its payouts only after the delay, and not if they are stopped", async () => {
      const { registry, guardian } = context;
      const stolen = await queue(ZeroHash, [verifier.address], [reward]);
      await expectHeld(context, model.token, stolen, "PayoutWaits", [await releasableFrom(context, stolen)]);
      await registry.connect(guardian).stopPayouts(stolen.method, stolen.queuedAt);
      await waitFor(context, stolen);
      const args = [stolen.method, stolen.queuedAt, OPEN];
      await expectHeld(context, model.token, stolen, "PayoutIsStopped", args);
      await expectReleased(context, model.token, honest);
      await expectBooks([stolen]);
    });

    it("R1: lets it neither mint, nor release, nor begin a distribution", async () => {
      const { registry, tokenManager, rewardDistributor } = context;
      await waitFor(context, honest);
      await expect(asVerifier.releasePayout(model.id, honest.evaluationId, toPayout(honest)))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(verifier, tokenManager);
      await expect(model.token.connect(verifier).mintRewards([verifier], [1n]))
        .to.be.revertedWithCustomError(model.token, "UnauthorizedCaller")
        .withArgs(verifier, tokenManager);
      await expect(
        rewardDistributor.connect(verifier).createDistribution(model.id, ZeroHash, model.token, ZeroHash, 1n),
      )
        .to.be.revertedWithCustomError(rewardDistributor, "UnauthorizedCaller")
        .withArgs(verifier, tokenManager);
      expect(await model.token.totalSupply()).to.equal(0);
    });

    it("R2: lets it neither redirect a payout of others nor hold it back", async () => {
      await waitFor(context, honest);
      const turned = { ...honest, accounts: honest.accounts.map(() => verifier.address) };
      await expectHeld(context, model.token, turned, "UnknownPayout", [model.id, honest.evaluationId]);
      await expectReleased(context, model.token, honest);
    });

    it("V1: lets it queue no evaluation twice, whether the first waits, was released or was returned", async () => {
      const { registry, guardian, admin } = context;
      const refuse = async (evaluationId: string) => {
        const { evaluation } = await buildStatement(context, model);
        await expect(asVerifier.recordImprovement(evaluation, evaluationId, ethers.id("payees")))
          .to.be.revertedWithCustomError(registry, "EvaluationAlreadyUsed")
          .withArgs(model.id, evaluationId);
      };
      await refuse(honest.evaluationId);
      await waitFor(context, honest);
      await expectReleased(context, model.token, honest);
      await refuse(honest.evaluationId);
      const stolen = await queue(ZeroHash, [verifier.address], [reward]);
      await registry.connect(guardian).stopPayouts(stolen.method, stolen.queuedAt);
      await registry.connect(admin).voidPayouts(stolen.method, stolen.queuedAt, stolen.queuedAt + 1n);
      await giveBack(stolen);
      await refuse(stolen.evaluationId);
    });

    it("S7: lets it begin no distribution of what was not minted to the distributor", async () => {
      const { tokenManager } = context;
      const foreign = await queue(ethers.id("root"), [model.owner, verifier.address], [1n, reward - 1n]);
      const alone = await queue(ethers.id("root"), [verifier.address], [reward]);
      await waitFor(context, alone);
      await expect(release(context, foreign))
        .to.be.revertedWithCustomError(tokenManager, "NotToDistributor")
        .withArgs(verifier);
      await expect(release(context, alone)).to.be.revertedWithPanic(0x32);
      await expectBooks([honest, foreign, alone]);
    });

    it("R3: pays it no more than was taken, and lets the admin return what cannot be released", async () => {
      const { registry, guardian, admin } = context;
      const more = await queue(ZeroHash, [verifier.address], [reward + 1n]);
      const less = await queue(ZeroHash, [verifier.address], [reward - 1n]);
      const uneven = await queue(ZeroHash, [verifier.address, verifier.address], [reward]);
      const nobody = await queue(ZeroHash, [ZeroAddress], [reward]);
      await waitFor(context, nobody);
      for (const queued of [more, less]) {
        await expectHeld(context, model.token, queued, "UnknownPayout", [model.id, queued.evaluationId]);
      }
      await expect(release(context, uneven))
        .to.be.revertedWithCustomError(model.token, "ValueMismatch")
        .withArgs(field("amounts"), 1, 2);
      await expect(release(context, nobody))
        .to.be.revertedWithCustomError(model.token, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
      await expectBooks([honest, more, less, uneven, nobody]);

      await registry.connect(guardian).stopPayouts(more.method, more.queuedAt);
      await registry.connect(admin).voidPayouts(more.method, more.queuedAt, nobody.queuedAt + 1n);
      for (const queued of [more, less, uneven, nobody]) {
        await giveBack(queued);
        expect(await registry.payoutOf(model.id, queued.evaluationId)).to.equal(VOIDED);
      }
      await expectReleased(context, model.token, honest);
      await expectBooks([]);
    });

    it("V4: holds it to the benchmark and the daily limit", async () => {
      const { registry } = context;
      const { evaluation } = await buildStatement(context, model);
      const candidateScore = evaluation.baselineScore + DAILY_LIMIT;
      await expect(asVerifier.recordImprovement({ ...evaluation, candidateScore }, ethers.id("all"), ZeroHash))
        .to.be.revertedWithCustomError(registry, "DailyLimitExceeded")
        .withArgs(DAILY_LIMIT, DAILY_LIMIT - 100n, DAILY_LIMIT);
      await expect(asVerifier.recordImprovement({ ...evaluation, baselineScore: 0n }, ethers.id("all"), ZeroHash))
        .to.be.revertedWithCustomError(registry, "ValueMismatch")
        .withArgs(field("baselineScore"), 0, evaluation.baselineScore);
    });
  });

  describe("given a verifier that was replaced twice while payouts wait", () => {
    it("R2, V1: pays once what each verifier queued, and accepts statements for the present one only", async () => {
      const { registry, admin } = context;
      const queued: QueuedPayout[] = [];
      const used: string[] = [];
      const verifiers = [context.verifier, await deployVerifier(context), await deployVerifier(context)];
      for (const verifier of verifiers) {
        await registry.connect(admin).setVerifier(verifier);
        const present = { ...context, verifier };
        const statement = await buildStatement(present, model);
        queued.push(await expectImproved(present, model, statement, await attest(present, statement)));
        used.push(statement.evaluationId);
      }
      for (const verifier of verifiers) {
        const [asked, present] = [{ ...context, verifier }, verifier === verifiers[2]];
        for (const evaluationId of used) {
          expect(await verifier.isUsed(model.id, evaluationId)).to.equal(true);
          const again = await buildStatement(asked, model, { evaluationId });
          const refusal = { contract: registry, error: "EvaluationAlreadyUsed", args: [model.id, evaluationId] };
          await expectRefused(asked, model, again, await attest(asked, again), refusal);
        }
        const fresh = await buildStatement(asked, model, { evaluationId: ethers.id("fresh") });
        const proof = await attest(asked, fresh);
        if (present) continue;
        const args = [await verifier.getAddress(), await verifiers[2]!.getAddress()];
        const refusal = { contract: registry, error: "UnauthorizedCaller", args };
        await expectRefused(asked, model, fresh, proof, refusal, { preview: false });
      }
      await waitFor(context, queued[2]!);
      for (const each of queued) await expectReleased(context, model.token, each);
      await expectBooks([]);
    });
  });

  describe(`given ${THOUSAND} waiting payouts`, () => {
    it("R2, R3: releases one for the same gas as if it waited alone, and pays all of them", async () => {
      const { registry, admin, alice, bob, supplier, tokenManager, relayer } = context;
      const whole = await registerModel(context, { modelId: "whole", benchmark: { baselineScore: 0n } });
      await registry.connect(admin).setDailyLimit(whole.id, BPS);
      await registry.connect(admin).setVerifier(alice);
      const { evaluation } = await buildStatement(context, whole);
      const { method } = await registry.benchmarkOf(whole.id);
      const { reward, owner, forContributors } = rewardOf(LEAST, RATE);
      const [accounts, amounts] = [
        [supplier.address, bob.address],
        [owner, forContributors],
      ];
      const payeesHash = hashPayees(ZeroHash, accounts, amounts);
      const queued: QueuedPayout[] = [];
      const queueNext = async () => {
        const baselineScore = BigInt(queued.length) * LEAST;
        const evaluationId = ethers.id(`evaluation ${queued.length}`);
        const next = { ...evaluation, baselineScore, candidateScore: baselineScore + LEAST };
        const commitments = queued.length === 0 ? {} : { baselineCommitment: evaluation.candidateCommitment };
        await registry.connect(alice).recordImprovement({ ...next, ...commitments }, evaluationId, payeesHash);
        const queuedAt = BigInt(await time.latest());
        const payout = { model: whole.id, evaluationId, method, queuedAt, reward };
        queued.push({ ...payout, contributorsRoot: ZeroHash, accounts, amounts });
      };
      const releaseGas = async (each: QueuedPayout) => (await (await release(context, each)).wait())!.gasUsed;

      await queueNext();
      const alone = await takeSnapshot();
      await waitFor(context, queued[0]!);
      const gasAlone = await releaseGas(queued[0]!);
      await alone.restore();
      while (queued.length < THOUSAND) await queueNext();
      await expectBooks(queued, whole);
      await waitFor(context, queued[THOUSAND - 1]!);
      expect(await releaseGas(queued[0]!)).to.equal(gasAlone);

      const later = queued.slice(1).reverse();
      for (const each of later) await tokenManager.connect(relayer).releasePayout(...releaseArguments(each));
      expect(await whole.token.rewardsMinted()).to.equal(BigInt(THOUSAND) * reward);
      expect(await whole.token.balanceOf(bob)).to.equal(BigInt(THOUSAND) * amounts[1]!);
      expect(await registry.rewardsRemainingOf(whole.id)).to.equal(
        (await whole.token.rewardAllocation()) - BigInt(THOUSAND) * reward,
      );
      await expectBooks([], whole);
    });
  });
});
