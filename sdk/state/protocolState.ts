// SPDX-License-Identifier: MIT
// What the protocol's state consists of, as far as events tell it.

import type { QueuedPayout, StopState } from "./payouts.ts";

/** Lifecycle of a model, as on chain. */
export const MODEL_STATUS = ["NONE", "PROPOSAL", "REGISTERED", "DEPLOYED"] as const;

/** Who may register models with a verification method, as on chain. */
export const METHOD_ACCESS = ["NONE", "ADMIN", "REGISTRAR"] as const;

export type MethodAccessName = (typeof METHOD_ACCESS)[number];

/** A pause by guardians: its end, and when the budget that it uses is whole again. */
export interface PauseState {
  readonly until: bigint;
  readonly wholeAt: bigint;
}

/** A reward that is neither released nor returned. */
export interface WaitingReward {
  readonly model: string;
  readonly evaluationId: string;
  readonly payeesHash: string;
  /** Wei. */
  readonly reward: bigint;
  /** Block in which it was recorded; its time is when the reward was queued. */
  readonly block: number;
  /** What the verifier logged, without the time; undefined if no verifier logged these payees. */
  told: Omit<QueuedPayout, "queuedAt"> | undefined;
}

/** The parameters that governors can change, in the order of the chain's enumeration. */
export const PARAMETERS = ["tokensPerDeltaOne", "infrastructureAccrualBps", "pricePerThousandCalls"] as const;

/** The holders of one contract's roles. */
export interface RolesState {
  /** Accounts by role; one that lost its last holder stays as an empty set. */
  readonly holders: Map<string, Set<string>>;
  /** Accounts that ever held a role, by role. */
  readonly everHeld: Map<string, Set<string>>;
  /** Roles whose admin is not the default one, and that admin. */
  readonly roleAdmins: Map<string, string>;
  pendingAdmin: { account: string; schedule: bigint } | undefined;
  pendingAdminDelay: { delay: bigint; schedule: bigint } | undefined;
}

/** A parameter of a model: what is stored, and what replaces it after a time. */
export interface ParameterState {
  value: bigint;
  scheduled: { value: bigint; effectiveAt: bigint } | undefined;
}

/** A benchmark, as the events carry it. */
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

/** Terms of a pool, as the events carry them. */
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

/** A model. */
export interface ModelState {
  readonly id: string;
  readonly modelId: string;
  /** Its number among the models, from 0. */
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
  /** How many governors have accepted a handover. */
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
  /** Waiting rewards, including void ones. */
  rewardsQueued: bigint;
  /** Rewards that were released. */
  rewardsReleased: bigint;
  dailyLimitBps: bigint;
  isDistributed: boolean;
  pool: PoolState | undefined;
  /** Terms that a governor has fixed, and the generation of the one who did. */
  poolTerms: { readonly hash: string; readonly generation: bigint };
  /** What the infrastructure reserve owes it. */
  owed: bigint;
  /** Time from which each payee may be paid whom the present governor has approved. */
  readonly payees: Map<string, bigint>;
}

/** An operation that waits in the timelock. */
export interface OperationState {
  readonly id: string;
  readonly calls: { readonly target: string; readonly data: string }[];
}

/** The protocol. */
export interface ProtocolState {
  /** By the address of the contract that has the roles. */
  readonly roles: Map<string, RolesState>;
  readonly models: Map<string, ModelState>;
  readonly operations: Map<string, OperationState>;
  /** Who may register models with each method that was ever allowed. */
  readonly methods: Map<string, MethodAccessName>;
  /** Stops of payouts, by method. */
  readonly stops: Map<string, StopState>;
  /** Rewards that wait, by model and evaluation. */
  readonly payouts: Map<string, WaitingReward>;
  readonly attesters: Set<string>;
  threshold: bigint;
  epoch: bigint;
  tokenManager: string;
  factory: string;
  verifier: string;
  /** Every verifier that the registry has listened to. */
  readonly verifiers: Set<string>;
  treasury: string;
  submissionsPause: PauseState;
  launchesPause: PauseState;
  minDelay: bigint;
  readonly paidInvoices: Set<string>;
}

/** What a parameter of a model is at a time: a change takes effect in the blocks after its time, without an event. */
export function valueAt({ value, scheduled }: ParameterState, timestamp: bigint): bigint {
  return scheduled && timestamp > scheduled.effectiveAt ? scheduled.value : value;
}

/** The change of a parameter that still waits at a time. */
export function pendingAt({ scheduled }: ParameterState, timestamp: bigint): ParameterState["scheduled"] {
  return scheduled && timestamp <= scheduled.effectiveAt ? scheduled : undefined;
}
