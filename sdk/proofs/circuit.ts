// What circuits/score.circom determines apart from the hash: the field, the number of rows, and the meaning of the rows.

/** The order of the field in which the circuit computes. */
export const FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** The most rows that each circuit holds, in ascending order. The first circuit is for tests. */
export const CAPACITIES = [64, 1_024, 4_096, 16_384] as const;

/** The kind of rows behind a commitment. It is part of what is hashed, so that one kind cannot stand in for the other. */
export enum Domain {
  Labels = 1,
  Predictions = 2,
}

/** The rows and the salt behind a commitment. Its holder knows the rows. */
export interface Opening {
  readonly domain: Domain;
  /** The number of rows that the circuit holds. The commitment to the same rows differs from circuit to circuit. */
  readonly capacity: number;
  readonly bits: readonly number[];
  readonly salt: bigint;
  /** The hash of the rows' ids in their order, if the table has ids. It is not part of the commitment. */
  readonly ids?: string;
}
