// SPDX-License-Identifier: MIT
// Records of metered use, which the fees pay.

import { amount, Fields, integer, publishedId } from "../../sdk/base/fields";
import { formatReserve, RESERVE_DECIMALS } from "../../sdk/base/units";

/** The most calls in one payment. */
export const MAX_CALLS = 1_000_000_000_000_000n;

/** Metered use of a model to be paid: a number of calls at the model's price, or an amount in reserve units. */
export interface MeteringRecord {
  /** Unique among all records; each id is paid once. */
  readonly id: string;
  readonly model: string;
  readonly due:
    { readonly kind: "calls"; readonly calls: bigint } | { readonly kind: "amount"; readonly amount: bigint };
}

/** Reads and checks a record; throws one problem that names everything wrong with it. */
export function readMeteringRecord(name: string, content: unknown): MeteringRecord {
  const fields = new Fields(content);
  const record = { id: fields.read("id", publishedId), model: fields.read("model", publishedId) };
  if (fields.has("calls") === fields.has("amount"))
    fields.report(`${name} has ${fields.has("calls") ? "both" : "none"} of calls and amount, expected one`);
  const due = fields.has("calls")
    ? ({ kind: "calls", calls: BigInt(fields.read("calls", integer(1, Number(MAX_CALLS)))) } as const)
    : ({
        kind: "amount",
        amount: fields.has("amount") ? fields.read("amount", amount(RESERVE_DECIMALS, "0.000001", "1000000000")) : 0n,
      } as const);
  fields.refuse(name);
  return { ...record, due };
}

/** The record as JSON, as it is stored in a file. */
export function formatMeteringRecord({ id: name, model, due }: MeteringRecord): string {
  const shown =
    due.kind === "calls" ? { calls: Number(due.calls) } : { amount: formatReserve(due.amount).replaceAll(",", "") };
  return `${JSON.stringify({ id: name, model, ...shown })}\n`;
}
