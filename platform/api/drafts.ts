// Drafts of models: what their developers state, and what the chain has of them.

import { sql, type SQL } from "drizzle-orm";
import { id as keyOf, keccak256, parseUnits, toUtf8Bytes } from "ethers";
import { Problem } from "../../sdk/base/problem";
import { TOKEN_DECIMALS } from "../../sdk/base/units";
import type { LifecycleStatus } from "../../sdk/platform/chainWire";
import type { Allocations, DraftInput, DraftView, FieldFailure } from "../../sdk/platform/wire";
import { REWARD_DELTA_ONES } from "../../sdk/schemas/model";
import { PRESETS } from "../../sdk/schemas/modelFile";
import { rowsOf, type Database } from "../store/database";
import { isOwner } from "./access";
import { ApiRefusal } from "./failure";
import type { ApiCaller } from "./keys";
import { seconds } from "./pages";

/** What the chain records about a model that was handed over. */
export interface LaunchFacts {
  readonly governor: string;
  readonly supplier_recipient: string;
  readonly infrastructure_accrual_bps: number;
  /** In reserve units. */
  readonly price_per_thousand_calls: string;
  readonly license_uri: string;
}

/** A draft as stored: its content has allocations instead of a preset, and the licence's hash and address instead of its text. */
export interface DraftRow {
  readonly id: string;
  readonly owner: string;
  readonly status: LifecycleStatus;
  readonly content: DraftContent;
  readonly licence_text: string | null;
  readonly token: string | null;
  readonly transaction_hash: string | null;
  readonly launch: LaunchFacts | null;
  readonly approved_at: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

type DraftContent = Omit<DraftInput, "allocations" | "licence"> & {
  readonly allocations: Allocations;
  readonly licence: { readonly hash: string; readonly uri: string };
};

/** Selects drafts. A draft that was handed over has the status that the chain gives its model. */
export function selectDrafts(where: SQL): SQL {
  return sql`SELECT drafts.id, drafts.owner, coalesce(models.status, drafts.status) AS status, drafts.content,
      drafts.licence_text, drafts.token, drafts.transaction_hash, drafts.launch,
      ${seconds("drafts.approved_at")} AS approved_at, ${seconds("drafts.created_at")} AS created_at,
      ${seconds("drafts.updated_at")} AS updated_at
    FROM model_drafts AS drafts LEFT JOIN models ON models.token = drafts.token
    WHERE ${where}`;
}

/** Returns a draft that the caller may see; an unpublished draft is visible only to its owner and to admins. */
export async function requireDraft(db: Database, caller: ApiCaller | undefined, id: string): Promise<DraftRow> {
  const [row] = await rowsOf<DraftRow>(db, selectDrafts(sql`drafts.id = ${id}`));
  if (row && (row.status !== "DRAFT" || isOwner(caller, row.owner))) return row;
  throw new Problem("NOT_DEPLOYED", `there is no draft ${id} that you may see.`);
}

/** Like {@link requireDraft}, but locks the draft until the transaction ends. */
export async function lockDraft(db: Database, caller: ApiCaller, id: string): Promise<DraftRow> {
  await db.execute(sql`SELECT id FROM model_drafts WHERE id = ${id} FOR UPDATE`);
  return requireDraft(db, caller, id);
}

/** A draft as the API answers it. */
export function draftViewOf(row: DraftRow): DraftView {
  const { id, owner, status, content, licence_text, approved_at, token, transaction_hash } = row;
  const { created_at, updated_at } = row;
  const licence = { ...content.licence, has_text: licence_text !== null };
  return { ...content, id, owner, status, licence, approved_at, token, transaction_hash, created_at, updated_at };
}

/** What is stored of a developer's input. */
export function contentOf(input: DraftInput): { readonly content: DraftContent; readonly licenceText: string | null } {
  const { allocations, licence, ...rest } = input;
  const isText = "text" in licence;
  const hash = isText ? keccak256(toUtf8Bytes(licence.text)) : licence.hash.toLowerCase();
  return {
    content: {
      ...rest,
      allocations: "preset" in allocations ? allocationsOf(allocations.preset) : allocations,
      licence: { hash, uri: licence.uri },
    },
    licenceText: isText ? licence.text : null,
  };
}

/** A preset states no number of expected improvements, so it is 0. */
function allocationsOf(preset: keyof typeof PRESETS): Allocations {
  const { supplier, investor, tokensPerDeltaOne } = PRESETS[preset];
  return { supplier, investor, tokens_per_delta_one: tokensPerDeltaOne, expected_delta_ones: 0 };
}

/** A model as the indexer stores it. */
interface IndexedModel {
  readonly model_id: string;
  readonly token: string;
  readonly name: string;
  readonly symbol: string;
  readonly governor: string;
  readonly supplier_recipient: string;
  readonly supplier_allocation: string;
  readonly investor_allocation: string;
  readonly reward_allocation: string;
  readonly license_hash: string;
  readonly license_uri: string;
  readonly created_block: number;
}

/** Returns the model with an id on the chain; undefined if the indexer has none. */
export async function indexedModel(db: Database, modelId: string): Promise<IndexedModel | undefined> {
  const [row] = await rowsOf<IndexedModel>(
    db,
    sql`SELECT model_id, token, name, symbol, governor, supplier_recipient, supplier_allocation::text,
          investor_allocation::text, reward_allocation::text, license_hash, license_uri,
          created_block::float8 AS created_block
        FROM models WHERE key = ${keyOf(modelId)}`,
  );
  return row;
}

/** Throws if any value of a token differs from its draft. */
export function requireSameModel({ content }: DraftRow, model: IndexedModel): void {
  const { allocations } = content;
  const units = (tokens: string) => parseUnits(tokens, TOKEN_DECIMALS);
  const values: readonly (readonly [string, string, string])[] = [
    ["name", model.name, content.name],
    ["ticker", model.symbol, content.ticker],
    ["allocations.supplier", model.supplier_allocation, String(units(allocations.supplier))],
    ["allocations.investor", model.investor_allocation, String(units(allocations.investor))],
    [
      "allocations.tokens_per_delta_one",
      model.reward_allocation,
      String(BigInt(REWARD_DELTA_ONES) * units(allocations.tokens_per_delta_one)),
    ],
    ["licence.hash", model.license_hash, content.licence.hash],
    ["licence.uri", model.license_uri, content.licence.uri],
  ];
  const fields = values
    .filter(([, onChain, stated]) => onChain !== stated)
    .map(([path, onChain, stated]): FieldFailure => ({ path, given: onChain, expected: stated }));
  if (fields.length === 0) return;
  const list = fields.map(({ path, given, expected }) => `${path} is ${given}, the draft says ${expected}`).join("; ");
  throw new ApiRefusal(409, "CONFLICT", `the token of ${content.model_id} is on chain with other values: ${list}.`, {
    fields,
  });
}

/** What is stored about a model when it is handed over. */
export async function launchFactsOf(db: Database, model: IndexedModel): Promise<LaunchFacts> {
  const rows = await rowsOf<{ name: string; value: string }>(
    db,
    sql`SELECT name, value::text FROM parameters WHERE model = ${keyOf(model.model_id)}`,
  );
  const parameters = new Map(rows.map(({ name, value }) => [name, value]));
  const { governor, supplier_recipient, license_uri } = model;
  return {
    governor,
    supplier_recipient,
    license_uri,
    infrastructure_accrual_bps: Number(parameters.get("infrastructureAccrualBps")),
    price_per_thousand_calls: parameters.get("pricePerThousandCalls") ?? "0",
  };
}
