import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { BaseContract } from "ethers";
import { ethers } from "hardhat";
import { roleId, shouldHaveOnly, signersIn } from "../helpers/guarded.behavior";
import { type Pausable, shouldBehaveLikeGuardianPause } from "../helpers/guardianPause.behavior";
import {
  attest,
  buildStatement,
  deployImprovements,
  deployVerifier,
  expectImproved,
  expectRefused,
  improveAndRelease,
  type Improvements,
  submit,
  toCall,
} from "../../scripts/dev/world/improvements";
import { Status } from "../../scripts/dev/world/models";
import { expectReleased, toPayout, waitFor } from "../../scripts/dev/world/payouts";
import { signerOf } from "../../scripts/dev/world/protocol";
import { DAY, PAYOUT_DELAY } from "../../scripts/dev/world/units";

const { ZeroAddress } = ethers;

const verifierOf = ({ verifier }: Improvements) => verifier;

async function pausable(): Promise<Pausable> {
  const context = await deployImprovements();
  const { registry, guardian, alice, admin, model } = context;
  await registry.connect(admin).grantRole(roleId("GUARDIAN_ROLE"), alice);
  return {
    contract: registry,
    guardians: [guardian, alice],
    admin,
    pause: (sender, duration) => registry.connect(sender).pauseSubmissions(duration),
    resume: (sender) => registry.connect(sender).resumeSubmissions(),
    state: async () => ({
      until: await registry.submissionsPausedUntil(),
      wholeAt: await registry.submissionsPauseWholeAt(),
    }),
    expectPaused: (transaction, { until, wholeAt, account }) =>
      expect(transaction).to.emit(registry, "SubmissionsPaused").withArgs(until, wholeAt, account),
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
    PAYOUT_DELAY,
  ]);
  const verifier = await deployVerifier({ ...context, registry });
  return { ...context, unwiredRegistry: registry, unwiredVerifier: verifier };
}

describe("DeltaOneVerifier callers", () => {
  shouldHaveOnly(deployImprovements, verifierOf, ["processImprovement"]);

  it("lets nobody but the verifier move a score, and nobody but the TokenManager mint or begin a distribution", async () => {
    const context = await loadFixture(deployImprovements);
    const { registry, tokenManager, rewardDistributor, model } = context;
    const verifier = await context.verifier.getAddress();
    const manager = await tokenManager.getAddress();
    const { evaluation, evaluationId } = await buildStatement(context, model);
    const { queued } = await improveAndRelease(context, model);
    const supply = await model.token.totalSupply();
    const doors: [BaseContract, expected: string, open: (sender: HardhatEthersSigner) => Promise<unknown>][] = [
      [
        ...([registry, verifier] as const),
        (sender) => registry.connect(sender).recordImprovement(evaluation, evaluationId, ethers.id("payees")),
      ],
      [
        ...([registry, manager] as const),
        (sender) => registry.connect(sender).releasePayout(model.id, queued.evaluationId, toPayout(queued)),
      ],
      [model.token, manager, (sender) => model.token.connect(sender).mintRewards([sender], [1n])],
      [
        ...([rewardDistributor, manager] as const),
        (sender) =>
          rewardDistributor
            .connect(sender)
            .createDistribution(model.id, evaluationId, model.token, ethers.ZeroHash, 1n),
      ],
    ];
    for (const [, sender] of signersIn(context)) {
      for (const [contract, expected, open] of doors) {
        await expect(open(sender))
          .to.be.revertedWithCustomError(contract, "UnauthorizedCaller")
          .withArgs(sender, expected);
      }
    }
    expect(await model.token.totalSupply()).to.equal(supply);
  });
});

describe("DeltaOneVerifier submissions, when a guardian pauses them", () => {
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

  it("stores its registry, and publishes the largest number of contributors", async () => {
    const { registry, verifier } = await loadFixture(deployImprovements);
    expect(await verifier.registry()).to.equal(registry);
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

describe("DeltaOneVerifier before it is wired and after it is replaced", () => {
  it("refuses every statement while the registry is not wired", async () => {
    const context = await loadFixture(unwired);
    const { unwiredRegistry: registry, unwiredVerifier: verifier, model } = context;
    const statement = await buildStatement(context, model);
    const proof = await attest({ ...context, verifier }, statement);
    await expect(submit({ ...context, verifier }, statement, proof))
      .to.be.revertedWithCustomError(registry, "WrongModelStatus")
      .withArgs(model.id, Status.NONE, Status.REGISTERED);
    const recorder = await signerOf(await verifier.getAddress());
    await expect(
      registry.connect(recorder).recordImprovement(statement.evaluation, statement.evaluationId, ethers.id("payees")),
    )
      .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
      .withArgs(recorder, ZeroAddress);
  });

  it("answers verifyAndCalculateReward when it is replaced, although processImprovement refuses", async () => {
    const context = await loadFixture(deployImprovements);
    const { verifier, registry, admin, model } = context;
    const statement = await buildStatement(context, model);
    const proof = await attest(context, statement);
    const call = toCall(statement);
    const reward = await verifier.verifyAndCalculateReward(call, proof);
    const successor = await deployVerifier(context);
    await registry.connect(admin).setVerifier(successor);

    expect(await verifier.verifyAndCalculateReward(call, proof)).to.equal(reward);
    await expect(verifier.processImprovement.staticCall(call, proof))
      .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
      .withArgs(verifier, successor);
  });

  it("V1, R2: loses its power when it is replaced: what it queued is paid once, and statements for it are void", async () => {
    const context = await loadFixture(deployImprovements);
    const { registry, admin, model } = context;
    const used = await buildStatement(context, model);
    const queued = await expectImproved(context, model, used, await attest(context, used));
    const pending = await buildStatement(context, model);
    const proof = await attest(context, pending);
    const verifier = await deployVerifier(context);
    await registry.connect(admin).setVerifier(verifier);

    const unauthorized = [await context.verifier.getAddress(), await verifier.getAddress()];
    const refusal = { contract: registry, error: "UnauthorizedCaller", args: unauthorized };
    await expectRefused(context, model, pending, proof, refusal, { preview: false });
    await expect(submit({ ...context, verifier }, pending, proof))
      .to.be.revertedWithCustomError(context.oracleAttestation, "InvalidSignature")
      .withArgs(context.attesters[0]!.address);
    const again = { ...context, verifier };
    const next = await buildStatement(context, model, { evaluationId: used.evaluationId });
    const args = [model.id, used.evaluationId];
    const isUsed = { contract: registry, error: "EvaluationAlreadyUsed", args };
    await expectRefused(again, model, next, await attest(again, next), isUsed);
    const second = await expectImproved(again, model, pending, await attest(again, pending));

    await waitFor(context, second);
    await expectReleased(context, model.token, queued);
    await expectReleased(context, model.token, second);
  });
});
