// SPDX-License-Identifier: MIT
// Evaluates two models' predictions on a benchmark. The resulting document says what was measured, and whether an improvement may be
// stated.

import { keccak256 } from "ethers";
import type { Comparison, Groups, Interval, Model } from "./comparison.ts";
import { hashDocument, type AcceptedEvaluation, type EvaluationDocument } from "./document.ts";
import type { Examples } from "./examples.ts";
import { deal, requireClassesForFolds, type Dealt } from "./folds.ts";
import { toNumber, type Bounds } from "./fraction.ts";
import { checkGuardrail, reasonsOf } from "./guardrails.ts";
import { groupsOf } from "./groups.ts";
import { hashEvaluationData, hashPredictions } from "./hashes.ts";
import { METRICS } from "./metrics.ts";
import { generatorOf } from "./random.ts";
import { boundReasons, minimumReasons, tooFewExamples, undefinedMetric, type Scores } from "./reasons.ts";
import { attemptTo, Refusal, show, type Reason } from "./refusal.ts";
import { baselineScore, candidateScore, scaleOf, type Scale } from "./scale.ts";
import { hashSpec, levelAsNumber, levelOf, SPEC_VERSION, type BenchmarkSpec } from "./spec.ts";

export interface EvaluationInput {
  readonly spec: BenchmarkSpec;
  readonly examples: Examples;
  /** The number of this attempt, from 1, which is the default. */
  readonly attempt?: number;
  /** The baseline's score on chain, if an earlier improvement has moved it. By default, the baseline's value rounded to its advantage. */
  readonly registeredScore?: number;
  /** The contributed data that improved the candidate, exactly as filed, or the keccak256 of its bytes. */
  readonly contribution?: Uint8Array | string;
}

/** Evaluates a candidate against a baseline. Throws a {@link Refusal} with every reason if the improvement may not be stated. */
export function evaluate(input: EvaluationInput): AcceptedEvaluation {
  const document = assess(input);
  const [first, ...further] = document.reasons;
  if (first !== undefined) throw new Refusal(first.code, first.message, ...further);
  return document as AcceptedEvaluation;
}

/**
 * Evaluates a candidate against a baseline and returns all results, accepted or refused. Throws a {@link Refusal} only if nothing can be
 * evaluated: the benchmark has no such attempt, there are no examples, or the predictions cannot be read.
 */
export function assess({
  spec,
  examples,
  registeredScore,
  contribution,
  attempt = 1,
}: EvaluationInput): EvaluationDocument {
  if (!Number.isInteger(attempt) || attempt < 1 || attempt > spec.attempts) {
    throw new Refusal(
      "BAD_ATTEMPT",
      `the attempt is ${show(attempt)}, expected an integer from 1 to ${spec.attempts} as the benchmark states`,
    );
  }
  if (examples.size === 0) throw new Refusal("TOO_FEW_EXAMPLES", `0 examples, expected at least ${spec.minSampleSize}`);
  const groups = spec.group === undefined ? undefined : groupsOf(examples, spec.group);
  const guardrails = (spec.guardrails ?? []).map((guardrail) => checkGuardrail(examples, guardrail));
  const comparison = METRICS[spec.metric].compare(examples, spec);
  const measured = measure(comparison, examples.size, { spec, registeredScore, groups });
  const { scores, values, interval, dealt } = measured;
  const lowerBoundBps = interval && scores ? Math.min(interval.lowBps, scores.deltaBps) : null;
  const reasons = [
    ...tooFewExamples(examples.size, spec),
    ...measured.reasons,
    ...guardrails.flatMap(reasonsOf),
    ...(interval && lowerBoundBps !== null ? boundReasons(interval, lowerBoundBps, scaleOf(spec), spec) : []),
    ...(scores && dealt && lowerBoundBps !== null ? minimumReasons(spec, scores, lowerBoundBps, dealt.runs) : []),
  ];
  const document: Omit<EvaluationDocument, "evaluationId"> = {
    version: SPEC_VERSION,
    accepted: reasons.length === 0,
    reasons,
    benchmark: spec.name,
    metric: spec.metric,
    direction: spec.direction,
    baselineValue: values.baseline,
    candidateValue: values.candidate,
    baselineScore: scores?.baseline ?? null,
    candidateScore: scores?.candidate ?? null,
    deltaBps: scores?.deltaBps ?? null,
    sampleSize: examples.size,
    ...(groups && { groups: groups.count }),
    runs: dealt?.runs ?? null,
    lowerBoundBps,
    attempt,
    attempts: spec.attempts,
    alpha: spec.alpha,
    level: levelAsNumber(spec),
    interval,
    folds: dealt?.folds ?? [],
    guardrails,
    specHash: hashSpec(spec),
    spec,
    evaluationDataHash: hashEvaluationData(examples),
    baselineDataHash: hashPredictions(examples, "baseline"),
    candidateDataHash: hashPredictions(examples, "candidate"),
    ...(contribution !== undefined && {
      contributionDataHash: typeof contribution === "string" ? contribution : keccak256(contribution),
    }),
  };
  return { ...document, evaluationId: hashDocument(document) };
}

