// SPDX-License-Identifier: MIT
// The way to the chain: it waits for a node that is away instead of failing.

import {
  Contract,
  JsonRpcApiProvider,
  Network,
  type FilterByBlockHash,
  type JsonRpcError,
  type JsonRpcPayload,
  type JsonRpcResult,
  type Log,
} from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { setTimeout as pause } from "node:timers/promises";
import { isTooWide } from "../sdk/rpc/answers";
import { readLogs, type Blocks } from "../sdk/rpc/logs";
import type { Telemetry } from "./telemetry";

const TIMEOUT = 20_000;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 30_000;

/** JSON-RPC errors by which a provider says that it is asked too often. */
const BUSY_CODES: readonly number[] = [429, -32_005];

/** Ends whatever waits for the chain when the service stops. */
export class Stopped extends Error {
  constructor() {
    super("the service stops");
    this.name = "Stopped";
  }
}

type Answer = JsonRpcResult | JsonRpcError;

/**
 * A provider that asks again, after pauses that double and vary, until the chain answers: connection refused or broken, no answer
 * in time, any status but 200, "too many requests". What the chain itself answers, errors included, is handed on. To ask again is
 * always safe: a signed transaction is the same one however often it is sent.
 */
export class PatientProvider extends JsonRpcApiProvider {
  /** Since when the chain has not answered, in milliseconds; undefined while it does. */
  failingSince: number | undefined;

  constructor(
    private readonly url: string,
    chainId: number,
    private readonly telemetry: Telemetry,
    private readonly signal: AbortSignal,
  ) {
    const network = Network.from(chainId);
    super(network, { staticNetwork: network, batchMaxCount: 1, cacheTimeout: -1 });
    this._start();
  }

  /** @inheritdoc */
  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<Answer[]> {
    for (let attempt = 0; ; attempt++) {
      if (this.signal.aborted) throw new Stopped();
      const answer = await this.ask(payload);
      if (typeof answer !== "string") {
        if (this.failingSince !== undefined) this.telemetry.log("info", "chain answers again");
        this.failingSince = undefined;
        return answer;
      }
      this.telemetry.count("rpc_failures_total");
      if (this.failingSince === undefined) this.telemetry.log("warn", "chain does not answer", { reason: answer });
      this.failingSince ??= Date.now();
      await this.rest(attempt);
    }
  }

  /** The logs of a range of blocks that pass a filter. */
  async logsIn(blocks: Blocks, filter: Pick<FilterByBlockHash, "address" | "topics">): Promise<Log[]> {
    return readLogs(blocks, async ({ from, to }) => this.getLogs({ ...filter, fromBlock: from, toBlock: to }));
  }

  /** Between half of the pause and the whole, so that several instances do not come back at the same moment. */
  private async rest(attempt: number): Promise<void> {
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(attempt, 16));
    await pause(longest * (0.5 + Math.random() / 2), undefined, { signal: this.signal }).catch(() => {
      throw new Stopped();
    });
  }

  /** The chain's answers, or in words why there are none. The address is never part of them: it may hold an access key. */
  private async ask(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<Answer[] | string> {
    try {
      const response = await fetch(this.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(payload),
        signal: AbortSignal.any([this.signal, AbortSignal.timeout(TIMEOUT)]),
      });
      if (response.status !== 200) return `status ${response.status}`;
      const answers = [(await response.json()) as Answer | Answer[]].flat();
      return answers.some(isBusy) ? "too many requests" : answers;
    } catch (error) {
      const { name } = error as Error;
      if (name === "TimeoutError") return `no answer within ${TIMEOUT / 1000} s`;
      return name === "SyntaxError" ? "an answer that is not JSON" : "no connection";
    }
  }
}

function isBusy(answer: Answer): boolean {
  return "error" in answer && BUSY_CODES.includes(answer.error.code) && !isTooWide(answer.error.message ?? "");
}

/** The environment with every read through `provider`: what tools do with it survives whatever the provider survives. */
export function through(hre: HardhatRuntimeEnvironment, provider: PatientProvider): HardhatRuntimeEnvironment {
  const getContractAt = async (name: string, address: string) =>
    new Contract(address, (await hre.artifacts.readArtifact(name)).abi, provider);
  const ethers = Object.create(hre.ethers, { provider: { value: provider }, getContractAt: { value: getContractAt } });
  return Object.create(hre, { ethers: { value: ethers } }) as HardhatRuntimeEnvironment;
}

/** What the chain itself says in an error, in its words. */
export function rpcMessageOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const { error: inner, info, shortMessage, message } = error as Record<string, unknown>;
  if (typeof inner === "object" && inner !== null) return rpcMessageOf(inner);
  if (typeof info === "object" && info !== null && "error" in info) return rpcMessageOf(info.error);
  return String(shortMessage ?? message).split("\n")[0] as string;
}
