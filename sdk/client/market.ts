import { id } from "ethers";
import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import { contractAt, type Access } from "./access.ts";
import type { Connection } from "./connect.ts";
import type { HokusaiAMM, ModelToken } from "./contracts.ts";

/** The pool and the token of a model. */
export interface ModelMarket {
  readonly access: Access;
  readonly token: ModelToken;
  readonly pool: HokusaiAMM;
}

/**
 * Finds the market of a model.
 * @param modelId The id that the model was published under, not its hash.
 * @throws {Problem} If the model has no pool.
 */
export async function findMarket(
  { access, network, registry }: Pick<Connection, "access" | "network" | "registry">,
  modelId: string,
): Promise<ModelMarket> {
  const address = await registry.poolOf(id(modelId));
  if (BigInt(address) === 0n) {
    throw new Problem(
      "NOT_DEPLOYED",
      `${printed(modelId)} has no pool on ${network.name}: check the id, or create the pool first.`,
    );
  }
  const pool = await contractAt<HokusaiAMM>(access, "HokusaiAMM", address);
  return { access, pool, token: await contractAt<ModelToken>(access, "ModelToken", await pool.token()) };
}

/**
 * The current state of a model's token and market. Tokens are in wei, the reserve in its smallest units, prices in the unit of `spotPrice`.
 */
export type MarketState = Awaited<ReturnType<typeof readState>>;

export type SupplyState = Awaited<ReturnType<typeof readSupply>>;
export type PoolFigures = Awaited<ReturnType<typeof readPool>>;

/** Reads the supply buckets with their caps, and the pool. */
export async function readState({ token, pool }: { readonly token: ModelToken; readonly pool: HokusaiAMM }) {
  return { supply: await readSupply(token, pool), pool: await readPool(pool) };
}

/** Reads the supply buckets with their caps. Without a pool, nothing has been issued to investors. */
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

/** Reads the pool's terms and holdings. */
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

/** Returns the pool's price at its creation, in the unit of `spotPrice`. */
export function priceAtCreation({ crr, virtualReserve, virtualSupply }: PoolFigures): bigint {
  return priceOf(virtualReserve, crr, virtualSupply);
}

/** Returns the price in the unit of `spotPrice`. The reserve includes the virtual reserve. */
export function priceOf(reserve: bigint, crr: bigint, supply: bigint): bigint {
  return (reserve * 10n ** 42n) / (crr * supply);
}
