import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { type Pausable, shouldBehaveLikeGuardianPause } from "../helpers/guardianPause.behavior";
import { roleId, signersIn } from "../helpers/guarded.behavior";
import { buildEvaluation, IMPROVEMENT_BPS, MODEL_ID, modelIdOf, Status } from "../../scripts/dev/world/models";
import { expectReleased, hashPayees, type QueuedPayout, release, waitFor } from "../../scripts/dev/world/payouts";
import {
  argumentsOf,
  buildLaunch,
  createPool,
  deployProtocol,
  deployToken,
  distribute,
  launchModel,
  registerModel,
  signerOf,
} from "../../scripts/dev/world/protocol";
import { TOKEN } from "../../scripts/dev/world/units";

const { ZeroAddress, ZeroHash } = ethers;
const ID = modelIdOf(MODEL_ID);
const UNKNOWN_MODEL_ID = "unknown";
const PAUSE = 100n;
const ROOT = ethers.id("root of a tree");

/** Of {@link IMPROVEMENT_BPS} at the rate of the helpers' model. */
const REWARD = 100_000n * TOKEN;

/** A protocol with a model in status PROPOSAL, in which the factory can send transactions. */
async function proposedModel() {
  const protocol = await deployProtocol();
  const model = await deployToken(protocol);
  return { ...protocol, ...model, protocol, factorySigner: await signerOf(await protocol.factory.getAddress()) };
}

/** {@link proposedModel} in status REGISTERED. */
async function registeredModel() {
  const context = await proposedModel();
  const benchmark = await registerModel(context.protocol, MODEL_ID);
  return { ...context, benchmark };
}

/** {@link registeredModel} whose supplier allocation was distributed. */
async function distributedModel() {
  const context = await registeredModel();
  await distribute(context.protocol, MODEL_ID);
  return context;
}

describe("TokenManager.distributeModelSupplierAllocation", () => {
  describe("given an unknown or merely proposed model", () => {
    for (const modelId of [UNKNOWN_MODEL_ID, "", MODEL_ID]) {
      it(`refuses "${modelId}"`, async () => {
        const { tokenManager, distributor, token } = await loadFixture(proposedModel);
        await expect(tokenManager.connect(distributor).distributeModelSupplierAllocation(modelId))
          .to.be.revertedWithCustomError(tokenManager, "WrongModelStatus")
          .withArgs(modelIdOf(modelId), modelId === MODEL_ID ? Status.PROPOSAL : Status.NONE, Status.REGISTERED);
        expect(await token.totalSupply()).to.equal(0);
      });
    }
  });

  describe("given a registered model", () => {
    it("S3: mints exactly the allocation to the fixed recipient", async () => {
      const context = await loadFixture(registeredModel);
      const { tokenManager, distributor, token, supplierRecipient, supplierAllocation } = context;
      const transaction = tokenManager.connect(distributor).distributeModelSupplierAllocation(MODEL_ID);
      await expect(transaction)
        .to.emit(tokenManager, "SupplierAllocationDistributed")
        .withArgs(ID, token, supplierRecipient, supplierAllocation);
      await expect(transaction).to.emit(token, "SupplierMinted").withArgs(supplierRecipient, supplierAllocation);
      await expect(transaction).to.emit(token, "Transfer").withArgs(ZeroAddress, supplierRecipient, supplierAllocation);
      expect(await token.balanceOf(supplierRecipient)).to.equal(supplierAllocation);
      expect(await token.totalSupply()).to.equal(supplierAllocation);
      expect(await token.isSupplierMinted()).to.equal(true);
    });

    it("works while launches are paused", async () => {
      const { protocol, tokenManager, guardian, token } = await loadFixture(registeredModel);
      await tokenManager.connect(guardian).pauseLaunches(PAUSE);
      await distribute(protocol, MODEL_ID);
      expect(await token.isSupplierMinted()).to.equal(true);
    });
  });

  describe("given a distributed model", () => {
    it("S3: refuses to mint again, before and after the pool is created", async () => {
      const { protocol, tokenManager, distributor, token, supplierAllocation } = await loadFixture(distributedModel);
      const again = () => tokenManager.connect(distributor).distributeModelSupplierAllocation(MODEL_ID);
      await expect(again()).to.be.revertedWithCustomError(token, "SupplierAlreadyMinted");
      await createPool(protocol, MODEL_ID);
      await expect(again()).to.be.revertedWithCustomError(token, "SupplierAlreadyMinted");
      expect(await token.totalSupply()).to.equal(supplierAllocation);
    });

    it("S3: refuses every other key, including the supplier's", async () => {
      const context = await loadFixture(distributedModel);
      const { tokenManager, distributor, token, supplierAllocation } = context;
      for (const [, sender] of signersIn(context).filter(([, signer]) => signer !== distributor)) {
        await expect(tokenManager.connect(sender).distributeModelSupplierAllocation(MODEL_ID))
          .to.be.revertedWithCustomError(tokenManager, "AccessControlUnauthorizedAccount")
          .withArgs(sender, roleId("DISTRIBUTOR_ROLE"));
      }
      expect(await token.totalSupply()).to.equal(supplierAllocation);
    });
  });

  describe("given a pool but no distribution", () => {
    it("still mints the allocation", async () => {
      const protocol = await loadFixture(deployProtocol);
      const { token, supplierAllocation } = await launchModel(protocol, { distributed: false });
      await distribute(protocol, MODEL_ID);
      expect(await token.totalSupply()).to.equal(supplierAllocation);
    });
  });
});

