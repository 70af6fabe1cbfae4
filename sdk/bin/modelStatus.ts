// The command that shows how far a model or a draft has come.

import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import { formatPrice, formatTime, formatTokens, roundTokens } from "../base/units.ts";
import { flag } from "../node/commandLine.ts";
import type { ModelDetail } from "../platform/chainWire.ts";
import type { DraftView } from "../platform/wire.ts";
import { toJson } from "../schemas/json.ts";
import { onlyArgument, platformOf, type HokusaiCommand } from "./subcommand.ts";

export const modelStatus: HokusaiCommand = {
  summary: "how far a model or a draft has come",
  usage: `usage: hokusai model status [<id>]          the id that a model was published under, or that of a draft
  --json                print what the platform answers, and a failure, as JSON
  --help                print this text`,
  run: async (line, streams) => {
    const isJson = line.options.read("json", flag, false);
    line.options.refuse("options");
    const id = onlyArgument(line, "a model's id or a draft's");
    const platform = platformOf(streams);
    const model = await platform.model(id).catch((error: unknown) => {
      if (error instanceof Problem && error.code === "NOT_DEPLOYED") return undefined;
      throw error;
    });
    if (model !== undefined) return isJson ? toJson(model) : modelLines(model).join("\n");
    const draft = await platform.draft(id);
    return isJson ? toJson(draft) : draftLines(draft).join("\n");
  },
};

function modelLines(model: ModelDetail): string[] {
  const { status, score_bps, improvements, spot_price, supply, block, token, pool } = model;
  const symbol = printed(model.symbol);
  const bucket = ({ issued, cap }: { readonly issued: string; readonly cap: string }) =>
    `${formatTokens(roundTokens(BigInt(issued)))} of ${formatTokens(roundTokens(BigInt(cap)))}`;
  return [
    `${printed(model.name)} (${symbol}), ${printed(model.model_id)}: ${status}`,
    `score     ${score_bps ?? "–"} bps after ${improvements} improvements`,
    `price     ${spot_price === null ? "–" : `${formatPrice(BigInt(spot_price))} USDC`}`,
    `supply    supplier ${bucket(supply.supplier)}, investors ${bucket(supply.investor)}, rewards ${bucket(supply.reward)} ${symbol}`,
    `token     ${printed(token)}`,
    `pool      ${pool === null ? "–" : printed(pool)}`,
    `as of     block ${block.number}, ${formatTime(BigInt(block.timestamp))}`,
  ];
}

function draftLines({ name, ticker, status, id, approved_at, token }: DraftView): string[] {
  const approved = approved_at === null ? "not approved" : `approved ${formatTime(BigInt(approved_at))}`;
  return [
    `${printed(name)} (${printed(ticker)}), draft ${printed(id)}: ${status}, ${approved}`,
    `token     ${token === null ? "–" : printed(token)}`,
  ];
}
