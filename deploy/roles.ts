// Who of this environment may do what on a network: asked of the contracts, since roles are granted and revoked every day.

import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { id } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import type { Protocol } from "./protocol";
import { patientSigner } from "./rpc";

/** Contracts that grant roles. */
const NAMES = { registry: "ModelRegistry", tokenManager: "TokenManager", timelock: "TimelockController" } as const;

/** The account of this environment that holds a role; throws a {@link Problem} that says which role is missing where. */
export async function signerWithRole(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  contract: keyof typeof NAMES,
  role: string,
): Promise<HardhatEthersSigner> {
  const signers = await hre.ethers.getSigners();
  for (const signer of signers) {
    if (await protocol[contract].hasRole(id(role), signer.address)) return patientSigner(signer);
  }
  throw new Problem(
    "NOT_ALLOWED",
    `AccessControl: account ${signers[0]?.address} is missing role ${role} on ${NAMES[contract]}`,
  );
}