describe("TokenManager.setPool", () => {
  it("refuses an unknown or merely proposed model", async () => {
    const { tokenManager, factorySigner, alice } = await loadFixture(proposedModel);
    for (const [id, status] of [
      [modelIdOf(UNKNOWN_MODEL_ID), Status.NONE],
      [ID, Status.PROPOSAL],
    ] as const) {
      await expect(tokenManager.connect(factorySigner).setPool(id, alice))
        .to.be.revertedWithCustomError(tokenManager, "WrongModelStatus")
        .withArgs(id, status, Status.REGISTERED);
    }
  });

  it("binds the token to its pool, and only once", async () => {
    const { tokenManager, factorySigner, token, alice, bob } = await loadFixture(registeredModel);
    const asFactory = tokenManager.connect(factorySigner);
    await expect(asFactory.setPool(ID, ZeroAddress)).to.be.revertedWithCustomError(token, "ZeroAddress");
    await expect(asFactory.setPool(ID, alice)).to.emit(token, "PoolSet").withArgs(alice);
    await expect(asFactory.setPool(ID, bob)).to.be.revertedWithCustomError(token, "PoolAlreadySet").withArgs(alice);
    expect(await token.pool()).to.equal(alice);
  });
});

describe("TokenManager.releasePayout", () => {
  type Context = Awaited<ReturnType<typeof registeredModel>>;

  /** A payout as a verifier queues it that asks no method, and that has waited. */
  async function queue(
    { registry, verifier, method, benchmark }: Context,
    payees: readonly [account: string, amount: bigint][],
    contributorsRoot = ZeroHash,
  ): Promise<QueuedPayout> {
    const [accounts, amounts] = [payees.map(([account]) => account), payees.map(([, amount]) => amount)];
    const evaluationId = ethers.id(accounts.join());
    const baselineScore = await registry.scoreOf(ID);
    const { modelCommitment } = await registry.benchmarkOf(ID);
    const evaluation = buildEvaluation(ID, benchmark, {
      baselineScore,
      candidateScore: baselineScore + IMPROVEMENT_BPS,
      baselineCommitment: modelCommitment,
    });
    const payeesHash = hashPayees(contributorsRoot, accounts, amounts);
    await registry.connect(verifier).recordImprovement(evaluation, evaluationId, payeesHash);
    const payout = { model: ID, evaluationId, method: method.address, queuedAt: BigInt(await time.latest()) };
    const queued = { ...payout, reward: REWARD, contributorsRoot, accounts, amounts };
    await waitFor({ registry }, queued);
    return queued;
  }

  const releasing = (context: Context) => ({ ...context, relayer: context.mallory });

  it("mints to each payee, with or without a pool, even while launches are paused", async () => {
    const context = await loadFixture(registeredModel);
    const { protocol, tokenManager, guardian, token, supplier, alice, bob } = context;
    const [first, second] = [REWARD / 4n, REWARD / 4n + 1n];
    const queued = await queue(context, [
      [supplier.address, first],
      [alice.address, second],
      [bob.address, REWARD - first - second],
    ]);
    await expectReleased(releasing(context), token, queued);

    await createPool(protocol, MODEL_ID);
    await tokenManager.connect(guardian).pauseLaunches(PAUSE);
    await expectReleased(releasing(context), token, await queue(context, [[bob.address, REWARD]]));
    expect(await token.rewardsMinted()).to.equal(2n * REWARD);
  });

  it("adds up what an account receives twice", async () => {
    const context = await loadFixture(registeredModel);
    const { token, alice } = context;
    const queued = await queue(context, [
      [alice.address, 1n],
      [alice.address, REWARD - 1n],
    ]);
    await expectReleased(releasing(context), token, queued);
    expect(await token.balanceOf(alice)).to.equal(REWARD);
  });

  it("begins a distribution of what the distributor receives as the second payee of a root", async () => {
    const context = await loadFixture(registeredModel);
    const { token, supplier, rewardDistributor } = context;
    const payees: [string, bigint][] = [
      [supplier.address, REWARD - 7n],
      [await rewardDistributor.getAddress(), 7n],
    ];
    await expectReleased(releasing(context), token, await queue(context, payees, ROOT));
    expect(await token.balanceOf(rewardDistributor)).to.equal(7);
  });

  it("S7: refuses a root whose second payee is somebody else", async () => {
    const context = await loadFixture(registeredModel);
    const { tokenManager, token, rewardDistributor, alice } = context;
    const payees: [string, bigint][] = [
      [await rewardDistributor.getAddress(), 7n],
      [alice.address, REWARD - 7n],
    ];
    await expect(release(releasing(context), await queue(context, payees, ROOT)))
      .to.be.revertedWithCustomError(tokenManager, "NotToDistributor")
      .withArgs(alice);
    expect(await token.totalSupply()).to.equal(0);
  });

  it("refuses a payout that was not queued", async () => {
    const context = await loadFixture(registeredModel);
    const { tokenManager, registry, token, method, alice } = context;
    await expect(tokenManager.releasePayout(ID, ROOT, method, 1n, ZeroHash, [alice], [1n]))
      .to.be.revertedWithCustomError(registry, "UnknownPayout")
      .withArgs(ID, ROOT);
    expect(await token.totalSupply()).to.equal(0);
  });
});

