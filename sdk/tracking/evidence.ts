// Off-chain data about improvements: evaluation documents and lists of contributors. They are used only if they match the hashes and scores
// on chain.

import { printed } from "../base/printed.ts";
import { hashDocument, type EvaluationDocument } from "../evaluation/document.ts";
import { treeOf, type Claims } from "../schemas/claims.ts";
import { contributorAmount } from "../schemas/distribution.ts";
import type { TrackedImprovement, TrackedModel } from "./facts.ts";

/** A source of data about improvements. It returns undefined for what it does not have. Everything that it returns is checked. */
export interface EvidenceSource {
  /** Returns the document of an evaluation, exactly as it was written. */
  document?(evaluationId: string): Promise<unknown>;
  /** Returns the contributors behind a root. */
  claims?(root: string): Promise<Claims | undefined>;
}

/** The values of a metric for both models. */
export interface MeasuredMetric {
  readonly baseline: number | null;
  readonly candidate: number | null;
}

/** The contents of a document that matches the chain. */
export interface VerifiedDocument {
  readonly metrics: Readonly<Record<string, MeasuredMetric>>;
  readonly sampleSize: number;
  readonly lowerBoundBps: number | null;
}

/** A contributor behind a root, with the amount in wei. */
export interface ListedContributor {
  readonly account: string;
  readonly amount: bigint;
}

/** The data found for one improvement. */
export interface Evidence {
  readonly document?: VerifiedDocument;
  /** The reason why a document that was found is not used. */
  readonly refusal?: string;
  /** The contributors behind the root, if their file has the same root. */
  readonly contributors?: readonly ListedContributor[];
}

/** Returns the off-chain data for each improvement, in their order. */
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

/** Returns how a document differs from what the chain recorded, or undefined if it does not. */
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
