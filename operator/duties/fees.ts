// SPDX-License-Identifier: MIT
// Deposits metered fees, each record once.
//
// The router has no receipts, so the service makes the chain keep them: behind the arguments of each call, where the contract does
// not look, stand the ids of the records that it pays, 32 bytes each. What the fee account has sent to the router is thus the list of
// what was paid, for whoever holds the key, wherever it runs.
//
// A list alone does not keep two instances from paying the same record at the same time. The account's nonce does: the transaction
// with nonce n is composed from what the transactions below n have paid, all of them confirmed, and the chain takes one transaction
// with nonce n only. Whatever else was composed for n is void, and what is composed for n + 1 knows what n has paid. So there is one
// transaction at a time, with many records in it.

import { concat, id } from "ethers";
import type { IERC20Metadata, UsageFeeRouter } from "../../.build/typechain";
import { amount, Fields, integer, publishedId } from "../../sdk/base/fields";
import { Problem } from "../../sdk/base/problem";
import { formatReserve, RESERVE_DECIMALS } from "../../sdk/base/units";
import { readJson } from "../../sdk/schemas/json";
import type { Follower } from "../chain/follower";
import type { ChainView } from "../chain/head";
import type { Inbox } from "../inbox";
import type { Slot } from "../sender";
import { Unfinal, type Doing } from "../unfinal";
import { LumpWatch, type PlannedDeposit } from "./lumps";
import { FeePayments, type Paid } from "./payments";
import { refusalOf, Refusals, type Duty, type Tools } from "./duty";

/** Records in a transaction at most: some three million gas. */
const LARGEST_BATCH = 50;

/** Calls that one payment may be for. */
const MAX_CALLS = 1_000_000_000_000_000n;

/** Records without funds that are named at a time. */
const SHOWN_SHORT = 5;

/** Use of a model that is to be paid: so many calls at the model's price, or an amount in reserve units. */
export interface MeteringRecord {
  /** Given once in all: it is what makes the record paid. */
  readonly id: string;
  readonly model: string;
  readonly due:
    { readonly kind: "calls"; readonly calls: bigint } | { readonly kind: "amount"; readonly amount: bigint };
}

/** Reads and checks a record; throws one problem that names everything wrong with it. */
export function readMeteringRecord(name: string, content: unknown): MeteringRecord {
  const fields = new Fields(content);
  const record = { id: fields.read("id", publishedId), model: fields.read("model", publishedId) };
  if (fields.has("calls") === fields.has("amount"))
    fields.report(`${name} has ${fields.has("calls") ? "both" : "none"} of calls and amount, expected one`);
  const due = fields.has("calls")
    ? ({ kind: "calls", calls: BigInt(fields.read("calls", integer(1, Number(MAX_CALLS)))) } as const)
    : ({
        kind: "amount",
        amount: fields.has("amount") ? fields.read("amount", amount(RESERVE_DECIMALS, "0.000001", "1000000000")) : 0n,
      } as const);
  fields.refuse(name);
  return { ...record, due };
}

/** The same as JSON, as it is kept in a file. */
export function formatMeteringRecord({ id: name, model, due }: MeteringRecord): string {
  const shown =
    due.kind === "calls" ? { calls: Number(due.calls) } : { amount: formatReserve(due.amount).replaceAll(",", "") };
  return `${JSON.stringify({ id: name, model, ...shown })}\n`;
}

interface Waiting {
  readonly file: string;
  readonly record: MeteringRecord;
}

/** A record that was paid, by the hash of its id, and with which nonce of the account. */
interface DonePayment extends Doing {
  readonly nonce: number;
}

interface Batch {
  readonly entries: readonly Waiting[];
  readonly deposits: readonly PlannedDeposit[];
  readonly data: string;
}

/** Pays the records of a folder from one account, which sends nothing else. */
export class FeesDuty implements Duty {
  readonly name = "fees";
  private readonly payments: FeePayments;
  private readonly unfinal: Unfinal<DonePayment>;
  private slot: Slot | undefined;
  private shortage = "";
  private readonly refusals: Refusals;
  private readonly lumps: LumpWatch;

