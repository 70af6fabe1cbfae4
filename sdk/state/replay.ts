// SPDX-License-Identifier: MIT
// Rebuilds the state of the protocol from its events alone. Every event of the contracts needs a handler: without one for a new event this
// does
// not compile, and an unknown event is an error.

import { ZeroAddress, ZeroHash } from "ethers";
import type {
  DeltaOneVerifier,
  HokusaiAMMFactory,
  InfrastructureReserve,
  ModelRegistry,
  OracleAttestation,
  RewardDistributor,
  TimelockController,
  TokenManager,
  TypedContractEvent,
  TypedEventLog,
  UsageFeeRouter,
} from "../client/contracts.ts";
import { payoutOf } from "../client/payouts.ts";
import type { Event } from "../rpc/snapshot.ts";
import { NO_STOP, termsOf } from "./payouts.ts";
import { METHOD_ACCESS, type BenchmarkState, type ParameterState, type ProtocolState } from "./protocolState.ts";
import { NO_PAUSE, payoutKey, takePayout, parameterOf, modelOf, rolesOf, setOf } from "./lookups.ts";

/** The daily limit of every model until the admin changes it, in bps. */
export const DEFAULT_DAILY_LIMIT_BPS = 1_000n;

const DEFAULT_ADMIN_ROLE = ZeroHash;

/** Rebuilds the state from all events, in the order of the chain. */
export function replay(events: readonly Event[]): ProtocolState {
  const state = emptyState();
  for (const event of events) applyEvent(state, event);
  return state;
}

/** Returns the state before the first event. */
export function emptyState(): ProtocolState {
  return {
    roles: new Map(),
    models: new Map(),
    operations: new Map(),
    methods: new Map(),
    stops: new Map(),
    payouts: new Map(),
    attesters: new Set(),
    threshold: 0n,
    epoch: 1n,
    tokenManager: ZeroAddress,
    factory: ZeroAddress,
    verifier: ZeroAddress,
    verifiers: new Set(),
    treasury: ZeroAddress,
    submissionsPause: NO_PAUSE,
    launchesPause: NO_PAUSE,
    minDelay: 0n,
    paidInvoices: new Set(),
  };
}

/** Updates the state with the next event. Throws if the event is unknown. */
export function applyEvent(state: ProtocolState, entry: Event): void {
  const handle = (HANDLERS as Readonly<Record<string, Handler | undefined>>)[entry.event.name];
  if (handle === undefined) throw new Error(`unknown event ${entry.event.name} of ${entry.address}`);
  handle(state, entry.event.args as never, entry); // the name selects the handler, and thereby the type of the arguments
}

type Filters =
  | DeltaOneVerifier["filters"]
  | HokusaiAMMFactory["filters"]
  | InfrastructureReserve["filters"]
  | ModelRegistry["filters"]
  | OracleAttestation["filters"]
  | RewardDistributor["filters"]
  | TimelockController["filters"]
  | TokenManager["filters"]
  | UsageFeeRouter["filters"];

type NamesIn<F> = F extends unknown ? Exclude<keyof F & string, `${string}(${string}`> : never;

type ArgsIn<F, Name> = F extends unknown
  ? Name extends keyof F
    ? F[Name] extends TypedContractEvent
      ? TypedEventLog<F[Name]>["args"]
      : never
    : never
  : never;

type Handlers = {
  readonly [Name in NamesIn<Filters>]: (state: ProtocolState, args: ArgsIn<Filters, Name>, entry: Event) => void;
};

type Handler = (state: ProtocolState, args: never, entry: Event) => void;

/** Handles an event that does not change this state. */
const tellsNoState = (): void => undefined;

