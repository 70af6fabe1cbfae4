// SPDX-License-Identifier: MIT
// What a model's benchmark requires: attestations, a proof, or both for the same statement.

import { getAddress, Interface, isError, recoverAddress } from "ethers";
import type { Hybrid, OracleAttestation, ZkProof } from "../client/contracts.ts";
import { Problem } from "../base/problem.ts";
import { contractAt, type Access } from "../client/access.ts";
import { isUnanswered } from "../rpc/answers.ts";
import type { Bundle } from "../schemas/bundle.ts";
import {
  encodeHybridProof,
  encodeProof,
  hashStatement,
  statementDomain,
  toCall,
  type Attestation,
} from "../schemas/statement.ts";

/** The contract with the attesters, and how many must sign. */
export interface Attesters {
  readonly contract: OracleAttestation;
  readonly epoch: bigint;
  readonly threshold: bigint;
  readonly count: bigint;
}

/** The verification method of a benchmark. */
export interface Method {
  /** Absent if a proof is enough. */
  readonly attesters?: Attesters;
  /** The contract that verifies the proof. Absent if attestations are enough. */
  readonly zkProof?: ZkProof;
  /** The parts of the proof that is sent to the chain: a single part, or those of a hybrid in its order. */
  readonly parts: readonly ("attesters" | "zkProof")[];
  readonly isHybrid: boolean;
}

/** Reads the method at an address. Throws a {@link Problem} if it is not an OracleAttestation, a ZkProof, or a hybrid of both. */
export async function readMethod(access: Access, modelId: string, address: string): Promise<Method> {
  const listed = await answerOf((await contractAt<Hybrid>(access, "Hybrid", address)).methods());
  const found = await Promise.all((listed ?? [address]).map((part) => readPart(access, part)));
  const parts = found.flatMap((part) => Object.keys(part)) as Method["parts"];
  if (parts.length !== found.length || new Set(parts).size !== parts.length) {
    throw new Problem(
      "CONFLICT",
      `${modelId} is verified by ${address}, expected an OracleAttestation, a ZkProof, or a hybrid of both.`,
    );
  }
  return { ...Object.assign({}, ...found), parts, isHybrid: listed !== undefined };
}

/** Encodes the proof that the method takes, from the bundle. It contains only as many attestations as the threshold requires. */
export function encodeFor({ attesters, parts, isHybrid }: Method, bundle: Bundle): string {
  const encode = {
    attesters: () => encodeAttestations(bundle, Number(attesters?.threshold)),
    zkProof: () => requireProof(bundle),
  };
  const proofs = parts.map((part) => encode[part]());
  return isHybrid ? encodeHybridProof(proofs) : (proofs[0] as string);
}

/** The bundle lacks something that its method requires, so that another bundle is needed. */
export class Incomplete extends Problem {}

/** An attestation that is not sent, and the reason. */
export interface LeftOut {
  readonly signer: string;
  readonly reason: string;
}

/**
 * Separates the attestations that the method accepts from those that it does not. If too few are valid, returns the whole bundle, so that
 * the
 * chain reports what is wrong with the first.
 */
export async function selectValid(
  access: Access,
  { attesters }: Method,
  bundle: Bundle,
): Promise<{ readonly bundle: Bundle; readonly leftOut: readonly LeftOut[] }> {
  if (attesters === undefined) return { bundle, leftOut: [] };
  const digest = hashStatement(statementDomain(BigInt(bundle.chainId), bundle.verifier), toCall(bundle.statement));
  const valid: Attestation[] = [];
  const leftOut: LeftOut[] = [];
  for (const attestation of bundle.attestations) {
    const { signer } = attestation;
    if (!(await attesters.contract.isAttester(signer))) leftOut.push({ signer, reason: "is no attester" });
    else if (await isSignatureOf(access, digest, attestation)) valid.push(attestation);
    else leftOut.push({ signer, reason: "has not signed this statement" });
  }
  const isEnough = BigInt(valid.length) >= attesters.threshold;
  return isEnough ? { bundle: { ...bundle, attestations: valid }, leftOut } : { bundle, leftOut: [] };
}

const ERC1271 = new Interface(["function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)"]);

/** Checks a signature in the same way as the contract: first as the key's own, then by ERC-1271's magic value and nothing else. */
async function isSignatureOf({ ethers }: Access, digest: string, { signer, signature }: Attestation): Promise<boolean> {
  if (recoveredFrom(digest, signature) === getAddress(signer)) return true;
  const data = ERC1271.encodeFunctionData("isValidSignature", [digest, signature]);
  try {
    const answer = await ethers.provider.call({ to: signer, data });
    return answer === ERC1271.encodeFunctionResult("isValidSignature", [MAGIC]);
  } catch (error) {
    if (isUnanswered(error)) throw error;
    return false;
  }
}

const MAGIC = "0x1626ba7e";

function recoveredFrom(digest: string, signature: string): string | undefined {
  try {
    return recoverAddress(digest, signature);
  } catch {
    return undefined; // a contract's signature may have any form
  }
}

/** Returns the proof of a bundle whose method requires one. Throws {@link Incomplete} if it is missing. */
export function requireProof({ modelId, proof }: Bundle): string {
  if (proof === undefined)
    throw new Incomplete("NOT_YET", `the bundle has no proof, which ${modelId} asks for: make it with prove.`);
  return proof;
}

function encodeAttestations({ attestations }: Bundle, needed: number): string {
  if (attestations.length < needed) {
    throw new Incomplete(
      "NOT_YET",
      `the bundle has ${attestations.length} of the ${needed} attestations that are needed.`,
    );
  }
  const ascending = [...attestations].sort((a, b) => (BigInt(a.signer) < BigInt(b.signer) ? -1 : 1));
  return encodeProof(ascending.slice(0, needed));
}

async function readPart(access: Access, address: string): Promise<Pick<Method, "attesters" | "zkProof">> {
  const contract = await contractAt<OracleAttestation>(access, "OracleAttestation", address);
  const epoch = await answerOf(contract.epoch());
  if (epoch !== undefined) {
    const [threshold, count] = [await contract.threshold(), await contract.attesterCount()];
    return { attesters: { contract, epoch, threshold, count } };
  }
  const zkProof = await contractAt<ZkProof>(access, "ZkProof", address);
  return (await answerOf(zkProof.keyHash())) === undefined ? {} : { zkProof };
}

/** Waits for a contract's answer. Returns undefined if the contract is of another kind. */
async function answerOf<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (isUnanswered(error)) throw error;
    if (isError(error, "BAD_DATA") || /revert/i.test((error as Error).message)) return undefined;
    throw error;
  });
}
