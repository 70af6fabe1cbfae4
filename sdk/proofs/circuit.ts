// What circuits/score.circom fixes, apart from the hash: the field, how many rows it holds, and what rows are.

/** Order of the field that the circuit computes in. */
export const FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Rows that a circuit holds at most, from the smallest circuit on; the first is for tests. */
export const CAPACITIES = [64, 1_024, 4_096, 16_384] as const;

/** What a commitment is to; part of what is hashed, so that one can't stand for the other. */
export enum Domain {
  Labels = 1,
  Predictions = 2,
}

/** What opens a commitment. Whoever has it knows the rows. */
export interface Opening {
  readonly domain: Domain;
  /** Rows that the circuit holds; the same rows have another commitment for another circuit. */
  readonly capacity: number;
  readonly bits: readonly number[];
  readonly salt: bigint;
}
