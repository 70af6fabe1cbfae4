// SPDX-License-Identifier: MIT
// Bundles: JSON files with a statement and the attestations and proof collected for it, which the tools pass to each other.

import { id, isHexString, ZeroHash } from "ethers";
import { address, Fields, hash, integer, publishedId, word, type Rule } from "../base/fields.ts";
import { Problem } from "../base/problem.ts";
import { MAX_LISTED } from "./contributorsFile.ts";
import { readJson } from "./json.ts";
import type { Attestation, Contributor, Evaluation, ImprovementStatement } from "./statement.ts";

/** A statement for one verifier on one chain, with its attestations and proof. */
export interface Bundle {
  readonly chainId: number;
  readonly verifier: string;
  /** The published id of the model. */
  readonly modelId: string;
  readonly statement: ImprovementStatement;
  /** At most one per signer, in any order. */
  readonly attestations: readonly Attestation[];
  /** The proof for a ZkProof. Absent if attestations are enough. */
  readonly proof?: string;
}

/** The id of a chain. */
export const chainNumber = integer(1, Number.MAX_SAFE_INTEGER);

const BPS = 10_000;
const UINT32 = 2 ** 32 - 1;

const BYTES: Rule<string> = {
  expected: "bytes as 0x and hexadecimal digits",
  none: "0x",
  read: (value) => (isHexString(value, true) && value.length > 2 ? value.toLowerCase() : undefined),
};

/** An empty signature is allowed: a contract may have approved the statement on chain. */
const SIGNATURE: Rule<string> = {
  ...BYTES,
  read: (value) => (isHexString(value, true) ? value.toLowerCase() : undefined),
};

/** Reads and checks a bundle. Throws one {@link Problem} that names everything wrong with it and calls the file `name`. */
export function readBundle(name: string, text: string): Bundle {
  const fields = new Fields(readJson(name, text));
  const bundle = {
    chainId: fields.read("chainId", chainNumber),
    verifier: fields.read("verifier", address),
    modelId: fields.read("modelId", publishedId),
    statement: readStatement(fields.child("statement")),
    attestations: fields.list("attestations").map((entry) => ({
      signer: entry.read("signer", address),
      signature: entry.read("signature", SIGNATURE),
    })),
    ...(fields.has("proof") && { proof: fields.read("proof", BYTES) }),
  };
  fields.refuse(name);
  reportContradictions(fields, bundle);
  fields.refuse(name);
  return bundle;
}

/** Returns the bundle as JSON. */
export function formatBundle(bundle: Bundle): string {
  // All integers in a bundle are within the exact range of JSON numbers.
  return JSON.stringify(bundle, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value), 2);
}

/** Merges the attestations and the proof of several bundles into one. Throws a {@link Problem} if their statements differ. */
export function mergeBundles(named: readonly (readonly [name: string, bundle: Bundle])[]): Bundle {
  const [first, ...others] = named;
  if (first === undefined) throw new Problem("BAD_OPTION", "there is no bundle, expected at least one.");
  const [firstName, bundle] = first;
  const unsigned = stated(bundle);
  let { proof } = bundle;
  const attestations = new Map<string, Attestation>();
  for (const [name, other] of [first, ...others]) {
    if (stated(other) !== unsigned) {
      throw new Problem(
        "CONFLICT",
        `${name} has another statement than ${firstName}: merge attestations of one statement only.`,
      );
    }
    for (const attestation of other.attestations) {
      const known = attestations.get(attestation.signer);
      if (known && known.signature !== attestation.signature) {
        throw new Problem(
          "CONFLICT",
          `${name} has another signature of ${attestation.signer} than before: leave out the wrong one.`,
        );
      }
      attestations.set(attestation.signer, attestation);
    }
    if (proof !== undefined && other.proof !== undefined && proof !== other.proof) {
      throw new Problem("CONFLICT", `${name} has another proof than before: leave out one of them.`);
    }
    proof ??= other.proof;
  }
  return { ...bundle, attestations: [...attestations.values()], ...(proof !== undefined && { proof }) };
}

