// What the platform's API answers about the chain, from its indexer. Types only: no dependency, no code.
//
// Amounts are integers of the smallest unit as decimal strings: tokens in wei, reserve in its units (6 decimals of USDC). Prices are
// what `spotPrice` of a pool answers, as decimal strings. Times are seconds since 1970, scores and shares bps, addresses have their
// checksum, hashes are in lower case.

/** An integer as a decimal string, since JSON's numbers lose digits. */
export type DecimalInteger = string;

/** The block that an answer is true at. */
export interface BlockRef {
  readonly number: number;
  readonly hash: string;
  readonly timestamp: number;
}

/** An answer with the block that it is true at. */
export interface AtBlock {
  readonly block: BlockRef;
}

/** Where an event stands in the chain. */
export interface EventPlace {
  readonly block_number: number;
  readonly log_index: number;
  readonly transaction_hash: string;
  readonly timestamp: number;
}

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly page: number;
  readonly page_size: number;
}

/** A page of what the chain says. */
export interface ChainPage<T> extends Page<T>, AtBlock {}

/** Lifecycle of a model: DRAFT and the first PROPOSAL are the API's, what is on chain is the chain's. */
export type LifecycleStatus = "DRAFT" | "PROPOSAL" | "REGISTERED" | "DEPLOYED";

/** A model of the chain in a list. */
export interface ModelSummary {
  /** The id that it was published under. */
  readonly model_id: string;
  /** keccak256 of it. */
  readonly key: string;
  readonly status: Exclude<LifecycleStatus, "DRAFT">;
  readonly token: string;
  readonly name: string;
  readonly symbol: string;
  readonly pool: string | null;
  /** Null without a pool. */
  readonly spot_price: DecimalInteger | null;
  readonly total_supply: DecimalInteger;
  /** Null before registration. */
  readonly score_bps: number | null;
  readonly improvements: number;
  /** What the model's draft says, if it had one here; else null. */
  readonly category: string | null;
  readonly description: string | null;
  readonly tags: readonly string[];
}

/** What was issued of an allocation. */
export interface SupplyBucket {
  readonly issued: DecimalInteger;
  readonly cap: DecimalInteger;
}

/** A parameter that governors change, and what it will be. */
export interface ParameterView {
  readonly name: "tokensPerDeltaOne" | "infrastructureAccrualBps" | "pricePerThousandCalls";
  readonly value: DecimalInteger;
  readonly pending: { readonly value: DecimalInteger; readonly effective_at: number } | null;
}

/** A change of a parameter in the course of time. */
export interface ParameterChange extends EventPlace {
  readonly name: ParameterView["name"];
  readonly kind: "scheduled" | "changed" | "cancelled";
  readonly old_value: DecimalInteger | null;
  readonly new_value: DecimalInteger;
  readonly effective_at: number | null;
}

/** A benchmark as the registry has it. */
export interface BenchmarkOnChain {
  readonly version: number;
  /** When it was committed. */
  readonly block_number: number;
  readonly timestamp: number;
  readonly spec_hash: string;
  readonly evaluation_data_hash: string;
  readonly method: string;
  readonly metric: number;
  /** 0 when higher is better, 1 when lower is. */
  readonly direction: number;
  readonly baseline_score_bps: number;
  readonly target_score_bps: number;
  readonly min_improvement_bps: number;
  readonly min_sample_size: number;
  readonly min_runs: number;
  readonly min_lower_bound_bps: number;
}

/** The market of a model. */
export interface PoolView {
  readonly address: string;
  readonly crr_ppm: number;
  readonly trade_fee_bps: number;
  readonly spot_price: DecimalInteger;
  readonly initial_price: DecimalInteger;
  readonly reserve: DecimalInteger;
  readonly virtual_reserve: DecimalInteger;
  readonly curve_supply: DecimalInteger;
  readonly virtual_supply: DecimalInteger;
  readonly sells_open_at: number;
  readonly buys_paused_until: number | null;
}

/** Who holds a role of a model or of the protocol. */
export interface RoleHolder {
  readonly contract: string;
  readonly role: string;
  readonly account: string;
}

