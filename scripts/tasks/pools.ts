// SPDX-License-Identifier: MIT
// Tasks of a model's market.

import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import type { HokusaiAMM } from "../../.build/typechain";
import { ensurePool, requirePool, requireToken } from "../../deploy/launch";
import { amount } from "../../sdk/base/fields";
import { printed } from "../../sdk/base/printed";
import {
  formatPrice,
  formatReserve,
  formatTokens,
  RESERVE_DECIMALS,
  roundTokens,
  TOKEN_DECIMALS,
} from "../../sdk/base/units";
import { limitOf, quoteTrade, sendOrder, settleTrade, type TradeOrder } from "../../sdk/client/trade";
import { digits } from "../cli/command";
import { table } from "../cli/terminal";
import { stepOf } from "./models";
import {
  approve,
  once,
  readId,
  readSender,
  signerOf,
  type Arguments,
  type TaskContext,
  type TaskResult,
  type Work,
} from "./run";

const USDC = amount(RESERVE_DECIMALS, "0.000001", "1000000000");
const TOKENS = amount(TOKEN_DECIMALS, "0.000000000000000001", "10000000000");
const SLIPPAGE = digits(0, 10_000);
const MINUTES = digits(1, 1440);

const DEFAULT_SLIPPAGE_BPS = 50;
const DEFAULT_MINUTES = 20;

/** Step 4 of a launch: creates the pool. */
export const createPool = stepOf(async (launch) => ({ pool: await (await ensurePool(launch)).getAddress() }));

/** How far a trade may deviate from its quote: a limit that the caller states, or a share of the quote. */
interface Limit {
  readonly stated?: bigint;
  readonly slippageBps: bigint;
}

/** Quotes a trade as of now. */
export const quote: Work = (args) => {
  const modelId = readId(args);
  const kind = args.one("usdc", "tokens", "sell");
  const given = kind === "" ? 0n : args.read(kind, kind === "usdc" ? USDC : TOKENS);
  args.refuse();
  return async (context) => {
    const pool = await requirePool(context, modelId);
    const symbol = printed(await (await requireToken(context, modelId)).symbol());
    const { side, reserve, tokens, priceBefore, impactBps } = await quoteTrade(pool, orderOf(kind, given));
    return {
      lines: table(
        [`${side === "sell" ? "sell to" : "buy from"} the pool of ${modelId}`, ""],
        [
          [symbol, formatTokens(kind === "usdc" ? roundTokens(tokens) : tokens)],
          ["USDC, trade fee included", formatReserve(reserve)],
          ["price now", formatPrice(priceBefore)],
          ["price impact", percent(impactBps)],
        ],
      ),
      document: { model: { id: modelId }, side, reserve, tokens, priceBefore, impactBps },
    };
  };
};

/** Buys for an exact amount of USDC, or an exact amount of tokens. */
export const buy: Work = (args) => {
  const modelId = readId(args);
  const kind = args.one("usdc", "tokens");
  const given = kind === "" ? 0n : args.read(kind, kind === "usdc" ? USDC : TOKENS);
  const limit = kind === "tokens" ? readLimit(args, "max", USDC) : readLimit(args, "min", TOKENS);
  const minutes = args.read("deadline", MINUTES, DEFAULT_MINUTES);
  const from = readSender(args);
  args.refuse();
  return once(async (context) => {
    const pool = await requirePool(context, modelId);
    const buyer = await signerOf(context, from);
    const order = orderOf(kind, given);
    const end = await endOf(pool, order, limit);
    const deadline = await deadlineIn(context, minutes);
    await approve(context, buyer, pool, kind === "usdc" ? given : end);
    return traded(context, modelId, pool, "buy", () => sendOrder(pool, order, buyer, end, deadline));
  });
};

/** Sells an exact amount of tokens. */
export const sell: Work = (args) => {
  const modelId = readId(args);
  const tokens = args.read("tokens", TOKENS);
  const limit = readLimit(args, "min", USDC);
  const minutes = args.read("deadline", MINUTES, DEFAULT_MINUTES);
  const from = readSender(args);
  args.refuse();
  return once(async (context) => {
    const pool = await requirePool(context, modelId);
    const seller: HardhatEthersSigner = await signerOf(context, from);
    const order = orderOf("sell", tokens);
    const end = await endOf(pool, order, limit);
    const deadline = await deadlineIn(context, minutes);
    return traded(context, modelId, pool, "sell", () => sendOrder(pool, order, seller, end, deadline));
  });
};

function readLimit(args: Arguments, name: "min" | "max", rule: typeof USDC): Limit {
  args.atMostOne(name, "slippage-bps");
  const slippageBps = BigInt(args.read("slippage-bps", SLIPPAGE, DEFAULT_SLIPPAGE_BPS));
  return { ...(args.has(name) && { stated: args.read(name, rule) }), slippageBps };
}

function orderOf(kind: string, given: bigint): TradeOrder {
  if (kind === "usdc") return { side: "buy", reserve: given };
  return kind === "sell" ? { side: "sell", tokens: given } : { side: "buy", tokens: given };
}

/**
 * The worst acceptable result of the trade. The trade is quoted even if the limit is stated, so that an impossible one is refused before
 * anything is sent.
 */
async function endOf(pool: HokusaiAMM, order: TradeOrder, { stated, slippageBps }: Limit): Promise<bigint> {
  const quoted = await quoteTrade(pool, order);
  return stated ?? limitOf(order, quoted, slippageBps);
}

async function traded(
  context: TaskContext,
  modelId: string,
  pool: HokusaiAMM,
  name: string,
  sending: Parameters<typeof settleTrade>[2],
): Promise<TaskResult> {
  const symbol = printed(await (await requireToken(context, modelId)).symbol());
  const { trade, sent } = await settleTrade(pool, name, sending);
  const { reserve, tokens, priceBefore, priceAfter, impactBps } = trade;
  const outcome = `${formatTokens(roundTokens(tokens))} ${symbol} for ${formatReserve(reserve)} USDC`;
  context.report({ name, sent, outcome });
  return {
    lines: table(
      [`${name === "sell" ? "sold to" : "bought from"} the pool of ${modelId}`, ""],
      [
        [symbol, formatTokens(roundTokens(tokens))],
        ["USDC, trade fee included", formatReserve(reserve)],
        ["price before", formatPrice(priceBefore)],
        ["price after", formatPrice(priceAfter)],
        ["price impact", percent(impactBps)],
      ],
    ),
    document: { model: { id: modelId }, trade },
  };
}

async function deadlineIn({ hre }: TaskContext, minutes: number): Promise<number> {
  return ((await hre.ethers.provider.getBlock("latest"))?.timestamp ?? 0) + 60 * minutes;
}

function percent(bps: bigint): string {
  return `${(Number(bps) / 100).toFixed(2)} %`;
}
