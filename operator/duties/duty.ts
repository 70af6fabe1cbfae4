// SPDX-License-Identifier: MIT
// What all duties have in common.

import { isCallException } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../../sdk/base/problem";
import { decodeRevert } from "../../sdk/client/errors";
import { isUnanswered } from "../../sdk/rpc/answers";
import type { ChainView } from "../chain/head";
import { rpcMessageOf, Stopped, type PatientProvider } from "../rpc";
import type { Sender, Slot } from "../sender";
import type { Telemetry } from "../telemetry";

/** One thing that a service does. Its state follows from the chain and its folder, so a pass may be interrupted at any point. */
export interface Duty {
  readonly name: string;
  /** Examines the chain and starts what can be started; returns whether anything changed. */
  advance(view: ChainView): Promise<boolean>;
}

/** What a duty works with. */
export interface Tools {
  /** Reads through `provider`. */
  readonly hre: HardhatRuntimeEnvironment;
  readonly provider: PatientProvider;
  readonly sender: Sender;
  readonly telemetry: Telemetry;
}

/** Milliseconds before something that was refused is examined again. */
const REST = 60_000;

/** What a duty refuses for now. Each refusal is logged once and examined again later, because the chain and the files change. */
export class Refusals {
  private readonly entries = new Map<string, { reason: string; version: unknown; until: number }>();

  constructor(
    private readonly duty: string,
    private readonly telemetry: Telemetry,
  ) {}

  /** Whether it is too early to examine this again. Another version of it need not wait. */
  isResting(name: string, version?: unknown): boolean {
    const entry = this.entries.get(name);
    return entry !== undefined && entry.version === version && entry.until > Date.now();
  }

  /** Refuses something for a while, and logs the reason if it is new. */
  add(name: string, reason: string, { shown = name, version }: { shown?: string; version?: unknown } = {}): void {
    if (this.entries.get(name)?.reason !== reason) {
      this.telemetry.log("warn", "refused", { duty: this.duty, name: shown, reason });
    }
    this.entries.set(name, { reason, version, until: Date.now() + REST });
    this.publish();
  }

  /** The reason for which something was refused when it was last examined. */
  reasonFor(name: string): string | undefined {
    return this.entries.get(name)?.reason;
  }

  /** Forgets something that is no longer refused. */
  delete(name: string): void {
    if (this.entries.delete(name)) this.publish();
  }

  /** Forgets everything except these. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.entries.keys()) if (!names.has(name)) this.delete(name);
  }

  private publish(): void {
    this.telemetry.set("refused", this.entries.size, { duty: this.duty });
  }
}

/** Counts and logs how a transaction ended: done, reverted, or lost to another one with its nonce. `fields` tell what it was for. */
export function tellEnd({ telemetry }: Tools, duty: string, { outcome, nonce }: Slot, fields: object): void {
  const receipt = outcome?.kind === "mined" ? outcome.receipt : undefined;
  const result = receipt === undefined ? "lost" : receipt.status === 1 ? "done" : "reverted";
  telemetry.count("actions_total", { duty, result });
  telemetry.log(result === "done" ? "info" : "warn", result, { duty, ...fields, nonce, hash: receipt?.hash });
}

/** Why something is refused. */
export interface RefusalReason {
  /** Name of the revert; `Problem` for one of our own errors. */
  readonly name: string;
  readonly reason: string;
  /** Arguments of the revert. */
  readonly args: Readonly<Record<string, string>>;
}

/**
 * Returns why something is refused: a problem or a revert in words, or whatever else is wrong with this one thing. Rethrows the error if
 * the chain did not answer or the service is stopping.
 */
export async function refusalOf(hre: HardhatRuntimeEnvironment, error: unknown): Promise<RefusalReason> {
  if (error instanceof Problem) return { name: "Problem", reason: error.message, args: {} };
  const revert = await decodeRevert(hre, error);
  if (revert === undefined) {
    if (isCallException(error)) return { name: "", reason: "refused on chain, without a reason", args: {} };
    if (error instanceof Stopped || isUnanswered(error)) throw error;
    return { name: "", reason: `it failed: ${rpcMessageOf(error)}`, args: {} };
  }
  return { name: revert.name, reason: `refused on chain: ${revert.message}`, args: revert.args };
}
