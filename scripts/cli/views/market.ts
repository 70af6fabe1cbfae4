import { formatPrice, formatReserve, formatTokens, roundTokens } from "../../../sdk/base/units";
import { priceAtCreation, type PoolFigures, type SupplyState } from "../../../sdk/client/market";
import { table } from "../terminal";

/** The minted amounts of each allocation against their caps. */
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
export function marketTable(pool: PoolFigures, symbol: string): string[] {
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
