import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { Protocol } from "../../deploy/protocol";
import type { Sent } from "../../sdk/client/confirm";
import { priceAtCreation, priceOf, type MarketState } from "../../sdk/client/market";
import { readPayouts } from "../../sdk/client/payouts";
import type { PayoutStatus } from "../../sdk/state/payouts";
import type { Trade } from "../../sdk/client/trade";
import { readEvents } from "../../sdk/rpc/logs";
import { projectedDilution, type Dilution } from "../../sdk/schemas/model";
import { blocksOf, type Addresses } from "../journal";
import type { LaunchedModel } from "../launch";
import type { Usage } from "./fees";
import type { Improved, Missed } from "./improve";
import type { Released } from "./release";
import type { Refused } from "./refused";
import type { Trading } from "./trade";

/**
 * A launch for programs: what `--json` prints and `--report` draws. Amounts are in the smallest unit, prices in the unit of `spotPrice`.
 */
export interface LaunchDocument {
  readonly network: { readonly name: string; readonly chainId: number };
  readonly protocol: Addresses;
  readonly model: Readonly<Record<"id" | "name" | "symbol" | "key" | "status" | "token" | "pool", string>>;
  /** Transactions of this run for the protocol, and for the model. */
  readonly deployment: readonly Sent[];
  readonly steps: readonly Sent[];
  /** Steps that an earlier run took. */
  readonly found: readonly string[];
  readonly trades?: readonly Trade[];
  readonly refused?: Refused;
  readonly improvement?: Improved;
  /** The improvement that this run measured, if its candidate missed the benchmark's target. */
  readonly belowTarget?: Missed;
  /** The reward that this run released. */
  readonly release?: Released;
  readonly usage?: Usage;
  readonly dilution?: Dilution;
  readonly supply: MarketState["supply"];
  readonly pool: MarketState["pool"] & { readonly priceAtCreation: bigint };
  readonly history: MarketHistory;
}

/** The history that the model's events tell, whichever run caused them. */
export interface MarketHistory {
  readonly trades: readonly {
    readonly side: "buy" | "sell";
    readonly account: string;
    readonly reserve: bigint;
    readonly tokens: bigint;
    readonly curveSupply: bigint;
    readonly priceAfter: bigint;
    readonly timestamp: bigint;
  }[];
  readonly improvements: readonly {
    readonly evaluationId: string;
    readonly baselineScore: bigint;
    readonly candidateScore: bigint;
    readonly reward: bigint;
    readonly payments: readonly { readonly account: string; readonly amount: bigint }[];
    readonly timestamp: bigint;
    /** Status of the reward. */
    readonly status: PayoutStatus;
    readonly releasableFrom: bigint;
  }[];
  /** Deposits into the stream, which then held `pending` and was to end at `streamEnd`. */
  readonly fees: readonly Readonly<Record<"amount" | "pending" | "streamEnd" | "timestamp", bigint>>[];
}

/** How a launch ended. Without `trading`, it ended before step 5. */
export interface LaunchResult {
  readonly protocol: Protocol;
  readonly model: LaunchedModel;
  readonly status: string;
  readonly trading?: Trading;
  /** The improvement that this run made. */
  readonly improvement?: Improved;
  readonly belowTarget?: Missed;
  readonly release?: Released;
  /** The day of usage that this run simulated. */
  readonly usage?: Usage;
  readonly state: MarketState;
  /** What the model's events tell. Except on a local chain, only the rewards are read. */
  readonly history: MarketHistory;
}

/** Combines what a launch did with the state that it left. */
export function documentOf(
  { protocol, model, status, trading, improvement, belowTarget, release, usage, state, history }: LaunchResult,
  run: Pick<LaunchDocument, "deployment" | "steps" | "found">,
): LaunchDocument {
  const { file, key, token, pool } = model;
  const { name, chainId } = protocol.network;
  const dilution = projectedDilution(file);
  return {
    network: { name, chainId },
    protocol: protocol.addresses,
    model: {
      id: file.modelId,
      name: file.name,
      symbol: file.symbol,
      key,
      status,
      token: String(token.target),
      pool: String(pool.target),
    },
    ...run,
    ...(trading && { trades: trading.trades, refused: trading.refused }),
    ...(improvement && { improvement }),
    ...(belowTarget && { belowTarget }),
    ...(release && { release }),
    ...(usage && { usage }),
    ...(dilution && { dilution }),
    supply: state.supply,
    pool: { ...state.pool, priceAtCreation: priceAtCreation(state.pool) },
    history,
  };
}

/** Reads the model's history from its events. */
export async function readHistory(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  model: LaunchedModel,
): Promise<MarketHistory> {
  const { pool } = model;
  const timeOf = async (block: number) => BigInt((await hre.ethers.provider.getBlock(block))?.timestamp ?? 0);
  const crr = await pool.crr();
  const virtualReserve = await pool.virtualReserve();
  const blocks = await blocksOf(hre);
  const buys = await readEvents(blocks, pool, pool.filters.Bought());
  const sells = await readEvents(blocks, pool, pool.filters.Sold());
  const bought = buys.map((event) => ({ event, side: "buy" as const }));
  const sold = sells.map((event) => ({ event, side: "sell" as const }));
  const traded = [...bought, ...sold].sort(
    (a, b) => a.event.blockNumber - b.event.blockNumber || a.event.index - b.event.index,
  );
  const trades = await Promise.all(
    traded.map(async ({ event, side }) => {
      // Both events have account, receiver, amount in, amount out, and the reserve and curve supply after the trade.
      const [account, , given, received, reserveAfter, curveSupply] = event.args;
      return {
        side,
        account,
        reserve: side === "buy" ? given : received,
        tokens: side === "buy" ? received : given,
        curveSupply,
        priceAfter: priceOf(reserveAfter + virtualReserve, crr, curveSupply),
        timestamp: await timeOf(event.blockNumber),
      };
    }),
  );
  const deposits = await readEvents(blocks, pool, pool.filters.FeesDeposited());
  const fees = await Promise.all(
    deposits.map(async (event) => {
      const { amount, pending, streamEnd } = event.args;
      return { amount, pending, streamEnd, timestamp: await timeOf(event.blockNumber) };
    }),
  );
  return { trades, improvements: await readRewards(hre, protocol, model), fees };
}

/** Reads the model's improvements and the status of their rewards, from the events of every verifier. */
export async function readRewards(
  hre: HardhatRuntimeEnvironment,
  { registry }: Protocol,
  { key }: LaunchedModel,
): Promise<MarketHistory["improvements"]> {
  const payouts = await readPayouts(hre, registry, await blocksOf(hre), key);
  return payouts.map(({ accounts, amounts, queuedAt, ...payout }) => ({
    evaluationId: payout.evaluationId,
    baselineScore: payout.baselineScore,
    candidateScore: payout.candidateScore,
    reward: payout.reward,
    payments: accounts.map((account, index) => ({ account, amount: amounts[index] as bigint })),
    timestamp: queuedAt,
    status: payout.status,
    releasableFrom: payout.releasableFrom,
  }));
}
