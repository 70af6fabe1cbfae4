// What happened in a pool: its trades and the fees that flowed into it, with their times.

import { readEvents } from "../../../../sdk/rpc/logs.ts";
import { contractAt } from "../../../../sdk/client/access.ts";
import type { HokusaiAMM } from "../../../../sdk/client/contracts.ts";
import { priceOf } from "../../../../sdk/client/market.ts";
import type { PoolState } from "../../../../sdk/state/protocolState.ts";
import type { BlockAt, PageSite } from "./site.ts";

/** A trade as its event reports it. Amounts are in smallest units, the price is in the unit of `spotPrice`. */
export interface PastTrade {
  readonly side: "buy" | "sell";
  readonly account: string;
  readonly to: string;
  readonly reserve: bigint;
  readonly tokens: bigint;
  readonly curveSupply: bigint;
  readonly priceAfter: bigint;
  readonly block: number;
  readonly index: number;
  readonly transaction: string;
}

/** Returns all trades of a pool, oldest first. */
export async function readTrades(site: PageSite, pool: PoolState, { number }: BlockAt): Promise<PastTrade[]> {
  const contract = await contractAt<HokusaiAMM>(site.chain.access, "HokusaiAMM", pool.address);
  const blocks = { from: pool.block, to: number };
  const [buys, sells] = await Promise.all([
    readEvents(blocks, contract, contract.filters.Bought()),
    readEvents(blocks, contract, contract.filters.Sold()),
  ]);
  const place = (event: (typeof buys)[number] | (typeof sells)[number]) => ({
    block: event.blockNumber,
    index: event.index,
    transaction: event.transactionHash,
    curveSupply: event.args.curveSupply,
    priceAfter: priceOf(event.args.reserve + pool.virtualReserve, pool.crr, event.args.curveSupply),
  });
  const bought = buys.map((event): PastTrade => {
    const { buyer, to, reserveIn, tokensOut } = event.args;
    return { side: "buy", account: buyer, to, reserve: reserveIn, tokens: tokensOut, ...place(event) };
  });
  const sold = sells.map((event): PastTrade => {
    const { seller, to, reserveOut, tokensIn } = event.args;
    return { side: "sell", account: seller, to, reserve: reserveOut, tokens: tokensIn, ...place(event) };
  });
  return [...bought, ...sold].sort((a, b) => a.block - b.block || a.index - b.index);
}

/** A deposit of usage fees as the router splits it. */
export interface PastFee {
  readonly payer: string;
  readonly infrastructure: bigint;
  readonly pool: bigint;
  readonly block: number;
  readonly transaction: string;
}

const known = new Map<string, number>();

/** Returns the times of blocks, in seconds since 1970. Each block is requested once. */
export async function timesOf(site: PageSite, blocks: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const key = (block: number) => `${site.deployment.chainId} ${block}`;
  const missing = [...new Set(blocks)].filter((block) => !known.has(key(block)));
  await Promise.all(
    missing.map(async (block) => {
      const found = await site.provider.getBlock(block);
      if (found !== null) known.set(key(block), found.timestamp);
    }),
  );
  return new Map(blocks.map((block) => [block, known.get(key(block)) ?? 0]));
}

/** What a sale would take out of a pool now, in whole tokens and USDC. */
export interface SaleEffect {
  /** Tokens that the pool would take: all that are offered, or as many as its reserve covers. */
  readonly sold: number;
  readonly proceeds: number;
  readonly ofReserve: number;
  readonly priceAfter: number;
}

/** The figures of a pool that a sale depends on, in whole units. */
export interface CurveFigures {
  readonly reserve: number;
  readonly virtualReserve: number;
  readonly supply: number;
  /** Reserve ratio and trade fee as fractions of one. */
  readonly ratio: number;
  readonly fee: number;
  readonly maxSell: number;
}

/** The curve's formulas in floating point: precise enough to display, not to set limits. */
export function effectOfSale(pool: CurveFigures, tokens: number): SaleEffect {
  const { reserve, virtualReserve, supply, ratio, fee, maxSell } = pool;
  const sold = Math.min(tokens, maxSell);
  const total = reserve + virtualReserve;
  const gross = Math.min(reserve, total * (1 - (1 - sold / supply) ** (1 / ratio)));
  const left = supply - sold;
  return {
    sold,
    proceeds: gross * (1 - fee),
    ofReserve: reserve === 0 ? 0 : gross / reserve,
    priceAfter: left <= 0 ? 0 : (total - gross) / (ratio * left),
  };
}
