// SPDX-License-Identifier: MIT
// Improvements that the benchmark or the daily limit refuses.

import { Problem } from "../base/problem.ts";
import type { Weakness } from "../client/connect.ts";
import { inFigures, type Revert } from "../client/errors.ts";

/** The candidate does not reach the benchmark's target. Scores are in bps. */
export class BelowTarget extends Problem {
  readonly candidateScore: bigint;
  readonly targetScore: bigint;

  constructor({ code, words }: Weakness, revert: Revert) {
    super(code, `${words}.`, { revert: inFigures(revert) });
    const { actual, required } = revert.args;
    this.candidateScore = BigInt(actual ?? 0);
    this.targetScore = BigInt(required ?? 0);
  }
}

/** Whether an improvement that exceeds what is left of today's limit can be submitted on another day. */
export function isForToday({ args }: Revert): boolean {
  return BigInt(args["deltaBps"] ?? 0) <= BigInt(args["limitBps"] ?? 0);
}

/** Explains a refusal because of a target or a daily limit, with both figures. Returns undefined for any other refusal. */
export function weaknessOf(modelId: string, revert: Revert): Weakness | undefined {
  const { name, args } = revert;
  if (name === "EvaluationTooWeak" && args["field"] === "targetScore")
    return {
      code: "REVERTED",
      words: `the candidate's score is ${args["actual"]}, ${modelId} pays for ${args["required"]} or better, its target`,
    };
  if (name !== "DailyLimitExceeded") return undefined;
  const { deltaBps, remainingBps, limitBps } = args;
  return isForToday(revert)
    ? {
        code: "NOT_YET",
        words: `the improvement is ${deltaBps} bps, ${remainingBps} of ${limitBps} bps are left today: it can be submitted from 00:00 UTC`,
      }
    : {
        code: "REVERTED",
        words: `the improvement is ${deltaBps} bps, more than the daily limit of ${modelId}, ${limitBps} bps: only the admin helps, by setDailyLimit`,
      };
}
