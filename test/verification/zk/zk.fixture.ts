import { ethers } from "hardhat";
import type { ZkProof } from "../../../.build/typechain";
import { encodeHybridProof, type Evaluation, type ImprovementStatement } from "../../../sdk/schemas/statement";
import { FIELD } from "../../../sdk/proofs/circuit";
import {
  ascending,
  attest,
  type Improvements,
  type Refusal,
  registerModel,
} from "../../../scripts/dev/world/improvements";
import { MethodAccess } from "../../../scripts/dev/world/models";
import { field } from "../../../scripts/dev/world/units";
import { oracleRefusal } from "../methods.fixture";
import type { MethodContext } from "../VerificationMethod.behavior";
import { COUNTS, deployProven, deployZk, PROVEN_BENCHMARK, proveFor, ZK_BASELINE } from "../../../scripts/dev/world/zk";

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

/** A model whose method is a ZkProof alone. */
export async function zkFixture(): Promise<MethodContext & { method: ZkProof }> {
  const context = await deployProven();
  const { method } = context;
  return {
    ...context,
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
  const benchmark = { ...PROVEN_BENCHMARK, method: await hybrid.getAddress() };
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
