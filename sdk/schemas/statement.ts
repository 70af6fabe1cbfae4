// SPDX-License-Identifier: MIT
// The EIP-712 statement of an improvement, which attesters sign and verifiers hash. `test/verification/statement.test.ts` compares all of
// it
// with the contract.

import { AbiCoder, getAddress, TypedDataEncoder, type TypedDataDomain } from "ethers";

/** The figures of an evaluation of a candidate against the model's current baseline on its benchmark. Scores and bounds are in bps. */
export interface Evaluation {
  readonly model: string;
  readonly benchmarkVersion: bigint;
  readonly specHash: string;
  readonly evaluationDataHash: string;
  readonly baselineScore: bigint;
  readonly candidateScore: bigint;
  readonly sampleSize: bigint;
  readonly runs: bigint;
  readonly lowerBoundBps: bigint;
  readonly baselineCommitment: string;
  readonly candidateCommitment: string;
}

/** A contributor who is paid directly. */
export interface Contributor {
  readonly account: string;
  /** The part of the contributors' reward, in bps. */
  readonly shareBps: bigint;
}

/** A statement about an improvement and its contributors, who are either listed or represented by a root. */
export interface ImprovementStatement {
  readonly evaluation: Evaluation;
  readonly evaluationId: string;
  readonly contributionDataHash: string;
  readonly contributors: readonly Contributor[];
  readonly contributorsRoot: string;
  readonly attesterEpoch: bigint;
  /** The last second in which the statement may be submitted. */
  readonly deadline: bigint;
}

/** An attester's signature. */
export interface Attestation {
  readonly signer: string;
  readonly signature: string;
}

/** The EIP-712 types of a statement. */
export const STATEMENT_TYPES = {
  ImprovementStatement: [
    { name: "evaluation", type: "Evaluation" },
    { name: "evaluationId", type: "bytes32" },
    { name: "contributionDataHash", type: "bytes32" },
    { name: "contributors", type: "Contributor[]" },
    { name: "contributorsRoot", type: "bytes32" },
    { name: "attesterEpoch", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
  Contributor: [
    { name: "account", type: "address" },
    { name: "shareBps", type: "uint16" },
  ],
  Evaluation: [
    { name: "model", type: "bytes32" },
    { name: "benchmarkVersion", type: "uint256" },
    { name: "specHash", type: "bytes32" },
    { name: "evaluationDataHash", type: "bytes32" },
    { name: "baselineScore", type: "uint256" },
    { name: "candidateScore", type: "uint256" },
    { name: "sampleSize", type: "uint256" },
    { name: "runs", type: "uint256" },
    { name: "lowerBoundBps", type: "uint256" },
    { name: "baselineCommitment", type: "bytes32" },
    { name: "candidateCommitment", type: "bytes32" },
  ],
};

/** Returns the EIP-712 domain of a verifier. */
export function statementDomain(chainId: bigint, verifier: string): TypedDataDomain {
  return { name: "DeltaOneVerifier", version: "1", chainId, verifyingContract: verifier };
}

/** Returns the digest that attesters sign. */
export function hashStatement(domain: TypedDataDomain, statement: ImprovementStatement): string {
  return TypedDataEncoder.hash(domain, STATEMENT_TYPES, statement);
}

/** Encodes the proof for the oracle method: signers and signatures, in ascending order of signer. */
export function encodeProof(attestations: readonly Attestation[]): string {
  const ordered = attestations
    .map(({ signer, signature }) => ({ signer: getAddress(signer), signature }))
    .sort((a, b) => (BigInt(a.signer) < BigInt(b.signer) ? -1 : 1));
  return AbiCoder.defaultAbiCoder().encode(
    ["address[]", "bytes[]"],
    [ordered.map(({ signer }) => signer), ordered.map(({ signature }) => signature)],
  );
}

/** Encodes the proof for a hybrid: one proof for each of its methods, in the order of its list. */
export function encodeHybridProof(proofs: readonly string[]): string {
  return AbiCoder.defaultAbiCoder().encode(["bytes[]"], [proofs]);
}

/** Returns a statement in the form that contract calls and signers take. */
export function toCall(statement: ImprovementStatement) {
  return { ...statement, contributors: [...statement.contributors] };
}
