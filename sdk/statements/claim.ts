// SPDX-License-Identifier: MIT
// Contributors' claims on rewards that were attested as a root.

import { id, type Block, type ContractTransactionReceipt, type Signer } from "ethers";
import type { RewardDistributor } from "../../.build/typechain";
import type { IRewardDistributor } from "../../.build/typechain/contracts/verification/RewardDistributor";
import { Problem } from "../base/problem";
import { contractAt } from "../client/access";
import { requireEther, simulate, type Connection } from "../client/connect";
import { treeOf, type Claims } from "../schemas/claims";
import { contributorAmount } from "../schemas/distribution";
import { requireDestination } from "./review";
import type { Payment } from "./submit";

/** Claims that one transaction carries at most: about half of what a block of 16 million gas holds. */
export const BATCH = 100;

/** A claims file and what messages call it. */
export interface NamedClaims {
  readonly name: string;
  readonly claims: Claims;
}

/** What was claimed. */
export interface Claimed {
  readonly transactions: readonly { readonly hash: string; readonly gasUsed: bigint; readonly claims: number }[];
  readonly payments: readonly (Payment & { readonly token: string; readonly evaluationId: string })[];
}

/**
 * Claims for one account, or for everybody, what was not claimed of the given distributions. Every batch is simulated before the
 * first is sent. Anybody may pay for the gas; rewards go to the contributors alone.
 */
export async function claim(
  chain: Connection,
  files: readonly NamedClaims[],
  sender: Signer,
  account?: string,
): Promise<Claimed> {
  const open = (await Promise.all(files.map((file) => openClaims(chain, file, account)))).flat();
  const [first] = open;
  if (first === undefined) {
    throw new Problem(`nothing to claim${account ? ` for ${account}` : ""}: everything was claimed before.`);
  }
  const distributor = first.distributor.connect(sender);
  const batches = Array.from({ length: Math.ceil(open.length / BATCH) }, (_, index) =>
    open.slice(index * BATCH, (index + 1) * BATCH).map(({ call }) => call),
  );
  for (const batch of batches) await simulate(chain, distributor.claimMany.staticCall(batch));
  await requireEther(chain, sender);

  const transactions = [];
  for (const batch of batches) {
    const sent = await distributor.claimMany(batch);
    const receipt = (await sent.wait()) as ContractTransactionReceipt; // null only when nothing is waited for
    transactions.push({ hash: receipt.hash, gasUsed: receipt.gasUsed, claims: batch.length });
  }
  return { transactions, payments: open.map(({ payment }) => payment) };
}

interface OpenClaim {
  readonly distributor: RewardDistributor;
  readonly call: IRewardDistributor.ClaimStruct;
  readonly payment: Claimed["payments"][number];
}

async function openClaims(chain: Connection, { name, claims }: NamedClaims, account?: string): Promise<OpenClaim[]> {
  requireDestination(chain, claims);
  const { modelId, evaluationId } = claims;
  const { access, verifier, registry } = chain;
  const distributor = await contractAt<RewardDistributor>(access, "RewardDistributor", await verifier.distributor());
  const token = await registry.tokenOf(id(modelId));
  const { distributionId, root, leaves } = treeOf(name, claims);
  const wanted = account === undefined ? leaves : leaves.filter((leaf) => leaf.account === account);
  if (wanted.length === 0) throw new Problem(`${account} is not among the ${leaves.length} contributors in ${name}.`);

  const total = await totalOf(chain, distributor, claims, distributionId);
  const isClaimed = await Promise.all(wanted.map(({ index }) => distributor.isClaimed(distributionId, index)));
  return wanted
    .filter((_, position) => !isClaimed[position])
    .map((leaf) => ({
      distributor,
      call: { token, root, total, distributionId, ...leaf, proof: [...leaf.proof] },
      payment: { token, evaluationId, account: leaf.account, amount: contributorAmount(total, leaf) },
    }));
}

/** What the distribution began with, from its event in the block of the improvement. */
async function totalOf(
  chain: Connection,
  distributor: RewardDistributor,
  { modelId, evaluationId, contributorsRoot }: Claims,
  distributionId: string,
): Promise<bigint> {
  const [improvement] = await chain.verifier.improvementsOf(id(modelId), [evaluationId]);
  if (!improvement?.timestamp) {
    throw new Problem(`the evaluation ${evaluationId} of ${modelId} was not paid yet: submit its statement first.`);
  }
  // Many providers search logs of few blocks only: one block is searched.
  const block = await blockAt(chain, improvement.timestamp);
  const [event] = await distributor.queryFilter(
    distributor.filters.DistributionCreated(undefined, distributionId),
    block,
    block,
  );
  if (event?.args.root !== contributorsRoot) {
    throw new Problem(
      `the evaluation ${evaluationId} of ${modelId} was paid for the root ${event?.args.root ?? "none"}, expected ${contributorsRoot}.`,
    );
  }
  return event.args.total;
}

/** The first block that is not before a time, by bisection. */
async function blockAt({ access }: Connection, timestamp: bigint): Promise<number> {
  const { provider } = access.ethers;
  let [low, high] = [0, await provider.getBlockNumber()];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const block = (await provider.getBlock(middle)) as Block;
    if (BigInt(block.timestamp) < timestamp) low = middle + 1;
    else high = middle;
  }
  return low;
}
