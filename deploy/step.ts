import type { Sent } from "../sdk/client/confirm";

/** One step of a launch: sent now, done off chain, or found on chain and checked. */
export interface Step {
  readonly name: string;
  /** Done now without a transaction, such as an evaluation or a signature. */
  readonly isOffline?: boolean;
  /** The transaction; absent if an earlier run took the step. */
  readonly sent?: Sent;
  /** The resulting state, in words. */
  readonly outcome: string;
}

/** Called with every step as it is taken. */
export type Report = (step: Step) => void;
