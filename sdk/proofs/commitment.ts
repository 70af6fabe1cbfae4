// Commitments to rows of ones and zeros, as circuits/score.circom computes them.

import { toBeHex } from "ethers";
import { poseidon10 } from "poseidon-lite/poseidon10";
import { poseidon16 } from "poseidon-lite/poseidon16";
import { poseidon4 } from "poseidon-lite/poseidon4";
import { poseidon5 } from "poseidon-lite/poseidon5";
import { poseidon8 } from "poseidon-lite/poseidon8";
import { Problem } from "../base/problem.ts";
import { CAPACITIES, FIELD, type Opening } from "./circuit.ts";

const WORD_BITS = 248;
const MAX_INPUTS = 16;

/**
 * The Poseidon hashes by number of inputs, for those numbers that the circuits' commitments need. Only these are imported, because each has
 * many constants. 64 rows make 4 inputs, 1,024 rows 8, 4,096 rows 16 and 5, 16,384 rows 16, 16, 16, 16 and 10.
 */
const POSEIDON: Readonly<Record<number, (inputs: bigint[]) => bigint>> = {
  4: poseidon4,
  5: poseidon5,
  8: poseidon8,
  10: poseidon10,
  16: poseidon16,
};

/**
 * Returns the commitment, a field element, as 32 bytes. Throws a {@link Problem} if no circuit has this capacity, if there are no rows or
 * too
 * many, if a row is neither 0 nor 1, or if the salt is outside the field.
 */
export function commit({ domain, capacity, bits, salt }: Opening): string {
  if (!CAPACITIES.some((rows) => rows === capacity))
    throw new Problem("BAD_FILE", `the capacity is ${capacity}, expected one of ${CAPACITIES.join(", ")}.`);
  if (bits.length === 0 || bits.length > capacity)
    throw new Problem("BAD_FILE", `there are ${bits.length} rows, expected 1 to ${capacity} for this circuit.`);
  const odd = bits.findIndex((bit) => bit !== 0 && bit !== 1);
  if (odd >= 0) throw new Problem("BAD_FILE", `row ${odd + 1} is ${bits[odd]}, expected 0 or 1.`);
  if (salt < 0n || salt >= FIELD) throw new Problem("BAD_FILE", "the salt is not a field element.");
  const words = Array.from({ length: Math.ceil(capacity / WORD_BITS) }, (_, word) => wordOf(bits, word));
  return toBeHex(chain([BigInt(domain), BigInt(bits.length), salt, ...words]), 32);
}

/** Packs 248 rows into one number. The first row is the lowest bit. */
function wordOf(bits: readonly number[], word: number): bigint {
  return bits.slice(word * WORD_BITS, (word + 1) * WORD_BITS).reduceRight((value, bit) => 2n * value + BigInt(bit), 0n);
}

/** Hashes the first 16 values with Poseidon, then repeatedly the digest with the next 15. */
function chain(values: readonly bigint[]): bigint {
  let digest = poseidon(values.slice(0, MAX_INPUTS));
  for (let start = MAX_INPUTS; start < values.length; start += MAX_INPUTS - 1)
    digest = poseidon([digest, ...values.slice(start, start + MAX_INPUTS - 1)]);
  return digest;
}

function poseidon(inputs: bigint[]): bigint {
  return (POSEIDON[inputs.length] as (inputs: bigint[]) => bigint)(inputs);
}
