// A tracking server as far as the client uses it, with the answers that MLflow 3 gives.

import { randomUUID } from "node:crypto";
import { startStandIn, type ReceivedRequest, type StandIn, type StandInAnswer } from "./httpServer";

const API = "/api/2.0/mlflow/";
const ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/";

/** Fields of all requests. */
interface Body {
  readonly name: string;
  readonly experiment_id: string;
  readonly run_id: string;
  readonly status: string;
  readonly source: string;
  readonly tags: readonly unknown[];
  readonly metrics: readonly unknown[];
  readonly params: readonly unknown[];
}

/** A stand-in that can be told to give other answers first, or to corrupt what it stores. */
export interface MlflowStandIn extends StandIn {
  readonly state: { next: StandInAnswer; spoils: boolean };
}

const failure = (status: number, error_code: string, message: string) => ({ status, body: { error_code, message } });

export async function startMlflowStandIn(): Promise<MlflowStandIn> {
  const experiments = new Map<string, string>();
  const runs = new Map<
    string,
    { info: Record<string, string>; data: { tags: unknown[]; metrics: unknown[]; params: unknown[] } }
  >();
  const models = new Map<string, object[]>();
  const files = new Map<string, Buffer>();
  const state: MlflowStandIn["state"] = { next: undefined, spoils: false };

  const answers: Readonly<Record<string, (body: Body, query: URLSearchParams) => StandInAnswer>> = {
    "experiments/get-by-name": (_, query) => {
      const id = experiments.get(query.get("experiment_name")!);
      if (id === undefined) return failure(404, "RESOURCE_DOES_NOT_EXIST", "Could not find experiment with name");
      return { body: { experiment: { experiment_id: id } } };
    },
    "experiments/create": ({ name }) => {
      if (experiments.has(name)) return failure(400, "RESOURCE_ALREADY_EXISTS", `Experiment '${name}' already exists.`);
      experiments.set(name, String(experiments.size + 1));
      return { body: { experiment_id: experiments.get(name) } };
    },
    "runs/create": ({ experiment_id, tags }) => {
      const run_id = randomUUID().replaceAll("-", "");
      const artifact_uri = `mlflow-artifacts:/${experiment_id}/${run_id}/artifacts`;
      const run = {
        info: { run_id, experiment_id, artifact_uri, status: "RUNNING" },
        data: { tags: [...tags], metrics: [], params: [] },
      };
      runs.set(run_id, run);
      return { body: { run } };
    },
    "runs/get": (_, query) => {
      const run = runs.get(query.get("run_id")!);
      if (run === undefined)
        return failure(404, "RESOURCE_DOES_NOT_EXIST", `Run with id=${query.get("run_id")} not found`);
      return { body: { run } };
    },
    "runs/log-batch": ({ run_id, metrics, params, tags }) => {
      const { data } = runs.get(run_id)!;
      if (metrics.length + params.length + tags.length > 1000 || tags.length > 100)
        return failure(400, "INVALID_PARAMETER_VALUE", "A batch logging request can contain at most 100 tags.");
      data.metrics.push(...metrics);
      data.params.push(...params);
      data.tags.push(...tags);
      return { body: {} };
    },
    "runs/update": ({ run_id, status }) => {
      runs.get(run_id)!.info["status"] = status;
      return { body: { run_info: runs.get(run_id)!.info } };
    },
    "registered-models/create": ({ name }) => {
      if (models.has(name))
        return failure(400, "RESOURCE_ALREADY_EXISTS", `Registered Model (name=${name}) already exists.`);
      models.set(name, []);
      return { body: { registered_model: { name } } };
    },
    "model-versions/create": ({ name, source, run_id, tags }) => {
      const versions = models.get(name);
      if (versions === undefined)
        return failure(404, "RESOURCE_DOES_NOT_EXIST", `Registered Model with name=${name} not found`);
      const model_version = { name, version: String(versions.length + 1), source, run_id, tags };
      versions.push(model_version);
      return { body: { model_version } };
    },
    "model-versions/get": (_, query) => {
      const found = models.get(query.get("name")!)?.[Number(query.get("version")) - 1];
      if (found === undefined) return failure(404, "RESOURCE_DOES_NOT_EXIST", "Model Version not found");
      return { body: { model_version: found } };
    },
  };

  const answer = ({ method, path, body }: ReceivedRequest): StandInAnswer => {
    const [next] = [state.next];
    if (next !== undefined) {
      state.next = undefined;
      return next;
    }
    const [place = "", query = ""] = path.split("?");
    if (place.startsWith(ARTIFACTS)) {
      const name = decodeURIComponent(place.slice(ARTIFACTS.length));
      if (method === "PUT") {
        files.set(name, state.spoils ? Buffer.concat([body, Buffer.from("!")]) : body);
        return { body: {} };
      }
      const file = files.get(name);
      return file === undefined ? { status: 404, body: "not found" } : { body: file };
    }
    const handle = place.startsWith(API) ? answers[place.slice(API.length)] : undefined;
    if (handle === undefined) return { status: 404, body: "not found" };
    return handle(body.length > 0 ? (JSON.parse(body.toString()) as Body) : ({} as Body), new URLSearchParams(query));
  };

  return { ...(await startStandIn(answer)), state };
}
