// SPDX-License-Identifier: MIT
// The transactions of one account. Each has a slot: its nonce, for which the chain takes one transaction only. Whatever happens,
// a slot ends in one of two ways: one of our transactions for it is deep enough in the chain, or somebody else's is.

import { Transaction, type Signer, type TransactionReceipt } from "ethers";
import { within } from "../sdk/base/bound";
import { isUnanswered, pause } from "../sdk/rpc/answers";
import type { ChainView } from "./chain/head";
import { rpcMessageOf, Stopped, type PatientProvider } from "./rpc";
import type { Telemetry } from "./telemetry";

/** The most transactions of an account that are in no block yet; nodes keep as many for each account. */
const MOST_UNMINED = 16;

/** Most nodes require a replacement to offer a tenth more, some an eighth. */
const [BUMP, BUMP_BASE] = [1_125n, 1_000n];

/** The gas limit is a quarter above the estimate, because the state may have changed since. */
const [GAS_MARGIN, GAS_BASE] = [125n, 100n];

/** Milliseconds that a key may take to sign; the owner of a device has to confirm. Remote signers have a shorter limit of their own. */
const LONGEST_SIGNING = 180_000;

/** How often a node is asked about something that it lacks or refuses, because other nodes may know more. */
const LOOKS = 3;

const DEFAULT_TIP = 10n ** 9n;

/** When transactions count as done, when they are replaced, and what they may cost at most. */
export interface SendingPolicy {
  /** Confirmations that a transaction needs, its own block included. */
  readonly confirmations: number;
  /** Blocks after which the oldest unmined transaction is replaced by one that offers more. */
  readonly replaceAfterBlocks: number;
  /** The highest fee in wei per gas, which replacements do not exceed either. */
  readonly maxFeePerGas: bigint;
}

/** What a transaction does. */
export interface Call {
  readonly to: string;
  readonly data: string;
}

/** How a slot ended: with our transaction, which may have reverted, or with one that is not ours. */
export type Outcome = { readonly kind: "mined"; readonly receipt: TransactionReceipt } | { readonly kind: "lost" };

/** A transaction that was sent, with its nonce. */
export interface Slot {
  readonly nonce: number;
  /** Hashes of the transaction and its replacements. */
  readonly hashes: readonly string[];
  /** Absent until it is final. */
  readonly outcome?: Outcome;
}

interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

interface OpenSlot extends Slot {
  readonly call: Call;
  readonly gasLimit: bigint;
  readonly hashes: string[];
  outcome?: Outcome;
  fees: Fees;
  raw: string;
  /** Whether a node has accepted the present transaction. */
  isTaken: boolean;
  /** Block at which it was sent, was replaced or became the oldest. */
  since: number | undefined;
  /** Whether it was in a block when last examined. */
  isMined: boolean;
}

