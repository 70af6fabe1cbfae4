// SPDX-License-Identifier: MIT
// What an evaluation finds, as a document that is hashed.

import { keccak256, toUtf8Bytes } from "ethers";
import { canonical } from "./canonical.ts";
import type { Interval } from "./comparison.ts";
import type { Fold } from "./folds.ts";
import type { GuardrailResult } from "./guardrails.ts";
import type { MetricName } from "./metrics.ts";
import type { Direction } from "./reading.ts";
import type { Reason } from "./refusal.ts";
import { SPEC_VERSION, type BenchmarkSpec } from "./spec.ts";

/** What every evaluation finds, accepted or refused. Scores and bounds are integer bps; null is what could not be measured. */
export interface EvaluationDocument {
  readonly version: typeof SPEC_VERSION;
  readonly accepted: boolean;
  /** Everything that is in the way of a statement; empty when accepted. */
  readonly reasons: readonly Reason[];
  readonly benchmark: string;
  readonly metric: MetricName;
  readonly direction: Direction;
  readonly baselineValue: number | null;
  readonly candidateValue: number | null;
  readonly baselineScore: number | null;
  readonly candidateScore: number | null;
  readonly deltaBps: number | null;
  readonly sampleSize: number;
  /** Groups of examples that belong together, where the benchmark names a column for them. */
  readonly groups?: number;
  /** Folds, that is disjoint evaluation runs, in which the candidate is strictly better: the mean over the dealings, rounded down. */
  readonly runs: number | null;
  readonly lowerBoundBps: number | null;
  /** Which of the attempts this is, how many there may be, and the one-sided error of one. */
  readonly attempt: number;
  readonly attempts: number;
  readonly alpha: number;
  readonly level: number;
  readonly interval: Interval | null;
  readonly folds: readonly Fold[];
  readonly guardrails: readonly GuardrailResult[];
  readonly specHash: string;
  readonly spec: BenchmarkSpec;
  readonly evaluationDataHash: string;
  readonly baselineDataHash: string;
  readonly candidateDataHash: string;
  readonly contributionDataHash?: string;
  /** keccak256 of the document's canonical JSON without this field. */
  readonly evaluationId: string;
}

/** An evaluation whose improvement may be stated: nothing is missing. */
export type AcceptedEvaluation = EvaluationDocument & {
  readonly accepted: true;
  readonly baselineValue: number;
  readonly candidateValue: number;
  readonly baselineScore: number;
  readonly candidateScore: number;
  readonly deltaBps: number;
  readonly runs: number;
  readonly lowerBoundBps: number;
  readonly interval: Interval;
};

/** The id of an evaluation: keccak256 of its document's canonical JSON, whatever its field `evaluationId` says. */
export function hashDocument(document: object): string {
  const content = Object.fromEntries(Object.entries(document).filter(([key]) => key !== "evaluationId"));
  return keccak256(toUtf8Bytes(canonical(content)));
}
