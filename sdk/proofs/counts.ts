// What a proof reveals, and what the chain computes from it. ZkProof.sol has the same arithmetic.

import { Problem } from "../base/problem.ts";
import { normalQuantile } from "../evaluation/quantiles.ts";

/** What a proof reveals: the number of rows, of each model's correct predictions, and of rows on which the models differ. */
export interface Counts {
  readonly n: number;
  readonly baselineCorrect: number;
  readonly candidateCorrect: number;
  readonly disagreements: number;
}

const BPS = 10_000n;

const NANO = 1_000_000_000n;

/** The default one-sided error level of a benchmark, for all attempts together. */
const ALPHA = 0.025;

/** The fields of a benchmark that determine the error level of its lower bounds. */
interface ErrorBudget {
  readonly name?: string;
  readonly alpha?: number;
  readonly attempts?: number;
}

/**
 * Returns the quantile of the normal distribution at the level of a benchmark's lower bound, rounded up, in units of 1e-9. The attempts
 * share
 * the error level equally. By default, one attempt at 2.5 %, the quantile is 1.959963985.
 */
export function quantileE9({ alpha = ALPHA, attempts = 1 }: ErrorBudget): bigint {
  return BigInt(Math.round(normalQuantile(alpha / attempts) * Number(NANO)));
}

/** The quantile for a single attempt. */
export const ONE_ATTEMPT = quantileE9({});

const FIELD_BITS = 32n;

/** Counts the correct predictions and the disagreements. Throws a {@link Problem} if the lists differ in length. */
export function countRows(
  labels: readonly number[],
  baseline: readonly number[],
  candidate: readonly number[],
): Counts {
  const n = labels.length;
  if (baseline.length !== n || candidate.length !== n)
    throw new Problem(
      "CONFLICT",
      `there are ${n} labels, ${baseline.length} baseline and ${candidate.length} candidate predictions, expected as many of each.`,
    );
  const count = (isCounted: (row: number) => boolean) => labels.filter((_, row) => isCounted(row)).length;
  return {
    n,
    baselineCorrect: count((row) => baseline[row] === labels[row]),
    candidateCorrect: count((row) => candidate[row] === labels[row]),
    disagreements: count((row) => baseline[row] !== candidate[row]),
  };
}

/** Packs all counts into one public input. */
export function packCounts({ n, baselineCorrect, candidateCorrect, disagreements }: Counts): bigint {
  return [n, baselineCorrect, candidateCorrect, disagreements].reduceRight(
    (packed, count) => (packed << FIELD_BITS) + BigInt(count),
    0n,
  );
}

/** The figures that the chain accepts in a statement, in bps, rounded down. A negative improvement or bound is stated as zero. */
export interface ProvenScore {
  readonly score: bigint;
  readonly improvementBps: bigint;
  /** The one-sided lower confidence bound of the improvement, at the level of the quantile. */
  readonly lowerBoundBps: bigint;
}

/**
 * Returns the score, improvement and lower bound that the counts prove. In each row the difference of the two models is 1, 0 or −1. Its
 * variance times n is D − Δ²/n.
 */
export function provenBy(
  { n, baselineCorrect, candidateCorrect, disagreements }: Counts,
  quantile = ONE_ATTEMPT,
): ProvenScore {
  const rows = BigInt(n);
  const score = (BigInt(candidateCorrect) * BPS) / rows;
  if (candidateCorrect <= baselineCorrect) return { score, improvementBps: 0n, lowerBoundBps: 0n };

  const delta = BigInt(candidateCorrect - baselineCorrect);
  const spread = BigInt(disagreements) * rows - delta * delta; // n² times the variance
  const margin = rootUp(divideUp((quantile * BPS) ** 2n * spread, rows));
  const gain = delta * BPS * NANO;
  return {
    score,
    improvementBps: (delta * BPS) / rows,
    lowerBoundBps: gain > margin ? (gain - margin) / (rows * NANO) : 0n,
  };
}

function divideUp(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

/** Returns the least integer whose square is at least the value. */
function rootUp(value: bigint): bigint {
  if (value < 2n) return value;
  let [low, high] = [1n, 1n << BigInt(Math.ceil(value.toString(2).length / 2))];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (middle * middle >= value) high = middle;
    else low = middle + 1n;
  }
  return low;
}
