// Models for the circuit of 64 rows, and the files from which their improvement is proven.

import hre, { ethers } from "hardhat";
import { siteOf } from "../../../deploy/network";
import { connect } from "../../../sdk/client/connect";
import { encodeKey, readKey } from "../../../sdk/node/prover";
import { Domain, type Opening } from "../../../sdk/proofs/circuit";
import { commit } from "../../../sdk/proofs/commitment";
import { ONE_ATTEMPT } from "../../../sdk/proofs/counts";
import { formatOpening } from "../../../sdk/proofs/openings";
import { ascending, deployImprovements, registerModel } from "../../../scripts/dev/world/improvements";
import { MethodAccess } from "../../../scripts/dev/world/models";
import type { useFolder } from "../statements/support";

export const CAPACITY = 64;
export const ROWS = 60;
export const EVALUATION = "first";
export const [BASELINE_SCORE, CANDIDATE_SCORE, DELTA] = [7_500n, 8_500n, 1_000n];

/** ROWS labels of 1, of which a vector has the first ones right. */
export const opening = (domain: Domain, right: number, salt: bigint): Opening => ({
  domain,
  capacity: CAPACITY,
  bits: Array.from({ length: ROWS }, (_, i) => Number(i < right)),
  salt,
});
export const LABELS = opening(Domain.Labels, ROWS, 1n);
export const BASELINE = opening(Domain.Predictions, 45, 2n);
export const CANDIDATE = opening(Domain.Predictions, 51, 3n);

/** The three columns that `evaluate` reads too. */
export const CSV = [
  "id,label,baseline,candidate",
  ...CANDIDATE.bits.map((bit, i) => [i, LABELS.bits[i], BASELINE.bits[i], bit].join(",")),
  "",
].join("\n");

/** What the benchmark of each model commits to. */
export const BENCHMARK = {
  evaluationDataHash: commit(LABELS),
  modelCommitment: commit(BASELINE),
  baselineScore: BASELINE_SCORE,
  minSampleSize: BigInt(ROWS),
  minRuns: 1n,
};

export type Kind = "proven" | "hybrid" | "attested" | "other-key";

/** Models with the labels and the baseline of the openings: each kind of method has one, whose id it is. */
export async function provenModels() {
  const context = await deployImprovements();
  const { registry, admin, verifier, oracleAttestation } = context;
  const zkProof = await ethers.deployContract("ZkProof", [encodeKey(readKey(CAPACITY).verificationKey), ONE_ATTEMPT]);
  const otherKey = await ethers.deployContract("ZkProof", [encodeKey(readKey(1_024).verificationKey), ONE_ATTEMPT]);
  const methods = ascending(
    [await oracleAttestation.getAddress(), await zkProof.getAddress()].map((address) => ({ address })),
  ).map(({ address }) => address);
  const hybrid = await ethers.deployContract("Hybrid", [methods]);
  for (const method of [zkProof, otherKey, hybrid])
    await registry.connect(admin).setMethodAccess(method, MethodAccess.REGISTRAR);

  const register = async (modelId: Kind, method: { getAddress(): Promise<string> }) => {
    const benchmark = { ...BENCHMARK, method: await method.getAddress() };
    const model = await registerModel(context, { modelId, benchmark });
    await registry.connect(admin).setDailyLimit(model.id, DELTA);
    return model;
  };
  const models = {
    proven: await register("proven", zkProof),
    hybrid: await register("hybrid", hybrid),
    attested: await register("attested", oracleAttestation),
    "other-key": await register("other-key", otherKey),
  };
  const address = await verifier.getAddress();
  return {
    ...context,
    models,
    methods,
    zkProof,
    otherKey,
    hybrid,
    address,
    chain: await connect(siteOf(hre), address),
  };
}

/** Writes everything that `prove` reads, and answers with its options. */
export function proofFiles(folder: ReturnType<typeof useFolder>, carol: string) {
  return {
    "--labels": folder.write("labels.json", formatOpening(LABELS)),
    "--baseline": folder.write("baseline.json", formatOpening(BASELINE)),
    "--candidate": folder.write("candidate.json", formatOpening(CANDIDATE)),
    "--contribution": folder.write("contribution.md", "data"),
    "--contributors": folder.write("contributors.csv", `account,weight\n${carol},1\n`),
  };
}
