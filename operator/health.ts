// SPDX-License-Identifier: MIT
// How the service is, in two answers: whether its loop turns, so that it need not be begun again; and whether it does its work.

import type { ChainView } from "./chain/head";
import type { Reply } from "./http";

/** The loop counts as stopped after this many milliseconds without a request or an answer; longer than any pause that a node asks for. */
const STILL = 120_000;

/** The chain counts as away after this many milliseconds without an answer. */
const AWAY = 60_000;

/** After this many failed passes in a row, a failure is a state and no longer an incident. */
const FAILURES = 3;

/** What other parts of the service report about its state. */
export interface Surveyed {
  /** When a request to the chain was last answered or given up, in milliseconds. */
  readonly signAt: number;
  /** Since when the chain has not answered, in milliseconds. */
  readonly failingSince: number | undefined;
  /** Number of confirmed blocks that are not read yet; undefined before the chain was first examined. */
  readonly behind: number | undefined;
  /** The last block that was read. */
  readonly readUpTo: number;
  readonly isStopping: boolean;
}

/** Records what happened to the service, and judges its health. */
export class Health {
  private readonly startedAt = Date.now();
  private passedAt: number | undefined;
  private head = -1;
  /** When the head last moved, by our clock, and the head's own time, both in milliseconds. */
  private headSince = Date.now();
  private headTime = Infinity;
  private readonly failures = new Map<string, { readonly count: number; readonly reason: string }>();

  /** `maxHeadAge` is how old the head may be, in seconds; 0 for a chain that makes blocks only on request. */
  constructor(
    private readonly maxHeadAge: number,
    private readonly survey: () => Surveyed,
  ) {}

  /** Records the chain's head. An older head, from a node that lags behind, changes nothing. */
  saw({ head, seenAt, time }: Pick<ChainView, "head" | "seenAt" | "time">): void {
    if (head <= this.head) return;
    [this.head, this.headSince, this.headTime] = [head, seenAt, 1_000 * Number(time)];
  }

  /** Records that a duty, or the service itself, finished its part of a pass without failing. */
  passed(name: string): void {
    this.failures.delete(name);
  }

  /** Records a failure in a pass; returns whether it counts as a state by now. */
  failed(name: string, reason: string): boolean {
    const count = (this.failures.get(name)?.count ?? 0) + 1;
    this.failures.set(name, { count, reason });
    return count >= FAILURES;
  }

  /** Records the end of a pass, successful or not. */
  ended(): void {
    this.passedAt = Date.now();
  }

  /** 200 while the loop runs, even if the chain is away or a long history is being read, because a restart would not help. */
  live(): Reply {
    const idle = Date.now() - Math.max(this.startedAt, this.passedAt ?? 0, this.survey().signAt);
    const problems = idle > STILL ? [`the loop has stood still for ${seconds(idle)} s`] : [];
    return reply(problems, { secondsSinceLastSign: seconds(idle) });
  }

  /** 200 while the service does its work; otherwise 503 with every reason. */
  ready(): Reply {
    const now = Date.now();
    const { failingSince, behind, readUpTo, isStopping } = this.survey();
    const away = failingSince === undefined ? 0 : now - failingSince;
    const age = seconds(Math.max(now - this.headSince, now - this.headTime));
    const unpassed = this.passedAt === undefined ? undefined : now - this.passedAt;
    const problems = [
      ...(away > AWAY ? [`the chain has not answered for ${seconds(away)} s`] : []),
      ...(this.maxHeadAge > 0 && age > this.maxHeadAge
        ? [`the head is ${age} s old, at most ${this.maxHeadAge} s are allowed`]
        : []),
      ...(behind === undefined ? ["the chain was not looked at yet"] : []),
      ...(behind !== undefined && behind > 0 ? [`${behind} blocks are not read yet`] : []),
      ...(unpassed === undefined ? ["no pass was finished yet"] : []),
      ...(unpassed !== undefined && unpassed > STILL ? [`no pass was finished for ${seconds(unpassed)} s`] : []),
      ...[...this.failures]
        .filter(([, { count }]) => count >= FAILURES)
        .map(([name, { count, reason }]) => `${name} has failed in ${count} passes in a row: ${reason}`),
      ...(isStopping ? ["the service stops"] : []),
    ];
    return reply(problems, { head: this.head, readUpTo });
  }
}

function reply(problems: readonly string[], facts: object): Reply {
  const isWell = problems.length === 0;
  return { status: isWell ? 200 : 503, body: { status: isWell ? "ok" : "unwell", problems, ...facts } };
}

const seconds = (milliseconds: number) => Math.floor(milliseconds / 1_000);
