// SPDX-License-Identifier: MIT
// Submits bundles of attestations from a folder. Whether an improvement was recorded is the registry's word, once for each model and
// evaluation; that its reward is released later is the duty of `release`.

import { id, ZeroHash, type Interface, type LogDescription } from "ethers";
import type { ModelRegistry } from "../../.build/typechain";
import { networkOf, siteOf } from "../../deploy/network";
import { Problem } from "../../sdk/base/problem";
import { connect, readModel } from "../../sdk/client/connect";
import { readBundle, type Bundle } from "../../sdk/schemas/bundle";
import { pinned } from "../../sdk/rpc/pinned";
import { requireDestination } from "../../sdk/statements/review";
import { Incomplete } from "../../sdk/statements/method";
import { callOf } from "../../sdk/statements/submit";
import type { Fact } from "../chain/checkpoint";
import type { Follower } from "../chain/follower";
import type { ChainView } from "../chain/head";
import type { Inbox } from "../inbox";
import { through } from "../rpc";
import type { Slot } from "../sender";
import { Unfinal, type Doing } from "../unfinal";
import { refusalOf, Refusals, type Duty, type RefusalReason, type Tools } from "./duty";

/**
 * Reverts that no later state of the chain can cure. Other refusals may pass, because a pause ends, another improvement comes first, or a
 * node catches up; they are tried again until the statement's deadline.
 */
const FINAL = new Set(["InvalidSignature", "EvaluationTooWeak", "ProtocolContract", "DeadlineExpired"]);

/** The revert that goes away at the end of the UTC day, unless the improvement exceeds the limit by itself. */
const LIMITED = "DailyLimitExceeded";

const SECONDS_PER_DAY = 86_400n;

/** The revert which means that somebody else was faster. The next pass finds the improvement recorded. */
const DONE = "EvaluationAlreadyUsed";

interface Sent {
  readonly bundle: Bundle;
  readonly slot: Slot;
}

/** An improvement that the registry has recorded, and where. */
interface Recorded extends Fact {
  readonly key: string;
}

/** Submits the bundles in the folder, one improvement of a model at a time, with the checks of `npm run submit`. */
export class SubmitDuty implements Duty {
  readonly name = "submit";
  private readonly sent = new Map<string, Sent>();
  /** Files that must wait for the next day because of a daily limit, and the second in which that day begins. */
  private readonly tomorrow = new Map<string, bigint>();
  /** Deadlines of statements that were refused but may still be accepted. */
  private readonly deadlines = new Map<string, bigint>();
  /** Why files whose deadline has passed were refused. */
  private readonly expired = new Map<string, string>();
  private readonly refusals: Refusals;
  private readonly recorded = new Map<string, Recorded>();
  private readonly unfinal: Unfinal<Doing>;

  constructor(
    private readonly tools: Tools,
    private readonly inbox: Inbox,
    private readonly registry: ModelRegistry,
    private readonly verifier: Interface,
    private readonly follower: Follower,
  ) {
    this.refusals = new Refusals(this.name, tools.telemetry);
    this.unfinal = new Unfinal(this.name, inbox, tools.telemetry);
    follower.follow<Recorded>({
      name: "improvements",
      addresses: [registry.target as string],
      events: [registry.interface.getEvent("ScoreMoved").topicHash],
      read: ({ blockNumber: block, transactionHash: transaction, topics }) => {
        return { block, transaction, key: keyOf(topics[1], topics[2]) };
      },
      apply: (fact) => this.recorded.set(fact.key, fact),
      clear: () => this.recorded.clear(),
      undone: () => undefined, // already logged for each bundle that is not final
    });
  }

