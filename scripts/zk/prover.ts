// The prover is a program of its own, circuits/zk.mjs; here is the way to it.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { cwd } from "node:process";
import { AbiCoder, keccak256 } from "ethers";
import { Problem } from "../../deploy/problem";
import { CAPACITIES, commit, FIELD, type Opening } from "./commitment";
import { countRows, packCounts, type Counts } from "./counts";

const ROOT = resolve(__dirname, "../..");
const PROGRAM = join(ROOT, "circuits/zk.mjs");

/** Where `npm run zk:setup` puts what it makes. */
const BUILD = join(ROOT, ".build/zk");

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

/** The recorded key of a circuit. */
export function readKey(capacity: number): CircuitKey {
  const path = join(ROOT, `circuits/keys/score-${capacity}.json`);
  if (!existsSync(path)) throw new Problem(`there is no key for ${capacity} rows: expected ${CAPACITIES.join(", ")}.`);
  return JSON.parse(readFileSync(path, "utf8")) as CircuitKey;
}

/** The folder of a circuit's setup. */
export function setupFolder(capacity: number): string {
  return join(BUILD, String(capacity));
}

/** The smallest circuit that holds as many rows, without that of the tests. */
export function capacityFor(rows: number): number {
  const capacity = CAPACITIES.slice(1).find((most) => rows <= most);
  if (rows < 1 || capacity === undefined)
    throw new Problem(`there are ${rows} rows, expected 1 to ${CAPACITIES[CAPACITIES.length - 1]}.`);
  return capacity;
}

/** The files of the setup that are missing or differ from the recorded hashes. */
export async function differingFiles({ capacity, sha256 }: CircuitKey): Promise<string[]> {
  const differing: string[] = [];
  for (const name of PINNED) {
    const path = join(setupFolder(capacity), name);
    if (!existsSync(path) || (await hashFile(path)) !== sha256[name]) differing.push(name);
  }
  return differing;
}

/** SHA-256 of every pinned file of a setup. */
export async function hashSetup(capacity: number): Promise<CircuitKey["sha256"]> {
  const hashes = PINNED.map(async (name) => [name, await hashFile(join(setupFolder(capacity), name))]);
  return Object.fromEntries(await Promise.all(hashes));
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
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

/** Proves a claim with the circuit's setup. The rows reach the prover through a pipe: no file has them. */
export async function prove(claim: Claim): Promise<Proven> {
  const { capacity } = claim.labels;
  const differing = await differingFiles(readKey(capacity));
  if (differing.length > 0) {
    const where = relative(cwd(), setupFolder(capacity));
    throw new Problem(
      `${differing.join(", ")} in ${where} is missing or not the recorded one: run npm run zk:setup -- ${capacity}.`,
    );
  }
  return (await runProgram(["prove"], { ...artefacts(capacity), input: circuitInput(claim) })) as Proven;
}

/** The circuit's values for each input; null for one that breaks a constraint. */
export async function witnessesOf(capacity: number, inputs: readonly object[]): Promise<(string[] | null)[]> {
  return (await runProgram(["witnesses"], { ...artefacts(capacity), inputs })) as (string[] | null)[];
}

/** snarkjs' own judgement of each proof. */
export async function verifyWithSnarkjs(verificationKey: SnarkjsKey, proofs: readonly Proven[]): Promise<boolean[]> {
  return (await runProgram(["verify"], { verificationKey, proofs })) as boolean[];
}

/** Compiles a circuit and makes its development keys. */
export async function setUp(capacity: number): Promise<{ constraints: number; verificationKey: SnarkjsKey }> {
  const folder = setupFolder(capacity);
  const { constraints } = (await runProgram(["setup", String(capacity), folder])) as { constraints: number };
  const verificationKey = JSON.parse(readFileSync(join(folder, "verification-key.json"), "utf8")) as SnarkjsKey;
  return { constraints, verificationKey };
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

/** By which a deployed key is known. */
export function hashKey({ alpha, beta, gamma, delta, inputs }: VerifyingKey): string {
  const words = [alpha, beta, gamma, delta, inputs].flat(2);
  return keccak256(AbiCoder.defaultAbiCoder().encode([`uint256[${words.length}]`], [words]));
}

function g1(point: readonly string[]): G1 {
  return point.slice(0, 2).map(BigInt) as G1;
}

/** The chain wants the imaginary part first. */
function g2(point: readonly (readonly string[])[]): G2 {
  return point.slice(0, 2).flatMap((coordinate) => [...coordinate].reverse().map(BigInt)) as G2;
}

function artefacts(capacity: number) {
  const folder = setupFolder(capacity);
  return { wasm: join(folder, "score.wasm"), zkey: join(folder, "score.zkey") };
}

/** Runs the program; what it says on its way goes to the error stream. */
function runProgram(args: readonly string[], request?: object): Promise<unknown> {
  return new Promise((resolvePromise, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] });
    let [answer, complaint] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (answer += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
      if (request === undefined) process.stderr.write(text);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolvePromise(JSON.parse(answer));
      else reject(new Problem(`the prover refused: ${complaint.trim().split("\n")[0]}`));
    });
    child.stdin.end(request === undefined ? "" : JSON.stringify(request));
  });
}
