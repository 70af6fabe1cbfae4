// Candles: summaries of the trades in an interval of time.

import type { InferInsertModel } from "drizzle-orm";
import type { candles, trades } from "../store/tables/chain";

type Candle = InferInsertModel<typeof candles>;
type Trade = InferInsertModel<typeof trades>;

/** By model, length and start. */
export type Candles = Map<string, Candle>;

/** Lengths of candles, in seconds. */
export const CANDLE_SECONDS = [60, 900, 3_600, 86_400] as const;

/** Adds a trade to its candle of each length. Trades must come in their order. */
export function addTrade(candles: Candles, trade: Trade): void {
  const { model, time, priceAfter: price, reserve, tokens } = trade;
  for (const seconds of CANDLE_SECONDS) {
    const start = time - (time % seconds);
    const key = `${model} ${seconds} ${start}`;
    const candle = candles.get(key);
    const prices = { open: price, high: price, low: price, close: price };
    const volume = { volumeReserve: reserve, volumeTokens: tokens, trades: 1 };
    candles.set(key, candle ? withTrade(candle, trade) : { model, seconds, start, ...prices, ...volume });
  }
}

function withTrade(candle: Candle, { priceAfter, reserve, tokens }: Trade): Candle {
  const price = BigInt(priceAfter);
  return {
    ...candle,
    high: price > BigInt(candle.high) ? priceAfter : candle.high,
    low: price < BigInt(candle.low) ? priceAfter : candle.low,
    close: priceAfter,
    volumeReserve: String(BigInt(candle.volumeReserve) + BigInt(reserve)),
    volumeTokens: String(BigInt(candle.volumeTokens) + BigInt(tokens)),
    trades: candle.trades + 1,
  };
}
