// SPDX-License-Identifier: MIT
// The state of the protocol from its events alone.

import { ZeroAddress, ZeroHash, type LogDescription } from "ethers";
import type { Event } from "../rpc/snapshot";

/** What every model may be paid for in a day until the admin changes it. */
const DEFAULT_DAILY_LIMIT_BPS = 500n;

const DEFAULT_ADMIN_ROLE = ZeroHash;

/** Lifecycle of a model, as on chain. */
export const MODEL_STATUS = ["NONE", "PROPOSAL", "REGISTERED", "DEPLOYED"] as const;

/** What governors change one by one, in the order of the chain. */
export const PARAMETERS = ["tokensPerDeltaOne", "infrastructureAccrualBps", "pricePerThousandCalls"] as const;

/** Who holds what of one contract's roles. */
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
  buysPausedUntil: bigint;
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
  pendingGovernor: { account: string; acceptableFrom: bigint } | undefined;
  readonly parameters: readonly [ParameterState, ParameterState, ParameterState];
  licenseHash: string;
  licenseURI: string;
  benchmark: BenchmarkState | undefined;
  benchmarkVersion: bigint;
  score: bigint;
  modelCommitment: string;
  rewardsRemaining: bigint;
  dailyLimitBps: bigint;
  isDistributed: boolean;
  pool: PoolState | undefined;
  poolTermsHash: string;
  /** What the infrastructure reserve owes it. */
  owed: bigint;
  /** Time from which each approved payee may be paid. */
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
  readonly methods: Set<string>;
  readonly attesters: Set<string>;
  threshold: bigint;
  epoch: bigint;
  tokenManager: string;
  factory: string;
  verifier: string;
  treasury: string;
  submissionsPausedUntil: bigint;
  launchesPausedUntil: bigint;
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

/** Rebuilds the state from events, which must be all of them, in their order. */
export function replay(events: readonly Event[]): ProtocolState {
  const state: ProtocolState = {
    roles: new Map(),
    models: new Map(),
    operations: new Map(),
    methods: new Set(),
    attesters: new Set(),
    threshold: 0n,
    epoch: 1n,
    tokenManager: ZeroAddress,
    factory: ZeroAddress,
    verifier: ZeroAddress,
    treasury: ZeroAddress,
    submissionsPausedUntil: 0n,
    launchesPausedUntil: 0n,
    minDelay: 0n,
    paidInvoices: new Set(),
  };
  for (const entry of events) HANDLERS[entry.event.name]?.(state, entry.event.args, entry);
  return state;
}

type Arguments = LogDescription["args"];

type Handler = (state: ProtocolState, args: Arguments, entry: Event) => void;

