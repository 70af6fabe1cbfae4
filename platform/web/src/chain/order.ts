// An order as it is typed, what it would give, and how it is sent.

import { parseUnits, type JsonRpcSigner, type TransactionResponse } from "ethers";
import { RESERVE_DECIMALS, TOKEN_DECIMALS } from "../../../../sdk/base/units.ts";
import { contractAt } from "../../../../sdk/client/access.ts";
import { receiptOf } from "../../../../sdk/client/confirm.ts";
import type { HokusaiAMM, IERC20Metadata } from "../../../../sdk/client/contracts.ts";
import { ensureAllowance, limitOf, type Quote, type TradeOrder } from "../../../../sdk/client/trade.ts";
import { Problem } from "../../../../sdk/base/problem.ts";
import { signPermit } from "../wallet/permit.ts";
import type { Teller } from "../wallet/transaction.tsx";
import type { PageSite } from "./site.ts";

/** Converts a decimal number to the smallest units; undefined if the text is not a number or has too many decimals. */
export function parseAmount(text: string, decimals: number): bigint | undefined {
  const plain = text.trim().replaceAll(",", "");
  if (!/^\d{1,20}(\.\d*)?$/.test(plain)) return undefined;
  const [whole = "0", fraction = ""] = plain.split(".");
  if (fraction.length > decimals) return undefined;
  return parseUnits(`${whole}.${fraction || "0"}`, decimals);
}

/** Which of the two amounts was typed. */
export type TypedSide = "reserve" | "tokens";

/** The order that the typed amount describes; undefined if the amount is not valid. */
export function typedOrder(side: TradeOrder["side"], typed: TypedSide, text: string): TradeOrder | undefined {
  const amount = parseAmount(text, typed === "reserve" ? RESERVE_DECIMALS : TOKEN_DECIMALS);
  if (amount === undefined || amount === 0n) return undefined;
  if (side === "sell") return { side, tokens: amount };
  return typed === "reserve" ? { side, reserve: amount } : { side, tokens: amount };
}

export interface OrderToSend {
  readonly order: TradeOrder;
  readonly quote: Quote;
  readonly slippageBps: bigint;
  /** Seconds since 1970. */
  readonly deadline: number;
  readonly pool: string;
}

/** Amounts that changed hands. */
export interface FilledOrder {
  readonly reserve: bigint;
  readonly tokens: bigint;
  readonly block: number;
}

/** Sends an order; with a permit if the reserve token has one, so that it takes only one transaction. */
export async function fillOrder(
  site: PageSite,
  signer: JsonRpcSigner,
  { order, quote, slippageBps, deadline, pool: address }: OrderToSend,
  { asking, sent }: Teller,
): Promise<FilledOrder> {
  const { access } = site.chain;
  const pool = await contractAt<HokusaiAMM>(access, "HokusaiAMM", address);
  const limit = limitOf(order, quote, slippageBps);
  const account = signer.address;
  const send = async (call: (market: HokusaiAMM) => Promise<TransactionResponse>) => {
    asking("Confirm the transaction in your wallet.");
    const transaction = await call(pool.connect(signer));
    sent(transaction.hash, "Sent. Waiting for a block that includes it …");
    return readFill(pool, order.side, transaction);
  };
  if (order.side === "sell") {
    const { tokens } = order;
    await pool.sell.staticCall(tokens, limit, account, deadline, { from: account });
    return send((market) => market.sell(tokens, limit, account, deadline));
  }

  const token = await contractAt<IERC20Metadata>(access, "IERC20Metadata", await pool.reserveToken());
  const most = "reserve" in order ? order.reserve : limit;
  await requireBalance(token, account, most);
  const isAllowed = (await token.allowance(account, address)) >= most;
  if (!isAllowed) {
    asking("Sign in your wallet that the pool may take the USDC. This costs nothing.");
    const request = { token: String(token.target), spender: address, amount: most, deadline };
    const permit = await signPermit(access, site.deployment.chainId, signer, request);
    if (permit !== undefined) {
      if ("reserve" in order) {
        const { reserve } = order;
        await pool.buyWithPermit.staticCall(reserve, limit, account, deadline, permit, { from: account });
        return send((market) => market.buyWithPermit(reserve, limit, account, deadline, permit));
      }
      const { tokens } = order;
      await pool.buyExactOutWithPermit.staticCall(tokens, tokens, limit, account, deadline, permit, { from: account });
      return send((market) => market.buyExactOutWithPermit(tokens, tokens, limit, account, deadline, permit));
    }
    asking("This USDC has no permit: confirm first in your wallet that the pool may take it.");
    await ensureAllowance(token, signer, address, most);
  }
  if ("reserve" in order) {
    const { reserve } = order;
    await pool.buy.staticCall(reserve, limit, account, deadline, { from: account });
    return send((market) => market.buy(reserve, limit, account, deadline));
  }
  const { tokens } = order;
  await pool.buyExactOut.staticCall(tokens, tokens, limit, account, deadline, { from: account });
  return send((market) => market.buyExactOut(tokens, tokens, limit, account, deadline));
}

async function requireBalance(token: IERC20Metadata, account: string, amount: bigint): Promise<void> {
  if ((await token.balanceOf(account)) >= amount) return;
  throw new Problem("NO_FUNDS", "your wallet has too little USDC for this: lower the amount, or send it some.");
}

/** Reads the event of a mined trade. */
async function readFill(
  pool: HokusaiAMM,
  side: TradeOrder["side"],
  transaction: TransactionResponse,
): Promise<FilledOrder> {
  const { logs, blockNumber, hash } = await receiptOf(side, Promise.resolve(transaction));
  const events = logs.flatMap((log) => pool.interface.parseLog(log) ?? []);
  const event = events.find(({ name }) => name === (side === "buy" ? "Bought" : "Sold"));
  if (event === undefined)
    throw new Problem("UNKNOWN_OUTCOME", `the transaction ${hash} is mined and has no event of a trade.`);
  const { reserveIn, reserveOut, tokensIn, tokensOut } = event.args;
  return side === "buy"
    ? { reserve: reserveIn, tokens: tokensOut, block: blockNumber }
    : { reserve: reserveOut, tokens: tokensIn, block: blockNumber };
}
