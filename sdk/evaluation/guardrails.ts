// SPDX-License-Identifier: MIT
// Secondary metrics that must not suffer for an improvement.

import { BOTH_MODELS, type Model } from "./comparison.ts";
import { fractionOf } from "./decimal.ts";
import type { Examples } from "./examples.ts";
import { compare, subtract, toNumber, type Bounds } from "./fraction.ts";
import { METRICS, type NamedReading } from "./metrics.ts";
import { attemptTo, type Reason } from "./refusal.ts";

/** A metric of both models with one bound on the candidate's value. */
export interface Guardrail extends NamedReading {
  /** Bounds on the candidate's value itself. */
  readonly atLeast?: number;
  readonly atMost?: number;
  /** How much worse than the baseline's value it may be, in the metric's unit. */
  readonly maxLoss?: number;
  /** Whether a candidate that fails is refused, or only reported. */
  readonly blocking: boolean;
}

/** The result of a guardrail. Values that could not be measured are null. */
export interface GuardrailResult {
  readonly metric: string;
  readonly column?: string;
  readonly bound: string;
  readonly blocking: boolean;
  readonly baseline: number | null;
  readonly candidate: number | null;
  readonly holds: boolean;
  readonly problem?: string;
}

/** Measures a guardrail. A guardrail that cannot be measured does not hold. */
export function checkGuardrail(examples: Examples, guardrail: Guardrail): GuardrailResult {
  const { metric, column, blocking } = guardrail;
  const known = { metric, ...(column !== undefined && { column }), bound: describeBound(guardrail), blocking };
  const missing = { baseline: null, candidate: null, holds: false };
  const { result, reasons } = attemptTo((): GuardrailResult => {
    const comparison = METRICS[metric].compare(examples, guardrail);
    const whole = { of: new Uint8Array(examples.size), count: 1 };
    const [baseline, candidate] = BOTH_MODELS.map((model: Model) => comparison.values(model, whole)[0]) as [
      Bounds | undefined,
      Bounds | undefined,
    ];
    if (baseline === undefined || candidate === undefined) {
      return { ...known, ...missing, problem: `${metric} divides by zero on these examples` };
    }
    const holds = isWithin(guardrail, baseline, candidate);
    return { ...known, baseline: toNumber(baseline.low), candidate: toNumber(candidate.low), holds };
  });
  return result ?? { ...known, ...missing, problem: reasons.map(({ message }) => message).join("; ") };
}

/** Returns the reason for refusing the candidate, if a blocking guardrail fails. */
export function reasonsOf(result: GuardrailResult): Reason[] {
  if (result.holds || !result.blocking) return [];
  const name = `guardrail ${result.metric}${result.column === undefined ? "" : ` of ${result.column}`}`;
  const what = result.problem ?? `is ${result.candidate}, the baseline's ${result.baseline}`;
  return [{ code: "GUARDRAIL", message: `${name}: ${what}, expected ${result.bound}` }];
}

function describeBound({ atLeast, atMost, maxLoss }: Guardrail): string {
  if (atLeast !== undefined) return `at least ${atLeast}`;
  if (atMost !== undefined) return `at most ${atMost}`;
  return `at most ${maxLoss} worse than the baseline`;
}

/** Compares the lower bounds of values that are roots or logarithms. The distance between their bounds is negligible. */
function isWithin({ atLeast, atMost, maxLoss, direction }: Guardrail, baseline: Bounds, candidate: Bounds): boolean {
  if (atLeast !== undefined) return compare(candidate.low, fractionOf(atLeast)) >= 0;
  if (atMost !== undefined) return compare(candidate.low, fractionOf(atMost)) <= 0;
  const [better, worse] = direction === "maximise" ? [baseline, candidate] : [candidate, baseline];
  return compare(subtract(better.low, worse.low), fractionOf(maxLoss as number)) <= 0;
}
