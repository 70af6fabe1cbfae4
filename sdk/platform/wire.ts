// What is sent to the platform's API and what it answers, apart from what it says of the chain (chainWire.ts). Types only: no
// dependency, no code. Field names are those of the HTTP interface.

import type { EvaluationDocument } from "../evaluation/document.ts";
import type { LifecycleStatus, Page } from "./chainWire.ts";

/** What every answer that is not 2xx says. `code` is one of docs/problems.md, or a contract error's code there. */
export interface ApiFailure {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly fields?: readonly FieldFailure[];
  };
}

/** A field that was refused. */
export interface FieldFailure {
  readonly path: string;
  readonly given: string;
  readonly expected: string;
}

/** What a key may be used for; reading what is public needs none. */
export type ApiScope = "read" | "models" | "benchmarks" | "evaluate" | "usage" | "admin";

/** Metrics of a draft as people name them. */
export type MetricDirection = "higher_is_better" | "lower_is_better";

/** A licence and its address: its text, without which no registration is approved, or keccak256 of its bytes alone. */
export type LicenceInput =
  { readonly text: string; readonly uri: string } | { readonly hash: string; readonly uri: string };

/** How a model's tokens are allotted: whole tokens as decimal strings. */
export interface Allocations {
  readonly supplier: string;
  readonly investor: string;
  readonly tokens_per_delta_one: string;
  /** DeltaOnes that are expected in two years: rewards are their product. */
  readonly expected_delta_ones: number;
}

export type AllocationPreset = "experimental" | "growth" | "mature";

/** A model as its developer describes it. */
export interface DraftInput {
  /** The id that it is published under; nobody on chain may have it. */
  readonly model_id: string;
  readonly name: string;
  /** 3 to 6 upper-case letters. */
  readonly ticker: string;
  /** At most 2,000 characters. */
  readonly description: string;
  readonly category: string;
  readonly tags: readonly string[];
  readonly licence: LicenceInput;
  readonly metric: string;
  readonly current_value: number;
  readonly target_value?: number;
  readonly direction: MetricDirection;
  readonly allocations: Allocations | { readonly preset: AllocationPreset };
  readonly pool?: {
    /** Whole reserve tokens for one token, as a decimal string. */
    readonly initial_price: string;
    readonly crr_ppm: number;
    readonly trade_fee_bps: number;
  };
  readonly benchmark_spec_id?: string;
}

