// Keys with known secrets, with which anything can be proven: for testing a verifier without any rows.

import { FIELD } from "../../../sdk/proofs/circuit";
import type { Proven } from "../../../sdk/node/prover";
import type { SnarkjsKey, VerifyingKey } from "../../../sdk/node/circuitKeys";
import { g1Times, g2Times, inverse } from "./bn254";

/** The numbers behind a key, which the maker of a real key forgets. */
export interface Secrets {
  readonly alpha: bigint;
  readonly beta: bigint;
  readonly gamma: bigint;
  readonly delta: bigint;
  readonly inputs: readonly bigint[];
}

/** Arbitrary secrets. */
export const SECRETS: Secrets = {
  alpha: 11n ** 70n % FIELD,
  beta: 13n ** 70n % FIELD,
  gamma: 17n ** 70n % FIELD,
  delta: 19n ** 70n % FIELD,
  inputs: [23n, 29n, 31n, 37n, 41n, 43n].map((prime) => prime ** 60n % FIELD),
};

/** The key in the form that contracts take. */
export function keyOf({ alpha, beta, gamma, delta, inputs }: Secrets): VerifyingKey {
  return {
    alpha: g1Times(alpha),
    beta: g2Times(beta),
    gamma: g2Times(gamma),
    delta: g2Times(delta),
    inputs: inputs.map(g1Times),
  } as unknown as VerifyingKey;
}

/** A, B and C of a valid proof for these public inputs; `a` and `b` may be any numbers except zero. */
export function simulate(
  { alpha, beta, gamma, delta, inputs }: Secrets,
  publicInputs: readonly bigint[],
  [a, b]: readonly [bigint, bigint] = [5n, 7n],
): bigint[] {
  const combined = publicInputs.reduce((total, input, i) => total + input * inputs[i + 1]!, inputs[0]!);
  const c = (a * b - alpha * beta - gamma * combined) * inverse(delta, FIELD);
  return [...g1Times(a), ...g2Times(b), ...g1Times(c)];
}

/** A key in snarkjs' form. */
export function toSnarkjsKey(secrets: Secrets): SnarkjsKey {
  const { alpha, beta, gamma, delta, inputs } = keyOf(secrets);
  return {
    protocol: "groth16",
    curve: "bn128",
    nPublic: inputs.length - 1,
    vk_alpha_1: g1(alpha),
    vk_beta_2: g2(beta),
    vk_gamma_2: g2(gamma),
    vk_delta_2: g2(delta),
    IC: inputs.map(g1),
  } as SnarkjsKey;
}

/** A proof in snarkjs' form. */
export function toSnarkjsProof(points: readonly bigint[], publicInputs: readonly bigint[]): Proven {
  const proof = { protocol: "groth16", curve: "bn128" };
  return {
    proof: { ...proof, pi_a: g1(points.slice(0, 2)), pi_b: g2(points.slice(2, 6)), pi_c: g1(points.slice(6, 8)) },
    publicSignals: publicInputs.map(String),
  };
}

const g1 = (point: readonly bigint[]) => [...point.map(String), "1"];
const g2 = ([x1, x0, y1, y0]: readonly bigint[]) => [
  [String(x0), String(x1)],
  [String(y0), String(y1)],
  ["1", "0"],
];
