import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, type ContractTransactionResponse, keccak256, toBeHex, ZeroHash } from "ethers";
import type {
  DeltaOneVerifier,
  ModelRegistry,
  ModelToken,
  RewardDistributor,
  TokenManager,
} from "../../../.build/typechain";
import { hashDistribution } from "../../../sdk/schemas/distribution";

/** What `payoutOf` returns once a payout was released or returned. */
export const [RELEASED, VOIDED] = [toBeHex(1, 32), toBeHex(2, 32)];

/** The end of a stop without an end. */
export const OPEN = 2n ** 40n - 1n;

/** A waiting reward, from `PayoutQueued` and the time of its block. */
export interface QueuedPayout {
  model: string;
  evaluationId: string;
  method: string;
  queuedAt: bigint;
  reward: bigint;
  contributorsRoot: string;
  accounts: string[];
  amounts: bigint[];
}

/** The contracts and the account that releases need. */
export interface Releasing {
  registry: ModelRegistry;
  tokenManager: TokenManager;
  rewardDistributor: RewardDistributor;
  relayer: HardhatEthersSigner;
}

/** The payout that a submission queued. */
export async function queuedBy(
  { verifier }: { verifier: DeltaOneVerifier },
  transaction: ContractTransactionResponse,
): Promise<QueuedPayout> {
  const receipt = (await transaction.wait())!;
  const { blockNumber } = receipt;
  const events = await verifier.queryFilter(verifier.filters.PayoutQueued(), blockNumber, blockNumber);
  const { args } = events.find(({ transactionHash }) => transactionHash === transaction.hash)!;
  return {
    model: args.model,
    evaluationId: args.evaluationId,
    method: args.method,
    queuedAt: BigInt((await receipt.getBlock()).timestamp),
    reward: args.reward,
    contributorsRoot: args.contributorsRoot,
    accounts: [...args.accounts],
    amounts: [...args.amounts],
  };
}

/** The hash of payees and amounts. */
export function hashPayees(contributorsRoot: string, accounts: readonly string[], amounts: readonly bigint[]): string {
  const types = ["bytes32", "address[]", "uint256[]"];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [contributorsRoot, accounts, amounts]));
}

/** The payout in the form that the registry takes. */
export function toPayout({ method, queuedAt, reward, contributorsRoot, accounts, amounts }: QueuedPayout) {
  return { method, queuedAt, reward, payeesHash: hashPayees(contributorsRoot, accounts, amounts) };
}

/** What the registry stores for a waiting payout. */
export function hashPayout(queued: QueuedPayout): string {
  const { method, queuedAt, reward, payeesHash } = toPayout(queued);
  const types = ["address", "uint256", "uint256", "bytes32"];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [method, queuedAt, reward, payeesHash]));
}

/** Arguments of `releasePayout`, in order. */
export function releaseArguments(queued: QueuedPayout) {
  const { model, evaluationId, method, queuedAt, contributorsRoot, accounts, amounts } = queued;
  return [model, evaluationId, method, queuedAt, contributorsRoot, accounts, amounts] as const;
}

/** The first second in which a payout can be released. */
export async function releasableFrom(
  { registry }: Pick<Releasing, "registry">,
  { queuedAt }: Pick<QueuedPayout, "queuedAt">,
): Promise<bigint> {
  return queuedAt + (await registry.payoutDelay());
}

/** Lets time pass, if necessary, until the next transaction can release the payout. */
export async function waitFor(context: Pick<Releasing, "registry">, queued: QueuedPayout): Promise<void> {
  const from = await releasableFrom(context, queued);
  if (BigInt(await time.latest()) < from) await time.increaseTo(from);
}

/** Sends a release, which anybody may do. */
export function release(
  { tokenManager, relayer }: Pick<Releasing, "tokenManager" | "relayer">,
  queued: QueuedPayout,
): Promise<ContractTransactionResponse> {
  return tokenManager.connect(relayer).releasePayout(...releaseArguments(queued));
}

/**
 * R2, V3: asserts that the payout can be released now, that each payee is paid exactly, that every event says so, and that the payout is
 * then over.
 */
export async function expectReleased(context: Releasing, token: ModelToken, queued: QueuedPayout): Promise<void> {
  const { registry, tokenManager, rewardDistributor } = context;
  const { model, evaluationId, contributorsRoot, accounts, amounts, reward } = queued;
  const received = new Map<string, bigint>();
  accounts.forEach((account, i) => received.set(account, (received.get(account) ?? 0n) + amounts[i]!));
  const before = {
    remaining: await registry.rewardsRemainingOf(model),
    minted: await token.rewardsMinted(),
    supply: await token.totalSupply(),
  };

  const transaction = await release(context, queued);

  await expect(transaction).to.changeTokenBalances(token, [...received.keys()], [...received.values()]);
  await expect(transaction).to.emit(registry, "PayoutReleased").withArgs(model, evaluationId);
  const { blockNumber } = (await transaction.wait())!;
  const paid = await tokenManager.queryFilter(tokenManager.filters.RewardDistributed(), blockNumber, blockNumber);
  expect(paid.map(({ args }) => [...args])).to.deep.equal(
    accounts.map((account, i) => [model, evaluationId, account, amounts[i]]),
  );
  const id = hashDistribution(model, evaluationId);
  if (contributorsRoot === ZeroHash) {
    await expect(transaction).to.not.emit(rewardDistributor, "DistributionCreated");
  } else {
    await expect(transaction)
      .to.emit(rewardDistributor, "DistributionCreated")
      .withArgs(model, id, token, contributorsRoot, amounts[1]);
    expect(await rewardDistributor.remainingOf(id, token, contributorsRoot, amounts[1]!)).to.equal(amounts[1]);
  }
  expect(await registry.payoutOf(model, evaluationId)).to.equal(RELEASED);
  expect(await token.rewardsMinted()).to.equal(before.minted + reward);
  expect(await token.totalSupply()).to.equal(before.supply + reward);
  expect(await registry.rewardsRemainingOf(model)).to.equal(before.remaining);
}

/** Asserts that the registry refuses to release the payout for this reason, and that nothing has changed. */
export async function expectHeld(
  context: Pick<Releasing, "registry" | "tokenManager" | "relayer">,
  token: ModelToken,
  queued: QueuedPayout,
  error: string,
  args: readonly unknown[],
): Promise<void> {
  const { registry } = context;
  const { model, evaluationId } = queued;
  const state = async () => [
    await registry.payoutOf(model, evaluationId),
    await registry.rewardsRemainingOf(model),
    await token.totalSupply(),
    await token.rewardsMinted(),
  ];
  const before = await state();
  await expect(release(context, queued))
    .to.be.revertedWithCustomError(registry, error)
    .withArgs(...args);
  expect(await state()).to.deep.equal(before);
}
