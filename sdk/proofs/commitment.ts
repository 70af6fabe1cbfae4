// Commitments to rows of ones and zeros, as circuits/score.circom computes them.

import { toBeHex } from "ethers";
import { createRequire } from "node:module";
import { Problem } from "../base/problem.ts";

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

const WORD_BITS = 248;
const MAX_INPUTS = 16;

type Poseidon = (inputs: readonly bigint[]) => bigint;
const load = createRequire(__filename);

/** The commitment, as a field element in 32 bytes. */
export function commit({ domain, capacity, bits, salt }: Opening): string {
  if (bits.length === 0 || bits.length > capacity)
    throw new Problem("BAD_FILE", `there are ${bits.length} rows, expected 1 to ${capacity} for this circuit.`);
  const odd = bits.findIndex((bit) => bit !== 0 && bit !== 1);
  if (odd >= 0) throw new Problem("BAD_FILE", `row ${odd + 1} is ${bits[odd]}, expected 0 or 1.`);
  if (salt < 0n || salt >= FIELD) throw new Problem("BAD_FILE", "the salt is not a field element.");
  const words = Array.from({ length: Math.ceil(capacity / WORD_BITS) }, (_, word) => wordOf(bits, word));
  return toBeHex(chain([BigInt(domain), BigInt(bits.length), salt, ...words]), 32);
}

/** 248 rows as one number, the first as its lowest bit. */
function wordOf(bits: readonly number[], word: number): bigint {
  return bits.slice(word * WORD_BITS, (word + 1) * WORD_BITS).reduceRight((value, bit) => 2n * value + BigInt(bit), 0n);
}

/** Poseidon over the first 16 values, then each time the digest with the next 15. */
function chain(values: readonly bigint[]): bigint {
  let digest = poseidon(values.slice(0, MAX_INPUTS));
  for (let start = MAX_INPUTS; start < values.length; start += MAX_INPUTS - 1)
    digest = poseidon([digest, ...values.slice(start, start + MAX_INPUTS - 1)]);
  return digest;
}

/** Each number of inputs has a module of its own, whose many constants are read with the first such hash, not when a command starts. */
function poseidon(inputs: readonly bigint[]): bigint {
  const name = `poseidon${inputs.length}`;
  const hash = (load(`poseidon-lite/${name}`) as Record<string, Poseidon>)[name] as Poseidon;
  return hash(inputs);
}
