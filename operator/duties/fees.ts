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

import { formatUnits, id } from "ethers";
import { setImmediate as others } from "node:timers/promises";
import type { IERC20Metadata, UsageFeeRouter } from "../../.build/typechain";
import { Problem } from "../../sdk/base/problem";
import { RESERVE_DECIMALS } from "../../sdk/base/units";
import { readJson } from "../../sdk/schemas/json";
import type { Follower } from "../chain/follower";
import type { ChainView } from "../chain/head";
import type { Inbox } from "../inbox";
import type { Slot } from "../sender";
import { Unfinal, type Doing, type Undone } from "../unfinal";
import { FeeComposer, type FeeBatch, type SpendingLimits, type WaitingRecord } from "./feeBatch";
import { LumpWatch } from "./lumps";
import { FeePayments, type Paid } from "./payments";
import { readMeteringRecord, type MeteringRecord } from "./records";
import { DaySpending } from "./spending";
import { refusalOf, Refusals, type Duty, type Tools } from "./duty";

/** How often the chain is asked for today's spending while nothing waits, in milliseconds. */
const IDLE = 60_000;

/** How many files are read before other work gets a turn. */
const AT_A_TIME = 250;

/** A payment of a record, keyed by the hash of its id, with the account's nonce that paid it. */
interface DonePayment extends Doing {
  readonly nonce: number;
}

/** Pays the records of a folder from one account, which sends nothing else. */
export class FeesDuty implements Duty {
  readonly name = "fees";
  private readonly follower: Follower;
  private readonly payments: FeePayments;
  private readonly unfinal: Unfinal<DonePayment>;
  private slots: Slot[] = [];
  /** Parsed files, so that thousands of waiting files are not read in every pass. */
  private readonly read = new Map<string, { readonly time: number; readonly record: MeteringRecord }>();
  private spentAt = 0;
  private readonly refusals: Refusals;
  private readonly lumps: LumpWatch;
  private readonly composer: FeeComposer;
  private readonly spending: DaySpending;

  constructor(
    private readonly tools: Tools,
    private readonly inbox: Inbox,
    private readonly router: UsageFeeRouter,
    reserveToken: IERC20Metadata,
    { follower, fromBlock }: { readonly follower: Follower; readonly fromBlock: number },
    limits: SpendingLimits,
  ) {
    const { provider, sender, telemetry } = tools;
    this.payments = new FeePayments(provider, router, sender.address, follower, telemetry);
    this.unfinal = new Unfinal(this.name, inbox, telemetry);
    this.follower = follower;
    this.refusals = new Refusals(this.name, telemetry);
    this.lumps = new LumpWatch(tools, router);
    this.composer = new FeeComposer(tools, router, reserveToken, limits, this.refusals);
    this.spending = new DaySpending(provider, this.payments, fromBlock);
  }

  /** @inheritdoc */
  async advance(view: ChainView): Promise<boolean> {
    const { sender } = this.tools;
    const hadSlot = this.slots.length > 0;
    for (const slot of this.slots) this.end(slot);
    this.slots = this.slots.filter(({ outcome }) => outcome === undefined);
    if (this.slots.some(({ nonce }) => nonce < sender.nextNonce)) return false;
    await this.payments.advance();
    const isKnown = this.follower.behind === 0;
    const undone = isKnown ? this.unfinal.review(view, ({ key }) => this.payments.of(key)) : [];
    const names = this.inbox.list();
    const oldest = names[0] === undefined ? 0 : Math.floor(this.inbox.timeOf(names[0]) / 1_000);
    this.tools.telemetry.set("waiting", names.length, { duty: this.name });
    this.tools.telemetry.set("waiting_since_timestamp_seconds", oldest, { duty: this.name });
    this.refusals.keep(new Set(names));
    if (names.length === 0 && undone.length === 0 && this.slots.length === 0) {
      if (Date.now() - this.spentAt > IDLE) await this.spentToday(view);
      return hadSlot;
    }
    if (!isKnown) return hadSlot;

    // The order matters: nothing is composed before it is known what every transaction with a lower nonce has paid.
    const nonce = await this.readNonce(view);
    const { waiting, hasMoved } = await this.sort(names, view);
    if (nonce === undefined) return hadSlot || hasMoved;
    const spent = await this.spentToday(view);
    const { payable, isRefill } = this.payable(waiting, nonce, undone);
    const batch = await this.composer.compose(payable, spent);
    if (batch !== undefined && (await this.send(batch))) return true;
    return (isRefill && (await this.fill())) || hadSlot || hasMoved;
  }

  /**
   * The nonce of the next transaction, once it is known what all lower nonces have paid up to the confirmed block. Undefined until then,
   * and while a transaction is pending.
   */
  private async readNonce(view: ChainView): Promise<number | undefined> {
    const { sender } = this.tools;
    const count = await sender.countAt(view.confirmed);
    if (count !== sender.nextNonce) return undefined;
    await this.payments.complete(view, count, async (block) => sender.countAt(block));
    return count;
  }

