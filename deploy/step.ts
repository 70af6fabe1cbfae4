import type { Sent } from "../sdk/client/confirm";

/** One step of a launch: sent now, done without the chain, or found on chain and checked. */
export interface Step {
  readonly name: string;
  /** Done now and needs no transaction: an evaluation, a signature. */
  readonly isOffline?: boolean;
  /** The transaction; absent when the step was done before. */
  readonly sent?: Sent;
  /** What the chain has now, in words. */
  readonly outcome: string;
}

/** Told of every step as it is taken. */
export type Report = (step: Step) => void;
