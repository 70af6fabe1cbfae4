// What every view of every contract must answer, told from the state that the logs make.

import { id as keyOf, ZeroHash } from "ethers";
import { hashDistribution } from "../../sdk/schemas/distribution";
import { rewardOf } from "../../scripts/dev/world/improvements";
import { modelSpotPrice } from "../market/pool.support";
import { BPS } from "../../scripts/dev/world/units";
import {
  countOf,
  dayOf,
  delayAt,
  type AccessState,
  type GenesisContract,
  type ModelState,
  type ModelTokenState,
  marketAt,
  type PoolState,
  type State,
  streamEndAt,
  unknownModel,
  valueAt,
} from "./state";

/** A view with arguments, and what it must answer. */
export interface Answer {
  /** Name of the contract, as of its ABI. */
  readonly contract: string;
  readonly address: string;
  readonly view: string;
  readonly args: readonly unknown[];
  readonly value: unknown;
}

/** Somebody and something of whom no log tells. */
const STRANGER = "0x000000000000000000000000000000000000dEaD";
const UNKNOWN = keyOf("of which no log tells");
const UNKNOWN_MODEL = "unknown-model";

/** Improvement about which reward views are asked, in bps; nothing bounds it but the scale. */
const DELTA = 10n;
const MAX_SCORE = BPS;
const MAXIMISE = 0n;

const [UNSET, WAITING, READY, DONE] = [0n, 1n, 2n, 3n];
const DONE_TIMESTAMP = 1n;

type Ask = (view: string, args: readonly unknown[], value: unknown) => Answer;

/** All answers at a time. */
export function answersAt(state: State, now: bigint): Answer[] {
  return [
    ...[...state.access].flatMap(([address, access]) => ofAccess(asking(nameOf(state, address), address), access, now)),
    ...ofTimelock(state, now),
    ...ofRegistry(state, now),
    ...ofTokenManager(state),
    ...[...state.tokens].flatMap(([address, token]) => ofToken(state, address, token)),
    ...ofFactory(state),
    ...[...state.pools].flatMap(([address, pool]) => ofPool(state, address, pool, now)),
    ...ofInfrastructureReserve(state),
    ...ofAttestation(state),
    ...[...state.verifiers].flatMap((address) => ofVerifier(state, address, now)),
    ...ofDistributor(state),
  ];
}

function asking(contract: string, address: string): Ask {
  return (view, args, value) => ({ contract, address, view, args, value });
}

function askingThe({ addresses }: State, contract: GenesisContract): Ask {
  return asking(contract, addresses[contract]);
}

function nameOf({ addresses }: State, address: string): string {
  const found = Object.entries(addresses).find(([, known]) => known === address);
  if (!found) throw new Error(`roles of ${address}, which is no contract of the protocol`);
  return found[0];
}

/** Every model, and one that nobody has created. */
function modelsOf({ models }: State): [id: string, model: ModelState][] {
  return [...models, [UNKNOWN, unknownModel()]];
}

function ofAccess(ask: Ask, access: AccessState, now: bigint): Answer[] {
  const { holders, roleAdmins, pendingAdmin, delay } = access;
  const accounts = [...new Set([...holders.values()].flatMap((accounts) => [...accounts])), STRANGER];
  const [adminRole, noRole] = [`0x${"00".repeat(32)}`, UNKNOWN];
  const roles = [...new Set([...holders.keys(), ...roleAdmins.keys(), noRole])];
  const asked = [
    ...roles.flatMap((role) =>
      accounts.map((account) => ask("hasRole", [role, account], holders.get(role)?.has(account) ?? false)),
    ),
    ...roles.map((role) => ask("getRoleAdmin", [role], roleAdmins.get(role) ?? adminRole)),
  ];
  if (ask("", [], 0).contract === "TimelockController") return asked;

  const [admin] = holders.get(adminRole) ?? [];
  const waiting = delay.pending && delay.pending.schedule >= now ? delay.pending : { value: 0n, schedule: 0n };
  return [
    ...asked,
    ask("defaultAdmin", [], admin),
    ask("owner", [], admin),
    ask("pendingDefaultAdmin", [], [pendingAdmin.account, pendingAdmin.schedule]),
    ask("defaultAdminDelay", [], delayAt(access, now)),
    ask("pendingDefaultAdminDelay", [], [waiting.value, waiting.schedule]),
  ];
}

