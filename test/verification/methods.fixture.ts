import { ethers } from "hardhat";
import {
  encodeHybridProof,
  hashStatement,
  type ImprovementStatement,
  statementDomain,
} from "../../sdk/schemas/statement";
import {
  ascending,
  attest,
  deployImprovements,
  type Improvements,
  type Refusal,
  registerModel,
} from "../../scripts/dev/world/improvements";
import { MethodAccess } from "../../scripts/dev/world/models";
import { field } from "../../scripts/dev/world/units";
import type { MethodContext } from "./VerificationMethod.behavior";

const PROVEN = [
  `tuple(bytes32 model, uint256 benchmarkVersion, bytes32 specHash, bytes32 evaluationDataHash, uint256 baselineScore,
    uint256 candidateScore, uint256 sampleSize, uint256 runs, uint256 lowerBoundBps, bytes32 baselineCommitment,
    bytes32 candidateCommitment)`,
  "uint256",
  "bytes32",
];

/** The oracle method's model. */
export async function oracleFixture(): Promise<MethodContext> {
  const context = await deployImprovements();
  const { oracleAttestation: method } = context;
  return {
    ...context,
    method,
    prove: (statement) => attest(context, statement),
    proveElsewhere: (elsewhere, statement) => attest({ ...context, ...elsewhere }, statement),
    refusalOf: (statement) => oracleRefusal(context, statement),
  };
}

/** A model whose method is the oracle's and a second one's, for which a mock stands. */
export async function hybridFixture() {
  const context = await deployImprovements();
  const { oracleAttestation, registry, admin } = context;
  const second = await ethers.deployContract("VerificationMethodMock");
  const methods = ascending(
    await Promise.all(
      [oracleAttestation, second].map(async (contract) => ({ contract, address: await contract.getAddress() })),
    ),
  );
  const hybrid = await ethers.deployContract("Hybrid", [methods.map(({ address }) => address)]);
  await registry.connect(admin).setMethodAccess(hybrid, MethodAccess.REGISTRAR);
  const model = await registerModel(context, { modelId: "hybrid", benchmark: { method: await hybrid.getAddress() } });

  /** The proofs of both methods in the hybrid's order. */
  async function proofsOf(statement: ImprovementStatement, deployed: Improvements = context): Promise<string[]> {
    const proofs = { oracle: await attest(deployed, statement), second: await proveToMock(deployed, statement) };
    return methods.map(({ contract }) => (contract === second ? proofs.second : proofs.oracle));
  }

  const hybridContext: MethodContext = {
    ...context,
    model,
    method: hybrid,
    prove: async (statement) => encodeHybridProof(await proofsOf(statement)),
    proveElsewhere: async (elsewhere, statement) =>
      encodeHybridProof(await proofsOf(statement, { ...context, ...elsewhere })),
    refusalOf: async (statement, proof) => {
      if (methods[0]!.contract === oracleAttestation) return oracleRefusal(context, statement);
      const [[first]] = ethers.AbiCoder.defaultAbiCoder().decode(["bytes[]"], proof);
      return { contract: second, error: "ProofRefused", args: [first] };
    },
  };
  return { ...hybridContext, hybrid, second, methods: methods.map(({ address }) => address), proofsOf };
}

/** Why the oracle method refuses signatures over another statement. */
export async function oracleRefusal(
  { oracleAttestation, attesters }: Improvements,
  { attesterEpoch }: ImprovementStatement,
): Promise<Refusal> {
  const epoch = await oracleAttestation.epoch();
  return attesterEpoch === epoch
    ? { contract: oracleAttestation, error: "InvalidSignature", args: [attesters[0]!.address] }
    : { contract: oracleAttestation, error: "ValueMismatch", args: [field("attesterEpoch"), attesterEpoch, epoch] };
}

/** The proof that the mock accepts: what it will be told. */
export async function proveToMock(
  { verifier, network }: Improvements,
  statement: ImprovementStatement,
): Promise<string> {
  const digest = hashStatement(statementDomain(BigInt(network.chainId), await verifier.getAddress()), statement);
  return ethers.AbiCoder.defaultAbiCoder().encode(PROVEN, [statement.evaluation, statement.attesterEpoch, digest]);
}
