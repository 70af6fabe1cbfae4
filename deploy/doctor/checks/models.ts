// SPDX-License-Identifier: MIT
// Every model: its code, how registry, token and pool know each other, its file, what is under way, and what views can show of
// the invariants.

import { ZeroAddress, ZeroHash } from "ethers";
import type { HokusaiAMMFactory } from "../../../.build/typechain";
import { answerOf } from "../../../sdk/rpc/snapshot";
import { DEFAULT_DAILY_LIMIT_BPS } from "../../../sdk/state/replay";
import { MODEL_STATUS, PARAMETERS, pendingAt, valueAt, type ModelState } from "../../../sdk/state/protocolState";
import { Check } from "../report";
import { COMPROMISED, contractOf, modelsOf, timeText, type Subject } from "../subject";
import { notePause } from "./timelock";
import { comparePool, compareToken } from "./code";
import { examineFile } from "./modelFiles";
import { readModelViews, type ModelViews } from "./modelReading";

/** How many models are read at once, which bounds memory and concurrent requests. */
const AT_ONCE = 25;

/** What only a new benchmark changes; score and commitment change with improvements. */
const BENCHMARK_TERMS = [
  "specHash",
  "evaluationDataHash",
  "method",
  "metric",
  "direction",
  "targetScore",
  "minImprovementBps",
  "minSampleSize",
  "minRuns",
  "minLowerBoundBps",
] as const;

/** The step that follows a status. */
const NEXT_STEP = {
  NONE: "a deployer can run model:deploy, for a multisig with --batch <file>",
  PROPOSAL: "a registrar can run model:register, for a multisig with --batch <file>",
  REGISTERED: "a pool creator can run pool:create, for a multisig with --batch <file>",
} as const;

/** The checks of models, in the order in which they are shown. */
type Checks = ReturnType<typeof buildChecks>;

const buildChecks = () => ({
  tokenCode: new Check("code", "code of model tokens"),
  poolCode: new Check("code", "code of pools"),
  vestingCode: new Check("code", "code of vesting wallets"),
  bindings: new Check("models", "registry, token and pool know each other"),
  events: new Check("models", "A4 views are what the events say"),
  files: new Check("models", "models are as their files say"),
  launches: new Check("models", "S3 launches and supplier allocations"),
  changes: new Check("models", "changes under way"),
  terms: new Check("models", "H1 terms of pools are the present governor's"),
  limits: new Check("models", "V4 daily limits"),
  pauses: new Check("pauses", "G1 buys"),
  supplyCap: new Check("invariants", "S1 supply is within the caps"),
  supplySum: new Check("invariants", "S2 supply is the sum of its buckets"),
  rewards: new Check("invariants", "S4 rewards are within their bucket, and none was minted but by a release"),
  taken: new Check("invariants", "R3 rewards taken are minted, or wait, or are void"),
  issue: new Check("invariants", "S5 the pool's issue is within its bucket"),
  solvency: new Check("invariants", "P1 pools hold their reserve and stream"),
});

/** Examines every model, in groups. */
export async function checkModels(subject: Subject): Promise<Check[]> {
  const checks = buildChecks();
  const models = modelsOf(subject);
  for (let start = 0; start < models.length; start += AT_ONCE) {
    const group = await Promise.all(
      models.slice(start, start + AT_ONCE).map((model) => readModelViews(subject, model)),
    );
    group.forEach((model) => examine(subject, checks, model));
  }
  await checkCounts(subject, checks.bindings);
  return Object.values(checks);
}

function examine(subject: Subject, checks: Checks, read: ModelViews): void {
  const { model, declaredModel, tokenCode, poolCode, createdAt, registry, token, market } = read;
  const { modelId, pool } = model;
  const immutables = compareToken(subject, checks.tokenCode, model, tokenCode);
  if (pool && poolCode !== undefined && createdAt !== undefined)
    comparePool(subject, checks.poolCode, { ...model, pool }, { code: poolCode, createdAt });
  const unanswered = { registry, token, ...(pool && { pool: market }) };
  for (const [name, answer] of Object.entries(unanswered)) {
    if (answer === undefined)
      checks.bindings.same(`the ${name} of ${modelId}`, "no answer to its views", "what its code says", COMPROMISED);
  }
  if (registry && token) examineBindings(checks.bindings, model, { registry, token, market });
  if (registry) examineEvents(subject, checks.events, model, registry);
  if (registry) examineChanges(checks, model, registry);
  if (token) examineSupply(checks, read, token);
  if (market) examineMarket(subject, checks, model, market);
  if (declaredModel) examineFile(subject, checks, read, { ...declaredModel, immutables });
}

