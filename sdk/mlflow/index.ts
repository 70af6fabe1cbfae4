// Models in MLflow: runs, artifacts, and versions that belong to a token.

export {
  MlflowClient,
  type MlflowBatch,
  type MlflowModelVersion,
  type MlflowOptions,
  type MlflowRun,
} from "./client.ts";
export { registerTokenizedModel, type RegisteredModelVersion, type TokenizedModel } from "./register.ts";
