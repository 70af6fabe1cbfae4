// SPDX-License-Identifier: MIT
// Submits a statement to the chain, and reads the payout that it queued.

import type { LogDescription, Signer, TransactionReceipt } from "ethers";
import { receiptOf } from "../client/confirm.ts";
import { readModel, requireEther, simulate, type Connection } from "../client/connect.ts";
import { payoutOf } from "../client/payouts.ts";
import type { QueuedPayout } from "../state/payouts.ts";
import { at } from "../evaluation/at.ts";
import type { Bundle } from "../schemas/bundle.ts";
import { toCall } from "../schemas/statement.ts";
import { encodeFor, selectValid, type LeftOut, type Method } from "./method.ts";
import { requireDestination } from "./review.ts";
import { weaknessOf } from "./weakness.ts";

/** Wei to an account. */
export interface Payment {
  readonly account: string;
  readonly amount: bigint;
}

/** A recorded improvement, and the reward that waits for its release. */
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
  /** Attestations of the bundle that were not sent, because the chain would have refused them. */
  readonly leftOut: readonly LeftOut[];
  /** What a release needs. */
  readonly payout: QueuedPayout;
  /** First second in which the reward can be released. */
  readonly releasableFrom: bigint;
}

/** Sends a statement with the proof that its model asks for, after simulating exactly this call. Anyone may do so. */
export async function submit(chain: Connection, bundle: Bundle, sender: Signer): Promise<Submission> {
  requireDestination(chain, bundle);
  const { modelId, statement } = bundle;
  const { method, token, symbol } = await readModel(chain, modelId);
  const { call, leftOut } = await callOf(chain, method, bundle);
  const verifier = chain.verifier.connect(sender);
  await simulate(chain, verifier.processImprovement.staticCall(...call), (revert) => weaknessOf(modelId, revert));
  await requireEther(chain, sender);

  const receipt = await receiptOf("submit", verifier.processImprovement(...call));
  const payout = await queuedBy(chain, receipt);
  const payments = payout.accounts.map((account, index) => ({ account, amount: at(payout.amounts, index) }));
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
    reward: payout.reward,
    owner,
    contributors,
    payout,
    leftOut,
    releasableFrom: payout.queuedAt + (await chain.registry.payoutDelay()),
  };
}

/** The payout that a transaction queued. */
async function queuedBy({ address, verifier }: Connection, receipt: TransactionReceipt): Promise<QueuedPayout> {
  const own = receipt.logs.filter((log) => log.address === address);
  const queued = own.map((log) => verifier.interface.parseLog(log)).find((event) => event?.name === "PayoutQueued");
  const { timestamp } = await receipt.getBlock();
  return payoutOf((queued as LogDescription).args as unknown as Parameters<typeof payoutOf>[0], BigInt(timestamp));
}

/** The arguments of a submission: the statement, and the proof that the model's method takes; and the attestations left out of it. */
export async function callOf({ access }: Connection, method: Method, whole: Bundle) {
  const { bundle, leftOut } = await selectValid(access, method, whole);
  return { call: [toCall(bundle.statement), encodeFor(method, bundle)] as const, leftOut };
}
