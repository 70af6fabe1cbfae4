import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { type Pausable, shouldBehaveLikeGuardianPause } from "../helpers/guardianPause.behavior";
import { roleId, signersIn } from "../helpers/guarded.behavior";
import { MODEL_ID, modelIdOf } from "../helpers/models";
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
} from "../helpers/protocol";

const { ZeroAddress } = ethers;
const ID = modelIdOf(MODEL_ID);
const UNKNOWN_MODEL_ID = "unknown";
const PAUSE = 100n;

/** A protocol with a model in status PROPOSAL, in which the factory can send transactions. */
async function proposedModel() {
  const protocol = await deployProtocol();
  const model = await deployToken(protocol);
  return { ...protocol, ...model, protocol, factorySigner: await signerOf(await protocol.factory.getAddress()) };
}

/** {@link proposedModel} in status REGISTERED. */
async function registeredModel() {
  const context = await proposedModel();
  await registerModel(context.protocol, MODEL_ID);
  return context;
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
          .to.be.revertedWithCustomError(tokenManager, "ModelNotRegistered")
          .withArgs(modelIdOf(modelId));
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

    it("goes on while launches are paused", async () => {
      const { protocol, tokenManager, guardian, token } = await loadFixture(registeredModel);
      await tokenManager.connect(guardian).pauseLaunches(PAUSE);
      await distribute(protocol, MODEL_ID);
      expect(await token.isSupplierMinted()).to.equal(true);
    });
  });

  describe("given a distributed model", () => {
    it("S3: refuses a second time, before and after the pool", async () => {
      const { protocol, tokenManager, distributor, token, supplierAllocation } = await loadFixture(distributedModel);
      const again = () => tokenManager.connect(distributor).distributeModelSupplierAllocation(MODEL_ID);
      await expect(again()).to.be.revertedWithCustomError(token, "SupplierAlreadyMinted");
      await createPool(protocol, MODEL_ID);
      await expect(again()).to.be.revertedWithCustomError(token, "SupplierAlreadyMinted");
      expect(await token.totalSupply()).to.equal(supplierAllocation);
    });

    it("S3: refuses every other key, the supplier's included", async () => {
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
    it("mints all the same: the steps are independent", async () => {
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
    for (const id of [modelIdOf(UNKNOWN_MODEL_ID), ID]) {
      await expect(tokenManager.connect(factorySigner).setPool(id, alice))
        .to.be.revertedWithCustomError(tokenManager, "ModelNotRegistered")
        .withArgs(id);
    }
  });

  it("binds the token to its pool, once", async () => {
    const { tokenManager, factorySigner, token, alice, bob } = await loadFixture(registeredModel);
    const asFactory = tokenManager.connect(factorySigner);
    await expect(asFactory.setPool(ID, ZeroAddress)).to.be.revertedWithCustomError(token, "ZeroAddress");
    await expect(asFactory.setPool(ID, alice)).to.emit(token, "PoolSet").withArgs(alice);
    await expect(asFactory.setPool(ID, bob)).to.be.revertedWithCustomError(token, "PoolAlreadySet").withArgs(alice);
    expect(await token.pool()).to.equal(alice);
  });
});

describe("TokenManager.mintRewards", () => {
  it("mints nothing where there is no token, nor of a token that it did not deploy", async () => {
    const { tokenManager, verifier, alice } = await loadFixture(registeredModel);
    const asVerifier = tokenManager.connect(verifier);
    await expect(asVerifier.mintRewards(ZeroAddress, [alice], [1n])).to.be.revertedWithoutReason();
    const foreign = await ethers.deployContract("ModelToken", ["Foreign", "FOREIGN", alice, 1n, 1n, 1n]);
    await expect(asVerifier.mintRewards(foreign, [alice], [1n]))
      .to.be.revertedWithCustomError(foreign, "OnlyTokenManager")
      .withArgs(tokenManager);
  });

  it("mints what the verifier says, with or without a pool, while launches are paused too", async () => {
    const { protocol, tokenManager, verifier, guardian, token, alice, bob } = await loadFixture(registeredModel);
    const asVerifier = tokenManager.connect(verifier);
    await asVerifier.mintRewards(token, [alice, bob], [1n, 2n]);
    await createPool(protocol, MODEL_ID);
    await tokenManager.connect(guardian).pauseLaunches(PAUSE);
    await asVerifier.mintRewards(token, [bob], [4n]);
    expect(await token.rewardsMinted()).to.equal(7);
    expect(await token.balanceOf(alice)).to.equal(1);
    expect(await token.balanceOf(bob)).to.equal(6);
  });

  it("S4: stops at the token's lifetime cap", async () => {
    const { tokenManager, verifier, token, alice } = await loadFixture(registeredModel);
    const cap = await token.rewardAllocation();
    const asVerifier = tokenManager.connect(verifier);
    await expect(asVerifier.mintRewards(token, [alice], [cap + 1n]))
      .to.be.revertedWithCustomError(token, "RewardAllocationExceeded")
      .withArgs(cap + 1n, cap);
    await asVerifier.mintRewards(token, [alice], [cap]);
    await expect(asVerifier.mintRewards(token, [alice], [1n]))
      .to.be.revertedWithCustomError(token, "RewardAllocationExceeded")
      .withArgs(1, 0);
  });

  it("refuses lists of different lengths", async () => {
    const { tokenManager, verifier, token, alice, bob } = await loadFixture(registeredModel);
    await expect(tokenManager.connect(verifier).mintRewards(token, [alice, bob], [1n]))
      .to.be.revertedWithCustomError(token, "LengthMismatch")
      .withArgs(2, 1);
  });
});

describe("TokenManager.pauseLaunches", () => {
  const pauseOf = ({ tokenManager, guardian }: Awaited<ReturnType<typeof proposedModel>>): Omit<Pausable, "act"> => ({
    contract: tokenManager,
    pause: (duration) => tokenManager.connect(guardian).pauseLaunches(duration),
    resume: () => tokenManager.connect(guardian).resumeLaunches(),
    until: () => tokenManager.launchesPausedUntil(),
    expectPaused: async (transaction, until) => {
      await expect(transaction).to.emit(tokenManager, "LaunchesPaused").withArgs(until, guardian);
    },
  });

  async function pausableDeployment(): Promise<Pausable> {
    const context = await proposedModel();
    const { protocol, tokenManager, launcher } = context;
    const launch = buildLaunch(protocol, { modelId: "other" });
    return {
      ...pauseOf(context),
      act: () => tokenManager.connect(launcher).deployTokenWithAllocations(...argumentsOf(launch)),
    };
  }

  async function pausablePool(): Promise<Pausable> {
    const context = await registeredModel();
    const { factory, poolCreator, token } = context;
    const address = await token.getAddress();
    return { ...pauseOf(context), act: () => factory.connect(poolCreator).createPool(MODEL_ID, address) };
  }

  describe("as it stops deployments of tokens", () => {
    shouldBehaveLikeGuardianPause(pausableDeployment);
  });

  describe("as it stops creations of pools", () => {
    shouldBehaveLikeGuardianPause(pausablePool);
  });
});
