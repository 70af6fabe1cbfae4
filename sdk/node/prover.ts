// The prover is a program of its own, circuits/zk.mjs; here is the way to it.

import { AbiCoder, keccak256 } from "ethers";
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { cwd } from "node:process";
import { createInterface } from "node:readline";
import { Problem } from "../base/problem.ts";
import { CAPACITIES, FIELD, type Opening } from "../proofs/circuit.ts";
import { commit } from "../proofs/commitment.ts";
import { countRows, packCounts, type Counts } from "../proofs/counts.ts";
import { toJson } from "../schemas/json.ts";
import { writeWhole } from "./files.ts";

const ROOT = resolve(__dirname, "../..");
const PROGRAM = join(ROOT, "circuits/zk.mjs");

/** Told what is being done, line by line. */
export type ProverProgress = (line: string) => void;

/** Where circuits are, with the records of their keys, and where the files that belong to these are made. */
export interface Places {
  readonly circuits: string;
  readonly build: string;
}

const HERE: Places = { circuits: join(ROOT, "circuits"), build: join(ROOT, ".build") };

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

/** A proof as snarkjs writes it. */
export interface SnarkjsProof {
  readonly pi_a: readonly string[];
  readonly pi_b: readonly (readonly string[])[];
  readonly pi_c: readonly string[];
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

/** What is proven: the three openings and the statement's digest. */
export interface Claim {
  readonly labels: Opening;
  readonly baseline: Opening;
  readonly candidate: Opening;
  readonly digest: string;
}

/** A proof with the public inputs that it is for, in the order of the circuit. */
export interface Proven {
  readonly proof: SnarkjsProof;
  readonly publicSignals: readonly string[];
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

/** The public inputs of a claim, in the order of the circuit. */
export function publicInputsOf({ labels, baseline, candidate, digest }: Claim): bigint[] {
  const counts = packCounts(countRows(labels.bits, baseline.bits, candidate.bits));
  return [BigInt(commit(labels)), BigInt(commit(baseline)), BigInt(commit(candidate)), counts, BigInt(digest) % FIELD];
}

/** What the circuit is told. */
export function circuitInput(claim: Claim) {
  const { labels, baseline, candidate } = claim;
  const [labelsCommitment, baselineCommitment, candidateCommitment, counts, statement] =
    publicInputsOf(claim).map(String);
  const padded = ({ bits, capacity }: Opening) => [...bits, ...new Array<number>(capacity - bits.length).fill(0)];
  return {
    labelsCommitment,
    baselineCommitment,
    candidateCommitment,
    counts,
    statement,
    n: labels.bits.length,
    labels: padded(labels),
    baseline: padded(baseline),
    candidate: padded(candidate),
    labelsSalt: String(labels.salt),
    baselineSalt: String(baseline.salt),
    candidateSalt: String(candidate.salt),
  };
}

/** Proves a claim. The rows reach the prover through a pipe: no file has them. */
export async function prove(
  claim: Claim,
  progress?: ProverProgress,
  setup: Setup = recordedSetup(claim.labels.capacity),
): Promise<Proven> {
  await requireRecorded(setup);
  const request = { ...artefactsIn(setup.folder), input: circuitInput(claim) };
  return (await runProgram(["prove"], request, progress)) as Proven;
}

/** The circuit's values for each input; null for one that breaks a constraint. */
export async function witnessesOf(capacity: number, inputs: readonly object[]): Promise<(string[] | null)[]> {
  return (await runProgram(["witnesses"], { ...artefactsIn(setupFolder(capacity)), inputs })) as (string[] | null)[];
}

/** snarkjs' own judgement of each proof. */
export async function verifyWithSnarkjs(verificationKey: SnarkjsKey, proofs: readonly Proven[]): Promise<boolean[]> {
  return (await runProgram(["verify"], { verificationKey, proofs })) as boolean[];
}

/** Compiles a circuit and makes its development keys; other processes meet all of it or nothing. */
export async function setUp(
  capacity: number,
  progress?: ProverProgress,
  places?: Places,
): Promise<{ constraints: number; verificationKey: SnarkjsKey }> {
  const folder = setupFolder(capacity, places);
  const draft = `${folder}.${randomUUID()}`;
  try {
    const answer = await runProgram(["setup", sourceFile(capacity, places), draft], {}, progress);
    const { constraints } = answer as { constraints: number };
    const verificationKey = JSON.parse(readFileSync(join(draft, "verification-key.json"), "utf8")) as SnarkjsKey;
    if (JSON.stringify(await hashSetup(draft)) !== JSON.stringify(await hashSetup(folder))) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(draft, folder);
    }
    return { constraints, verificationKey };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Compiles a circuit and begins its phase 2 in a folder, from a phase 1; answers with the number of constraints. */
export async function beginPhase2(
  capacity: number,
  folder: string,
  phase1: string,
  progress?: ProverProgress,
  places?: Places,
): Promise<number> {
  const answer = await runProgram(["setup", sourceFile(capacity, places), folder, phase1], {}, progress);
  return (answer as { constraints: number }).constraints;
}

/** The verification key of a proving key. */
export async function verificationKeyOf(zkey: string): Promise<SnarkjsKey> {
  return (await runProgram(["key", zkey])) as SnarkjsKey;
}

/** Whether a proving key comes from the folder's circuit, the phase 1 and contributions to them. */
export async function isFromPhase1(
  folder: string,
  phase1: string,
  zkey: string,
  progress?: ProverProgress,
): Promise<boolean> {
  const answer = await runProgram(["check", folder, phase1, zkey], {}, progress);
  return (answer as { isValid: boolean }).isValid;
}

/** The proof that the ZkProof method takes: the counts, then A, B and C. */
export function encodeZkProof(counts: Omit<Counts, "n">, { pi_a, pi_b, pi_c }: SnarkjsProof): string {
  return encodePoints(counts, [...g1(pi_a), ...g2(pi_b), ...g1(pi_c)]);
}

/** The same from coordinates as the chain has them. */
export function encodePoints(
  { baselineCorrect, candidateCorrect, disagreements }: Omit<Counts, "n">,
  points: readonly bigint[],
): string {
  return AbiCoder.defaultAbiCoder().encode(
    ["uint32", "uint32", "uint32", "uint256[8]"],
    [baselineCorrect, candidateCorrect, disagreements, points],
  );
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

function sourceFile(capacity: number, { circuits }: Places = HERE): string {
  return join(circuits, `main/score-${capacity}.circom`);
}

function g1(point: readonly string[]): G1 {
  return point.slice(0, 2).map(BigInt) as G1;
}

/** The chain wants the imaginary part first. */
function g2(point: readonly (readonly string[])[]): G2 {
  return point.slice(0, 2).flatMap((coordinate) => [...coordinate].reverse().map(BigInt)) as G2;
}

function artefactsIn(folder: string) {
  return { wasm: join(folder, "score.wasm"), zkey: join(folder, "score.zkey") };
}

/** Runs the program. On its error stream is progress; on standard output the answer, or why there is none. */
function runProgram(
  args: readonly string[],
  request: object = {},
  progress: ProverProgress = () => undefined,
): Promise<unknown> {
  return new Promise((resolvePromise, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] });
    let answer = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (answer += text));
    createInterface(child.stderr).on("line", progress);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolvePromise(JSON.parse(answer));
      else
        reject(
          new Problem("INTERNAL", `the prover failed: ${answer.trim() || `ended by ${signal ?? `code ${code}`}`}.`),
        );
    });
    child.stdin.end(JSON.stringify(request));
  });
}
