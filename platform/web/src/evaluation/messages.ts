// What a page and its worker say to one another.

import type { EvaluationDocument } from "../../../../sdk/evaluation/document.ts";

/** What is to be evaluated. Files are read by the worker, piece by piece. */
export interface EvaluationTask {
  readonly benchmark: string;
  /** One file with the predictions of both models, or one of each: the present model's first. */
  readonly examples: readonly [File] | readonly [File, File];
  readonly contribution: File | undefined;
  readonly attempt: number;
  /** The score on chain in bps, once an improvement has moved it. */
  readonly registeredScore: number | undefined;
}

export type EvaluationMessage =
  /** `done` is the part of the files that was read, from 0 to 1; undefined while nobody can tell. */
  | { readonly kind: "progress"; readonly words: string; readonly done: number | undefined }
  | { readonly kind: "result"; readonly document: EvaluationDocument; readonly seconds: number }
  | { readonly kind: "failure"; readonly words: string };
