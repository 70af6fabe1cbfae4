// The protocol's state, rebuilt from its logs alone (A4). This model knows the events and the published rules, and asks no
// contract. What an event tells beside the change itself, such as the old value or a total, must agree with what the model has.

import { AbiCoder, keccak256, ZeroAddress as NOBODY, ZeroHash as NOTHING } from "ethers";
import { roleId } from "../helpers/guarded.behavior";
import { Status } from "../../scripts/dev/world/models";
import { RELEASED, VOIDED } from "../../scripts/dev/world/payouts";
import { STREAM_DURATION } from "../market/pool.support";
import { confirmed, type Handler, type Handlers, type Log } from "./events";
import {
  beforeAll,
  type BenchmarkState,
  countOf,
  dayOf,
  delayAt,
  distributionOf,
  type Genesis,
  marketAt,
  type MarketState,
  modelOf,
  type ModelState,
  modelTokenOf,
  newToken,
  type ParameterState,
  payoutOf,
  poolOf,
  type State,
  tokenOf,
  unknownModel,
  valueAt,
} from "./state";

/** Wei that a model is born with for each of the DeltaOnes that its score can hold. */
const LIFETIME_DELTA_ONES = 100n;

const BPS_PER_DELTA_ONE = 100n;

/** Improvement that is recorded per model and UTC day until the admin decides otherwise, in bps. */
const DEFAULT_DAILY_LIMIT_BPS = 1_000n;

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

function keccakOf(types: readonly string[], values: readonly unknown[]): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
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
  const { targetScore, minImprovementBps, minSampleSize, minRuns, minLowerBoundBps } = terms;
  const hashes = { specHash, evaluationDataHash, method, metric, direction };
  model.benchmark = { ...hashes, targetScore, minImprovementBps, minSampleSize, minRuns, minLowerBoundBps };
  model.benchmarkVersion = confirmed(model.benchmarkVersion + 1n, version, "version", log);
  model.score = baselineScore;
  model.modelCommitment = modelCommitment;
}

function setParameter(model: ModelState, parameter: bigint, change: (present: ParameterState) => ParameterState): void {
  const index = Number(parameter);
  model.parameters[index] = change(model.parameters[index]!);
}