/** A model with everything that the chain says of it. */
export interface ModelDetail extends ModelSummary, AtBlock {
  readonly owner: string;
  readonly governor: string;
  readonly supplier_recipient: string;
  readonly supply: { readonly supplier: SupplyBucket; readonly investor: SupplyBucket; readonly reward: SupplyBucket };
  readonly rewards_remaining: DecimalInteger;
  readonly rewards_waiting: DecimalInteger;
  readonly license_hash: string;
  readonly license_uri: string;
  /** Every version of the benchmark, the present one last; empty before registration. */
  readonly benchmarks: readonly BenchmarkOnChain[];
  readonly score_interval: ScoreInterval | null;
  readonly parameters: readonly ParameterView[];
  readonly pool_state: PoolView | null;
  readonly roles: readonly RoleHolder[];
}

/** What the last evaluation document says of the score; null where the API has none whose hashes and scores are the chain's. */
export interface ScoreInterval {
  readonly evaluation_id: string;
  readonly lower_bound_bps: number;
}

/** A trade. */
export interface TradeView extends EventPlace {
  readonly side: "buy" | "sell";
  readonly account: string;
  readonly to: string;
  readonly reserve: DecimalInteger;
  readonly tokens: DecimalInteger;
  readonly price_after: DecimalInteger;
}

/** Trades of an interval of time. */
export interface Candle {
  readonly start: number;
  readonly open: DecimalInteger;
  readonly high: DecimalInteger;
  readonly low: DecimalInteger;
  readonly close: DecimalInteger;
  readonly volume_reserve: DecimalInteger;
  readonly volume_tokens: DecimalInteger;
  readonly trades: number;
}

export type CandleInterval = "1m" | "15m" | "1h" | "1d";

/** One payee of an improvement; `contributors` is the distributor that stands for the contributors of a root. */
export interface PayeeView {
  readonly account: string;
  readonly amount: DecimalInteger;
  readonly part: "owner" | "contributor" | "contributors";
}

/** What became of a reward. */
export type RewardStatus = "waits" | "due" | "stopped" | "void" | "released" | "returned";

/** An improvement that the registry recorded, with what was paid for it. */
export interface ImprovementView extends EventPlace {
  readonly evaluation_id: string;
  readonly benchmark_version: number;
  readonly method: string;
  readonly baseline_score_bps: number;
  readonly candidate_score_bps: number;
  /** The rate in that block, wei for 100 bps. */
  readonly tokens_per_delta_one: DecimalInteger;
  readonly reward: DecimalInteger;
  /** Zero when no verifier told what was contributed. */
  readonly contribution_data_hash: string;
  /** Null when the contributors are listed. */
  readonly contributors_root: string | null;
  readonly payees: readonly PayeeView[];
  readonly status: RewardStatus;
  readonly releasable_from: number;
  /** When it was released or returned. */
  readonly settled_at: number | null;
  /** Whether the API keeps the evaluation's document. */
  readonly has_document: boolean;
}

/** A reward that waits or is settled: an improvement's part that concerns payment. */
export type PayoutView = Omit<ImprovementView, "benchmark_version" | "tokens_per_delta_one" | "has_document">;

/** A distribution to the contributors of a root, and what was claimed of it. */
export interface DistributionView extends EventPlace {
  readonly distribution_id: string;
  readonly root: string;
  readonly total: DecimalInteger;
  readonly remaining: DecimalInteger;
  readonly claims: number;
  /** Whether the API keeps the claims file. */
  readonly has_file: boolean;
}

/** Usage that was paid for. */
export interface FeeView extends EventPlace {
  readonly payer: string;
  /** Null where fees were deposited without calls. */
  readonly calls: number | null;
  readonly infrastructure: DecimalInteger;
  readonly pool: DecimalInteger;
}

/** What an address can claim or is to be paid, as far as events and claims files tell it. */
export interface ClaimableAnswer extends AtBlock {
  readonly account: string;
  readonly payouts: readonly (PayoutView & { readonly model_id: string; readonly own_amount: DecimalInteger })[];
  readonly claims: readonly {
    readonly model_id: string;
    readonly distribution_id: string;
    readonly root: string;
    readonly index: number;
    readonly amount: DecimalInteger;
    readonly is_claimed: boolean;
  }[];
}
