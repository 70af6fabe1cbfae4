// The protocol's state, rebuilt from its logs alone (A4). This model knows the events and the published rules, and asks no
// contract. What an event tells beside the change itself, such as the old value or a total, must agree with what the model has.

import type {
  DeltaOneVerifier,
  HokusaiAMM,
  HokusaiAMMFactory,
  Hybrid,
  InfrastructureReserve,
  ModelRegistry,
  ModelToken,
  OracleAttestation,
  ReserveTokenMock,
  RewardDistributor,
  TimelockController,
  TokenManager,
  UsageFeeRouter,
  ZkProof,
} from "../../.build/typechain";
import type { TypedContractEvent, TypedEventLog } from "../../.build/typechain/common";
import { DAY } from "../helpers/units";
import { roleId } from "../helpers/guarded.behavior";
import { Status } from "../helpers/models";
import { STREAM_DURATION } from "../market/pool.support";

/** A decoded log. */
export interface Log {
  readonly emitter: string;
  readonly name: string;
  /** By name, as the ABI has them. */
  readonly args: unknown;
  /** Of its block. */
  readonly timestamp: bigint;
}

/** What precedes the logs: no event tells it. */
export interface Genesis {
  /** Of the contracts that are deployed once, and of the reserve token. */
  readonly addresses: Readonly<Record<GenesisContract, string>>;
  /** Seconds between the steps of an admin's transfer: an argument of every constructor. */
  readonly adminDelay: bigint;
}

export type GenesisContract =
  | "TimelockController"
  | "ModelRegistry"
  | "TokenManager"
  | "HokusaiAMMFactory"
  | "InfrastructureReserve"
  | "UsageFeeRouter"
  | "OracleAttestation"
  | "DeltaOneVerifier"
  | "RewardDistributor"
  | "ReserveToken";

/** Wei that a model is born with for each of the DeltaOnes that its score can hold. */
const LIFETIME_DELTA_ONES = 100n;

/** Improvement that is paid per model and UTC day until the admin decides otherwise, in bps. */
const DEFAULT_DAILY_LIMIT_BPS = 500n;

const NOBODY = "0x0000000000000000000000000000000000000000";
const NOTHING = `0x${"00".repeat(32)}`;

/** A value that will hold in every second after `effectiveAt`. */
export interface Scheduled {
  readonly value: bigint;
  readonly effectiveAt: bigint;
}

/** A parameter and its pending change. */
export interface ParameterState {
  readonly value: bigint;
  readonly pending?: Scheduled;
}

/** What a benchmark asks, without score and commitment, which move. */
export interface BenchmarkState {
  readonly specHash: string;
  readonly evaluationDataHash: string;
  readonly method: string;
  readonly metric: bigint;
  readonly direction: bigint;
  readonly minImprovementBps: bigint;
  readonly minSampleSize: bigint;
  readonly minRuns: bigint;
  readonly minLowerBoundBps: bigint;
}

/** What the registry knows of a model. */
export interface ModelState {
  modelId: string;
  status: bigint;
  token: string;
  pool: string;
  owner: string;
  pendingOwner: string;
  governor: string;
  pendingGovernor: { account: string; acceptableFrom: bigint };
  /** In the order of the contract's enumeration. */
  parameters: [ParameterState, ParameterState, ParameterState];
  licenseHash: string;
  licenseURI: string;
  benchmark: BenchmarkState;
  benchmarkVersion: bigint;
  score: bigint;
  modelCommitment: string;
  rewardsRemaining: bigint;
  dailyLimitBps: bigint;
  paid: { day: bigint; bps: bigint };
  poolTermsHash: string;
}

/** An ERC-20. */
export interface TokenState {
  readonly balances: Map<string, bigint>;
  /** By owner and spender, separated by a blank. */
  readonly allowances: Map<string, bigint>;
  totalSupply: bigint;
}

/** A model's ERC-20. */
export interface ModelTokenState extends TokenState {
  readonly model: string;
  pool: string;
  isSupplierMinted: boolean;
  supplierRecipient: string;
  supplierAllocation: bigint;
  investorAllocation: bigint;
  rewardAllocation: bigint;
}

