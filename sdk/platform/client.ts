// The client of the platform's HTTP API, with the types of wire.ts and one class of errors. It behaves the same in Node and in browsers.

import { ApiConnection, segment, type PlatformOptions } from "./apiConnection.ts";
import type {
  Candle,
  CandleInterval,
  ChainPage,
  ClaimableAnswer,
  FeeView,
  ImprovementView,
  ModelDetail,
  ModelSummary,
  Page,
  ParameterChange,
  PayoutView,
  TradeView,
  DistributionView,
} from "./chainWire.ts";
import { followJob } from "./jobs.ts";
import type {
  AdmissionPage,
  AdmissionInput,
  AdmissionView,
  ApprovalInput,
  ApprovedPage,
  AttemptView,
  BenchmarkInput,
  BenchmarkView,
  DeployedInput,
  DocumentAnswer,
  DraftInput,
  DraftView,
  JobCreated,
  JobView,
  ReadyAnswer,
  RegistrationInput,
  RegistrationView,
  UsageAnswer,
  UsageInput,
} from "./wire.ts";

/** The part of a list to return. Pages count from 1 and have at most 200 entries. */
export interface PageQuery {
  readonly page?: number;
  readonly page_size?: number;
}

/** The models to list. */
export interface ModelQuery extends PageQuery {
  readonly search?: string;
  readonly category?: string;
  readonly status?: string;
}

/** The entries of a model's lists, by the name of the list. */
export interface ModelLists {
  readonly trades: TradeView;
  readonly improvements: ImprovementView;
  readonly payouts: PayoutView;
  readonly claims: DistributionView;
  readonly fees: FeeView;
  readonly parameters: ParameterChange;
}

/** Predictions to be evaluated as a job. */
export interface EvaluationUpload {
  readonly benchmark_spec_id: string;
  /** CSV or JSON Lines, at most 64 MiB. A file opened with `fs.openAsBlob` is streamed. */
  readonly examples: Blob;
  readonly format: "csv" | "jsonl";
  /** The keccak256 of the contributed data. Without it, no statement can be made from the evaluation. */
  readonly contribution_data_hash?: string;
}

const MODELS = "/api/v1/models";
const BENCHMARKS = "/api/v1/benchmarks";
const MOST_PAGES = 100_000;

/** The timeout for the largest uploads, in milliseconds. */
const UPLOAD_TIMEOUT = 600_000;

/**
 * The platform's API. Every method throws a {@link Problem}: the platform's own code if it refuses, `NODE_FAILED` if it does not answer,
 * and
 * `UNKNOWN_OUTCOME` if a request may or may not have been carried out. POST requests carry an idempotency key, so that they can be retried
 * without being done twice.
 */
export class PlatformClient {
  private readonly api: ApiConnection;

  constructor(options: PlatformOptions) {
    this.api = new ApiConnection(options);
  }

  /** Whether the platform is up, and how far its indexer has come. */
  ready(): Promise<ReadyAnswer> {
    return this.api.get("/ready");
  }

  models(query: ModelQuery = {}): Promise<ChainPage<ModelSummary>> {
    return this.api.get(MODELS, query);
  }

  /** @param id The model's published id or the keccak256 of it. */
  model(id: string): Promise<ModelDetail> {
    return this.api.get(`${MODELS}/${segment(id)}`);
  }

  /** Returns a page of a model's history, oldest entries first. */
  listOf<List extends keyof ModelLists>(
    id: string,
    list: List,
    query: PageQuery = {},
  ): Promise<ChainPage<ModelLists[List]>> {
    return this.api.get(`${MODELS}/${segment(id)}/${list}`, query);
  }

  /** @param query Times are in seconds since 1970. */
  candles(
    id: string,
    query: PageQuery & { readonly interval: CandleInterval; readonly from?: number; readonly to?: number },
  ): Promise<ChainPage<Candle>> {
    return this.api.get(`${MODELS}/${segment(id)}/candles`, query);
  }

  claimable(account: string): Promise<ClaimableAnswer> {
    return this.api.get(`/api/v1/accounts/${segment(account)}/claimable`);
  }

  createDraft(draft: DraftInput): Promise<DraftView> {
    return this.api.post(MODELS, draft);
  }

  /** Returns the drafts of the key's account. */
  drafts(query: PageQuery = {}): Promise<Page<DraftView>> {
    return this.api.get(`${MODELS}/drafts`, query);
  }

  draft(id: string): Promise<DraftView> {
    return this.api.get(`${MODELS}/drafts/${segment(id)}`);
  }

  updateDraft(id: string, draft: DraftInput): Promise<DraftView> {
    return this.api.send({ method: "PUT", path: `${MODELS}/drafts/${segment(id)}`, body: draft });
  }

  deleteDraft(id: string): Promise<void> {
    return this.api.send({ method: "DELETE", path: `${MODELS}/drafts/${segment(id)}` });
  }

  publishDraft(id: string): Promise<DraftView> {
    return this.api.post(`${MODELS}/drafts/${segment(id)}/publish`, {});
  }