  /** @inheritdoc */
  async advance(view: ChainView): Promise<boolean> {
    const { sender, telemetry } = this.tools;
    const ended = [...this.sent].filter(([, { slot }]) => slot.outcome !== undefined);
    for (const [name, { slot }] of ended) this.end(name, slot);
    if (this.follower.behind === 0) {
      const undone = this.unfinal.review(view, ({ key }) => this.recorded.get(key));
      for (const { place } of undone) this.unfinal.forget(place); // the file waits again like any other
    }

    const names = this.inbox.list();
    const oldest = names[0] === undefined ? 0 : Math.floor(this.inbox.timeOf(names[0]) / 1_000);
    telemetry.set("waiting", names.length, { duty: this.name });
    telemetry.set("waiting_since_timestamp_seconds", oldest, { duty: this.name });
    this.refusals.keep(new Set(names));
    this.beginDay(names, view);
    let count = 0;
    for (const name of names) {
      if (sender.free === 0) break;
      if (this.sent.has(name) || this.tomorrow.has(name) || this.refusals.isResting(name)) continue;
      if (await this.handle(name, view)) count++;
    }
    return ended.length + count > 0;
  }

  /** Lets files be examined again whose next day has begun, by the chain's time, or whose deadline has passed. */
  private beginDay(names: readonly string[], { time }: ChainView): void {
    for (const [name, begin] of this.tomorrow) {
      if (names.includes(name) && time < begin) continue;
      this.tomorrow.delete(name);
      this.refusals.delete(name);
    }
    for (const name of this.expired.keys()) if (!names.includes(name)) this.expired.delete(name);
    for (const [name, deadline] of this.deadlines) {
      if (names.includes(name) && this.refusals.reasonFor(name) !== undefined && time <= deadline) continue;
      this.deadlines.delete(name);
      this.tomorrow.delete(name);
      if (names.includes(name) && time > deadline) this.expired.set(name, this.refusals.reasonFor(name) ?? "");
      this.refusals.delete(name);
    }
  }

  /** Sends or finishes a file; returns whether it did either. */
  private async handle(name: string, view: ChainView): Promise<boolean> {
    let text: string | undefined;
    try {
      text = this.inbox.read(name);
    } catch (error) {
      this.refusals.add(name, (error as Problem).message);
    }
    if (text === undefined) return false;
    let bundle: Bundle;
    try {
      bundle = readBundle(name, text);
    } catch (error) {
      if (this.inbox.isFresh(name)) return false;
      return this.refuse(name, (error as Problem).message);
    }
    const isBusy = [...this.sent.values()].some((other) => other.bundle.modelId === bundle.modelId);
    return isBusy ? false : this.submit(name, bundle, view);
  }

  private async submit(name: string, bundle: Bundle, view: ChainView): Promise<boolean> {
    const { hre, sender, telemetry } = this.tools;
    try {
      const { evaluation, evaluationId } = bundle.statement;
      const isHere = bundle.chainId === networkOf(hre).chainId;
      const recorded = isHere ? this.recorded.get(keyOf(evaluation.model, evaluationId)) : undefined;
      if (recorded) return await this.settle(name, bundle, recorded, view);
      // Everything that is compared is read at one block. If a node behind the address lacks that block, the read fails.
      const provider = pinned(this.tools.provider, view.head);
      const registry = this.registry.connect(provider);
      if (isHere && (await registry.payoutOf(evaluation.model, evaluationId)) !== ZeroHash) return false; // not confirmed yet
      const chain = await connect(siteOf(through(hre, provider)), await registry.verifier());
      const { deadline } = bundle.statement;
      if (isHere && view.time > deadline) return this.refuse(name, this.reasonAfter(name, deadline));
      requireDestination(chain, bundle);
      const { method } = await readModel(chain, bundle.modelId);
      const { call, leftOut } = await callOf(chain, method, bundle);
      const data = chain.verifier.interface.encodeFunctionData("processImprovement", [...call]);
      if (leftOut.length > 0) telemetry.log("warn", "attestations left out", { duty: this.name, file: name, leftOut });
      const slot = await sender.send({ to: chain.address, data });
      this.sent.set(name, { bundle, slot });
      this.refusals.delete(name);
      telemetry.log("info", "sent", {
        duty: this.name,
        model: bundle.modelId,
        nonce: slot.nonce,
        hash: slot.hashes[0],
      });
      return true;
    } catch (error) {
      const isFinal = error instanceof Incomplete || bundle.chainId !== networkOf(hre).chainId;
      return this.handleRefusal(name, bundle, await refusalOf(hre, error), isFinal, view);
    }
  }

