// SPDX-License-Identifier: MIT
// The result of an evaluation, as a document that is hashed.

import { keccak256, toUtf8Bytes } from "ethers";
import { canonical } from "./canonical.ts";
import type { Interval } from "./comparison.ts";
import type { Fold } from "./folds.ts";
import type { GuardrailResult } from "./guardrails.ts";
import type { MetricName } from "./metrics.ts";
import type { Direction } from "./reading.ts";
import type { Reason } from "./refusal.ts";
import { SPEC_VERSION, type BenchmarkSpec } from "./spec.ts";

/** The result of an evaluation, accepted or refused. Scores and bounds are integer bps. Values that could not be measured are null. */
export interface EvaluationDocument {
  readonly version: typeof SPEC_VERSION;
  readonly accepted: boolean;
  /** All reasons against a statement. Empty if the evaluation is accepted. */
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
  /** The number of groups of dependent examples. Present if the benchmark names a group column. */
  readonly groups?: number;
  /** The number of folds (disjoint evaluation runs) in which the candidate is strictly better: the mean over the dealings, rounded down. */
  readonly runs: number | null;
  readonly lowerBoundBps: number | null;
  /**
   * The number of this attempt and of all that the benchmark allows, and the one-sided error of all together (`alpha`) and of one
   * (`level`).
   */
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
  /** The keccak256 of the document's canonical JSON without this field. */
  readonly evaluationId: string;
}

/** An accepted evaluation. No value is missing. */
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

/** Returns the id of an evaluation: the keccak256 of its document's canonical JSON, without the field `evaluationId`. */
export function hashDocument(document: object): string {
  const content = Object.fromEntries(Object.entries(document).filter(([key]) => key !== "evaluationId"));
  return keccak256(toUtf8Bytes(canonical(content)));
}
