// What is known beside the chain: documents of evaluations and lists of contributors, kept only where the chain's hashes and scores agree.

import { printed } from "../base/printed.ts";
import { hashDocument, type EvaluationDocument } from "../evaluation/document.ts";
import { treeOf, type Claims } from "../schemas/claims.ts";
import { contributorAmount } from "../schemas/distribution.ts";
import type { TrackedImprovement, TrackedModel } from "./facts.ts";

/** Finds what belongs to an improvement; answers with undefined for what it has not got. Whatever it answers is checked. */
export interface EvidenceSource {
  /** The document of an evaluation, as it was written. */
  document?(evaluationId: string): Promise<unknown>;
  /** The contributors behind a root. */
  claims?(root: string): Promise<Claims | undefined>;
}

/** A metric of both models. */
export interface MeasuredMetric {
  readonly baseline: number | null;
  readonly candidate: number | null;
}

/** What a document that the chain confirms says. */
export interface VerifiedDocument {
  readonly metrics: Readonly<Record<string, MeasuredMetric>>;
  readonly sampleSize: number;
  readonly lowerBoundBps: number | null;
}

/** One contributor behind a root, and the part in wei. */
export interface ListedContributor {
  readonly account: string;
  readonly amount: bigint;
}

/** What was found of one improvement. */
export interface Evidence {
  readonly document?: VerifiedDocument;
  /** Why a document that was found is not used. */
  readonly refusal?: string;
  /** Contributors behind the root, where their file has this root. */
  readonly contributors?: readonly ListedContributor[];
}

/** What is known beside the chain of each improvement, in their order. */
export function evidenceOf(
  model: TrackedModel,
  improvements: readonly TrackedImprovement[],
  source: EvidenceSource,
): Promise<Evidence[]> {
  return Promise.all(
    improvements.map(async (improvement): Promise<Evidence> => {
      const { evaluationId, contributorsRoot: root } = improvement;
      const document = await source.document?.(evaluationId);
      const claims = root === null ? undefined : await source.claims?.(root);
      return {
        ...(document !== undefined && readDocument(model, improvement, document)),
        ...(claims && { contributors: contributorsOf(model, improvement, claims) }),
      };
    }),
  );
}

function readDocument(
  model: TrackedModel,
  improvement: TrackedImprovement,
  content: unknown,
): Pick<Evidence, "document" | "refusal"> {
  const document = Object(content) as Partial<EvaluationDocument>;
  const refusal = contradictionOf(model, improvement, document);
  if (refusal !== undefined) return { refusal };
  const { metric = "", baselineValue = null, candidateValue = null, sampleSize = 0, lowerBoundBps = null } = document;
  const secondary = (Array.isArray(document.guardrails) ? document.guardrails : []).map(
    (guardrail): [string, MeasuredMetric] => {
      const { metric: name, column, baseline, candidate } = guardrail as EvaluationDocument["guardrails"][number];
      return [column === undefined ? name : `${name} of ${column}`, { baseline, candidate }];
    },
  );
  const primary = { baseline: baselineValue, candidate: candidateValue };
  return { document: { metrics: Object.fromEntries([...secondary, [metric, primary]]), sampleSize, lowerBoundBps } };
}

/** Where a document is not what the chain recorded. */
function contradictionOf(
  { benchmarks }: TrackedModel,
  { evaluationId, benchmarkVersion, baselineScore, candidateScore }: TrackedImprovement,
  document: Partial<EvaluationDocument>,
): string | undefined {
  const hash = hashDocument(document);
  if (hash !== evaluationId) return `its hash is ${hash}, expected ${evaluationId}`;
  const benchmark = benchmarks.find(({ version }) => version === benchmarkVersion);
  const { specHash, evaluationDataHash, metric, direction } = benchmark ?? {};
  const expected = { specHash, evaluationDataHash, metric, direction, baselineScore, candidateScore };
  const wrong = Object.entries(expected).find(([name, value]) => document[name as keyof typeof expected] !== value);
  if (wrong === undefined) return undefined;
  const [name, value] = wrong;
  return `its ${name} is ${printed(String(document[name as keyof typeof expected]))}, the chain has ${String(value)}`;
}

function contributorsOf(
  { modelId }: TrackedModel,
  { evaluationId, contributorsRoot, payees }: TrackedImprovement,
  { contributors }: Claims,
): readonly ListedContributor[] | undefined {
  const { root, leaves } = treeOf("the claims file", { modelId, evaluationId, contributors });
  const total = payees.find(({ part }) => part === "contributors")?.amount;
  if (root !== contributorsRoot || total === undefined) return undefined;
  return leaves.map((leaf) => ({ account: leaf.account, amount: contributorAmount(total, leaf) }));
}
