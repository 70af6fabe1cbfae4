-- What the API keeps. Nothing here can mint: it prepares, the chain decides.

-- Keys are kept as sha-256 of their secret.
CREATE TABLE api_keys (
  prefix text PRIMARY KEY,
  secret_hash text NOT NULL,
  account text NOT NULL,
  scopes jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz
);

-- Answers to posts that named an idempotency key, written in the transaction of what they answer.
CREATE TABLE idempotent_answers (
  account text NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  answer text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account, key)
);
CREATE INDEX idempotent_answers_age ON idempotent_answers (created_at);

-- Models as their developers describe them. `launch` is what the chain said of the token when it was handed over.
CREATE TABLE model_drafts (
  id uuid PRIMARY KEY,
  owner text NOT NULL,
  model_id text NOT NULL,
  status text NOT NULL DEFAULT 'DRAFT' CHECK (status IN ('DRAFT', 'PROPOSAL')),
  content jsonb NOT NULL,
  licence_text text,
  token text UNIQUE,
  transaction_hash text,
  launch jsonb,
  approved_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX model_drafts_model ON model_drafts (model_id);
CREATE INDEX model_drafts_owner ON model_drafts (owner, created_at);

-- Registrations that a person approved, with the files that declare the model: the operator's duty `register` reads them.
CREATE TABLE approved_registrations (
  draft_id uuid PRIMARY KEY REFERENCES model_drafts (id),
  model_id text NOT NULL UNIQUE,
  token text NOT NULL,
  method text NOT NULL,
  files jsonb NOT NULL,
  approved_by text NOT NULL,
  approved_at timestamptz NOT NULL DEFAULT now()
);

-- Wallets that a person admitted.
CREATE TABLE admissions (
  address text PRIMARY KEY,
  admitted_by text NOT NULL,
  admitted_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE benchmark_specs (
  id uuid PRIMARY KEY,
  owner text NOT NULL,
  version integer NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- A version never changes: `spec` is what `spec_hash` is the keccak256 of.
CREATE TABLE benchmark_versions (
  id uuid NOT NULL REFERENCES benchmark_specs (id),
  version integer NOT NULL,
  model_id text NOT NULL,
  content jsonb NOT NULL,
  spec text NOT NULL,
  spec_hash text NOT NULL,
  baseline_score integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id, version)
);
CREATE INDEX benchmark_versions_model ON benchmark_versions (model_id);

CREATE TABLE registrations (
  id uuid PRIMARY KEY,
  account text NOT NULL,
  token_id text NOT NULL,
  benchmark_id uuid NOT NULL,
  benchmark_version integer NOT NULL,
  content jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (benchmark_id, benchmark_version) REFERENCES benchmark_versions (id, version)
);
CREATE INDEX registrations_token ON registrations (token_id, created_at);

-- Evaluations: a process that works on one renews its lease; whose lease has run out is taken by another.
CREATE TABLE evaluation_jobs (
  id uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  model_id text NOT NULL,
  account text NOT NULL,
  benchmark_id uuid NOT NULL,
  benchmark_version integer NOT NULL,
  spec text NOT NULL,
  spec_hash text NOT NULL,
  attempt integer NOT NULL,
  registered_score integer,
  file text NOT NULL,
  status text NOT NULL DEFAULT 'queued'
    CHECK (status IN ('queued', 'running', 'accepted', 'refused', 'failed', 'cancelled')),
  progress double precision NOT NULL DEFAULT 0,
  is_cancelled boolean NOT NULL DEFAULT false,
  tries integer NOT NULL DEFAULT 0,
  worker text,
  leased_until timestamptz,
  evaluation_id text,
  message text,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  ended_at timestamptz,
  FOREIGN KEY (benchmark_id, benchmark_version) REFERENCES benchmark_versions (id, version)
);
CREATE INDEX evaluation_jobs_open ON evaluation_jobs (number) WHERE status IN ('queued', 'running');
CREATE INDEX evaluation_jobs_model ON evaluation_jobs (model_id, number);
CREATE UNIQUE INDEX evaluation_jobs_attempt ON evaluation_jobs (model_id, spec_hash, attempt)
  WHERE status NOT IN ('failed', 'cancelled');

CREATE TABLE evaluation_documents (
  evaluation_id text PRIMARY KEY,
  model_id text NOT NULL,
  document text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Contributors behind roots that the chain has.
CREATE TABLE claims_files (
  root text PRIMARY KEY,
  model_id text NOT NULL,
  evaluation_id text NOT NULL,
  content text NOT NULL,
  account text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Who is behind a root, and which part of its distribution is theirs, of 10^18.
CREATE TABLE claims_shares (
  root text NOT NULL REFERENCES claims_files (root),
  position integer NOT NULL,
  account text NOT NULL,
  share_from numeric(78, 0) NOT NULL,
  share_to numeric(78, 0) NOT NULL,
  PRIMARY KEY (root, position)
);
CREATE INDEX claims_shares_account ON claims_shares (account);

-- Sums of metered events under ids of their own, which the operator's duty `fees` pays once each.
CREATE TABLE metered_batches (
  id text PRIMARY KEY,
  model text NOT NULL,
  calls bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  handed_over_at timestamptz
);
CREATE INDEX metered_batches_open ON metered_batches (created_at) WHERE handed_over_at IS NULL;

CREATE TABLE metered_events (
  id text PRIMARY KEY,
  model text NOT NULL,
  calls bigint NOT NULL CHECK (calls > 0),
  at bigint NOT NULL,
  account text NOT NULL,
  batch text REFERENCES metered_batches (id)
);
CREATE INDEX metered_events_open ON metered_events (model) WHERE batch IS NULL;