function ofTimelock(state: State, now: bigint): Answer[] {
  const ask = askingThe(state, "TimelockController");
  const operations: [string, bigint][] = [...state.operations, [UNKNOWN, 0n]];
  const stateAt = (readyAt: bigint) => {
    if (readyAt <= DONE_TIMESTAMP) return readyAt === 0n ? UNSET : DONE;
    return readyAt > now ? WAITING : READY;
  };
  return [
    ask("getMinDelay", [], state.minDelay),
    ...operations.flatMap(([id, readyAt]) => {
      const status = stateAt(readyAt);
      return [
        ask("getTimestamp", [id], readyAt),
        ask("getOperationState", [id], status),
        ask("isOperation", [id], status !== UNSET),
        ask("isOperationPending", [id], status === WAITING || status === READY),
        ask("isOperationReady", [id], status === READY),
        ask("isOperationDone", [id], status === DONE),
      ];
    }),
  ];
}

function ofRegistry(state: State, now: bigint): Answer[] {
  const ask = askingThe(state, "ModelRegistry");
  const { book, methods, payouts, stops, submissionsPause } = state;
  const noStop = { since: 0n, until: 0n };
  return [
    ask("tokenManager", [], book.tokenManager),
    ask("factory", [], book.factory),
    ask("verifier", [], book.verifier),
    ask("submissionsPausedUntil", [], submissionsPause.until),
    ask("submissionsPauseWholeAt", [], submissionsPause.wholeAt),
    ...[...methods, [STRANGER, 0n] as const].map(([method, access]) => ask("methodAccessOf", [method], access)),
    ...[...stops, [STRANGER, noStop] as const].map(([method, { since, until }]) =>
      ask("payoutStopOf", [method], [since, until]),
    ),
    ...[...payouts, [`${UNKNOWN} ${UNKNOWN}`, { kept: ZeroHash }] as const].map(([pair, { kept }]) =>
      ask("payoutOf", pair.split(" "), kept),
    ),
    ...modelsOf(state).flatMap(([id, model]) => ofModel(ask, id, model, now)),
  ];
}

function ofModel(ask: Ask, id: string, model: ModelState, now: bigint): Answer[] {
  const { status, token, pool, owner, governor, pendingGovernor, benchmark: b, score } = model;
  const [rate, accrual, price] = model.parameters.map((parameter) => valueAt(parameter, now));
  const benchmark = [
    ...[b.specHash, b.evaluationDataHash, model.modelCommitment, b.method, b.metric, b.direction, score],
    ...[b.targetScore, b.minImprovementBps, b.minSampleSize, b.minRuns, b.minLowerBoundBps],
  ];
  return [
    ask("model", [id], [status, token, pool, owner, governor]),
    ask("statusOf", [id], status),
    ask("tokenOf", [id], token),
    ask("poolOf", [id], pool),
    ask("ownerOf", [id], owner),
    ask("pendingOwnerOf", [id], model.pendingOwner),
    ask("governorOf", [id], governor),
    ask("governanceOf", [id], [governor, model.generation]),
    ask("pendingGovernorOf", [id], [pendingGovernor.account, pendingGovernor.acceptableFrom]),
    ask("parametersOf", [id], [rate, accrual, price, model.licenseHash, model.licenseURI]),
    ask("feeTermsOf", [id], [pool, accrual, price]),
    ...model.parameters.map(({ pending }, parameter) => {
      const isWaiting = pending !== undefined && now <= pending.effectiveAt;
      return ask("pendingChangeOf", [id, parameter], isWaiting ? [pending.value, pending.effectiveAt] : [0n, 0n]);
    }),
    ask("benchmarkOf", [id], benchmark),
    ask("benchmarkVersionOf", [id], model.benchmarkVersion),
    ask("scoreOf", [id], score),
    ask("dailyLimitOf", [id], model.dailyLimitBps),
    ask("remainingTodayBps", [id], remainingTodayBps(model, now)),
    ask("rewardsRemainingOf", [id], model.rewardsRemaining),
    ...(model.benchmarkVersion > 0n
      ? [ask("rewardFor", [id, betterThan(model)], rewardOf(deltaOf(model), rate!).reward)]
      : []),
  ];
}

