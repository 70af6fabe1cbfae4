// SPDX-License-Identifier: MIT
// Steps 3 and 4 of a launch: after a declared model is registered, its supplier allocation is distributed and its pool created.

import type { Interface } from "ethers";
import type { Slot } from "../sender";
import type { ChainView } from "../chain/head";
import { refusalOf, Refusals, tellEnd, type Duty, type Tools } from "./duty";
import { AT_ONCE, type LaunchStep, type WatchedModel, type WatchedModels } from "./models";

/** The contract that performs a step. */
export interface Target {
  readonly address: string;
  readonly interface: Interface;
}

/** Reverts which mean that somebody else took the step first. The logs show it once they are confirmed. */
const DONE: Readonly<Record<LaunchStep, readonly string[]>> = {
  distribute: ["SupplierAlreadyMinted"],
  pools: ["PoolAlreadyExists"],
};

const CALLS: Readonly<Record<LaunchStep, (model: WatchedModel) => readonly [string, unknown[]]>> = {
  distribute: ({ file }) => ["distributeModelSupplierAllocation", [file.modelId]],
  pools: ({ file: { modelId, pool }, token }) => [
    "createPoolWithParams",
    [modelId, token, pool.crr, pool.tradeFee, pool.ibrDuration, pool.virtualReserve, pool.initialPrice],
  ],
};

/** Takes one step of the launch for every declared model. The contract guarantees that a step happens once; the logs show that it did. */
export class LaunchDuty implements Duty {
  private readonly sent = new Map<string, Slot>();
  /** Models whose step was found done at a block before the logs show it. */
  private readonly doneAt = new Map<string, number>();
  private readonly refusals: Refusals;

  constructor(
    readonly name: LaunchStep,
    private readonly tools: Tools,
    private readonly models: WatchedModels,
    private readonly target: Target,
  ) {
    this.refusals = new Refusals(name, tools.telemetry);
  }

  /** @inheritdoc */
  async advance({ head, confirmed }: ChainView): Promise<boolean> {
    const { sender, telemetry } = this.tools;
    const ended = [...this.sent].filter(([, { outcome }]) => outcome !== undefined);
    for (const [key, slot] of ended) this.end(key, slot);

    const open = this.models.open(this.name);
    telemetry.set("waiting", open.length, { duty: this.name });
    this.refusals.keep(new Set(open));
    const ready = open.filter(
      (key) =>
        !this.sent.has(key) && !this.refusals.isResting(key, this.models.fileOf(key)) && this.doneAt.get(key) !== head,
    );
    const next = ready.slice(0, Math.min(AT_ONCE, sender.free));
    const compared = await Promise.all(next.map(async (key) => this.compare(key, confirmed)));
    let count = 0;
    for (const model of compared) if (model && (await this.start(model, head))) count++;
    return ended.length + count > 0;
  }

  private async compare(key: string, block: number): Promise<WatchedModel | undefined> {
    try {
      return await this.models.compare(key, block);
    } catch (error) {
      this.refuse(key, (await refusalOf(this.tools.hre, error)).reason);
      return undefined;
    }
  }

  private async start(model: WatchedModel, head: number): Promise<boolean> {
    const { key, file } = model;
    const [method, values] = CALLS[this.name](model);
    const call = { to: this.target.address, data: this.target.interface.encodeFunctionData(method, values) };
    try {
      const slot = await this.tools.sender.send(call);
      this.sent.set(key, slot);
      this.refusals.delete(key);
      this.tools.telemetry.log("info", "sent", {
        duty: this.name,
        model: file.modelId,
        nonce: slot.nonce,
        hash: slot.hashes[0],
      });
      return true;
    } catch (error) {
      const { name, reason } = await refusalOf(this.tools.hre, error);
      if (DONE[this.name].includes(name)) this.doneAt.set(key, head);
      else this.refuse(key, reason);
      return false;
    }
  }

  private refuse(key: string, reason: string): void {
    this.refusals.add(key, reason, { shown: this.models.nameOf(key), version: this.models.fileOf(key) });
  }

  /** Handles a final transaction. If it did not succeed, the model is examined again. */
  private end(key: string, slot: Slot): void {
    this.sent.delete(key);
    tellEnd(this.tools, this.name, slot, { model: this.models.nameOf(key) });
  }
}
