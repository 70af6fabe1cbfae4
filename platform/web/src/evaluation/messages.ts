// What a page and its worker tell each other.

import type { EvaluationDocument } from "../../../../sdk/evaluation/document.ts";

/** What is to be evaluated. The worker reads the files piece by piece. */
export interface EvaluationTask {
  readonly benchmark: string;
  /** One file with the predictions of both models, or one file for each: the present model's first. */
  readonly examples: readonly [File] | readonly [File, File];
  readonly contribution: File | undefined;
  readonly attempt: number;
  /** The score on chain in bps, once an improvement has moved it. */
  readonly registeredScore: number | undefined;
}

export type EvaluationMessage =
  /** `done` is the fraction of the files that was read, from 0 to 1; undefined while it is unknown. */
  | { readonly kind: "progress"; readonly words: string; readonly done: number | undefined }
  | { readonly kind: "result"; readonly document: EvaluationDocument; readonly seconds: number }
  | { readonly kind: "failure"; readonly words: string };
