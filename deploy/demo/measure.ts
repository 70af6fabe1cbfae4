// What a launch shows of an improvement before anybody signs it: evaluated examples, or a proof about committed rows.

import { id, keccak256, ZeroHash } from "ethers";
import type { Connection } from "../../sdk/client/connect";
import { assess, evaluate } from "../../sdk/evaluation/evaluate";
import { proposeProof } from "../../sdk/node/proposal";
import { setUp } from "../../sdk/node/prover";
import { differingFiles, recordedSetup } from "../../sdk/node/circuitKeys";
import type { Bundle } from "../../sdk/schemas/bundle";
import type { EvaluatedImprovement, ProvenImprovement } from "../../sdk/schemas/model";
import { propose } from "../../sdk/statements/propose";
import { deltaOf } from "../../sdk/statements/review";
import type { Report } from "../step";

/** A statement that nobody has signed yet, and the two models' values. */
export interface MeasuredImprovement {
  readonly bundle: Bundle;
  readonly metric: string;
  readonly baselineValue: string;
  readonly candidateValue: string;
}

/** How long the statement may be submitted, in seconds. */
const LIFE = 86_400n;

const VALUE_DIGITS = 6;

/** The id under which an improvement is recorded: the hash of the evaluation's document, or of the name that a proof is given. */
export function evaluationIdOf(improvement: EvaluatedImprovement | ProvenImprovement): string {
  return "labels" in improvement ? id(improvement.evaluationName) : assess(improvement).evaluationId;
}

/** Evaluates predictions for public examples. */
export async function measure(
  chain: Connection,
  modelId: string,
  { spec, examples, contribution, contributors }: EvaluatedImprovement,
  report: Report,
): Promise<MeasuredImprovement> {
  const evaluation = evaluate({ spec, examples, contribution });
  const { metric, sampleSize } = evaluation;
  const baselineValue = evaluation.baselineValue.toFixed(VALUE_DIGITS);
  const candidateValue = evaluation.candidateValue.toFixed(VALUE_DIGITS);
  report({
    name: "evaluate",
    isOffline: true,
    outcome: `${metric} ${baselineValue} → ${candidateValue} on ${sampleSize} examples: ${evaluation.deltaBps} bps, at least ${evaluation.lowerBoundBps} with ${confidence(evaluation.level)} confidence`,
  });
  const { bundle } = await propose(chain, {
    modelId,
    evaluationName: "", // The id is the hash of the document, so no name is needed.
    measured: {
      evaluationId: evaluation.evaluationId,
      specHash: evaluation.specHash,
      evaluationDataHash: evaluation.evaluationDataHash,
      baselineScore: BigInt(evaluation.baselineScore),
      candidateScore: BigInt(evaluation.candidateScore),
      sampleSize: BigInt(evaluation.sampleSize),
      runs: BigInt(evaluation.runs),
      lowerBoundBps: BigInt(evaluation.lowerBoundBps),
      contributionDataHash: evaluation.contributionDataHash ?? ZeroHash,
    },
    contributors,
    candidateCommitment: ZeroHash,
    life: LIFE,
  });
  return { bundle, metric, baselineValue, candidateValue };
}

/** The confidence of a one-sided bound, as a percentage. */
function confidence(level: number): string {
  return `${Number((100 * (1 - level)).toFixed(4))} %`;
}

/** Proves what the openings show, with the circuit's development setup, which is created if it is missing. */
export async function measureByProof(
  chain: Connection,
  modelId: string,
  { contribution, ...openings }: ProvenImprovement,
  report: Report,
): Promise<MeasuredImprovement> {
  await ensureSetup(openings.labels.capacity, report);
  const start = Date.now();
  const proposal = { ...openings, modelId, contributionDataHash: keccak256(contribution), life: LIFE };
  const { bundle, counts } = await proposeProof(chain, proposal, () => undefined);
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  const { n, disagreements } = counts;
  const baselineValue = (counts.baselineCorrect / n).toFixed(VALUE_DIGITS);
  const candidateValue = (counts.candidateCorrect / n).toFixed(VALUE_DIGITS);
  report({
    name: "prove",
    isOffline: true,
    outcome: `accuracy ${baselineValue} → ${candidateValue} on ${n} rows, ${disagreements} disagreements: ${deltaOf(bundle.statement)} bps, at least ${bundle.statement.evaluation.lowerBoundBps} at the method's quantile; ${seconds} s`,
  });
  return { bundle, metric: "accuracy", baselineValue, candidateValue };
}

/** Creates a missing development setup. The files of a ceremony's key must be provided instead. */
async function ensureSetup(capacity: number, report: Report): Promise<void> {
  const setup = recordedSetup(capacity);
  if (!setup.key.isDevelopment || (await differingFiles(setup)).length === 0) return;
  const { constraints } = await setUp(capacity);
  report({ name: "zk:setup", isOffline: true, outcome: `circuit for ${capacity} rows, ${constraints} constraints` });
}
