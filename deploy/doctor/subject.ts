// SPDX-License-Identifier: MIT
// What every check looks at: the chain, what is declared, and the state that the events tell.

import type { Chain, Located } from "../../sdk/rpc/snapshot";
import type { ModelState, ProtocolState } from "../../sdk/state/protocolState";
import type { Build, Compiled } from "./build";
import type { Declared } from "./declared";

/** A contract of the protocol. */
export interface Named extends Located {
  readonly name: string;
  readonly compiled: Compiled;
}

/** A deployment under examination. */
export interface Subject {
  readonly chain: Chain;
  readonly build: Build;
  readonly declared: Declared;
  /** Contracts of the protocol by name. */
  readonly contracts: Readonly<Record<string, Named>>;
  /** The state that the events of these contracts add up to. */
  readonly state: ProtocolState;
}

/** Contracts that each model has its own instance of, and others that the doctor reads. */
export const OTHER_CONTRACTS = [
  "ModelToken",
  "HokusaiAMM",
  "ZkProof",
  "Hybrid",
  "VestingWallet",
  "IERC20Metadata",
] as const;

/** Returns a contract of the protocol by name. */
export function contractOf({ contracts }: Subject, name: string): Named {
  const contract = contracts[name];
  if (contract === undefined) throw new Error(`the deployment has no ${name}`);
  return contract;
}

/** The models that exist, in the order of their creation. */
export function modelsOf({ state }: Subject): ModelState[] {
  return [...state.models.values()];
}

/** A time on chain, in words. */
export function timeText(timestamp: bigint): string {
  return new Date(Number(timestamp) * 1000).toISOString().replace(".000Z", "Z");
}

/** A length of time, in words, rounded down. */
export function durationText(seconds: bigint): string {
  const [day, hour] = [86_400n, 3_600n];
  if (seconds >= day) return `${seconds / day} d ${(seconds % day) / hour} h`;
  return `${seconds / hour} h ${(seconds % hour) / 60n} min`;
}

/** The remedy for a state that nobody could have brought about legitimately. */
export const COMPROMISED = "no event explains this: stop using the contract and see SECURITY.md";
