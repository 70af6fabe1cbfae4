// What a queue and its worker processes tell each other.

/** An evaluation to be made. */
export interface JobTask {
  /** Path of the predictions. */
  readonly file: string;
  /** Canonical bytes of the benchmark. */
  readonly spec: string;
  readonly attempt: number;
  readonly registeredScore: number | null;
  /** keccak256 of the contributed data, which stays with whoever has it. */
  readonly contribution: string | null;
}

/** What a worker process says. */
export type WorkerMessage =
  | { readonly kind: "progress"; readonly progress: number }
  /** The document, as JSON. */
  | { readonly kind: "evaluated"; readonly document: string }
  /** Predictions or benchmark cannot be evaluated at all. */
  | { readonly kind: "refused"; readonly message: string };