function remainingTodayBps({ paid, dailyLimitBps }: ModelState, now: bigint): bigint {
  const bps = paid.day === dayOf(now) ? paid.bps : 0n;
  return bps > dailyLimitBps ? 0n : dailyLimitBps - bps;
}

/** A score that is better by {@link DELTA}, or the best one. */
function betterThan({ score, benchmark }: ModelState): bigint {
  if (benchmark.direction === MAXIMISE) return score + DELTA > MAX_SCORE ? MAX_SCORE : score + DELTA;
  return score < DELTA ? 0n : score - DELTA;
}

function deltaOf(model: ModelState): bigint {
  const better = betterThan(model);
  return better > model.score ? better - model.score : model.score - better;
}

function ofTokenManager(state: State): Answer[] {
  const ask = askingThe(state, "TokenManager");
  return [
    ask("launchesPausedUntil", [], state.launchesPause.until),
    ask("launchesPauseWholeAt", [], state.launchesPause.wholeAt),
    ask("distributor", [], state.addresses.RewardDistributor),
    ask("tokenOf", [UNKNOWN_MODEL], unknownModel().token),
    ...[...state.models.values()].map(({ modelId, token }) => ask("tokenOf", [modelId], token)),
  ];
}

function ofToken(state: State, address: string, token: ModelTokenState): Answer[] {
  const ask = asking("ModelToken", address);
  const { supplierAllocation, investorAllocation, rewardAllocation, balances, allowances } = token;
  const strangers = `${STRANGER} ${STRANGER}`;
  return [
    ask("totalSupply", [], token.totalSupply),
    ...[...balances, [STRANGER, 0n] as const].map(([account, balance]) => ask("balanceOf", [account], balance)),
    ...[...allowances, [strangers, 0n] as const].map(([pair, amount]) => ask("allowance", pair.split(" "), amount)),
    ask("pool", [], token.pool),
    ask("tokenManager", [], state.book.tokenManager),
    ask("supplierRecipient", [], token.supplierRecipient),
    ask("supplierAllocation", [], supplierAllocation),
    ask("investorAllocation", [], investorAllocation),
    ask("rewardAllocation", [], rewardAllocation),
    ask("maxSupply", [], supplierAllocation + investorAllocation),
    ask("isSupplierMinted", [], token.isSupplierMinted),
    ask("rewardsMinted", [], token.rewardsMinted),
    ask("remainingInvestorAllocation", [], remainingInvestorAllocation(token)),
  ];
}

function remainingInvestorAllocation(token: ModelTokenState): bigint {
  const supplier = token.isSupplierMinted ? token.supplierAllocation : 0n;
  return token.investorAllocation + supplier + token.rewardsMinted - token.totalSupply;
}

function ofFactory(state: State): Answer[] {
  const ask = askingThe(state, "HokusaiAMMFactory");
  return [
    ask("treasury", [], state.treasury),
    ask("poolCount", [], BigInt(state.pools.size)),
    ...[...state.pools.keys()].map((pool, index) => ask("poolAt", [index], pool)),
    ...modelsOf(state).flatMap(([id, { pool, poolTerms, buysPause }]) => [
      ask("poolOf", [id], pool),
      ask("poolTermsOf", [id], [poolTerms.hash, poolTerms.generation]),
      ...(state.pools.has(pool) ? [ask("buysPauseOf", [id], [buysPause.until, buysPause.wholeAt])] : []),
    ]),
  ];
}

