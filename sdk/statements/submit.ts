// SPDX-License-Identifier: MIT
// The way of a statement to the chain, and what it minted.

import type { ContractTransactionReceipt, Signer } from "ethers";
import { readModel, requireEther, simulate, type Connection } from "../client/connect";
import type { Bundle } from "../schemas/bundle";
import { toCall } from "./attest";
import { encodeFor, type Method } from "./method";
import { requireDestination } from "./review";

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

/** Sends a statement with what its model asks for, after a simulation of exactly that; anybody may. */
export async function submit(chain: Connection, bundle: Bundle, sender: Signer): Promise<Submission> {
  requireDestination(chain, bundle);
  const { modelId, statement } = bundle;
  const { method, token, symbol } = await readModel(chain, modelId);
  const call = callOf(method, bundle);
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
    symbol,
    reward: payments.reduce((sum, { amount }) => sum + amount, 0n),
    owner,
    contributors,
  };
}

/** The arguments of a submission: the statement, and the proof that the model's method takes. */
export function callOf(method: Method, bundle: Bundle) {
  return [toCall(bundle.statement), encodeFor(method, bundle)] as const;
}
