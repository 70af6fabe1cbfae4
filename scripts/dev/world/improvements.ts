import { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { BaseContract, type ContractTransactionResponse } from "ethers";
import hre, { ethers } from "hardhat";
import type { ModelToken } from "../../../.build/typechain";
import type { BenchmarkStruct } from "../../../.build/typechain/contracts/models/ModelRegistry";
import { deployProtocol } from "../../../deploy/protocol";
import {
  type Contributor,
  encodeProof,
  type Evaluation,
  type ImprovementStatement,
  STATEMENT_TYPES,
  statementDomain,
} from "../../../sdk/schemas/statement";
import { buildBenchmark, buildModel, Direction, modelIdOf } from "./models";
import { hashPayees, hashPayout, type QueuedPayout, queuedBy, release, waitFor } from "./payouts";
import { argumentsOf, signerOf } from "./protocol";
import { BPS, DAY, HOUR, TOKEN } from "./units";

/** Score of the model of {@link deployImprovements} at registration: the example data's ROC AUC, 0.749352. */
export const BASELINE = 7_494n;

/** Improvement of a statement by default, in bps. */
export const DELTA = 100n;

/** The most improvement that is recorded per model and UTC day by default, in bps. */
export const DAILY_LIMIT = 1_000n;

/** Reward for 100 bps, in wei. */
export const RATE = 1_000n * TOKEN;

/** The longest that a statement may be valid, in seconds. */
export const MAX_STATEMENT_LIFE = 2n * DAY;

const OWNER_SHARE_BPS = 3_000n;

/** The deployed protocol with its keys. */
export type Deployed = Awaited<ReturnType<typeof deployWithKeys>>;

/** The deployed protocol with a registered model. */
export type Improvements = Deployed & { model: RegisteredModel };

/** A registered model. */
export interface RegisteredModel {
  id: string;
  token: ModelToken;
  owner: string;
}

/** Overrides for {@link buildStatement}; the evaluation's field by field. */
export type StatementOverrides = Partial<Omit<ImprovementStatement, "evaluation">> & {
  evaluation?: Partial<Evaluation>;
};

/** An error with its arguments, and the contract that declares it. */
export interface Refusal {
  contract: BaseContract;
  error: string;
  args: readonly unknown[];
}

/**
 * The protocol as it is shipped, with two of three attesters, in ascending order, and a model that they attest; `admin` is the timelock
 * without its delay. `alice`, `bob`, `carol`, `relayer` and `mallory` have no roles.
 */
export async function deployImprovements(): Promise<Improvements> {
  const deployed = await deployWithKeys();
  return { ...deployed, model: await registerModel(deployed) };
}

/** A model in status PROPOSAL. */
export async function proposeModel(
  { tokenManager, registry, launcher, supplier, governor }: Deployed,
  { modelId = "credit-default", tokensPerDeltaOne = RATE }: { modelId?: string; tokensPerDeltaOne?: bigint } = {},
): Promise<RegisteredModel> {
  const launch = buildModel(
    { supplierRecipient: supplier.address, governor: governor.address },
    { modelId, params: { tokensPerDeltaOne } },
  );
  await tokenManager.connect(launcher).deployTokenWithAllocations(...argumentsOf(launch));
  const id = modelIdOf(modelId);
  const token = await ethers.getContractAt("ModelToken", await registry.tokenOf(id));
  return { id, token, owner: supplier.address };
}

/** A model in status REGISTERED, by default with the oracle's method. */
export async function registerModel(
  context: Deployed,
  { benchmark = {}, ...model }: Parameters<typeof proposeModel>[1] & { benchmark?: Partial<BenchmarkStruct> } = {},
): Promise<RegisteredModel> {
  const proposed = await proposeModel(context, model);
  const { registry, registrar } = context;
  await registry.connect(registrar).registerModel(proposed.id, await benchmarkWith(context, benchmark));
  return proposed;
}

/** Deploys another verifier, which the admin may put in place of the present one. */
export async function deployVerifier({ registry, tokenManager, factory }: Deployed) {
  return ethers.deployContract("DeltaOneVerifier", [registry, tokenManager, factory]);
}

/** A benchmark at {@link BASELINE} with the oracle's method. */
export async function benchmarkWith(
  { oracleAttestation }: Pick<Deployed, "oracleAttestation">,
  overrides: Partial<BenchmarkStruct> = {},
): Promise<BenchmarkStruct> {
  return buildBenchmark(await oracleAttestation.getAddress(), {
    baselineScore: BASELINE,
    modelCommitment: ethers.id("baseline predictions"),
    ...overrides,
  });
}

/**
 * A statement that the model's benchmark accepts, with a score {@link DELTA} better than the present one. Its commitment is small enough to
 * be a proof's.
 */
export async function buildStatement(
  { registry, oracleAttestation, alice, bob }: Deployed,
  { id }: Pick<RegisteredModel, "id">,
  { evaluation = {}, ...overrides }: StatementOverrides = {},
): Promise<ImprovementStatement> {
  const benchmark = await registry.benchmarkOf(id);
  const score = benchmark.baselineScore;
  const candidateScore =
    evaluation.candidateScore ?? (benchmark.direction === Direction.MAXIMISE ? score + DELTA : score - DELTA);
  const benchmarkVersion = await registry.benchmarkVersionOf(id);
  return {
    evaluationId: ethers.id(`evaluation ${benchmarkVersion} ${score} ${candidateScore}`),
    contributionDataHash: ethers.id("contributed data"),
    contributors: buildContributors([alice, bob], [7_001n, 2_999n]),
    contributorsRoot: ethers.ZeroHash,
    attesterEpoch: await oracleAttestation.epoch(),
    deadline: BigInt(await time.latest()) + DAY,
    ...overrides,
    evaluation: {
      model: id,
      benchmarkVersion,
      specHash: benchmark.specHash,
      evaluationDataHash: benchmark.evaluationDataHash,
      baselineScore: score,
      candidateScore,
      sampleSize: benchmark.minSampleSize,
      runs: benchmark.minRuns,
      lowerBoundBps: benchmark.minLowerBoundBps,
      baselineCommitment: benchmark.modelCommitment,
      candidateCommitment: ethers.zeroPadValue(ethers.dataSlice(ethers.id(`predictions at ${candidateScore}`), 1), 32),
      ...evaluation,
    },
  };
}

/** Contributors in ascending order, with the shares in the given order. */
export function buildContributors(accounts: readonly { address: string }[], shares: readonly bigint[]): Contributor[] {
  return ascending(accounts.map(({ address }, i) => ({ account: address, address, shareBps: shares[i]! }))).map(
    ({ account, shareBps }) => ({ account, shareBps }),
  );
}

/** Sorts by address, in ascending order. */
export function ascending<T extends { address: string }>(accounts: readonly T[]): T[] {
  return [...accounts].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
}

/** The signature of one key over a statement for this verifier on this chain. */
export async function signStatement(
  { verifier, network }: Pick<Deployed, "verifier" | "network">,
  statement: ImprovementStatement,
  signer: HardhatEthersSigner,
): Promise<string> {
  const domain = statementDomain(BigInt(network.chainId), await verifier.getAddress());
  return signer.signTypedData(domain, STATEMENT_TYPES, { ...statement, contributors: [...statement.contributors] });
}

/** The oracle method's proof by these signers; by default as many attesters as the threshold requires. */
export async function attest(
  context: Deployed,
  statement: ImprovementStatement,
  signers?: readonly HardhatEthersSigner[],
): Promise<string> {
  const threshold = Number(await context.oracleAttestation.threshold());
  const attestations = (signers ?? context.attesters.slice(0, threshold)).map(async (signer) => ({
    signer: signer.address,
    signature: await signStatement(context, statement, signer),
  }));
  return encodeProof(await Promise.all(attestations));
}

/** A statement in the form that contract calls take. */
export function toCall(statement: ImprovementStatement) {
  return { ...statement, contributors: [...statement.contributors] };
}

/** Sends a statement, which anybody may do. */
export function submit(
  { verifier, relayer }: Pick<Deployed, "verifier" | "relayer">,
  statement: ImprovementStatement,
  proof: string,
): Promise<ContractTransactionResponse> {
  return verifier.connect(relayer).processImprovement(toCall(statement), proof);
}

/** Builds, signs and sends a statement. */
export async function improve(
  context: Deployed,
  model: Pick<RegisteredModel, "id">,
  overrides: StatementOverrides = {},
): Promise<{ statement: ImprovementStatement; proof: string; transaction: ContractTransactionResponse }> {
  const statement = await buildStatement(context, model, overrides);
  const proof = await attest(context, statement);
  return { statement, proof, transaction: await submit(context, statement, proof) };
}

/** Improves a model and releases the reward once its delay is over. */
export async function improveAndRelease(
  context: Deployed,
  model: Pick<RegisteredModel, "id">,
  overrides: StatementOverrides = {},
): Promise<{ queued: QueuedPayout; released: ContractTransactionResponse }> {
  const { transaction } = await improve(context, model, overrides);
  const queued = await queuedBy(context, transaction);
  await waitFor(context, queued);
  return { queued, released: await release(context, queued) };
}

/** The reward of an improvement, and its parts, by the published formulas. */
export function rewardOf(deltaBps: bigint, tokensPerDeltaOne: bigint, contributors: readonly Contributor[] = []) {
  const reward = (deltaBps * tokensPerDeltaOne) / 100n;
  const owner = (reward * OWNER_SHARE_BPS) / BPS;
  const forContributors = reward - owner;
  const amounts = contributors.map(({ shareBps }) => (forContributors * shareBps) / BPS);
  const largest = contributors.reduce(
    (best, { shareBps }, i) => (shareBps > contributors[best]!.shareBps ? i : best),
    0,
  );
  if (amounts.length > 0) amounts[largest]! += forContributors - amounts.reduce((sum, amount) => sum + amount, 0n);
  return { reward, owner, forContributors, amounts };
}

/** Everything that a submission may change, as one comparable value. */
export async function stateOf(
  { registry, verifier, rewardDistributor, oracleAttestation, ...context }: Deployed,
  { id, token, owner }: RegisteredModel,
  { evaluationId, contributors }: Pick<ImprovementStatement, "evaluationId" | "contributors">,
) {
  const accounts = [owner, ...contributors.map(({ account }) => account), await rewardDistributor.getAddress()];
  const anybody = [context.alice, context.bob, context.carol, context.relayer, context.mallory];
  const holders = [...accounts, ...anybody.map(({ address }) => address)];
  return {
    benchmark: [...(await registry.benchmarkOf(id))],
    version: await registry.benchmarkVersionOf(id),
    parameters: [...(await registry.parametersOf(id))],
    remainingToday: await registry.remainingTodayBps(id),
    rewardsRemaining: await registry.rewardsRemainingOf(id),
    status: await registry.statusOf(id),
    isUsed: await verifier.isUsed(id, evaluationId),
    payout: await registry.payoutOf(id, evaluationId),
    epoch: await oracleAttestation.epoch(),
    supply: await token.totalSupply(),
    minted: await token.rewardsMinted(),
    balances: await Promise.all(holders.map((holder) => token.balanceOf(holder))),
  };
}

/** V5: asserts that submission and preview both refuse the statement with this reason, and that nothing has changed. */
export async function expectRefused(
  context: Deployed,
  model: RegisteredModel,
  statement: ImprovementStatement,
  proof: string,
  { contract, error, args }: Refusal,
  { preview = true }: { preview?: boolean } = {},
): Promise<void> {
  const before = await stateOf(context, model, statement);
  await expect(submit(context, statement, proof))
    .to.be.revertedWithCustomError(contract, error)
    .withArgs(...args);
  expect(await stateOf(context, model, statement)).to.deep.equal(before);
  if (!preview) return;
  await expect(context.verifier.verifyAndCalculateReward(toCall(statement), proof))
    .to.be.revertedWithCustomError(contract, error)
    .withArgs(...args);
}

/**
 * R1, V2, V3: asserts that exactly the reward of the owner and the listed contributors waits, that nothing is minted, that the score has
 * moved, and that every event says so. Returns the waiting payout.
 */
export async function expectImproved(
  context: Deployed,
  model: RegisteredModel,
  statement: ImprovementStatement,
  proof: string,
  tokensPerDeltaOne = RATE,
): Promise<QueuedPayout> {
  const { verifier, registry } = context;
  const { evaluation, evaluationId, contributionDataHash, contributorsRoot } = statement;
  const { candidateScore, baselineScore, candidateCommitment } = evaluation;
  const deltaBps = candidateScore > baselineScore ? candidateScore - baselineScore : baselineScore - candidateScore;
  const { reward, owner, forContributors } = rewardOf(deltaBps, tokensPerDeltaOne);
  const { accounts, amounts } = await payeesOf(context, model, statement, tokensPerDeltaOne);
  const before = await stateOf(context, model, statement);
  const method = (await registry.benchmarkOf(model.id)).method;
  expect(await verifier.previewReward(model.id, candidateScore)).to.deep.equal([owner, forContributors]);
  expect(await verifier.verifyAndCalculateReward(toCall(statement), proof)).to.equal(reward);

  const transaction = await submit(context, statement, proof);

  await expect(transaction)
    .to.emit(verifier, "PayoutQueued")
    .withArgs(
      ...[model.id, evaluationId, method, baselineScore, candidateScore, reward, contributionDataHash],
      ...[contributorsRoot, accounts, amounts],
    );
  const payeesHash = hashPayees(contributorsRoot, accounts, amounts);
  await expect(transaction)
    .to.emit(registry, "ScoreMoved")
    .withArgs(
      ...[model.id, evaluationId, candidateScore, candidateCommitment, before.rewardsRemaining - reward, payeesHash],
    );
  const queuedAt = BigInt(await time.latest());
  const queued = { model: model.id, evaluationId, method, queuedAt, reward, contributorsRoot, accounts, amounts };
  const benchmark = [...before.benchmark];
  benchmark[2] = candidateCommitment;
  benchmark[6] = candidateScore;
  expect(await stateOf(context, model, statement)).to.deep.equal({
    ...before,
    benchmark,
    rewardsRemaining: before.rewardsRemaining - reward,
    remainingToday: before.remainingToday - deltaBps,
    isUsed: true,
    payout: hashPayout(queued),
  });
  expect(await registry.scoreOf(model.id)).to.equal(candidateScore);
  return queued;
}

/** Who is paid what for a statement, the owner first, by the published formulas. */
async function payeesOf(
  { rewardDistributor }: Deployed,
  model: RegisteredModel,
  { evaluation: { candidateScore, baselineScore }, contributors }: ImprovementStatement,
  tokensPerDeltaOne: bigint,
): Promise<{ accounts: string[]; amounts: bigint[] }> {
  const deltaBps = candidateScore > baselineScore ? candidateScore - baselineScore : baselineScore - candidateScore;
  const { owner, forContributors, amounts } = rewardOf(deltaBps, tokensPerDeltaOne, contributors);
  return contributors.length > 0
    ? { accounts: [model.owner, ...contributors.map(({ account }) => account)], amounts: [owner, ...amounts] }
    : { accounts: [model.owner, await rewardDistributor.getAddress()], amounts: [owner, forContributors] };
}

async function deployWithKeys() {
  const protocol = await withSender(await deployProtocol(hre));
  const { parameters, timelock } = protocol;
  const signerAt = (list: readonly string[]) => ethers.getSigner(list[0]!);
  const keys = {
    deployer: await ethers.getSigner(parameters.$global.deployer),
    admin: await signerOf(await timelock.getAddress()),
    guardian: await signerAt(parameters.$global.guardians),
    launcher: await signerAt(parameters.Tokens.deployers),
    registrar: await signerAt(parameters.Models.registrars),
    distributor: await signerAt(parameters.Tokens.distributors),
    poolCreator: await signerAt(parameters.Models.poolCreators),
  };
  const attesters = ascending(
    await Promise.all(parameters.Methods.attesters.map((account) => ethers.getSigner(account))),
  );
  // The accounts before these are taken by the parameters of local chains.
  const [governor, supplier, , relayer, alice, bob, carol, mallory] = (await ethers.getSigners()).slice(12);
  const anybody = { relayer: relayer!, alice: alice!, bob: bob!, carol: carol!, mallory: mallory! };
  // Ensures that no UTC day ends within a test that does not wait for it.
  await time.increaseTo((BigInt(await time.latest()) / DAY + 1n) * DAY + HOUR);
  return { ...protocol, ...keys, ...anybody, attesters, governor: governor!, supplier: supplier! };
}

/** Connects contracts to the first account, as the default sender. */
async function withSender<T extends object>(contracts: T): Promise<T> {
  const [somebody] = await ethers.getSigners();
  const connected = Object.entries(contracts).map(([name, value]) => [
    name,
    value instanceof BaseContract ? value.connect(somebody!) : value,
  ]);
  return Object.fromEntries(connected) as T;
}