interface Measured {
  readonly values: Readonly<Record<Model, number | null>>;
  readonly scores: Scores | null;
  readonly interval: Interval | null;
  readonly dealt: Dealt | null;
  readonly reasons: readonly Reason[];
}

interface Circumstances {
  readonly spec: BenchmarkSpec;
  readonly registeredScore: number | undefined;
  readonly groups: Groups | undefined;
}

function measure(comparison: Comparison, size: number, { spec, registeredScore, groups }: Circumstances): Measured {
  const whole = { of: new Uint8Array(size), count: 1 };
  const [before] = comparison.values("baseline", whole);
  const [after] = comparison.values("candidate", whole);
  const values = { baseline: shown(before), candidate: shown(after) };
  const nothing = { values, scores: null, interval: null, dealt: null };
  if (before === undefined || after === undefined) {
    const missing = [...(before ? [] : ["baseline" as const]), ...(after ? [] : ["candidate" as const])];
    return { ...nothing, reasons: missing.flatMap((model) => undefinedMetric(model, spec.metric).reasons) };
  }
  const scale = scaleOf(spec);
  const random = generatorOf(spec.seed);
  const reasons = requireClassesForFolds(comparison, size, spec.folds);
  const dealt = deal(comparison, size, spec, scale, random);
  const [level, alpha] = [levelAsNumber(spec), levelOf(spec)];
  const { attempts, resamples = 0 } = spec;
  const terms = { scale, level, alpha, attempts, resamples, random, ...(groups && { groups }) };
  const scored = attemptTo(() => scoresOf(before, after, scale, registeredScore));
  const estimated = attemptTo(() => comparison.estimate(terms));
  return {
    values,
    dealt,
    scores: scored.result ?? null,
    interval: estimated.result?.interval ?? null,
    reasons: [...reasons, ...scored.reasons, ...estimated.reasons, ...(estimated.result?.reasons ?? [])],
  };
}

function shown(value: Bounds | undefined): number | null {
  return value === undefined ? null : toNumber(value.low);
}

function scoresOf(before: Bounds, after: Bounds, scale: Scale, registeredScore: number | undefined): Scores {
  const baseline = startingScore(scale.score(before, "baseline"), scale.sign, registeredScore);
  const candidate = candidateScore(scale.score(after, "candidate"), scale.sign);
  return { baseline, candidate, deltaBps: scale.sign * (candidate - baseline) };
}

/**
 * Returns the baseline's score. On chain it is one of two roundings of its value: that of a registered baseline, or of an accepted
 * candidate.
 */
function startingScore(score: Bounds, sign: Scale["sign"], registered: number | undefined): number {
  const [registration, acceptance] = [baselineScore(score, sign), candidateScore(score, sign)];
  if (registered === undefined || registered === registration) return registration;
  if (registered !== acceptance) {
    throw new Refusal(
      "SCORE_MISMATCH",
      `the registered score is ${registered} bps, expected ${acceptance} or ${registration} as the baseline's predictions give`,
    );
  }
  return registered;
}
