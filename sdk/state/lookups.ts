// SPDX-License-Identifier: MIT
// Finds in the state what an event refers to.

import type {
  ModelState,
  ParameterState,
  PauseState,
  ProtocolState,
  RolesState,
  WaitingReward,
} from "./protocolState.ts";

/** A pause that has ended, or never was. */
export const NO_PAUSE: PauseState = { until: 0n, wholeAt: 0n };

/** The key by which a waiting payout is found. */
export const payoutKey = (model: string, evaluationId: string) => `${model} ${evaluationId}`;

/** Removes a payout that is no longer waiting. */
export function takePayout(state: ProtocolState, model: string, evaluationId: string): WaitingReward {
  const { payouts } = state;
  const key = payoutKey(model, evaluationId);
  const payout = payouts.get(key);
  if (payout === undefined) throw new Error(`an event ends the payout ${evaluationId}, which no event has recorded`);
  payouts.delete(key);
  modelOf(state, model).rewardsQueued -= payout.reward;
  return payout;
}

/** A parameter of a model, with its present and its pending value. */
export function parameterOf(state: ProtocolState, id: string, parameter: bigint): ParameterState {
  return modelOf(state, id).parameters[Number(parameter)] as ParameterState;
}

/** A model that events have named before; any other is an error. */
export function modelOf({ models }: ProtocolState, id: unknown): ModelState {
  const model = models.get(String(id));
  if (model === undefined) throw new Error(`an event speaks of the model ${String(id)}, which no event has created`);
  return model;
}

/** The roles of a contract, created with its first event. */
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

/** The set of a key, created empty if it is missing. */
export function setOf(sets: Map<string, Set<string>>, key: string): Set<string> {
  const present = sets.get(key) ?? new Set();
  sets.set(key, present);
  return present;
}
