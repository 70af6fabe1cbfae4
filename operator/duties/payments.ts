// SPDX-License-Identifier: MIT
// What the fee account has paid, as the chain tells it. The ids of records stand behind the arguments of its calls; what became of a
// call, its receipt says.
//
// Logs alone could hide a payment: a node that lags behind shows fewer of them. The account's nonces do not: whatever has used one of
// the last is looked for until it is found.

import { dataSlice, zeroPadValue, type Interface, type Log, type TransactionReceipt } from "ethers";
import type { UsageFeeRouter } from "../../.build/typechain";
import type { Fact } from "../chain/checkpoint";
import { LAG, type Follower } from "../chain/follower";
import type { ChainView } from "../chain/head";
import { Unsettled, type PatientProvider } from "../rpc";
import type { Telemetry } from "../telemetry";

const WORD = 32;

/** How a record was paid on chain. */
export interface Paid {
  readonly transaction: string;
  readonly block: number;
  readonly nonce: number;
  readonly model: string;
  /** In reserve units; absent for a record of calls. */
  readonly amount?: bigint;
}

/** A record that a transaction has paid: the hash of its id, the model's key, and reserve units, or null for calls. */
type PaidRecord = readonly [record: string, model: string, amount: string | null];

/** What is kept from the chain: a deposit of the account, or what a transaction has paid and which nonce it used. */
type PaymentFact = Fact &
  (
    | { readonly kind: "deposit" }
    | {
        readonly kind: "transaction";
        readonly nonce: number;
        readonly records: readonly PaidRecord[];
        /** What the transaction deposited, in reserve units. */
        readonly spent: string;
      }
  );

/** The payments of one account. */
export class FeePayments {
  /** By the hash of the record's id. */
  private readonly paid = new Map<string, Paid>();
  /** Transactions with deposits that have not been examined yet. */
  private readonly unread = new Set<string>();
  /** Nonces whose transaction is known. */
  private readonly nonces = new Set<number>();
  /** What each transaction deposited in reserve units, and in which block. */
  private readonly spent = new Map<string, { readonly block: number; readonly amount: bigint }>();
  private readonly remember: (fact: PaymentFact) => void;

  constructor(
    private readonly provider: PatientProvider,
    private readonly router: UsageFeeRouter,
    private readonly account: string,
    follower: Follower,
    private readonly telemetry: Telemetry,
  ) {
    this.remember = follower.follow<PaymentFact>({
      name: `payments of ${account}`,
      addresses: [router.target as string],
      events: [router.interface.getEvent("FeeDeposited").topicHash],
      read: (log) => this.read(log),
      apply: (fact) => this.apply(fact),
      clear: () => [this.paid, this.unread, this.nonces, this.spent].forEach((known) => known.clear()),
      undone: (facts) => this.tellUndone(facts),
    });
  }

  /** How a record was paid, by the hash of its id; undefined if it was not. */
  of(record: string): Paid | undefined {
    return this.paid.get(record);
  }

  /** What was deposited from a block on, in reserve units. */
  spentFrom(first: number): bigint {
    return [...this.spent.values()].reduce((sum, { block, amount }) => (block < first ? sum : sum + amount), 0n);
  }

  /** Examines the transactions that made deposits, each once. */
  async advance(): Promise<void> {
    await Promise.all([...this.unread].map(async (hash) => this.look(hash)));
  }

  /**
   * Finds the transactions that used the latest nonces below `count`, as far as they are unknown. `countAt` returns the number of nonces
   * that the account had used by a block, and throws if the node lacks the block.
   */
  async complete({ confirmed }: ChainView, count: number, countAt: (block: number) => Promise<number>): Promise<void> {
    const start = Math.max(0, confirmed - LAG); // lagging nodes hide no older blocks
    for (let nonce = await countAt(start); nonce < count; nonce++) {
      if (this.nonces.has(nonce)) continue;
      let [before, block] = [start, confirmed];
      while (block - before > 1) {
        const middle = Math.floor((before + block) / 2);
        if ((await countAt(middle)) > nonce) block = middle;
        else before = middle;
      }
      const transactions = (await this.provider.blockAt(block, true))?.prefetchedTransactions;
      const found = transactions?.find((sent) => sent.from === this.account && sent.nonce === nonce);
      if (found === undefined)
        throw new Unsettled(`the node does not tell what has used nonce ${nonce} of ${this.account}`);
      await this.look(found.hash);
    }
  }

