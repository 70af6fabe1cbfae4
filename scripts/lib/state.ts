import type { LaunchedModel } from "../../deploy/model";

/** What a model's token and market look like now. Tokens in wei, reserve in its units, prices as `spotPrice` has them. */
export type MarketState = Awaited<ReturnType<typeof readState>>;

/** Reads the supply buckets against their caps, and the pool. */
export async function readState({ token, pool }: LaunchedModel) {
  const investorAllocation = await token.investorAllocation();
  const supplierAllocation = await token.supplierAllocation();
  return {
    supply: {
      supplier: { minted: (await token.isSupplierMinted()) ? supplierAllocation : 0n, cap: supplierAllocation },
      investor: {
        issued: await pool.netIssued(),
        remaining: await pool.remainingInvestorAllocation(),
        cap: investorAllocation,
      },
      reward: { minted: await token.rewardsMinted(), cap: await token.rewardAllocation() },
      total: await token.totalSupply(),
      maxSupply: await token.maxSupply(),
    },
    pool: {
      spotPrice: await pool.spotPrice(),
      reserve: await pool.reserve(),
      virtualReserve: await pool.virtualReserve(),
      curveSupply: await pool.curveSupply(),
      virtualSupply: await pool.virtualSupply(),
      unbackedSupply: await pool.unbackedSupply(),
      maxSell: await pool.maxSell(),
      uncollectedFees: await pool.uncollectedFees(),
      sellsOpenAt: await pool.sellsOpenAt(),
    },
  };
}
