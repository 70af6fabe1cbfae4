// What the platform's API returns about the chain, from its indexer. Types only, without dependencies or code.
//
// Amounts are integers of the smallest unit as decimal strings: tokens in wei, the reserve in its units (6 decimals for USDC). Prices are
// values of a pool's `spotPrice`, as decimal strings. Times are seconds since 1970, scores and shares are bps, addresses have their
// checksum,
// hashes are in lower case.

/** An integer as a decimal string, because JSON numbers lose digits. */
export type DecimalInteger = string;

/** The block for which an answer is true. */
export interface BlockRef {
  readonly number: number;
  readonly hash: string;
  readonly timestamp: number;
}

/** An answer with the block for which it is true. */
export interface AtBlock {
  readonly block: BlockRef;
}

/** The position of an event in the chain. */
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

/** A page of data from the chain. */
export interface ChainPage<T> extends Page<T>, AtBlock {}

/** The lifecycle of a model. DRAFT, and PROPOSAL until the model is on chain, are statuses of the API; the others come from the chain. */
export type LifecycleStatus = "DRAFT" | "PROPOSAL" | "REGISTERED" | "DEPLOYED";

/** An on-chain model in a list. */
export interface ModelSummary {
  /** The id that the model was published under. */
  readonly model_id: string;
  /** The keccak256 of `model_id`. */
  readonly key: string;
  readonly status: Exclude<LifecycleStatus, "DRAFT">;
  readonly token: string;
  readonly name: string;
  readonly symbol: string;
  readonly pool: string | null;
  /** Null if there is no pool. */
  readonly spot_price: DecimalInteger | null;
  readonly total_supply: DecimalInteger;
  /** Null before registration. */
  readonly score_bps: number | null;
  readonly improvements: number;
  /** From the model's draft; null if it had none on this platform. */
  readonly category: string | null;
  readonly description: string | null;
  readonly tags: readonly string[];
}

/** The amount issued of an allocation. */
export interface SupplyBucket {
  readonly issued: DecimalInteger;
  readonly cap: DecimalInteger;
}

/** A parameter that the governor can change, with its pending change. */
export interface ParameterView {
  readonly name: "tokensPerDeltaOne" | "infrastructureAccrualBps" | "pricePerThousandCalls";
  readonly value: DecimalInteger;
  readonly pending: { readonly value: DecimalInteger; readonly effective_at: number } | null;
}

/** A step in the history of a parameter. */
export interface ParameterChange extends EventPlace {
  readonly name: ParameterView["name"];
  readonly kind: "scheduled" | "changed" | "cancelled";
  readonly old_value: DecimalInteger | null;
  readonly new_value: DecimalInteger;
  readonly effective_at: number | null;
}

/** A benchmark as it is stored in the registry. */
export interface BenchmarkOnChain {
  readonly version: number;
  /** The block in which it was committed. */
  readonly block_number: number;
  readonly timestamp: number;
  readonly spec_hash: string;
  readonly evaluation_data_hash: string;
  readonly method: string;
  readonly metric: number;
  /** 0 if higher is better, 1 if lower is better. */
  readonly direction: number;
  readonly baseline_score_bps: number;
  readonly target_score_bps: number;
  readonly min_improvement_bps: number;
  readonly min_sample_size: number;
  readonly min_runs: number;
  readonly min_lower_bound_bps: number;
}

/** The pool of a model. */
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

/** An account that holds a role of a model or of the protocol. */
export interface RoleHolder {
  readonly contract: string;
  readonly role: string;
  readonly account: string;
}

/** A model with everything that the chain says about it. */
export interface ModelDetail extends ModelSummary, AtBlock {
  readonly owner: string;
  readonly governor: string;
  readonly supplier_recipient: string;
  readonly supply: { readonly supplier: SupplyBucket; readonly investor: SupplyBucket; readonly reward: SupplyBucket };
  readonly rewards_remaining: DecimalInteger;
  readonly rewards_waiting: DecimalInteger;
  readonly license_hash: string;
  readonly license_uri: string;
  /** All versions of the benchmark, the current one last. Empty before registration. */
  readonly benchmarks: readonly BenchmarkOnChain[];
  readonly score_interval: ScoreInterval | null;
  readonly parameters: readonly ParameterView[];
  readonly pool_state: PoolView | null;
  readonly roles: readonly RoleHolder[];
}

/** The lower bound from the last evaluation document. Null if the API has no document whose hashes and scores match the chain. */
export interface ScoreInterval {
  readonly evaluation_id: string;
  readonly lower_bound_bps: number;
}

export interface TradeView extends EventPlace {
  readonly side: "buy" | "sell";
  readonly account: string;
  readonly to: string;
  readonly reserve: DecimalInteger;
  readonly tokens: DecimalInteger;
  readonly price_after: DecimalInteger;
}

/** The trades in an interval of time. */
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

/** A payee of an improvement. `contributors` is the distributor, which is paid for all contributors behind a root. */
export interface PayeeView {
  readonly account: string;
  readonly amount: DecimalInteger;
  readonly part: "owner" | "contributor" | "contributors";
}

/** The status of a reward. */
export type RewardStatus = "waits" | "due" | "stopped" | "void" | "released" | "returned";

/** A recorded improvement with its reward. */
export interface ImprovementView extends EventPlace {
  readonly evaluation_id: string;
  readonly benchmark_version: number;
  readonly method: string;
  readonly baseline_score_bps: number;
  readonly candidate_score_bps: number;
  /** The reward rate in that block: wei for 100 bps. */
  readonly tokens_per_delta_one: DecimalInteger;
  readonly reward: DecimalInteger;
  /** Zero if no verifier logged it. */
  readonly contribution_data_hash: string;
  /** Null if the contributors are listed. */
  readonly contributors_root: string | null;
  readonly payees: readonly PayeeView[];
  readonly status: RewardStatus;
  readonly releasable_from: number;
  /** The time of its release or return. */
  readonly settled_at: number | null;
  /** Whether the API stores the evaluation's document. */
  readonly has_document: boolean;
}

/** A reward that is waiting or settled: the part of an improvement that concerns payment. */
export type PayoutView = Omit<ImprovementView, "benchmark_version" | "tokens_per_delta_one" | "has_document">;

/** A distribution to the contributors behind a root, with its claims. */
export interface DistributionView extends EventPlace {
  readonly distribution_id: string;
  readonly root: string;
  readonly total: DecimalInteger;
  readonly remaining: DecimalInteger;
  readonly claims: number;
  /** Whether the API stores the claims file. */
  readonly has_file: boolean;
}

/** A payment of usage fees. */
export interface FeeView extends EventPlace {
  readonly payer: string;
  /** Null if fees were deposited without a number of calls. */
  readonly calls: number | null;
  readonly infrastructure: DecimalInteger;
  readonly pool: DecimalInteger;
}

/** What an address can claim or is due to be paid, according to events and claims files. */
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
