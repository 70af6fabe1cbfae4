// Applies events to the state, and collects the rows that result from them.

import type { InferInsertModel } from "drizzle-orm";
import { ZeroAddress, ZeroHash } from "ethers";
import { applyEvent, valueAt, type ModelState } from "../../sdk/state/index";
import { modelOf, payoutKey } from "../../sdk/state/lookups";
import { PARAMETERS } from "../../sdk/state/protocolState";
import { pendingStreamAt, spotPriceAt } from "../store/market";
import type * as tables from "../store/tables/chain";
import { addTrade, type Candles } from "./candles";
import type { ClaimedStatement, IndexedEvent } from "./source";
import type { IndexedModel, IndexState } from "./state";

type Row<Name extends keyof typeof tables> = InferInsertModel<(typeof tables)[Name]>;

/** What was read from the chain for a batch, in addition to its events. */
export interface Extras {
  /** By token. */
  readonly names: ReadonlyMap<string, { readonly name: string; readonly symbol: string }>;
  /** By transaction. */
  readonly statements: ReadonlyMap<string, ClaimedStatement>;
}

/** An improvement whose reward was released or returned. */
export type Settlement = Required<
  Pick<Row<"improvements">, "model" | "evaluationId" | "settled" | "settledBlock" | "settledAt" | "settledTransaction">
>;

/** The new rows for events, in their order, and what must be rewritten. */
export class Batch {
  readonly rows = {
    trades: [] as Row<"trades">[],
    fees: [] as Row<"fees">[],
    streams: [] as Row<"streams">[],
    collections: [] as Row<"collections">[],
    invoices: [] as Row<"invoices">[],
    benchmarks: [] as Row<"benchmarks">[],
    scores: [] as Row<"scores">[],
    improvements: [] as Row<"improvements">[],
    payees: [] as Row<"payees">[],
    distributions: [] as Row<"distributions">[],
    claims: [] as Row<"claims">[],
    parameterChanges: [] as Row<"parameterChanges">[],
  };
  /** By model, length and start. */
  readonly candles: Candles = new Map();
  readonly settlements: Settlement[] = [];
  /** Keys of the models that have changed. */
  readonly models = new Set<string>();
  /** Those whose parameters may have changed too; trades change none. */
  readonly terms = new Set<string>();
  /** Addresses of the contracts whose roles have changed. */
  readonly roles = new Set<string>();
  isProtocolChanged = false;
  /** The improvements of this batch, because the verifier's event comes after the registry's. */
  private readonly recorded = new Map<string, Row<"improvements">>();
  private paid: { readonly transaction: string; readonly key: string; readonly calls: string } | undefined;

  constructor(
    private readonly state: IndexState,
    private readonly extras: Extras,
  ) {}

  /** Takes the next event of the chain. */
  take(entry: IndexedEvent): void {
    if (entry.contract === "HokusaiAMM") return this.takeMarket(entry);
    const { protocol } = this.state;
    // Any contract may emit this event; only verifiers that the registry has accepted count.
    if (entry.contract === "DeltaOneVerifier" && !protocol.verifiers.has(entry.address)) return;
    const before = this.beforeEvent(entry);
    applyEvent(protocol, entry);
    protocol.paidInvoices.clear(); // they are in their table, and would grow without limit here
    this.note(entry, before);
  }

  /** Notes the state that an event is about to change, as far as its rows need it. */
  private beforeEvent({ event: { name, args } }: IndexedEvent) {
    const { protocol } = this.state;
    if (name === "ScoreMoved") {
      const { score, rewardsRemaining } = modelOf(protocol, args["id"]);
      return { score, rewardsRemaining, isTold: false };
    }
    const payout = protocol.payouts.get(payoutKey(String(args["model"]), String(args["evaluationId"])));
    return { score: 0n, rewardsRemaining: 0n, isTold: payout === undefined || payout.told !== undefined };
  }