  constructor(
    private readonly tools: Tools,
    private readonly inbox: Inbox,
    private readonly router: UsageFeeRouter,
    private readonly reserveToken: IERC20Metadata,
    private readonly follower: Follower,
  ) {
    const { provider, sender, telemetry } = tools;
    this.payments = new FeePayments(provider, router, sender.address, follower, telemetry);
    this.unfinal = new Unfinal(this.name, inbox, telemetry);
    this.refusals = new Refusals(this.name, telemetry);
    this.lumps = new LumpWatch(tools, router);
  }

  /** @inheritdoc */
  async advance(view: ChainView): Promise<boolean> {
    const hadSlot = this.slot !== undefined;
    if (this.slot?.outcome) this.end(this.slot);
    if (this.slot) return false;
    await this.payments.advance();
    const isKnown = this.follower.behind === 0;
    const undone = isKnown ? this.unfinal.review(view, ({ key }) => this.payments.of(key)) : [];
    const names = this.inbox.list();
    this.tools.telemetry.set("waiting", names.length, { duty: this.name });
    this.refusals.keep(new Set(names));
    if (names.length === 0 || !isKnown) return hadSlot;

    // The order matters: nothing is composed before it is known what every transaction below its nonce has paid.
    const nonce = await this.readNonce(view);
    const { waiting, hasMoved } = this.sort(names, view);
    if (nonce === undefined) return hadSlot || hasMoved;
    // A transaction that was undone may come back: with its nonce or a later one nothing is paid twice, of one nonce the chain takes one.
    for (const { place, entry } of undone) if (entry.nonce < nonce) this.unfinal.forget(place);
    const later = new Set(undone.flatMap(({ entry }) => (entry.nonce > nonce ? [entry.key] : [])));
    const free = waiting.filter(({ record }) => !later.has(id(record.id)));
    const batch = await this.compose(free);
    return (batch !== undefined && (await this.send(batch))) || hadSlot || hasMoved;
  }

  /**
   * What the account has paid, up to the confirmed block: every transaction below the nonce of the next one. Undefined while that is not
   * known, or while something is on its way.
   */
  private async readNonce(view: ChainView): Promise<number | undefined> {
    const { sender } = this.tools;
    const count = await sender.countAt(view.confirmed);
    if (count !== sender.nextNonce) return undefined;
    await this.payments.complete(view, count, async (block) => sender.countAt(block));
    return count;
  }

  /** Moves what is paid or malformed out of the folder; answers the rest, the oldest first, each id once. */
  private sort(names: readonly string[], view: ChainView): { waiting: Waiting[]; hasMoved: boolean } {
    const waiting = new Map<string, Waiting>();
    let hasMoved = false;
    for (const file of names) {
      const text = this.textOf(file);
      if (text === undefined) continue;
      let record: MeteringRecord;
      try {
        record = readMeteringRecord(file, readJson(file, text));
      } catch (error) {
        if (!this.inbox.isFresh(file)) hasMoved = this.refuse(file, (error as Problem).message);
        continue;
      }
      const paid = this.payments.of(id(record.id));
      if (paid) hasMoved = this.settle({ file, record }, paid, view) || hasMoved;
      else if (!waiting.has(record.id)) waiting.set(record.id, { file, record });
    }
    return { waiting: [...waiting.values()], hasMoved };
  }

  /** Content of a file, unless it is gone or cannot be read: that is told, and stops no other. */
  private textOf(file: string): string | undefined {
    try {
      return this.inbox.read(file);
    } catch (error) {
      this.refusals.add(file, (error as Problem).message);
      return undefined;
    }
  }