  private reasonAfter(name: string, deadline: bigint): string {
    const reason = this.expired.get(name) ?? "";
    this.expired.delete(name);
    const passed = `the deadline ${deadline} has passed`;
    return reason === "" ? passed : `${passed}; until then: ${reason}`;
  }

  private handleRefusal(
    file: string,
    { statement }: Bundle,
    { name: revert, reason, args }: RefusalReason,
    isFinal: boolean,
    { time }: ChainView,
  ): boolean {
    if (revert === DONE) return false;
    const isBeyondLimit = revert === LIMITED && BigInt(args["deltaBps"] ?? 0) > BigInt(args["limitBps"] ?? 0);
    if (isFinal || isBeyondLimit || FINAL.has(revert)) return this.refuse(file, reason);
    if (revert === LIMITED) this.tomorrow.set(file, (time / SECONDS_PER_DAY + 1n) * SECONDS_PER_DAY);
    this.deadlines.set(file, statement.deadline);
    this.refusals.add(file, reason);
    return false;
  }

  /**
   * Finishes the file of an improvement that was recorded, under any verifier: done if it was this statement, refused if it was another.
   * The reward waits from then on.
   */
  private async settle(name: string, bundle: Bundle, recorded: Recorded, view: ChainView): Promise<boolean> {
    const { evaluationId } = bundle.statement;
    const { block, transaction } = recorded;
    const receipt = await this.tools.provider.getTransactionReceipt(transaction);
    if (receipt === null) return false; // from a node that lags behind
    const logs = receipt.logs.filter(({ address }) => address === bundle.verifier);
    if (logs.some((log) => isTold(bundle, this.verifier.parseLog(log)))) {
      this.unfinal.finish(name, { modelId: bundle.modelId, evaluationId, transaction }, recorded, view);
      this.note("done", { model: bundle.modelId, file: name, hash: transaction });
      return true;
    }
    const reason = `the evaluation ${evaluationId} was recorded for another statement, in ${transaction}.`;
    if (block <= view.final) return this.refuse(name, reason);
    this.refusals.add(name, reason);
    return false;
  }

  /** Logs a transaction that failed. What became of the file is read from the chain, whoever sent the transaction. */
  private end(name: string, { outcome, nonce }: Slot): void {
    this.sent.delete(name);
    if (outcome?.kind === "mined" && outcome.receipt.status === 1) return;
    this.note(outcome?.kind === "mined" ? "reverted" : "lost", { file: name, nonce });
  }

  private refuse(name: string, reason: string): true {
    this.inbox.finish(name, "refused", { reason });
    this.refusals.delete(name);
    this.note("refused", { file: name, reason });
    return true;
  }

  private note(result: string, fields: object): void {
    this.tools.telemetry.count("actions_total", { duty: this.name, result });
    this.tools.telemetry.log(result === "done" ? "info" : "warn", result, { duty: this.name, ...fields });
  }
}

/** Whether a log shows that a bundle's statement was recorded. */
function isTold({ statement }: Bundle, event: LogDescription | null): boolean {
  const { evaluation, evaluationId, contributionDataHash, contributorsRoot } = statement;
  return (
    event?.name === "PayoutQueued" &&
    event.args["model"] === evaluation.model &&
    event.args["evaluationId"] === evaluationId &&
    event.args["baselineScore"] === evaluation.baselineScore &&
    event.args["candidateScore"] === evaluation.candidateScore &&
    event.args["contributionDataHash"] === contributionDataHash &&
    event.args["contributorsRoot"] === contributorsRoot
  );
}

const keyOf = (model?: string, evaluationId?: string) => `${model} ${evaluationId}`;

/**
 * Reads a posted bundle and returns the name for its file. The name is derived from the content, so the same bundle is always the same
 * file.
 */
export function nameOfBundle(text: string): string {
  const { modelId } = readBundle("the bundle", text);
  return `${modelId}-${id(text).slice(2, 18)}.json`;
}