/** What a pool holds, and when that was settled. */
export interface StreamState {
  readonly reserve: bigint;
  readonly pending: bigint;
  readonly streamEnd: bigint;
  readonly settledAt: bigint;
}

/** A pool. */
export interface PoolState {
  readonly token: string;
  readonly factory: string;
  readonly crr: bigint;
  readonly tradeFee: bigint;
  readonly virtualReserve: bigint;
  readonly virtualSupply: bigint;
  readonly sellsOpenAt: bigint;
  stream: StreamState;
  curveSupply: bigint;
  buysPausedUntil: bigint;
}

/** Roles of one contract. */
export interface AccessState {
  /** By role. */
  readonly holders: Map<string, Set<string>>;
  readonly roleAdmins: Map<string, string>;
  pendingAdmin: { account: string; schedule: bigint };
  delay: { value: bigint; pending?: { value: bigint; schedule: bigint } };
}

/** A paid improvement. */
export interface ImprovementState {
  readonly baselineScore: bigint;
  readonly candidateScore: bigint;
  readonly timestamp: bigint;
  readonly method: string;
}

/** What a distribution has left, and who claimed. */
export interface DistributionState {
  remaining: bigint;
  readonly claimed: Set<bigint>;
}

/** The whole protocol. Addresses are checksummed; models go by their key. */
export interface State {
  readonly addresses: Genesis["addresses"];
  readonly book: { tokenManager: string; factory: string; verifier: string };
  readonly methods: Map<string, boolean>;
  readonly models: Map<string, ModelState>;
  submissionsPausedUntil: bigint;
  launchesPausedUntil: bigint;
  readonly tokens: Map<string, ModelTokenState>;
  readonly reserveToken: TokenState;
  readonly pools: Map<string, PoolState>;
  treasury: string;
  /** What models own in the infrastructure reserve. */
  readonly accounts: Map<string, bigint>;
  /** By model and payee, separated by a blank. */
  readonly payableFrom: Map<string, bigint>;
  readonly paidInvoices: Set<string>;
  readonly attesters: Map<string, boolean>;
  threshold: bigint;
  epoch: bigint;
  /** By verifier, then by model and evaluation, separated by a blank. */
  readonly improvements: Map<string, Map<string, ImprovementState>>;
  /** By distributor, then by id. */
  readonly distributions: Map<string, Map<string, DistributionState>>;
  /** By contract. */
  readonly access: Map<string, AccessState>;
  minDelay: bigint;
  /** When an operation of the timelock is ready; 1 when it is done. */
  readonly operations: Map<string, bigint>;
}

type Filters =
  | DeltaOneVerifier["filters"]
  | HokusaiAMM["filters"]
  | HokusaiAMMFactory["filters"]
  | Hybrid["filters"]
  | InfrastructureReserve["filters"]
  | ModelRegistry["filters"]
  | ModelToken["filters"]
  | OracleAttestation["filters"]
  | ReserveTokenMock["filters"]
  | RewardDistributor["filters"]
  | TimelockController["filters"]
  | TokenManager["filters"]
  | UsageFeeRouter["filters"]
  | ZkProof["filters"];

type NamesIn<F> = F extends unknown ? Exclude<keyof F & string, `${string}(${string}`> : never;

type ArgsIn<F, Name> = F extends unknown
  ? Name extends keyof F
    ? F[Name] extends TypedContractEvent
      ? TypedEventLog<F[Name]>["args"]
      : never
    : never
  : never;

/** Every event of every contract has its entry: the type sees to it. */
type Handlers = {
  readonly [Name in NamesIn<Filters>]: (state: State, args: ArgsIn<Filters, Name>, log: Log) => void;
};

type Handler = (state: State, args: never, log: Log) => void;

