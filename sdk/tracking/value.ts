// What tokens are worth: at the spot price, which is a mark, and what a sale of them would pay.

import { Decimal } from "decimal.js";
import { MarketModel } from "../market/curve.ts";
import type { TrackedPool } from "./facts.ts";

const PPM = 1_000_000;
const BPS = 10_000;

// As exact as the market's own: a supply in wei has up to thirty digits.
const Exact = Decimal.clone({ precision: 60 });
const TOKEN = new Exact(10).pow(18);
const RESERVE = new Exact(10).pow(6);

/** What an amount of tokens is worth in a block. Reserve in its units. */
export interface TokenValue {
  readonly tokens: bigint;
  /** Tokens times spot price: what nobody pays for more than a few of them. */
  readonly mark: bigint;
  /** What one sale of `sellable` would pay then, fee deducted. */
  readonly sale: bigint;
  /** The part of the tokens that the pool could take at once: none before its sales open. */
  readonly sellable: bigint;
}

/** A pool's tokens in a block. */
export class PoolValuer {
  readonly #market: MarketModel;
  readonly #most: bigint;

  /** @param timestamp Of the block, in seconds since 1970. */
  constructor(
    private readonly pool: TrackedPool,
    timestamp: number,
  ) {
    const { crr, tradeFee, reserve, virtualReserve, curveSupply, virtualSupply, sellsOpenAt } = pool;
    const ratio = new Exact(String(crr)).div(PPM);
    const held = new Exact(String(virtualReserve)).div(RESERVE);
    const initialSupply = new Exact(String(virtualSupply)).div(TOKEN);
    const terms = {
      ...{ ratio, virtualReserve: held, tradeFee: new Exact(String(tradeFee)).div(BPS) },
      initialPrice: held.div(ratio).div(initialSupply),
    };
    const [inPool, supply] = [new Exact(String(reserve)).div(RESERVE), new Exact(String(curveSupply)).div(TOKEN)];
    this.#market = MarketModel.at(terms, inPool, supply);
    this.#most = timestamp < sellsOpenAt || reserve === 0n ? 0n : wholeOf(this.#market.maxSell.mul(TOKEN));
  }

  /**
   * The value of tokens, in wei, if they were sold before anybody else's. From the formulas of the curve: at most two units of the reserve
   * away from the pool's own `quoteSell`, which rounds its powers.
   */
  valueOf(tokens: bigint): TokenValue {
    const sellable = tokens < this.#most ? tokens : this.#most;
    const sale =
      sellable > 0n ? wholeOf(this.#market.sell(new Exact(String(sellable)).div(TOKEN)).reserve.mul(RESERVE)) : 0n;
    return { tokens, mark: (tokens * this.pool.spotPrice) / 10n ** 36n, sale, sellable };
  }
}

function wholeOf(value: Decimal): bigint {
  return BigInt(value.floor().toFixed(0));
}