  private async look(hash: string): Promise<void> {
    const [sent, receipt] = await Promise.all([
      this.provider.getTransaction(hash),
      this.provider.getTransactionReceipt(hash),
    ]);
    if (sent === null || receipt === null)
      throw new Unsettled(`the node has had logs of ${hash}, and has not got the transaction`);
    const isOurs = sent.from === this.account;
    const records = isOurs && sent.to === this.router.target ? this.recordsOf(sent.data, receipt) : [];
    const nonce = isOurs ? sent.nonce : -1;
    const spent = String(this.depositedIn(receipt));
    this.remember({ kind: "transaction", block: receipt.blockNumber, transaction: hash, nonce, records, spent });
  }

  /** The records that a call of the router has paid. */
  private recordsOf(data: string, { logs }: TransactionReceipt): PaidRecord[] {
    const call = this.router.interface.parseTransaction({ data });
    if (call === null || logs.length === 0) return [];
    const ids = trailingWords(data, (this.router.interface as Interface).encodeFunctionData(call.fragment, call.args));
    if (call.name === "payForCalls") return ids.map((record) => [record, String(call.args[0]), null]);
    if (call.name !== "depositFees") return [];
    const deposits = [...(call.args[0] as readonly { model: string; amount: bigint }[])]; // flatMap of ethers' Result makes [0] of an empty list
    const results = logs.filter((log) => this.isEvent(log, "FeeDeposited") || this.isEvent(log, "DepositFailed"));
    return deposits.flatMap(({ model, amount }, index): PaidRecord[] => {
      const [record, result] = [ids[index], results[index]];
      const isPaid = record !== undefined && result !== undefined && this.isEvent(result, "FeeDeposited");
      return isPaid ? [[record, model, String(amount)]] : [];
    });
  }

  private depositedIn({ logs }: TransactionReceipt): bigint {
    const own = logs.filter((log) => this.isEvent(log, "FeeDeposited") && this.isOfAccount(log));
    return own.reduce((sum, log) => {
      const deposit = this.router.interface.parseLog(log)?.args;
      return sum + BigInt(deposit?.["infrastructureAmount"]) + BigInt(deposit?.["poolAmount"]);
    }, 0n);
  }

  private isEvent({ address, topics }: Log, name: "FeeDeposited" | "DepositFailed"): boolean {
    return address === this.router.target && topics[0] === this.router.interface.getEvent(name).topicHash;
  }

  private isOfAccount({ topics }: Log): boolean {
    return topics[2] === zeroPadValue(this.account.toLowerCase(), WORD);
  }

  private read(log: Log): PaymentFact | undefined {
    const { blockNumber: block, transactionHash: transaction } = log;
    if (!this.isOfAccount(log)) return undefined;
    return this.unread.has(transaction) ? undefined : { kind: "deposit", block, transaction };
  }

  private apply(fact: PaymentFact): void {
    const { kind, block, transaction } = fact;
    if (kind === "deposit") return void this.unread.add(transaction);
    this.unread.delete(transaction);
    this.nonces.add(fact.nonce);
    this.spent.set(transaction, { block, amount: BigInt(fact.spent) });
    for (const [record, model, amount] of fact.records) {
      const { nonce } = fact;
      this.paid.set(record, { transaction, block, nonce, model, ...(amount !== null && { amount: BigInt(amount) }) });
    }
  }

  /** Logs the records whose payment was undone; the duty reopens their files. */
  private tellUndone(facts: readonly PaymentFact[]): void {
    for (const fact of facts) {
      if (fact.kind === "deposit" || fact.records.length === 0 || this.unread.has(fact.transaction)) continue;
      const { block, transaction: hash, nonce, records } = fact;
      const fields = { duty: "fees", what: "payment", records: records.length, nonce, block, hash };
      this.telemetry.log("warn", "undone", fields);
    }
  }
}

/** The data after the arguments of a call, in words of 32 bytes. */
function trailingWords(data: string, call: string): string[] {
  const start = (call.length - 2) / 2;
  const count = Math.floor(((data.length - 2) / 2 - start) / WORD);
  return Array.from({ length: count }, (_, index) => dataSlice(data, start + index * WORD, start + (index + 1) * WORD));
}
