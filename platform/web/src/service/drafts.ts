// Converts a model between what is typed and what the platform keeps.

import type { DraftInput, DraftView, MetricDirection } from "../../../../sdk/platform/wire.ts";
import { DRAFT_RULES, draftError, tagsIn, type LaunchDraft } from "../chain/launch.ts";

/** Fields that the platform does not keep, because the chain has them. */
const OF_CHAIN: ReadonlySet<string> = new Set<keyof LaunchDraft>([
  "infrastructurePercent",
  "pricePerThousandCalls",
  "recipient",
  "governor",
]);

/** Whether every field that the platform keeps is valid. */
export function isWholeDraft(draft: LaunchDraft): boolean {
  const fields = Object.keys(DRAFT_RULES) as (keyof LaunchDraft)[];
  return fields.every((field) => OF_CHAIN.has(field) || draftError(draft, field) === undefined);
}

/** What is typed, in the form that the platform takes. */
export function draftInputOf(draft: LaunchDraft): DraftInput {
  const { licenceText, licenceHash, licenceUri: uri, targetValue, benchmarkId } = draft;
  return {
    model_id: draft.modelId,
    name: draft.name.trim(),
    ticker: draft.symbol,
    description: draft.description.trim(),
    category: draft.category,
    tags: tagsIn(draft.tags),
    licence: licenceText === "" ? { hash: licenceHash, uri } : { text: licenceText, uri },
    metric: draft.metric.trim(),
    current_value: Number(draft.currentValue),
    ...(targetValue !== "" && { target_value: Number(targetValue) }),
    direction: draft.direction,
    allocations: {
      supplier: draft.supplier,
      investor: draft.investor,
      tokens_per_delta_one: draft.tokensPerDeltaOne,
      expected_delta_ones: Number(draft.expectedDeltaOnes),
    },
    ...(benchmarkId !== "" && { benchmark_spec_id: benchmarkId }),
  };
}

/**
 * What the platform keeps, as it would be typed. If the platform has the licence's text, the reader must choose the file again, because the
 * hash is computed only from a file.
 */
export function typedOf(view: DraftView): Partial<LaunchDraft> {
  const { allocations, licence } = view;
  return {
    modelId: view.model_id,
    name: view.name,
    symbol: view.ticker,
    description: view.description,
    category: view.category,
    tags: view.tags.join(", "),
    metric: view.metric,
    direction: view.direction,
    currentValue: String(view.current_value),
    targetValue: view.target_value === undefined ? "" : String(view.target_value),
    benchmarkId: view.benchmark_spec_id ?? "",
    supplier: allocations.supplier,
    investor: allocations.investor,
    tokensPerDeltaOne: allocations.tokens_per_delta_one,
    expectedDeltaOnes: String(allocations.expected_delta_ones),
    licenceHash: licence.has_text ? "" : licence.hash,
    licenceText: "",
    licenceUri: licence.uri,
  };
}

/** Whether the platform keeps exactly what is typed. */
export function isKeptAs(view: DraftView, draft: LaunchDraft): boolean {
  const kept: LaunchDraft = { ...draft, ...typedOf(view), licenceHash: view.licence.hash, licenceText: "" };
  const typed: LaunchDraft = { ...draft, licenceText: "" };
  const isSame = JSON.stringify(draftInputOf(kept)) === JSON.stringify(draftInputOf(typed));
  return isSame && view.licence.has_text === (draft.licenceText !== "");
}

export const DIRECTION_WORDS: Readonly<Record<MetricDirection, string>> = {
  higher_is_better: "higher is better",
  lower_is_better: "lower is better",
};
