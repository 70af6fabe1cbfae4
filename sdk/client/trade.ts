import type { ContractTransactionResponse, Signer } from "ethers";
import { formatReserve } from "../base/units.ts";
import { Problem } from "../base/problem.ts";
import { contractAt } from "./access.ts";
import { confirm, receiptOf, type Sent } from "./confirm.ts";
import type { HokusaiAMM, IERC20Metadata } from "./contracts.ts";
import type { ModelMarket } from "./market.ts";

const WAD = 10n ** 18n;
const BPS = 10_000n;

/** An order for a pool: one amount is given, the other follows from the curve. Tokens in wei, reserve in its smallest units. */
export type TradeOrder =
  | { readonly side: "buy"; readonly reserve: bigint }
  | { readonly side: "buy"; readonly tokens: bigint }
  | { readonly side: "sell"; readonly tokens: bigint };

/** What an order would give now. */
export interface Quote {
  readonly side: TradeOrder["side"];
  /** Reserve paid or received, trade fee included. */
  readonly reserve: bigint;
  readonly tokens: bigint;
  /** In the unit of `spotPrice`. */
  readonly priceBefore: bigint;
  /** By how much the average price of the trade, fee included, is worse than the price before it, in bps. */
  readonly impactBps: bigint;
}

/** How much worse than its quote a trade may be, and how long it may wait for a block. */
export interface TradeTerms {
  /** At most this much worse, from 0 to 10,000 bps. */
  readonly slippageBps: bigint;
  /** Seconds from the time of the latest block, after which the trade is refused. */
  readonly seconds: number;
}

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

/**
 * What an order would give in the latest block. Reverts as the pool's own quotes do: more than is left to buy or can be sold, nothing
 * at all, a pause.
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

/** The least that a trade may yield, or the most that it may cost, given how much worse than its quote it may be. */
export function limitOf(
  order: TradeOrder,
  { reserve, tokens }: Pick<Quote, "reserve" | "tokens">,
  slippageBps: bigint,
) {
  if ("reserve" in order) return (tokens * (BPS - slippageBps)) / BPS;
  return (reserve * (order.side === "buy" ? BPS + slippageBps : BPS - slippageBps)) / BPS;
}

/**
 * Sends an order from an account, which pays and receives.
 * @param limit Least tokens for an amount of reserve, most reserve for an amount of tokens, least reserve for a sale.
 * @param deadline Time of the last block that may carry it out, in seconds since 1970.
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
 * Trades at the present price: quotes, lets the pool take what the trade costs, sends, and waits until it is mined.
 * @throws {Problem} When the account has too little reserve. A revert is thrown as ethers has it: {@link explain} puts it in words.
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
 * Sees to it that a spender may take an amount of an account's reserve tokens, in their smallest units.
 * @returns The transaction; none where the spender may take as much already.
 * @throws {Problem} When the account has not as much.
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
