// SPDX-License-Identifier: MIT
// Which rewards wait. The registry's logs tell that one does; the log of whichever verifier queued it, in the same transaction, tells
// to whom. A verifier that was replaced may say what it likes afterwards: nothing but that transaction counts.

import type { Interface, Log, LogDescription } from "ethers";
import type { ModelRegistry } from "../../.build/typechain";
import { payoutOf, termsOf, type QueuedPayout } from "../../sdk/client/payouts";
import type { PatientProvider } from "../rpc";
import type { Telemetry } from "../telemetry";
import type { ChainView } from "./duty";

/** Blocks whose times are asked for at once. */
const AT_ONCE = 16;

const REGISTRY_EVENTS = [
  "ModelCreated",
  "Wired",
  "VerifierChanged",
  "ScoreMoved",
  "PayoutReleased",
  "PayoutVoided",
] as const;

/** What the registry has told of a payout. */
interface Recorded {
  readonly model: string;
  readonly evaluationId: string;
  readonly payeesHash: string;
  readonly transaction: string;
  readonly block: number;
}

/** Follows the logs of the registry, and of every verifier that it has ever listened to, up to the confirmed block. */
export class WatchedPayouts {
  private names = new Map<string, string>();
  private verifiers = new Set<string>();
  private open = new Map<string, QueuedPayout>();
  private untold = new Map<string, Recorded>();
  private cursor: { readonly block: number; readonly hash: string } | undefined;

  constructor(
    private readonly provider: PatientProvider,
    private readonly registry: ModelRegistry,
    private readonly verifier: Interface,
    private readonly fromBlock: number,
    private readonly telemetry: Telemetry,
  ) {}

  /** Payouts that are neither released nor returned, in the order in which they come due. */
  get waiting(): ReadonlyMap<string, QueuedPayout> {
    return this.open;
  }

  /** How many payouts no verifier has told the payees of, so that only whoever knows them can release them. */
  get untoldCount(): number {
    return this.untold.size;
  }

  /** Published id of a model. */
  nameOf(model: string): string {
    return this.names.get(model) ?? model;
  }

  /** Reads what is new on chain. */
  async advance({ confirmed }: ChainView): Promise<void> {
    if (this.cursor && (await this.provider.getBlock(this.cursor.block))?.hash !== this.cursor.hash) this.forget();
    const from = this.cursor ? this.cursor.block + 1 : this.fromBlock;
    if (confirmed < from) return;
    const last = await this.provider.getBlock(confirmed); // before the logs: a reorganisation meanwhile shows next time
    if (!last?.hash) return;
    const recorded = new Map<string, Recorded>();
    const registryLogs = await this.provider.logsIn({ from, to: confirmed }, this.registryFilter());
    for (const log of registryLogs) this.apply(log, recorded);
    await this.add(recorded);
    this.cursor = { block: confirmed, hash: last.hash };
  }

  private apply(log: Log, recorded: Map<string, Recorded>): void {
    const event = this.registry.interface.parseLog(log);
    const [model, evaluationId] = [log.topics[1] as string, log.topics[2] as string];
    const key = keyOf(model, evaluationId);
    switch (event?.name) {
      case "ModelCreated":
        this.names.set(model, String(event.args["modelId"]));
        break;
      case "Wired":
        this.verifiers.add(String(event.args["verifier"]));
        break;
      case "VerifierChanged":
        this.verifiers.add(String(event.args["newVerifier"]));
        break;
      case "ScoreMoved": {
        const [transaction, block] = [log.transactionHash, log.blockNumber];
        recorded.set(key, { model, evaluationId, payeesHash: String(event.args["payeesHash"]), transaction, block });
        break;
      }
      case "PayoutReleased":
      case "PayoutVoided":
        for (const map of [recorded, this.open, this.untold]) map.delete(key);
    }
  }

  /** Adds what was queued and still waits: with its payees, from the verifiers' logs, and its time. */
  private async add(recorded: ReadonlyMap<string, Recorded>): Promise<void> {
    const numbers = [...recorded.values()].map(({ block }) => block);
    const [from, to] = [numbers.at(0), numbers.at(-1)];
    if (from === undefined || to === undefined) return;
    const times = await this.timesOf(new Set(numbers));
    const topics = [(this.verifier.getEvent("PayoutQueued") as { topicHash: string }).topicHash];
    const logs = await this.provider.logsIn({ from, to }, { address: [...this.verifiers], topics });
    const payouts = new Map<string, QueuedPayout>();
    for (const log of logs) {
      const key = keyOf(log.topics[1] as string, log.topics[2] as string);
      const entry = recorded.get(key);
      if (entry === undefined || entry.transaction !== log.transactionHash || payouts.has(key)) continue;
      const { args } = this.verifier.parseLog(log) as LogDescription;
      const payout = payoutOf(args as unknown as Parameters<typeof payoutOf>[0], times.get(entry.block) as bigint);
      if (termsOf(payout).payeesHash === entry.payeesHash) payouts.set(key, payout);
    }
    for (const [key, entry] of recorded) {
      const payout = payouts.get(key);
      if (payout) this.open.set(key, payout);
      else this.tellUntold(key, entry);
    }
  }

  private tellUntold(key: string, entry: Recorded): void {
    this.untold.set(key, entry);
    const { evaluationId, transaction: hash } = entry;
    const fields = { duty: "release", model: this.nameOf(entry.model), evaluationId, hash };
    this.telemetry.log("warn", "payees of a payout unknown", fields);
  }

  private async timesOf(blocks: ReadonlySet<number>): Promise<Map<number, bigint>> {
    const times = new Map<number, bigint>();
    const numbers = [...blocks];
    for (let start = 0; start < numbers.length; start += AT_ONCE) {
      const group = numbers.slice(start, start + AT_ONCE);
      const found = await Promise.all(group.map(async (number) => this.provider.getBlock(number)));
      for (const [index, number] of group.entries()) {
        const block = found[index];
        if (!block) throw new Error(`the node has the logs of block ${number}, but not the block`);
        times.set(number, BigInt(block.timestamp));
      }
    }
    return times;
  }

  /** The chain is another one than was relied on: everything is read again. */
  private forget(): void {
    this.telemetry.count("reorgs_total");
    const fields = { duty: "release", block: this.cursor?.block };
    this.telemetry.log("warn", "reorganisation deeper than the confirmations", fields);
    this.names = new Map();
    this.verifiers = new Set();
    this.open = new Map();
    this.untold = new Map();
    this.cursor = undefined;
  }

  private registryFilter() {
    const topics = REGISTRY_EVENTS.map((name) => this.registry.interface.getEvent(name).topicHash);
    return { address: this.registry.target as string, topics: [topics] };
  }
}

const keyOf = (model: string, evaluationId: string) => `${model} ${evaluationId}`;
