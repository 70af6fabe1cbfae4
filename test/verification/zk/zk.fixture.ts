import { ethers } from "hardhat";
import type { ZkProof } from "../../../.build/typechain";
import {
  encodeHybridProof,
  hashStatement,
  type Evaluation,
  type ImprovementStatement,
  statementDomain,
} from "../../../sdk/schemas/statement";
import { FIELD } from "../../../sdk/proofs/circuit";
import { packCounts, type Counts } from "../../../sdk/proofs/counts";
import { encodePoints } from "../../../sdk/node/prover";
import {
  ascending,
  attest,
  deployImprovements,
  type Improvements,
  type Refusal,
  registerModel,
} from "../../helpers/improvements";
import { MethodAccess } from "../../helpers/models";
import { field } from "../../helpers/units";
import { oracleRefusal } from "../methods.fixture";
import type { MethodContext } from "../VerificationMethod.behavior";
import { keyOf, SECRETS, simulate } from "./simulator";

/** What the simulated proofs show: the example data's counts. */
export const COUNTS: Counts = { n: 1_000, baselineCorrect: 744, candidateCorrect: 771, disagreements: 153 };

/** Quantile of the lower bounds of {@link COUNTS}: one attempt at 2.5 %. */
export const QUANTILE_E9 = 1_959_963_985n;

/** The baseline's score by {@link COUNTS}. */
export const ZK_BASELINE = 7_440n;

/** What {@link COUNTS} prove at {@link QUANTILE_E9}, in bps. */
export const REAL = { score: 7_710n, improvement: 270n, lowerBound: 28n };

/** A digest for methods that are asked without a verifier around them. */
export const DIGEST = ethers.id("digest");

/** An evaluation that {@link COUNTS} prove, without a registry around it. */
export const EVALUATION: Evaluation = {
  model: ethers.id("model"),
  benchmarkVersion: 1n,
  specHash: ethers.id("spec"),
  evaluationDataHash: ethers.toBeHex(11, 32),
  baselineScore: ZK_BASELINE,
  candidateScore: REAL.score,
  sampleSize: BigInt(COUNTS.n),
  runs: 1n,
  lowerBoundBps: REAL.lowerBound,
  baselineCommitment: ethers.toBeHex(13, 32),
  candidateCommitment: ethers.toBeHex(17, 32),
};

const commitment = (value: bigint) => ethers.toBeHex(value, 32);

/** A benchmark whose labels and baseline are committed. */
export const BENCHMARK = {
  evaluationDataHash: commitment(1n << 250n),
  modelCommitment: commitment(FIELD - 1n),
  baselineScore: ZK_BASELINE,
  minRuns: 1n,
};

/** The method's proof of counts for a digest, made from the key's secrets. */
export function simulateProof(evaluation: Evaluation, digest: string, counts: Counts = COUNTS): string {
  const inputs = [
    ...[evaluation.evaluationDataHash, evaluation.baselineCommitment, evaluation.candidateCommitment].map(BigInt),
    packCounts({ ...counts, n: Number(evaluation.sampleSize) }),
    BigInt(digest) % FIELD,
  ];
  return encodePoints(counts, simulate(SECRETS, inputs));
}

function proveFor({ verifier, network }: Improvements) {
  return async (statement: ImprovementStatement) => {
    const domain = statementDomain(BigInt(network.chainId), await verifier.getAddress());
    return simulateProof(statement.evaluation, hashStatement(domain, statement));
  };
}

/** Why a proof of another statement is refused. */
function zkRefusal(method: ZkProof, { evaluation }: ImprovementStatement): Refusal {
  if (evaluation.runs !== 1n)
    return { contract: method, error: "ValueMismatch", args: [field("runs"), evaluation.runs, 1n] };
  const commitments = [evaluation.evaluationDataHash, evaluation.baselineCommitment, evaluation.candidateCommitment];
  const index = commitments.findIndex((word) => BigInt(word) >= FIELD);
  return index < 0
    ? { contract: method, error: "ProofInvalid", args: [] }
    : { contract: method, error: "InputOutOfField", args: [index, commitments[index]] };
}

/** A protocol that allows a ZkProof whose key's secrets are known. */
async function deployZk() {
  const context = await deployImprovements();
  const method = await ethers.deployContract("ZkProof", [keyOf(SECRETS), QUANTILE_E9]);
  await context.registry.connect(context.admin).setMethodAccess(method, MethodAccess.REGISTRAR);
  return { ...context, method };
}

/** A model whose method is a ZkProof alone. */
export async function zkFixture(): Promise<MethodContext & { method: ZkProof }> {
  const context = await deployZk();
  const { method } = context;
  const benchmark = { ...BENCHMARK, method: await method.getAddress() };
  const model = await registerModel(context, { modelId: "zk", benchmark });
  return {
    ...context,
    model,
    prove: proveFor(context),
    proveElsewhere: (elsewhere, statement) => proveFor({ ...context, ...elsewhere })(statement),
    refusalOf: async (statement) => zkRefusal(method, statement),
  };
}

/** A model for which attesters and a proof must vouch. */
export async function zkHybridFixture() {
  const context = await deployZk();
  const { oracleAttestation, method: zkProof, registry, admin } = context;
  const methods = ascending(
    await Promise.all(
      [oracleAttestation, zkProof].map(async (contract) => ({ contract, address: await contract.getAddress() })),
    ),
  );
  const hybrid = await ethers.deployContract("Hybrid", [methods.map(({ address }) => address)]);
  await registry.connect(admin).setMethodAccess(hybrid, MethodAccess.REGISTRAR);
  const benchmark = { ...BENCHMARK, method: await hybrid.getAddress() };
  const model = await registerModel(context, { modelId: "zk-hybrid", benchmark });

  /** Both proofs in the hybrid's order. */
  async function combine(oracle: string, zk: string): Promise<string> {
    return encodeHybridProof(methods.map(({ contract }) => (contract === zkProof ? zk : oracle)));
  }
  const proveBoth = async (deployed: Improvements, statement: ImprovementStatement) =>
    combine(await attest(deployed, statement), await proveFor(deployed)(statement));
  const hybridContext: MethodContext = {
    ...context,
    model,
    method: hybrid,
    prove: (statement) => proveBoth(context, statement),
    proveElsewhere: (elsewhere, statement) => proveBoth({ ...context, ...elsewhere }, statement),
    refusalOf: async (statement) =>
      methods[0]!.contract === zkProof ? zkRefusal(zkProof, statement) : oracleRefusal(context, statement),
  };
  return { ...hybridContext, zkProof, combine, proveZk: proveFor(context) };
}
