// SPDX-License-Identifier: MIT
// Releases rewards that have waited. Anyone may, and a payout is released once, whoever sends what how often: that is the registry's
// word. What is stopped, void, or not due is never sent.

import type { ModelRegistry, TokenManager } from "../../.build/typechain";
import { releaseCall } from "../../sdk/client/payouts";
import {
  NO_STOP,
  OPEN_STOP,
  type OpenPayoutStatus,
  PAYOUT_RELEASED,
  PAYOUT_VOIDED,
  type QueuedPayout,
  type StopState,
  openPayoutStatus,
} from "../../sdk/state/payouts";
import { rpcMessageOf, Stopped } from "../rpc";
import type { Slot } from "../sender";
import type { ChainView } from "../chain/head";
import { refusalOf, Refusals, type Duty, type RefusalReason, type Tools } from "./duty";
import type { WatchedPayouts } from "./payouts";

/** Reverts which mean that a guardian acted first, or that the chain's time is a block behind. The next pass decides. */
const PASSING = ["PayoutIsStopped", "PayoutWaits"];

/** Payouts with their keys, by status. */
type Sorted = Readonly<Record<OpenPayoutStatus, [key: string, payout: QueuedPayout][]>>;

/** Releases the payouts of every model, whichever verifier queued them. */
export class ReleaseDuty implements Duty {
  readonly name = "release";
  private readonly sent = new Map<string, { readonly payout: QueuedPayout; readonly slot: Slot }>();
  /** Payouts found released or returned at a block before the logs show it. */
  private readonly doneAt = new Map<string, number>();
  private readonly refusals: Refusals;
  private payoutDelay: bigint | undefined;
  /** What was logged about stops, so that each is logged once. */
  private readonly told = new Map<string, string>();

  constructor(
    private readonly tools: Tools,
    private readonly payouts: WatchedPayouts,
    private readonly registry: ModelRegistry,
    private readonly tokenManager: TokenManager,
  ) {
    this.refusals = new Refusals(this.name, tools.telemetry);
  }

  /** @inheritdoc */
  async advance(view: ChainView): Promise<boolean> {
    const ended = [...this.sent].filter(([, { slot }]) => slot.outcome !== undefined);
    for (const [key, { payout, slot }] of ended) await this.end(key, payout, slot);
    await this.payouts.advance();

    const { waiting } = this.payouts;
    for (const key of this.doneAt.keys()) if (!waiting.has(key)) this.doneAt.delete(key);
    const sorted = await this.sort(waiting, view.time);
    this.publish(sorted);
    this.refusals.keep(new Set(sorted.due.map(([key]) => key)));
    const ready = sorted.due.filter(
      ([key]) => !this.sent.has(key) && !this.refusals.isResting(key) && this.doneAt.get(key) !== view.head,
    );
    let count = 0;
    for (const [key, payout] of ready.slice(0, this.tools.sender.free)) {
      if (await this.start(key, payout, view.head)) count++;
    }
    return ended.length + count > 0;
  }

  /** Sorts waiting payouts by status. Stops are read at the latest block, because a guardian's stop takes effect at once. */
  private async sort(waiting: ReadonlyMap<string, QueuedPayout>, now: bigint): Promise<Sorted> {
    const sorted: Sorted = { waits: [], due: [], stopped: [], void: [] };
    if (waiting.size === 0) return sorted;
    this.payoutDelay ??= await this.registry.payoutDelay();
    const times = { payoutDelay: this.payoutDelay, now };
    const stops = new Map<string, StopState>();
    for (const method of new Set([...waiting.values()].map((payout) => payout.method))) {
      const { since, until } = await this.registry.payoutStopOf(method);
      stops.set(method, { since, until });
    }
    for (const [key, payout] of waiting) {
      sorted[openPayoutStatus(payout, stops.get(payout.method) ?? NO_STOP, times)].push([key, payout]);
    }
    this.tellStops(stops, sorted);
    return sorted;
  }

