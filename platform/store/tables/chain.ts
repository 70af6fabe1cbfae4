// Tables of what the chain says. Only the indexer writes them. Amounts are integers in the smallest unit: wei for tokens, reserve units for
// the reserve. Times are in seconds since 1970, scores and shares in bps; addresses have their checksum, hashes are in lower case.
//
// Rows of events exist as long as their block does. Rows that describe the present (`models`, `parameters`, `holders`, `protocol`) are
// rewritten when an event changes them, and after a reorganisation.

import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
} from "drizzle-orm/pg-core";

/** An integer up to 2^256, as a decimal string. */
const amount = (name: string) => numeric(name, { precision: 78, scale: 0 });

/** An integer that fits a JavaScript number, such as a block or seconds since 1970. */
const number = (name: string) => bigint(name, { mode: "number" });

/** Where an event is on the chain. */
const place = () => ({
  block: number("block").notNull(),
  logIndex: integer("log_index").notNull(),
  transactionHash: text("transaction_hash").notNull(),
  time: number("time").notNull(),
});

/** Text that may be long, and is read and written as a whole. */
const document = customType<{ data: string }>({ dataType: () => "text" });

/** Which deployment is indexed, and up to which block. It has one row. */
export const chain = pgTable("chain", {
  id: boolean("id").primaryKey().default(true),
  chainId: number("chain_id").notNull(),
  registry: text("registry").notNull(),
  firstBlock: number("first_block").notNull(),
  payoutDelay: number("payout_delay").notNull(),
  block: number("block").notNull(),
  blockHash: text("block_hash").notNull(),
  blockTime: number("block_time").notNull(),
});

/** The indexer's state at blocks to which it can return. */
export const snapshots = pgTable("snapshots", {
  block: number("block").primaryKey(),
  blockHash: text("block_hash").notNull(),
  blockTime: number("block_time").notNull(),
  state: document("state").notNull(),
});

/** The present state of the protocol as a whole, by name: attesters, methods, stops of payouts, pauses, pending operations. */
export const protocol = pgTable("protocol", {
  name: text("name").primaryKey(),
  value: jsonb("value").notNull(),
});

/** The present state of each model. */
export const models = pgTable(
  "models",
  {
    key: text("key").primaryKey(),
    modelId: text("model_id").notNull(),
    /** Its index among the models, from 0. */
    position: integer("position").notNull(),
    status: text("status", { enum: ["PROPOSAL", "REGISTERED", "DEPLOYED"] }).notNull(),
    token: text("token").notNull(),
    name: text("name").notNull(),
    symbol: text("symbol").notNull(),
    owner: text("owner").notNull(),
    pendingOwner: text("pending_owner"),
    governor: text("governor").notNull(),
    generation: integer("generation").notNull(),
    pendingGovernor: text("pending_governor"),
    pendingGovernorFrom: number("pending_governor_from"),
    supplierRecipient: text("supplier_recipient").notNull(),
    supplierAllocation: amount("supplier_allocation").notNull(),
    investorAllocation: amount("investor_allocation").notNull(),
    rewardAllocation: amount("reward_allocation").notNull(),
    supplierIssued: amount("supplier_issued").notNull(),
    /** The pool's net issue; negative if the pool has bought back more than it sold. */
    investorIssued: amount("investor_issued").notNull(),
    rewardIssued: amount("reward_issued").notNull(),
    totalSupply: amount("total_supply").notNull(),
    rewardsRemaining: amount("rewards_remaining").notNull(),
    rewardsWaiting: amount("rewards_waiting").notNull(),
    licenseHash: text("license_hash").notNull(),
    licenseUri: text("license_uri").notNull(),
    benchmarkVersion: integer("benchmark_version").notNull(),
    /** Null before registration. */
    score: integer("score"),
    modelCommitment: text("model_commitment").notNull(),
    dailyLimit: integer("daily_limit").notNull(),
    improvements: integer("improvements").notNull(),
    termsHash: text("terms_hash").notNull(),
    termsGeneration: integer("terms_generation").notNull(),
    /** What the infrastructure reserve owes the model. */
    owed: amount("owed").notNull(),
    /** For each payee that the present governor has approved, the time from which it may be paid, by account. */
    payees: jsonb("payees").$type<Readonly<Record<string, number>>>().notNull(),
    pool: text("pool"),
    crr: integer("crr"),
    tradeFee: integer("trade_fee"),
    initialPrice: amount("initial_price"),
    virtualReserve: amount("virtual_reserve"),
    virtualSupply: amount("virtual_supply"),
    sellsOpenAt: number("sells_open_at"),
    buysPausedUntil: number("buys_paused_until"),
    buysPauseWholeAt: number("buys_pause_whole_at"),
    curveSupply: amount("curve_supply"),
    /** The reserve plus what the stream has yet to release. */
    held: amount("held"),
    streamAmount: amount("stream_amount"),
    streamStart: number("stream_start"),
    streamEnd: number("stream_end"),
    /** Spot price at the model's last event; for any other time see store/market.ts. */
    spotPrice: amount("spot_price"),
    createdBlock: number("created_block").notNull(),
    createdAt: number("created_at").notNull(),
    /** Block of the last event that changed this row. */
    block: number("block").notNull(),
  },
  (table) => [index("models_position").on(table.position), index("models_pool").on(table.pool)],
);