/** The model that nobody has created. */
export function unknownModel(): ModelState {
  const zero = (): ParameterState => ({ value: 0n });
  return {
    ...{ modelId: "", status: Status.NONE, token: NOBODY, pool: NOBODY, owner: NOBODY, pendingOwner: NOBODY },
    ...{ governor: NOBODY, pendingGovernor: { account: NOBODY, acceptableFrom: 0n } },
    ...{ parameters: [zero(), zero(), zero()], licenseHash: NOTHING, licenseURI: "" },
    benchmark: {
      ...{ specHash: NOTHING, evaluationDataHash: NOTHING, method: NOBODY, metric: 0n, direction: 0n },
      ...{ minImprovementBps: 0n, minSampleSize: 0n, minRuns: 0n, minLowerBoundBps: 0n },
    },
    ...{ benchmarkVersion: 0n, score: 0n, modelCommitment: NOTHING, rewardsRemaining: 0n, dailyLimitBps: 0n },
    ...{ paid: { day: 0n, bps: 0n }, poolTermsHash: NOTHING },
  };
}

/** What a parameter is at a time. */
export function valueAt({ value, pending }: ParameterState, now: bigint): bigint {
  return pending && now > pending.effectiveAt ? pending.value : value;
}

/** What a pool holds at a time: the stream has flowed on. */
export function settledAt({ reserve, pending, streamEnd, settledAt: since }: StreamState, now: bigint): StreamState {
  if (now >= streamEnd) return { reserve: reserve + pending, pending: 0n, streamEnd: 0n, settledAt: now };
  const released = (pending * (now - since)) / (streamEnd - since);
  return { reserve: reserve + released, pending: pending - released, streamEnd, settledAt: now };
}

/** Number of the UTC day. */
export function dayOf(timestamp: bigint): bigint {
  return timestamp / DAY;
}

/** The state after these logs, which are all there are, in their order. */
export function replay(logs: readonly Log[], genesis: Genesis): State {
  const state = beforeAll(genesis);
  for (const log of logs) {
    const handle = (HANDLERS as Readonly<Record<string, Handler | undefined>>)[log.name];
    if (!handle) throw new Error(`no handler for the event ${log.name} of ${log.emitter}`);
    handle(state, log.args as never, log); // The name has chosen the handler, and so the arguments' type.
  }
  return state;
}

function beforeAll({ addresses, adminDelay }: Genesis): State {
  const roles = (): AccessState => ({
    ...{ holders: new Map(), roleAdmins: new Map(), pendingAdmin: { account: NOBODY, schedule: 0n } },
    delay: { value: adminDelay },
  });
  return {
    addresses,
    book: { tokenManager: NOBODY, factory: NOBODY, verifier: NOBODY },
    ...{ methods: new Map(), models: new Map(), submissionsPausedUntil: 0n, launchesPausedUntil: 0n },
    ...{ tokens: new Map(), reserveToken: newToken(), pools: new Map(), treasury: NOBODY },
    ...{ accounts: new Map(), payableFrom: new Map(), paidInvoices: new Set() },
    ...{ attesters: new Map(), threshold: 0n, epoch: 1n },
    improvements: new Map([[addresses.DeltaOneVerifier, new Map()]]),
    distributions: new Map([[addresses.RewardDistributor, new Map()]]),
    access: new DefaultMap(roles),
    ...{ minDelay: 0n, operations: new Map() },
  };
}

/** A map that makes what it is asked for and has not got. */
class DefaultMap<V> extends Map<string, V> {
  constructor(private readonly make: () => V) {
    super();
  }

  override get(key: string): V {
    const found = super.get(key) ?? this.make();
    this.set(key, found);
    return found;
  }
}

function newToken(): TokenState {
  return { balances: new Map(), allowances: new Map(), totalSupply: 0n };
}

/** What the model has, after the event has confirmed it. */
function confirmed<T>(own: T, told: T, what: string, { name, emitter }: Log): T {
  if (own !== told) throw new Error(`${name} of ${emitter} tells ${what} ${told}, the logs before it make it ${own}`);
  return own;
}

function modelOf({ models }: State, id: string): ModelState {
  const model = models.get(id);
  if (!model) throw new Error(`model ${id} was never created`);
  return model;
}

function modelTokenOf({ tokens }: State, address: string): ModelTokenState {
  const token = tokens.get(address);
  if (!token) throw new Error(`token ${address} was never deployed`);
  return token;
}

