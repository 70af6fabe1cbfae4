// SPDX-License-Identifier: MIT

import { Problem } from "../base/problem.ts";

/** The codes of reasons for a refusal. */
export type RefusalCode =
  | "BAD_SPEC"
  | "MALFORMED_FILE"
  | "EMPTY_FILE"
  | "MISSING_COLUMN"
  | "RAGGED_ROW"
  | "MISSING_ID"
  | "DUPLICATE_ID"
  | "MISSING_VALUE"
  | "NOT_A_NUMBER"
  | "BAD_LABEL"
  | "BAD_ATTEMPT"
  | "DIFFERENT_EXAMPLES"
  | "TOO_FEW_EXAMPLES"
  | "TOO_FEW_GROUPS"
  | "TOO_FEW_DIFFERENCES"
  | "SINGLE_CLASS"
  | "UNDEFINED_METRIC"
  | "OUT_OF_RANGE"
  | "SCORE_MISMATCH"
  | "INTERVAL_CONTAINS_ZERO"
  | "NO_VARIATION"
  | "BELOW_MINIMUM"
  | "BELOW_TARGET"
  | "GUARDRAIL";

/** One reason against a statement. The message is one line: where, what, and what is expected. */
export interface Reason {
  readonly code: RefusalCode;
  readonly message: string;
}

/** An evaluation that must not become a statement. It has all reasons, and its message joins theirs. */
export class Refusal extends Problem {
  declare readonly reasons: readonly [Reason, ...Reason[]];

  constructor(code: RefusalCode, message: string, ...further: readonly Reason[]) {
    const reasons = [{ code, message }, ...further];
    super("EVALUATION_REFUSED", reasons.map((reason) => reason.message).join("; "), { reasons });
    this.name = "Refusal";
  }
}

/** Runs a step. Returns its result, or the reasons if it throws a {@link Refusal}. */
export function attemptTo<T>(step: () => T): { readonly result?: T; readonly reasons: readonly Reason[] } {
  try {
    return { result: step(), reasons: [] };
  } catch (error) {
    if (error instanceof Refusal) return { reasons: error.reasons };
    throw error;
  }
}

const LONGEST_SHOWN = 80;
const UNPRINTABLE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** Returns a value as one printable line: quoted, escaped, and cut if it is long. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  const short = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  return short.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
