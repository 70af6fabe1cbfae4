// A deployment as somebody else's program knows it: a record of addresses, and a node.

import type { Provider } from "ethers";
import { Problem } from "../base/problem.ts";
import type { Site } from "./access.ts";

/** The chain id of Hardhat's and anvil's chains. */
export const LOCAL_CHAIN_ID = 31_337;

/** Contracts that every deployment has. */
export const DEPLOYED_CONTRACTS = [
  "TimelockController",
  "ModelRegistry",
  "TokenManager",
  "RewardDistributor",
  "HokusaiAMMFactory",
  "UsageFeeRouter",
  "InfrastructureReserve",
  "OracleAttestation",
  "DeltaOneVerifier",
] as const;

/** The name of one of them. */
export type DeployedContract = (typeof DEPLOYED_CONTRACTS)[number];

/** What a deployment put on a chain, as the protocol's package lists it by chain. */
export interface DeploymentAddresses {
  readonly network: string;
  readonly chainId: number;
  /** The block it began in: no event of it is older. */
  readonly firstBlock: number;
  readonly contracts: Readonly<Record<DeployedContract, string>>;
}

/**
 * The network of a deployment, reached by a provider of ethers.
 * @throws {Problem} When the provider's chain is not the deployment's.
 */
export async function siteAt(
  provider: Provider,
  { network: name, chainId }: Pick<DeploymentAddresses, "network" | "chainId">,
): Promise<Site> {
  const actual = Number((await provider.getNetwork()).chainId);
  if (actual !== chainId)
    throw new Problem("WRONG_CHAIN", `${name} answers with the chain id ${actual}, expected ${chainId}.`);
  const network = { name, chainId, isLocal: chainId === LOCAL_CHAIN_ID, isEphemeral: false };
  return { access: { network, ethers: { provider } }, network };
}
