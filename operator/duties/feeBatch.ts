// SPDX-License-Identifier: MIT
// Which records the next transaction of the fees pays: the oldest that are alike, as far as funds and limits go.

import { concat, id } from "ethers";
import type { IERC20Metadata, UsageFeeRouter } from "../../.build/typechain";
import { formatReserve } from "../../sdk/base/units";
import { fundsOf, type FeePurse } from "../balances";
import { refusalOf, type Refusals, type Tools } from "./duty";
import type { PlannedDeposit } from "./lumps";
import { MAX_CALLS, type MeteringRecord } from "./records";

/** The most records in a transaction; they use some three million gas. */
const LARGEST_BATCH = 50;

/** The number of calls that a model's price is for. */
const CALLS_PER_PRICE = 1_000n;

/** How many of the records that lack funds or exceed a limit are named in a log entry. */
const SHOWN = 5;

/** Spending limits in reserve units; no limit where absent. */
export interface SpendingLimits {
  /** The most that a record may cost. */
  readonly perRecord?: bigint;
  /** The most that all records may cost in a UTC day, by the chain's time. */
  readonly perDay?: bigint;
}

/** A record that waits in a file. */
export interface WaitingRecord {
  readonly file: string;
  readonly record: MeteringRecord;
}

/** A transaction of the router that pays records. */
export interface FeeBatch {
  readonly entries: readonly WaitingRecord[];
  readonly deposits: readonly PlannedDeposit[];
  readonly data: string;
}

/** What a transaction may spend, and which records must wait because of that. */
class Budget {
  /** Costs of the waiting records: `short` wait for funds, `late` for the next day. */
  readonly short = new Map<WaitingRecord, bigint>();
  readonly late = new Map<WaitingRecord, bigint>();

  constructor(
    readonly funds: bigint,
    /** What the daily limit leaves, in reserve units; undefined without a limit. */
    readonly left: bigint | undefined,
    private readonly limits: SpendingLimits,
    private readonly refusals: Refusals,
  ) {}

  /**
   * Whether a record may be paid, given its cost and the transaction's total cost with it. A record that may not is refused if it exceeds a
   * limit by itself, and otherwise noted as waiting.
   */
  allows(entry: WaitingRecord, cost: bigint, total: bigint): boolean {
    const { perRecord, perDay } = this.limits;
    const over = [
      ["a record", "mostPerRecord", perRecord],
      ["a day", "mostPerDay", perDay],
    ] as const;
    for (const [what, name, limit] of over) {
      if (limit === undefined || cost <= limit) continue;
      const reason = `it costs ${formatReserve(cost)} USDC, more than the ${formatReserve(limit)} that ${what} may: raise ${name}, or remove it`;
      this.refusals.add(entry.file, reason);
      return false;
    }
    if (total > this.funds) this.short.set(entry, cost);
    else if (this.left !== undefined && total > this.left) this.late.set(entry, cost);
    else return true;
    return false;
  }
}

/** Composes the transactions of the fee account. */
export class FeeComposer implements FeePurse {
  private readonly told = { short: "", late: "" };

  constructor(
    private readonly tools: Tools,
    readonly feeRouter: UsageFeeRouter,
    readonly reserveToken: IERC20Metadata,
    private readonly limits: SpendingLimits,
    private readonly refusals: Refusals,
  ) {}

  /**
   * Composes the next transaction: either records of amounts or the calls of one model, whichever includes the longest-waiting record. A
   * record that cannot be paid now, for lack of funds, because of a limit or because it is refused, does not hold up the others.
   * @param waiting The records that wait, oldest first.
   * @param spent What the account has deposited today in reserve units; all of its transactions are confirmed.
   */
  async compose(waiting: readonly WaitingRecord[], spent: bigint): Promise<FeeBatch | undefined> {
    const { perDay } = this.limits;
    const left = perDay === undefined ? undefined : perDay > spent ? perDay - spent : 0n;
    const budget = new Budget(await fundsOf(this, this.tools.sender.address), left, this.limits, this.refusals);
    let open = waiting.filter(({ file }) => !this.refusals.isResting(file));
    let batch: FeeBatch | undefined;
    while (batch === undefined) {
      const [first] = open;
      if (first === undefined) break;
      const { due, model } = first.record;
      const isAlike = ({ record }: WaitingRecord) =>
        record.due.kind === due.kind && (due.kind === "amount" || record.model === model);
      const alike = open.filter(isAlike);
      batch =
        due.kind === "calls" ? await this.composeCalls(model, alike, budget) : await this.composeAmounts(alike, budget);
      // If a record of an amount was just refused, the others of its batch are tried again without it.
      const isRetried = due.kind === "amount" && alike.some(({ file }) => this.refusals.isResting(file));
      open = open.filter((entry) => !this.refusals.isResting(entry.file) && (isRetried || !isAlike(entry)));
    }
    this.tell(budget);
    return batch;
  }

