import { isCallException, type ContractTransactionResponse } from "ethers";
import { Problem } from "../base/problem";

/** Milliseconds after which a transaction that was not mined is looked for again: it may have been dropped. */
const PATIENCE = 3 * 60_000;

/** A transaction that was mined for one step. */
export interface Sent {
  readonly name: string;
  readonly hash: string;
  readonly gasUsed: bigint;
}

/** Waits for a transaction and says what it cost; of one that was mined and reverted, why. */
export async function confirm(name: string, sending: Promise<ContractTransactionResponse>): Promise<Sent> {
  const transaction = await sending;
  const receipt = await transaction.wait(1, PATIENCE).catch(async (error: unknown) => {
    if (isCallException(error) && error.receipt) await replay(transaction, error.receipt.blockNumber);
    throw error;
  });
  if (receipt === null)
    throw new Problem(`${name}: transaction ${transaction.hash} has no receipt; run the command again.`);
  return { name, hash: receipt.hash, gasUsed: receipt.gasUsed };
}

/** Calls what a transaction called, in the state before its block: throws the revert with its data, which no receipt has. */
async function replay({ provider, from, to, data, value }: ContractTransactionResponse, block: number): Promise<void> {
  await provider.call({ from, to, data, value, blockTag: block - 1 });
}
