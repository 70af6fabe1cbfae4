// A key whose secret nobody knows. It starts from the published phase 1 of a public ceremony, receives contributions through snarkjs, and
// at the end is checked against everything from the circuit on.

import { copyFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Problem } from "../base/problem.ts";
import { beginPhase2, isFromPhase1, verificationKeyOf, type ProverProgress } from "./prover.ts";
import { encodeKey, hashFile, hashSetup, type CircuitKey, type Places } from "./circuitKeys.ts";

/** A phase 1 file, and the BLAKE2b-512 hash that its ceremony published. */
export interface Phase1 {
  readonly path: string;
  readonly hash: string;
}

/** Starts phase 2 in a folder. Its initial.zkey is for the first contributor and for nobody else. */
export async function beginCeremony(
  recorded: CircuitKey,
  folder: string,
  phase1: Phase1,
  progress: ProverProgress,
  places?: Places,
): Promise<void> {
  await requirePublished(phase1);
  await beginPhase2(recorded.capacity, folder, resolve(phase1.path), progress, places);
  await requireCircuit(recorded, folder);
}

/** Verifies a finished ceremony that ended with the given proving key. Returns the record of the key. */
export async function endCeremony(
  recorded: CircuitKey,
  folder: string,
  phase1: Phase1,
  zkey: string,
  progress: ProverProgress,
): Promise<CircuitKey> {
  await requirePublished(phase1);
  await requireCircuit(recorded, folder);
  const verificationKey = await verificationKeyOf(resolve(zkey));
  const { gamma, delta } = encodeKey(verificationKey);
  if (String(gamma) === String(delta))
    throw new Problem("BAD_FILE", `${zkey} has no contribution: everybody could forge proofs against it.`);
  if (!(await isFromPhase1(folder, resolve(phase1.path), resolve(zkey), progress)))
    throw new Problem("CONFLICT", `${zkey} does not come from this circuit, this phase 1 and contributions to them.`);
  copyFileSync(zkey, join(folder, "score.zkey"));
  const { capacity, constraints } = recorded;
  return { capacity, constraints, isDevelopment: false, sha256: await hashSetup(folder), verificationKey };
}

async function requirePublished({ path, hash }: Phase1): Promise<void> {
  const actual = await hashFile("blake2b512", path);
  if (actual === "") throw new Problem("NO_FILE", `there is no file ${path}.`);
  if (actual !== hash)
    throw new Problem("CONFLICT", `${path} has the BLAKE2b hash ${actual}, not the published ${hash}.`);
}

async function requireCircuit({ capacity, sha256 }: CircuitKey, folder: string): Promise<void> {
  const actual = await hashSetup(folder);
  const differing = (["score.r1cs", "score.wasm"] as const).filter((name) => actual[name] !== sha256[name]);
  if (differing.length === 0) return;
  throw new Problem(
    "CONFLICT",
    `${differing.join(", ")} in ${folder} is missing or not that recorded for the circuit of ${capacity} rows.`,
  );
}