  /**
   * The next transaction: records of amounts, or the calls of one model, whichever has waited longest. What cannot be paid now, for want
   * of funds or because it is refused, leaves the others their turn.
   */
  private async compose(waiting: readonly Waiting[]): Promise<Batch | undefined> {
    const funds = await this.funds();
    const short = new Map<string, Waiting>();
    let open = waiting.filter(({ file }) => !this.refusals.isResting(file));
    let batch: Batch | undefined;
    while (batch === undefined) {
      const [first] = open;
      if (first === undefined) break;
      const { due, model } = first.record;
      const isAlike = ({ record }: Waiting) =>
        record.due.kind === due.kind && (due.kind === "amount" || record.model === model);
      const alike = open.filter(isAlike);
      batch =
        due.kind === "calls"
          ? await this.composeCalls(first, alike, funds, short)
          : await this.composeAmounts(alike, funds, short);
      // Of amounts, what was found to be refused rests now, and the others of the same batch are tried again.
      const isRetried = due.kind === "amount" && alike.some(({ file }) => this.refusals.isResting(file));
      open = open.filter((entry) => !this.refusals.isResting(entry.file) && (isRetried || !isAlike(entry)));
    }
    await this.tellShortage([...short.values()], funds);
    return batch;
  }

  private async composeAmounts(
    ready: readonly Waiting[],
    funds: bigint,
    short: Map<string, Waiting>,
  ): Promise<Batch | undefined> {
    const { address } = this.tools.sender;
    const affordable: (Waiting & { readonly deposit: { readonly model: string; readonly amount: bigint } })[] = [];
    let total = 0n;
    for (const { file, record } of ready) {
      if (record.due.kind !== "amount" || affordable.length === LARGEST_BATCH) continue;
      if (total + record.due.amount > funds) {
        short.set(file, { file, record });
        continue;
      }
      total += record.due.amount;
      affordable.push({ file, record, deposit: { model: id(record.model), amount: record.due.amount } });
    }
    if (affordable.length === 0) return undefined;
    const deposits = affordable.map(({ deposit }) => deposit);
    const results = await this.router.depositFees.staticCall(deposits, { from: address });
    for (const [index, { file, deposit }] of affordable.entries()) {
      if (results[index]) continue;
      const failed = await this.router.depositFee.staticCall(deposit.model, deposit.amount, { from: address }).then(
        () => undefined,
        (error: unknown) => refusalOf(this.tools.hre, error),
      );
      this.refusals.add(file, failed?.reason ?? "the router refuses it in a batch");
    }
    const accepted = affordable.filter((_, index) => results[index]);
    if (accepted.length === 0) return undefined;
    const call = this.router.interface.encodeFunctionData("depositFees", [accepted.map(({ deposit }) => deposit)]);
    const planned = accepted.map(({ record, deposit }) => ({ ...deposit, modelId: record.model }));
    return { entries: accepted, deposits: planned, data: withIds(call, accepted) };
  }

  private async composeCalls(
    { record: { model } }: Waiting,
    ready: readonly Waiting[],
    funds: bigint,
    short: Map<string, Waiting>,
  ): Promise<Batch | undefined> {
    const due = ready.flatMap((entry) =>
      entry.record.due.kind === "calls" ? [{ entry, calls: entry.record.due.calls }] : [],
    );
    const quote = async (calls: bigint) => this.router.quoteCalls(id(model), calls);
    const entries: Waiting[] = [];
    let [calls, cost] = [0n, 0n];
    try {
      for (const next of due.slice(0, LARGEST_BATCH)) {
        if (calls + next.calls > MAX_CALLS) break;
        calls += next.calls;
        entries.push(next.entry);
      }
      cost = await quote(calls);
      if (cost > funds) {
        // Not all of it: as many as can be paid, in their order.
        [calls, cost] = [0n, 0n];
        entries.length = 0;
        for (const next of due) {
          const total =
            entries.length < LARGEST_BATCH && calls + next.calls <= MAX_CALLS ? await quote(calls + next.calls) : 0n;
          if (total === 0n) break;
          if (total > funds) {
            short.set(next.entry.file, next.entry);
            continue;
          }
          [calls, cost] = [calls + next.calls, total];
          entries.push(next.entry);
        }
      }
    } catch (error) {
      const { reason } = await refusalOf(this.tools.hre, error);
      for (const { file } of ready) this.refusals.add(file, reason);
      return undefined;
    }
    if (entries.length === 0) return undefined;
    const call = this.router.interface.encodeFunctionData("payForCalls", [id(model), calls, cost]);
    const deposits = [{ model: id(model), modelId: model, amount: cost }];
    return { entries, deposits, data: withIds(call, entries) };
  }