  /**
   * The records that a transaction with this nonce may pay, and whether a reorganisation has freed the nonce: this one or a later one was
   * used before. A transaction with a later nonce, pending or undone, was composed on the assumption that this nonce had paid certain
   * records, and it may still be mined. So a reused nonce pays the same records again, or none. A nonce that was never used may pay any
   * record.
   */
  private payable(waiting: readonly WaitingRecord[], nonce: number, undone: readonly Undone<DonePayment>[]) {
    for (const { place, entry } of undone) if (entry.nonce < nonce) this.unfinal.forget(place);
    const later = undone.filter(({ entry }) => entry.nonce >= nonce);
    const isRefill = later.length > 0 || this.slots.some((slot) => slot.nonce > nonce);
    if (!isRefill) return { payable: waiting, isRefill };
    const same = new Set(later.flatMap(({ entry }) => (entry.nonce === nonce ? [entry.key] : [])));
    return { payable: waiting.filter(({ record }) => same.has(id(record.id))), isRefill };
  }

  /** Moves paid and malformed files out of the folder; returns the other records, oldest first, each id once. */
  private async sort(
    names: readonly string[],
    view: ChainView,
  ): Promise<{ waiting: WaitingRecord[]; hasMoved: boolean }> {
    const waiting = new Map<string, WaitingRecord>();
    const present = new Set(names);
    for (const file of this.read.keys()) if (!present.has(file)) this.read.delete(file);
    let hasMoved = false;
    for (const [index, file] of names.entries()) {
      if (index % AT_A_TIME === 0) await others();
      let record: MeteringRecord | undefined;
      try {
        record = this.recordIn(file);
      } catch (error) {
        if (!this.inbox.isFresh(file)) hasMoved = this.refuse(file, (error as Problem).message);
      }
      if (record === undefined) continue;
      const paid = this.payments.of(id(record.id));
      if (paid) hasMoved = this.settle({ file, record }, paid, view) || hasMoved;
      else if (!waiting.has(record.id)) waiting.set(record.id, { file, record });
    }
    return { waiting: [...waiting.values()], hasMoved };
  }

  /** The record in a file; undefined if the file is gone or cannot be read. Throws a {@link Problem} if the content is not a record. */
  private recordIn(file: string): MeteringRecord | undefined {
    const time = this.inbox.timeOf(file);
    const known = this.read.get(file);
    if (known?.time === time) return known.record;
    const text = this.textOf(file);
    if (text === undefined) return undefined;
    const record = readMeteringRecord(file, readJson(file, text));
    this.read.set(file, { time, record });
    return record;
  }

  /** The content of a file; undefined if it is gone or cannot be read, which is logged and stops no other file. */
  private textOf(file: string): string | undefined {
    try {
      return this.inbox.read(file);
    } catch (error) {
      this.refusals.add(file, (error as Problem).message);
      return undefined;
    }
  }

  /** Reads what was spent today in reserve units, and publishes it as a metric. */
  private async spentToday(view: ChainView): Promise<bigint> {
    const spent = await this.spending.read(view);
    this.spentAt = Date.now();
    this.tools.telemetry.set("spent_today_usdc", Number(formatUnits(spent, RESERVE_DECIMALS)));
    return spent;
  }

  private async send({ entries, deposits, data }: FeeBatch): Promise<boolean> {
    const { hre, sender, telemetry } = this.tools;
    await this.lumps.look(deposits);
    try {
      const slot = await sender.send({ to: this.router.target as string, data });
      this.slots.push(slot);
      const [nonce, hash] = [slot.nonce, slot.hashes[0]];
      telemetry.log("info", "sent", { duty: this.name, records: entries.map(({ record }) => record.id), nonce, hash });
      return true;
    } catch (error) {
      const { reason } = await refusalOf(hre, error);
      for (const { file } of entries) this.refusals.add(file, reason);
      return false;
    }
  }

  /** Uses the next nonce for an empty transaction, so that the transactions with later nonces can follow. */
  private async fill(): Promise<boolean> {
    const { sender, telemetry } = this.tools;
    const slot = await sender.send({ to: sender.address, data: "0x" });
    this.slots.push(slot);
    telemetry.log("info", "nonce filled", { duty: this.name, nonce: slot.nonce, hash: slot.hashes[0] });
    return true;
  }

  /** Logs a transaction that failed. What a successful one paid is read from the chain, whoever sent it. */
  private end({ outcome, nonce }: Slot): void {
    const isMined = outcome?.kind === "mined";
    if (outcome === undefined || (isMined && outcome.receipt.status === 1)) return;
    this.note(isMined ? "reverted" : "lost", { nonce });
  }

  /**
   * Finishes the file of a record whose id the chain says is paid: done if it was this record, refused if it was a different one. Returns
   * whether the file was moved.
   */
  private settle({ file, record }: WaitingRecord, paid: Paid, view: ChainView): boolean {
    const { transaction, block, nonce, model, amount: deposited } = paid;
    const isSame =
      model === id(record.model) &&
      (record.due.kind === "amount" ? deposited === record.due.amount : deposited === undefined);
    if (!isSame) {
      const reason = `the id ${record.id} was paid for another record, in ${transaction}.`;
      if (block <= view.final) return this.refuse(file, reason);
      this.refusals.add(file, reason); // until that payment is final
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

  private note(result: string, fields: object): void {
    this.tools.telemetry.count("actions_total", { duty: this.name, result });
    this.tools.telemetry.log(result === "done" ? "info" : "warn", result, { duty: this.name, ...fields });
  }
}
