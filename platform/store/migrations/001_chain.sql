-- What the chain says: see tables/chain.ts, which says what each column means.

CREATE TABLE chain (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  chain_id bigint NOT NULL,
  registry text NOT NULL,
  first_block bigint NOT NULL,
  payout_delay bigint NOT NULL,
  block bigint NOT NULL,
  block_hash text NOT NULL,
  block_time bigint NOT NULL
);

CREATE TABLE snapshots (
  block bigint PRIMARY KEY,
  block_hash text NOT NULL,
  block_time bigint NOT NULL,
  state text NOT NULL
);

CREATE TABLE protocol (
  name text PRIMARY KEY,
  value jsonb NOT NULL
);

CREATE TABLE models (
  key text PRIMARY KEY,
  model_id text NOT NULL,
  position integer NOT NULL,
  status text NOT NULL,
  token text NOT NULL,
  name text NOT NULL,
  symbol text NOT NULL,
  owner text NOT NULL,
  pending_owner text,
  governor text NOT NULL,
  generation integer NOT NULL,
  pending_governor text,
  pending_governor_from bigint,
  supplier_recipient text NOT NULL,
  supplier_allocation numeric(78, 0) NOT NULL,
  investor_allocation numeric(78, 0) NOT NULL,
  reward_allocation numeric(78, 0) NOT NULL,
  supplier_issued numeric(78, 0) NOT NULL,
  investor_issued numeric(78, 0) NOT NULL,
  reward_issued numeric(78, 0) NOT NULL,
  total_supply numeric(78, 0) NOT NULL,
  rewards_remaining numeric(78, 0) NOT NULL,
  rewards_waiting numeric(78, 0) NOT NULL,
  license_hash text NOT NULL,
  license_uri text NOT NULL,
  benchmark_version integer NOT NULL,
  score integer,
  model_commitment text NOT NULL,
  daily_limit integer NOT NULL,
  improvements integer NOT NULL,
  terms_hash text NOT NULL,
  terms_generation integer NOT NULL,
  owed numeric(78, 0) NOT NULL,
  payees jsonb NOT NULL,
  pool text,
  crr integer,
  trade_fee integer,
  initial_price numeric(78, 0),
  virtual_reserve numeric(78, 0),
  virtual_supply numeric(78, 0),
  sells_open_at bigint,
  buys_paused_until bigint,
  buys_pause_whole_at bigint,
  curve_supply numeric(78, 0),
  held numeric(78, 0),
  stream_amount numeric(78, 0),
  stream_start bigint,
  stream_end bigint,
  spot_price numeric(78, 0),
  created_block bigint NOT NULL,
  created_at bigint NOT NULL,
  block bigint NOT NULL
);
CREATE INDEX models_position ON models (position);
CREATE INDEX models_pool ON models (pool);

CREATE TABLE parameters (
  model text NOT NULL,
  name text NOT NULL,
  value numeric(78, 0) NOT NULL,
  scheduled_value numeric(78, 0),
  effective_at bigint,
  PRIMARY KEY (model, name)
);

CREATE TABLE parameter_changes (
  block bigint NOT NULL,
  log_index integer NOT NULL,
  transaction_hash text NOT NULL,
  time bigint NOT NULL,
  model text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  old_value numeric(78, 0),
  new_value numeric(78, 0) NOT NULL,
  effective_at bigint,
  PRIMARY KEY (block, log_index)
);
CREATE INDEX parameter_changes_model ON parameter_changes (model);

CREATE TABLE holders (
  contract text NOT NULL,
  address text NOT NULL,
  role text NOT NULL,
  role_name text,
  account text NOT NULL,
  PRIMARY KEY (address, role, account)
);
CREATE INDEX holders_account ON holders (account);

CREATE TABLE benchmarks (
  block bigint NOT NULL,
  log_index integer NOT NULL,
  transaction_hash text NOT NULL,
  time bigint NOT NULL,
  model text NOT NULL,
  version integer NOT NULL,
  spec_hash text NOT NULL,
  evaluation_data_hash text NOT NULL,
  model_commitment text NOT NULL,
  method text NOT NULL,
  metric integer NOT NULL,
  direction integer NOT NULL,
  baseline_score integer NOT NULL,
  target_score integer NOT NULL,
  min_improvement integer NOT NULL,
  min_sample_size numeric(78, 0) NOT NULL,
  min_runs numeric(78, 0) NOT NULL,
  min_lower_bound integer NOT NULL,
  PRIMARY KEY (model, version)
);
CREATE INDEX benchmarks_block ON benchmarks (block);

CREATE TABLE scores (
  block bigint NOT NULL,
  log_index integer NOT NULL,
  transaction_hash text NOT NULL,
  time bigint NOT NULL,
  model text NOT NULL,
  benchmark_version integer NOT NULL,
  score integer NOT NULL,
  evaluation_id text,
  lower_bound integer,
  PRIMARY KEY (block, log_index)
);
CREATE INDEX scores_model ON scores (model, block);

