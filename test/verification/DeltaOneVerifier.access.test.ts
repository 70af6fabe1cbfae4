import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { shouldHaveOnly, signersIn } from "../helpers/guarded.behavior";
import { type Pausable, shouldBehaveLikeGuardianPause } from "../helpers/guardianPause.behavior";
import {
  attest,
  buildStatement,
  deployImprovements,
  deployVerifier,
  expectImproved,
  expectRefused,
  type Improvements,
  submit,
  toCall,
} from "../helpers/improvements";
import { DAY } from "../helpers/units";

const { ZeroAddress } = ethers;

const verifierOf = ({ verifier }: Improvements) => verifier;

async function pausable(): Promise<Pausable> {
  const context = await deployImprovements();
  const { registry, guardian, model } = context;
  return {
    contract: registry,
    pause: (duration) => registry.connect(guardian).pauseSubmissions(duration),
    resume: () => registry.connect(guardian).resumeSubmissions(),
    until: () => registry.submissionsPausedUntil(),
    expectPaused: async (transaction, until) => {
      await expect(transaction).to.emit(registry, "SubmissionsPaused").withArgs(until, guardian);
    },
    act: async () => {
      // The block's time is the test's; the statement lives long enough from it.
      const { timestamp } = await ethers.provider.send("eth_getBlockByNumber", ["pending", false]);
      const statement = await buildStatement(context, model, { deadline: BigInt(timestamp) + DAY });
      return submit(context, statement, await attest(context, statement));
    },
  };
}

/** A verifier of a registry that is not wired. */
async function unwired() {
  const context = await deployImprovements();
  const { admin, guardian, deployer, registrar } = context;
  const registry = await ethers.deployContract("ModelRegistry", [
    DAY,
    admin,
    [guardian],
    [registrar],
    [],
    [],
    deployer,
  ]);
  const verifier = await deployVerifier({ ...context, registry });
  return { ...context, unwiredRegistry: registry, unwiredVerifier: verifier };
}

describe("DeltaOneVerifier callers", () => {
  shouldHaveOnly(deployImprovements, verifierOf, ["processImprovement"]);

  it("lets nobody but the verifier move a score, mint rewards or begin a distribution", async () => {
    const context = await loadFixture(deployImprovements);
    const { registry, tokenManager, rewardDistributor, model } = context;
    const verifier = await context.verifier.getAddress();
    const token = await model.token.getAddress();
    const { evaluation } = await buildStatement(context, model);
    for (const [, sender] of signersIn(context)) {
      await expect(registry.connect(sender).recordImprovement(evaluation))
        .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
        .withArgs(sender, verifier);
      await expect(tokenManager.connect(sender).mintRewards(token, [sender], [1n]))
        .to.be.revertedWithCustomError(tokenManager, "UnauthorizedCaller")
        .withArgs(sender, verifier);
      await expect(model.token.connect(sender).mintRewards([sender], [1n]))
        .to.be.revertedWithCustomError(model.token, "OnlyTokenManager")
        .withArgs(sender);
      await expect(
        rewardDistributor.connect(sender).createDistribution(model.id, ethers.ZeroHash, token, ethers.ZeroHash, 1n),
      )
        .to.be.revertedWithCustomError(rewardDistributor, "OnlyVerifier")
        .withArgs(sender, verifier);
    }
    expect(await model.token.totalSupply()).to.equal(0);
  });
});

describe("Submissions, when a guardian pauses them,", () => {
  shouldBehaveLikeGuardianPause(pausable);
});

describe("DeltaOneVerifier constructor", () => {
  const dependencies = ["registry", "tokenManager", "factory"] as const;

  async function deploy(zero?: (typeof dependencies)[number]) {
    const context = await loadFixture(deployImprovements);
    const addressOf = async (name: (typeof dependencies)[number]) =>
      name === zero ? ZeroAddress : context[name].getAddress();
    const [registry, tokenManager, factory] = [
      await addressOf("registry"),
      await addressOf("tokenManager"),
      await addressOf("factory"),
    ];
    return ethers.deployContract("DeltaOneVerifier", [registry, tokenManager, factory]);
  }

  it("knows its registry, token manager and distributor", async () => {
    const { registry, tokenManager, rewardDistributor, verifier } = await loadFixture(deployImprovements);
    expect(await verifier.registry()).to.equal(registry);
    expect(await verifier.tokenManager()).to.equal(tokenManager);
    expect(await verifier.distributor()).to.equal(rewardDistributor);
    expect(await verifier.MAX_CONTRIBUTORS()).to.equal(64);
  });

  for (const zero of dependencies) {
    it(`refuses zero as the ${zero}`, async () => {
      const { verifier } = await loadFixture(deployImprovements);
      await expect(deploy(zero)).to.be.revertedWithCustomError(verifier, "ZeroAddress");
      expect(await (await deploy()).getAddress()).to.be.properAddress;
    });
  }
});

describe("DeltaOneVerifier before and after its time", () => {
  it("refuses everything before the registry is wired", async () => {
    const context = await loadFixture(unwired);
    const { unwiredRegistry: registry, unwiredVerifier: verifier, model } = context;
    const statement = await buildStatement(context, model);
    const proof = await attest({ ...context, verifier }, statement);
    await expect(submit({ ...context, verifier }, statement, proof))
      .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
      .withArgs(await verifier.getAddress(), ZeroAddress);
    await expect(verifier.verifyAndCalculateReward(toCall(statement), proof))
      .to.be.revertedWithCustomError(registry, "ModelNotRegistered")
      .withArgs(model.id);
  });

  it("V1: loses its power when the admin replaces it; what it paid is in the score, and old statements die", async () => {
    const context = await loadFixture(deployImprovements);
    const { registry, admin, model } = context;
    const paid = await buildStatement(context, model);
    await expectImproved(context, model, paid, await attest(context, paid));
    const pending = await buildStatement(context, model);
    const proof = await attest(context, pending);
    const verifier = await deployVerifier(context);
    await registry.connect(admin).setVerifier(verifier);

    const unauthorized = [await context.verifier.getAddress(), await verifier.getAddress()];
    const refusal = { contract: registry, error: "UnauthorizedCaller", args: unauthorized };
    await expectRefused(context, model, pending, proof, refusal, { preview: false });
    await expect(submit({ ...context, verifier }, pending, proof)).to.be.revertedWithCustomError(
      context.oracleAttestation,
      "InvalidSignature",
    );
    // The evaluation that the old one paid starts from a score that is gone.
    const again = { ...context, verifier };
    await expect(submit(again, paid, await attest(again, paid)))
      .to.be.revertedWithCustomError(registry, "EvaluationMismatch")
      .withArgs(
        ethers.encodeBytes32String("baselineScore"),
        paid.evaluation.baselineScore,
        paid.evaluation.candidateScore,
      );
    await expectImproved(again, model, pending, await attest(again, pending));
  });
});