/** Returns the bundle without attestations and proof, as JSON. */
function stated({ chainId, verifier, modelId, statement }: Bundle): string {
  return formatBundle({ chainId, verifier, modelId, statement, attestations: [] });
}

function readStatement(fields: Fields): ImprovementStatement {
  return {
    evaluation: readEvaluationFields(fields.child("evaluation")),
    evaluationId: fields.read("evaluationId", hash),
    contributionDataHash: fields.read("contributionDataHash", hash),
    contributors: fields.list("contributors").map((entry): Contributor => ({
      account: entry.read("account", address),
      shareBps: BigInt(entry.read("shareBps", integer(1, BPS))),
    })),
    contributorsRoot: fields.read("contributorsRoot", word),
    attesterEpoch: BigInt(fields.read("attesterEpoch", integer(0, Number.MAX_SAFE_INTEGER))),
    deadline: BigInt(fields.read("deadline", integer(1, Number.MAX_SAFE_INTEGER))),
  };
}

function readEvaluationFields(fields: Fields): Evaluation {
  return {
    model: fields.read("model", hash),
    benchmarkVersion: BigInt(fields.read("benchmarkVersion", integer(1, UINT32))),
    ...readFigures(fields),
    baselineCommitment: fields.read("baselineCommitment", word),
    candidateCommitment: fields.read("candidateCommitment", word),
  };
}

/** The figures of an evaluation that `evaluate` measures. */
export type Figures = Omit<Evaluation, "model" | "benchmarkVersion" | "baselineCommitment" | "candidateCommitment">;

/** Reads the figures, which have the same names in a bundle and in the output of `evaluate`. */
export function readFigures(fields: Fields): Figures {
  return {
    specHash: fields.read("specHash", hash),
    evaluationDataHash: fields.read("evaluationDataHash", hash),
    baselineScore: BigInt(fields.read("baselineScore", integer(0, BPS))),
    candidateScore: BigInt(fields.read("candidateScore", integer(0, BPS))),
    sampleSize: BigInt(fields.read("sampleSize", integer(1, UINT32))),
    runs: BigInt(fields.read("runs", integer(1, UINT32))),
    lowerBoundBps: BigInt(fields.read("lowerBoundBps", integer(1, BPS))),
  };
}

/** Reports contradictions between fields. The chain would refuse each of them. */
function reportContradictions(fields: Fields, { modelId, statement, attestations }: Bundle): void {
  const { evaluation, contributors, contributorsRoot } = statement;
  if (evaluation.model !== id(modelId)) {
    fields.report(`statement.evaluation.model is ${evaluation.model}, expected ${id(modelId)}, the key of ${modelId}`);
  }
  const isRooted = contributorsRoot !== ZeroHash;
  if (isRooted === contributors.length > 0) {
    fields.report(
      `statement lists ${contributors.length} contributors ${isRooted ? "beside" : "without"} a root, expected a list or a root`,
    );
  }
  if (contributors.length > MAX_LISTED) {
    fields.report(`statement.contributors are ${contributors.length}, expected at most ${MAX_LISTED}`);
  }
  contributors.forEach(({ account }, index) => {
    const previous = contributors[index - 1];
    if (previous && BigInt(account) <= BigInt(previous.account)) {
      fields.report(`statement.contributors[${index}].account is ${account}, expected one above ${previous.account}`);
    }
  });
  const sum = contributors.reduce((total, { shareBps }) => total + Number(shareBps), 0);
  if (contributors.length > 0 && sum !== BPS) {
    fields.report(`statement.contributors have shares of ${sum} bps in sum, expected ${BPS}`);
  }
  attestations.forEach(({ signer }, index) => {
    if (attestations.findIndex((other) => other.signer === signer) !== index) {
      fields.report(`attestations[${index}].signer is ${signer}, expected each signer once`);
    }
  });
}
