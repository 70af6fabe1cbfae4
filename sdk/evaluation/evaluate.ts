// SPDX-License-Identifier: MIT
// From two models' predictions on a benchmark to a document: what was measured, and whether an improvement may be stated.

import { keccak256, toUtf8Bytes } from "ethers";
import { canonical } from "./canonical.ts";
import { reason, type Comparison, type Groups, type Interval, type Model } from "./comparison.ts";
import { hashEvaluationData, hashPredictions, sortById, type Example } from "./examples.ts";
import { deal, requireClassesForFolds, type Fold } from "./folds.ts";
import { toNumber, type Bounds } from "./fraction.ts";
import { checkGuardrail, reasonsOf, type GuardrailResult } from "./guardrails.ts";
import { MOST_CLASSES } from "./labels.ts";
import { METRICS, type Direction, type MetricName } from "./metrics.ts";
import { generatorOf } from "./random.ts";
import { Refusal, show, type Reason } from "./refusal.ts";
import { baselineScore, candidateScore, scaleOf, type Scale } from "./scale.ts";
import { completeSpec, hashSpec, levelAsNumber, levelOf, SPEC_VERSION, type BenchmarkSpec } from "./spec.ts";

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

export interface EvaluationInput {
  readonly spec: BenchmarkSpec;
  readonly examples: readonly Example[];
  /** Which of the benchmark's attempts this is, from 1; the first where it is not stated. */
  readonly attempt?: number;
  /** The baseline's score on chain, once an earlier improvement has moved it; otherwise the baseline's value rounded to its advantage. */
  readonly registeredScore?: number;
  /** The contributed data that made the candidate better, as it is filed; its bytes are hashed. */
  readonly contribution?: Uint8Array;
}

/** Evaluates a candidate against a baseline; throws a {@link Refusal} with every reason where the improvement may not be stated. */
export function evaluate(input: EvaluationInput): AcceptedEvaluation {
  const document = assess(input);
  const [first, ...further] = document.reasons;
  if (first !== undefined) throw new Refusal(first.code, first.message, ...further);
  return document as AcceptedEvaluation;
}

/**
 * Evaluates a candidate against a baseline and tells everything that was found, accepted or refused. Throws a {@link Refusal} only
 * for what cannot be evaluated at all: an attempt that the benchmark does not have, or predictions that cannot be read.
 */
export function assess({
  spec,
  registeredScore,
  contribution,
  attempt = 1,
  ...input
}: EvaluationInput): EvaluationDocument {
  if (!Number.isInteger(attempt) || attempt < 1 || attempt > spec.attempts) {
    throw new Refusal(
      "BAD_ATTEMPT",
      `the attempt is ${show(attempt)}, expected an integer from 1 to ${spec.attempts} as the benchmark states`,
    );
  }
  // Folds and resamples are drawn by position: the order of rows in a file must not matter.
  const examples = sortById(input.examples);
  if (examples.length === 0)
    throw new Refusal("TOO_FEW_EXAMPLES", `0 examples, expected at least ${spec.minSampleSize}`);
  const groups = spec.group === undefined ? undefined : groupsOf(examples);
  const guardrails = (spec.guardrails ?? []).map((guardrail) => checkGuardrail(examples, guardrail));
  const comparison = METRICS[spec.metric].compare(examples, spec);
  const measured = measure(comparison, examples.length, { spec, registeredScore, groups });
  const { scores, values, interval, dealt } = measured;
  const lowerBoundBps = interval && scores ? Math.min(interval.lowBps, scores.deltaBps) : null;
  const reasons = [
    ...tooFewExamples(examples.length, spec),
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
    sampleSize: examples.length,
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
    ...(contribution && { contributionDataHash: keccak256(contribution) }),
  };
  return { ...document, evaluationId: hashDocument(document) };
}

/** The id of an evaluation: keccak256 of its document's canonical JSON, whatever its field `evaluationId` says. */
export function hashDocument(document: object): string {
  const content = Object.fromEntries(Object.entries(document).filter(([key]) => key !== "evaluationId"));
  return keccak256(toUtf8Bytes(canonical(content)));
}