/** The only sender of an account: assigns nonces, follows transactions, and replaces those that are stuck. */
export class Sender {
  private slots: OpenSlot[] = [];
  private minedCount = 0;
  private head = 0;
  private quote: Fees = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };

  constructor(
    readonly address: string,
    private readonly signer: Signer,
    private readonly provider: PatientProvider,
    private readonly policy: SendingPolicy,
    private readonly telemetry: Telemetry,
  ) {}

  /** How many transactions may be sent now. */
  get free(): number {
    return Math.max(0, MOST_UNMINED - this.slots.filter(({ isMined }) => !isMined).length);
  }

  /**
   * The nonce of the next slot: the first that neither the chain's latest block nor an open slot has used. After a reorganisation it may be
   * lower than those of open slots, and none of these is mined before it is used again.
   */
  get nextNonce(): number {
    const taken = new Set(this.slots.map(({ nonce }) => nonce));
    let nonce = this.minedCount;
    while (taken.has(nonce)) nonce++;
    return nonce;
  }

  /**
   * Sends a call in the next slot. If the call would revert, this throws the revert and takes no slot. A node need not accept the
   * transaction at once: it is offered until its slot ends.
   */
  async send(call: Call): Promise<Slot> {
    const estimate = await this.estimate(call);
    const slot: OpenSlot = {
      nonce: this.nextNonce,
      call,
      gasLimit: (estimate * GAS_MARGIN) / GAS_BASE,
      hashes: [],
      fees: this.quote,
      raw: "",
      isTaken: false,
      since: undefined,
      isMined: false,
    };
    this.slots.push(slot);
    try {
      await this.sign(slot, this.quote);
    } catch (error) {
      this.slots = this.slots.filter((other) => other !== slot); // nothing was sent
      throw error;
    }
    await this.offer(slot);
    this.note("sent");
    return slot;
  }

  /**
   * Estimates the gas of a call. A lagging node's refusal is not the chain's, so other nodes are asked, too. Then a call at the head tells
   * why the call is refused; if it succeeds there, only later blocks refuse the call, and the refusal is believed.
   */
  private async estimate(call: Call): Promise<bigint> {
    const request = { from: this.address, ...call };
    for (let looks = 1; ; looks++) {
      try {
        return await this.provider.estimateGas(request);
      } catch (error) {
        if (error instanceof Stopped || isUnanswered(error)) throw error;
        if (looks < LOOKS) continue;
        await this.provider.call({ ...request, blockTag: this.head });
        throw error;
      }
    }
  }

  /** Examines every slot at a new head; returns whether one has ended. */
  async advance({ head, baseFeePerGas }: Pick<ChainView, "head" | "baseFeePerGas">): Promise<boolean> {
    this.head = head;
    this.minedCount = await this.countAt("latest");
    await this.refreshQuote(baseFeePerGas);
    for (const slot of this.slots.filter(({ nonce }) => nonce < this.minedCount)) await this.look(slot);
    await this.push(this.slots.filter(({ nonce }) => nonce >= this.minedCount));

    const open = this.slots.filter(({ outcome }) => outcome === undefined);
    const hasEnded = open.length < this.slots.length;
    this.slots = open;
    this.telemetry.set("transactions_unmined", MOST_UNMINED - this.free, { account: this.address });
    return hasEnded;
  }

  /** Number of the account's transactions on the chain up to a block. */
  async countAt(block: number | "latest"): Promise<number> {
    return this.provider.getTransactionCount(this.address, block);
  }

  /** Examines a slot whose nonce is used: whether by our transaction, and how deep. */
  private async look(slot: OpenSlot): Promise<void> {
    slot.isMined = true;
    const { confirmations } = this.policy;
    let receipt = await this.receiptOf(slot);
    const isUsed = async () => (await this.countAt(Math.max(0, this.head - confirmations + 1))) > slot.nonce;
    // A lagging node has no receipt, so the first look does not suffice to say that another transaction has taken our place.
    for (let looks = 1; receipt === undefined && looks < LOOKS && (await isUsed()); looks++) {
      await pause(looks);
      receipt = await this.receiptOf(slot);
    }
    if (receipt) {
      if (this.head - receipt.blockNumber + 1 < confirmations) return;
      slot.outcome = { kind: "mined", receipt };
      this.note(receipt.status === 1 ? "mined" : "reverted");
    } else if (await isUsed()) {
      slot.outcome = { kind: "lost" };
      this.note("lost");
      this.telemetry.log("warn", "nonce used by another transaction", { account: this.address, nonce: slot.nonce });
    }
  }

  private async receiptOf({ hashes }: OpenSlot): Promise<TransactionReceipt | undefined> {
    for (const hash of [...hashes].reverse()) {
      const receipt = await this.provider.getTransactionReceipt(hash);
      if (receipt) return receipt;
    }
    return undefined;
  }

  /**
   * Takes care of unmined slots: offers them again if no node has accepted them or a reorganisation undid them, and replaces the oldest if
   * it is stuck.
   */
  private async push([oldest, ...others]: OpenSlot[]): Promise<void> {
    if (oldest === undefined) return;
    oldest.since ??= this.head;
    const isStuck = this.head - oldest.since >= this.policy.replaceAfterBlocks;
    if (isStuck) await this.replace(oldest);
    for (const slot of [oldest, ...others]) {
      if (slot.isMined) [slot.isMined, slot.isTaken] = [false, false];
      if (!slot.isTaken || isStuck) await this.offer(slot);
    }
  }

  private async replace(slot: OpenSlot): Promise<void> {
    slot.since = this.head;
    const fields = { account: this.address, nonce: slot.nonce, hash: slot.hashes.at(-1) };
    const least = { maxFeePerGas: bump(slot.fees.maxFeePerGas), tip: bump(slot.fees.maxPriorityFeePerGas) };
    if (least.maxFeePerGas > this.policy.maxFeePerGas) {
      this.telemetry.log("warn", "transaction stuck at the highest fee allowed", fields);
      return;
    }
    const maxFeePerGas = larger(least.maxFeePerGas, this.quote.maxFeePerGas); // the quote is within the limit
    const maxPriorityFeePerGas = smaller(larger(least.tip, this.quote.maxPriorityFeePerGas), maxFeePerGas);
    await this.sign(slot, { maxFeePerGas, maxPriorityFeePerGas });
    this.note("replaced");
    this.telemetry.log("info", "transaction replaced", { ...fields, by: slot.hashes.at(-1), maxFeePerGas });
  }

  private async sign(slot: OpenSlot, fees: Fees): Promise<void> {
    const { chainId } = await this.provider.getNetwork();
    const { nonce, gasLimit, call } = slot;
    const signing = this.signer.signTransaction({ type: 2, chainId, nonce, gasLimit, ...call, ...fees });
    const raw = await within(
      LONGEST_SIGNING,
      `the key of ${this.address} has not signed`,
      signing,
      this.provider.ending,
    );
    slot.hashes.push(Transaction.from(raw).hash as string);
    Object.assign(slot, { fees, raw, isTaken: false });
  }

  /** Sends the transaction to the node. The answer only decides whether it is offered again; the chain decides everything else. */
  private async offer(slot: OpenSlot): Promise<void> {
    try {
      await this.provider.send("eth_sendRawTransaction", [slot.raw]);
      slot.isTaken = true;
    } catch (error) {
      if (error instanceof Stopped) throw error;
      const reason = rpcMessageOf(error);
      // Already known: the node has it. Underpriced: the node has another one with this nonce; if that gets stuck, the slot is replaced.
      slot.isTaken = /already known|already imported|known transaction|underpriced/i.test(reason);
      const isExpected = slot.isTaken || /nonce.{0,20}too low/i.test(reason); // the nonce was used before us, see `look`
      if (!isExpected) {
        this.telemetry.log("warn", "transaction not taken", { account: this.address, nonce: slot.nonce, reason });
      }
    }
  }

  private async refreshQuote(baseFeePerGas: bigint): Promise<void> {
    const cap = this.policy.maxFeePerGas;
    const suggested: unknown = await this.provider.send("eth_maxPriorityFeePerGas", []).catch((error: unknown) => {
      if (error instanceof Stopped) throw error;
      return DEFAULT_TIP; // not every node has the method
    });
    const tip = smaller(BigInt(suggested as string | bigint), cap);
    this.quote = { maxFeePerGas: smaller(2n * baseFeePerGas + tip, cap), maxPriorityFeePerGas: tip };
  }

  private note(kind: string): void {
    this.telemetry.count("transactions_total", { account: this.address, kind });
  }
}

/** A replacement must offer more even if the fee was 0. */
const bump = (fee: bigint) => larger((fee * BUMP + BUMP_BASE - 1n) / BUMP_BASE, fee + 1n);
const larger = (a: bigint, b: bigint) => (a > b ? a : b);
const smaller = (a: bigint, b: bigint) => (a < b ? a : b);
