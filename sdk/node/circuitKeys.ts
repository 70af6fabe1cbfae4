// Keys of circuits as they are recorded, and the files that belong to them.

import { AbiCoder, keccak256 } from "ethers";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { cwd } from "node:process";
import { Problem } from "../base/problem.ts";
import { CAPACITIES } from "../proofs/circuit.ts";
import { toJson } from "../schemas/json.ts";
import { writeWhole } from "./files.ts";

/** The folder of this project. */
export const ROOT = resolve(__dirname, "../..");

/** Where circuits are, with the records of their keys, and where the files that belong to these are made. */
export interface Places {
  readonly circuits: string;
  readonly build: string;
}

/** The project's own places. */
export const HERE: Places = { circuits: join(ROOT, "circuits"), build: join(ROOT, ".build") };

/** Files of a setup that are pinned by their hash. */
const PINNED = ["score.r1cs", "score.wasm", "score.zkey"] as const;

/** A verification key as snarkjs writes it; coordinates are decimal strings. */
export interface SnarkjsKey {
  readonly nPublic: number;
  readonly vk_alpha_1: readonly string[];
  readonly vk_beta_2: readonly (readonly string[])[];
  readonly vk_gamma_2: readonly (readonly string[])[];
  readonly vk_delta_2: readonly (readonly string[])[];
  readonly IC: readonly (readonly string[])[];
}

/** A circuit with its keys, as circuits/keys/ records it. */
export interface CircuitKey {
  readonly capacity: number;
  readonly constraints: number;
  /** Made from numbers that everybody knows: no live chain may trust it. */
  readonly isDevelopment: boolean;
  /** SHA-256 of the files that the setup makes. */
  readonly sha256: Readonly<Record<(typeof PINNED)[number], string>>;
  readonly verificationKey: SnarkjsKey;
}

type G1 = [x: bigint, y: bigint];
type G2 = [x1: bigint, x0: bigint, y1: bigint, y0: bigint];

/** A verification key as ZkProof's constructor takes it. */
export interface VerifyingKey {
  readonly alpha: G1;
  readonly beta: G2;
  readonly gamma: G2;
  readonly delta: G2;
  readonly inputs: [G1, G1, G1, G1, G1, G1];
}

/** Whether a circuit has a recorded key. */
export function hasKey(capacity: number, places?: Places): boolean {
  return existsSync(keyFile(capacity, places));
}

/** The recorded key of a circuit. */
export function readKey(capacity: number, places?: Places): CircuitKey {
  const path = keyFile(capacity, places);
  if (!existsSync(path))
    throw new Problem("NO_FILE", `there is no key for ${capacity} rows: expected ${CAPACITIES.join(", ")}.`);
  return JSON.parse(readFileSync(path, "utf8")) as CircuitKey;
}

/** Records the key of a circuit. */
export function writeKey(key: CircuitKey, places?: Places): void {
  writeWhole(keyFile(key.capacity, places), `${toJson(key)}\n`);
}

/** A circuit's key, and the folder that has the files which belong to it. */
export interface Setup {
  readonly key: CircuitKey;
  readonly folder: string;
}

/** The folder of a circuit's setup, as `npm run zk:setup` makes it. */
export function setupFolder(capacity: number, { build }: Places = HERE): string {
  return join(build, "zk", String(capacity));
}

/** Where a ceremony for a circuit's key is held. */
export function ceremonyFolder(capacity: number, { build }: Places = HERE): string {
  return join(build, "ceremony", String(capacity));
}

/** The setup for the recorded key. */
export function recordedSetup(capacity: number, places?: Places): Setup {
  return { key: readKey(capacity, places), folder: setupFolder(capacity, places) };
}

/** The smallest circuit that holds as many rows, without that of the tests. */
export function capacityFor(rows: number): number {
  const capacity = CAPACITIES.slice(1).find((most) => rows <= most);
  if (rows < 1 || capacity === undefined)
    throw new Problem("BAD_FILE", `there are ${rows} rows, expected 1 to ${CAPACITIES[CAPACITIES.length - 1]}.`);
  return capacity;
}

/** The files of the setup that are missing or have another hash than the key's record says. */
export async function differingFiles({ key: { sha256 }, folder }: Setup): Promise<string[]> {
  const hashes = await hashSetup(folder);
  return PINNED.filter((name) => hashes[name] !== sha256[name]);
}

/** Refuses a setup with a file that is missing or not the recorded one, and says where it comes from. */
export async function requireRecorded(setup: Setup): Promise<void> {
  const differing = await differingFiles(setup);
  if (differing.length === 0) return;
  const { capacity, isDevelopment } = setup.key;
  const remedy = isDevelopment
    ? `run npm run zk:setup -- ${capacity}`
    : "the key comes from a ceremony and can't be made again, put its files there";
  throw new Problem(
    "CONFLICT",
    `${differing.join(", ")} in ${relative(cwd(), setup.folder)} is missing or not the recorded one: ${remedy}.`,
  );
}

/** SHA-256 of every pinned file of a setup; empty for one that is missing. */
export async function hashSetup(folder: string): Promise<CircuitKey["sha256"]> {
  const hashes = PINNED.map(async (name) => [name, await hashFile("sha256", join(folder, name))]);
  return Object.fromEntries(await Promise.all(hashes));
}

/** The hash of a file; empty when there is none. */
export async function hashFile(algorithm: "sha256" | "blake2b512", path: string): Promise<string> {
  if (!existsSync(path)) return "";
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** The key in the form that ZkProof's constructor takes. */
export function encodeKey({ vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC }: SnarkjsKey): VerifyingKey {
  return {
    alpha: g1(vk_alpha_1),
    beta: g2(vk_beta_2),
    gamma: g2(vk_gamma_2),
    delta: g2(vk_delta_2),
    inputs: IC.map(g1) as VerifyingKey["inputs"],
  };
}

/** By which the recorded key of a circuit is known where it is deployed. */
export function recordedKeyHash(capacity: number): string {
  return hashKey(encodeKey(readKey(capacity).verificationKey));
}

/** By which a deployed key is known. */
export function hashKey({ alpha, beta, gamma, delta, inputs }: VerifyingKey): string {
  const words = [alpha, beta, gamma, delta, inputs].flat(2);
  return keccak256(AbiCoder.defaultAbiCoder().encode([`uint256[${words.length}]`], [words]));
}

function keyFile(capacity: number, { circuits }: Places = HERE): string {
  return join(circuits, `keys/score-${capacity}.json`);
}

/** A point of the first group, as the chain wants it. */
export function g1(point: readonly string[]): G1 {
  return point.slice(0, 2).map(BigInt) as G1;
}

/** The chain wants the imaginary part first. */
export function g2(point: readonly (readonly string[])[]): G2 {
  return point.slice(0, 2).flatMap((coordinate) => [...coordinate].reverse().map(BigInt)) as G2;
}