/** Parameters of models as stored, with the value that is scheduled to replace each and from when. */
export const parameters = pgTable(
  "parameters",
  {
    model: text("model").notNull(),
    name: text("name", {
      enum: ["tokensPerDeltaOne", "infrastructureAccrualBps", "pricePerThousandCalls"],
    }).notNull(),
    value: amount("value").notNull(),
    scheduledValue: amount("scheduled_value"),
    effectiveAt: number("effective_at"),
  },
  (table) => [primaryKey({ columns: [table.model, table.name] })],
);

/** Changes of parameters. */
export const parameterChanges = pgTable(
  "parameter_changes",
  {
    ...place(),
    model: text("model").notNull(),
    name: text("name", {
      enum: ["tokensPerDeltaOne", "infrastructureAccrualBps", "pricePerThousandCalls"],
    }).notNull(),
    kind: text("kind", { enum: ["scheduled", "changed", "cancelled"] }).notNull(),
    oldValue: amount("old_value"),
    newValue: amount("new_value").notNull(),
    effectiveAt: number("effective_at"),
  },
  (table) => [primaryKey({ columns: [table.block, table.logIndex] }), index("parameter_changes_model").on(table.model)],
);

/** Holders of each contract's roles, by the role's hash; also its name, if it is one of the protocol's roles. */
export const holders = pgTable(
  "holders",
  {
    contract: text("contract").notNull(),
    address: text("address").notNull(),
    role: text("role").notNull(),
    roleName: text("role_name"),
    account: text("account").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.address, table.role, table.account] }),
    index("holders_account").on(table.account),
  ],
);

/** Every version of every benchmark. */
export const benchmarks = pgTable(
  "benchmarks",
  {
    ...place(),
    model: text("model").notNull(),
    version: integer("version").notNull(),
    specHash: text("spec_hash").notNull(),
    evaluationDataHash: text("evaluation_data_hash").notNull(),
    modelCommitment: text("model_commitment").notNull(),
    method: text("method").notNull(),
    metric: integer("metric").notNull(),
    /** 0 if higher is better, 1 if lower is. */
    direction: integer("direction").notNull(),
    baselineScore: integer("baseline_score").notNull(),
    targetScore: integer("target_score").notNull(),
    minImprovement: integer("min_improvement").notNull(),
    minSampleSize: amount("min_sample_size").notNull(),
    minRuns: amount("min_runs").notNull(),
    minLowerBound: integer("min_lower_bound").notNull(),
  },
  (table) => [primaryKey({ columns: [table.model, table.version] }), index("benchmarks_block").on(table.block)],
);

/** Scores in the order in which they were recorded; the first of each benchmark version is its baseline. */
export const scores = pgTable(
  "scores",
  {
    ...place(),
    model: text("model").notNull(),
    benchmarkVersion: integer("benchmark_version").notNull(),
    score: integer("score").notNull(),
    /** Null for a baseline. */
    evaluationId: text("evaluation_id"),
    /** Lower bound of the improvement that the statement claims; null for a baseline, and if the transaction does not show it. */
    lowerBound: integer("lower_bound"),
  },
  (table) => [
    primaryKey({ columns: [table.block, table.logIndex] }),
    index("scores_model").on(table.model, table.block),
  ],
);

/** Improvements that the registry recorded, and what became of their rewards. */
export const improvements = pgTable(
  "improvements",
  {
    ...place(),
    model: text("model").notNull(),
    evaluationId: text("evaluation_id").notNull(),
    benchmarkVersion: integer("benchmark_version").notNull(),
    method: text("method").notNull(),
    baselineScore: integer("baseline_score").notNull(),
    candidateScore: integer("candidate_score").notNull(),
    modelCommitment: text("model_commitment").notNull(),
    /** The rate in that block, in wei per 100 bps. */
    tokensPerDeltaOne: amount("tokens_per_delta_one").notNull(),
    reward: amount("reward").notNull(),
    payeesHash: text("payees_hash").notNull(),
    /** These two are null if no verifier announced the payees; the root is null also if all contributors are listed. */
    contributionDataHash: text("contribution_data_hash"),
    contributorsRoot: text("contributors_root"),
    /** From the statement in the transaction; null if the transaction does not show it. */
    lowerBound: integer("lower_bound"),
    sampleSize: amount("sample_size"),
    runs: amount("runs"),
    /** Whether the reward was released or, being void, returned; null until then. */
    settled: text("settled", { enum: ["released", "returned"] }),
    settledBlock: number("settled_block"),
    settledAt: number("settled_at"),
    settledTransaction: text("settled_transaction"),
  },
  (table) => [
    primaryKey({ columns: [table.model, table.evaluationId] }),
    index("improvements_block").on(table.block),
    index("improvements_settled_block").on(table.settledBlock),
  ],
);

