// The requests and answers of the platform's API, apart from its data about the chain (chainWire.ts). Types only, without dependencies or
// code. Field names are those of the HTTP interface.

import type { EvaluationDocument } from "../evaluation/document.ts";
import type { LifecycleStatus, Page } from "./chainWire.ts";

/** The body of every answer that is not 2xx. `code` is one of docs/problems.md, or the code of a contract's error listed there. */
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

/** What a key may be used for. Public data can be read without a key. */
export type ApiScope = "read" | "models" | "benchmarks" | "evaluate" | "usage" | "admin";

/** The direction in which a metric improves. */
export type MetricDirection = "higher_is_better" | "lower_is_better";

/** A licence and its address. It is given as text, which an approval requires, or only as the keccak256 of its bytes. */
export type LicenceInput =
  { readonly text: string; readonly uri: string } | { readonly hash: string; readonly uri: string };

/** The allocation of a model's tokens, in whole tokens as decimal strings. */
export interface Allocations {
  readonly supplier: string;
  readonly investor: string;
  readonly tokens_per_delta_one: string;
  /** The number of DeltaOnes expected within two years. The expected rewards are this number times `tokens_per_delta_one`. */
  readonly expected_delta_ones: number;
}

export type AllocationPreset = "experimental" | "growth" | "mature";

/** A model as its developer describes it. */
export interface DraftInput {
  /** The id to publish the model under. It must not be taken on chain. */
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
    /** The price of one token in whole reserve tokens, as a decimal string. */
    readonly initial_price: string;
    readonly crr_ppm: number;
    readonly trade_fee_bps: number;
  };
  readonly benchmark_spec_id?: string;
}

/** A draft and its status. REGISTERED and DEPLOYED follow the chain. */
export interface DraftView extends Omit<DraftInput, "allocations" | "licence"> {
  readonly id: string;
  readonly owner: string;
  readonly status: LifecycleStatus;
  readonly allocations: Allocations;
  readonly licence: { readonly hash: string; readonly uri: string; readonly has_text: boolean };
  /** The time at which an admin approved its registration. */
  readonly approved_at: number | null;
  readonly token: string | null;
  readonly transaction_hash: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface ApprovalInput {
  /** The version of the benchmark that the admin has reviewed. It is frozen on chain. */
  readonly benchmark_version: number;
}

/** Reports a token that a wallet deployed itself. */
export interface DeployedInput {
  readonly transaction_hash: string;
  readonly token: string;
}

/** A secondary metric with a bound that a candidate must respect. */
export interface GuardrailInput {
  readonly name: string;
  readonly metric: string;
  readonly direction: MetricDirection;
  /** The bound, in the metric's unit. */
  readonly threshold: number;
  readonly blocking: boolean;
  readonly column?: string;
}

/** The metrics, guardrails and further parameters of an evaluation. */
export interface EvalSpec {
  readonly primary_metric: string;
  readonly secondary_metrics: readonly string[];
  readonly guardrails: readonly GuardrailInput[];
  readonly min_examples: number;
  /** Other benchmark fields that sdk/evaluation reads: folds, dealings, seed, alpha, attempts, lo, hi, classes, … */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** The input that creates a benchmark. */
export interface BenchmarkInput {
  readonly model_id: string;
  readonly provider: string;
  readonly dataset_reference: string;
  readonly eval_split: string;
  readonly target_column: string;
  readonly input_columns: readonly string[];
  readonly metric_name: string;
  readonly metric_direction: MetricDirection;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly dataset_version: string;
  /** The keccak256 of the evaluation set, as sdk/evaluation computes it. Without it, no registration is approved. */
  readonly evaluation_data_hash?: string;
  readonly baseline_value: number;
  readonly eval_spec: EvalSpec;
  readonly task_type: string;
}

/** A benchmark. An update creates a new version, and deletion deactivates it. */
export interface BenchmarkView extends BenchmarkInput {
  readonly id: string;
  readonly version: number;
  readonly is_active: boolean;
  /** The canonical form of the benchmark according to sdk/evaluation. `spec_hash` is the keccak256 of exactly these bytes. */
  readonly spec: string;
  readonly spec_hash: string;
  /** The baseline's value as a score on the benchmark's scale. */
  readonly baseline_score_bps: number;
  readonly created_at: number;
  readonly updated_at: number;
}

/** An uploaded and tagged version of a model. */
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

/** A stored registration. */
export interface RegistrationView extends RegistrationInput {
  readonly id: string;
  readonly benchmark_version: number;
  readonly created_at: number;
}

export type JobStatus = "queued" | "running" | "accepted" | "refused" | "failed" | "cancelled";

/** The answer to the creation of a job. */
export interface JobCreated {
  readonly job_id: string;
}

export interface JobView {
  readonly job_id: string;
  readonly model_id: string;
  readonly benchmark_spec_id: string;
  /** The version of the benchmark that was current when the job was created. */
  readonly benchmark_version: number;
  readonly status: JobStatus;
  /** From 0 to 1. */
  readonly progress: number;
  readonly attempt: number;
  readonly evaluation_id: string | null;
  /** One line that says why the job was refused or failed. */
  readonly message: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
}

/** An event of `…/events`: `progress` while the job runs, then one `end`. The data of both is the job. */
export interface JobEvent {
  readonly event: "progress" | "end";
  readonly data: JobView;
}

/** An attempt at a benchmark. Attempts are kept whether or not they are accepted. */
export interface AttemptView {
  readonly job_id: string;
  readonly benchmark_spec_id: string;
  readonly benchmark_version: number;
  readonly attempt: number;
  readonly status: JobStatus;
  readonly evaluation_id: string | null;
  readonly created_at: number;
}

/** The document of an evaluation. `is_on_chain` is true if the registry has recorded its id with the same scores. */
export interface DocumentAnswer {
  readonly document: EvaluationDocument;
  readonly is_on_chain: boolean;
}

/** Calls of a model that were served. */
export interface UsageEvent {
  /** A unique id. Events with an id that was sent before are not counted again. */
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
  /** The number of events whose ids were already known. */
  readonly duplicates: number;
}

/** A wallet that may deploy models once the operator has granted it the role. */
export interface AdmissionInput {
  readonly address: string;
}

export interface AdmissionView extends AdmissionInput {
  readonly admitted_at: number;
}

/** A model whose registration an admin has approved. The operator's `register` duty sends the registration. */
export interface ApprovedRegistration {
  readonly draft_id: string;
  readonly model_id: string;
  readonly token: string;
  /** The contract of the verification method. */
  readonly method: string;
  readonly approved_at: number;
  /** A model file, and the files that it names as `<model_id>.benchmark` and `<model_id>.licence`. */
  readonly files: { readonly model: string; readonly benchmark: string; readonly licence: string };
}

/** The input that creates a key for an account. */
export interface ApiKeyInput {
  readonly account: string;
  readonly scopes: readonly ApiScope[];
}

/** A new key, which is shown only once. */
export interface ApiKeyCreated extends ApiKeyInput {
  /** Identifies the key for its revocation. */
  readonly prefix: string;
  readonly key: string;
}

/** Whether the services are up. */
export interface ReadyAnswer {
  readonly is_ready: boolean;
  /** The last block that the indexer has processed; `latest_block` is the chain's latest. */
  readonly indexed_block: number | null;
  readonly latest_block: number | null;
}

export type AdmissionPage = Page<AdmissionView>;
export type ApprovedPage = Page<ApprovedRegistration>;

/** The metered calls of a model, and how many of them the operator has taken over. */
export interface UsageSummary {
  readonly model: string;
  readonly calls: number;
  readonly handed_over: number;
}
