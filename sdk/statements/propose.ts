// SPDX-License-Identifier: MIT
// Makes the statement that attesters are asked to sign, from an evaluation and its contributors.

import { id, ZeroHash } from "ethers";
import { Fields, hash, type Rule } from "../base/fields.ts";
import { Problem } from "../base/problem.ts";
import { hashDocument } from "../evaluation/document.ts";
import { readModel, timeOf, type Connection, type ImprovableModel } from "../client/connect.ts";
import { readFigures, type Bundle, type Figures } from "../schemas/bundle.ts";
import { treeOf, type Claims } from "../schemas/claims.ts";
import { MAX_LISTED, shareOut } from "../schemas/contributorsFile.ts";
import type { WeightedContributor } from "../schemas/distribution.ts";
import { readJson } from "../schemas/json.ts";
import { requireAcceptable } from "./review.ts";

/** The figures of an evaluation that a statement contains. */
export interface Measured extends Figures {
  readonly contributionDataHash: string;
  /** The hash of the evaluation's document, which includes attempt and level. If it is absent, the evaluation's name determines the id. */
  readonly evaluationId?: string;
}

export interface Proposal {
  readonly modelId: string;
  /** The name of the evaluation, unique per model. Its hash is the evaluation id if no document has one. */
  readonly evaluationName: string;
  readonly measured: Measured;
  readonly contributors: readonly WeightedContributor[];
  /** The commitment to the candidate's predictions, or zero for none. */
  readonly candidateCommitment: string;
  /** How long the statement may be submitted, in seconds. */
  readonly life: bigint;
}

/** An unsigned statement, and the contributors behind its root if they are too many to be listed. */
export interface Proposed {
  readonly bundle: Bundle;
  readonly claims?: Claims;
}

const CONTRIBUTION: Rule<string> = { ...hash, expected: "the hash that evaluate --contribution gives" };

/** Reads the output of `evaluate`. A statement needs only some of its fields. */
export function readMeasured(name: string, text: string): Measured {
  const content = readJson(name, text);
  const isObject = typeof content === "object" && content !== null && !Array.isArray(content);
  if (isObject) requireAccepted(name, content);
  const fields = new Fields(isObject ? onlyNeeded(content) : content);
  const measured = {
    ...readFigures(fields),
    contributionDataHash: fields.read("contributionDataHash", CONTRIBUTION),
    ...(fields.has("evaluationId") && { evaluationId: fields.read("evaluationId", hash) }),
  };
  fields.refuse(name);
  if (measured.evaluationId !== undefined && measured.evaluationId !== hashDocument(content as object)) {
    throw new Problem(
      "BAD_FILE",
      `${name}: evaluationId is ${measured.evaluationId}, expected ${hashDocument(content as object)}, the hash of the rest: the document was changed, evaluate again.`,
    );
  }
  return measured;
}

/** Refused evaluations have documents too, but no statement can be made from them. */
function requireAccepted(name: string, { accepted, reasons }: { accepted?: unknown; reasons?: unknown }): void {
  if (accepted === undefined || accepted === true) return;
  const list = Array.isArray(reasons) ? (reasons as { message?: unknown }[]) : [];
  const messages = list.map(({ message }) => String(message)).join("; ");
  throw new Problem("EVALUATION_REFUSED", `${name}: the evaluation was refused: ${messages}.`);
}

const NEEDED: readonly (keyof Measured)[] = [
  "specHash",
  "evaluationDataHash",
  "baselineScore",
  "candidateScore",
  "sampleSize",
  "runs",
  "lowerBoundBps",
  "contributionDataHash",
  "evaluationId",
];

function onlyNeeded(content: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(content).filter(([key]) => (NEEDED as readonly string[]).includes(key)));
}

/** Makes the statement that attesters are asked to sign. Throws a {@link Problem} if the chain would not pay for it. */
export async function propose(chain: Connection, proposal: Proposal): Promise<Proposed> {
  const { modelId, candidateCommitment } = proposal;
  const model = await readModel(chain, modelId);
  if (model.method.zkProof)
    throw new Problem("CONFLICT", `${modelId} asks for a proof: make statement and proof with prove.`);
  if (model.benchmark.modelCommitment !== ZeroHash && candidateCommitment === ZeroHash) {
    throw new Problem(
      "BAD_OPTION",
      `${modelId} has a committed baseline: state the candidate's with --candidate-commitment.`,
    );
  }
  return compose(chain, model, proposal);
}

/**
 * Makes a statement for the model's current benchmark, to be confirmed by attesters or a proof. Throws a {@link Problem} if the chain would
 * not pay for it.
 */
export async function compose(
  chain: Connection,
  { model, version, benchmark, method }: ImprovableModel,
  proposal: Proposal,
): Promise<Proposed> {
  const { modelId, contributors, candidateCommitment } = proposal;
  const { contributionDataHash, evaluationId = id(proposal.evaluationName), ...figures } = proposal.measured;
  const baselineCommitment = benchmark.modelCommitment;
  const isListed = contributors.length <= MAX_LISTED;
  const origin = { chainId: chain.network.chainId, verifier: chain.address, modelId };
  const contributorsRoot = isListed
    ? ZeroHash
    : treeOf("the contributors", { modelId, evaluationId, contributors }).root;
  const bundle: Bundle = {
    ...origin,
    statement: {
      evaluation: { model, benchmarkVersion: version, ...figures, baselineCommitment, candidateCommitment },
      evaluationId,
      contributionDataHash,
      contributors: isListed ? shareOut(contributors) : [],
      contributorsRoot,
      attesterEpoch: method.attesters?.epoch ?? 0n,
      deadline: (await timeOf(chain)) + proposal.life,
    },
    attestations: [],
  };
  await requireAcceptable(chain, bundle);
  return { bundle, ...(!isListed && { claims: { ...origin, evaluationId, contributorsRoot, contributors } }) };
}
