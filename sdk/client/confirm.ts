import type { TransactionReceipt, TransactionResponse } from "ethers";
import { Problem } from "../base/problem.ts";
import { isUnanswered } from "../rpc/answers.ts";

/** The default time to wait for a receipt, in milliseconds. A transaction that has none by then may have been dropped. */
const PATIENCE = 3 * 60_000;

/** The shortest and the longest pause between two looks for a receipt, in milliseconds. Pauses grow. */
const [FIRST_LOOK, LAST_LOOK] = [25, 1_000];

/** How often a receipt is looked for after the nonce has been used. Lagging nodes know about a nonce before they know the receipt. */
const LOOKS_OF_USED = 10;

/** Thrown if it is unknown whether a transaction that was sent will be mined. Used for control flow: the sender may look again. */
export class Unconfirmed extends Error {}

/** A mined transaction that completed one step. */
export interface Sent {
  readonly name: string;
  readonly hash: string;
  readonly gasUsed: bigint;
}

/** Waits for a transaction and returns the gas it used. Throws the reason if it reverted. */
export async function confirm(name: string, sending: Promise<TransactionResponse>, patience?: number): Promise<Sent> {
  const { hash, gasUsed } = await receiptOf(name, sending, patience);
  return { name, hash, gasUsed };
}

/**
 * Waits for the receipt of a transaction. If the node has none or does not answer, asks again until `patience` milliseconds have passed.
 * Every error after the sending names the transaction.
 * @throws {Unconfirmed} If there is no receipt in time.
 * @throws {Problem} `CONFLICT` if another transaction has used the nonce.
 */
export async function receiptOf(
  name: string,
  sending: Promise<TransactionResponse>,
  patience = PATIENCE,
): Promise<TransactionReceipt> {
  const transaction = await sending;
  const { hash, provider, from, nonce } = transaction;
  const end = Date.now() + patience;
  let used = 0;
  for (let looks = 0; ; looks++) {
    const receipt = await answered(provider.getTransactionReceipt(hash));
    if (receipt) {
      if (receipt.status === 0) await replay(name, transaction, receipt.blockNumber);
      return receipt;
    }
    const count = await answered(provider.getTransactionCount(from));
    if (count !== undefined && count > nonce && ++used >= LOOKS_OF_USED) {
      throw new Problem(
        "CONFLICT",
        `${name}: another transaction of ${from} has taken nonce ${nonce}: ${hash} is not mined.`,
      );
    }
    if (Date.now() >= end) {
      throw new Unconfirmed(
        `timed out: transaction ${hash} of ${name} was sent and has no receipt after ${patience / 1000} s`,
      );
    }
    await new Promise((later) => setTimeout(later, Math.min(LAST_LOOK, FIRST_LOOK * 2 ** Math.min(looks, 8))));
  }
}

/** Returns what a node answers, or undefined if it does not answer. */
async function answered<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    if (!isUnanswered(error)) throw error;
    return undefined;
  });
}

/** Repeats a transaction's call on the state before its block, and throws the revert with its data, which the receipt lacks. */
async function replay(
  name: string,
  { provider, hash, from, to, data, value }: TransactionResponse,
  block: number,
): Promise<never> {
  await provider.call({ from, to, data, value, blockTag: block - 1 });
  throw new Problem("REVERTED", `${name}: transaction ${hash} reverted in block ${block}; the same call now succeeds.`);
}
