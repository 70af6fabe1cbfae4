// A small client of an MLflow tracking server: experiments, runs, artifacts through the server's proxy, and registered models.

import { printed } from "../base/printed.ts";
import { Problem, type ProblemCode } from "../base/problem.ts";
import { HttpService, jsonOf, type HttpAnswer, type HttpRequest } from "../platform/http.ts";

/** How to reach a tracking server. */
export interface MlflowOptions {
  /** The address, as in `MLFLOW_TRACKING_URI`. A user name and password in it are used and never shown. */
  readonly url: string;
  /** The bearer token: `MLFLOW_TRACKING_TOKEN`, or the key of a proxy in front of the server. */
  readonly token?: string;
  readonly tries?: number;
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

export interface MlflowRun {
  readonly runId: string;
  readonly experimentId: string;
  /** The location of its artifacts: `mlflow-artifacts:/…` if the server keeps them. */
  readonly artifactUri: string;
  readonly status: string;
}

/** What can be logged in one call. Timestamps are milliseconds since 1970. */
export interface MlflowBatch {
  readonly metrics?: readonly {
    readonly key: string;
    readonly value: number;
    readonly timestamp: number;
    readonly step?: number;
  }[];
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A version of a registered model. */
export interface MlflowModelVersion {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly runId: string;
  readonly tags: Readonly<Record<string, string>>;
}

const API = "/api/2.0/mlflow";

/**
 * The most metrics, and the most parameters or tags, in one request. The server accepts 1000 entries in all, and 100 parameters and tags
 * each.
 */
const [MOST_METRICS, MOST_ENTRIES] = [800, 100];

/** The timeout for files of any size, in milliseconds. */
const FILE_TIMEOUT = 3_600_000;

const CODES: Readonly<Record<string, ProblemCode>> = {
  RESOURCE_DOES_NOT_EXIST: "NOT_DEPLOYED",
  RESOURCE_ALREADY_EXISTS: "ALREADY_DONE",
  PERMISSION_DENIED: "NOT_ALLOWED",
  UNAUTHENTICATED: "BAD_KEY",
  INVALID_PARAMETER_VALUE: "BAD_OPTION",
  BAD_REQUEST: "BAD_OPTION",
};

/** A client whose methods all throw a {@link Problem}: `NODE_FAILED` if the server does not answer. */
export class MlflowClient {
  readonly #service: HttpService;

  constructor({ token, ...options }: MlflowOptions) {
    const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    this.#service = new HttpService({ ...options, headers, name: "MLflow" });
  }

  /** Returns the id of the experiment with this name, and creates it if it does not exist. */
  async experimentNamed(name: string): Promise<string> {
    const find = () =>
      this.#get<{ readonly experiment: { readonly experiment_id: string } }>("/experiments/get-by-name", {
        experiment_name: name,
      });
    try {
      return (await find()).experiment.experiment_id;
    } catch (error) {
      if (!isProblem(error, "NOT_DEPLOYED")) throw error;
    }
    try {
      return (await this.#post<{ readonly experiment_id: string }>("/experiments/create", { name })).experiment_id;
    } catch (error) {
      // Another client has created it meanwhile.
      if (!isProblem(error, "ALREADY_DONE")) throw error;
      return (await find()).experiment.experiment_id;
    }
  }

  async createRun(experimentId: string, name: string, tags: Readonly<Record<string, string>> = {}): Promise<MlflowRun> {
    const body = { experiment_id: experimentId, run_name: name, start_time: Date.now(), tags: pairsOf(tags) };
    return runOf((await this.#post<{ readonly run: RawRun }>("/runs/create", body)).run);
  }

  async run(runId: string): Promise<MlflowRun> {
    return runOf((await this.#get<{ readonly run: RawRun }>("/runs/get", { run_id: runId })).run);
  }

  /** Logs metrics, parameters and tags in as many requests as the server's limits require. Retries may log the same values twice. */
  async logBatch(runId: string, { metrics = [], params = {}, tags = {} }: MlflowBatch): Promise<void> {
    const [allParams, allTags] = [pairsOf(params), pairsOf(tags)];
    const parts = Math.max(
      Math.ceil(metrics.length / MOST_METRICS),
      Math.ceil(allParams.length / MOST_ENTRIES),
      Math.ceil(allTags.length / MOST_ENTRIES),
    );
    for (let part = 0; part < parts; part++) {
      const of = <T>(all: readonly T[], most: number) => all.slice(part * most, (part + 1) * most);
      await this.#post(
        "/runs/log-batch",
        {
          run_id: runId,
          metrics: of(metrics, MOST_METRICS).map((metric) => ({ step: 0, ...metric })),
          params: of(allParams, MOST_ENTRIES),
          tags: of(allTags, MOST_ENTRIES),
        },
        true,
      );
    }
  }

  async endRun(runId: string, status: "FINISHED" | "FAILED" | "KILLED"): Promise<void> {
    await this.#post("/runs/update", { run_id: runId, status, end_time: Date.now() }, true);
  }

  /**
   * Uploads a file as an artifact of a run, through the server.
   * @param path The path below the run's artifacts, such as `model/model.pkl`.
   * @param content The file. A Blob opened with `fs.openAsBlob` is streamed.
   */
  async uploadArtifact(run: MlflowRun, path: string, content: Blob): Promise<void> {
    const headers = { "content-type": "application/octet-stream" };
    const request = { path: artifactPath(run, path), body: content, headers, timeout: FILE_TIMEOUT };
    this.#read(await this.#service.send({ ...request, method: "PUT" }));
  }

  /** Returns the bytes of an artifact as a stream. Iteration throws if the stream breaks. */
  async openArtifact(run: MlflowRun, path: string): Promise<AsyncIterable<Uint8Array>> {
    const request: HttpRequest = { method: "GET", path: artifactPath(run, path), timeout: FILE_TIMEOUT };
    const response = await this.#service.open(request).catch(() => {
      throw new Problem("NODE_FAILED", `MLflow at ${this.#service.host} does not answer: look whether it runs.`);
    });
    const { status, headers, ok } = response;
    if (!ok) this.#read({ status, headers, body: new Uint8Array(await response.arrayBuffer()) });
    return (response.body ?? []) as unknown as AsyncIterable<Uint8Array>;
  }

  /** Creates a registered model unless one of this name exists. */
  async registerModel(name: string): Promise<void> {
    try {
      await this.#post("/registered-models/create", { name });
    } catch (error) {
      if (!isProblem(error, "ALREADY_DONE")) throw error;
    }
  }

  /** Creates a version of a registered model from a run's artifacts. */
  async createVersion(
    name: string,
    {
      source,
      runId,
      tags = {},
    }: { readonly source: string; readonly runId: string; readonly tags?: Readonly<Record<string, string>> },
  ): Promise<MlflowModelVersion> {
    const body = { name, source, run_id: runId, tags: pairsOf(tags) };
    const answer = await this.#post<{ readonly model_version: RawVersion }>("/model-versions/create", body);
    return versionOf(answer.model_version);
  }

  async version(name: string, version: string): Promise<MlflowModelVersion> {
    const answer = await this.#get<{ readonly model_version: RawVersion }>("/model-versions/get", { name, version });
    return versionOf(answer.model_version);
  }

  async #get<T>(path: string, query: NonNullable<HttpRequest["query"]>): Promise<T> {
    return this.#read(await this.#service.send({ method: "GET", path: `${API}${path}`, query })) as T;
  }

