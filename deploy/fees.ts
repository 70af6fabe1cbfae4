// What a transaction offers for gas: never more than the user's ceiling, and where it can no more than its account has.

import { formatUnits, toQuantity } from "ethers";
import type { EIP1193Provider } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import { presentSending } from "./sends";

/** Milliseconds to wait while the chain asks more than the ceiling, and between two looks. */
const [PATIENCE, LOOK] = [10 * 60_000, 2_000];

/** Factor by which the base fee may rise from a block to the next: an eighth. */
const [RISE, RISE_BASE] = [9n, 8n];

/** A transaction as a node is asked to send it, as far as its price is concerned. Quantities in hexadecimal. */
export interface Offered {
  readonly from: string;
  readonly gas?: string;
  readonly value?: string;
  readonly gasPrice?: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
}

type Asked = Pick<EIP1193Provider, "request">;

/** A price of gas, for people. */
export const inGwei = (wei: bigint) => `${formatUnits(wei, "gwei")} gwei`;

/**
 * A transaction at a price within the ceiling of whoever sends. While the chain asks more than that it is waited, then refused. An
 * account that has not the whole of what it offers at most, but what the next block asks, offers what it has.
 */
export async function pricedWithin<T extends Offered>(chain: Asked, transaction: T): Promise<T> {
  const { maxFeePerGas: ceiling, plannedFeePerGas: planned } = presentSending();
  const stated = transaction.maxFeePerGas ?? transaction.gasPrice;
  if (stated === undefined) return transaction;
  const asked = await askedWithin(chain, ceiling);
  // Tips that nodes suggest may rise much faster than the base fee: what the plan has counted with is enough while that is below it.
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

/** Refuses a signed transaction that offers more than the ceiling: what was signed cannot be changed any more. */
export function requireBelowCeiling(price: bigint): void {
  const { maxFeePerGas: ceiling } = presentSending();
  if (ceiling === undefined || price <= ceiling) return;
  throw new Problem(
    "NOT_YET",
    `a transaction offers ${inGwei(price)} for gas, more than the ceiling of ${inGwei(ceiling)}: raise --max-fee; it was not sent.`,
  );
}

/** What is said where a chain asks more than a ceiling. */
export function aboveCeiling(asked: bigint, ceiling: bigint): string {
  return `the chain asks ${inGwei(asked)} for gas, more than the ceiling of ${inGwei(ceiling)}`;
}

/** What the chain asks for a unit of gas; undefined where it has no base fee. Waits until that is within the ceiling. */
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

/** What an account can offer for each unit of a transaction's gas. */
async function affordableBy(chain: Asked, { from, gas, value }: Offered): Promise<bigint | undefined> {
  if (gas === undefined || BigInt(gas) === 0n) return undefined;
  const balance = BigInt((await chain.request({ method: "eth_getBalance", params: [from, "latest"] })) as string);
  return (balance - BigInt(value ?? 0)) / BigInt(gas);
}

const smaller = (a: bigint, b: bigint) => (a < b ? a : b);
