// SPDX-License-Identifier: MIT
// What a deposit of usage fees pays to a sniper, who buys in the block of the deposit and sells a day later, when all of it has flowed into
// the reserve.
//
// With C = R + R0 before the buy and Y after it, a buy and a sale of the same tokens move Y − C. The deposit L raises the proceeds by the
// factor (Y + L) / Y: the tokens bought are 1 − (C/Y)^w of the supply, and a sale of that share pays the share 1 − C/Y of what the market
// holds. With a trade fee f on both ways, the sniper's gain is
//
//     (Y − C) · ((1 − f) · (Y + L) / Y − 1 / (1 − f)),      nothing for L ≤ Y · (1 / (1 − f)² − 1).
//
// The formula contains no powers, so integers express it exactly.

import type { HokusaiAMM } from "../client/contracts.ts";

const BPS = 10_000n;

/** A sniper's purchase: R + R0 before and after it in reserve units, and the trade fee in bps. */
export interface Purchase {
  readonly before: bigint;
  readonly after: bigint;
  readonly tradeFee: bigint;
}

/**
 * The deposits that a pool can take at once, in reserve units. What is left of the running stream counts too, since it flows in within
 * the same day.
 */
export interface Lumps {
  /** The largest deposit that pays nobody anything, however much is bought: 0.6 % of R + R0 if the trade fee is 0.3 %. */
  readonly harmless: bigint;
  /**
   * The largest deposit that pays nothing to somebody who buys the rest of the investor allocation. A smaller purchase may gain from it.
   */
  readonly breakEven: bigint;
}

/**
 * Returns the largest deposit that pays this sniper nothing, rounded down.
 * @param purchase Only `after` and `tradeFee` matter. A smaller purchase already gains from a smaller deposit.
 */
export function breakEvenLump({ after, tradeFee }: Pick<Purchase, "after" | "tradeFee">): bigint {
  const kept = BPS - tradeFee;
  return (after * (BPS * BPS - kept * kept)) / (kept * kept);
}

/** Returns the sniper's gain from a deposit after trade fees, rounded down. A negative gain is a loss. */
export function gainOf({ before, after, tradeFee }: Purchase, deposit: bigint): bigint {
  const kept = BPS - tradeFee;
  const numerator = (after - before) * (kept * kept * (after + deposit) - BPS * BPS * after);
  const denominator = BPS * kept * after;
  const quotient = numerator / denominator;
  return quotient * denominator > numerator ? quotient - 1n : quotient;
}

/** Returns the purchase that gains most from a deposit, up to the given one. If nothing can be gained, nothing is bought. */
export function bestPurchase(largest: Purchase, deposit: bigint): Purchase {
  const { before, after, tradeFee } = largest;
  const kept = BPS - tradeFee;
  if (kept === BPS) return largest;
  // Here the derivative of the gain with respect to Y is zero: Y² = L · C / (1 / (1 − f)² − 1).
  const best = squareRoot((deposit * before * kept * kept) / (BPS * BPS - kept * kept));
  return { ...largest, after: best < before ? before : best < after ? best : after };
}

/**
 * Reads what a pool can take at once in the latest block. Returns undefined if the allocation is sold out, so that nothing can be bought.
 * Reverts like `quoteBuyExactOut`, with `Paused` while buys are paused.
 */
export async function readLumps(pool: HokusaiAMM): Promise<Lumps | undefined> {
  const rest = await pool.remainingInvestorAllocation();
  if (rest === 0n) return undefined;
  const { before, after, tradeFee } = await readPurchase(pool, rest);
  return { harmless: breakEvenLump({ after: before, tradeFee }), breakEven: breakEvenLump({ after, tradeFee }) };
}

/** Reads the purchase of an amount of tokens, in wei, in the latest block. */
export async function readPurchase(pool: HokusaiAMM, tokens: bigint): Promise<Purchase> {
  const tradeFee = await pool.tradeFee();
  const before = (await pool.reserve()) + (await pool.virtualReserve());
  const { reserveIn } = await pool.quoteBuyExactOut(tokens);
  const fee = (reserveIn * tradeFee + BPS - 1n) / BPS;
  return { before, after: before + reserveIn - fee, tradeFee };
}

/** Returns the square root, rounded down, by Newton's method from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}
