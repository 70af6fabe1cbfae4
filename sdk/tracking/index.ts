// The performance of models: improvements, rewards step by step, contributions and returns, from logs or from the platform's indexer.

export { fromChain, type ChainPlace } from "./chainSource.ts";
export { compareModels, type ComparedModel, type ModelComparison } from "./comparison.ts";
export type { ContributionEntry, HolderReturn } from "./contributions.ts";
export type { EvidenceSource, MeasuredMetric } from "./evidence.ts";
export type { TrackedModel, TrackingSource } from "./facts.ts";
export { comparisonText, performanceCsv, performanceText } from "./formats.ts";
export { performancePage } from "./page.ts";
export { evidenceOn, fromPlatform } from "./platformSource.ts";
export { calculateReward, explainReward, rewardLines, type ContributorPart, type RewardSteps } from "./reward.ts";
export {
  PerformanceTracker,
  TIMEFRAMES,
  type MetricHistory,
  type PerformanceReport,
  type PerformanceSummary,
  type ReportedImprovement,
  type ReportOptions,
  type Timeframe,
} from "./tracker.ts";
export type { TokenValue } from "./value.ts";
