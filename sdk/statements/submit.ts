// SPDX-License-Identifier: MIT
// Submits a statement to the chain and reads the payout that this has queued.

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

/** An amount in wei for an account. */
export interface Payment {
  readonly account: string;
  readonly amount: bigint;
}

/** A recorded improvement, and its reward, which waits to be released. */
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
  /** The contributors, or only the distributor if they claim. */
  readonly contributors: readonly Payment[];
  /** The attestations of the bundle that were not sent because the chain would have refused them. */
  readonly leftOut: readonly LeftOut[];
  /** The data that a release needs. */
  readonly payout: QueuedPayout;
  /** The first second in which the reward can be released. */
  readonly releasableFrom: bigint;
}

/** Sends a statement with the proof that its model requires, after simulating exactly the same call. Anyone may do so. */
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

/** Returns the payout that a transaction queued. */
async function queuedBy({ address, verifier }: Connection, receipt: TransactionReceipt): Promise<QueuedPayout> {
  const own = receipt.logs.filter((log) => log.address === address);
  const queued = own.map((log) => verifier.interface.parseLog(log)).find((event) => event?.name === "PayoutQueued");
  const { timestamp } = await receipt.getBlock();
  return payoutOf((queued as LogDescription).args as unknown as Parameters<typeof payoutOf>[0], BigInt(timestamp));
}

/** Returns the arguments of a submission, which are the statement and the proof for the model's method, and the attestations left out. */
export async function callOf({ access }: Connection, method: Method, whole: Bundle) {
  const { bundle, leftOut } = await selectValid(access, method, whole);
  return { call: [toCall(bundle.statement), encodeFor(method, bundle)] as const, leftOut };
}
