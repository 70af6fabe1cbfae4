// The command that reports how models have performed.

import { address, oneOf, publishedId, type Rule } from "../base/fields.ts";
import { Problem } from "../base/problem.ts";
import { fileName, fileNames, flag } from "../node/commandLine.ts";
import { readText, writeWhole } from "../node/files.ts";
import { readClaims } from "../schemas/claims.ts";
import { readJson, toJson } from "../schemas/json.ts";
import { fromChain } from "../tracking/chainSource.ts";
import { compareModels } from "../tracking/comparison.ts";
import type { EvidenceSource } from "../tracking/evidence.ts";
import { comparisonText, performanceCsv, performanceText } from "../tracking/formats.ts";
import { performancePage } from "../tracking/page.ts";
import { evidenceOn, fromPlatform } from "../tracking/platformSource.ts";
import { PerformanceTracker, type PerformanceReport } from "../tracking/tracker.ts";
import { deploymentAt, platformOf, type HokusaiCommand } from "./subcommand.ts";

const TIMEFRAME = oneOf("last_30_days", "last_90_days", "all");
const FORMAT = oneOf("text", "json", "csv", "html");

export const reportCommand: HokusaiCommand = {
  summary: "how models have performed: improvements, rewards, contributions, returns",
  usage: `usage: hokusai report --model <id> ... --deployment <record.json>
       hokusai report --model <id> ... --platform
  --model <id> ...           the id that a model was published under; several are compared
  --deployment <file>        the record of the deployment: everything is read from the logs of the node of HOKUSAI_RPC_URL
  --platform                 everything is read from the platform's indexer instead
  --timeframe <name>         last_30_days, last_90_days or all; last_30_days without it
  --metric <name> ...        metrics of evaluation documents; all that are found without it
  --contributions            tell each account's part
  --account <address> ...    holders whose return is to be told
  --document <file> ...      documents of evaluations, kept where the chain's hashes and scores agree
  --claims <file> ...        claims files: who stands behind the root of an improvement
  --format <name>            text, json, csv or html; text without it
  --output <file>            write there instead of to standard output
  --json                     the same as --format json, and a failure as JSON too
  --help                     print this text`,
  run: async ({ options }, streams) => {
    const models = options.read("model", listOf(publishedId));
    const record = options.read("deployment", fileName, "");
    const isPlatform = options.read("platform", flag, false);
    const timeframe = options.read("timeframe", TIMEFRAME, "last_30_days");
    const metrics = options.has("metric") ? options.read("metric", fileNames) : undefined;
    const includeContributions = options.read("contributions", flag, false);
    const accounts = options.read("account", listOf(address), []);
    const files = { documents: options.read("document", fileNames, []), claims: options.read("claims", fileNames, []) };
    const isJson = options.read("json", flag, false);
    const format = options.read("format", FORMAT, isJson ? "json" : "text");
    const output = options.read("output", fileName, "");
    options.refuse("options");
    if (isPlatform === (record !== "")) throw new Problem("BAD_OPTION", "name one of --deployment and --platform.");
    const kept = evidenceIn(files);
    const place = isPlatform ? undefined : await deploymentAt(record, streams);
    const platform = isPlatform ? platformOf(streams) : undefined;
    const [source, evidence] = platform
      ? [fromPlatform(platform), either(kept, evidenceOn(platform))]
      : [fromChain(place as NonNullable<typeof place>), kept];
    try {
      const reports: PerformanceReport[] = [];
      for (const modelId of models) {
        streams.progress(`reading ${modelId}`);
        const tracker = new PerformanceTracker({ modelId, source, evidence });
        const wanted = { timeframe, includeContributions, accounts, ...(metrics && { metrics }) };
        reports.push(await tracker.generateReport(wanted));
      }
      const text = inFormat(format, reports);
      if (output === "") return text.replace(/\r?\n$/, "");
      writeWhole(output, text.endsWith("\n") ? text : `${text}\n`);
      return "";
    } finally {
      streams.progress("");
      place?.close();
    }
  },
};

function inFormat(format: "text" | "json" | "csv" | "html", reports: readonly PerformanceReport[]): string {
  const comparison = reports.length > 1 ? compareModels(reports) : undefined;
  if (format === "csv") return performanceCsv(reports);
  if (format === "html") return performancePage(reports, comparison);
  if (format === "json") return toJson(comparison ? { comparison, reports } : reports[0]);
  return [...(comparison ? [comparisonText(comparison)] : []), ...reports.map(performanceText)].join("\n\n");
}

/** Indexes documents by evaluation id and claims files by root. Each is checked against the chain when it is used. */
function evidenceIn({
  documents,
  claims,
}: {
  readonly documents: readonly string[];
  readonly claims: readonly string[];
}) {
  const found = new Map(
    documents.map((path) => {
      const document = Object(readJson(path, readText(path))) as { readonly evaluationId?: unknown };
      return [String(document.evaluationId), document] as const;
    }),
  );
  const lists = new Map(
    claims.map((path) => {
      const file = readClaims(path, readText(path));
      return [file.contributorsRoot, file] as const;
    }),
  );
  return {
    document: async (evaluationId: string): Promise<unknown> => found.get(evaluationId),
    claims: async (root: string) => lists.get(root),
  } satisfies EvidenceSource;
}

/** Asks the files at hand first, then the platform. */
function either(first: ReturnType<typeof evidenceIn>, second: EvidenceSource): EvidenceSource {
  return {
    document: async (evaluationId) => (await first.document(evaluationId)) ?? second.document?.(evaluationId),
    claims: async (root) => (await first.claims(root)) ?? second.claims?.(root),
  };
}

function listOf(rule: Rule<string>): Rule<string[]> {
  return {
    expected: rule.expected,
    none: [],
    read: (value) => {
      if (!Array.isArray(value) || value.length === 0) return undefined;
      const all = value.map((entry) => rule.read(entry));
      return all.every((entry) => entry !== undefined) ? all : undefined;
    },
  };
}
