// SPDX-License-Identifier: MIT
// Which rewards wait. The registry's logs tell that one does; the log of whichever verifier queued it, in the same transaction, tells
// to whom. A verifier that was replaced may say what it likes afterwards: nothing but that transaction counts.

import type { Interface, LogDescription, Log } from "ethers";
import type { ModelRegistry } from "../../.build/typechain";
import { payoutOf } from "../../sdk/client/payouts";
import { termsOf, type QueuedPayout } from "../../sdk/state/payouts";
import type { Fact } from "../chain/checkpoint";
import type { Follower } from "../chain/follower";
import { Unsettled, type PatientProvider } from "../rpc";
import type { Telemetry } from "../telemetry";

const REGISTRY_EVENTS = [
  "ModelCreated",
  "Wired",
  "VerifierChanged",
  "ScoreMoved",
  "PayoutReleased",
  "PayoutVoided",
] as const;

/** What the chain's logs say about payouts. */
type PayoutFact = Fact &
  (
    | { readonly kind: "model"; readonly model: string; readonly name: string }
    | { readonly kind: "verifier"; readonly verifier: string }
    | { readonly kind: "queued"; readonly model: string; readonly evaluationId: string; readonly payeesHash: string }
    | { readonly kind: "payees"; readonly key: string; readonly queuedAt: string; readonly log?: ToldLog }
    | { readonly kind: "over"; readonly key: string }
  );

type Queued = Extract<PayoutFact, { kind: "queued" }>;

/** The log in which a verifier announced a payout. */
interface ToldLog {
  readonly topics: readonly string[];
  readonly data: string;
}

/** The payouts that the registry has reported, and every verifier that it has ever accepted. */
export class WatchedPayouts {
  private names = new Map<string, string>();
  private verifiers = new Set<string>();
  /** Recorded, but neither released nor returned. The payees of some are not known yet. */
  private queued = new Map<string, Queued>();
  private open = new Map<string, QueuedPayout>();
  private untold = new Set<string>();
  private readonly told = new Set<string>();
  private readonly remember: (fact: PayoutFact) => void;

  constructor(
    private readonly provider: PatientProvider,
    private readonly registry: ModelRegistry,
    private readonly verifier: Interface,
    follower: Follower,
    private readonly telemetry: Telemetry,
  ) {
    this.remember = follower.follow<PayoutFact>({
      name: "payouts",
      addresses: [registry.target as string],
      events: REGISTRY_EVENTS.map((name) => registry.interface.getEvent(name).topicHash),
      read: (log) => this.read(log),
      apply: (fact) => this.apply(fact),
      clear: () => this.clear(),
      undone: (facts) => this.tellUndone(facts),
    });
  }

  /** Payouts with known payees that are neither released nor returned, in the order in which they come due. */
  get waiting(): ReadonlyMap<string, QueuedPayout> {
    return this.open;
  }

  /** Number of payouts whose payees no verifier announced. Only somebody who knows the payees can release them. */
  get untoldCount(): number {
    return this.untold.size;
  }

  /** Published id of a model; its key if the id is unknown. */
  nameOf(model: string): string {
    return this.names.get(model) ?? model;
  }

  /** Finds the payees of each waiting payout once, from the receipt of the transaction that queued it. */
  async advance(): Promise<void> {
    const unknown = [...this.queued].filter(([key]) => !this.open.has(key) && !this.untold.has(key));
    const found = await Promise.all(unknown.map(async ([key, entry]) => this.readPayees(key, entry)));
    for (const fact of found) this.remember(fact);
  }

