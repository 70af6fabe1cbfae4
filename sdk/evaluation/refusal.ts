// SPDX-License-Identifier: MIT

/** Why an evaluation is refused. */
export type RefusalCode =
  | "BAD_SPEC"
  | "MALFORMED_CSV"
  | "EMPTY_FILE"
  | "MISSING_COLUMN"
  | "RAGGED_ROW"
  | "MISSING_ID"
  | "DUPLICATE_ID"
  | "MISSING_VALUE"
  | "NOT_A_NUMBER"
  | "BAD_LABEL"
  | "DIFFERENT_EXAMPLES"
  | "TOO_FEW_EXAMPLES"
  | "SINGLE_CLASS"
  | "UNDEFINED_METRIC"
  | "OUT_OF_RANGE"
  | "SCORE_MISMATCH"
  | "INTERVAL_CONTAINS_ZERO"
  | "NO_VARIATION"
  | "BELOW_MINIMUM";

/** An evaluation that must not become a statement. The message is one line: what, value, expected. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(message);
    this.name = "Refusal";
  }
}
