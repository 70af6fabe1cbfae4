// Reports on models that this page reads from the chain: the same documents that the command `hokusai report` makes.

import { Problem } from "../../../../sdk/base/problem.ts";
import type { PlatformClient } from "../../../../sdk/platform/client.ts";
import { toJson } from "../../../../sdk/schemas/json.ts";
import { fromChain } from "../../../../sdk/tracking/chainSource.ts";
import { compareModels } from "../../../../sdk/tracking/comparison.ts";
import type { EvidenceSource } from "../../../../sdk/tracking/evidence.ts";
import { comparisonText, performanceCsv, performanceText } from "../../../../sdk/tracking/formats.ts";
import { performancePage } from "../../../../sdk/tracking/page.ts";
import { evidenceOn } from "../../../../sdk/tracking/platformSource.ts";
import { PerformanceTracker, type PerformanceReport, type Timeframe } from "../../../../sdk/tracking/tracker.ts";
import { findModel, readProtocol } from "../chain/protocol.ts";
import type { BlockAt, PageSite } from "../chain/site.ts";

/** What to report on. */
export interface ReportWish {
  readonly models: readonly string[];
  readonly timeframe: Timeframe;
  /** Holders whose return is reported. */
  readonly accounts: readonly string[];
}

/** Reads reports on several models. Documents and lists of contributors come from the platform if it answers. */
export async function readReports(
  site: PageSite,
  block: BlockAt,
  platform: PlatformClient | undefined,
  { models, timeframe, accounts }: ReportWish,
): Promise<readonly PerformanceReport[]> {
  const source = fromChain({ site: site.chain, deployment: site.deployment });
  const protocol = await readProtocol(site, block);
  return Promise.all(
    models.map(async (modelId) => {
      const evidence = platform ? await keptOf(platform, modelId) : {};
      const hasPool = findModel(protocol, modelId)?.pool !== undefined;
      return new PerformanceTracker({ modelId, source, evidence }).generateReport({
        ...{ timeframe, accounts: hasPool ? accounts : [], includeContributions: true },
      });
    }),
  );
}

/** What the platform keeps about a model; nothing if the platform does not answer or does not know the model yet. */
async function keptOf(platform: PlatformClient, modelId: string): Promise<EvidenceSource> {
  const orNothing = (error: unknown): undefined => {
    if (error instanceof Problem && (error.code === "NODE_FAILED" || error.code === "NOT_DEPLOYED")) return undefined;
    throw error;
  };
  const kept = new Set<string>();
  const list = async () => {
    for await (const each of platform.all((page) => platform.listOf(modelId, "improvements", page)))
      if (each.has_document) kept.add(each.evaluation_id);
    for await (const each of platform.all((page) => platform.listOf(modelId, "claims", page)))
      if (each.has_file) kept.add(each.root);
  };
  await list().catch(orNothing);
  const { document, claims } = evidenceOn(platform);
  return {
    document: async (evaluationId) => (kept.has(evaluationId) ? document?.(evaluationId).catch(orNothing) : undefined),
    claims: async (root) => (kept.has(root) ? claims?.(root).catch(orNothing) : undefined),
  };
}

/** File formats of a report, with their media types. */
export const REPORT_FORMS = {
  json: "application/json",
  csv: "text/csv",
  txt: "text/plain",
  html: "text/html",
} as const;

/** Reports as the command writes them. */
export function reportText(form: keyof typeof REPORT_FORMS, reports: readonly PerformanceReport[]): string {
  const comparison = reports.length > 1 ? compareModels(reports) : undefined;
  if (form === "csv") return performanceCsv(reports);
  if (form === "html") return performancePage(reports, comparison);
  if (form === "json") return toJson(comparison ? { comparison, reports } : reports[0]);
  return [...(comparison ? [comparisonText(comparison)] : []), ...reports.map(performanceText)].join("\n\n");
}