  private async send({ entries, deposits, data }: Batch): Promise<boolean> {
    const { hre, sender, telemetry } = this.tools;
    await this.lumps.look(deposits);
    try {
      this.slot = await sender.send({ to: this.router.target as string, data });
      const [nonce, hash] = [this.slot.nonce, this.slot.hashes[0]];
      telemetry.log("info", "sent", { duty: this.name, records: entries.map(({ record }) => record.id), nonce, hash });
      return true;
    } catch (error) {
      const { reason } = await refusalOf(hre, error);
      for (const { file } of entries) this.refusals.add(file, reason);
      return false;
    }
  }

  /** A final transaction. What it paid is read from the chain, whoever sent it. */
  private end({ outcome, nonce }: Slot): void {
    this.slot = undefined;
    const isMined = outcome?.kind === "mined";
    if (isMined && outcome.receipt.status === 1) return;
    this.note(isMined ? "reverted" : "lost", { nonce });
  }

  /** A record that the chain has: the same one is done, another under the same id is refused. Answers whether its file has moved. */
  private settle({ file, record }: Waiting, paid: Paid, view: ChainView): boolean {
    const { transaction, block, nonce, model, amount: deposited } = paid;
    const isSame =
      model === id(record.model) &&
      (record.due.kind === "amount" ? deposited === record.due.amount : deposited === undefined);
    if (!isSame) {
      const reason = `the id ${record.id} was paid for another record, in ${transaction}.`;
      if (block <= view.final) return this.refuse(file, reason);
      this.refusals.add(file, reason); // until nothing can undo that payment
      return false;
    }
    const entry = { key: id(record.id), block, transaction, nonce };
    this.unfinal.finish(file, { id: record.id, model: record.model, transaction }, entry, view);
    this.note("done", { record: record.id, model: record.model, hash: transaction });
    return true;
  }

  private refuse(file: string, reason: string): true {
    this.inbox.finish(file, "refused", { reason });
    this.refusals.delete(file);
    this.note("refused", { file, reason });
    return true;
  }

  /** What the router may take from the account. */
  private async funds(): Promise<bigint> {
    const { address } = this.tools.sender;
    const balance = await this.reserveToken.balanceOf(address);
    const allowance = await this.reserveToken.allowance(address, this.router.target);
    return balance < allowance ? balance : allowance;
  }

  /** What waits for funds is told once, and goes on waiting. */
  private async tellShortage(short: readonly Waiting[], funds: bigint): Promise<void> {
    const reasons: string[] = [];
    for (const { record } of short.slice(0, SHOWN_SHORT)) {
      const { due, model } = record;
      const needed = due.kind === "amount" ? due.amount : await this.router.quoteCalls(id(model), due.calls);
      reasons.push(`${formatReserve(needed)} for ${record.id}`);
    }
    const more = short.length > SHOWN_SHORT ? `, and ${short.length - SHOWN_SHORT} more` : "";
    const shortage =
      short.length === 0
        ? ""
        : `the router may take ${formatReserve(funds)} USDC, due are ${reasons.join(", ")}${more}`;
    if (shortage !== "" && shortage !== this.shortage) {
      this.tools.telemetry.log("warn", "funds or allowance too small", { duty: this.name, reason: shortage });
    }
    this.shortage = shortage;
  }

  private note(result: string, fields: object): void {
    this.tools.telemetry.count("actions_total", { duty: this.name, result });
    this.tools.telemetry.log(result === "done" ? "info" : "warn", result, { duty: this.name, ...fields });
  }
}

/** A call with the ids of the records that it pays behind its arguments. */
function withIds(call: string, entries: readonly Waiting[]): string {
  return concat([call, ...entries.map(({ record }) => id(record.id))]);
}
