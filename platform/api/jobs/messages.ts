// What a queue and its worker processes tell each other.

/** An evaluation to run. */
export interface JobTask {
  /** Path of the predictions. */
  readonly file: string;
  /** Canonical bytes of the benchmark. */
  readonly spec: string;
  readonly attempt: number;
  readonly registeredScore: number | null;
  /** keccak256 of the contributed data, which stay with their owner. */
  readonly contribution: string | null;
}

/** What a worker process reports. */
export type WorkerMessage =
  | { readonly kind: "progress"; readonly progress: number }
  /** The document, as JSON. */
  | { readonly kind: "evaluated"; readonly document: string }
  /** The predictions or the benchmark cannot be evaluated at all. */
  | { readonly kind: "refused"; readonly message: string };