type Registry = NonNullable<ModelViews["registry"]>;
type Token = NonNullable<ModelViews["token"]>;
type Market = NonNullable<ModelViews["market"]>;

function examineBindings(
  check: Check,
  { modelId, token: tokenAddress, pool }: ModelState,
  { registry, token, market }: { registry: Registry; token: Token; market: Market | undefined },
): void {
  const poolAddress = pool?.address ?? ZeroAddress;
  const bindings = [
    ["the registry's token", registry.model.token, tokenAddress],
    ["the TokenManager's token", registry.managerToken, tokenAddress],
    ["the registry's pool", registry.model.pool, poolAddress],
    ["the factory's pool", registry.factoryPool, poolAddress],
    ["the token's pool", token.pool, poolAddress],
    ...(market ? [["the pool's token", market.token, tokenAddress] as const] : []),
  ] as const;
  for (const [what, actual, expected] of bindings) check.same(`${what} of ${modelId}`, actual, expected, COMPROMISED);
}

function examineEvents({ chain }: Subject, check: Check, model: ModelState, read: Registry): void {
  const { parameters, benchmark, pending } = read;
  const told = model.benchmark;
  const rows: [string, unknown, unknown][] = [
    ["status", MODEL_STATUS[Number(read.model.status)], model.status],
    ["owner", read.model.owner, model.owner],
    ["governor", read.model.governor, model.governor],
    ["generation of the governor", read.generation, model.generation],
    ["pendingOwner", pending.owner, model.pendingOwner],
    [
      "pendingGovernor",
      pending.governor,
      toList(model.pendingGovernor, ({ account, acceptableFrom }) => [account, acceptableFrom], ZeroAddress),
    ],
    ["licenseHash", parameters.licenseHash, model.licenseHash],
    ["licenseURI", parameters.licenseURI, model.licenseURI],
    ["benchmarkVersion", read.version, model.benchmarkVersion],
    ["score", read.score, model.score],
    ["modelCommitment", benchmark.modelCommitment, model.modelCommitment],
    ["rewardsRemaining", read.rewardsRemaining, model.rewardsRemaining],
    ["dailyLimitBps", read.dailyLimit, model.dailyLimitBps],
    ["hash of pool terms", read.terms.termsHash, model.poolTerms.hash],
    ["generation of pool terms", read.terms.generation, model.poolTerms.generation],
    ["balance in the InfrastructureReserve", read.owed, model.owed],
  ];
  PARAMETERS.forEach((name, index) => {
    const parameter = model.parameters[index as 0 | 1 | 2];
    rows.push([name, parameters[name], valueAt(parameter, chain.timestamp)]);
    const scheduled = toList(
      pendingAt(parameter, chain.timestamp),
      ({ value, effectiveAt }) => [value, effectiveAt],
      0n,
    );
    rows.push([`pending ${name}`, pending.changes[index], scheduled]);
  });
  for (const name of told ? BENCHMARK_TERMS : []) rows.push([name, benchmark[name], told?.[name]]);
  for (const [name, actual, expected] of rows) check.same(`${name} of ${model.modelId}`, actual, expected, COMPROMISED);
}

/** Converts to the form of a view's answer, with zeros for what does not exist. */
function toList<T, First>(value: T | undefined, list: (value: T) => [First, bigint], none: First): [First, bigint] {
  return value === undefined ? [none, 0n] : list(value);
}