/** A draft and how far it has come. REGISTERED and DEPLOYED follow the chain. */
export interface DraftView extends Omit<DraftInput, "allocations" | "licence"> {
  readonly id: string;
  readonly owner: string;
  readonly status: LifecycleStatus;
  readonly allocations: Allocations;
  readonly licence: { readonly hash: string; readonly uri: string; readonly has_text: boolean };
  /** Set when an admin approved its registration. */
  readonly approved_at: number | null;
  readonly token: string | null;
  readonly transaction_hash: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** What an admin approves. */
export interface ApprovalInput {
  /** The benchmark's version that they have looked at: it is frozen on chain. */
  readonly benchmark_version: number;
}

/** Hand-over of a token that a wallet deployed itself. */
export interface DeployedInput {
  readonly transaction_hash: string;
  readonly token: string;
}

/** A secondary metric that must not get worse than a bound. */
export interface GuardrailInput {
  readonly name: string;
  readonly metric: string;
  readonly direction: MetricDirection;
  /** The bound in the metric's unit. */
  readonly threshold: number;
  readonly blocking: boolean;
  readonly column?: string;
}

/** What an evaluation does beside measuring the primary metric. */
export interface EvalSpec {
  readonly primary_metric: string;
  readonly secondary_metrics: readonly string[];
  readonly guardrails: readonly GuardrailInput[];
  readonly min_examples: number;
  /** Further fields of a benchmark as sdk/evaluation reads them: folds, dealings, seed, alpha, attempts, lo, hi, classes, … */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** A BenchmarkSpec as it is created. */
export interface BenchmarkInput {
  readonly model_id: string;
  readonly provider: string;
  readonly dataset_reference: string;
  readonly eval_split: string;
  readonly target_column: string;
  readonly input_columns: readonly string[];
  readonly metric_name: string;
  readonly metric_direction: MetricDirection;
  /** sha256: and 64 hexadecimal digits. */
  readonly dataset_version: string;
  /** keccak256 of the evaluation set as sdk/evaluation hashes it: without it no registration is approved. */
  readonly evaluation_data_hash?: string;
  readonly baseline_value: number;
  readonly eval_spec: EvalSpec;
  readonly task_type: string;
}

/** A BenchmarkSpec: an edit makes a new version, deletion deactivates. */
export interface BenchmarkView extends BenchmarkInput {
  readonly id: string;
  readonly version: number;
  readonly is_active: boolean;
  /** The very bytes that `spec_hash` is keccak256 of: what sdk/evaluation's canonical benchmark is. */
  readonly spec: string;
  readonly spec_hash: string;
  /** The baseline's value on the scale of the benchmark. */
  readonly baseline_score_bps: number;
  readonly created_at: number;
  readonly updated_at: number;
}

/** A version of a model that was uploaded and tagged. */
export interface RegistrationInput {
  /** The model's ticker. */
  readonly token_id: string;
  readonly model_uri: string;
  readonly model_name: string;
  readonly mlflow_run_id: string;
  readonly benchmark_spec_id: string;
  readonly metric_name: string;
  readonly baseline_value: number;
  readonly current_value: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** A registration as it was kept. */
export interface RegistrationView extends RegistrationInput {
  readonly id: string;
  readonly benchmark_version: number;
  readonly created_at: number;
}

export type JobStatus = "queued" | "running" | "accepted" | "refused" | "failed" | "cancelled";

/** What a job answers when it is made. */
export interface JobCreated {
  readonly job_id: string;
}

/** An evaluation job. */
export interface JobView {
  readonly job_id: string;
  readonly model_id: string;
  readonly benchmark_spec_id: string;
  /** Version that was pinned when the job was made. */
  readonly benchmark_version: number;
  readonly status: JobStatus;
  /** From 0 to 1. */
  readonly progress: number;
  readonly attempt: number;
  readonly evaluation_id: string | null;
  /** Why it was refused or failed: one line. */
  readonly message: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
}

/** Events of `…/events`: `progress` while it runs, then one `end`; the data of both is the job. */
export interface JobEvent {
  readonly event: "progress" | "end";
  readonly data: JobView;
}

/** An attempt at a benchmark, kept whether or not it was accepted. */
export interface AttemptView {
  readonly job_id: string;
  readonly benchmark_spec_id: string;
  readonly benchmark_version: number;
  readonly attempt: number;
  readonly status: JobStatus;
  readonly evaluation_id: string | null;
  readonly created_at: number;
}

/** An evaluation's document; `is_on_chain` when the registry recorded its id with the same scores. */
export interface DocumentAnswer {
  readonly document: EvaluationDocument;
  readonly is_on_chain: boolean;
}

/** Calls of a model that someone served. */
export interface UsageEvent {
  /** Unique: an id that was sent before counts once. */
  readonly id: string;
  readonly model: string;
  readonly calls: number;
  /** Seconds since 1970. */
  readonly at: number;
}

export interface UsageInput {
  readonly events: readonly UsageEvent[];
}

export interface UsageAnswer {
  readonly accepted: number;
  /** Events whose ids were known already. */
  readonly duplicates: number;
}

/** A wallet that may deploy models, once the operator has granted it the role. */
export interface AdmissionInput {
  readonly address: string;
}

export interface AdmissionView extends AdmissionInput {
  readonly admitted_at: number;
}

/** A model whose registration an admin approved: what the operator's `register` duty sends. */
export interface ApprovedRegistration {
  readonly draft_id: string;
  readonly model_id: string;
  readonly token: string;
  /** Contract of the verification method. */
  readonly method: string;
  readonly approved_at: number;
  /** A model file, and what it names as `<model_id>.benchmark` and `<model_id>.licence`. */
  readonly files: { readonly model: string; readonly benchmark: string; readonly licence: string };
}

/** A key to be made for an account. */
export interface ApiKeyInput {
  readonly account: string;
  readonly scopes: readonly ApiScope[];
}

/** A key as it is shown, once. */
export interface ApiKeyCreated extends ApiKeyInput {
  /** Names the key when it is to be revoked. */
  readonly prefix: string;
  readonly key: string;
}

/** Whether the services are up. */
export interface ReadyAnswer {
  readonly is_ready: boolean;
  /** Block that the indexer has reached, and the chain's latest. */
  readonly indexed_block: number | null;
  readonly latest_block: number | null;
}

export type AdmissionPage = Page<AdmissionView>;
export type ApprovedPage = Page<ApprovedRegistration>;

/** The metered calls of a model, and how many of them the operator has taken. */
export interface UsageSummary {
  readonly model: string;
  readonly calls: number;
  readonly handed_over: number;
}
