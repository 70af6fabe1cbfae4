// What the logs make: the protocol's state, and what follows from it at a time.

import { ZeroAddress as NOBODY, ZeroHash as NOTHING } from "ethers";
import { Status } from "../../scripts/dev/world/models";
import { DAY } from "../../scripts/dev/world/units";

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
  readonly targetScore: bigint;
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
  /** How often the governor has changed. */
  generation: bigint;
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
  /** What a governor fixed, and the generation that did. */
  poolTerms: { hash: string; generation: bigint };
  buysPause: PauseState;
}

/** A pause that guardians may cause. */
export interface PauseState {
  readonly until: bigint;
  readonly wholeAt: bigint;
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
  /** By the payouts that were released. */
  rewardsMinted: bigint;
}

/** What a pool's market holds, and the stream of usage fees in it, which is released evenly. */
export interface MarketState {
  readonly held: bigint;
  readonly stream: { readonly amount: bigint; readonly start: bigint; readonly end: bigint };
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
  market: MarketState;
  curveSupply: bigint;
}

/** Roles of one contract. */
export interface AccessState {
  /** By role. */
  readonly holders: Map<string, Set<string>>;
  readonly roleAdmins: Map<string, string>;
  pendingAdmin: { account: string; schedule: bigint };
  delay: { value: bigint; pending?: { value: bigint; schedule: bigint } };
}

/** The reward of an improvement. */
export interface PayoutState {
  readonly reward: bigint;
  readonly payeesHash: string;
  /** What the registry keeps of it. */
  kept: string;
}

/** What a distribution has left, and who claimed. */
export interface DistributionState {
  readonly token: string;
  readonly root: string;
  readonly total: bigint;
  remaining: bigint;
  readonly claimed: Set<bigint>;
}

/** The whole protocol. Addresses are checksummed; models go by their key. */
export interface State {
  readonly addresses: Genesis["addresses"];
  readonly book: { tokenManager: string; factory: string; verifier: string };
  /** Who may give a model a benchmark with the method, as the contract's enumeration has it. */
  readonly methods: Map<string, bigint>;
  readonly models: Map<string, ModelState>;
  /** By model and evaluation, separated by a blank. */
  readonly payouts: Map<string, PayoutState>;
  /** Of a method's payouts. */
  readonly stops: Map<string, { since: bigint; until: bigint }>;
  submissionsPause: PauseState;
  launchesPause: PauseState;
  readonly tokens: Map<string, ModelTokenState>;
  readonly reserveToken: TokenState;
  readonly pools: Map<string, PoolState>;
  treasury: string;
  /** What models own in the infrastructure reserve. */
  readonly accounts: Map<string, bigint>;
  /** By model, generation of its governor and payee, separated by blanks. */
  readonly payableFrom: Map<string, bigint>;
  readonly paidInvoices: Set<string>;
  readonly attesters: Map<string, boolean>;
  threshold: bigint;
  epoch: bigint;
  /** Every verifier that ever was. */
  readonly verifiers: Set<string>;
  /** By id. */
  readonly distributions: Map<string, DistributionState>;
  /** By contract. */
  readonly access: Map<string, AccessState>;
  minDelay: bigint;
  /** When an operation of the timelock is ready; 1 when it is done. */
  readonly operations: Map<string, bigint>;
}

const NEVER: PauseState = { until: 0n, wholeAt: 0n };

/** The model that nobody has created. */
export function unknownModel(): ModelState {
  const zero = (): ParameterState => ({ value: 0n });
  return {
    ...{ modelId: "", status: Status.NONE, token: NOBODY, pool: NOBODY, owner: NOBODY, pendingOwner: NOBODY },
    ...{ governor: NOBODY, generation: 0n, pendingGovernor: { account: NOBODY, acceptableFrom: 0n } },
    ...{ parameters: [zero(), zero(), zero()], licenseHash: NOTHING, licenseURI: "" },
    benchmark: {
      ...{ specHash: NOTHING, evaluationDataHash: NOTHING, method: NOBODY, metric: 0n, direction: 0n },
      ...{ targetScore: 0n, minImprovementBps: 0n, minSampleSize: 0n, minRuns: 0n, minLowerBoundBps: 0n },
    },
    ...{ benchmarkVersion: 0n, score: 0n, modelCommitment: NOTHING, rewardsRemaining: 0n, dailyLimitBps: 0n },
    ...{ paid: { day: 0n, bps: 0n }, poolTerms: { hash: NOTHING, generation: 0n }, buysPause: NEVER },
  };
}

