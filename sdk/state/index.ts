// The state of a deployment, from its events alone.

export { replayContracts, replayDeployment } from "./history.ts";
export {
  pendingAt,
  valueAt,
  type BenchmarkState,
  type ModelState,
  type OperationState,
  type ParameterState,
  type PauseState,
  type PoolState,
  type ProtocolState,
  type RolesState,
  type WaitingReward,
} from "./protocolState.ts";
export { applyEvent, emptyState, replay } from "./replay.ts";
