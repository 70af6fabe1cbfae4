import type { TransactionReceipt, TransactionResponse } from "ethers";
import { Problem } from "../base/problem.ts";
import { isUnanswered } from "../rpc/answers.ts";

/** Milliseconds after which a transaction that was not mined is looked for again: it may have been dropped. */
const PATIENCE = 3 * 60_000;

/** Milliseconds between two looks, which become rarer. */
const [FIRST_LOOK, LAST_LOOK] = [25, 1_000];

/** How often a transaction whose nonce is used is looked for: lagging nodes know a nonce before they know its receipt. */
const LOOKS_OF_USED = 10;

/** It is unknown whether a transaction that was sent will be mined. An error for control flow: the sender may look again. */
export class Unconfirmed extends Error {}

/** A transaction that was mined for one step. */
export interface Sent {
  readonly name: string;
  readonly hash: string;
  readonly gasUsed: bigint;
}

/** Waits for a transaction and returns what it cost. If it reverted, throws the reason. */
export async function confirm(name: string, sending: Promise<TransactionResponse>, patience?: number): Promise<Sent> {
  const { hash, gasUsed } = await receiptOf(name, sending, patience);
  return { name, hash, gasUsed };
}

/**
 * Waits for the receipt of a transaction. A node that has none, or does not answer, is asked again until the patience is over. Whatever
 * is thrown after the sending names the transaction.
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

/** A node's answer, or undefined if it does not answer. */
async function answered<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    if (!isUnanswered(error)) throw error;
    return undefined;
  });
}

/** Repeats a transaction's call in the state before its block, to throw the revert with its data, which no receipt contains. */
async function replay(
  name: string,
  { provider, hash, from, to, data, value }: TransactionResponse,
  block: number,
): Promise<never> {
  await provider.call({ from, to, data, value, blockTag: block - 1 });
  throw new Problem("REVERTED", `${name}: transaction ${hash} reverted in block ${block}; the same call now succeeds.`);
}
