import type { ContractTransactionResponse } from "ethers";
import type { HokusaiAMM } from "../../.build/typechain";
import { Problem } from "../base/problem.ts";
import { receiptOf, type Sent } from "./confirm.ts";

const WAD = 10n ** 18n;
const BPS = 10_000n;

/** One trade and what it did to the price. */
export interface Trade {
  readonly name: string;
  readonly reserve: bigint;
  readonly tokens: bigint;
  readonly priceBefore: bigint;
  readonly priceAfter: bigint;
  /** By how much the average price of the trade, fee included, was worse than the price before it, in bps. */
  readonly impactBps: bigint;
}

/** Sends a trade, and reads from its event what changed hands. */
export async function settleTrade(
  pool: HokusaiAMM,
  name: string,
  sending: () => Promise<ContractTransactionResponse>,
): Promise<{ trade: Trade; sent: Sent }> {
  const priceBefore = await pool.spotPrice();
  const { hash, gasUsed, logs } = await receiptOf(name, sending());
  const sent = { name, hash, gasUsed };
  const events = logs.flatMap((log) => pool.interface.parseLog(log) ?? []);
  const bought = events.find((event) => event.name === "Bought");
  const sold = events.find((event) => event.name === "Sold");
  if (!bought && !sold)
    throw new Problem("UNKNOWN_OUTCOME", `${name}: transaction ${hash} is mined and has no event of a trade.`);
  const reserve: bigint = bought ? bought.args.reserveIn : sold?.args.reserveOut;
  const tokens: bigint = bought ? bought.args.tokensOut : sold?.args.tokensIn;
  const away = priceImpact(reserve, tokens, priceBefore);
  const impactBps = bought ? away : -away;
  return { sent, trade: { name, reserve, tokens, priceBefore, priceAfter: await pool.spotPrice(), impactBps } };
}

/** How far the average price is above `priceBefore`, in bps. */
export function priceImpact(reserve: bigint, tokens: bigint, priceBefore: bigint): bigint {
  return (reserve * WAD * WAD * BPS) / (tokens * priceBefore) - BPS;
}