const HANDLERS: Handlers = {
  RoleGranted: (state, { role, account }, { address }) => {
    const { holders, everHeld } = rolesOf(state, address);
    for (const accounts of [holders, everHeld]) setOf(accounts, role).add(account);
    if (role === DEFAULT_ADMIN_ROLE) rolesOf(state, address).pendingAdmin = undefined;
  },
  RoleRevoked: (state, { role, account }, { address }) => {
    setOf(rolesOf(state, address).holders, role).delete(account);
  },
  RoleAdminChanged: (state, { role, newAdminRole }, { address }) => {
    rolesOf(state, address).roleAdmins.set(role, newAdminRole);
  },
  DefaultAdminTransferScheduled: (state, { newAdmin, acceptSchedule }, { address }) => {
    rolesOf(state, address).pendingAdmin = { account: newAdmin, schedule: acceptSchedule };
  },
  DefaultAdminTransferCanceled: (state, _, { address }) => {
    rolesOf(state, address).pendingAdmin = undefined;
  },
  DefaultAdminDelayChangeScheduled: (state, { newDelay, effectSchedule }, { address }) => {
    rolesOf(state, address).pendingAdminDelay = { delay: newDelay, schedule: effectSchedule };
  },
  DefaultAdminDelayChangeCanceled: (state, _, { address }) => {
    rolesOf(state, address).pendingAdminDelay = undefined;
  },

  CallScheduled: ({ operations }, { id, target, data }) => {
    const operation = operations.get(id) ?? { id, calls: [] };
    operation.calls.push({ target, data });
    operations.set(id, operation);
  },
  CallSalt: tellsNoState,
  CallExecuted: ({ operations }, { id }) => void operations.delete(id),
  Cancelled: ({ operations }, { id }) => void operations.delete(id),
  MinDelayChange: (state, { newDuration }) => void (state.minDelay = newDuration),

  Wired: (state, { tokenManager, factory, verifier }) => {
    Object.assign(state, { tokenManager, factory, verifier });
    state.verifiers.add(verifier);
  },
  VerifierChanged: (state, { newVerifier }) => {
    state.verifier = newVerifier;
    state.verifiers.add(newVerifier);
  },
  MethodAllowed: ({ methods }, { method, access }) => void methods.set(method, METHOD_ACCESS[Number(access)] ?? "NONE"),
  SubmissionsPaused: (state, { until, wholeAt }) => void (state.submissionsPause = { until, wholeAt }),
  LaunchesPaused: (state, { until, wholeAt }) => void (state.launchesPause = { until, wholeAt }),
  TreasuryChanged: (state, { newTreasury }) => void (state.treasury = newTreasury),

  AttesterAdded: ({ attesters }, { attester }) => void attesters.add(attester),
  AttesterRemoved: (state, { attester, epoch }) => {
    state.attesters.delete(attester);
    state.epoch = epoch;
  },
  ThresholdChanged: (state, { newThreshold }) => void (state.threshold = newThreshold),
  EIP712DomainChanged: tellsNoState,

  ModelCreated: ({ models }, args) => {
    const { id, modelId, token, owner, governor } = args;
    const parameter = (value: bigint): ParameterState => ({ value, scheduled: undefined });
    models.set(id, {
      ...{ id, modelId, token, owner, governor, index: models.size, generation: 0n },
      ...{ supplierRecipient: ZeroAddress, supplierAllocation: 0n, investorAllocation: 0n, rewardAllocation: 0n },
      ...{ status: "PROPOSAL", pendingOwner: ZeroAddress, pendingGovernor: undefined },
      parameters: [
        parameter(args.tokensPerDeltaOne),
        parameter(args.infrastructureAccrualBps),
        parameter(args.pricePerThousandCalls),
      ],
      ...{ licenseHash: ZeroHash, licenseURI: "" },
      ...{ benchmark: undefined, benchmarkVersion: 0n, score: 0n, modelCommitment: ZeroHash },
      ...{ rewardsRemaining: 0n, rewardsQueued: 0n, rewardsReleased: 0n, dailyLimitBps: DEFAULT_DAILY_LIMIT_BPS },
      ...{ isDistributed: false, pool: undefined, poolTerms: { hash: ZeroHash, generation: 0n } },
      ...{ owed: 0n, payees: new Map() },
    });
  },
  TokenDeployed: (state, { id, supplierRecipient, supplierAllocation, investorAllocation, rewardAllocation }) => {
    const allocations = { supplierRecipient, supplierAllocation, investorAllocation, rewardAllocation };
    Object.assign(modelOf(state, id), { ...allocations, rewardsRemaining: rewardAllocation });
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
  DailyLimitChanged: (state, { id, newLimitBps }) => void (modelOf(state, id).dailyLimitBps = newLimitBps),

  ScoreMoved: (state, { id, evaluationId, score, modelCommitment, rewardsRemaining, payeesHash }, { blockNumber }) => {
    const model = modelOf(state, id);
    const reward = model.rewardsRemaining - rewardsRemaining;
    const payout = { model: id, evaluationId, payeesHash, reward, block: blockNumber, told: undefined };
    state.payouts.set(payoutKey(id, evaluationId), payout);
    Object.assign(model, { score, modelCommitment, rewardsRemaining, rewardsQueued: model.rewardsQueued + reward });
  },
  PayoutQueued: ({ payouts }, args, { blockNumber }) => {
    // A replaced verifier may log anything. Its event counts only if it is in the block of the registry's record and has the same payees.
    const payout = payouts.get(payoutKey(args.model, args.evaluationId));
    const told = payoutOf(args, 0n);
    if (payout?.block === blockNumber && termsOf(told).payeesHash === payout.payeesHash) payout.told ??= told;
  },
  PayoutReleased: (state, { id, evaluationId }) => {
    modelOf(state, id).rewardsReleased += takePayout(state, id, evaluationId).reward;
  },
  PayoutVoided: (state, { id, evaluationId, rewardsRemaining }) => {
    takePayout(state, id, evaluationId);
    modelOf(state, id).rewardsRemaining = rewardsRemaining;
  },
  PayoutsStopped: ({ stops }, { method, since, until }) => {
    if (until === NO_STOP.until) stops.delete(method);
    else stops.set(method, { since, until });
  },
  RewardDistributed: tellsNoState,
  DistributionCreated: tellsNoState,
  RewardClaimed: tellsNoState,

  ParameterChangeScheduled: (state, { id, parameter, oldValue, newValue, effectiveAt }) => {
    Object.assign(parameterOf(state, id, parameter), { value: oldValue, scheduled: { value: newValue, effectiveAt } });
  },
  ParameterChanged: (state, { id, parameter, newValue }) => {
    Object.assign(parameterOf(state, id, parameter), { value: newValue, scheduled: undefined });
  },
  ParameterChangeCancelled: (state, { id, parameter }) => {
    parameterOf(state, id, parameter).scheduled = undefined;
  },
  GovernorProposed: (state, { id, governor, acceptableFrom }) => {
    modelOf(state, id).pendingGovernor = governor === ZeroAddress ? undefined : { account: governor, acceptableFrom };
  },
  GovernorChanged: (state, { id, newGovernor }) => {
    const model = modelOf(state, id);
    const generation = model.generation + 1n;
    Object.assign(model, { governor: newGovernor, generation, pendingGovernor: undefined });
    model.payees.clear();
  },
  OwnerProposed: (state, { id, owner }) => void (modelOf(state, id).pendingOwner = owner),
  OwnerChanged: (state, { id, newOwner }) => {
    Object.assign(modelOf(state, id), { owner: newOwner, pendingOwner: ZeroAddress });
  },
  SupplierAllocationDistributed: (state, { id }) => void (modelOf(state, id).isDistributed = true),

  ModelPoolSet: (state, { id }) => void (modelOf(state, id).status = "DEPLOYED"),
  PoolCreated: (state, { id, pool, terms, virtualSupply }, { blockNumber }) => {
    const { crr, tradeFee, ibrDuration, virtualReserve, initialPrice } = terms;
    modelOf(state, id).pool = {
      ...{ crr, tradeFee, ibrDuration, virtualReserve, initialPrice, virtualSupply },
      ...{ address: pool, block: blockNumber, buysPause: NO_PAUSE },
    };
  },
  PoolTermsFixed: (state, { id, newTermsHash, generation }) => {
    modelOf(state, id).poolTerms = { hash: newTermsHash, generation };
  },
  BuysPaused: (state, { id, until, wholeAt }) => {
    const { pool } = modelOf(state, id);
    if (pool) pool.buysPause = { until, wholeAt };
  },

  FeeDeposited: tellsNoState,
  CallsPaid: tellsNoState,
  DepositFailed: tellsNoState,
  Credited: (state, { model, balance }) => void (modelOf(state, model).owed = balance),
  InvoicePaid: (state, { model, balance, invoiceHash }) => {
    modelOf(state, model).owed = balance;
    state.paidInvoices.add(invoiceHash);
  },
  PaymentFailed: tellsNoState,
  SurplusRescued: tellsNoState,
  PayeeApproved: (state, { model, payee, payableFrom }) => {
    modelOf(state, model).payees.set(payee, payableFrom);
  },
  PayeeRevoked: (state, { model, payee }) => void modelOf(state, model).payees.delete(payee),
};

type BenchmarkEvent = ArgsIn<Filters, "ModelRegistered">["benchmark"];

function benchmarkState(version: bigint, values: BenchmarkEvent) {
  const { specHash, evaluationDataHash, modelCommitment, method, metric, direction, baselineScore } = values;
  const { targetScore, minImprovementBps, minSampleSize, minRuns, minLowerBoundBps } = values;
  const benchmark: BenchmarkState = {
    ...{ specHash, evaluationDataHash, method, metric, direction, baselineScore, targetScore, modelCommitment },
    ...{ minImprovementBps, minSampleSize, minRuns, minLowerBoundBps },
  };
  return { benchmark, benchmarkVersion: version, score: baselineScore, modelCommitment };
}
