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

import { dataSlice, formatUnits, id, type Interface, type Log, type TransactionReceipt } from "ethers";
import { setImmediate as others } from "node:timers/promises";
import type { IERC20Metadata, UsageFeeRouter } from "../../.build/typechain";
import { Problem } from "../../sdk/base/problem";
import { RESERVE_DECIMALS } from "../../sdk/base/units";
import { readJson } from "../../sdk/schemas/json";
import type { Inbox } from "../inbox";
import type { Slot } from "../sender";
import { FeeComposer, type FeeBatch, type SpendingLimits, type WaitingRecord } from "./feeBatch";
import { LumpWatch } from "./lumps";
import { readMeteringRecord, type MeteringRecord } from "./records";
import { DaySpending } from "./spending";
import { refusalOf, Refusals, type ChainView, type Duty, type Tools } from "./duty";

/** How often the chain is asked what was spent while nothing waits, in milliseconds. */
const IDLE = 60_000;

/** Files that are read before others get their turn. */
const AT_A_TIME = 250;

const WORD = 32;

/** How a record stands on chain. */
interface Paid {
  readonly transaction: string;
  readonly model: string;
  /** Absent when several records of calls were paid together. */
  readonly amount?: bigint;
}

/** Pays the records of a folder from one account, which sends nothing else. */
export class FeesDuty implements Duty {
  readonly name = "fees";
  private readonly paid = new Map<string, Paid>();
  private cursor: { readonly block: number; readonly hash: string } | undefined;
  private slot: Slot | undefined;
  /** Files as they were read, so that thousands that wait are not read in every pass. */
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
    private readonly fromBlock: number,
    limits: SpendingLimits,
  ) {
    this.refusals = new Refusals(this.name, tools.telemetry);
    this.lumps = new LumpWatch(tools, router);
    this.composer = new FeeComposer(tools, router, reserveToken, limits, this.refusals);
    this.spending = new DaySpending(tools.provider, router, tools.sender.address, fromBlock);
  }

  /** @inheritdoc */
  async advance(view: ChainView): Promise<boolean> {
    const hadSlot = this.slot !== undefined;
    if (this.slot?.outcome) this.end(this.slot);
    if (this.slot) return false;
    const names = this.inbox.list();
    this.tools.telemetry.set("waiting", names.length, { duty: this.name });
    this.refusals.keep(new Set(names));
    if (names.length === 0) {
      if (Date.now() - this.spentAt > IDLE) await this.spentToday(view);
      return hadSlot;
    }

    // The order matters: `paid` is what every transaction below the nonce of the next one has paid.
    const { sender } = this.tools;
    if (!(await this.readPaid(view))) return hadSlot;
    const { waiting, hasMoved } = await this.sort(names);
    if ((await sender.countAt(view.confirmed)) !== sender.nextNonce) return hadSlot || hasMoved;
    const spent = await this.spentToday(view);
    if (spent === undefined) return hadSlot || hasMoved;
    const batch = await this.composer.compose(waiting, spent);
    return (batch !== undefined && (await this.send(batch))) || hadSlot || hasMoved;
  }

  /** Reads from the chain what the account has paid up to the confirmed block; answers whether that is known now. */
  private async readPaid({ confirmed }: ChainView): Promise<boolean> {
    const { provider, sender, telemetry } = this.tools;
    if (this.cursor && (await provider.getBlock(this.cursor.block))?.hash !== this.cursor.hash) {
      telemetry.log("warn", "reorganisation deeper than the confirmations", {
        duty: this.name,
        block: this.cursor.block,
      });
      this.paid.clear();
      this.cursor = undefined;
    }
    const last = await provider.getBlock(confirmed);
    if (!last?.hash) return false;
    const from = this.cursor ? this.cursor.block + 1 : this.fromBlock;
    const topics = this.router.interface.encodeFilterTopics("FeeDeposited", [null, sender.address]) as (
      string | null
    )[];
    const logs = await provider.logsIn({ from, to: confirmed }, { address: this.router.target as string, topics });
    for (const hash of new Set(logs.map(({ transactionHash }) => transactionHash))) await this.readPayment(hash);
    this.cursor = { block: confirmed, hash: last.hash };
    return true;
  }

  private async readPayment(hash: string): Promise<void> {
    const { provider, sender } = this.tools;
    const transaction = await provider.getTransaction(hash);
    const receipt = await provider.getTransactionReceipt(hash);
    if (transaction === null || receipt === null)
      throw new Error(`the node has the logs of ${hash}, but not the transaction`);
    if (transaction.to !== this.router.target || transaction.from !== sender.address) return;
    for (const [record, payment] of this.paymentsOf(transaction.data, receipt)) this.paid.set(record, payment);
  }

  /** The records that a call of the router has paid, by the hash of their id. */
  private paymentsOf(data: string, { hash: transaction, logs }: TransactionReceipt): [string, Paid][] {
    const call = this.router.interface.parseTransaction({ data });
    if (call === null) return [];
    const ids = trailingWords(data, (this.router.interface as Interface).encodeFunctionData(call.fragment, call.args));
    const isEvent = (log: Log, name: "FeeDeposited" | "DepositFailed") =>
      log.address === this.router.target && log.topics[0] === this.router.interface.getEvent(name).topicHash;
    if (call.name === "payForCalls") {
      return ids.map((record) => [record, { transaction, model: String(call.args[0]) }]);
    }
    if (call.name !== "depositFees") return [];
    const deposits = call.args[0] as readonly { model: string; amount: bigint }[];
    const results = logs.filter((log) => isEvent(log, "FeeDeposited") || isEvent(log, "DepositFailed"));
    return deposits.flatMap(({ model, amount: paid }, index): [string, Paid][] => {
      const [record, result] = [ids[index], results[index]];
      const isPaid = record !== undefined && result !== undefined && isEvent(result, "FeeDeposited");
      return isPaid ? [[record, { transaction, model, amount: paid }]] : [];
    });
  }

  /** Moves what is paid or malformed out of the folder; answers the rest, the oldest first, each id once. */
  private async sort(names: readonly string[]): Promise<{ waiting: WaitingRecord[]; hasMoved: boolean }> {
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
      const paid = this.paid.get(id(record.id));
      if (paid) hasMoved = this.settle({ file, record }, paid);
      else if (!waiting.has(record.id)) waiting.set(record.id, { file, record });
    }
    return { waiting: [...waiting.values()], hasMoved };
  }

  /** The record in a file, unless that is gone or cannot be read; throws a {@link Problem} for what is no record. */
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

  /** Content of a file, unless it is gone or cannot be read: that is told, and stops no other. */
  private textOf(file: string): string | undefined {
    try {
      return this.inbox.read(file);
    } catch (error) {
      this.refusals.add(file, (error as Problem).message);
      return undefined;
    }
  }

  /** Reserve units that were spent today, for whoever watches too; undefined while the chain does not tell. */
  private async spentToday(view: ChainView): Promise<bigint | undefined> {
    const spent = await this.spending.read(view);
    if (spent === undefined) return undefined;
    this.spentAt = Date.now();
    this.tools.telemetry.set("spent_today_usdc", Number(formatUnits(spent, RESERVE_DECIMALS)));
    return spent;
  }

  private async send({ entries, deposits, data }: FeeBatch): Promise<boolean> {
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

  /** A record that the chain has: the same one is done, another under the same id is refused. */
  private settle({ file, record }: WaitingRecord, { transaction, model, amount: paid }: Paid): true {
    const isSame =
      model === id(record.model) && (record.due.kind === "amount" ? paid === record.due.amount : paid === undefined);
    if (!isSame) return this.refuse(file, `the id ${record.id} was paid for another record, in ${transaction}.`);
    this.inbox.finish(file, "done", { id: record.id, model: record.model, transaction });
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

/** What stands behind the arguments of a call, in words of 32 bytes. */
function trailingWords(data: string, call: string): string[] {
  const start = (call.length - 2) / 2;
  const count = Math.floor(((data.length - 2) / 2 - start) / WORD);
  return Array.from({ length: count }, (_, index) => dataSlice(data, start + index * WORD, start + (index + 1) * WORD));
}
