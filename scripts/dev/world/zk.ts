// A protocol with a method that takes proofs, made from a key with known secrets, so that no setup is needed.

import { ethers } from "hardhat";
import { encodePoints } from "../../../sdk/node/prover";
import { FIELD } from "../../../sdk/proofs/circuit";
import { packCounts, type Counts } from "../../../sdk/proofs/counts";
import {
  hashStatement,
  statementDomain,
  type Evaluation,
  type ImprovementStatement,
} from "../../../sdk/schemas/statement";
import { deployImprovements, registerModel, type Improvements } from "./improvements";
import { MethodAccess } from "./models";
import { keyOf, SECRETS, simulate } from "./simulator";

/** What the simulated proofs show: the example data's counts. */
export const COUNTS: Counts = { n: 1_000, baselineCorrect: 744, candidateCorrect: 771, disagreements: 153 };

/** Quantile of the lower bounds of {@link COUNTS}: one attempt at 2.5 %. */
export const QUANTILE_E9 = 1_959_963_985n;

/** The baseline's score by {@link COUNTS}, in bps. */
export const ZK_BASELINE = 7_440n;

const commitment = (value: bigint) => ethers.toBeHex(value, 32);

/** A benchmark with committed labels and a committed baseline. */
export const PROVEN_BENCHMARK = {
  evaluationDataHash: commitment(1n << 250n),
  modelCommitment: commitment(FIELD - 1n),
  baselineScore: ZK_BASELINE,
  minRuns: 1n,
};

/** The method's proof of counts for a digest, made with the key's secrets. */
export function simulateProof(evaluation: Evaluation, digest: string, counts: Counts = COUNTS): string {
  const inputs = [
    ...[evaluation.evaluationDataHash, evaluation.baselineCommitment, evaluation.candidateCommitment].map(BigInt),
    packCounts({ ...counts, n: Number(evaluation.sampleSize) }),
    BigInt(digest) % FIELD,
  ];
  return encodePoints(counts, simulate(SECRETS, inputs));
}

/** Returns a function that proves statements of a protocol. */
export function proveFor({ verifier, network }: Improvements) {
  return async (statement: ImprovementStatement) => {
    const domain = statementDomain(BigInt(network.chainId), await verifier.getAddress());
    return simulateProof(statement.evaluation, hashStatement(domain, statement));
  };
}

/** A protocol that allows a ZkProof with known secrets. */
export async function deployZk() {
  const context = await deployImprovements();
  const method = await ethers.deployContract("ZkProof", [keyOf(SECRETS), QUANTILE_E9]);
  await context.registry.connect(context.admin).setMethodAccess(method, MethodAccess.REGISTRAR);
  return { ...context, method };
}

/** Like {@link deployZk}, with a model whose method is that ZkProof alone. */
export async function deployProven() {
  const context = await deployZk();
  const benchmark = { ...PROVEN_BENCHMARK, method: await context.method.getAddress() };
  return { ...context, model: await registerModel(context, { modelId: "zk", benchmark }), prove: proveFor(context) };
}