CREATE TABLE improvements (
  block bigint NOT NULL,
  log_index integer NOT NULL,
  transaction_hash text NOT NULL,
  time bigint NOT NULL,
  model text NOT NULL,
  evaluation_id text NOT NULL,
  benchmark_version integer NOT NULL,
  method text NOT NULL,
  baseline_score integer NOT NULL,
  candidate_score integer NOT NULL,
  model_commitment text NOT NULL,
  tokens_per_delta_one numeric(78, 0) NOT NULL,
  reward numeric(78, 0) NOT NULL,
  payees_hash text NOT NULL,
  contribution_data_hash text,
  contributors_root text,
  lower_bound integer,
  sample_size numeric(78, 0),
  runs numeric(78, 0),
  settled text,
  settled_block bigint,
  settled_at bigint,
  settled_transaction text,
  PRIMARY KEY (model, evaluation_id)
);
CREATE INDEX improvements_block ON improvements (block);
CREATE INDEX improvements_settled_block ON improvements (settled_block);

CREATE TABLE payees (
  model text NOT NULL,
  evaluation_id text NOT NULL,
  position integer NOT NULL,
  account text NOT NULL,
  amount numeric(78, 0) NOT NULL,
  part text NOT NULL,
  block bigint NOT NULL,
  PRIMARY KEY (model, evaluation_id, position)
);
CREATE INDEX payees_account ON payees (account);
CREATE INDEX payees_block ON payees (block);

CREATE TABLE distributions (
  block bigint NOT NULL,
  log_index integer NOT NULL,
  transaction_hash text NOT NULL,
  time bigint NOT NULL,
  distribution_id text PRIMARY KEY,
  model text NOT NULL,
  token text NOT NULL,
  root text NOT NULL,
  total numeric(78, 0) NOT NULL,
  remaining numeric(78, 0) NOT NULL,
  claims integer NOT NULL
);
CREATE INDEX distributions_model ON distributions (model);
CREATE INDEX distributions_root ON distributions (root);
CREATE INDEX distributions_block ON distributions (block);

CREATE TABLE claims (
  block bigint NOT NULL,
  log_index integer NOT NULL,
  transaction_hash text NOT NULL,
  time bigint NOT NULL,
  distribution_id text NOT NULL,
  position numeric(78, 0) NOT NULL,
  account text NOT NULL,
  amount numeric(78, 0) NOT NULL,
  remaining numeric(78, 0) NOT NULL,
  PRIMARY KEY (distribution_id, position)
);
CREATE INDEX claims_account ON claims (account);
CREATE INDEX claims_block ON claims (block);

CREATE TABLE trades (
  block bigint NOT NULL,
  log_index integer NOT NULL,
  transaction_hash text NOT NULL,
  time bigint NOT NULL,
  model text NOT NULL,
  side text NOT NULL,
  account text NOT NULL,
  recipient text NOT NULL,
  reserve numeric(78, 0) NOT NULL,
  tokens numeric(78, 0) NOT NULL,
  reserve_after numeric(78, 0) NOT NULL,
  curve_supply_after numeric(78, 0) NOT NULL,
  price_after numeric(78, 0) NOT NULL,
  PRIMARY KEY (block, log_index)
);
CREATE INDEX trades_model ON trades (model, block, log_index);

CREATE TABLE candles (
  model text NOT NULL,
  seconds integer NOT NULL,
  start bigint NOT NULL,
  open numeric(78, 0) NOT NULL,
  high numeric(78, 0) NOT NULL,
  low numeric(78, 0) NOT NULL,
  close numeric(78, 0) NOT NULL,
  volume_reserve numeric(78, 0) NOT NULL,
  volume_tokens numeric(78, 0) NOT NULL,
  trades integer NOT NULL,
  PRIMARY KEY (model, seconds, start)
);

CREATE TABLE fees (
  block bigint NOT NULL,
  log_index integer NOT NULL,
  transaction_hash text NOT NULL,
  time bigint NOT NULL,
  model text NOT NULL,
  payer text NOT NULL,
  calls numeric(78, 0),
  infrastructure numeric(78, 0) NOT NULL,
  pool numeric(78, 0) NOT NULL,
  PRIMARY KEY (block, log_index)
);
CREATE INDEX fees_model ON fees (model, block, log_index);

CREATE TABLE streams (
  block bigint NOT NULL,
  log_index integer NOT NULL,
  transaction_hash text NOT NULL,
  time bigint NOT NULL,
  model text NOT NULL,
  payer text NOT NULL,
  amount numeric(78, 0) NOT NULL,
  pending numeric(78, 0) NOT NULL,
  stream_end bigint NOT NULL,
  reserve numeric(78, 0) NOT NULL,
  PRIMARY KEY (block, log_index)
);
CREATE INDEX streams_model ON streams (model, block, log_index);

CREATE TABLE collections (
  block bigint NOT NULL,
  log_index integer NOT NULL,
  transaction_hash text NOT NULL,
  time bigint NOT NULL,
  model text NOT NULL,
  treasury text NOT NULL,
  amount numeric(78, 0) NOT NULL,
  PRIMARY KEY (block, log_index)
);
CREATE INDEX collections_model ON collections (model);

CREATE TABLE invoices (
  block bigint NOT NULL,
  log_index integer NOT NULL,
  transaction_hash text NOT NULL,
  time bigint NOT NULL,
  model text NOT NULL,
  payee text NOT NULL,
  invoice_hash text PRIMARY KEY,
  amount numeric(78, 0) NOT NULL,
  balance numeric(78, 0) NOT NULL
);
CREATE INDEX invoices_model ON invoices (model);
CREATE INDEX invoices_block ON invoices (block);
