// Evaluates two models' predictions on a benchmark. The resulting document says what was measured, and whether an improvement may be
// stated.

export { breakDown, type Breakdown } from "./breakdown.ts";
export { completeSpecFor } from "./completeSpec.ts";
export { hashDocument, type AcceptedEvaluation, type EvaluationDocument } from "./document.ts";
export { assess, evaluate, type EvaluationInput } from "./evaluate.ts";
export { Examples, type Example } from "./examples.ts";
export { METRICS, type MetricName } from "./metrics.ts";
export { joinExamples, readExamples, type Wanted } from "./readExamples.ts";
export { Refusal, type Reason, type RefusalCode } from "./refusal.ts";
export { reportPage } from "./report.ts";
export { canonicalSpec, hashSpec, parseSpec, wantedBy, wantedOf, type BenchmarkSpec } from "./spec.ts";
export type { TableFile } from "./table.ts";
