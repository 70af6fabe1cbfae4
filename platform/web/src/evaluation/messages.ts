// What a page and its worker say to one another.

import type { EvaluationDocument } from "../../../../sdk/evaluation/document.ts";

/** A file as it was chosen. */
export interface ChosenFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What is to be evaluated. */
export interface EvaluationTask {
  readonly benchmark: string;
  /** One file with the predictions of both models, or one of each: the present model's first. */
  readonly examples: readonly [ChosenFile] | readonly [ChosenFile, ChosenFile];
  readonly contribution: Uint8Array | undefined;
  readonly attempt: number;
  /** The score on chain in bps, once an improvement has moved it. */
  readonly registeredScore: number | undefined;
}

export type EvaluationMessage =
  | { readonly kind: "progress"; readonly words: string }
  | { readonly kind: "result"; readonly document: EvaluationDocument; readonly seconds: number }
  | { readonly kind: "failure"; readonly words: string };