  private async readPayees(key: string, entry: Queued): Promise<PayoutFact> {
    const { block, transaction, payeesHash } = entry;
    const [receipt, queuedIn] = await Promise.all([
      this.provider.getTransactionReceipt(transaction),
      this.provider.getBlock(block),
    ]);
    if (receipt === null || queuedIn === null)
      throw new Unsettled(`the node has had logs of block ${block}, and has not got the block and its receipts`);
    const queuedAt = String(queuedIn.timestamp);
    const topic = this.verifier.getEvent("PayoutQueued")?.topicHash;
    const told = receipt.logs
      .filter(({ address, topics }) => this.verifiers.has(address) && topics[0] === topic)
      .filter(({ topics }) => keyOf(topics[1], topics[2]) === key)
      .find((log) => this.payeesHashOf(log) === payeesHash);
    const log = told && { topics: told.topics, data: told.data };
    return { kind: "payees", block, transaction, key, queuedAt, ...(log && { log }) };
  }

  /** The hash of the payees in a log; undefined if the log cannot be decoded. */
  private payeesHashOf(log: ToldLog): string | undefined {
    try {
      return termsOf(this.payoutIn(log, "0")).payeesHash;
    } catch {
      return undefined;
    }
  }

  private payoutIn(log: ToldLog, queuedAt: string): QueuedPayout {
    const { args } = this.verifier.parseLog(log) as LogDescription;
    return payoutOf(args as unknown as Parameters<typeof payoutOf>[0], BigInt(queuedAt));
  }

  private read(log: Log): PayoutFact | undefined {
    const event = this.registry.interface.parseLog(log);
    const [model, evaluationId] = [log.topics[1] as string, log.topics[2] as string];
    const fact = { block: log.blockNumber, transaction: log.transactionHash };
    switch (event?.name) {
      case "ModelCreated":
        return { ...fact, kind: "model", model, name: String(event.args["modelId"]) };
      case "Wired":
        return { ...fact, kind: "verifier", verifier: String(event.args["verifier"]) };
      case "VerifierChanged":
        return { ...fact, kind: "verifier", verifier: String(event.args["newVerifier"]) };
      case "ScoreMoved":
        return { ...fact, kind: "queued", model, evaluationId, payeesHash: String(event.args["payeesHash"]) };
      case "PayoutReleased":
      case "PayoutVoided":
        return { ...fact, kind: "over", key: keyOf(model, evaluationId) };
      default:
        return undefined;
    }
  }

  private apply(fact: PayoutFact): void {
    switch (fact.kind) {
      case "model":
        this.names.set(fact.model, fact.name);
        break;
      case "verifier":
        this.verifiers.add(fact.verifier);
        break;
      case "queued":
        this.queued.set(keyOf(fact.model, fact.evaluationId), fact);
        break;
      case "payees":
        if (!this.queued.has(fact.key)) break;
        if (fact.log) this.open.set(fact.key, this.payoutIn(fact.log, fact.queuedAt));
        else this.tellUntold(fact.key);
        break;
      case "over":
        for (const map of [this.queued, this.open, this.untold]) map.delete(fact.key);
    }
  }

  private tellUntold(key: string): void {
    this.untold.add(key);
    if (this.told.has(key)) return;
    this.told.add(key);
    const { model, evaluationId, transaction: hash } = this.queued.get(key) as Queued;
    const fields = { duty: "release", model: this.nameOf(model), evaluationId, hash };
    this.telemetry.log("warn", "payees of a payout unknown", fields);
  }

  private clear(): void {
    this.names = new Map();
    this.verifiers = new Set();
    this.queued = new Map();
    this.open = new Map();
    this.untold = new Set();
  }

  /** Only logs what was undone: the duty repeats releases, and the holder of a bundle repeats an improvement. */
  private tellUndone(facts: readonly PayoutFact[]): void {
    for (const fact of facts) {
      const { block, transaction: hash } = fact;
      if (fact.kind === "over") {
        const [model = "", evaluationId] = fact.key.split(" ");
        this.tell("release", { model: this.nameOf(model), evaluationId, block, hash });
      } else if (fact.kind === "queued") {
        const { model, evaluationId } = fact;
        this.tell("improvement", { model: this.nameOf(model), evaluationId, block, hash });
      }
    }
  }

  private tell(what: string, fields: object): void {
    this.telemetry.log("warn", "undone", { duty: "release", what, ...fields });
  }
}

const keyOf = (model?: string, evaluationId?: string) => `${model} ${evaluationId}`;
