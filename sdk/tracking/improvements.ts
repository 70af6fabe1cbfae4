// The improvements of a model, from the registry's events and the payees that its verifiers logged.

import { ZeroHash, type Result } from "ethers";
import { Problem } from "../base/problem.ts";
import { contractAt } from "../client/access.ts";
import type { Connection } from "../client/connect.ts";
import type { DeltaOneVerifier } from "../client/contracts.ts";
import { payoutOf, verifiersOf } from "../client/payouts.ts";
import { readEvents, type Blocks } from "../rpc/logs.ts";
import { type PayoutStatus, type QueuedPayout, openPayoutStatus, termsOf } from "../state/payouts.ts";
import { valueAt, type ParameterState } from "../state/protocolState.ts";
import type { TrackedImprovement, TrackedPayee, TrackedPlace } from "./facts.ts";

/** An event of the registry about a model. */
export interface HistoryEvent extends TrackedPlace {
  readonly name: string;
  readonly args: Result;
}

/** The part of an improvement that `ScoreMoved` and the events before it contain. */
type Recorded = TrackedPlace &
  Pick<
    TrackedImprovement,
    "evaluationId" | "benchmarkVersion" | "baselineScore" | "candidateScore" | "tokensPerDeltaOne"
  > & {
    readonly payeesHash: string;
  };

/** The index of the reward rate among a model's parameters. */
const TOKENS_PER_DELTA_ONE = 0n;

/** Returns all improvements of a model, oldest first. */
export async function improvementsIn(
  chain: Connection,
  events: readonly HistoryEvent[],
  blocks: Blocks,
  { key, now }: { readonly key: string; readonly now: number },
): Promise<TrackedImprovement[]> {
  const recorded = recordsIn(events);
  if (recorded.length === 0) return [];
  const told = await toldBy(chain, blocks, key);
  const settled = new Map(
    events
      .filter(({ name }) => name === "PayoutReleased" || name === "PayoutVoided")
      .map(({ name, args, timestamp }) => [String(args["evaluationId"]), { name, timestamp }] as const),
  );
  const payoutDelay = await chain.registry.payoutDelay();
  return Promise.all(
    recorded.map(async ({ payeesHash, ...record }): Promise<TrackedImprovement> => {
      const { evaluationId, transactionHash, timestamp } = record;
      const queued = told.find(
        (entry) =>
          entry.transactionHash === transactionHash &&
          entry.payout.evaluationId === evaluationId &&
          termsOf(entry.payout).payeesHash === payeesHash,
      );
      if (queued === undefined)
        throw new Problem("CONFLICT", `${evaluationId} was recorded, but no verifier has said whom it pays.`);
      const payout: QueuedPayout = { ...queued.payout, queuedAt: BigInt(timestamp) };
      const end = settled.get(evaluationId);
      const open = async (): Promise<PayoutStatus> => {
        const stop = await chain.registry.payoutStopOf(payout.method);
        return openPayoutStatus(payout, stop, { payoutDelay, now: BigInt(now) });
      };
      return {
        ...record,
        ...{ method: payout.method, reward: payout.reward, contributionDataHash: queued.contributionDataHash },
        contributorsRoot: payout.contributorsRoot === ZeroHash ? null : payout.contributorsRoot,
        payees: payeesOf(payout),
        status: end === undefined ? await open() : end.name === "PayoutReleased" ? "released" : "returned",
        releasableFrom: timestamp + Number(payoutDelay),
        settledAt: end?.timestamp ?? null,
      };
    }),
  );
}

/** Replays the events in order, because an improvement refers to the score, the benchmark and the rate at its time. */
function recordsIn(events: readonly HistoryEvent[]): Recorded[] {
  const found: Recorded[] = [];
  const rate: ParameterState = { value: 0n, scheduled: undefined };
  let [version, score] = [0, 0];
  for (const { name, args, ...place } of events) {
    const isRate = args["parameter"] === TOKENS_PER_DELTA_ONE;
    if (name === "ModelCreated") rate.value = args["tokensPerDeltaOne"] as bigint;
    if (name === "ParameterChangeScheduled" && isRate) {
      const { oldValue, newValue, effectiveAt } = args as unknown as Record<string, bigint>;
      Object.assign(rate, { value: oldValue, scheduled: { value: newValue, effectiveAt } });
    }
    if (name === "ParameterChanged" && isRate) Object.assign(rate, { value: args["newValue"], scheduled: undefined });
    if (name === "ParameterChangeCancelled" && isRate) rate.scheduled = undefined;
    if (name === "ModelRegistered" || name === "BenchmarkReplaced") {
      version = Number(args["version"]);
      score = Number((args["benchmark"] as { readonly baselineScore: bigint }).baselineScore);
    }
    if (name !== "ScoreMoved") continue;
    const candidateScore = Number(args["score"]);
    found.push({
      ...place,
      ...{ evaluationId: String(args["evaluationId"]), payeesHash: String(args["payeesHash"]) },
      ...{ benchmarkVersion: version, baselineScore: score, candidateScore },
      tokensPerDeltaOne: valueAt(rate, BigInt(place.timestamp)),
    });
    score = candidateScore;
  }
  return found;
}

/** Returns the payouts of a model that any verifier has logged, including verifiers that were replaced. */
async function toldBy({ access, registry }: Connection, blocks: Blocks, key: string) {
  const told = await Promise.all(
    (await verifiersOf(registry, blocks)).map(async (address) => {
      const verifier = await contractAt<DeltaOneVerifier>(access, "DeltaOneVerifier", address);
      const events = await readEvents(blocks, verifier, verifier.filters.PayoutQueued(key));
      return events.map(({ args, transactionHash }) => ({
        ...{ payout: payoutOf(args, 0n), contributionDataHash: args.contributionDataHash, transactionHash },
      }));
    }),
  );
  return told.flat();
}

function payeesOf({ accounts, amounts, contributorsRoot }: QueuedPayout): TrackedPayee[] {
  return accounts.map((account, index) => ({
    account,
    amount: amounts[index] as bigint,
    part: index === 0 ? "owner" : contributorsRoot === ZeroHash ? "contributor" : "contributors",
  }));
}
