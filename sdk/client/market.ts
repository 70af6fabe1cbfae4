import type { HokusaiAMM, ModelToken } from "../../.build/typechain";
import type { LaunchedModel } from "../../deploy/launch";
import { formatPrice, formatReserve, formatTokens, roundTokens } from "../base/units";
import { table } from "../../scripts/cli/terminal";

/** What a model's token and market look like now. Tokens in wei, reserve in its units, prices as `spotPrice` has them. */
export type MarketState = Awaited<ReturnType<typeof readState>>;

export type SupplyState = Awaited<ReturnType<typeof readSupply>>;
export type PoolState = Awaited<ReturnType<typeof readPool>>;

/** Reads the supply buckets against their caps, and the pool. */
export async function readState({ token, pool }: Pick<LaunchedModel, "token" | "pool">) {
  return { supply: await readSupply(token, pool), pool: await readPool(pool) };
}

/** Reads the supply buckets against their caps; without a pool, investors have nothing yet. */
export async function readSupply(token: ModelToken, pool?: HokusaiAMM) {
  const investorAllocation = await token.investorAllocation();
  const supplierAllocation = await token.supplierAllocation();
  return {
    supplier: { minted: (await token.isSupplierMinted()) ? supplierAllocation : 0n, cap: supplierAllocation },
    investor: {
      issued: pool ? await pool.netIssued() : 0n,
      remaining: pool ? await pool.remainingInvestorAllocation() : investorAllocation,
      cap: investorAllocation,
    },
    reward: { minted: await token.rewardsMinted(), cap: await token.rewardAllocation() },
    total: await token.totalSupply(),
    maxSupply: await token.maxSupply(),
  };
}

/** Reads the pool: its terms, and what it holds. */
export async function readPool(pool: HokusaiAMM) {
  return {
    crr: await pool.crr(),
    tradeFee: await pool.tradeFee(),
    spotPrice: await pool.spotPrice(),
    reserve: await pool.reserve(),
    virtualReserve: await pool.virtualReserve(),
    curveSupply: await pool.curveSupply(),
    virtualSupply: await pool.virtualSupply(),
    unbackedSupply: await pool.unbackedSupply(),
    maxSell: await pool.maxSell(),
    uncollectedFees: await pool.uncollectedFees(),
    sellsOpenAt: await pool.sellsOpenAt(),
  };
}

/** The price at which the pool began, as `spotPrice` has it. */
export function priceAtCreation({ crr, virtualReserve, virtualSupply }: PoolState): bigint {
  return priceOf(virtualReserve, crr, virtualSupply);
}

/** The price at a reserve, the virtual one included, and a supply, as `spotPrice` has it. */
export function priceOf(reserve: bigint, crr: bigint, supply: bigint): bigint {
  return (reserve * 10n ** 42n) / (crr * supply);
}

/** Supply buckets against their caps. */
export function supplyTable(supply: SupplyState, symbol: string): string[] {
  return table(
    [`supply in ${symbol}`, "minted", "cap", "left"],
    [
      bucket("supplier", supply.supplier.minted, supply.supplier.cap),
      bucket("investor, net of sells", supply.investor.issued, supply.investor.cap),
      bucket("reward", supply.reward.minted, supply.reward.cap),
      bucket("total", supply.total, supply.maxSupply + supply.reward.cap),
    ],
  );
}

/** What a pool holds, and its price. */
export function marketTable(pool: PoolState, symbol: string): string[] {
  const tokens = (wei: bigint) => formatTokens(roundTokens(wei));
  return table(
    ["market in USDC", ""],
    [
      ["price at creation", formatPrice(priceAtCreation(pool))],
      ["price now", formatPrice(pool.spotPrice)],
      ["reserve", formatReserve(pool.reserve)],
      ["virtual reserve", formatReserve(pool.virtualReserve)],
      ["trade fees to collect", formatReserve(pool.uncollectedFees)],
      [`most ${symbol} that the reserve can buy back`, tokens(pool.maxSell)],
      [`${symbol} that nobody paid the reserve for`, tokens(pool.unbackedSupply)],
    ],
  );
}

function bucket(name: string, minted: bigint, cap: bigint): string[] {
  return [name, ...[minted, cap, cap - minted].map((wei) => formatTokens(roundTokens(wei)))];
}