/** Reads a benchmark and, where its scale or its classes are missing, derives them from these examples. */
export function completeSpecFor(text: string, examples: readonly Example[]): BenchmarkSpec {
  return completeSpec(text, {
    baselineValue(draft) {
      const comparison = METRICS[draft.metric].compare(examples, draft);
      const [value] = comparison.values("baseline", { of: new Uint8Array(examples.length), count: 1 });
      if (value === undefined) throw undefinedMetric("baseline", draft.metric);
      return toNumber(value.low);
    },
    classes() {
      const labels = [...new Set(examples.map(({ label }) => label))].sort();
      if (labels.length <= MOST_CLASSES) return labels.map((label) => [label] as const);
      throw new Refusal(
        "BAD_SPEC",
        `benchmark: the examples have ${labels.length} labels, expected 2 to ${MOST_CLASSES} classes`,
      );
    },
  });
}

interface Scores {
  readonly baseline: number;
  readonly candidate: number;
  readonly deltaBps: number;
}

interface Measured {
  readonly values: Readonly<Record<Model, number | null>>;
  readonly scores: Scores | null;
  readonly interval: Interval | null;
  readonly dealt: ReturnType<typeof deal> | null;
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

/** What a step gives, or the reasons for which it refuses. */
function attemptTo<T>(step: () => T): { result?: T; reasons: readonly Reason[] } {
  try {
    return { result: step(), reasons: [] };
  } catch (error) {
    if (error instanceof Refusal) return { reasons: error.reasons };
    throw error;
  }
}

function shown(value: Bounds | undefined): number | null {
  return value === undefined ? null : toNumber(value.low);
}

function undefinedMetric(model: Model, metric: MetricName): Refusal {
  const message = `${model}: ${metric} divides by zero on these examples, expected predictions for which it is defined`;
  return new Refusal("UNDEFINED_METRIC", message);
}

function scoresOf(before: Bounds, after: Bounds, scale: Scale, registeredScore: number | undefined): Scores {
  const baseline = startingScore(scale.score(before, "baseline"), scale.sign, registeredScore);
  const candidate = candidateScore(scale.score(after, "candidate"), scale.sign);
  return { baseline, candidate, deltaBps: scale.sign * (candidate - baseline) };
}

/** A score on chain comes from one of the two roundings of the baseline's value, as a registered baseline or an accepted candidate. */
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

function groupsOf(examples: readonly Example[]): Groups {
  const indices = new Map<string, number>();
  const of = Uint32Array.from(examples, ({ id, group }) => {
    if (group === undefined || group.trim() === "")
      throw new Refusal("MISSING_VALUE", `example ${show(id)} has no group`);
    const index = indices.get(group) ?? indices.size;
    indices.set(group, index);
    return index;
  });
  return { of, count: indices.size };
}

function tooFewExamples(count: number, { minSampleSize }: BenchmarkSpec): Reason[] {
  if (count >= minSampleSize) return [];
  return [reason("TOO_FEW_EXAMPLES", `${count} examples, expected at least ${minSampleSize}`)];
}

function boundReasons(interval: Interval, lowerBoundBps: number, scale: Scale, spec: BenchmarkSpec): Reason[] {
  if (lowerBoundBps >= 1) return [];
  const [low, high] = [scale.toBps(interval.low).toFixed(2), scale.toBps(interval.high).toFixed(2)];
  const confidence = Number((100 * (1 - levelAsNumber(spec))).toFixed(4));
  return [
    reason(
      "INTERVAL_CONTAINS_ZERO",
      `the improvement is ${low} … ${high} bps with ${confidence} % confidence on each side, expected a lower bound of at least 1 bps`,
    ),
  ];
}

function minimumReasons(spec: BenchmarkSpec, scores: Scores, lowerBoundBps: number, runs: number): Reason[] {
  const below = (what: string, value: number, minimum: number) =>
    value >= minimum
      ? []
      : [reason("BELOW_MINIMUM", `the ${what} is ${value}, expected at least ${minimum} as the benchmark states`)];
  const reachesTarget =
    spec.targetScore === undefined ||
    (spec.direction === "maximise" ? scores.candidate >= spec.targetScore : scores.candidate <= spec.targetScore);
  return [
    ...below("improvement in bps", scores.deltaBps, spec.minImprovementBps),
    ...(lowerBoundBps < 1 ? [] : below("lower bound in bps", lowerBoundBps, spec.minLowerBoundBps)),
    ...below("number of improved folds", runs, spec.minRuns),
    ...(reachesTarget
      ? []
      : [
          reason(
            "BELOW_TARGET",
            `the candidate's score is ${scores.candidate} bps, expected at ${spec.direction === "maximise" ? "least" : "most"} the target ${spec.targetScore}`,
          ),
        ]),
  ];
}
