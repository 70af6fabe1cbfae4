// The recorded keys of the circuits, and the files that belong to them.

import { AbiCoder, keccak256 } from "ethers";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { cwd } from "node:process";
import { Problem } from "../base/problem.ts";
import { CAPACITIES } from "../proofs/circuit.ts";
import { toJson } from "../schemas/json.ts";
import { writeWhole } from "./files.ts";

/** The root folder of this project. */
export const ROOT = resolve(__dirname, "../..");

/** The folder with circuits and the records of their keys, and the folder in which files are built from them. */
export interface Places {
  readonly circuits: string;
  readonly build: string;
}

/** The project's own folders. */
export const HERE: Places = { circuits: join(ROOT, "circuits"), build: join(ROOT, ".build") };

/** The files of a setup that are pinned by their hash. */
const PINNED = ["score.r1cs", "score.wasm", "score.zkey"] as const;

/** A verification key as snarkjs writes it. Coordinates are decimal strings. */
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
  /** Whether the key was made from numbers that everybody knows. No live chain may trust such a key. */
  readonly isDevelopment: boolean;
  /** The SHA-256 hashes of the files of the setup. */
  readonly sha256: Readonly<Record<(typeof PINNED)[number], string>>;
  readonly verificationKey: SnarkjsKey;
}

type G1 = [x: bigint, y: bigint];
type G2 = [x1: bigint, x0: bigint, y1: bigint, y0: bigint];

/** A verification key in the form that ZkProof's constructor takes. */
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

/** Returns the recorded key of a circuit. Throws a {@link Problem} if there is none. */
export function readKey(capacity: number, places?: Places): CircuitKey {
  const path = keyFile(capacity, places);
  if (!existsSync(path))
    throw new Problem("NO_FILE", `there is no key for ${capacity} rows: expected ${CAPACITIES.join(", ")}.`);
  return JSON.parse(readFileSync(path, "utf8")) as CircuitKey;
}

export function writeKey(key: CircuitKey, places?: Places): void {
  writeWhole(keyFile(key.capacity, places), `${toJson(key)}\n`);
}

/** A circuit's key, and the folder with the files that belong to it. */
export interface Setup {
  readonly key: CircuitKey;
  readonly folder: string;
}

/** Returns the folder of a circuit's setup, in which `npm run zk:setup` writes. */
export function setupFolder(capacity: number, { build }: Places = HERE): string {
  return join(build, "zk", String(capacity));
}

/** Returns the folder of the ceremony for a circuit's key. */
export function ceremonyFolder(capacity: number, { build }: Places = HERE): string {
  return join(build, "ceremony", String(capacity));
}

/** Returns the setup of the recorded key. */
export function recordedSetup(capacity: number, places?: Places): Setup {
  return { key: readKey(capacity, places), folder: setupFolder(capacity, places) };
}

/** Returns the smallest circuit for this many rows, not counting the one for tests. */
export function capacityFor(rows: number): number {
  const capacity = CAPACITIES.slice(1).find((most) => rows <= most);
  if (rows < 1 || capacity === undefined)
    throw new Problem("BAD_FILE", `there are ${rows} rows, expected 1 to ${CAPACITIES[CAPACITIES.length - 1]}.`);
  return capacity;
}

/** Returns the names of the setup's files that are missing or whose hash differs from the key's record. */
export async function differingFiles({ key: { sha256 }, folder }: Setup): Promise<string[]> {
  const hashes = await hashSetup(folder);
  return PINNED.filter((name) => hashes[name] !== sha256[name]);
}

/** Throws a {@link Problem} if a file of the setup is missing or differs from the record, and says where to get it. */
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

/** Returns the SHA-256 of every pinned file of a setup, and an empty string for a missing file. */
export async function hashSetup(folder: string): Promise<CircuitKey["sha256"]> {
  const hashes = PINNED.map(async (name) => [name, await hashFile("sha256", join(folder, name))]);
  return Object.fromEntries(await Promise.all(hashes));
}

/** Returns the hash of a file in hexadecimal digits, or an empty string if there is no file. */
export async function hashFile(algorithm: "sha256" | "blake2b512", path: string): Promise<string> {
  if (!existsSync(path)) return "";
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Converts a key to the form that ZkProof's constructor takes. */
export function encodeKey({ vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC }: SnarkjsKey): VerifyingKey {
  return {
    alpha: g1(vk_alpha_1),
    beta: g2(vk_beta_2),
    gamma: g2(vk_gamma_2),
    delta: g2(vk_delta_2),
    inputs: IC.map(g1) as VerifyingKey["inputs"],
  };
}

/** Returns the hash that identifies the recorded key of a circuit on chain. */
export function recordedKeyHash(capacity: number): string {
  return hashKey(encodeKey(readKey(capacity).verificationKey));
}

/** Returns the hash that identifies a deployed key. */
export function hashKey({ alpha, beta, gamma, delta, inputs }: VerifyingKey): string {
  const words = [alpha, beta, gamma, delta, inputs].flat(2);
  return keccak256(AbiCoder.defaultAbiCoder().encode([`uint256[${words.length}]`], [words]));
}

function keyFile(capacity: number, { circuits }: Places = HERE): string {
  return join(circuits, `keys/score-${capacity}.json`);
}

/** Converts a point of the first group to the form that the chain takes. */
export function g1(point: readonly string[]): G1 {
  return point.slice(0, 2).map(BigInt) as G1;
}

/** Converts a point of the second group to the form that the chain takes, with the imaginary part first. */
export function g2(point: readonly (readonly string[])[]): G2 {
  return point.slice(0, 2).flatMap((coordinate) => [...coordinate].reverse().map(BigInt)) as G2;
}