  private note(entry: IndexedEvent, before: ReturnType<Batch["beforeEvent"]>): void {
    const { event, address } = entry;
    const { name, args } = event;
    const key = keyIn(args);
    const model = key === undefined ? undefined : this.state.protocol.models.get(key);
    if (name === "ModelCreated") this.create(entry, model as ModelState);
    if (model) {
      this.touch(model.id, entry);
      this.terms.add(model.id);
    }
    if (/^Role|^DefaultAdmin/.test(name)) this.roles.add(address.toLowerCase());
    if (!model) this.isProtocolChanged = true;
    if (name === "ModelRegistered" || name === "BenchmarkReplaced") this.noteBenchmark(entry, model as ModelState);
    if (name === "ScoreMoved") this.noteImprovement(entry, model as ModelState, before);
    if (name === "PayoutQueued" && !before.isTold) this.notePayees(entry);
    if (name === "PayoutReleased" || name === "PayoutVoided") this.noteSettlement(entry);
    if (name === "DistributionCreated") this.noteDistribution(entry);
    if (name === "RewardClaimed") this.noteClaim(entry);
    if (name.startsWith("ParameterChange")) this.noteParameter(entry);
    if (name === "PoolCreated") this.createPool(entry, model as ModelState);
    if (name === "CallsPaid") this.noteCalls(entry);
    if (name === "FeeDeposited") this.noteFee(entry);
    if (name === "InvoicePaid") this.noteInvoice(entry);
  }

  private touch(key: string, { blockNumber, time }: IndexedEvent): IndexedModel {
    const model = this.state.models.get(key) as IndexedModel;
    Object.assign(model, { block: blockNumber, time });
    this.models.add(key);
    return model;
  }

  private create({ blockNumber, time }: IndexedEvent, { id, token }: ModelState): void {
    const { name, symbol } = this.extras.names.get(token) ?? { name: "", symbol: "" };
    const created = { createdBlock: blockNumber, createdAt: time, block: blockNumber, time };
    this.state.models.set(id, { name, symbol, ...created, improvements: 0, sellsOpenAt: 0, market: undefined });
  }

  private createPool(entry: IndexedEvent, { id, pool }: ModelState): void {
    if (!pool) return;
    const { crr, virtualReserve, virtualSupply: curveSupply } = pool;
    this.state.pools.set(pool.address, id);
    Object.assign(this.touch(id, entry), {
      sellsOpenAt: entry.time + Number(pool.ibrDuration),
      market: { crr, virtualReserve, curveSupply, held: 0n, streamAmount: 0n, streamStart: 0n, streamEnd: 0n },
    });
  }

  private takeMarket(entry: IndexedEvent): void {
    const { event, address } = entry;
    const key = this.state.pools.get(address);
    if (key === undefined) return; // not a pool of the protocol
    const model = this.touch(key, entry);
    const { market } = model;
    if (!market) return;
    const time = BigInt(entry.time);
    const { args } = event;
    if (event.name === "FeesCollected")
      return void this.rows.collections.push({
        ...{ ...placeOf(entry), model: key, treasury: String(args["treasury"]), amount: String(args["amount"]) },
      });
    const reserve = BigInt(args["reserve"]);
    if (event.name === "FeesDeposited") {
      const [pending, end] = [BigInt(args["pending"]), BigInt(args["streamEnd"])];
      const stream = { streamAmount: pending, streamStart: time, streamEnd: end };
      model.market = { ...market, held: reserve + pending, ...stream };
      this.rows.streams.push({
        ...{ ...placeOf(entry), model: key, payer: String(args["payer"]), amount: String(args["amount"]) },
        ...{ pending: String(pending), end: Number(end), reserve: String(reserve) },
      });
      return;
    }
    const isBuy = event.name === "Bought";
    const held = reserve + pendingStreamAt(market, time);
    model.market = { ...market, held, curveSupply: BigInt(args["curveSupply"]) };
    const trade: Row<"trades"> = {
      ...{ ...placeOf(entry), model: key, side: isBuy ? "buy" : "sell", recipient: String(args["to"]) },
      account: String(isBuy ? args["buyer"] : args["seller"]),
      reserve: String(isBuy ? args["reserveIn"] : args["reserveOut"]),
      tokens: String(isBuy ? args["tokensOut"] : args["tokensIn"]),
      ...{ reserveAfter: String(reserve), curveSupplyAfter: String(args["curveSupply"]) },
      priceAfter: String(spotPriceAt(model.market, time)),
    };
    this.rows.trades.push(trade);
    addTrade(this.candles, trade);
  }