  async #post<T>(path: string, body: object, isRepeatable = false): Promise<T> {
    return this.#read(await this.#service.send({ method: "POST", path: `${API}${path}`, body, isRepeatable })) as T;
  }

  #read(answer: HttpAnswer): unknown {
    const content = jsonOf(answer);
    if (answer.status >= 200 && answer.status < 300) return content;
    const { error_code: name, message } = Object(content) as { error_code?: unknown; message?: unknown };
    if (typeof name === "string" && typeof message === "string") {
      const [first = ""] = message.split("\n");
      throw new Problem(CODES[name] ?? "NODE_FAILED", `MLflow: ${printed(first, 500)}`);
    }
    throw this.#refusal(answer);
  }

  #refusal({ status, body }: HttpAnswer): Problem {
    const { host } = this.#service;
    const said = printed(new TextDecoder().decode(body.slice(0, 200)).trim());
    if (status === 403) {
      // From version 3.5 on, the server checks the Host header, to prevent DNS rebinding.
      const remedy = `start it with --allowed-hosts ${host}, or look at the key`;
      return new Problem("NOT_ALLOWED", `MLflow at ${host} refuses access, "${said}": ${remedy}.`, { remedy });
    }
    if (status === 401) return new Problem("BAD_KEY", `MLflow at ${host} needs a key, or a different one.`);
    const remedy = "look at its address, and whether it serves artifacts";
    return new Problem("NODE_FAILED", `MLflow at ${host} answers with status ${status}, "${said}": ${remedy}.`, {
      remedy,
    });
  }
}

interface RawRun {
  readonly info: Readonly<Record<"run_id" | "experiment_id" | "artifact_uri" | "status", string>>;
}

type RawVersion = Readonly<Record<"name" | "version" | "source" | "run_id", string>> & {
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
};

function runOf({ info }: RawRun): MlflowRun {
  const { run_id: runId, experiment_id: experimentId, artifact_uri: artifactUri, status } = info;
  return { runId, experimentId, artifactUri, status };
}

function versionOf({ name, version, source, run_id: runId, tags = [] }: RawVersion): MlflowModelVersion {
  return { name, version, source, runId, tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) };
}

function pairsOf(entries: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}

const SERVED = "mlflow-artifacts:/";

function artifactPath({ artifactUri, runId }: MlflowRun, path: string): string {
  if (!artifactUri.startsWith(SERVED)) {
    const remedy = "start MLflow with --serve-artifacts and a new experiment";
    throw new Problem(
      "CONFLICT",
      `the artifacts of run ${printed(runId)} are not kept by MLflow's server: ${remedy}.`,
      { remedy },
    );
  }
  // The scheme may be followed by a host, as in mlflow-artifacts://host/0/…
  const root = artifactUri
    .slice(SERVED.length)
    .replace(/^\/[^/]*/, "")
    .replace(/^\/+/, "");
  const parts = `${root}/${path}`.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".."))
    throw new Problem(
      "BAD_OPTION",
      `the path of an artifact is ${printed(path)}, expected names with slashes between.`,
    );
  return `/api/2.0/mlflow-artifacts/artifacts/${parts.map(encodeURIComponent).join("/")}`;
}

function isProblem(error: unknown, code: ProblemCode): boolean {
  return error instanceof Problem && error.code === code;
}
