// Builds the rows that describe the present, from the state.

import type { InferInsertModel } from "drizzle-orm";
import { getAddress, id, ZeroAddress, ZeroHash } from "ethers";
import { ROLE_OF } from "../../sdk/state/authority";
import type { ModelState } from "../../sdk/state/index";
import { PARAMETERS } from "../../sdk/state/protocolState";
import { spotPriceAt } from "../store/market";
import type { holders, models, parameters } from "../store/tables/chain";
import type { IndexedModel, IndexState } from "./state";

const ROLES = new Map<string, string>([
  [ZeroHash, "DEFAULT_ADMIN_ROLE"],
  ...[...Object.values(ROLE_OF), "PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"].map(
    (name) => [id(name), name] as const,
  ),
]);

/** A model's present row. */
export function modelRow({ protocol, models: known }: IndexState, key: string): InferInsertModel<typeof models> {
  const model = protocol.models.get(key) as ModelState;
  const { name, symbol, createdBlock, createdAt, block, time, improvements, ...own } = known.get(key) as IndexedModel;
  const supplierIssued = model.isDistributed ? model.supplierAllocation : 0n;
  const investorIssued = own.market && model.pool ? own.market.curveSupply - model.pool.virtualSupply : 0n;
  const totalSupply = supplierIssued + investorIssued + model.rewardsReleased;
  return {
    ...{
      key,
      modelId: model.modelId,
      position: model.index,
      status: statusOf(model),
      token: model.token,
      name,
      symbol,
    },
    ...{ owner: model.owner, pendingOwner: accountOrNull(model.pendingOwner), governor: model.governor },
    generation: Number(model.generation),
    pendingGovernor: model.pendingGovernor?.account ?? null,
    pendingGovernorFrom: model.pendingGovernor ? Number(model.pendingGovernor.acceptableFrom) : null,
    supplierRecipient: model.supplierRecipient,
    supplierAllocation: String(model.supplierAllocation),
    investorAllocation: String(model.investorAllocation),
    rewardAllocation: String(model.rewardAllocation),
    supplierIssued: String(supplierIssued),
    investorIssued: String(investorIssued),
    rewardIssued: String(model.rewardsReleased),
    totalSupply: String(totalSupply),
    rewardsRemaining: String(model.rewardsRemaining),
    rewardsWaiting: String(model.rewardsQueued),
    ...{ licenseHash: model.licenseHash, licenseUri: model.licenseURI },
    benchmarkVersion: Number(model.benchmarkVersion),
    score: model.benchmark ? Number(model.score) : null,
    ...{ modelCommitment: model.modelCommitment, dailyLimit: Number(model.dailyLimitBps), improvements },
    ...{ termsHash: model.poolTerms.hash, termsGeneration: Number(model.poolTerms.generation) },
    owed: String(model.owed),
    payees: Object.fromEntries([...model.payees].map(([account, from]) => [account, Number(from)])),
    ...poolColumns(model, own, BigInt(time)),
    ...{ createdBlock, createdAt, block },
  };
}

function poolColumns({ pool }: ModelState, own: Pick<IndexedModel, "market" | "sellsOpenAt">, time: bigint) {
  const { market, sellsOpenAt } = own;
  if (!pool || !market) return {};
  return {
    ...{ pool: pool.address, crr: Number(pool.crr), tradeFee: Number(pool.tradeFee), sellsOpenAt },
    ...{ initialPrice: String(pool.initialPrice), virtualReserve: String(pool.virtualReserve) },
    ...{ virtualSupply: String(pool.virtualSupply), curveSupply: String(market.curveSupply) },
    ...{ buysPausedUntil: Number(pool.buysPause.until), buysPauseWholeAt: Number(pool.buysPause.wholeAt) },
    ...{ held: String(market.held), streamAmount: String(market.streamAmount) },
    ...{ streamStart: Number(market.streamStart), streamEnd: Number(market.streamEnd) },
    spotPrice: String(spotPriceAt(market, time)),
  };
}

/** The parameters of a model. */
export function parameterRows({ protocol }: IndexState, key: string): InferInsertModel<typeof parameters>[] {
  const model = protocol.models.get(key) as ModelState;
  return PARAMETERS.map((name, index) => {
    const { value, scheduled } = model.parameters[index as 0 | 1 | 2];
    return {
      ...{ model: key, name, value: String(value), scheduledValue: scheduled ? String(scheduled.value) : null },
      effectiveAt: scheduled ? Number(scheduled.effectiveAt) : null,
    };
  });
}

/** The holders of a contract's roles; `address` is in lower case. */
export function holderRows(
  { protocol }: IndexState,
  address: string,
  contract: string,
): InferInsertModel<typeof holders>[] {
  return [...(protocol.roles.get(address)?.holders ?? [])].flatMap(([role, accounts]) =>
    [...accounts].map((account) => ({
      contract,
      address: getAddress(address),
      role,
      roleName: ROLES.get(role) ?? null,
      account,
    })),
  );
}

/** The present state of the protocol as a whole, by name; amounts and times are decimal strings. */
export function protocolRows({ protocol }: IndexState): { name: string; value: unknown }[] {
  const { attesters, threshold, epoch, methods, stops, operations, tokenManager, factory, verifier } = protocol;
  const { verifiers, treasury, submissionsPause, launchesPause, minDelay } = protocol;
  const values: Record<string, unknown> = {
    attesters: { accounts: [...attesters], threshold, epoch },
    methods: Object.fromEntries(methods),
    stops: Object.fromEntries(stops),
    pauses: { submissions: submissionsPause, launches: launchesPause },
    operations: [...operations.values()],
    contracts: { tokenManager, factory, verifier, verifiers: [...verifiers], treasury },
    minDelay,
  };
  const plain = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (_, entry: unknown) => (typeof entry === "bigint" ? String(entry) : entry)));
  return Object.entries(values).map(([name, value]) => ({ name, value: plain(value) }));
}

function statusOf({ status }: ModelState): "PROPOSAL" | "REGISTERED" | "DEPLOYED" {
  if (status === "NONE") throw new Error("a model that was created has no status NONE");
  return status;
}

const accountOrNull = (account: string): string | null => (account === ZeroAddress ? null : account);