  private noteBenchmark(entry: IndexedEvent, { id, benchmark, benchmarkVersion, score }: ModelState): void {
    if (!benchmark) return;
    const version = Number(benchmarkVersion);
    this.rows.benchmarks.push({
      ...{ ...placeOf(entry), model: id, version },
      ...{ specHash: benchmark.specHash, evaluationDataHash: benchmark.evaluationDataHash },
      ...{ modelCommitment: benchmark.modelCommitment, method: benchmark.method, metric: Number(benchmark.metric) },
      ...{ direction: Number(benchmark.direction), baselineScore: Number(benchmark.baselineScore) },
      ...{ targetScore: Number(benchmark.targetScore), minImprovement: Number(benchmark.minImprovementBps) },
      ...{ minSampleSize: String(benchmark.minSampleSize), minRuns: String(benchmark.minRuns) },
      minLowerBound: Number(benchmark.minLowerBoundBps),
    });
    this.rows.scores.push({ ...placeOf(entry), model: id, benchmarkVersion: version, score: Number(score) });
  }

  private noteImprovement(entry: IndexedEvent, model: ModelState, before: { score: bigint; rewardsRemaining: bigint }) {
    const { id, benchmark, score, modelCommitment, rewardsRemaining } = model;
    const { evaluationId, payeesHash } = entry.event.args as unknown as { evaluationId: string; payeesHash: string };
    const claimed = this.extras.statements.get(entry.transactionHash);
    const isThis = claimed?.model === id && claimed.evaluationId === evaluationId;
    const version = Number(model.benchmarkVersion);
    const evaluation = { model: id, evaluationId, benchmarkVersion: version };
    const row: Row<"improvements"> = {
      ...{ ...placeOf(entry), ...evaluation, method: benchmark?.method ?? ZeroAddress },
      ...{ baselineScore: Number(before.score), candidateScore: Number(score), modelCommitment, payeesHash },
      tokensPerDeltaOne: String(valueAt(model.parameters[0], BigInt(entry.time))),
      reward: String(before.rewardsRemaining - rewardsRemaining),
      ...(isThis && { lowerBound: claimed.lowerBound, sampleSize: claimed.sampleSize, runs: claimed.runs }),
    };
    this.rows.improvements.push(row);
    this.recorded.set(payoutKey(id, evaluationId), row);
    const lowerBound = isThis ? claimed.lowerBound : null;
    this.rows.scores.push({ ...placeOf(entry), ...evaluation, score: Number(score), lowerBound });
    (this.state.models.get(id) as IndexedModel).improvements++;
  }

  /** Notes the payees that a verifier announced for an improvement that the registry recorded in the same batch. */
  private notePayees({ blockNumber, event: { args } }: IndexedEvent): void {
    const [model, evaluationId] = [String(args["model"]), String(args["evaluationId"])];
    const key = payoutKey(model, evaluationId);
    const told = this.state.protocol.payouts.get(key)?.told;
    const row = this.recorded.get(key);
    if (!told || !row) return;
    const isRoot = told.contributorsRoot !== ZeroHash;
    row.contributionDataHash = String(args["contributionDataHash"]);
    row.contributorsRoot = isRoot ? told.contributorsRoot : null;
    told.accounts.forEach((account, position) =>
      this.rows.payees.push({
        ...{ model, evaluationId, position, account, amount: String(told.amounts[position]), block: blockNumber },
        part: position === 0 ? "owner" : isRoot ? "contributors" : "contributor",
      }),
    );
  }