describe("TokenManager.pauseLaunches", () => {
  async function pauseOf({
    tokenManager,
    guardian,
    alice,
    admin,
  }: Awaited<ReturnType<typeof proposedModel>>): Promise<Omit<Pausable, "act">> {
    await tokenManager.connect(admin).grantRole(roleId("GUARDIAN_ROLE"), alice);
    return {
      contract: tokenManager,
      guardians: [guardian, alice],
      admin,
      pause: (sender, duration) => tokenManager.connect(sender).pauseLaunches(duration),
      resume: (sender) => tokenManager.connect(sender).resumeLaunches(),
      state: async () => ({
        until: await tokenManager.launchesPausedUntil(),
        wholeAt: await tokenManager.launchesPauseWholeAt(),
      }),
      expectPaused: (transaction, { until, wholeAt, account }) =>
        expect(transaction).to.emit(tokenManager, "LaunchesPaused").withArgs(until, wholeAt, account),
    };
  }

  async function pausableDeployment(): Promise<Pausable> {
    const context = await proposedModel();
    const { protocol, tokenManager, launcher } = context;
    const launch = buildLaunch(protocol, { modelId: "other" });
    return {
      ...(await pauseOf(context)),
      act: () => tokenManager.connect(launcher).deployTokenWithAllocations(...argumentsOf(launch)),
    };
  }

  async function pausablePool(): Promise<Pausable> {
    const context = await registeredModel();
    const { factory, poolCreator, token } = context;
    const address = await token.getAddress();
    return { ...(await pauseOf(context)), act: () => factory.connect(poolCreator).createPool(MODEL_ID, address) };
  }

  describe("when it stops deployments of tokens", () => {
    shouldBehaveLikeGuardianPause(pausableDeployment);
  });

  describe("when it stops creations of pools", () => {
    shouldBehaveLikeGuardianPause(pausablePool);
  });
});