function examineChanges(checks: Checks, model: ModelState, read: Registry): void {
  const { modelId, status, isDistributed, poolTerms, generation } = model;
  const { changes, limits, launches, terms } = checks;
  const { pending, dailyLimit } = read;
  changes.looked++;
  PARAMETERS.forEach((name, index) => {
    const [value, effectiveAt] = pending.changes[index] ?? [0n, 0n];
    const next = `${value} from ${timeText(effectiveAt)}`;
    if (effectiveAt > 0n)
      changes.note(`${name} of ${modelId}`, next, "its governor or a guardian can call cancelChange");
  });
  const [governor, from] = pending.governor;
  if (governor !== ZeroAddress)
    changes.note(
      `governor of ${modelId}`,
      `${governor} may accept`,
      `from ${timeText(from)}; the present one can propose another`,
    );
  if (pending.owner !== ZeroAddress)
    changes.note(`owner of ${modelId}`, `${pending.owner} may accept`, "the present one can propose another");
  limits.looked++;
  if (dailyLimit !== DEFAULT_DAILY_LIMIT_BPS)
    limits.note(
      `daily limit of ${modelId}`,
      `${dailyLimit} bps`,
      `the admin set it; the default is ${DEFAULT_DAILY_LIMIT_BPS}`,
    );
  if (status !== "PROPOSAL" && !isDistributed)
    launches.note(
      `supplier allocation of ${modelId}`,
      "not distributed",
      "a distributor can run model:distribute, for a multisig with --batch <file>",
    );
  terms.looked++;
  const isOutdated = poolTerms.hash !== ZeroHash && poolTerms.generation !== generation;
  if (status !== "DEPLOYED" && isOutdated)
    terms.note(
      `terms of the pool of ${modelId}`,
      `fixed by the governor of generation ${poolTerms.generation}, the present one is of generation ${generation}`,
      "no pool can be created until the present governor sets or clears them by setPoolTerms",
    );
  if (status !== "DEPLOYED") launches.note(`launch of ${modelId}`, status, NEXT_STEP[status]);
}

function examineSupply(checks: Checks, { model, market, registry }: ModelViews, token: Token): void {
  const { modelId, supplierAllocation, investorAllocation, rewardAllocation, isDistributed, rewardsReleased } = model;
  const { totalSupply, isSupplierMinted, rewardsMinted, remaining } = token;
  const { supplyCap, supplySum, launches, rewards, issue } = checks;
  atMost(
    supplyCap,
    `totalSupply of ${modelId}`,
    totalSupply,
    supplierAllocation + investorAllocation + rewardAllocation,
  );
  launches.same(`isSupplierMinted of ${modelId}`, isSupplierMinted, isDistributed, COMPROMISED);
  const minted = rewardsMinted ?? "no answer";
  rewards.same(`rewardsMinted of ${modelId}`, minted, rewardsReleased, COMPROMISED);
  if (rewardsMinted !== undefined) atMost(rewards, `rewardsMinted of ${modelId}`, rewardsMinted, rewardAllocation);
  if (registry && rewardsMinted !== undefined) {
    const taken = rewardAllocation - registry.rewardsRemaining;
    checks.taken.same(`rewards taken of ${modelId}`, taken, rewardsMinted + model.rewardsQueued, COMPROMISED);
  }
  if (model.pool && !market) return;
  const netIssued = market?.netIssued ?? 0n;
  const sum = (isDistributed ? supplierAllocation : 0n) + rewardsReleased + netIssued;
  supplySum.same(`totalSupply of ${modelId}`, totalSupply, sum, COMPROMISED);
  atMost(issue, `netIssued of ${modelId}`, netIssued, investorAllocation);
  const room = investorAllocation - netIssued;
  issue.same(`remainingInvestorAllocation of ${modelId}`, remaining ?? "no answer", room, COMPROMISED);
}

function atMost(check: Check, what: string, actual: bigint, limit: bigint): void {
  check.holds(actual <= limit, what, String(actual), `at most ${limit}`, COMPROMISED);
}

function examineMarket({ chain }: Subject, checks: Checks, { modelId, pool }: ModelState, market: Market): void {
  const { reserve, pendingStream, buysPausedUntil, pause, balance } = market;
  const needed = reserve + pendingStream;
  checks.solvency.holds(
    balance >= needed,
    `the reserve balance of the pool of ${modelId}`,
    String(balance),
    `at least ${needed}`,
    COMPROMISED,
  );
  const told = pool?.buysPause;
  checks.pauses.same(`buysPausedUntil of ${modelId}`, buysPausedUntil, told?.until, COMPROMISED);
  if (pause === undefined) return;
  checks.pauses.same(`the pause of buys of ${modelId} in the factory`, pause.until, told?.until, COMPROMISED);
  checks.pauses.same(
    `the end of the budget's recovery for buys of ${modelId}`,
    pause.wholeAt,
    told?.wholeAt,
    COMPROMISED,
  );
  notePause(checks.pauses, `buys of ${modelId}`, pause, chain.timestamp, "resumeBuys");
}

/** Checks that the factory and the events count the same pools. */
async function checkCounts(subject: Subject, check: Check): Promise<void> {
  const factory = subject.chain.contract<HokusaiAMMFactory>(contractOf(subject, "HokusaiAMMFactory"));
  const pools = modelsOf(subject).filter(({ pool }) => pool !== undefined).length;
  check.same("HokusaiAMMFactory.poolCount", (await answerOf(factory.poolCount())) ?? "no answer", pools, COMPROMISED);
}
