// SPDX-License-Identifier: MIT
// What a model's benchmark asks for: attestations, a proof, or both over the same statement.

import { isError } from "ethers";
import type { Hybrid, OracleAttestation, ZkProof } from "../../.build/typechain";
import { Problem } from "../base/problem";
import { contractAt, type Access } from "../client/access";
import { isUnanswered } from "../rpc/answers";
import type { Bundle } from "../schemas/bundle";
import { encodeHybridProof, encodeProof } from "../schemas/statement";

/** Who must sign. */
export interface Attesters {
  readonly contract: OracleAttestation;
  readonly epoch: bigint;
  readonly threshold: bigint;
  readonly count: bigint;
}

/** The method of a benchmark. */
export interface Method {
  /** Absent when a proof is enough. */
  readonly attesters?: Attesters;
  /** What checks the proof; absent when attestations are enough. */
  readonly zkProof?: ZkProof;
  /** What the proof on chain consists of: one part, or the parts of a hybrid in its order. */
  readonly parts: readonly ("attesters" | "zkProof")[];
  readonly isHybrid: boolean;
}

/** The method at an address. */
export async function readMethod(access: Access, modelId: string, address: string): Promise<Method> {
  const listed = await answerOf((await contractAt<Hybrid>(access, "Hybrid", address)).methods());
  const found = await Promise.all((listed ?? [address]).map((part) => readPart(access, part)));
  const parts = found.flatMap((part) => Object.keys(part)) as Method["parts"];
  if (parts.length !== found.length || new Set(parts).size !== parts.length) {
    throw new Problem(
      `${modelId} is verified by ${address}, expected an OracleAttestation, a ZkProof, or a hybrid of both.`,
    );
  }
  return { ...Object.assign({}, ...found), parts, isHybrid: listed !== undefined };
}

/** The proof that the method takes, from what the bundle has gathered: of the attestations as many as are needed. */
export function encodeFor({ attesters, parts, isHybrid }: Method, bundle: Bundle): string {
  const encode = {
    attesters: () => encodeAttestations(bundle, Number(attesters?.threshold)),
    zkProof: () => requireProof(bundle),
  };
  const proofs = parts.map((part) => encode[part]());
  return isHybrid ? encodeHybridProof(proofs) : (proofs[0] as string);
}

/** The proof of a bundle, which a method asks for. */
export function requireProof({ modelId, proof }: Bundle): string {
  if (proof === undefined) throw new Problem(`the bundle has no proof, which ${modelId} asks for: make it with prove.`);
  return proof;
}

function encodeAttestations({ attestations }: Bundle, needed: number): string {
  if (attestations.length < needed) {
    throw new Problem(`the bundle has ${attestations.length} of the ${needed} attestations that are needed.`);
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

/** The answer of a contract, or undefined when it is of another kind. */
async function answerOf<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (isUnanswered(error)) throw error;
    if (isError(error, "BAD_DATA") || /revert/i.test((error as Error).message)) return undefined;
    throw error;
  });
}
