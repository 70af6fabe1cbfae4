// SPDX-License-Identifier: MIT
// The way to the chain: it waits for a node that is away instead of failing.

import { Contract, type Block } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { printed } from "../sdk/base/printed";
import { pause } from "../sdk/rpc/answers";
import { openNodes } from "../sdk/rpc/nodes";
import { EndpointProvider } from "../sdk/rpc/provider";
import type { Telemetry } from "./telemetry";

/** How many characters of a node's message are shown. */
const LONGEST_MESSAGE = 500;

/** Ends all waiting for the chain when the service stops. */
export class Stopped extends Error {
  constructor() {
    super("the service stops");
    this.name = "Stopped";
  }
}

/** The node's answers contradict each other, because one of several nodes lags behind or the chain is being reorganised. It passes. */
export class Unsettled extends Error {
  constructor(what: string) {
    super(`${what}: a node behind the address lags, or the chain is being reorganised`);
    this.name = "Unsettled";
  }
}

/** When the chain last answered or failed to. */
interface Silence {
  since: number | undefined;
  signAt: number;
}

/** How often a request is repeated if the node is busy or behind; a quarter of a minute in all. */
const ANSWERS = 7;

/** How often a block that must exist is requested. */
const LOOKS = 3;

/**
 * The provider of a service. While the chain does not answer, requests are repeated, which is always safe: a signed transaction stays the
 * same however often it is sent.
 */
export class PatientProvider extends EndpointProvider {
  private readonly silence: Silence;

  /** @param ending Ends all waiting, for the chain and for anything that needs it. */
  constructor(
    url: string,
    chainId: number,
    telemetry: Telemetry,
    readonly ending: AbortSignal,
  ) {
    const silence: Silence = { since: undefined, signAt: Date.now() };
    const client = openNodes(url, chainId, {
      tries: Infinity,
      answers: ANSWERS,
      signal: ending,
      onSilence: (reason) => {
        silence.signAt = Date.now();
        telemetry.count("rpc_failures_total");
        if (silence.since === undefined) telemetry.log("warn", "chain does not answer", { reason });
        silence.since ??= Date.now();
      },
      onAnswer: () => {
        silence.signAt = Date.now();
        if (silence.since !== undefined) telemetry.log("info", "chain answers again");
        silence.since = undefined;
      },
    });
    super(client, chainId);
    this.silence = silence;
  }

  /** Since when the chain has not answered, in milliseconds; undefined while it does. */
  get failingSince(): number | undefined {
    return this.silence.since;
  }

  /**
   * Returns a block that some node behind the address has. A lagging node may answer first, so the block is requested several times. Null
   * if no node that answered has it.
   */
  async blockAt(number: number, prefetch = false): Promise<Block | null> {
    for (let looks = 1; ; looks++) {
      const block = await this.getBlock(number, prefetch);
      if (block !== null || looks === LOOKS) return block;
      await pause(looks);
    }
  }

  /** When a request was last answered, or an attempt given up, in milliseconds: a sign that the service is alive. */
  get signAt(): number {
    return this.silence.signAt;
  }
}

/** The environment with all reads through `provider`, so that tools survive whatever the provider survives. */
export function through(hre: HardhatRuntimeEnvironment, provider: PatientProvider): HardhatRuntimeEnvironment {
  const getContractAt = async (name: string, address: string) =>
    new Contract(address, (await hre.artifacts.readArtifact(name)).abi, provider);
  const ethers = Object.create(hre.ethers, { provider: { value: provider }, getContractAt: { value: getContractAt } });
  return Object.create(hre, { ethers: { value: ethers } }) as HardhatRuntimeEnvironment;
}

/** The chain's own message in an error. */
export function rpcMessageOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const { error: inner, info, shortMessage, message } = error as Record<string, unknown>;
  if (typeof inner === "object" && inner !== null) return rpcMessageOf(inner);
  if (typeof info === "object" && info !== null && "error" in info) return rpcMessageOf(info.error);
  return printed(String(shortMessage ?? message).split("\n")[0] as string, LONGEST_MESSAGE);
}
