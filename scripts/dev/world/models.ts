import { ethers } from "hardhat";
import type { BenchmarkStruct, EvaluationStruct } from "../../../.build/typechain/contracts/models/ModelRegistry";
import type { InitialParamsStruct } from "../../../.build/typechain/contracts/tokens/TokenManager";
import { DAY, TOKEN, USDC } from "./units";

/** Life cycle of a model, as on chain. */
export const Status = { NONE: 0n, PROPOSAL: 1n, REGISTERED: 2n, DEPLOYED: 3n } as const;

/** Metrics of a benchmark, as on chain; the tests need only these. */
export const Metric = { ACCURACY: 0n, F1: 3n, HUMAN_SCORE: 12n } as const;

/** Whether a better score is higher or lower, as on chain. */
export const Direction = { MAXIMISE: 0n, MINIMISE: 1n } as const;

/** Who may give a model a benchmark that uses a method, as on chain. */
export const MethodAccess = { NONE: 0n, ADMIN: 1n, REGISTRAR: 2n } as const;

/** Parameters that a governor changes, as on chain. */
export const Parameter = {
  TOKENS_PER_DELTA_ONE: 0n,
  INFRASTRUCTURE_ACCRUAL: 1n,
  PRICE_PER_THOUSAND_CALLS: 2n,
} as const;

/** Arguments of `deployTokenWithAllocations`. */
export interface ModelLaunch {
  modelId: string;
  name: string;
  symbol: string;
  supplierAllocation: bigint;
  supplierRecipient: string;
  investorAllocation: bigint;
  params: InitialParamsStruct;
}

/** Overrides for builders of launches; parameters one by one. */
export type ModelOverrides = Partial<Omit<ModelLaunch, "params">> & { params?: Partial<InitialParamsStruct> };

/** Terms of a pool, in the order of `createPoolWithParams`. */
export interface PoolTerms {
  crr: bigint;
  tradeFee: bigint;
  ibrDuration: bigint;
  virtualReserve: bigint;
  initialPrice: bigint;
}

/** Published id of the model of {@link buildModel}. */
export const MODEL_ID = "sentiment-v2";

/** Improvement of {@link buildEvaluation}, in bps. */
export const IMPROVEMENT_BPS = 100n;

/** Key of a published model id. */
export function modelIdOf(modelId: string): string {
  return ethers.id(modelId);
}

/** Arguments of a launch that succeeds; the recipient and the governor have no default. */
export function buildModel(
  accounts: { supplierRecipient: string; governor: string },
  { params, ...overrides }: ModelOverrides = {},
): ModelLaunch {
  return {
    modelId: MODEL_ID,
    name: "Sentiment Model",
    symbol: "SENT",
    supplierAllocation: 400_000n * TOKEN,
    supplierRecipient: accounts.supplierRecipient,
    investorAllocation: 600_000n * TOKEN,
    ...overrides,
    params: {
      tokensPerDeltaOne: 100_000n * TOKEN,
      infrastructureAccrualBps: 5_000n,
      initialOraclePricePerThousandUsd: 0n,
      licenseHash: ethers.id("licence"),
      licenseURI: "ipfs://licence",
      governor: accounts.governor,
      ...params,
    },
  };
}

/** A benchmark that is accepted with a method on the allow-list. */
export function buildBenchmark(method: string, overrides: Partial<BenchmarkStruct> = {}): BenchmarkStruct {
  return {
    specHash: ethers.id("benchmark"),
    evaluationDataHash: ethers.id("evaluation data"),
    modelCommitment: ethers.ZeroHash,
    method,
    metric: Metric.ACCURACY,
    direction: Direction.MAXIMISE,
    baselineScore: 7_500n,
    targetScore: 0n,
    minImprovementBps: 10n,
    minSampleSize: 1_000n,
    minRuns: 3n,
    minLowerBoundBps: 1n,
    ...overrides,
  };
}

/** An evaluation that just satisfies the first version of the benchmark, with {@link IMPROVEMENT_BPS} of improvement. */
export function buildEvaluation(
  model: string,
  benchmark: BenchmarkStruct,
  overrides: Partial<EvaluationStruct> = {},
): EvaluationStruct {
  const baselineScore = BigInt(benchmark.baselineScore);
  const better = benchmark.direction === Direction.MAXIMISE ? IMPROVEMENT_BPS : -IMPROVEMENT_BPS;
  return {
    model,
    benchmarkVersion: 1n,
    specHash: benchmark.specHash,
    evaluationDataHash: benchmark.evaluationDataHash,
    baselineScore,
    candidateScore: baselineScore + better,
    sampleSize: benchmark.minSampleSize,
    runs: benchmark.minRuns,
    lowerBoundBps: benchmark.minLowerBoundBps,
    baselineCommitment: benchmark.modelCommitment,
    candidateCommitment: ethers.id("candidate"),
    ...overrides,
  };
}

/** Terms that are accepted for the model of {@link buildModel}; the virtual supply equals its launch cap. */
export function buildPoolTerms(overrides: Partial<PoolTerms> = {}): PoolTerms {
  return {
    crr: 200_000n,
    tradeFee: 30n,
    ibrDuration: 7n * DAY,
    virtualReserve: 2_000n * USDC,
    initialPrice: 10_000n,
    ...overrides,
  };
}