const HANDLERS: Readonly<Record<string, Handler>> = {
  RoleGranted: (state, { role, account }, { address }) => {
    const { holders, everHeld } = rolesOf(state, address);
    for (const accounts of [holders, everHeld]) setOf(accounts, String(role)).add(String(account));
    if (role === DEFAULT_ADMIN_ROLE) rolesOf(state, address).pendingAdmin = undefined;
  },
  RoleRevoked: (state, { role, account }, { address }) => {
    setOf(rolesOf(state, address).holders, String(role)).delete(String(account));
  },
  RoleAdminChanged: (state, { role, newAdminRole }, { address }) => {
    rolesOf(state, address).roleAdmins.set(String(role), String(newAdminRole));
  },
  DefaultAdminTransferScheduled: (state, { newAdmin, acceptSchedule }, { address }) => {
    rolesOf(state, address).pendingAdmin = { account: String(newAdmin), schedule: BigInt(acceptSchedule as bigint) };
  },
  DefaultAdminTransferCanceled: (state, _, { address }) => {
    rolesOf(state, address).pendingAdmin = undefined;
  },
  DefaultAdminDelayChangeScheduled: (state, { newDelay, effectSchedule }, { address }) => {
    rolesOf(state, address).pendingAdminDelay = {
      delay: BigInt(newDelay as bigint),
      schedule: BigInt(effectSchedule as bigint),
    };
  },
  DefaultAdminDelayChangeCanceled: (state, _, { address }) => {
    rolesOf(state, address).pendingAdminDelay = undefined;
  },

  CallScheduled: ({ operations }, { id, target, data }) => {
    const operation = operations.get(String(id)) ?? { id: String(id), calls: [] };
    operation.calls.push({ target: String(target), data: String(data) });
    operations.set(operation.id, operation);
  },
  CallExecuted: ({ operations }, { id }) => void operations.delete(String(id)),
  Cancelled: ({ operations }, { id }) => void operations.delete(String(id)),
  MinDelayChange: (state, { newDuration }) => void (state.minDelay = BigInt(newDuration as bigint)),

  Wired: (state, { tokenManager, factory, verifier }) => {
    Object.assign(state, { tokenManager, factory, verifier });
  },
  VerifierChanged: (state, { newVerifier }) => void (state.verifier = String(newVerifier)),
  MethodAllowed: ({ methods }, { method, allowed }) => {
    if (allowed) methods.add(String(method));
    else methods.delete(String(method));
  },
  SubmissionsPaused: (state, { until }) => void (state.submissionsPausedUntil = BigInt(until as bigint)),
  LaunchesPaused: (state, { until }) => void (state.launchesPausedUntil = BigInt(until as bigint)),
  TreasuryChanged: (state, { newTreasury }) => void (state.treasury = String(newTreasury)),

  AttesterAdded: ({ attesters }, { attester }) => void attesters.add(String(attester)),
  AttesterRemoved: (state, { attester, epoch }) => {
    state.attesters.delete(String(attester));
    state.epoch = BigInt(epoch as bigint);
  },
  ThresholdChanged: (state, { newThreshold }) => void (state.threshold = BigInt(newThreshold as bigint)),

  ModelCreated: ({ models }, args) => {
    const parameter = (value: unknown): ParameterState => ({ value: BigInt(value as bigint), scheduled: undefined });
    models.set(String(args.id), {
      id: String(args.id),
      modelId: String(args.modelId),
      index: models.size,
      token: String(args.token),
      supplierRecipient: ZeroAddress,
      supplierAllocation: 0n,
      investorAllocation: 0n,
      rewardAllocation: 0n,
      status: "PROPOSAL",
      owner: String(args.owner),
      pendingOwner: ZeroAddress,
      governor: String(args.governor),
      pendingGovernor: undefined,
      parameters: [
        parameter(args.tokensPerDeltaOne),
        parameter(args.infrastructureAccrualBps),
        parameter(args.pricePerThousandCalls),
      ],
      licenseHash: ZeroHash,
      licenseURI: "",
      benchmark: undefined,
      benchmarkVersion: 0n,
      score: 0n,
      modelCommitment: ZeroHash,
      rewardsRemaining: 0n,
      dailyLimitBps: DEFAULT_DAILY_LIMIT_BPS,
      isDistributed: false,
      pool: undefined,
      poolTermsHash: ZeroHash,
      owed: 0n,
      payees: new Map(),
    });
  },
  TokenDeployed: (state, args) => {
    const { supplierRecipient, supplierAllocation, investorAllocation, rewardAllocation } = args;
    const allocations = { supplierRecipient, supplierAllocation, investorAllocation, rewardAllocation };
    Object.assign(modelOf(state, args.id), allocations, { rewardsRemaining: rewardAllocation as bigint });
  },
  LicenseSet: (state, { id, licenseHash, licenseURI }) => {
    Object.assign(modelOf(state, id), { licenseHash, licenseURI });
  },
  ModelRegistered: (state, { id, version, benchmark }) => {
    Object.assign(modelOf(state, id), { status: "REGISTERED", ...benchmarkState(version, benchmark) });
  },
  BenchmarkReplaced: (state, { id, version, benchmark }) => {
    Object.assign(modelOf(state, id), benchmarkState(version, benchmark));
  },
  ScoreMoved: (state, { id, score, modelCommitment, rewardsRemaining }) => {
    Object.assign(modelOf(state, id), { score, modelCommitment, rewardsRemaining });
  },
  DailyLimitChanged: (state, { id, newLimitBps }) => {
    modelOf(state, id).dailyLimitBps = BigInt(newLimitBps as bigint);
  },
  ParameterChangeScheduled: (state, { id, parameter, oldValue, newValue, effectiveAt }) => {
    Object.assign(modelOf(state, id).parameters[Number(parameter)] as ParameterState, {
      value: oldValue as bigint,
      scheduled: { value: newValue as bigint, effectiveAt: effectiveAt as bigint },
    });
  },
  ParameterChanged: (state, { id, parameter, newValue }) => {
    Object.assign(modelOf(state, id).parameters[Number(parameter)] as ParameterState, {
      value: newValue as bigint,
      scheduled: undefined,
    });
  },
  ParameterChangeCancelled: (state, { id, parameter }) => {
    (modelOf(state, id).parameters[Number(parameter)] as ParameterState).scheduled = undefined;
  },
  GovernorProposed: (state, { id, governor, acceptableFrom }) => {
    const proposal = { account: String(governor), acceptableFrom: BigInt(acceptableFrom as bigint) };
    modelOf(state, id).pendingGovernor = governor === ZeroAddress ? undefined : proposal;
  },
  GovernorChanged: (state, { id, newGovernor }) => {
    Object.assign(modelOf(state, id), { governor: newGovernor as string, pendingGovernor: undefined });
  },
  OwnerProposed: (state, { id, owner }) => void (modelOf(state, id).pendingOwner = String(owner)),
  OwnerChanged: (state, { id, newOwner }) => {
    Object.assign(modelOf(state, id), { owner: newOwner as string, pendingOwner: ZeroAddress });
  },
  SupplierAllocationDistributed: (state, { id }) => void (modelOf(state, id).isDistributed = true),

  ModelPoolSet: (state, { id }) => void (modelOf(state, id).status = "DEPLOYED"),
  PoolCreated: (state, { id, pool, terms, virtualSupply }, { blockNumber }) => {
    const [crr, tradeFee, ibrDuration, virtualReserve, initialPrice] = terms as bigint[];
    const fixed = { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } as Record<string, bigint>;
    modelOf(state, id).pool = {
      ...(fixed as Pick<PoolState, "crr" | "tradeFee" | "ibrDuration" | "virtualReserve" | "initialPrice">),
      address: String(pool),
      block: blockNumber,
      virtualSupply: BigInt(virtualSupply as bigint),
      buysPausedUntil: 0n,
    };
  },
  PoolTermsFixed: (state, { id, newTermsHash }) => void (modelOf(state, id).poolTermsHash = String(newTermsHash)),
  BuysPaused: (state, { id, until }) => {
    const { pool } = modelOf(state, id);
    if (pool) pool.buysPausedUntil = BigInt(until as bigint);
  },

  Credited: (state, { model, balance }) => void (modelOf(state, model).owed = BigInt(balance as bigint)),
  InvoicePaid: (state, { model, balance, invoiceHash }) => {
    modelOf(state, model).owed = BigInt(balance as bigint);
    state.paidInvoices.add(String(invoiceHash));
  },
  PayeeApproved: (state, { model, payee, payableFrom }) => {
    modelOf(state, model).payees.set(String(payee), BigInt(payableFrom as bigint));
  },
  PayeeRevoked: (state, { model, payee }) => void modelOf(state, model).payees.delete(String(payee)),
};

function benchmarkState(version: unknown, values: unknown) {
  const [specHash, evaluationDataHash, modelCommitment, method, metric, direction, baselineScore, ...minima] =
    values as [string, string, string, string, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  const [minImprovementBps, minSampleSize, minRuns, minLowerBoundBps] = minima;
  const terms = { specHash, evaluationDataHash, method, metric, direction, baselineScore, modelCommitment };
  return {
    benchmark: { ...terms, minImprovementBps, minSampleSize, minRuns, minLowerBoundBps },
    benchmarkVersion: version as bigint,
    score: baselineScore,
    modelCommitment,
  };
}

function modelOf({ models }: ProtocolState, id: unknown): ModelState {
  const model = models.get(String(id));
  if (model === undefined) throw new Error(`an event speaks of the model ${String(id)}, which no event has created`);
  return model;
}

function rolesOf({ roles }: ProtocolState, address: string): RolesState {
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

function setOf(sets: Map<string, Set<string>>, key: string): Set<string> {
  const present = sets.get(key) ?? new Set();
  sets.set(key, present);
  return present;
}
