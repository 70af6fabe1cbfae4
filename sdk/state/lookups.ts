// SPDX-License-Identifier: MIT
// Finds the part of the state that an event refers to.

import type {
  ModelState,
  ParameterState,
  PauseState,
  ProtocolState,
  RolesState,
  WaitingReward,
} from "./protocolState.ts";

/** The state without a pause. */
export const NO_PAUSE: PauseState = { until: 0n, wholeAt: 0n };

/** Returns the key of a waiting payout. */
export const payoutKey = (model: string, evaluationId: string) => `${model} ${evaluationId}`;

/** Removes a payout that is no longer waiting. Throws if no event has recorded it. */
export function takePayout(state: ProtocolState, model: string, evaluationId: string): WaitingReward {
  const { payouts } = state;
  const key = payoutKey(model, evaluationId);
  const payout = payouts.get(key);
  if (payout === undefined) throw new Error(`an event ends the payout ${evaluationId}, which no event has recorded`);
  payouts.delete(key);
  modelOf(state, model).rewardsQueued -= payout.reward;
  return payout;
}

/** Returns a parameter of a model, with its current and its pending value. */
export function parameterOf(state: ProtocolState, id: string, parameter: bigint): ParameterState {
  return modelOf(state, id).parameters[Number(parameter)] as ParameterState;
}

/** Returns a model. Throws if no event has created it. */
export function modelOf({ models }: ProtocolState, id: unknown): ModelState {
  const model = models.get(String(id));
  if (model === undefined) throw new Error(`an event speaks of the model ${String(id)}, which no event has created`);
  return model;
}

/** Returns the roles of a contract, which are created with its first event. */
export function rolesOf({ roles }: ProtocolState, address: string): RolesState {
  const key = address.toLowerCase();
  const present = roles.get(key) ?? {
    holders: new Map(),
    everHeld: new Map(),
    roleAdmins: new Map(),
    pendingAdmin: undefined,
    pendingAdminDelay: undefined,
  };
  roles.set(key, present);
  return present;
}

/** Returns the set for a key, and creates an empty one if it is missing. */
export function setOf(sets: Map<string, Set<string>>, key: string): Set<string> {
  const present = sets.get(key) ?? new Set();
  sets.set(key, present);
  return present;
}
