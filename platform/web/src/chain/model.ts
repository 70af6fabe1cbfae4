// One model with everything that the chain says about it, true at one block.

import { contractAt } from "../../../../sdk/client/access.ts";
import type {
  DeltaOneVerifier,
  HokusaiAMM,
  ModelRegistry,
  ModelToken,
  UsageFeeRouter,
} from "../../../../sdk/client/contracts.ts";
import { readPool, readSupply, type PoolFigures, type SupplyState } from "../../../../sdk/client/market.ts";
import { readPayouts, type Payout } from "../../../../sdk/client/payouts.ts";
import { printed } from "../../../../sdk/base/printed.ts";
import { readEvents, type Blocks } from "../../../../sdk/rpc/logs.ts";
import type { ModelState, ProtocolState } from "../../../../sdk/state/protocolState.ts";
import { readTrades, timesOf, type PastFee, type PastTrade } from "./market.ts";
import { findModel, readProtocol } from "./protocol.ts";
import type { BlockAt, PageSite } from "./site.ts";

/** An improvement with its reward, its place on the chain, and the figures of its statement. */
export interface Improvement extends Payout {
  readonly block: number;
  readonly transaction: string;
  /** Lower confidence bound of the improvement in bps; undefined unless the statement was sent directly to the verifier. */
  readonly lowerBoundBps: number | undefined;
  readonly sampleSize: number | undefined;
}

/** The stream of fees into the pool. */
export interface FeeStream {
  readonly pending: bigint;
  readonly end: number;
}

/** Everything that a model's page shows. */
export interface ModelFacts {
  readonly protocol: ProtocolState;
  readonly state: ModelState;
  readonly name: string;
  readonly symbol: string;
  readonly supply: SupplyState;
  readonly pool: (PoolFigures & { readonly stream: FeeStream }) | undefined;
  readonly trades: readonly PastTrade[];
  readonly improvements: readonly Improvement[];
  readonly fees: readonly PastFee[];
  /** Times of all the blocks that are mentioned here. */
  readonly times: ReadonlyMap<number, number>;
}

/** Returns undefined if the chain has no such model. */
export async function readModelFacts(site: PageSite, block: BlockAt, modelId: string): Promise<ModelFacts | undefined> {
  const protocol = await readProtocol(site, block);
  const state = findModel(protocol, modelId);
  if (state === undefined) return undefined;
  const { access } = site.chain;
  const blocks = { from: site.deployment.firstBlock, to: block.number };
  const token = await contractAt<ModelToken>(access, "ModelToken", state.token);
  const market = state.pool && (await contractAt<HokusaiAMM>(access, "HokusaiAMM", state.pool.address));
  const [name, symbol, supply, pool, trades, improvements, fees] = await Promise.all([
    token.name(),
    token.symbol(),
    readSupply(token, market),
    market && readStreamingPool(market),
    state.pool ? readTrades(site, state.pool, block) : [],
    readImprovements(site, blocks, state.id),
    readFees(site, blocks, state.id),
  ]);
  const times = await timesOf(
    site,
    [...trades, ...improvements, ...fees].map((each) => each.block),
  );
  return {
    ...{ protocol, state, supply, pool, trades, improvements, fees, times },
    name: printed(name),
    symbol: printed(symbol),
  };
}

async function readStreamingPool(market: HokusaiAMM) {
  const [figures, pending, end] = await Promise.all([readPool(market), market.pendingStream(), market.streamEnd()]);
  return { ...figures, stream: { pending, end: Number(end) } };
}

/** Returns every improvement of a model, oldest first, with what its statement adds to the event. */
async function readImprovements(site: PageSite, blocks: Blocks, model: string): Promise<Improvement[]> {
  const { access, verifier } = site.chain;
  const registry = await contractAt<ModelRegistry>(access, "ModelRegistry", site.deployment.contracts.ModelRegistry);
  const [payouts, moves] = await Promise.all([
    readPayouts(access, registry, blocks, model),
    readEvents(blocks, registry, registry.filters.ScoreMoved(model)),
  ]);
  return Promise.all(
    payouts.map(async (payout) => {
      const move = moves.find(({ args }) => args.evaluationId === payout.evaluationId);
      const statement = move && (await statementIn(site, verifier, move.transactionHash));
      return {
        ...payout,
        block: move?.blockNumber ?? 0,
        transaction: move?.transactionHash ?? "",
        lowerBoundBps: statement && Number(statement.lowerBoundBps),
        sampleSize: statement && Number(statement.sampleSize),
      };
    }),
  );
}

const statements = new Map<string, { readonly lowerBoundBps: bigint; readonly sampleSize: bigint } | undefined>();

/** Returns the evaluation that a transaction stated, if it called the verifier directly. */
async function statementIn(site: PageSite, verifier: DeltaOneVerifier, hash: string) {
  if (!statements.has(hash)) {
    const transaction = await site.provider.getTransaction(hash);
    const call = transaction && verifier.interface.parseTransaction(transaction);
    const isStatement = call?.name === "processImprovement";
    statements.set(hash, isStatement ? call.args[0].evaluation : undefined);
  }
  return statements.get(hash);
}

async function readFees(site: PageSite, blocks: Blocks, model: string): Promise<PastFee[]> {
  const { UsageFeeRouter: address } = site.deployment.contracts;
  const router = await contractAt<UsageFeeRouter>(site.chain.access, "UsageFeeRouter", address);
  const events = await readEvents(blocks, router, router.filters.FeeDeposited(model));
  return events.map(({ args, blockNumber, transactionHash }) => ({
    payer: args.payer,
    infrastructure: args.infrastructureAmount,
    pool: args.poolAmount,
    block: blockNumber,
    transaction: transactionHash,
  }));
}
