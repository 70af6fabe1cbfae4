// What the API answers about the chain.

import type {
  Candle,
  ChainPage,
  ClaimableAnswer,
  DistributionView,
  FeeView,
  ImprovementView,
  ModelDetail,
  ModelSummary,
  ParameterChange,
  PayoutView,
  TradeView,
} from "../../../sdk/platform/chainWire";
import { addressSchema, hashSchema, integerStringSchema as amount, secondsSchema as seconds, z } from "./common";

const block = z.object({ number: z.int(), hash: z.string(), timestamp: seconds }).openapi("Block");
const account = addressSchema;
const place = { block_number: z.int(), log_index: z.int(), transaction_hash: hashSchema, timestamp: seconds };
const parameterName = z.enum(["tokensPerDeltaOne", "infrastructureAccrualBps", "pricePerThousandCalls"]);

/** A page of data from the chain, with the block at which it is true. */
export const chainPageOf = <T>(entry: z.ZodType<T>): z.ZodType<ChainPage<T>> =>
  z.object({ items: z.array(entry), total: z.int(), page: z.int(), page_size: z.int(), block });

const summaryFields = {
  model_id: z.string(),
  key: hashSchema,
  status: z.enum(["PROPOSAL", "REGISTERED", "DEPLOYED"]),
  token: account,
  name: z.string(),
  symbol: z.string(),
  pool: account.nullable(),
  spot_price: amount.nullable(),
  total_supply: amount,
  score_bps: z.int().nullable(),
  improvements: z.int(),
  category: z.string().nullable(),
  description: z.string().nullable(),
  tags: z.array(z.string()),
};

export const modelSummary: z.ZodType<ModelSummary> = z.object(summaryFields).openapi("ModelSummary");

const bucket = z.object({ issued: amount, cap: amount });

const benchmarkOnChain = z.object({
  version: z.int(),
  block_number: z.int(),
  timestamp: seconds,
  spec_hash: hashSchema,
  evaluation_data_hash: hashSchema,
  method: account,
  metric: z.int(),
  direction: z.int(),
  baseline_score_bps: z.int(),
  target_score_bps: z.int(),
  min_improvement_bps: z.int(),
  min_sample_size: z.number(),
  min_runs: z.number(),
  min_lower_bound_bps: z.int(),
});

const poolView = z.object({
  address: account,
  crr_ppm: z.int(),
  trade_fee_bps: z.int(),
  spot_price: amount,
  initial_price: amount,
  reserve: amount,
  virtual_reserve: amount,
  curve_supply: amount,
  virtual_supply: amount,
  sells_open_at: seconds,
  buys_paused_until: seconds.nullable(),
});

export const modelDetail: z.ZodType<ModelDetail> = z
  .object({
    ...summaryFields,
    block,
    owner: account,
    governor: account,
    supplier_recipient: account,
    supply: z.object({ supplier: bucket, investor: bucket, reward: bucket }),
    rewards_remaining: amount,
    rewards_waiting: amount,
    license_hash: hashSchema,
    license_uri: z.string(),
    benchmarks: z.array(benchmarkOnChain),
    score_interval: z.object({ evaluation_id: hashSchema, lower_bound_bps: z.int() }).nullable(),
    parameters: z.array(
      z.object({
        name: parameterName,
        value: amount,
        pending: z.object({ value: amount, effective_at: seconds }).nullable(),
      }),
    ),
    pool_state: poolView.nullable(),
    roles: z.array(z.object({ contract: z.string(), role: z.string(), account })),
  })
  .openapi("Model");

export const tradeView: z.ZodType<TradeView> = z
  .object({
    ...place,
    side: z.enum(["buy", "sell"]),
    account,
    to: account,
    reserve: amount,
    tokens: amount,
    price_after: amount,
  })
  .openapi("Trade");

export const candleView: z.ZodType<Candle> = z
  .object({
    start: seconds,
    open: amount,
    high: amount,
    low: amount,
    close: amount,
    volume_reserve: amount,
    volume_tokens: amount,
    trades: z.int(),
  })
  .openapi("Candle");

const payoutFields = {
  ...place,
  evaluation_id: hashSchema,
  method: account,
  baseline_score_bps: z.int(),
  candidate_score_bps: z.int(),
  reward: amount,
  contribution_data_hash: hashSchema,
  contributors_root: hashSchema.nullable(),
  payees: z.array(z.object({ account, amount, part: z.enum(["owner", "contributor", "contributors"]) })),
  status: z.enum(["waits", "due", "stopped", "void", "released", "returned"]),
  releasable_from: seconds,
  settled_at: seconds.nullable(),
};

export const payoutView: z.ZodType<PayoutView> = z.object(payoutFields).openapi("Payout");

export const improvementView: z.ZodType<ImprovementView> = z
  .object({ ...payoutFields, benchmark_version: z.int(), tokens_per_delta_one: amount, has_document: z.boolean() })
  .openapi("Improvement");

export const distributionView: z.ZodType<DistributionView> = z
  .object({
    ...place,
    distribution_id: hashSchema,
    root: hashSchema,
    total: amount,
    remaining: amount,
    claims: z.int(),
    has_file: z.boolean(),
  })
  .openapi("Distribution");

export const feeView: z.ZodType<FeeView> = z
  .object({ ...place, payer: account, calls: z.number().nullable(), infrastructure: amount, pool: amount })
  .openapi("Fee");

export const parameterChange: z.ZodType<ParameterChange> = z
  .object({
    ...place,
    name: parameterName,
    kind: z.enum(["scheduled", "changed", "cancelled"]),
    old_value: amount.nullable(),
    new_value: amount,
    effective_at: seconds.nullable(),
  })
  .openapi("ParameterChange");

export const claimableAnswer: z.ZodType<ClaimableAnswer> = z
  .object({
    block,
    account,
    payouts: z.array(z.object({ ...payoutFields, model_id: z.string(), own_amount: amount })),
    claims: z.array(
      z.object({
        model_id: z.string(),
        distribution_id: hashSchema,
        root: hashSchema,
        index: z.int(),
        amount,
        is_claimed: z.boolean(),
      }),
    ),
  })
  .openapi("Claimable");
