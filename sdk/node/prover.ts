// Runs the prover, which is a separate program, circuits/zk.mjs.

import { AbiCoder } from "ethers";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Problem } from "../base/problem.ts";
import { FIELD, type Opening } from "../proofs/circuit.ts";
import { commit } from "../proofs/commitment.ts";
import { countRows, packCounts, type Counts } from "../proofs/counts.ts";
import {
  ROOT,
  type Places,
  HERE,
  type SnarkjsKey,
  type Setup,
  setupFolder,
  recordedSetup,
  requireRecorded,
  hashSetup,
  g1,
  g2,
} from "./circuitKeys.ts";

const PROGRAM = join(ROOT, "circuits/zk.mjs");

/** Receives the prover's progress line by line. */
export type ProverProgress = (line: string) => void;

/** A proof as snarkjs writes it. */
export interface SnarkjsProof {
  readonly pi_a: readonly string[];
  readonly pi_b: readonly (readonly string[])[];
  readonly pi_c: readonly string[];
}

/** What is proven: three openings and the statement's digest. */
export interface Claim {
  readonly labels: Opening;
  readonly baseline: Opening;
  readonly candidate: Opening;
  readonly digest: string;
}

/** A proof and its public inputs, in the order of the circuit. */
export interface Proven {
  readonly proof: SnarkjsProof;
  readonly publicSignals: readonly string[];
}

/** Returns the public inputs of a claim, in the order of the circuit. */
export function publicInputsOf({ labels, baseline, candidate, digest }: Claim): bigint[] {
  const counts = packCounts(countRows(labels.bits, baseline.bits, candidate.bits));
  return [BigInt(commit(labels)), BigInt(commit(baseline)), BigInt(commit(candidate)), counts, BigInt(digest) % FIELD];
}

/** Returns all inputs of the circuit. */
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

/** Proves a claim. The rows reach the prover through a pipe and are never written to a file. */
export async function prove(
  claim: Claim,
  progress?: ProverProgress,
  setup: Setup = recordedSetup(claim.labels.capacity),
): Promise<Proven> {
  await requireRecorded(setup);
  const request = { ...artefactsIn(setup.folder), input: circuitInput(claim) };
  return (await runProgram(["prove"], request, progress)) as Proven;
}

/** Returns the circuit's witness for each input, or null for an input that breaks a constraint. */
export async function witnessesOf(capacity: number, inputs: readonly object[]): Promise<(string[] | null)[]> {
  return (await runProgram(["witnesses"], { ...artefactsIn(setupFolder(capacity)), inputs })) as (string[] | null)[];
}

/** Verifies each proof with snarkjs. */
export async function verifyWithSnarkjs(verificationKey: SnarkjsKey, proofs: readonly Proven[]): Promise<boolean[]> {
  return (await runProgram(["verify"], { verificationKey, proofs })) as boolean[];
}

/** Compiles a circuit and makes its development keys. Other processes see either all of the new files or none. */
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

/** Compiles a circuit and starts its phase 2 in a folder, from a phase 1. Returns the number of constraints. */
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

/** Returns the verification key of a proving key. */
export async function verificationKeyOf(zkey: string): Promise<SnarkjsKey> {
  return (await runProgram(["key", zkey])) as SnarkjsKey;
}

/** Whether a proving key comes from the folder's circuit, this phase 1 and contributions to them. */
export async function isFromPhase1(
  folder: string,
  phase1: string,
  zkey: string,
  progress?: ProverProgress,
): Promise<boolean> {
  const answer = await runProgram(["check", folder, phase1, zkey], {}, progress);
  return (answer as { isValid: boolean }).isValid;
}

/** Encodes a proof in the form that the ZkProof method takes: the counts, then A, B and C. */
export function encodeZkProof(counts: Omit<Counts, "n">, { pi_a, pi_b, pi_c }: SnarkjsProof): string {
  return encodePoints(counts, [...g1(pi_a), ...g2(pi_b), ...g1(pi_c)]);
}

/** Encodes a proof whose coordinates are already in the chain's form and order. */
export function encodePoints(
  { baselineCorrect, candidateCorrect, disagreements }: Omit<Counts, "n">,
  points: readonly bigint[],
): string {
  return AbiCoder.defaultAbiCoder().encode(
    ["uint32", "uint32", "uint32", "uint256[8]"],
    [baselineCorrect, candidateCorrect, disagreements, points],
  );
}

function sourceFile(capacity: number, { circuits }: Places = HERE): string {
  return join(circuits, `main/score-${capacity}.circom`);
}

function artefactsIn(folder: string) {
  return { wasm: join(folder, "score.wasm"), zkey: join(folder, "score.zkey") };
}

/** Runs the program. It writes progress to its error stream, and the result or the reason for a failure to standard output. */
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