  private publish(sorted: Sorted): void {
    const { telemetry } = this.tools;
    for (const [status, { length }] of Object.entries(sorted)) telemetry.set("payouts", length, { status });
    telemetry.set("payouts", this.payouts.untoldCount, { status: "unknown" });
    telemetry.set("waiting", sorted.due.length, { duty: this.name });
    const times = [...sorted.waits, ...sorted.due].map(([, { queuedAt }]) => Number(queuedAt));
    const nextDue = times.length === 0 ? 0 : Math.min(...times) + Number(this.payoutDelay);
    telemetry.set("payouts_next_due_timestamp_seconds", nextDue);
  }

  private tellStops(stops: ReadonlyMap<string, StopState>, sorted: Sorted): void {
    for (const [method, stop] of stops) {
      const [before, now] = [this.told.get(method), `${stop.since} ${stop.until}`];
      if (before === now || (before === undefined && stop.since === NO_STOP.since)) continue;
      this.told.set(method, now);
      if (stop.since === NO_STOP.since) {
        this.tools.telemetry.log("info", "payouts go on", { duty: this.name, method });
        continue;
      }
      const of = (status: OpenPayoutStatus) => sorted[status].filter(([, payout]) => payout.method === method).length;
      const until = stop.until === OPEN_STOP ? "the admin decides" : stop.until;
      const fields = { duty: this.name, method, since: stop.since, until, stopped: of("stopped"), void: of("void") };
      this.tools.telemetry.log("warn", "payouts stopped", fields);
    }
  }

  private async start(key: string, payout: QueuedPayout, head: number): Promise<boolean> {
    const { sender, telemetry } = this.tools;
    const { data } = await this.tokenManager.releasePayout.populateTransaction(...releaseCall(payout));
    try {
      const slot = await sender.send({ to: this.tokenManager.target as string, data });
      this.sent.set(key, { payout, slot });
      this.refusals.delete(key);
      const { reward } = payout;
      telemetry.log("info", "sent", { ...this.fieldsOf(payout), reward, nonce: slot.nonce, hash: slot.hashes[0] });
      return true;
    } catch (error) {
      if (error instanceof Stopped) throw error;
      // A fault in one payout must not hold up the others: a verifier may have queued one that fits in no block.
      const { name, reason } = await this.refusalOf(error);
      if (PASSING.includes(name)) return false;
      if (await this.isOver(payout)) this.doneAt.set(key, head);
      else this.refusals.add(key, reason, { shown: this.shown(payout) });
      return false;
    }
  }

  private async refusalOf(error: unknown): Promise<Pick<RefusalReason, "name" | "reason">> {
    try {
      return await refusalOf(this.tools.hre, error);
    } catch (other) {
      return { name: "", reason: rpcMessageOf(other) };
    }
  }

  /** Whether anybody has released or returned the payout. */
  private async isOver({ model, evaluationId }: QueuedPayout): Promise<boolean> {
    const present = await this.registry.payoutOf(model, evaluationId);
    return present === PAYOUT_RELEASED || present === PAYOUT_VOIDED;
  }

  /** Handles a final transaction. A failure because somebody else was faster is not an error. */
  private async end(key: string, payout: QueuedPayout, { outcome, nonce }: Slot): Promise<void> {
    this.sent.delete(key);
    const hash = outcome?.kind === "mined" ? outcome.receipt.hash : undefined;
    const isDone = outcome?.kind === "mined" && outcome.receipt.status === 1;
    const failed = outcome?.kind === "mined" ? "reverted" : "lost";
    const isOver = !isDone && (!this.payouts.waiting.has(key) || (await this.isOver(payout)));
    const result = isDone ? "done" : isOver ? "released by others" : failed;
    this.tools.telemetry.count("actions_total", { duty: this.name, result });
    const level = result === failed ? "warn" : "info";
    this.tools.telemetry.log(level, result, { ...this.fieldsOf(payout), nonce, hash });
  }

  private fieldsOf({ model, evaluationId }: QueuedPayout) {
    return { duty: this.name, model: this.payouts.nameOf(model), evaluationId };
  }

  private shown({ model, evaluationId }: QueuedPayout): string {
    return `${this.payouts.nameOf(model)} ${evaluationId}`;
  }
}