function tokenOf(state: State, address: string): TokenState {
  return address === state.addresses.ReserveToken ? state.reserveToken : modelTokenOf(state, address);
}

function poolOf({ pools }: State, address: string): PoolState {
  const pool = pools.get(address);
  if (!pool) throw new Error(`pool ${address} was never created`);
  return pool;
}

function distributionOf({ distributions }: State, { emitter }: Log, id: string): DistributionState {
  const distribution = distributions.get(emitter)?.get(id);
  if (!distribution) throw new Error(`distribution ${id} never began`);
  return distribution;
}

function add(amounts: Map<string, bigint>, key: string, amount: bigint): bigint {
  const sum = (amounts.get(key) ?? 0n) + amount;
  amounts.set(key, sum);
  return sum;
}

function setBenchmark(
  model: ModelState,
  version: bigint,
  { baselineScore, modelCommitment, ...terms }: BenchmarkState & { baselineScore: bigint; modelCommitment: string },
  log: Log,
): void {
  const { specHash, evaluationDataHash, method, metric, direction } = terms;
  const { minImprovementBps, minSampleSize, minRuns, minLowerBoundBps } = terms;
  const hashes = { specHash, evaluationDataHash, method, metric, direction };
  model.benchmark = { ...hashes, minImprovementBps, minSampleSize, minRuns, minLowerBoundBps };
  model.benchmarkVersion = confirmed(model.benchmarkVersion + 1n, version, "version", log);
  model.score = baselineScore;
  model.modelCommitment = modelCommitment;
}

function setParameter(model: ModelState, parameter: bigint, change: (present: ParameterState) => ParameterState): void {
  const index = Number(parameter);
  model.parameters[index] = change(model.parameters[index]!);
}

/** Seconds between the steps of an admin transfer, at a time. */
export function delayAt({ delay }: AccessState, now: bigint): bigint {
  return delay.pending && delay.pending.schedule < now ? delay.pending.value : delay.value;
}

/** The event repeats what another event of the same transaction tells, or is a receipt. */
const tellsNoState = () => undefined;

