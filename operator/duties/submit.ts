// SPDX-License-Identifier: MIT
// Submits bundles of attestations from a folder. Whether an evaluation was paid is the verifier's word, once for each model.

import { id } from "ethers";
import { siteOf } from "../../deploy/network";
import { Problem } from "../../sdk/base/problem";
import { connect, readModel, type Connection } from "../../sdk/client/connect";
import { readBundle, type Bundle } from "../../sdk/schemas/bundle";
import { requireDestination } from "../../sdk/statements/review";
import { callOf } from "../../sdk/statements/submit";
import type { Inbox } from "../inbox";
import type { Slot } from "../sender";
import { refusalOf, Refusals, type ChainView, type Duty, type Tools } from "./duty";

/** Reverts that pass with time: the file waits. */
const PASSING = ["DailyLimitExceeded", "Paused"];

/** The revert that says: somebody was faster. The next look finds the evaluation paid. */
const DONE = "EvaluationAlreadyUsed";

interface Sent {
  readonly bundle: Bundle;
  readonly slot: Slot;
}

/** Submits what lies in the folder, one improvement of a model at a time, with the checks of `npm run submit`. */
export class SubmitDuty implements Duty {
  readonly name = "submit";
  private readonly sent = new Map<string, Sent>();
  private readonly refusals: Refusals;

  constructor(
    private readonly tools: Tools,
    private readonly inbox: Inbox,
    private readonly registry: { verifier(): Promise<string> },
    private readonly fromBlock: number,
  ) {
    this.refusals = new Refusals(this.name, tools.telemetry);
  }

  /** @inheritdoc */
  async advance(view: ChainView): Promise<boolean> {
    const { sender, telemetry } = this.tools;
    const ended = [...this.sent].filter(([, { slot }]) => slot.outcome !== undefined);
    for (const [name, { slot }] of ended) this.end(name, slot);

    const names = this.inbox.list();
    telemetry.set("waiting", names.length, { duty: this.name });
    this.refusals.keep(new Set(names));
    let count = 0;
    for (const name of names) {
      if (sender.free === 0) break;
      if (this.sent.has(name) || this.refusals.isResting(name)) continue;
      if (await this.handle(name, view)) count++;
    }
    return ended.length + count > 0;
  }

  /** Sends a file or finishes it; answers whether either happened. */
  private async handle(name: string, view: ChainView): Promise<boolean> {
    const text = this.inbox.read(name);
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
      const chain = await connect(siteOf(hre), await this.registry.verifier());
      requireDestination(chain, bundle);
      const { evaluation, evaluationId } = bundle.statement;
      if (await chain.verifier.isUsed(evaluation.model, evaluationId))
        return await this.settle(name, bundle, chain, view);
      const { method } = await readModel(chain, bundle.modelId);
      const data = chain.verifier.interface.encodeFunctionData("processImprovement", [...callOf(method, bundle)]);
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
      const { name: revert, reason } = await refusalOf(hre, error);
      if (revert === DONE) return false;
      if (!PASSING.includes(revert)) return this.refuse(name, reason);
      this.refusals.add(name, reason);
      return false;
    }
  }

  /** An evaluation that was paid: by this statement it is done, once the payment is deep enough; by another it is refused. */
  private async settle(
    name: string,
    bundle: Bundle,
    { verifier, address }: Connection,
    view: ChainView,
  ): Promise<boolean> {
    const { evaluation, evaluationId, contributionDataHash, contributorsRoot } = bundle.statement;
    const topics = verifier.interface.encodeFilterTopics("ImprovementRecorded", [evaluation.model, evaluationId]);
    const filter = { address, topics: topics as (string | null)[] };
    const [log] = await this.tools.provider.logsIn({ from: this.fromBlock, to: view.confirmed }, filter);
    if (log === undefined) return false; // not deep enough yet
    const { baselineScore, candidateScore, ...paid } = verifier.interface.parseLog(log)?.args.toObject() as Record<
      string,
      unknown
    >;
    const isSame =
      baselineScore === evaluation.baselineScore &&
      candidateScore === evaluation.candidateScore &&
      paid["contributionDataHash"] === contributionDataHash &&
      paid["contributorsRoot"] === contributorsRoot;
    if (!isSame) {
      const transaction = log.transactionHash;
      return this.refuse(name, `the evaluation ${evaluationId} was paid for another statement, in ${transaction}.`);
    }
    this.inbox.finish(name, "done", { modelId: bundle.modelId, evaluationId, transaction: log.transactionHash });
    this.note("done", { model: bundle.modelId, file: name, hash: log.transactionHash });
    return true;
  }

  /** A final transaction. What became of the file is read from the chain, whoever sent it. */
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

/** Reads a posted bundle; answers the name that its file gets: of what it says, so that the same bundle is one file. */
export function nameOfBundle(text: string): string {
  const { modelId } = readBundle("the bundle", text);
  return `${modelId}-${id(text).slice(2, 18)}.json`;
}
