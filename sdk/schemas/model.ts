// A model to launch, as its file says it.

import { id } from "ethers";
import type { Examples } from "../evaluation/examples.ts";
import type { BenchmarkSpec } from "../evaluation/spec.ts";
import type { Opening } from "../proofs/circuit.ts";
import type { WeightedContributor } from "./distribution.ts";

/** Lifetime rewards of a model in DeltaOnes. */
export const REWARD_DELTA_ONES = 100;

/** Parts of a whole, as ratios are given. */
export const PPM = 1_000_000n;

/** Of a whole token. */
export const WEI = 10n ** 18n;

/** Verification methods that a benchmark may name, as contracts of the protocol. */
export const METHODS = ["OracleAttestation", "ZkProof", "Hybrid"] as const;

/** Who receives the supplier allocation: an account, or a wallet that releases it to a beneficiary over a year. */
export type Recipient =
  { readonly kind: "account"; readonly account: string } | { readonly kind: "vesting"; readonly beneficiary: string };

/** A benchmark as it is committed, except that its method is still a contract's name. */
export interface BenchmarkTerms {
  readonly method: (typeof METHODS)[number];
  /** Rows that the circuit of a ZkProof holds, alone or beside attesters in a Hybrid; absent where there is none. */
  readonly capacity?: number;
  /** Of the proof's lower bound, times 1e9; there with a capacity. */
  readonly quantileE9?: bigint;
  readonly specHash: string;
  readonly evaluationDataHash: string;
  readonly modelCommitment: string;
  readonly metric: number;
  readonly direction: number;
  readonly baselineScore: number;
  /** Score that a candidate must reach; 0 for none. */
  readonly targetScore: number;
  readonly minImprovementBps: number;
  readonly minSampleSize: number;
  readonly minRuns: number;
  readonly minLowerBoundBps: number;
}

/** Terms of a pool, as `createPoolWithParams` takes them. */
export interface PoolTerms {
  readonly crr: bigint;
  readonly tradeFee: bigint;
  readonly ibrDuration: bigint;
  readonly virtualReserve: bigint;
  readonly initialPrice: bigint;
}

/** A first improvement of the model: who contributed to it and what. */
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

/** An improvement that is proven: openings of what the benchmark committed to, and of the candidate. */
export interface ProvenImprovement extends Contribution {
  /** Name of the evaluation; its hash is the evaluation's id. */
  readonly evaluationName: string;
  readonly labels: Opening;
  readonly baseline: Opening;
  readonly candidate: Opening;
}

/** A model to launch. Token amounts are wei, reserve amounts the reserve token's units. */
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
  /** Shown on a local chain after trading; absent when the file names none. */
  readonly improvement?: EvaluatedImprovement | ProvenImprovement;
  /** DeltaOnes that its developer expects within two years; absent when the file does not say. */
  readonly expectedDeltaOnes?: number;
}

/** What the expected improvements of two years add to a model's launch cap. */
export interface Dilution {
  readonly rewards: bigint;
  readonly supply: bigint;
  /** Share of rewards in that supply, in bps, rounded up. */
  readonly bps: bigint;
}

/** Key of the model on chain. */
export function keyOf({ modelId }: ModelFile): string {
  return id(modelId);
}

/** The virtual supply that follows from terms, in wei. */
export function virtualSupplyOf({ virtualReserve, crr, initialPrice }: PoolTerms): bigint {
  return (virtualReserve * PPM * WEI) / (crr * initialPrice);
}

/** What the improvements that the file expects would mint within two years; undefined when it expects none. */
export function projectedDilution(model: ModelFile): Dilution | undefined {
  if (model.expectedDeltaOnes === undefined) return undefined;
  const rewards = BigInt(model.expectedDeltaOnes) * model.tokensPerDeltaOne;
  const supply = model.supplierAllocation + model.investorAllocation + rewards;
  return { rewards, supply, bps: (rewards * 10_000n + supply - 1n) / supply };
}
