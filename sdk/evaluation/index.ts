// From two models' predictions to a document: what was measured, and whether an improvement may be stated.

export {
  assess,
  completeSpecFor,
  evaluate,
  hashDocument,
  type AcceptedEvaluation,
  type EvaluationDocument,
  type EvaluationInput,
} from "./evaluate.ts";
export { joinExamples, readExamples, type Example, type Wanted } from "./examples.ts";
export { METRICS, type MetricName } from "./metrics.ts";
export { Refusal, type Reason, type RefusalCode } from "./refusal.ts";
export { reportPage } from "./report.ts";
export { canonicalSpec, hashSpec, parseSpec, wantedBy, wantedOf, type BenchmarkSpec } from "./spec.ts";
export type { TableFile } from "./table.ts";
