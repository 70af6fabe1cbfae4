import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { PANIC_CODES } from "@nomicfoundation/hardhat-chai-matchers/panic";
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { BaseContract } from "ethers";
import { ethers } from "hardhat";
import { encodeZkProof, prove } from "../../../sdk/node/prover";
import { encodeKey, readKey } from "../../../sdk/node/circuitKeys";
import { commit } from "../../../sdk/proofs/commitment";
import { countRows, ONE_ATTEMPT } from "../../../sdk/proofs/counts";
import type { ImprovementStatement } from "../../../sdk/schemas/statement";
import { useSetup } from "../../circuits/setup";
import { roleId } from "../../helpers/guarded.behavior";
import {
  ascending,
  benchmarkWith,
  buildContributors,
  buildStatement,
  deployImprovements,
  expectImproved,
  expectRefused,
  proposeModel,
  submit,
  toCall,
} from "../../../scripts/dev/world/improvements";
import { buildModel, buildPoolTerms, MethodAccess, modelIdOf } from "../../../scripts/dev/world/models";
import {
  expectHeld,
  expectReleased,
  hashPayees,
  OPEN,
  releasableFrom,
  waitFor,
} from "../../../scripts/dev/world/payouts";
import { argumentsOf } from "../../../scripts/dev/world/protocol";
import { BPS, field, TOKEN } from "../../../scripts/dev/world/units";
import { BASELINE, BENCHMARK, CANDIDATE, CANDIDATE_SCORE, CAPACITY, LABELS } from "../../sdk/proofs/proven.fixture";

const { ZeroHash } = ethers;

const MODEL_ID = "invented";
const ID = modelIdOf(MODEL_ID);
const HIGHEST_RATE = 10_000_000n * TOKEN;
const ROOT = ethers.id("root of a tree");

/** Stands for whoever tries. */
const SENDER = Symbol("sender");

const byRole = (role: string) => ["AccessControlUnauthorizedAccount", [SENDER, role]] as const;

const byCaller = (expected: unknown) => ["UnauthorizedCaller", [SENDER, expected]] as const;

/**
 * A protocol with a proof-only method for the admin, and a fresh model of whoever holds the keys of launches: `mallory` is its
 * supplier and governor, and has the labels, so that any predictions that she likes can be proven right.
 */
async function inventedModel() {
  const context = await deployImprovements();
  const { registry, tokenManager, admin, launcher, mallory } = context;
  const zkProof = await ethers.deployContract("ZkProof", [encodeKey(readKey(CAPACITY).verificationKey), ONE_ATTEMPT]);
  await registry.connect(admin).setMethodAccess(zkProof, MethodAccess.ADMIN);
  const launch = buildModel(
    { supplierRecipient: mallory.address, governor: mallory.address },
    { modelId: MODEL_ID, params: { tokensPerDeltaOne: HIGHEST_RATE } },
  );
  await tokenManager.connect(launcher).deployTokenWithAllocations(...argumentsOf(launch));
  const token = await ethers.getContractAt("ModelToken", await registry.tokenOf(ID));
  const benchmark = await benchmarkWith(context, { ...BENCHMARK, method: await zkProof.getAddress() });
  return { ...context, zkProof, benchmark, model: { id: ID, token, owner: mallory.address } };
}