/** What a parameter is at a time. */
export function valueAt({ value, pending }: ParameterState, now: bigint): bigint {
  return pending && now > pending.effectiveAt ? pending.value : value;
}

/** What a pool has at a time: R, and what its stream has yet to release into it. */
export function marketAt({ held, stream }: MarketState, now: bigint): { reserve: bigint; pending: bigint } {
  const { amount, start, end } = stream;
  const pending = now < end ? amount - (amount * (now - start)) / (end - start) : 0n;
  return { reserve: held - pending, pending };
}

/** When a pool's stream ends; 0 when none runs. */
export function streamEndAt({ stream }: MarketState, now: bigint): bigint {
  return now < stream.end ? stream.end : 0n;
}

/** Number of the UTC day. */
export function dayOf(timestamp: bigint): bigint {
  return timestamp / DAY;
}

/** The state before the first log. */
export function beforeAll({ addresses, adminDelay }: Genesis): State {
  const roles = (): AccessState => ({
    ...{ holders: new Map(), roleAdmins: new Map(), pendingAdmin: { account: NOBODY, schedule: 0n } },
    delay: { value: adminDelay },
  });
  return {
    addresses,
    book: { tokenManager: NOBODY, factory: NOBODY, verifier: NOBODY },
    ...{ methods: new Map(), models: new Map(), payouts: new Map(), stops: new Map() },
    ...{ submissionsPause: NEVER, launchesPause: NEVER },
    ...{ tokens: new Map(), reserveToken: newToken(), pools: new Map(), treasury: NOBODY },
    ...{ accounts: new Map(), payableFrom: new Map(), paidInvoices: new Set() },
    ...{ attesters: new Map(), threshold: 0n, epoch: 1n },
    ...{ verifiers: new Set([addresses.DeltaOneVerifier]), distributions: new Map() },
    access: new DefaultMap(roles),
    ...{ minDelay: 0n, operations: new Map() },
  };
}

/** A map that creates the entries it is asked for and lacks. */
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

/** An ERC-20 of which nothing exists. */
export function newToken(): TokenState {
  return { balances: new Map(), allowances: new Map(), totalSupply: 0n };
}

/** Seconds between the steps of an admin transfer, at a time. */
export function delayAt({ delay }: AccessState, now: bigint): bigint {
  return delay.pending && delay.pending.schedule < now ? delay.pending.value : delay.value;
}

/** How many of the accounts are attesters. */
export function countOf(attesters: ReadonlyMap<string, boolean>): bigint {
  return BigInt([...attesters.values()].filter(Boolean).length);
}

/** The model, which the logs have created. */
export function modelOf({ models }: State, id: string): ModelState {
  const model = models.get(id);
  if (!model) throw new Error(`model ${id} was never created`);
  return model;
}

/** A model's ERC-20, which the logs have deployed. */
export function modelTokenOf({ tokens }: State, address: string): ModelTokenState {
  const token = tokens.get(address);
  if (!token) throw new Error(`token ${address} was never deployed`);
  return token;
}

/** An ERC-20: the reserve token or a model's. */
export function tokenOf(state: State, address: string): TokenState {
  return address === state.addresses.ReserveToken ? state.reserveToken : modelTokenOf(state, address);
}

/** The pool, which the logs have created. */
export function poolOf({ pools }: State, address: string): PoolState {
  const pool = pools.get(address);
  if (!pool) throw new Error(`pool ${address} was never created`);
  return pool;
}

/** The distribution, which the logs have begun. */
export function distributionOf({ distributions }: State, id: string): DistributionState {
  const distribution = distributions.get(id);
  if (!distribution) throw new Error(`distribution ${id} never began`);
  return distribution;
}

/** The reward of an evaluation, which the logs have queued. */
export function payoutOf({ payouts }: State, id: string, evaluationId: string): PayoutState {
  const payout = payouts.get(`${id} ${evaluationId}`);
  if (!payout) throw new Error(`no reward of ${id} waits for evaluation ${evaluationId}`);
  return payout;
}