  /** Approves a draft, after which the operator registers the model. For admins only. */
  approveDraft(id: string, approval: ApprovalInput): Promise<DraftView> {
    return this.api.post(`${MODELS}/drafts/${segment(id)}/approve`, approval);
  }

  /** Reports a token that the wallet deployed itself. */
  handOver(id: string, deployed: DeployedInput): Promise<DraftView> {
    return this.api.post(`${MODELS}/drafts/${segment(id)}/deployed`, deployed);
  }

  createBenchmark(benchmark: BenchmarkInput): Promise<BenchmarkView> {
    return this.api.post(BENCHMARKS, benchmark);
  }

  benchmarks(query: PageQuery & { readonly model_id?: string } = {}): Promise<Page<BenchmarkView>> {
    return this.api.get(BENCHMARKS, query);
  }

  benchmark(id: string): Promise<BenchmarkView> {
    return this.api.get(`${BENCHMARKS}/${segment(id)}`);
  }

  /** Creates a new version of the benchmark. */
  updateBenchmark(id: string, benchmark: BenchmarkInput): Promise<BenchmarkView> {
    return this.api.send({ method: "PUT", path: `${BENCHMARKS}/${segment(id)}`, body: benchmark });
  }

  deactivateBenchmark(id: string): Promise<void> {
    return this.api.send({ method: "DELETE", path: `${BENCHMARKS}/${segment(id)}` });
  }

  register(registration: RegistrationInput): Promise<RegistrationView> {
    return this.api.post("/api/models/tokenized-registration-events", registration);
  }

  /** Uploads predictions and creates a job that evaluates them. */
  evaluate(id: string, { examples, format, ...query }: EvaluationUpload): Promise<JobCreated> {
    const path = `${MODELS}/${segment(id)}/evaluate`;
    const headers = { "content-type": format === "csv" ? "text/csv" : "application/x-ndjson" };
    return this.api.post(path, examples, { query, headers, timeout: UPLOAD_TIMEOUT });
  }

  job(id: string, job: string): Promise<JobView> {
    return this.api.get(`${this.jobPath(id, job)}/status`);
  }

  cancelJob(id: string, job: string): Promise<JobView> {
    return this.api.send({ method: "DELETE", path: this.jobPath(id, job) });
  }

  /** Returns the document of an accepted or refused job. */
  jobDocument(id: string, job: string): Promise<DocumentAnswer> {
    return this.api.get(`${this.jobPath(id, job)}/document`);
  }

  /**
   * Waits for the end of a job by its server-sent events. A broken stream is opened again; after several streams without any event, this
   * gives up with `NODE_FAILED`.
   * @param onProgress Receives the job each time that it has progressed.
   */
  followJob(id: string, job: string, onProgress: (job: JobView) => void = () => undefined): Promise<JobView> {
    return followJob(this.api, this.jobPath(id, job), onProgress);
  }

  attempts(id: string, query: PageQuery = {}): Promise<Page<AttemptView>> {
    return this.api.get(`${MODELS}/${segment(id)}/attempts`, query);
  }

  /** Returns the document of an evaluation by its hash. */
  evaluation(evaluationId: string): Promise<DocumentAnswer> {
    return this.api.get(`/api/v1/evaluations/${segment(evaluationId)}`);
  }

  /** Returns a claims file by its root, exactly as it was uploaded. */
  claimsFile(root: string): Promise<unknown> {
    return this.api.get(`/api/v1/claims/${segment(root)}`);
  }

  /** Uploads a claims file. Its root has to be on the chain. */
  putClaimsFile(root: string, claims: object): Promise<void> {
    return this.api.send({ method: "PUT", path: `/api/v1/claims/${segment(root)}`, body: claims });
  }

  /** Sends usage events. Events with an id that was sent before are not counted again. */
  sendUsage(usage: UsageInput): Promise<UsageAnswer> {
    return this.api.post("/api/v1/usage/events", usage);
  }

  /** Lets a wallet deploy models. For admins only. */
  admit(admission: AdmissionInput): Promise<AdmissionView> {
    return this.api.post("/api/v1/admissions", admission);
  }

  admissions(query: PageQuery = {}): Promise<AdmissionPage> {
    return this.api.get("/api/v1/operator/admissions", query);
  }

  registrations(query: PageQuery = {}): Promise<ApprovedPage> {
    return this.api.get("/api/v1/operator/registrations", query);
  }

  /** Iterates over all entries of a list, page by page. */
  async *all<T>(pageOf: (query: PageQuery) => Promise<Page<T>>): AsyncGenerator<T> {
    for (let page = 1; page <= MOST_PAGES; page++) {
      const { items, total, page_size } = await pageOf({ page, page_size: 200 });
      yield* items;
      if (items.length === 0 || page * page_size >= total) return;
    }
  }

  private jobPath(id: string, job: string): string {
    return `${MODELS}/${segment(id)}/evaluations/${segment(job)}`;
  }
}
