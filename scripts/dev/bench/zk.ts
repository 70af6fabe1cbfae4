// Proofs for the benchmark, made from a key with known secrets, so that no setup is needed. The gas is the same as with a real key.

import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { ethers } from "hardhat";
import { FIELD } from "../../../sdk/proofs/circuit";
import { buildContributors, buildStatement, submit } from "../world/improvements";
import { keyOf, SECRETS, simulate } from "../world/simulator";
import { deployProven } from "../world/zk";
import { gasOf } from "./world";

type Points = [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
type Inputs = [bigint, bigint, bigint, bigint, bigint];

/** Public inputs of full length. */
const INPUTS: Inputs = [FIELD - 1n, FIELD - 2n, FIELD - 3n, (1n << 127n) - 1n, FIELD - 4n];
const WHOLE_SHARE = 10_000n;

/** The gas of a verification, without the call to it. */
export async function verificationGas(): Promise<bigint> {
  const harness = await ethers.deployContract("Groth16Harness", [keyOf(SECRETS)]);
  const { valid, gas } = await harness.gasOf(simulate(SECRETS, INPUTS) as Points, INPUTS);
  if (!valid) throw new Error("the benchmark's proof is not valid");
  return gas;
}

/** The gas of an improvement with a proof, for one contributor; both contributor and owner hold the model's tokens already. */
export async function provenImprovementGas(): Promise<bigint> {
  const context = await loadFixture(deployProven);
  const { alice, model, prove } = context;
  const submitOne = async () => {
    const statement = await buildStatement(context, model, { contributors: buildContributors([alice], [WHOLE_SHARE]) });
    return gasOf(submit(context, statement, await prove(statement)));
  };
  await submitOne();
  return submitOne();
}