function ofPool(state: State, address: string, pool: PoolState, now: bigint): Answer[] {
  const ask = asking("HokusaiAMM", address);
  const { crr, tradeFee, virtualReserve, virtualSupply, curveSupply } = pool;
  const { reserve, pending } = marketAt(pool.market, now);
  const token = state.tokens.get(pool.token)!;
  const curve = { reserve, supply: curveSupply, virtualReserve, crr, tradeFee };
  const backed = curveSupply > virtualSupply ? curveSupply - virtualSupply : 0n;
  return [
    ask("token", [], pool.token),
    ask("factory", [], pool.factory),
    ask("crr", [], crr),
    ask("tradeFee", [], tradeFee),
    ask("virtualReserve", [], virtualReserve),
    ask("virtualSupply", [], virtualSupply),
    ask("sellsOpenAt", [], pool.sellsOpenAt),
    ask("buysPausedUntil", [], state.models.get(token.model)!.buysPause.until),
    ask("reserve", [], reserve),
    ask("pendingStream", [], pending),
    ask("streamEnd", [], streamEndAt(pool.market, now)),
    ask("uncollectedFees", [], (state.reserveToken.balances.get(address) ?? 0n) - reserve - pending),
    ask("curveSupply", [], curveSupply),
    ask("netIssued", [], curveSupply - virtualSupply),
    ask("unbackedSupply", [], token.totalSupply - backed),
    ask("remainingInvestorAllocation", [], remainingInvestorAllocation(token)),
    ask("spotPrice", [], modelSpotPrice(curve)),
  ];
}

function ofInfrastructureReserve(state: State): Answer[] {
  const ask = askingThe(state, "InfrastructureReserve");
  const { accounts, models, payableFrom, paidInvoices } = state;
  const ever = [...payableFrom.keys()].map((key) => key.split(" ")).map(([model, , payee]) => `${model} ${payee}`);
  const approved = new Set([...ever, `${UNKNOWN} ${STRANGER}`]);
  return [
    ...modelsOf(state).map(([id]) => ask("balanceOf", [id], accounts.get(id) ?? 0n)),
    ask(
      "totalOwed",
      [],
      [...accounts.values()].reduce((sum, amount) => sum + amount, 0n),
    ),
    ...[...approved].map((pair) => {
      const [model, payee] = pair.split(" ") as [string, string];
      const present = `${model} ${models.get(model)?.generation} ${payee}`;
      return ask("payableFrom", [model, payee], payableFrom.get(present) ?? 0n);
    }),
    ...[...paidInvoices].map((invoice) => ask("isPaid", [invoice], true)),
    ask("isPaid", [UNKNOWN], false),
  ];
}

function ofAttestation(state: State): Answer[] {
  const ask = askingThe(state, "OracleAttestation");
  const { attesters, threshold, epoch } = state;
  return [
    ...[...attesters, [STRANGER, false] as const].map(([account, is]) => ask("isAttester", [account], is)),
    ask("attesterCount", [], countOf(attesters)),
    ask("threshold", [], threshold),
    ask("epoch", [], epoch),
  ];
}

function ofVerifier(state: State, address: string, now: bigint): Answer[] {
  const ask = asking("DeltaOneVerifier", address);
  return modelsOf(state).flatMap(([id, model]) => {
    const evaluations = [...state.payouts.keys()].filter((key) => key.startsWith(id)).map((key) => key.split(" ")[1]!);
    const { owner, forContributors } = rewardOf(deltaOf(model), valueAt(model.parameters[0], now));
    return [
      ...evaluations.map((evaluationId) => ask("isUsed", [id, evaluationId], true)),
      ask("isUsed", [id, UNKNOWN], false),
      ask("remainingTodayBps", [id], remainingTodayBps(model, now)),
      ...(model.benchmarkVersion > 0n ? [ask("previewReward", [id, betterThan(model)], [owner, forContributors])] : []),
    ];
  });
}

function ofDistributor(state: State): Answer[] {
  const ask = askingThe(state, "RewardDistributor");
  const none = hashDistribution(UNKNOWN, UNKNOWN);
  return [
    ask("tokenManager", [], state.book.tokenManager),
    ask("remainingOf", [none, STRANGER, UNKNOWN, 1n], 0n),
    ask("isClaimed", [none, 0n], false),
    ...[...state.distributions].flatMap(([id, { token, root, total, remaining, claimed }]) => [
      ask("remainingOf", [id, token, root, total], remaining),
      ask("remainingOf", [id, token, root, total + 1n], 0n),
      ...Array.from({ length: indicesOf(claimed) }, (_, index) =>
        ask("isClaimed", [id, index], claimed.has(BigInt(index))),
      ),
    ]),
  ];
}

/** As many as lead past the last that was claimed. */
function indicesOf(claimed: ReadonlySet<bigint>): number {
  return [...claimed].reduce((last, index) => Math.max(last, Number(index)), -1) + 2;
}
