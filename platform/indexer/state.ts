// What the indexer holds in memory: the protocol's state, replayed from events as the doctor does, and the markets, which that replay
// leaves to the pools' views.

import type { StreamingMarket } from "../store/market";
import { emptyState, type ProtocolState } from "../../sdk/state/index";

/** What is kept about a model in addition to the replayed state. */
export interface IndexedModel {
  readonly name: string;
  readonly symbol: string;
  readonly createdBlock: number;
  readonly createdAt: number;
  /** Of the last event that concerned the model. */
  block: number;
  time: number;
  improvements: number;
  sellsOpenAt: number;
  market: StreamingMarket | undefined;
}

/** The whole state after a block. */
export interface IndexState {
  readonly protocol: ProtocolState;
  /** By key. */
  readonly models: Map<string, IndexedModel>;
  /** Keys of models by the addresses of their pools. */
  readonly pools: Map<string, string>;
}

/** The state before the first event. */
export function emptyIndex(): IndexState {
  return { protocol: emptyState(), models: new Map(), pools: new Map() };
}

/** A state as text. */
export function encodeState(state: IndexState): string {
  return JSON.stringify(tagged(state));
}

/** The state that a text encodes. */
export function decodeState(text: string): IndexState {
  return untagged(JSON.parse(text)) as IndexState;
}

/** JSON has no sets, maps, bigints or undefined: they become lists that begin with a tag. */
function tagged(value: unknown): unknown {
  if (typeof value === "bigint") return ["n", value.toString()];
  if (value === undefined) return ["u"];
  if (value instanceof Map) return ["m", ...[...value].map(([key, entry]) => [key, tagged(entry)])];
  if (value instanceof Set) return ["s", ...[...value].map(tagged)];
  if (Array.isArray(value)) return ["a", ...value.map(tagged)];
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, tagged(entry)]));
}

function untagged(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value))
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, untagged(entry)]));
  const [sign, ...parts] = value as [string, ...unknown[]];
  if (sign === "n") return BigInt(String(parts[0]));
  if (sign === "u") return undefined;
  if (sign === "m") return new Map(parts.map((part) => [(part as [unknown])[0], untagged((part as unknown[])[1])]));
  return sign === "s" ? new Set(parts.map(untagged)) : parts.map(untagged);
}