const HANDLERS: Handlers = {
  // Roles and the timelock
  RoleGranted: ({ access }, { role, account }, { emitter }) => {
    const contract = access.get(emitter)!;
    contract.holders.set(role, new Set(contract.holders.get(role)).add(account));
    if (role === roleId("DEFAULT_ADMIN_ROLE")) contract.pendingAdmin = { account: NOBODY, schedule: 0n };
  },
  RoleRevoked: ({ access }, { role, account }, { emitter }) => {
    access.get(emitter)!.holders.get(role)!.delete(account);
  },
  RoleAdminChanged: ({ access }, { role, previousAdminRole, newAdminRole }, log) => {
    const { roleAdmins } = access.get(log.emitter)!;
    confirmed(roleAdmins.get(role) ?? NOTHING, previousAdminRole, "previousAdminRole", log);
    roleAdmins.set(role, newAdminRole);
  },
  DefaultAdminTransferScheduled: ({ access }, { newAdmin, acceptSchedule }, log) => {
    const contract = access.get(log.emitter)!;
    const schedule = confirmed(log.timestamp + delayAt(contract, log.timestamp), acceptSchedule, "acceptSchedule", log);
    contract.pendingAdmin = { account: newAdmin, schedule };
  },
  DefaultAdminTransferCanceled: ({ access }, _, { emitter }) => {
    access.get(emitter)!.pendingAdmin = { account: NOBODY, schedule: 0n };
  },
  DefaultAdminDelayChangeScheduled: ({ access }, { newDelay, effectSchedule }, { emitter, timestamp }) => {
    const contract = access.get(emitter)!;
    const value = delayAt(contract, timestamp);
    contract.delay = { value, pending: { value: newDelay, schedule: effectSchedule } };
  },
  DefaultAdminDelayChangeCanceled: ({ access }, _, { emitter, timestamp }) => {
    const contract = access.get(emitter)!;
    contract.delay = { value: delayAt(contract, timestamp) };
  },
  MinDelayChange: (state, { oldDuration, newDuration }, log) => {
    confirmed(state.minDelay, oldDuration, "oldDuration", log);
    state.minDelay = newDuration;
  },
  CallScheduled: ({ operations }, { id, delay }, { timestamp }) => {
    operations.set(id, timestamp + delay);
  },
  CallExecuted: ({ operations }, { id }) => {
    operations.set(id, 1n);
  },
  Cancelled: ({ operations }, { id }) => {
    operations.set(id, 0n);
  },
  CallSalt: tellsNoState,

  // Address book, methods, attesters
  Wired: ({ book }, { tokenManager, factory, verifier }) => {
    Object.assign(book, { tokenManager, factory, verifier });
  },
  VerifierChanged: ({ book, improvements }, { oldVerifier, newVerifier }, log) => {
    confirmed(book.verifier, oldVerifier, "oldVerifier", log);
    book.verifier = newVerifier;
    improvements.set(newVerifier, improvements.get(newVerifier) ?? new Map());
  },
  MethodAllowed: ({ methods }, { method, allowed }) => {
    methods.set(method, allowed);
  },
  AttesterAdded: ({ attesters }, { attester, count }, log) => {
    attesters.set(attester, true);
    confirmed(countOf(attesters), count, "count", log);
  },
  AttesterRemoved: (state, { attester, count, epoch }, log) => {
    state.attesters.set(attester, false);
    confirmed(countOf(state.attesters), count, "count", log);
    state.epoch = confirmed(state.epoch + 1n, epoch, "epoch", log);
  },
  ThresholdChanged: (state, { oldThreshold, newThreshold }, log) => {
    confirmed(state.threshold, oldThreshold, "oldThreshold", log);
    state.threshold = newThreshold;
  },

  // Models
  ModelCreated: ({ models, tokens }, { id, token, owner, modelId, governor, ...parameters }) => {
    const { tokensPerDeltaOne, infrastructureAccrualBps, pricePerThousandCalls } = parameters;
    models.set(id, {
      ...unknownModel(),
      ...{ modelId, status: Status.PROPOSAL, token, owner, governor },
      parameters: [{ value: tokensPerDeltaOne }, { value: infrastructureAccrualBps }, { value: pricePerThousandCalls }],
      rewardsRemaining: LIFETIME_DELTA_ONES * tokensPerDeltaOne,
      dailyLimitBps: DEFAULT_DAILY_LIMIT_BPS,
    });
    tokens.set(token, {
      ...newToken(),
      ...{ model: id, pool: NOBODY, isSupplierMinted: false, supplierRecipient: NOBODY },
      ...{ supplierAllocation: 0n, investorAllocation: 0n, rewardAllocation: 0n },
    });
  },
  LicenseSet: (state, { id, licenseHash, licenseURI }) => {
    Object.assign(modelOf(state, id), { licenseHash, licenseURI });
  },
  ModelRegistered: (state, { id, version, benchmark }, log) => {
    const model = modelOf(state, id);
    model.status = Status.REGISTERED;
    setBenchmark(model, version, benchmark, log);
  },
  BenchmarkReplaced: (state, { id, version, benchmark }, log) => {
    setBenchmark(modelOf(state, id), version, benchmark, log);
  },
  ScoreMoved: (state, { id, score, modelCommitment, rewardsRemaining }, { timestamp }) => {
    const model = modelOf(state, id);
    const today = dayOf(timestamp);
    const bps = score > model.score ? score - model.score : model.score - score;
    model.paid = { day: today, bps: bps + (model.paid.day === today ? model.paid.bps : 0n) };
    Object.assign(model, { score, modelCommitment, rewardsRemaining });
  },
  SubmissionsPaused: (state, { until }) => {
    state.submissionsPausedUntil = until;
  },
  ParameterChangeScheduled: (state, { id, parameter, oldValue, newValue, effectiveAt }, log) => {
    setParameter(modelOf(state, id), parameter, (present) => ({
      value: confirmed(valueAt(present, log.timestamp), oldValue, "oldValue", log),
      pending: { value: newValue, effectiveAt },
    }));
  },
  ParameterChanged: (state, { id, parameter, oldValue, newValue }, log) => {
    setParameter(modelOf(state, id), parameter, (present) => {
      confirmed(valueAt(present, log.timestamp), oldValue, "oldValue", log);
      return { value: newValue };
    });
  },
  ParameterChangeCancelled: (state, { id, parameter, value }, log) => {
    setParameter(modelOf(state, id), parameter, (present) => {
      confirmed(present.pending?.value, value, "value", log);
      return { value: present.value };
    });
  },
  GovernorProposed: (state, { id, governor, acceptableFrom }) => {
    modelOf(state, id).pendingGovernor =
      governor === NOBODY ? { account: NOBODY, acceptableFrom: 0n } : { account: governor, acceptableFrom };
  },
  GovernorChanged: (state, { id, oldGovernor, newGovernor }, log) => {
    const model = modelOf(state, id);
    confirmed(model.governor, oldGovernor, "oldGovernor", log);
    model.governor = confirmed(model.pendingGovernor.account, newGovernor, "newGovernor", log);
    model.pendingGovernor = { account: NOBODY, acceptableFrom: 0n };
  },
  OwnerProposed: (state, { id, owner }) => {
    modelOf(state, id).pendingOwner = owner;
  },
  OwnerChanged: (state, { id, oldOwner, newOwner }, log) => {
    const model = modelOf(state, id);
    confirmed(model.owner, oldOwner, "oldOwner", log);
    model.owner = confirmed(model.pendingOwner, newOwner, "newOwner", log);
    model.pendingOwner = NOBODY;
  },
  DailyLimitChanged: (state, { id, oldLimitBps, newLimitBps }, log) => {
    const model = modelOf(state, id);
    confirmed(model.dailyLimitBps, oldLimitBps, "oldLimitBps", log);
    model.dailyLimitBps = newLimitBps;
  },
  ModelPoolSet: (state, { id, pool }) => {
    Object.assign(modelOf(state, id), { pool, status: Status.DEPLOYED });
  },

  // Tokens
  TokenDeployed: (state, { id, token, supplierRecipient, supplierAllocation, ...allocations }, log) => {
    const { investorAllocation, rewardAllocation } = allocations;
    const deployed = modelTokenOf(state, token);
    confirmed(deployed.model, id, "id", log);
    confirmed(modelOf(state, id).rewardsRemaining, rewardAllocation, "rewardAllocation", log);
    Object.assign(deployed, { supplierRecipient, supplierAllocation, investorAllocation, rewardAllocation });
  },
  SupplierAllocationDistributed: tellsNoState,
  LaunchesPaused: (state, { until }) => {
    state.launchesPausedUntil = until;
  },
  PoolSet: (state, { pool }, { emitter }) => {
    modelTokenOf(state, emitter).pool = pool;
  },
  SupplierMinted: (state, { recipient, amount }, log) => {
    const token = modelTokenOf(state, log.emitter);
    confirmed(token.supplierRecipient, recipient, "recipient", log);
    confirmed(token.supplierAllocation, amount, "amount", log);
    token.isSupplierMinted = true;
  },
  Transfer: (state, { from, to, value }, { emitter }) => {
    const token = tokenOf(state, emitter);
    if (from === NOBODY) token.totalSupply += value;
    else add(token.balances, from, -value);
    if (to === NOBODY) token.totalSupply -= value;
    else add(token.balances, to, value);
  },
  Approval: (state, { owner, spender, value }, { emitter }) => {
    tokenOf(state, emitter).allowances.set(`${owner} ${spender}`, value);
  },
  EIP712DomainChanged: tellsNoState,

  // Market
  PoolCreated: ({ pools }, { pool, token, terms, virtualSupply }, { emitter, timestamp }) => {
    pools.set(pool, {
      ...{ token, factory: emitter, crr: terms.crr, tradeFee: terms.tradeFee, virtualSupply },
      ...{ virtualReserve: terms.virtualReserve, sellsOpenAt: timestamp + terms.ibrDuration },
      stream: { reserve: 0n, pending: 0n, streamEnd: 0n, settledAt: timestamp },
      ...{ curveSupply: virtualSupply, buysPausedUntil: 0n },
    });
  },
  PoolTermsFixed: (state, { id, oldTermsHash, newTermsHash }, log) => {
    const model = modelOf(state, id);
    confirmed(model.poolTermsHash, oldTermsHash, "oldTermsHash", log);
    model.poolTermsHash = newTermsHash;
  },
  BuysPaused: (state, { id, until }) => {
    poolOf(state, modelOf(state, id).pool).buysPausedUntil = until;
  },
  TreasuryChanged: (state, { oldTreasury, newTreasury }, log) => {
    confirmed(state.treasury, oldTreasury, "oldTreasury", log);
    state.treasury = newTreasury;
  },
  Bought: (state, { tokensOut, reserve, curveSupply }, log) => {
    const pool = poolOf(state, log.emitter);
    pool.curveSupply = confirmed(pool.curveSupply + tokensOut, curveSupply, "curveSupply", log);
    pool.stream = { ...settledAt(pool.stream, log.timestamp), reserve };
  },
  Sold: (state, { tokensIn, reserve, curveSupply }, log) => {
    const pool = poolOf(state, log.emitter);
    pool.curveSupply = confirmed(pool.curveSupply - tokensIn, curveSupply, "curveSupply", log);
    pool.stream = { ...settledAt(pool.stream, log.timestamp), reserve };
  },
  FeesDeposited: (state, { amount, pending, streamEnd, reserve }, log) => {
    const pool = poolOf(state, log.emitter);
    const now = log.timestamp;
    const before = settledAt(pool.stream, now);
    const total = before.pending + amount;
    const remaining = before.streamEnd === 0n ? 0n : before.streamEnd - now;
    const end = now + (before.pending * remaining + amount * STREAM_DURATION) / total;
    pool.stream = {
      reserve: confirmed(before.reserve, reserve, "reserve", log),
      pending: confirmed(total, pending, "pending", log),
      streamEnd: confirmed(end, streamEnd, "streamEnd", log),
      settledAt: now,
    };
  },
  FeesCollected: (state, { treasury }, log) => {
    confirmed(state.treasury, treasury, "treasury", log);
  },

  // Improvements
  ImprovementRecorded: ({ improvements }, { model, evaluationId, ...record }, { emitter, timestamp }) => {
    const { method, baselineScore, candidateScore } = record;
    improvements.get(emitter)!.set(`${model} ${evaluationId}`, { baselineScore, candidateScore, timestamp, method });
  },
  RewardDistributed: tellsNoState,
  DistributionCreated: ({ distributions }, { distributionId, total }, { emitter }) => {
    const own = distributions.get(emitter) ?? new Map<string, DistributionState>();
    distributions.set(emitter, own.set(distributionId, { remaining: total, claimed: new Set() }));
  },
  RewardClaimed: (state, { distributionId, index, amount, remaining }, log) => {
    const distribution = distributionOf(state, log, distributionId);
    distribution.claimed.add(index);
    distribution.remaining = confirmed(distribution.remaining - amount, remaining, "remaining", log);
  },

  // Usage fees
  FeeDeposited: tellsNoState,
  CallsPaid: tellsNoState,
  DepositFailed: tellsNoState,
  Credited: ({ accounts }, { model, amount, balance }, log) => {
    confirmed(add(accounts, model, amount), balance, "balance", log);
  },
  InvoicePaid: ({ accounts, paidInvoices }, { model, invoiceHash, amount, balance }, log) => {
    confirmed(add(accounts, model, -amount), balance, "balance", log);
    paidInvoices.add(invoiceHash);
  },
  PaymentFailed: tellsNoState,
  PayeeApproved: ({ payableFrom }, { model, payee, payableFrom: from }) => {
    payableFrom.set(`${model} ${payee}`, from);
  },
  PayeeRevoked: ({ payableFrom }, { model, payee }) => {
    payableFrom.set(`${model} ${payee}`, 0n);
  },
  SurplusRescued: tellsNoState,
};

/** How many of the accounts are attesters. */
export function countOf(attesters: ReadonlyMap<string, boolean>): bigint {
  return BigInt([...attesters.values()].filter(Boolean).length);
}
