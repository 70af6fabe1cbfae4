// The value of tokens: at the spot price, which is only a mark, and what selling them would pay.

import { Decimal } from "decimal.js";
import { MarketModel } from "../market/curve.ts";
import type { TrackedPool } from "./facts.ts";

const PPM = 1_000_000;
const BPS = 10_000;

// The precision of the market model, because a supply in wei has up to thirty digits.
const Exact = Decimal.clone({ precision: 60 });
const TOKEN = new Exact(10).pow(18);
const RESERVE = new Exact(10).pow(6);

/** The value of an amount of tokens in a block. The reserve is in its smallest units. */
export interface TokenValue {
  readonly tokens: bigint;
  /** Tokens times the spot price, at which only a small amount can be sold. */
  readonly mark: bigint;
  /** What a single sale of `sellable` tokens would pay, after the fee. */
  readonly sale: bigint;
  /** The part of the tokens that the pool would buy back in a single sale. Zero before sells open. */
  readonly sellable: bigint;
}

/** Values a pool's tokens in a block. */
export class PoolValuer {
  readonly #market: MarketModel;
  readonly #most: bigint;

  /** @param timestamp The block's timestamp, in seconds since 1970. */
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
   * Returns the value of tokens, given in wei, if they were sold before anybody else's. The formulas of the curve give at most two reserve
   * units
   * more or less than the pool's own `quoteSell`, which rounds its powers.
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