  private noteSettlement({ event: { name, args }, blockNumber, time, transactionHash }: IndexedEvent): void {
    this.settlements.push({
      ...{ model: String(args["id"]), evaluationId: String(args["evaluationId"]) },
      settled: name === "PayoutReleased" ? "released" : "returned",
      ...{ settledBlock: blockNumber, settledAt: time, settledTransaction: transactionHash },
    });
  }

  private noteDistribution(entry: IndexedEvent): void {
    const { distributionId, model, token, root, total } = entry.event.args as unknown as Record<string, unknown>;
    this.rows.distributions.push({
      ...{ ...placeOf(entry), distributionId: String(distributionId), model: String(model), token: String(token) },
      ...{ root: String(root), total: String(total), remaining: String(total), claims: 0 },
    });
  }

  private noteClaim(entry: IndexedEvent): void {
    const { distributionId, account, index, amount, remaining } = entry.event.args as unknown as Record<
      string,
      unknown
    >;
    this.rows.claims.push({
      ...{ ...placeOf(entry), distributionId: String(distributionId), position: String(index) },
      ...{ account: String(account), amount: String(amount), remaining: String(remaining) },
    });
  }

  private noteParameter(entry: IndexedEvent): void {
    const { name, args } = entry.event;
    const values = args as unknown as Record<string, unknown>;
    const kinds = { Scheduled: "scheduled", d: "changed", Cancelled: "cancelled" } as const;
    const kind = kinds[name.slice("ParameterChange".length) as keyof typeof kinds];
    this.rows.parameterChanges.push({
      ...{ ...placeOf(entry), model: String(values["id"]), kind },
      name: PARAMETERS[Number(values["parameter"]) as 0 | 1 | 2],
      oldValue: kind === "cancelled" ? null : String(values["oldValue"]),
      newValue: String(kind === "cancelled" ? values["value"] : values["newValue"]),
      effectiveAt: kind === "scheduled" ? Number(values["effectiveAt"]) : null,
    });
  }

  /** Remembers a payment for calls; its fee is deposited next, in the same transaction. */
  private noteCalls({ event: { args }, transactionHash }: IndexedEvent): void {
    const key = `${args["model"]} ${args["payer"]} ${args["amount"]}`;
    this.paid = { transaction: transactionHash, key, calls: String(args["calls"]) };
  }

  private noteFee(entry: IndexedEvent): void {
    const { model, payer, infrastructureAmount, poolAmount } = entry.event.args as unknown as Record<string, unknown>;
    const key = `${model} ${payer} ${BigInt(String(infrastructureAmount)) + BigInt(String(poolAmount))}`;
    const isOfCalls = this.paid?.transaction === entry.transactionHash && this.paid.key === key;
    this.rows.fees.push({
      ...{ ...placeOf(entry), model: String(model), payer: String(payer), calls: isOfCalls ? this.paid?.calls : null },
      ...{ infrastructure: String(infrastructureAmount), pool: String(poolAmount) },
    });
    if (isOfCalls) this.paid = undefined;
  }

  private noteInvoice(entry: IndexedEvent): void {
    const { model, payee, invoiceHash, amount, balance } = entry.event.args as unknown as Record<string, unknown>;
    this.rows.invoices.push({
      ...{ ...placeOf(entry), model: String(model), payee: String(payee), invoiceHash: String(invoiceHash) },
      ...{ amount: String(amount), balance: String(balance) },
    });
  }
}

/** The key of an event's model, under either name. In the timelock's events `id` is an operation, which matches no model. */
function keyIn(args: IndexedEvent["event"]["args"]): string | undefined {
  const key: unknown = args["id"] ?? args["model"];
  return typeof key === "string" ? key : undefined;
}

function placeOf({ blockNumber, logIndex, transactionHash, time }: IndexedEvent) {
  return { block: blockNumber, logIndex, transactionHash, time };
}
