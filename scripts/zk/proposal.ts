// From openings to a statement and its proof, for a model whose method is a ZkProof.

import { id, ZeroHash } from "ethers";
import { Problem } from "../../deploy/problem";
import { timeOf, type Chain } from "../attest/chain";
import type { WeightedContributor } from "../attest/contributors";
import { shareOut } from "../attest/contributorsFile";
import { hashStatement, statementDomain, type ImprovementStatement } from "../attest/statement";
import { commit, FIELD, type Opening } from "./commitment";
import { countRows, provenBy, type Counts } from "./counts";
import { encodeKey, encodeZkProof, hashKey, prove, readKey } from "./prover";

/** What the prover is told. */
export interface ZkProposal {
  readonly modelId: string;
  /** Name of the evaluation, unique per model; its hash is the evaluation's id. */
  readonly evaluationName: string;
  readonly labels: Opening;
  readonly baseline: Opening;
  readonly candidate: Opening;
  readonly contributionDataHash: string;
  /** At most as many as a statement lists. */
  readonly contributors: readonly WeightedContributor[];
  /** How long the statement may be submitted, in seconds. */
  readonly life: bigint;
}

/** A statement with the proof that the model's method takes. */
export interface ProvenStatement {
  readonly counts: Counts;
  readonly statement: ImprovementStatement;
  readonly proof: string;
}

/** Makes the statement that the openings prove, refuses early what the chain would refuse, and proves it. */
export async function proposeProof(
  chain: Chain,
  proposal: ZkProposal,
  progress: (line: string) => void,
): Promise<ProvenStatement> {
  const statement = await buildStatement(chain, proposal);
  const { labels, baseline, candidate } = proposal;
  const counts = countRows(labels.bits, baseline.bits, candidate.bits);
  const domain = statementDomain(BigInt(chain.network.chainId), chain.address);
  const digest = hashStatement(domain, statement);
  progress(`proving ${counts.n} rows with the circuit for ${labels.capacity}`);
  const { proof } = await prove({ labels, baseline, candidate, digest });
  progress(
    `proven: ${counts.baselineCorrect} → ${counts.candidateCorrect} right, ${counts.disagreements} disagreements`,
  );
  return { counts, statement, proof: encodeZkProof(counts, proof) };
}

async function buildStatement(chain: Chain, proposal: ZkProposal): Promise<ImprovementStatement> {
  const { registry, hre, network } = chain;
  const { modelId, labels, baseline, candidate } = proposal;
  const model = id(modelId);
  const benchmarkVersion = await registry.benchmarkVersionOf(model);
  if (benchmarkVersion === 0n) throw new Problem(`${modelId} has no benchmark on ${network.name}: register it first.`);
  const benchmark = await registry.benchmarkOf(model);

  if (new Set([labels, baseline, candidate].map(({ capacity }) => capacity)).size > 1)
    throw new Problem("the openings are for circuits of different capacity: commit all for the same.");
  const [labelsCommitment, baselineCommitment, candidateCommitment] = [labels, baseline, candidate].map(commit) as [
    string,
    string,
    string,
  ];
  requireCommitment("the labels", labelsCommitment, benchmark.evaluationDataHash);
  requireCommitment("the baseline's predictions", baselineCommitment, benchmark.modelCommitment);
  const key = readKey(labels.capacity);
  const zkProof = await hre.ethers.getContractAt("ZkProof", benchmark.method);
  const keyHash = await zkProof.keyHash().catch(() => undefined);
  if (keyHash !== hashKey(encodeKey(key.verificationKey))) {
    throw new Problem(
      `${modelId} is verified by ${benchmark.method}, which is no ZkProof with the recorded key of the circuit for ${labels.capacity} rows.`,
    );
  }

  const counts = countRows(labels.bits, baseline.bits, candidate.bits);
  const { score, improvementBps, lowerBoundBps } = provenBy(counts);
  const baselineScore = benchmark.baselineScore;
  const candidateScore = score < baselineScore + improvementBps ? score : baselineScore + improvementBps;
  requireEnough("improvement in bps", candidateScore - baselineScore, benchmark.minImprovementBps);
  requireEnough("lower bound in bps", lowerBoundBps, benchmark.minLowerBoundBps);
  requireEnough("number of rows", BigInt(counts.n), benchmark.minSampleSize);
  return {
    evaluation: {
      model,
      benchmarkVersion,
      specHash: benchmark.specHash,
      evaluationDataHash: labelsCommitment,
      baselineScore,
      candidateScore,
      sampleSize: BigInt(counts.n),
      runs: 1n,
      lowerBoundBps,
      baselineCommitment,
      candidateCommitment,
    },
    evaluationId: id(proposal.evaluationName),
    contributionDataHash: proposal.contributionDataHash,
    contributors: shareOut(proposal.contributors),
    contributorsRoot: ZeroHash,
    attesterEpoch: 0n,
    deadline: (await timeOf(chain)) + proposal.life,
  };
}

function requireCommitment(what: string, opened: string, onChain: string): void {
  if (BigInt(onChain) >= FIELD || opened !== onChain)
    throw new Problem(`the opening of ${what} opens ${opened}, but the chain has ${onChain}.`);
}

function requireEnough(what: string, value: bigint, min: bigint): void {
  if (value < min) throw new Problem(`the ${what} is ${value}, the benchmark asks for ${min} at least.`);
}