describe("M1: a proof-only method, given all launch keys in one hand @uninstrumented", () => {
  let context: Awaited<ReturnType<typeof inventedModel>>;

  useSetup(CAPACITY);

  beforeEach(async () => {
    context = await loadFixture(inventedModel);
  });

  /** The statement of the invented improvement, to its inventor, with a real proof. */
  async function prepare(): Promise<{ statement: ImprovementStatement; proof: string }> {
    const { verifier, mallory, model } = context;
    const statement = await buildStatement(context, model, {
      contributors: buildContributors([mallory], [BPS]),
      attesterEpoch: 0n,
      evaluation: { candidateScore: CANDIDATE_SCORE, candidateCommitment: commit(CANDIDATE) },
    });
    const digest = await verifier.hashStatement(toCall(statement));
    const claim = { labels: LABELS, baseline: BASELINE, candidate: CANDIDATE, digest };
    const counts = countRows(LABELS.bits, BASELINE.bits, CANDIDATE.bits);
    return { statement, proof: encodeZkProof(counts, (await prove(claim)).proof) };
  }

  const register = (sender: HardhatEthersSigner, method?: string) =>
    context.registry
      .connect(sender)
      .registerModel(ID, method === undefined ? context.benchmark : { ...context.benchmark, method });

  async function expectNothingMinted() {
    const { registry, verifier, model } = context;
    expect(await model.token.rewardsMinted()).to.equal(0);
    expect(await registry.rewardsRemainingOf(ID)).to.equal(await model.token.rewardAllocation());
    expect(await verifier.queryFilter(verifier.filters.PayoutQueued())).to.deep.equal([]);
  }

  describe("given that the method is reserved for the admin", () => {
    it("refuses it to the registrar, and accepts the same benchmark from the admin", async () => {
      const { registry, registrar, admin, zkProof, benchmark } = context;
      await expect(register(registrar))
        .to.be.revertedWithCustomError(registry, "MethodNotAllowed")
        .withArgs(zkProof, MethodAccess.ADMIN);
      await expect(register(admin)).to.emit(registry, "ModelRegistered");
      expect((await registry.benchmarkOf(ID)).evaluationDataHash).to.equal(benchmark.evaluationDataHash);
    });

    it("refuses the registrar a method that nobody has allowed, even a hybrid that includes the admin's", async () => {
      const { registry, registrar, zkProof } = context;
      const own = await ethers.deployContract("VerificationMethodMock");
      const addresses = await Promise.all([zkProof.getAddress(), own.getAddress()]);
      const methods = ascending(addresses.map((address) => ({ address }))).map(({ address }) => address);
      const hybrid = await ethers.deployContract("Hybrid", [methods]);
      for (const method of [own, hybrid]) {
        await expect(register(registrar, await method.getAddress()))
          .to.be.revertedWithCustomError(registry, "MethodNotAllowed")
          .withArgs(method, MethodAccess.NONE);
      }
    });

    it("refuses even the admin a method that is not allowed at all", async () => {
      const { registry, admin, zkProof } = context;
      await registry.connect(admin).setMethodAccess(zkProof, MethodAccess.NONE);
      await expect(register(admin))
        .to.be.revertedWithCustomError(registry, "MethodNotAllowed")
        .withArgs(zkProof, MethodAccess.NONE);
    });

    it("mints nothing for a real proof if attesters must vouch for the model", async () => {
      const { registrar, distributor, tokenManager, oracleAttestation, zkProof } = context;
      await register(registrar, await oracleAttestation.getAddress());
      await tokenManager.connect(distributor).distributeModelSupplierAllocation(MODEL_ID);
      await createPool();
      const { statement, proof } = await prepare();
      const { evaluation, attesterEpoch } = statement;
      const digest = await context.verifier.hashStatement(toCall(statement));
      expect(await zkProof.verify(evaluation, attesterEpoch, digest, proof), "the proof is real").to.equal(
        zkProof.interface.getFunction("verify").selector,
      );
      const epoch = await oracleAttestation.epoch();
      await expect(submit(context, statement, proof))
        .to.be.revertedWithCustomError(oracleAttestation, "ValueMismatch")
        .withArgs(field("attesterEpoch"), attesterEpoch, epoch);
      // Read as signatures, the proof has more of them than fit into memory.
      await expect(submit(context, { ...statement, attesterEpoch: epoch }, proof)).to.be.revertedWithPanic(
        PANIC_CODES.TOO_MUCH_MEMORY_ALLOCATED,
      );
      await expectNothingMinted();
    });

    it("opens no other way to mint to any of the keys, before and after the pool", async () => {
      const { registrar, oracleAttestation } = context;
      await tryEveryDoor();
      await register(registrar, await oracleAttestation.getAddress());
      await createPool();
      await tryEveryDoor();
      await expectNothingMinted();
    });

    it("R1, R2: pays what the admin registered once the delay is over, unless it is stopped", async () => {
      const { admin, registry, guardian, model, zkProof } = context;
      await register(admin);
      const { statement, proof } = await prepare();
      const queued = await expectImproved(context, model, statement, proof, HIGHEST_RATE);
      await expectHeld(context, model.token, queued, "PayoutWaits", [await releasableFrom(context, queued)]);
      await waitFor(context, queued);
      await registry.connect(guardian).stopPayouts(zkProof, queued.queuedAt);
      const args = [await zkProof.getAddress(), queued.queuedAt, OPEN];
      await expectHeld(context, model.token, queued, "PayoutIsStopped", args);
      await registry.connect(admin).liftPayoutStop(zkProof);
      await expectReleased(context, model.token, queued);
    });
  });

  describe("given that the method is open to registrars", () => {
    it("pays for an invented improvement: whoever opens the method lets registrars mint", async () => {
      const { admin, registrar, registry, zkProof, model } = context;
      await registry.connect(admin).setMethodAccess(zkProof, MethodAccess.REGISTRAR);
      await register(registrar);
      const { statement, proof } = await prepare();
      const queued = await expectImproved(context, model, statement, proof, HIGHEST_RATE);
      await waitFor(context, queued);
      await expectReleased(context, model.token, queued);
    });

    it("V1: refuses the proof for another model with the same benchmark", async () => {
      const { admin, registrar, registry, zkProof, benchmark } = context;
      await registry.connect(admin).setMethodAccess(zkProof, MethodAccess.REGISTRAR);
      await register(registrar);
      const twin = await proposeModel(context, { modelId: "twin" });
      await registry.connect(registrar).registerModel(twin.id, benchmark);
      const { statement, proof } = await prepare();
      const replayed = { ...statement, evaluation: { ...statement.evaluation, model: twin.id } };
      const refusal = { contract: zkProof, error: "ProofInvalid", args: [] };
      await expectRefused(context, twin, replayed, proof, refusal);
    });
  });

  async function createPool() {
    const { factory, poolCreator, model } = context;
    const terms = Object.values(buildPoolTerms()) as [bigint, bigint, bigint, bigint, bigint];
    await factory.connect(poolCreator).createPoolWithParams(MODEL_ID, model.token, ...terms);
  }

  /** Each key tries all that would lead to a mint, and meets the guard of each. */
  async function tryEveryDoor() {
    const { registry, tokenManager, rewardDistributor, verifier, zkProof, benchmark, model } = context;
    const { evaluation } = await buildStatement(context, model);
    const payees = hashPayees(ZeroHash, [context.mallory.address], [1n]);
    const admin = roleId("DEFAULT_ADMIN_ROLE");
    const manager = await tokenManager.getAddress();
    const doors: [BaseContract, string, readonly unknown[], (sender: HardhatEthersSigner) => Promise<unknown>][] = [
      [registry, ...byRole(admin), (sender) => registry.connect(sender).setMethodAccess(zkProof, 2)],
      [registry, ...byRole(admin), (sender) => registry.connect(sender).setVerifier(sender)],
      [registry, ...byRole(admin), (sender) => registry.connect(sender).replaceBenchmark(ID, benchmark)],
      [registry, ...byRole(admin), (sender) => registry.connect(sender).grantRole(roleId("REGISTRAR_ROLE"), sender)],
      [
        registry,
        ...byCaller(verifier),
        (sender) => registry.connect(sender).recordImprovement(evaluation, ROOT, payees),
      ],
      [
        ...([registry, ...byCaller(manager)] as const),
        (sender) =>
          registry
            .connect(sender)
            .releasePayout(ID, ROOT, { method: zkProof, queuedAt: 1n, reward: 1n, payeesHash: payees }),
      ],
      [
        ...([registry, "UnknownPayout", [ID, ROOT]] as const),
        (sender) => tokenManager.connect(sender).releasePayout(ID, ROOT, zkProof, 1n, ZeroHash, [sender], [1n]),
      ],
      [model.token, ...byCaller(manager), (sender) => model.token.connect(sender).mintRewards([sender], [1n])],
      [
        ...([rewardDistributor, ...byCaller(manager)] as const),
        (sender) => rewardDistributor.connect(sender).createDistribution(ID, ROOT, model.token, ROOT, 1n),
      ],
    ];
    const { registrar, launcher, distributor, poolCreator, mallory } = context;
    for (const sender of [registrar, launcher, distributor, poolCreator, mallory]) {
      for (const [contract, error, args, open] of doors) {
        await expect(open(sender))
          .to.be.revertedWithCustomError(contract, error)
          .withArgs(...args.map((arg) => (arg === SENDER ? sender.address : arg)));
      }
    }
  }
});
