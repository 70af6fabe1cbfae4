// A model to launch, as its file describes it.

import { id } from "ethers";
import type { Examples } from "../evaluation/examples.ts";
import type { BenchmarkSpec } from "../evaluation/spec.ts";
import type { Opening } from "../proofs/circuit.ts";
import type { WeightedContributor } from "./distribution.ts";

/** The lifetime rewards of a model, in DeltaOnes. */
export const REWARD_DELTA_ONES = 100;

/** Parts per million, the unit of ratios. */
export const PPM = 1_000_000n;

/** The number of wei in a whole token. */
export const WEI = 10n ** 18n;

/** The verification methods that a benchmark may name, by contract. */
export const METHODS = ["OracleAttestation", "ZkProof", "Hybrid"] as const;

/** The recipient of the supplier allocation: an account, or a vesting wallet that releases it to a beneficiary over a year. */
export type Recipient =
  { readonly kind: "account"; readonly account: string } | { readonly kind: "vesting"; readonly beneficiary: string };

/** A benchmark as it is committed, except that the method is still a contract's name. */
export interface BenchmarkTerms {
  readonly method: (typeof METHODS)[number];
  /** The number of rows that the ZkProof's circuit holds. Absent if the method contains no ZkProof. */
  readonly capacity?: number;
  /** The quantile of the proof's lower bound, times 1e9. Present together with `capacity`. */
  readonly quantileE9?: bigint;
  readonly specHash: string;
  readonly evaluationDataHash: string;
  readonly modelCommitment: string;
  readonly metric: number;
  readonly direction: number;
  readonly baselineScore: number;
  /** The score that a candidate must reach, or 0 for none. */
  readonly targetScore: number;
  readonly minImprovementBps: number;
  readonly minSampleSize: number;
  readonly minRuns: number;
  readonly minLowerBoundBps: number;
}

/** The terms of a pool, as `createPoolWithParams` takes them. */
export interface PoolTerms {
  readonly crr: bigint;
  readonly tradeFee: bigint;
  readonly ibrDuration: bigint;
  readonly virtualReserve: bigint;
  readonly initialPrice: bigint;
}

/** A first improvement of the model: its contributors and their data. */
interface Contribution {
  /** The contributed data. */
  readonly contribution: Uint8Array;
  readonly contributors: readonly WeightedContributor[];
}

/** An improvement that attesters measure on examples. */
export interface EvaluatedImprovement extends Contribution {
  readonly spec: BenchmarkSpec;
  readonly examples: Examples;
}

/** An improvement that is proven: the openings of the benchmark's commitments and of the candidate's. */
export interface ProvenImprovement extends Contribution {
  /** The name of the evaluation, whose hash is the evaluation id. */
  readonly evaluationName: string;
  readonly labels: Opening;
  readonly baseline: Opening;
  readonly candidate: Opening;
}

/** A model to launch. Token amounts are in wei, reserve amounts in the reserve token's smallest units. */
export interface ModelFile {
  readonly modelId: string;
  readonly name: string;
  readonly symbol: string;
  readonly supplierAllocation: bigint;
  readonly investorAllocation: bigint;
  readonly tokensPerDeltaOne: bigint;
  readonly infrastructureAccrualBps: number;
  readonly pricePerThousandCalls: bigint;
  readonly recipient: Recipient;
  readonly governor: string;
  readonly licenseHash: string;
  readonly licenseURI: string;
  readonly benchmark: BenchmarkTerms;
  readonly pool: PoolTerms;
  /** Demonstrated on a local chain after trading. Absent if the file names none. */
  readonly improvement?: EvaluatedImprovement | ProvenImprovement;
  /** The number of DeltaOnes that the developer expects within two years. Absent if the file does not say. */
  readonly expectedDeltaOnes?: number;
}

/** The effect of two years' expected improvements on top of a model's launch cap, in wei. */
export interface Dilution {
  readonly rewards: bigint;
  readonly supply: bigint;
  /** The share of rewards in that supply, in bps, rounded up. */
  readonly bps: bigint;
}

/** Returns the key of the model on chain. */
export function keyOf({ modelId }: ModelFile): string {
  return id(modelId);
}

/** Returns the virtual supply that follows from the terms, in wei. */
export function virtualSupplyOf({ virtualReserve, crr, initialPrice }: PoolTerms): bigint {
  return (virtualReserve * PPM * WEI) / (crr * initialPrice);
}

/** Returns what the expected improvements would mint within two years, or undefined if the file does not state an expectation. */
export function projectedDilution(model: ModelFile): Dilution | undefined {
  if (model.expectedDeltaOnes === undefined) return undefined;
  const rewards = BigInt(model.expectedDeltaOnes) * model.tokensPerDeltaOne;
  const supply = model.supplierAllocation + model.investorAllocation + rewards;
  return { rewards, supply, bps: (rewards * 10_000n + supply - 1n) / supply };
}