/** The market when R is known and the stream flows on. */
function withReserve({ held, stream }: MarketState, reserve: bigint, now: bigint): MarketState {
  return { held: reserve + marketAt({ held, stream }, now).pending, stream };
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
  VerifierChanged: ({ book, verifiers }, { oldVerifier, newVerifier }, log) => {
    confirmed(book.verifier, oldVerifier, "oldVerifier", log);
    book.verifier = newVerifier;
    verifiers.add(newVerifier);
  },
  MethodAllowed: ({ methods }, { method, access }) => {
    methods.set(method, access);
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
      ...{ supplierAllocation: 0n, investorAllocation: 0n, rewardAllocation: 0n, rewardsMinted: 0n },
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
  ScoreMoved: (state, { id, evaluationId, score, modelCommitment, rewardsRemaining, payeesHash }, log) => {
    const model = modelOf(state, id);
    const { timestamp } = log;
    const today = dayOf(timestamp);
    const bps = score > model.score ? score - model.score : model.score - score;
    const reward = (bps * valueAt(model.parameters[0], timestamp)) / BPS_PER_DELTA_ONE;
    const types = ["address", "uint256", "uint256", "bytes32"];
    const kept = keccakOf(types, [model.benchmark.method, timestamp, reward, payeesHash]);
    state.payouts.set(`${id} ${evaluationId}`, { reward, payeesHash, kept });
    confirmed(model.rewardsRemaining - reward, rewardsRemaining, "rewardsRemaining", log);
    model.paid = { day: today, bps: bps + (model.paid.day === today ? model.paid.bps : 0n) };
    Object.assign(model, { score, modelCommitment, rewardsRemaining });
  },
  PayoutReleased: (state, { id, evaluationId }) => {
    const payout = payoutOf(state, id, evaluationId);
    modelTokenOf(state, modelOf(state, id).token).rewardsMinted += payout.reward;
    payout.kept = RELEASED;
  },
  PayoutVoided: (state, { id, evaluationId, rewardsRemaining }, log) => {
    const [model, payout] = [modelOf(state, id), payoutOf(state, id, evaluationId)];
    const sum = model.rewardsRemaining + payout.reward;
    model.rewardsRemaining = confirmed(sum, rewardsRemaining, "rewardsRemaining", log);
    payout.kept = VOIDED;
  },
  PayoutsStopped: ({ stops }, { method, since, until }) => {
    stops.set(method, { since, until });
  },
  SubmissionsPaused: (state, { until, wholeAt }) => {
    state.submissionsPause = { until, wholeAt };
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
    model.generation += 1n;
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
  LaunchesPaused: (state, { until, wholeAt }) => {
    state.launchesPause = { until, wholeAt };
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
      market: { held: 0n, stream: { amount: 0n, start: 0n, end: 0n } },
      curveSupply: virtualSupply,
    });
  },
  PoolTermsFixed: (state, { id, oldTermsHash, newTermsHash, generation }, log) => {
    const model = modelOf(state, id);
    confirmed(model.poolTerms.hash, oldTermsHash, "oldTermsHash", log);
    confirmed(model.generation, generation, "generation", log);
    model.poolTerms = { hash: newTermsHash, generation };
  },
  BuysPaused: (state, { id, until, wholeAt }) => {
    modelOf(state, id).buysPause = { until, wholeAt };
  },
  TreasuryChanged: (state, { oldTreasury, newTreasury }, log) => {
    confirmed(state.treasury, oldTreasury, "oldTreasury", log);
    state.treasury = newTreasury;
  },
  Bought: (state, { tokensOut, reserve, curveSupply }, log) => {
    const pool = poolOf(state, log.emitter);
    pool.curveSupply = confirmed(pool.curveSupply + tokensOut, curveSupply, "curveSupply", log);
    pool.market = withReserve(pool.market, reserve, log.timestamp);
  },
  Sold: (state, { tokensIn, reserve, curveSupply }, log) => {
    const pool = poolOf(state, log.emitter);
    pool.curveSupply = confirmed(pool.curveSupply - tokensIn, curveSupply, "curveSupply", log);
    pool.market = withReserve(pool.market, reserve, log.timestamp);
  },
  FeesDeposited: (state, { amount, pending, streamEnd, reserve }, log) => {
    const pool = poolOf(state, log.emitter);
    const now = log.timestamp;
    const before = marketAt(pool.market, now);
    const total = before.pending + amount;
    const remaining = before.pending === 0n ? 0n : pool.market.stream.end - now;
    const end = now + (before.pending * remaining + amount * STREAM_DURATION) / total;
    confirmed(before.reserve, reserve, "reserve", log);
    pool.market = {
      held: pool.market.held + amount,
      stream: {
        amount: confirmed(total, pending, "pending", log),
        start: now,
        end: confirmed(end, streamEnd, "streamEnd", log),
      },
    };
  },
  FeesCollected: (state, { treasury }, log) => {
    confirmed(state.treasury, treasury, "treasury", log);
  },

  // Improvements
  // What the registry has told of the improvement, spelled out, so that anybody can release it.
  PayoutQueued: (state, { model, evaluationId, reward, contributorsRoot, accounts, amounts }, log) => {
    const payout = payoutOf(state, model, evaluationId);
    confirmed(payout.reward, reward, "reward", log);
    const payees = keccakOf(["bytes32", "address[]", "uint256[]"], [contributorsRoot, [...accounts], [...amounts]]);
    confirmed(payout.payeesHash, payees, "payees", log);
  },
  RewardDistributed: tellsNoState,
  DistributionCreated: ({ distributions }, { distributionId, token, root, total }) => {
    distributions.set(distributionId, { token, root, total, remaining: total, claimed: new Set() });
  },
  RewardClaimed: (state, { distributionId, index, amount, remaining }, log) => {
    const distribution = distributionOf(state, distributionId);
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
  PayeeApproved: (state, { model, payee, payableFrom }) => {
    state.payableFrom.set(`${model} ${modelOf(state, model).generation} ${payee}`, payableFrom);
  },
  PayeeRevoked: (state, { model, payee }) => {
    state.payableFrom.set(`${model} ${modelOf(state, model).generation} ${payee}`, 0n);
  },
  SurplusRescued: tellsNoState,
};
