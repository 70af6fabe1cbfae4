// SPDX-License-Identifier: MIT
// Claims rewards for contributors behind a root.

import { id, ZeroHash, type Signer } from "ethers";
import { Problem } from "../base/problem.ts";
import { contractAt } from "../client/access.ts";
import { confirm } from "../client/confirm.ts";
import { requireEther, simulate, type Connection } from "../client/connect.ts";
import type { IRewardDistributor, RewardDistributor, TokenManager } from "../client/contracts.ts";
import { readEvents } from "../rpc/logs.ts";
import { treeOf, type Claims } from "../schemas/claims.ts";
import { contributorAmount } from "../schemas/distribution.ts";
import { requireDestination } from "./review.ts";
import type { Payment } from "./submit.ts";

/** The most claims in one transaction. They use about half of the gas of a block of 16 million gas. */
export const BATCH = 100;

/** A claims file and its name in messages. */
export interface NamedClaims {
  readonly name: string;
  readonly claims: Claims;
}

/** The account to pay, or everybody if there is none, and the block in which the deployment began. */
export interface ClaimOptions {
  readonly account?: string;
  readonly fromBlock: number;
}

/** The transactions sent, and the payments that they made. */
export interface Claimed {
  readonly transactions: readonly { readonly hash: string; readonly gasUsed: bigint; readonly claims: number }[];
  readonly payments: readonly (Payment & { readonly token: string; readonly evaluationId: string })[];
}

/**
 * Claims the unclaimed parts of the given distributions, for one account or for everybody. All batches are simulated before the first is
 * sent. Anybody may pay for the gas; the rewards go only to the contributors.
 */
export async function claim(
  chain: Connection,
  files: readonly NamedClaims[],
  sender: Signer,
  { account, fromBlock }: ClaimOptions,
): Promise<Claimed> {
  const open = (await Promise.all(files.map((file) => openClaims(chain, file, fromBlock, account)))).flat();
  const [first] = open;
  if (first === undefined) {
    throw new Problem(
      "ALREADY_DONE",
      `nothing to claim${account ? ` for ${account}` : ""}: everything was claimed before.`,
    );
  }
  const distributor = first.distributor.connect(sender);
  const batches = Array.from({ length: Math.ceil(open.length / BATCH) }, (_, index) =>
    open.slice(index * BATCH, (index + 1) * BATCH).map(({ call }) => call),
  );
  for (const batch of batches) await simulate(chain, distributor.claimMany.staticCall(batch));
  await requireEther(chain, sender);

  const transactions = [];
  for (const batch of batches) {
    const { hash, gasUsed } = await confirm("claim", distributor.claimMany(batch));
    transactions.push({ hash, gasUsed, claims: batch.length });
  }
  return { transactions, payments: open.map(({ payment }) => payment) };
}

interface OpenClaim {
  readonly distributor: RewardDistributor;
  readonly call: IRewardDistributor.ClaimStruct;
  readonly payment: Claimed["payments"][number];
}

async function openClaims(
  chain: Connection,
  { name, claims }: NamedClaims,
  fromBlock: number,
  account?: string,
): Promise<OpenClaim[]> {
  requireDestination(chain, claims);
  const { modelId, evaluationId } = claims;
  const { access, registry } = chain;
  const tokenManager = await contractAt<TokenManager>(access, "TokenManager", await registry.tokenManager());
  const distributor = await contractAt<RewardDistributor>(
    access,
    "RewardDistributor",
    await tokenManager.distributor(),
  );
  const token = await registry.tokenOf(id(modelId));
  const { distributionId, root, leaves } = treeOf(name, claims);
  const wanted = account === undefined ? leaves : leaves.filter((leaf) => leaf.account === account);
  if (wanted.length === 0)
    throw new Problem("NOT_ALLOWED", `${account} is not among the ${leaves.length} contributors in ${name}.`);

  const total = await totalOf(chain, distributor, claims, distributionId, fromBlock);
  const isClaimed = await Promise.all(wanted.map(({ index }) => distributor.isClaimed(distributionId, index)));
  return wanted
    .filter((_, position) => !isClaimed[position])
    .map((leaf) => ({
      distributor,
      call: { token, root, total, distributionId, ...leaf, proof: [...leaf.proof] },
      payment: { token, evaluationId, account: leaf.account, amount: contributorAmount(total, leaf) },
    }));
}

/** What `payoutOf` returns for a released payout, and for one whose reward was returned. */
const [RELEASED, RETURNED] = [1n, 2n];

/**
 * Returns the total of the distribution, from its event. Throws a {@link Problem} if the payout is not released, or belongs to another
 * root.
 */
async function totalOf(
  { access, registry }: Connection,
  distributor: RewardDistributor,
  { modelId, evaluationId, contributorsRoot }: Claims,
  distributionId: string,
  fromBlock: number,
): Promise<bigint> {
  const what = `the evaluation ${evaluationId} of ${modelId}`;
  const payout = await registry.payoutOf(id(modelId), evaluationId);
  if (payout === ZeroHash) throw new Problem("NOT_YET", `${what} was not recorded yet: submit its statement first.`);
  if (BigInt(payout) === RETURNED)
    throw new Problem("EXPIRED", `${what} was declared void: there is nothing to claim.`);
  if (BigInt(payout) !== RELEASED)
    throw new Problem(
      "NOT_YET",
      `the reward of ${what} waits: release it when its time has come, payout:list says when.`,
    );
  const blocks = { from: fromBlock, to: await access.ethers.provider.getBlockNumber() };
  const filter = distributor.filters.DistributionCreated(undefined, distributionId);
  const [event] = await readEvents(blocks, distributor, filter);
  if (event?.args.root !== contributorsRoot)
    throw new Problem(
      "CONFLICT",
      `${what} was paid for the root ${event?.args.root ?? "none"}, expected ${contributorsRoot}.`,
    );
  return event.args.total;
}
