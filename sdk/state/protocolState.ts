// SPDX-License-Identifier: MIT
// The protocol's state, as far as events reveal it.

import type { QueuedPayout, StopState } from "./payouts.ts";

/** The lifecycle of a model, in the order of the chain's enumeration. */
export const MODEL_STATUS = ["NONE", "PROPOSAL", "REGISTERED", "DEPLOYED"] as const;

/** Who may register models with a verification method, in the order of the chain's enumeration. */
export const METHOD_ACCESS = ["NONE", "ADMIN", "REGISTRAR"] as const;

export type MethodAccessName = (typeof METHOD_ACCESS)[number];

/** A guardians' pause: its end, and the time at which its budget is full again. */
export interface PauseState {
  readonly until: bigint;
  readonly wholeAt: bigint;
}

/** A reward that is neither released nor returned. */
export interface WaitingReward {
  readonly model: string;
  readonly evaluationId: string;
  readonly payeesHash: string;
  /** In wei. */
  readonly reward: bigint;
  /** The block in which it was recorded. Its timestamp is the time at which the reward was queued. */
  readonly block: number;
  /** The payout that the verifier logged, without the time. Undefined if no verifier has logged one with these payees. */
  told: Omit<QueuedPayout, "queuedAt"> | undefined;
}

/** The parameters that governors can change, in the order of the chain's enumeration. */
export const PARAMETERS = ["tokensPerDeltaOne", "infrastructureAccrualBps", "pricePerThousandCalls"] as const;

/** The roles of one contract. */
export interface RolesState {
  /** The holders of each role. A role without holders keeps an empty set. */
  readonly holders: Map<string, Set<string>>;
  /** All accounts that have ever held each role. */
  readonly everHeld: Map<string, Set<string>>;
  /** The roles whose admin role is not the default one, with that admin role. */
  readonly roleAdmins: Map<string, string>;
  pendingAdmin: { account: string; schedule: bigint } | undefined;
  pendingAdminDelay: { delay: bigint; schedule: bigint } | undefined;
}

/** A parameter of a model: the stored value, and the value that replaces it at a given time. */
export interface ParameterState {
  value: bigint;
  scheduled: { value: bigint; effectiveAt: bigint } | undefined;
}

/** A benchmark, as events describe it. */
export interface BenchmarkState {
  readonly specHash: string;
  readonly evaluationDataHash: string;
  readonly method: string;
  readonly metric: bigint;
  readonly direction: bigint;
  readonly baselineScore: bigint;
  readonly targetScore: bigint;
  readonly modelCommitment: string;
  readonly minImprovementBps: bigint;
  readonly minSampleSize: bigint;
  readonly minRuns: bigint;
  readonly minLowerBoundBps: bigint;
}

/** The terms of a pool, as events describe them. */
export interface PoolState {
  readonly address: string;
  readonly block: number;
  readonly crr: bigint;
  readonly tradeFee: bigint;
  readonly ibrDuration: bigint;
  readonly virtualReserve: bigint;
  readonly initialPrice: bigint;
  readonly virtualSupply: bigint;
  buysPause: PauseState;
}

export interface ModelState {
  readonly id: string;
  readonly modelId: string;
  /** The position among all models, from 0. */
  readonly index: number;
  readonly token: string;
  supplierRecipient: string;
  supplierAllocation: bigint;
  investorAllocation: bigint;
  rewardAllocation: bigint;
  status: (typeof MODEL_STATUS)[number];
  owner: string;
  pendingOwner: string;
  governor: string;
  /** How often the governor has changed. */
  generation: bigint;
  pendingGovernor: { account: string; acceptableFrom: bigint } | undefined;
  readonly parameters: readonly [ParameterState, ParameterState, ParameterState];
  licenseHash: string;
  licenseURI: string;
  benchmark: BenchmarkState | undefined;
  benchmarkVersion: bigint;
  score: bigint;
  modelCommitment: string;
  rewardsRemaining: bigint;
  /** The total of waiting rewards, including void ones. */
  rewardsQueued: bigint;
  /** The total of released rewards. */
  rewardsReleased: bigint;
  dailyLimitBps: bigint;
  isDistributed: boolean;
  pool: PoolState | undefined;
  /** The hash of the terms that a governor fixed, and that governor's generation. */
  poolTerms: { readonly hash: string; readonly generation: bigint };
  /** What the infrastructure reserve owes the model. */
  owed: bigint;
  /** The payees that the current governor has approved, with the time from which each may be paid. */
  readonly payees: Map<string, bigint>;
}

/** An operation that waits in the timelock. */
export interface OperationState {
  readonly id: string;
  readonly calls: { readonly target: string; readonly data: string }[];
}

/** The state of the whole protocol. */
export interface ProtocolState {
  /** By the address of the contract that keeps the roles. */
  readonly roles: Map<string, RolesState>;
  readonly models: Map<string, ModelState>;
  readonly operations: Map<string, OperationState>;
  /** The access to each method that was ever allowed. */
  readonly methods: Map<string, MethodAccessName>;
  /** The stops of payouts, by method. */
  readonly stops: Map<string, StopState>;
  /** The waiting rewards, by model and evaluation. */
  readonly payouts: Map<string, WaitingReward>;
  readonly attesters: Set<string>;
  threshold: bigint;
  epoch: bigint;
  tokenManager: string;
  factory: string;
  verifier: string;
  /** Every verifier that the registry has ever accepted. */
  readonly verifiers: Set<string>;
  treasury: string;
  submissionsPause: PauseState;
  launchesPause: PauseState;
  minDelay: bigint;
  readonly paidInvoices: Set<string>;
}

/** Returns a parameter's value at a time. A scheduled change takes effect in blocks after its time, without an event. */
export function valueAt({ value, scheduled }: ParameterState, timestamp: bigint): bigint {
  return scheduled && timestamp > scheduled.effectiveAt ? scheduled.value : value;
}

/** Returns the change of a parameter that is still pending at a time. */
export function pendingAt({ scheduled }: ParameterState, timestamp: bigint): ParameterState["scheduled"] {
  return scheduled && timestamp <= scheduled.effectiveAt ? scheduled : undefined;
}
