// SPDX-License-Identifier: MIT
// The transactions of one account. Each has a slot: its nonce, for which the chain takes one transaction only. Whatever happens,
// a slot ends in one of two ways: one of our transactions for it is deep enough in the chain, or somebody else's is.

import { Transaction, type Signer, type TransactionReceipt } from "ethers";
import { within } from "../sdk/base/bound";
import { isUnanswered, pause } from "../sdk/rpc/answers";
import type { ChainView } from "./chain/head";
import { rpcMessageOf, Stopped, type PatientProvider } from "./rpc";
import type { Telemetry } from "./telemetry";

/** How many transactions of an account may be without a block: what nodes keep of every account. */
const MOST_UNMINED = 16;

/** A replacement must offer a tenth more on most nodes, an eighth on some. */
const [BUMP, BUMP_BASE] = [1_125n, 1_000n];

/** What is left of a transaction's gas for a state that has changed since it was estimated. */
const [GAS_MARGIN, GAS_BASE] = [125n, 100n];

/** Milliseconds that a key may take to sign: the owner of a device has to confirm. A machine elsewhere is given up sooner, by itself. */
const LONGEST_SIGNING = 180_000;

/** How often a node is asked again for what it lacks or refuses, where other nodes may know more. */
const LOOKS = 3;

const DEFAULT_TIP = 10n ** 9n;

/** When transactions count as done, when they are replaced, and what they may cost at most. */
export interface SendingPolicy {
  /** Blocks that must have a transaction below them, its own included. */
  readonly confirmations: number;
  /** Blocks that the oldest transaction waits before it is replaced by one that offers more. */
  readonly replaceAfterBlocks: number;
  /** Wei per gas that is never exceeded, by replacements neither. */
  readonly maxFeePerGas: bigint;
}

/** What a transaction does. */
export interface Call {
  readonly to: string;
  readonly data: string;
}

/** How a slot ended: with our transaction, which may have reverted, or with one that is not ours. */
export type Outcome = { readonly kind: "mined"; readonly receipt: TransactionReceipt } | { readonly kind: "lost" };

/** A transaction on its way. */
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
  /** Whether a node has taken the present transaction. */
  isTaken: boolean;
  /** Block at which it was sent, replaced or became the oldest. */
  since: number | undefined;
  /** Whether a block had it when it was last looked at. */
  isMined: boolean;
}

/** The one sender of an account: gives out nonces, follows transactions, replaces those that are stuck. */
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
   * The nonce of the next slot: the first that neither the chain's latest block nor an open slot has. After a reorganisation it may be
   * below those of open slots, none of which is mined before that one is used again.
   */
  get nextNonce(): number {
    const taken = new Set(this.slots.map(({ nonce }) => nonce));
    let nonce = this.minedCount;
    while (taken.has(nonce)) nonce++;
    return nonce;
  }

  /**
   * Sends a call in the next slot. A call that would revert is thrown as the revert that it is, and takes no slot. Whether a node
   * takes the transaction at once makes no difference: it is offered until its slot ends.
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
   * Gas of a call. Where one of several nodes lags behind, its refusal is not the chain's: others are asked, then the head that was looked
   * at tells why the call is refused; what only later blocks refuse is believed.
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

  /** Looks at every slot from a new head; answers whether one has ended. */
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

  /** Transactions of the account in the chain up to a block. */
  async countAt(block: number | "latest"): Promise<number> {
    return this.provider.getTransactionCount(this.address, block);
  }

  /** A slot whose nonce is used: by us or by others, and how deep. */
  private async look(slot: OpenSlot): Promise<void> {
    slot.isMined = true;
    const { confirmations } = this.policy;
    let receipt = await this.receiptOf(slot);
    const isUsed = async () => (await this.countAt(Math.max(0, this.head - confirmations + 1))) > slot.nonce;
    // A node that lags behind has no receipt: that somebody else's transaction is in our place is not said at the first look.
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

  /** Slots that no block has: offered again where no node took them or a reorganisation undid them, replaced when stuck. */
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
    const maxFeePerGas = larger(least.maxFeePerGas, this.quote.maxFeePerGas); // a quote is within the limit
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

  /** Gives the transaction to the node. What it answers only matters for what is offered again; the chain decides the rest. */
  private async offer(slot: OpenSlot): Promise<void> {
    try {
      await this.provider.send("eth_sendRawTransaction", [slot.raw]);
      slot.isTaken = true;
    } catch (error) {
      if (error instanceof Stopped) throw error;
      const reason = rpcMessageOf(error);
      // Known: it is there. Underpriced: another one for the same nonce is there; the slot is replaced when that one is stuck.
      slot.isTaken = /already known|already imported|known transaction|underpriced/i.test(reason);
      const isExpected = slot.isTaken || /nonce.{0,20}too low/i.test(reason); // somebody was faster, see `look`
      if (!isExpected) {
        this.telemetry.log("warn", "transaction not taken", { account: this.address, nonce: slot.nonce, reason });
      }
    }
  }

  private async refreshQuote(baseFeePerGas: bigint): Promise<void> {
    const cap = this.policy.maxFeePerGas;
    const suggested: unknown = await this.provider.send("eth_maxPriorityFeePerGas", []).catch((error: unknown) => {
      if (error instanceof Stopped) throw error;
      return DEFAULT_TIP; // the method is not everywhere
    });
    const tip = smaller(BigInt(suggested as string | bigint), cap);
    this.quote = { maxFeePerGas: smaller(2n * baseFeePerGas + tip, cap), maxPriorityFeePerGas: tip };
  }

  private note(kind: string): void {
    this.telemetry.count("transactions_total", { account: this.address, kind });
  }
}

/** Of nothing, too, a replacement must offer more. */
const bump = (fee: bigint) => larger((fee * BUMP + BUMP_BASE - 1n) / BUMP_BASE, fee + 1n);
const larger = (a: bigint, b: bigint) => (a > b ? a : b);
const smaller = (a: bigint, b: bigint) => (a < b ? a : b);
