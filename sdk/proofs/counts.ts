// What a proof reveals, and what the chain computes from it. ZkProof.sol has the same arithmetic.

import { Problem } from "../base/problem";

/** What a proof shows: of n rows, how many predictions are right, and in how many the two models differ. */
export interface Counts {
  readonly n: number;
  readonly baselineCorrect: number;
  readonly candidateCorrect: number;
  readonly disagreements: number;
}

const BPS = 10_000n;

/** Quantile of the normal distribution for 97.5 % on one side, rounded up, in units of 1e-9. */
const Z_NANO = 1_959_963_985n;
const NANO = 1_000_000_000n;

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
  /** Lower confidence bound of the improvement: 97.5 %, one-sided. */
  readonly lowerBoundBps: bigint;
}

/**
 * Score, improvement and lower bound that counts prove. Per row the difference of the two models is 1, 0 or −1; its variance,
 * times n, is D − Δ²/n.
 */
export function provenBy({ n, baselineCorrect, candidateCorrect, disagreements }: Counts): ProvenScore {
  const rows = BigInt(n);
  const score = (BigInt(candidateCorrect) * BPS) / rows;
  if (candidateCorrect <= baselineCorrect) return { score, improvementBps: 0n, lowerBoundBps: 0n };

  const delta = BigInt(candidateCorrect - baselineCorrect);
  const spread = BigInt(disagreements) * rows - delta * delta; // n² times the variance
  const margin = rootUp(divideUp((Z_NANO * BPS) ** 2n * spread, rows));
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
