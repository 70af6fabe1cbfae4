// SPDX-License-Identifier: MIT
// What a deposit of usage fees pays to whoever comes for it: a sniper buys in the block of the deposit and sells a day later, when
// all of it has flowed into the reserve.
//
// With C = R + R0 before the buy and Y after it, a buy and a sale of the same tokens move Y − C. The deposit L raises the proceeds
// in the ratio (Y + L) / Y: the tokens bought are 1 − (C/Y)^w of the supply, and a sale of that part pays the part 1 − C/Y of what
// the market holds. With a trade fee f on both ways, the sniper's gain is
//
//     (Y − C) · ((1 − f) · (Y + L) / Y − 1 / (1 − f)),      nothing for L ≤ Y · (1 / (1 − f)² − 1).
//
// No power is left in it, so integers say it exactly.

import type { HokusaiAMM } from "../client/contracts.ts";

const BPS = 10_000n;

/** A purchase as a sniper makes it, in reserve units: R + R0 before and after it; the trade fee is in bps. */
export interface Purchase {
  readonly before: bigint;
  readonly after: bigint;
  readonly tradeFee: bigint;
}

/** What a pool can take at once, in reserve units. The stream that runs already counts: it flows in within the same day. */
export interface Lumps {
  /** Pays nobody anything, however much is bought: 0.6 % of R + R0 where the trade fee is 0.3 %. */
  readonly harmless: bigint;
  /** Pays nothing to whoever buys all that is left of the investors' allocation; a smaller purchase may gain from it. */
  readonly breakEven: bigint;
}

/**
 * Largest deposit that pays this sniper nothing, rounded down.
 * @param purchase Of its fields only `after` and `tradeFee` matter: to buy less means to gain from a smaller deposit.
 */
export function breakEvenLump({ after, tradeFee }: Pick<Purchase, "after" | "tradeFee">): bigint {
  const kept = BPS - tradeFee;
  return (after * (BPS * BPS - kept * kept)) / (kept * kept);
}

/** What a deposit pays this sniper, trade fees deducted, rounded down: below zero it is a loss. */
export function gainOf({ before, after, tradeFee }: Purchase, deposit: bigint): bigint {
  const kept = BPS - tradeFee;
  const numerator = (after - before) * (kept * kept * (after + deposit) - BPS * BPS * after);
  const denominator = BPS * kept * after;
  const quotient = numerator / denominator;
  return quotient * denominator > numerator ? quotient - 1n : quotient;
}

/** The purchase that gains most from a deposit, of all up to this one; nothing is bought where nothing can be gained. */
export function bestPurchase(largest: Purchase, deposit: bigint): Purchase {
  const { before, after, tradeFee } = largest;
  const kept = BPS - tradeFee;
  if (kept === BPS) return largest;
  // Where the gain's derivative by Y is zero: Y² = L · C / (1 / (1 − f)² − 1).
  const best = squareRoot((deposit * before * kept * kept) / (BPS * BPS - kept * kept));
  return { ...largest, after: best < before ? before : best < after ? best : after };
}

/**
 * What a pool can take at once in the latest block. Undefined when nothing can be bought: the allocation is sold out.
 * Reverts as `quoteBuyExactOut` does, `Paused` while buys are.
 */
export async function readLumps(pool: HokusaiAMM): Promise<Lumps | undefined> {
  const rest = await pool.remainingInvestorAllocation();
  if (rest === 0n) return undefined;
  const { before, after, tradeFee } = await readPurchase(pool, rest);
  return { harmless: breakEvenLump({ after: before, tradeFee }), breakEven: breakEvenLump({ after, tradeFee }) };
}

/** The purchase of so many tokens, in wei, in the latest block. */
export async function readPurchase(pool: HokusaiAMM, tokens: bigint): Promise<Purchase> {
  const tradeFee = await pool.tradeFee();
  const before = (await pool.reserve()) + (await pool.virtualReserve());
  const { reserveIn } = await pool.quoteBuyExactOut(tokens);
  const fee = (reserveIn * tradeFee + BPS - 1n) / BPS;
  return { before, after: before + reserveIn - fee, tradeFee };
}

/** Rounded down, by Newton's method from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}
