// Makes a statement and its proof from openings, for a model whose method is a ZkProof or a hybrid that contains one.

import { Problem } from "../base/problem.ts";
import { readModel, type Connection, type ImprovableModel } from "../client/connect.ts";
import type { Opening } from "../proofs/circuit.ts";
import { commit } from "../proofs/commitment.ts";
import { requireSameOrder } from "../proofs/openings.ts";
import { countRows, provenBy, type Counts } from "../proofs/counts.ts";
import type { Bundle } from "../schemas/bundle.ts";
import { hashStatement, statementDomain } from "../schemas/statement.ts";
import { compose, type Proposal, type Proposed } from "../statements/propose.ts";
import { requireAcceptable } from "../statements/review.ts";
import { encodeZkProof, prove, type ProverProgress } from "./prover.ts";
import { recordedKeyHash } from "./circuitKeys.ts";

/** The input of the prover: openings instead of measured figures. */
export interface ZkProposal extends Omit<Proposal, "measured" | "candidateCommitment"> {
  readonly labels: Opening;
  readonly baseline: Opening;
  readonly candidate: Opening;
  readonly contributionDataHash: string;
}

/** A statement with its proof, and what the proof reveals. */
export interface ProvenProposal extends Proposed {
  readonly counts: Counts;
}

/** Makes the statement that the openings prove, refuses what the chain would refuse, proves it, and lets the chain verify the proof. */
export async function proposeProof(
  chain: Connection,
  proposal: ZkProposal,
  progress: ProverProgress,
): Promise<ProvenProposal> {
  const { modelId, labels, baseline, candidate } = proposal;
  if (new Set([labels, baseline, candidate].map(({ capacity }) => capacity)).size > 1)
    throw new Problem("CONFLICT", "the openings are for circuits of different capacity: commit all for the same.");
  requireSameOrder({ labels, baseline, candidate });
  const counts = countRows(labels.bits, baseline.bits, candidate.bits);
  const model = await readModel(chain, modelId);
  await requireCircuit(modelId, model, labels.capacity);
  const evaluationDataHash = commit(labels);
  requireCommitment("the labels", evaluationDataHash, model.benchmark.evaluationDataHash);
  requireCommitment("the baseline's predictions", commit(baseline), model.benchmark.modelCommitment);

  const { bundle, claims } = await compose(chain, model, {
    ...proposal,
    measured: {
      ...(await measuredBy(counts, model)),
      evaluationDataHash,
      contributionDataHash: proposal.contributionDataHash,
    },
    candidateCommitment: commit(candidate),
  });
  const digest = hashStatement(statementDomain(BigInt(chain.network.chainId), chain.address), bundle.statement);
  const { n, baselineCorrect, candidateCorrect, disagreements } = counts;
  progress(`${n} rows, ${baselineCorrect} → ${candidateCorrect} right, ${disagreements} disagreements`);
  const { proof } = await prove({ labels, baseline, candidate, digest }, progress);
  const proven: Bundle = { ...bundle, proof: encodeZkProof(counts, proof) };
  const { waitsForLimit } = await requireAcceptable(chain, proven);
  progress("the chain accepts the proof");
  if (waitsForLimit !== undefined)
    progress(`waits for another day: ${waitsForLimit} bps are left today, it can be submitted from 00:00 UTC`);
  return { counts, bundle: proven, ...(claims && { claims }) };
}

/** Returns the best figures that ZkProof accepts in a statement. */
async function measuredBy(
  counts: Counts,
  { benchmark: { specHash, baselineScore }, method: { zkProof } }: ImprovableModel,
) {
  const { score, improvementBps, lowerBoundBps } = provenBy(counts, await zkProof?.quantileE9());
  const best = baselineScore + improvementBps;
  const candidateScore = score < best ? score : best;
  return { specHash, baselineScore, candidateScore, sampleSize: BigInt(counts.n), runs: 1n, lowerBoundBps };
}

async function requireCircuit(
  modelId: string,
  { method: { zkProof } }: ImprovableModel,
  capacity: number,
): Promise<void> {
  if (zkProof === undefined)
    throw new Problem(
      "CONFLICT",
      `${modelId} asks for attestations and for no proof: make the statement with statement.`,
    );
  const [keyHash, recorded] = [await zkProof.keyHash(), recordedKeyHash(capacity)];
  if (keyHash === recorded) return;
  throw new Problem(
    "CONFLICT",
    `the ZkProof of ${modelId}, ${await zkProof.getAddress()}, has the key ${keyHash}, not that recorded for circuits of ${capacity} rows, ${recorded}.`,
  );
}

function requireCommitment(what: string, opened: string, onChain: string): void {
  if (opened !== onChain)
    throw new Problem("CONFLICT", `the opening of ${what} opens ${opened}, but the chain has ${onChain}.`);
}
