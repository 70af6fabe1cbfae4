// SPDX-License-Identifier: MIT
// The way of a signed statement to the chain, and what it minted.

import type { ContractTransactionReceipt, Signer } from "ethers";
import { Problem } from "../../deploy/problem";
import { toCall } from "./attest";
import type { Bundle } from "./bundle";
import { readModel, requireEther, simulate, type Chain } from "./chain";
import { requireDestination } from "./review";
import { encodeProof } from "./statement";

/** Wei to an account. */
export interface Payment {
  readonly account: string;
  readonly amount: bigint;
}

/** A paid improvement. */
export interface Submission {
  readonly transaction: string;
  readonly gasUsed: bigint;
  readonly modelId: string;
  readonly evaluationId: string;
  readonly baselineScore: bigint;
  readonly candidateScore: bigint;
  readonly token: string;
  readonly symbol: string;
  readonly reward: bigint;
  readonly owner: Payment;
  /** The contributors; the distributor alone when they claim. */
  readonly contributors: readonly Payment[];
}

/** Sends a statement with as many attestations as must sign, after a simulation of exactly that; anybody may. */
export async function submit(chain: Chain, bundle: Bundle, sender: Signer): Promise<Submission> {
  requireDestination(chain, bundle);
  const { threshold } = await readModel(chain, bundle.modelId);
  return send(chain, bundle.modelId, callOf(bundle, threshold), sender);
}

/** Sends a statement with its proof, after a simulation of exactly that. */
export async function send(
  chain: Chain,
  modelId: string,
  call: ReturnType<typeof callOf>,
  sender: Signer,
): Promise<Submission> {
  const [statement] = call;
  const token = await chain.hre.ethers.getContractAt(
    "ModelToken",
    await chain.registry.tokenOf(statement.evaluation.model),
  );
  const verifier = chain.verifier.connect(sender);
  await simulate(chain, verifier.processImprovement.staticCall(...call));
  await requireEther(chain, sender);

  const sent = await verifier.processImprovement(...call);
  const receipt = (await sent.wait()) as ContractTransactionReceipt; // null only when nothing is waited for
  const payments = (
    await verifier.queryFilter(verifier.filters.RewardDistributed(), receipt.blockNumber, receipt.blockNumber)
  )
    .filter((event) => event.transactionHash === receipt.hash)
    .map(({ args: { account, amount } }) => ({ account, amount }));
  const [owner, ...contributors] = payments as [Payment, ...Payment[]];
  const { baselineScore, candidateScore } = statement.evaluation;
  return {
    transaction: receipt.hash,
    gasUsed: receipt.gasUsed,
    modelId,
    evaluationId: statement.evaluationId,
    baselineScore,
    candidateScore,
    token: await token.getAddress(),
    symbol: await token.symbol(),
    reward: payments.reduce((sum, { amount }) => sum + amount, 0n),
    owner,
    contributors,
  };
}

/**
 * The arguments of a submission: the statement, and the proof with the fewest attestations that are enough, in ascending order of
 * signer.
 */
export function callOf({ statement, attestations }: Bundle, threshold: bigint) {
  const needed = Number(threshold);
  if (attestations.length < needed) {
    throw new Problem(`the bundle has ${attestations.length} of the ${needed} attestations that are needed.`);
  }
  const ascending = [...attestations].sort((a, b) => (BigInt(a.signer) < BigInt(b.signer) ? -1 : 1));
  return [toCall(statement), encodeProof(ascending.slice(0, needed))] as const;
}
