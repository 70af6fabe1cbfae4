import type { ContractTransactionResponse, Signer } from "ethers";
import { formatReserve } from "../base/units.ts";
import { Problem } from "../base/problem.ts";
import { contractAt } from "./access.ts";
import { confirm, receiptOf, type Sent } from "./confirm.ts";
import type { HokusaiAMM, IERC20Metadata } from "./contracts.ts";
import type { ModelMarket } from "./market.ts";

const WAD = 10n ** 18n;
const BPS = 10_000n;

/** An order for a pool. One amount is given, and the other follows from the curve. Tokens are in wei, the reserve in its smallest units. */
export type TradeOrder =
  | { readonly side: "buy"; readonly reserve: bigint }
  | { readonly side: "buy"; readonly tokens: bigint }
  | { readonly side: "sell"; readonly tokens: bigint };

/** What an order would yield now. */
export interface Quote {
  readonly side: TradeOrder["side"];
  /** The reserve paid or received, including the trade fee. */
  readonly reserve: bigint;
  readonly tokens: bigint;
  /** The price in the unit of `spotPrice`. */
  readonly priceBefore: bigint;
  /** How much worse the average price of the trade, including the fee, is than the price before it, in bps. */
  readonly impactBps: bigint;
}

/** How much worse than its quote a trade may be, and how long it may wait for a block. */
export interface TradeTerms {
  /** The largest slippage, from 0 to 10,000 bps. */
  readonly slippageBps: bigint;
  /** Seconds after the timestamp of the latest block at which the trade expires. */
  readonly seconds: number;
}

/** A completed trade and its effect on the price. */
export interface Trade {
  readonly name: string;
  readonly reserve: bigint;
  readonly tokens: bigint;
  readonly priceBefore: bigint;
  readonly priceAfter: bigint;
  /** How much worse the average price of the trade, including the fee, was than the price before it, in bps. */
  readonly impactBps: bigint;
}

/**
 * Quotes an order in the latest block. Reverts like the pool's own quotes: if the order is larger than what can be bought or sold, if it
 * yields nothing, or if it is a buy while buys are paused.
 */
export async function quoteTrade(pool: HokusaiAMM, order: TradeOrder): Promise<Quote> {
  const priceBefore = await pool.spotPrice();
  const { reserve, tokens } = await amountsOf(pool, order);
  const away = priceImpact(reserve, tokens, priceBefore);
  return { side: order.side, reserve, tokens, priceBefore, impactBps: order.side === "buy" ? away : -away };
}

async function amountsOf(pool: HokusaiAMM, order: TradeOrder): Promise<Pick<Quote, "reserve" | "tokens">> {
  if ("reserve" in order) return { reserve: order.reserve, tokens: await pool.quoteBuy(order.reserve) };
  const { side, tokens } = order;
  if (side === "sell") return { reserve: await pool.quoteSell(tokens), tokens };
  return { tokens, reserve: (await pool.quoteBuyExactOut(tokens)).reserveIn };
}

/** Returns the least that a trade may yield or the most that it may cost, given a quote and the slippage in bps. */
export function limitOf(
  order: TradeOrder,
  { reserve, tokens }: Pick<Quote, "reserve" | "tokens">,
  slippageBps: bigint,
) {
  if ("reserve" in order) return (tokens * (BPS - slippageBps)) / BPS;
  return (reserve * (order.side === "buy" ? BPS + slippageBps : BPS - slippageBps)) / BPS;
}

/**
 * Sends an order for an account that pays and receives.
 * @param limit The least tokens for a given reserve, the most reserve for given tokens, or the least reserve for a sale.
 * @param deadline The timestamp of the last block that may execute the order, in seconds since 1970.
 */
export async function sendOrder(
  pool: HokusaiAMM,
  order: TradeOrder,
  trader: Signer,
  limit: bigint,
  deadline: number,
): Promise<ContractTransactionResponse> {
  const market = pool.connect(trader);
  if ("reserve" in order) return market.buy(order.reserve, limit, trader, deadline);
  const { side, tokens } = order;
  if (side === "sell") return market.sell(tokens, limit, trader, deadline);
  return market.buyExactOut(tokens, tokens, limit, trader, deadline);
}

/**
 * Trades at the current price: quotes the order, approves what it costs, sends it, and waits until it is mined.
 * @throws {Problem} If the account has too little reserve. Reverts are thrown as ethers' errors; {@link explain} describes them.
 */
export async function executeOrder(
  { access, pool }: ModelMarket,
  order: TradeOrder,
  trader: Signer,
  { slippageBps, seconds }: TradeTerms,
): Promise<Trade> {
  const quote = await quoteTrade(pool, order);
  const limit = limitOf(order, quote, slippageBps);
  if (order.side === "buy") {
    const reserve = await contractAt<IERC20Metadata>(access, "IERC20Metadata", await pool.reserveToken());
    await ensureAllowance(reserve, trader, await pool.getAddress(), "reserve" in order ? order.reserve : limit);
  }
  const deadline = ((await access.ethers.provider.getBlock("latest"))?.timestamp ?? 0) + seconds;
  const settled = await settleTrade(pool, order.side, () => sendOrder(pool, order, trader, limit, deadline));
  return settled.trade;
}

/**
 * Approves a spender for an amount of an account's reserve tokens, in their smallest units, unless the allowance is large enough already.
 * @returns The approval, or undefined if none was needed.
 * @throws {Problem} If the account has less than the amount.
 */
export async function ensureAllowance(
  reserve: IERC20Metadata,
  owner: Signer,
  spender: string,
  amount: bigint,
): Promise<Sent | undefined> {
  const balance = await reserve.balanceOf(owner);
  if (balance < amount) {
    const [has, needs] = [balance, amount].map(formatReserve);
    const account = await owner.getAddress();
    throw new Problem(
      "NO_FUNDS",
      `${account} has ${has} USDC, expected at least ${needs}: send it some; nothing was sent.`,
    );
  }
  if ((await reserve.allowance(owner, spender)) >= amount) return undefined;
  return confirm("approve", reserve.connect(owner).approve(spender, amount));
}

/** Sends a trade and reads the amounts exchanged from its event. */
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

/** Returns how far the average price is above `priceBefore`, in bps. */
export function priceImpact(reserve: bigint, tokens: bigint, priceBefore: bigint): bigint {
  return (reserve * WAD * WAD * BPS) / (tokens * priceBefore) - BPS;
}
