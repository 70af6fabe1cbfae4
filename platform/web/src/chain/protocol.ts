// All models of the deployment, from the chain's events and views.

import { contractAt } from "../../../../sdk/client/access.ts";
import type { HokusaiAMM, ModelToken } from "../../../../sdk/client/contracts.ts";
import { printed } from "../../../../sdk/base/printed.ts";
import { replayDeployment } from "../../../../sdk/state/history.ts";
import type { ModelState, ProtocolState } from "../../../../sdk/state/protocolState.ts";
import { readTrades } from "./market.ts";
import type { BlockAt, PageSite } from "./site.ts";

/** A model in the list. */
export interface ListedModel {
  readonly state: ModelState;
  readonly name: string;
  readonly symbol: string;
  readonly supply: bigint;
  readonly spotPrice: bigint | undefined;
  /** The price at creation, then the price after each trade; empty without a pool. */
  readonly prices: readonly bigint[];
}

let latest: { readonly block: number; readonly timestamp: number; readonly state: Promise<ProtocolState> } | undefined;

/** Returns the state that the events add up to, read once for each block. */
export function readProtocol(site: PageSite, { number, timestamp }: BlockAt): Promise<ProtocolState> {
  if (latest?.block !== number || latest.timestamp !== timestamp) {
    const state = replayDeployment(site.url, site.deployment);
    latest = { block: number, timestamp, state };
    state.catch(() => (latest = undefined));
  }
  return latest.state;
}

export async function readModels(site: PageSite, block: BlockAt): Promise<ListedModel[]> {
  const protocol = await readProtocol(site, block);
  const models = [...protocol.models.values()].reverse();
  return Promise.all(models.map((state) => readListed(site, block, state)));
}

async function readListed(site: PageSite, block: BlockAt, state: ModelState): Promise<ListedModel> {
  const { access } = site.chain;
  const token = await contractAt<ModelToken>(access, "ModelToken", state.token);
  const { pool } = state;
  const [name, symbol, supply, spotPrice, trades] = await Promise.all([
    token.name(),
    token.symbol(),
    token.totalSupply(),
    pool && contractAt<HokusaiAMM>(access, "HokusaiAMM", pool.address).then((market) => market.spotPrice()),
    pool ? readTrades(site, pool, block) : [],
  ]);
  // A pool's `initialPrice` is in reserve units per whole token; `spotPrice` has 18 more decimals.
  const first = pool ? [pool.initialPrice * 10n ** 18n] : [];
  return {
    state,
    name: printed(name),
    symbol: printed(symbol),
    supply,
    spotPrice,
    prices: [...first, ...trades.map(({ priceAfter }) => priceAfter)],
  };
}

/** Finds a model by its published id or its key. */
export function findModel(protocol: ProtocolState, modelId: string): ModelState | undefined {
  return [...protocol.models.values()].find((model) => model.modelId === modelId || model.id === modelId);
}