/** The payees of rewards: the owner, then the contributors, or the distributor in place of the contributors behind a root. */
export const payees = pgTable(
  "payees",
  {
    model: text("model").notNull(),
    evaluationId: text("evaluation_id").notNull(),
    position: integer("position").notNull(),
    account: text("account").notNull(),
    amount: amount("amount").notNull(),
    part: text("part", { enum: ["owner", "contributor", "contributors"] }).notNull(),
    block: number("block").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.model, table.evaluationId, table.position] }),
    index("payees_account").on(table.account),
    index("payees_block").on(table.block),
  ],
);

/** Distributions to the contributors behind a root. */
export const distributions = pgTable(
  "distributions",
  {
    ...place(),
    distributionId: text("distribution_id").primaryKey(),
    model: text("model").notNull(),
    token: text("token").notNull(),
    root: text("root").notNull(),
    total: amount("total").notNull(),
    remaining: amount("remaining").notNull(),
    claims: integer("claims").notNull(),
  },
  (table) => [
    index("distributions_model").on(table.model),
    index("distributions_root").on(table.root),
    index("distributions_block").on(table.block),
  ],
);

/** Claims that contributors were paid from distributions. */
export const claims = pgTable(
  "claims",
  {
    ...place(),
    distributionId: text("distribution_id").notNull(),
    position: amount("position").notNull(),
    account: text("account").notNull(),
    amount: amount("amount").notNull(),
    remaining: amount("remaining").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.distributionId, table.position] }),
    index("claims_account").on(table.account),
    index("claims_block").on(table.block),
  ],
);

export const trades = pgTable(
  "trades",
  {
    ...place(),
    model: text("model").notNull(),
    side: text("side", { enum: ["buy", "sell"] }).notNull(),
    account: text("account").notNull(),
    recipient: text("recipient").notNull(),
    /** What a buyer paid, including the fee, or what a seller received. */
    reserve: amount("reserve").notNull(),
    tokens: amount("tokens").notNull(),
    reserveAfter: amount("reserve_after").notNull(),
    curveSupplyAfter: amount("curve_supply_after").notNull(),
    priceAfter: amount("price_after").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.block, table.logIndex] }),
    index("trades_model").on(table.model, table.block, table.logIndex),
  ],
);

/** Trades summarised by interval; `seconds` is its length. Prices are those after a trade. */
export const candles = pgTable(
  "candles",
  {
    model: text("model").notNull(),
    seconds: integer("seconds").notNull(),
    start: number("start").notNull(),
    open: amount("open").notNull(),
    high: amount("high").notNull(),
    low: amount("low").notNull(),
    close: amount("close").notNull(),
    volumeReserve: amount("volume_reserve").notNull(),
    volumeTokens: amount("volume_tokens").notNull(),
    trades: integer("trades").notNull(),
  },
  (table) => [primaryKey({ columns: [table.model, table.seconds, table.start] })],
);

export const fees = pgTable(
  "fees",
  {
    ...place(),
    model: text("model").notNull(),
    payer: text("payer").notNull(),
    /** Null if the fees were deposited without calls. */
    calls: amount("calls"),
    infrastructure: amount("infrastructure").notNull(),
    pool: amount("pool").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.block, table.logIndex] }),
    index("fees_model").on(table.model, table.block, table.logIndex),
  ],
);

/** Deposits into pools' streams, and the stream after each. */
export const streams = pgTable(
  "streams",
  {
    ...place(),
    model: text("model").notNull(),
    payer: text("payer").notNull(),
    amount: amount("amount").notNull(),
    pending: amount("pending").notNull(),
    end: number("stream_end").notNull(),
    reserve: amount("reserve").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.block, table.logIndex] }),
    index("streams_model").on(table.model, table.block, table.logIndex),
  ],
);

/** Trade fees that went to the treasury. */
export const collections = pgTable(
  "collections",
  {
    ...place(),
    model: text("model").notNull(),
    treasury: text("treasury").notNull(),
    amount: amount("amount").notNull(),
  },
  (table) => [primaryKey({ columns: [table.block, table.logIndex] }), index("collections_model").on(table.model)],
);

/** Invoices that the infrastructure reserve paid. */
export const invoices = pgTable(
  "invoices",
  {
    ...place(),
    model: text("model").notNull(),
    payee: text("payee").notNull(),
    invoiceHash: text("invoice_hash").primaryKey(),
    amount: amount("amount").notNull(),
    balance: amount("balance").notNull(),
  },
  (table) => [index("invoices_model").on(table.model), index("invoices_block").on(table.block)],
);
