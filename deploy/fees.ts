// What a transaction offers for gas: never more than the user's ceiling and, if possible, no more than its account has.

import { formatUnits, toQuantity } from "ethers";
import type { EIP1193Provider } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import { presentSending } from "./sends";

/** Milliseconds to wait while the chain asks more than the ceiling, and between two checks. */
const [PATIENCE, LOOK] = [10 * 60_000, 2_000];

/** The factor by which the base fee may rise from one block to the next: 9/8. */
const [RISE, RISE_BASE] = [9n, 8n];

/** The parts of a transaction request that concern its price. Quantities are in hexadecimal. */
export interface Offered {
  readonly from: string;
  readonly gas?: string;
  readonly value?: string;
  readonly gasPrice?: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
}

type Asked = Pick<EIP1193Provider, "request">;

/** A gas price in words. */
export const inGwei = (wei: bigint) => `${formatUnits(wei, "gwei")} gwei`;

/**
 * Prices a transaction within the sender's ceiling. While the chain asks more than that, this waits, and finally throws. If the account
 * cannot pay the highest price that is offered but can pay what the next block may ask, it offers what it has.
 */
export async function pricedWithin<T extends Offered>(chain: Asked, transaction: T): Promise<T> {
  const { maxFeePerGas: ceiling, plannedFeePerGas: planned } = presentSending();
  const stated = transaction.maxFeePerGas ?? transaction.gasPrice;
  if (stated === undefined) return transaction;
  const asked = await askedWithin(chain, ceiling);
  // Suggested tips may rise much faster than the base fee. The planned price suffices as long as the base fee is below it.
  const isPlanned = planned !== undefined && asked !== undefined && asked <= planned;
  const most = [BigInt(stated), ...(isPlanned ? [planned] : []), ...(ceiling === undefined ? [] : [ceiling])].reduce(
    smaller,
  );
  const affordable = asked === undefined ? undefined : await affordableBy(chain, transaction);
  const isScarce =
    affordable !== undefined && affordable < most && affordable >= ((asked as bigint) * RISE) / RISE_BASE;
  const price = isScarce ? affordable : most;
  if (transaction.maxFeePerGas === undefined) return { ...transaction, gasPrice: toQuantity(price) };
  const tip = smaller(BigInt(transaction.maxPriorityFeePerGas ?? price), price);
  return { ...transaction, maxFeePerGas: toQuantity(price), maxPriorityFeePerGas: toQuantity(tip) };
}

/** Throws if a signed transaction offers more than the ceiling; once signed, it can no longer be changed. */
export function requireBelowCeiling(price: bigint): void {
  const { maxFeePerGas: ceiling } = presentSending();
  if (ceiling === undefined || price <= ceiling) return;
  throw new Problem(
    "NOT_YET",
    `a transaction offers ${inGwei(price)} for gas, more than the ceiling of ${inGwei(ceiling)}: raise --max-fee; it was not sent.`,
  );
}

/** The message for a chain that asks more than the ceiling. */
export function aboveCeiling(asked: bigint, ceiling: bigint): string {
  return `the chain asks ${inGwei(asked)} for gas, more than the ceiling of ${inGwei(ceiling)}`;
}

/** The chain's base fee; undefined if it has none. Waits until the fee is within the ceiling. */
async function askedWithin(chain: Asked, ceiling: bigint | undefined): Promise<bigint | undefined> {
  const { patience = PATIENCE, onNotice } = presentSending();
  const end = Date.now() + patience;
  for (let isFirst = true; ; isFirst = false) {
    const asked = await baseFeeOf(chain);
    if (ceiling === undefined || asked === undefined || asked <= ceiling) return asked;
    const words = aboveCeiling(asked, ceiling);
    if (Date.now() >= end) {
      throw new Problem(
        "NOT_YET",
        `${words}: run the same command again later, or raise --max-fee; nothing more was sent.`,
      );
    }
    if (isFirst) onNotice?.(`waiting: ${words}`);
    await new Promise((later) => setTimeout(later, Math.min(LOOK, patience)));
  }
}

async function baseFeeOf(chain: Asked): Promise<bigint | undefined> {
  const block = (await chain.request({ method: "eth_getBlockByNumber", params: ["latest", false] })) as {
    readonly baseFeePerGas?: string;
  } | null;
  return block?.baseFeePerGas === undefined ? undefined : BigInt(block.baseFeePerGas);
}

/** What an account can offer for each unit of a transaction's gas, in wei. */
async function affordableBy(chain: Asked, { from, gas, value }: Offered): Promise<bigint | undefined> {
  if (gas === undefined || BigInt(gas) === 0n) return undefined;
  const balance = BigInt((await chain.request({ method: "eth_getBalance", params: [from, "latest"] })) as string);
  return (balance - BigInt(value ?? 0)) / BigInt(gas);
}

const smaller = (a: bigint, b: bigint) => (a < b ? a : b);