  private async composeAmounts(ready: readonly WaitingRecord[], budget: Budget): Promise<FeeBatch | undefined> {
    const { address } = this.tools.sender;
    const affordable: (WaitingRecord & { readonly deposit: { readonly model: string; readonly amount: bigint } })[] =
      [];
    let total = 0n;
    for (const entry of ready) {
      const { due, model } = entry.record;
      if (due.kind !== "amount" || affordable.length === LARGEST_BATCH) continue;
      if (!budget.allows(entry, due.amount, total + due.amount)) continue;
      total += due.amount;
      affordable.push({ ...entry, deposit: { model: id(model), amount: due.amount } });
    }
    if (affordable.length === 0) return undefined;
    const deposits = affordable.map(({ deposit }) => deposit);
    const results = await this.feeRouter.depositFees.staticCall(deposits, { from: address });
    const reasons = new Map<string, string>();
    for (const [index, { file, deposit }] of affordable.entries()) {
      if (results[index]) continue;
      const reason = reasons.get(deposit.model) ?? (await this.reasonAgainst(deposit));
      reasons.set(deposit.model, reason); // asked once per model: thousands of its records may wait
      this.refusals.add(file, reason);
    }
    const accepted = affordable.filter((_, index) => results[index]);
    if (accepted.length === 0) return undefined;
    const call = this.feeRouter.interface.encodeFunctionData("depositFees", [accepted.map(({ deposit }) => deposit)]);
    const planned = accepted.map(({ record, deposit }) => ({ ...deposit, modelId: record.model }));
    return { entries: accepted, deposits: planned, data: withIds(call, accepted) };
  }

  private async reasonAgainst({ model, amount }: { readonly model: string; readonly amount: bigint }): Promise<string> {
    try {
      await this.feeRouter.depositFee.staticCall(model, amount, { from: this.tools.sender.address });
      return "the router refuses it in a batch";
    } catch (error) {
      return (await refusalOf(this.tools.hre, error)).reason;
    }
  }

  private async composeCalls(
    model: string,
    ready: readonly WaitingRecord[],
    budget: Budget,
  ): Promise<FeeBatch | undefined> {
    const price = await this.priceOf(model, ready);
    if (price === undefined) return undefined;
    const costOf = (calls: bigint) => (calls * price + CALLS_PER_PRICE - 1n) / CALLS_PER_PRICE;
    const entries: WaitingRecord[] = [];
    let calls = 0n;
    for (const entry of ready) {
      const { due } = entry.record;
      if (due.kind !== "calls" || entries.length === LARGEST_BATCH || calls + due.calls > MAX_CALLS) continue;
      if (!budget.allows(entry, costOf(due.calls), costOf(calls + due.calls))) continue;
      calls += due.calls;
      entries.push(entry);
    }
    if (entries.length === 0) return undefined;
    const amount = costOf(calls);
    const call = this.feeRouter.interface.encodeFunctionData("payForCalls", [id(model), calls, amount]);
    return { entries, deposits: [{ model: id(model), modelId: model, amount }], data: withIds(call, entries) };
  }

  /**
   * The present price of a thousand calls in reserve units; undefined if the router reports none, in which case the records are refused.
   */
  private async priceOf(model: string, ready: readonly WaitingRecord[]): Promise<bigint | undefined> {
    try {
      return await this.feeRouter.quoteCalls(id(model), CALLS_PER_PRICE);
    } catch (error) {
      const { reason } = await refusalOf(this.tools.hre, error);
      for (const { file } of ready) this.refusals.add(file, reason);
      return undefined;
    }
  }

  /** Logs once which records wait for funds or for the next day. */
  private tell({ funds, left, short, late }: Budget): void {
    this.tellOnce("short", "funds or allowance too small", `the router may take ${formatReserve(funds)} USDC`, short);
    const rest = `${formatReserve(left ?? 0n)} of ${formatReserve(this.limits.perDay ?? 0n)} USDC are left until 00:00 UTC`;
    this.tellOnce("late", "limit of the day reached", rest, late);
  }

  private tellOnce(
    key: keyof typeof this.told,
    event: string,
    there: string,
    waiting: ReadonlyMap<WaitingRecord, bigint>,
  ): void {
    const shown = [...waiting].slice(0, SHOWN).map(([{ record }, cost]) => `${formatReserve(cost)} for ${record.id}`);
    const more = waiting.size > SHOWN ? `, and ${waiting.size - SHOWN} more` : "";
    const reason = waiting.size === 0 ? "" : `${there}, due are ${shown.join(", ")}${more}`;
    if (reason !== "" && reason !== this.told[key]) this.tools.telemetry.log("warn", event, { duty: "fees", reason });
    this.told[key] = reason;
  }
}

/** Appends the ids of the records that a call pays to its data. */
function withIds(call: string, entries: readonly WaitingRecord[]): string {
  return concat([call, ...entries.map(({ record }) => id(record.id))]);
}
