// What a proof reveals, and what the chain computes from it. ZkProof.sol has the same arithmetic.

import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import { Problem } from "../base/problem.ts";

/** What a proof shows: of n rows, how many predictions are right, and in how many the two models differ. */
export interface Counts {
  readonly n: number;
  readonly baselineCorrect: number;
  readonly candidateCorrect: number;
  readonly disagreements: number;
}

const BPS = 10_000n;

const NANO = 1_000_000_000n;

/** One-sided error of all attempts together where a benchmark states none. */
const ALPHA = 0.025;

/** What a benchmark may say of its lower bounds' error, beside all else. */
interface ErrorBudget {
  readonly name?: string;
  readonly alpha?: number;
  readonly attempts?: number;
}

/**
 * Quantile of the normal distribution at the level of a benchmark's lower bound, rounded up, in units of 1e-9: its error is shared
 * by all attempts. One attempt at 2.5 %, 1.959963985, where the benchmark says nothing else.
 */
export function quantileE9({ alpha = ALPHA, attempts = 1 }: ErrorBudget): bigint {
  return BigInt(Math.ceil(normalQuantile(1 - alpha / attempts, 0, 1) * Number(NANO)));
}

/** The quantile of one attempt. */
export const ONE_ATTEMPT = quantileE9({});

const FIELD_BITS = 32n;

/** Counts the right predictions and the disagreements. */
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

/** The public input that holds all counts. */
export function packCounts({ n, baselineCorrect, candidateCorrect, disagreements }: Counts): bigint {
  return [n, baselineCorrect, candidateCorrect, disagreements].reduceRight(
    (packed, count) => (packed << FIELD_BITS) + BigInt(count),
    0n,
  );
}

/** What the chain lets a statement say, in bps, rounded down; an improvement or bound below zero is zero. */
export interface ProvenScore {
  readonly score: bigint;
  readonly improvementBps: bigint;
  /** Lower confidence bound of the improvement, one-sided, at the level of the quantile. */
  readonly lowerBoundBps: bigint;
}

/**
 * Score, improvement and lower bound that counts prove. Per row the difference of the two models is 1, 0 or −1; its variance,
 * times n, is D − Δ²/n.
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

/** The least integer whose square is at least the value. */
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
