// A deployment as an outside program knows it: a record of addresses, and a node.

import type { Provider } from "ethers";
import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import type { Site } from "./access.ts";

/** The chain id of Hardhat and anvil. */
export const LOCAL_CHAIN_ID = 31_337;

/** The contracts that every deployment has. */
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

export type DeployedContract = (typeof DEPLOYED_CONTRACTS)[number];

/** The contracts of a deployment, as the protocol's package lists them for each chain. */
export interface DeploymentAddresses {
  readonly network: string;
  readonly chainId: number;
  /** The block in which the deployment began. No event of the deployment is older. */
  readonly firstBlock: number;
  readonly contracts: Readonly<Record<DeployedContract, string>>;
}

/** The part of a deployment's record that is read here. The deployer has the record in deploy/addresses/<chainId>.json. */
export interface RecordedContracts {
  readonly network: string;
  readonly chainId: number;
  readonly contracts: Readonly<Record<string, { readonly address: string; readonly block: number }>>;
}

/**
 * Returns the addresses in a record.
 * @throws {Problem} If a contract is missing that every deployment has.
 */
export function addressesIn({ network, chainId, contracts }: RecordedContracts): DeploymentAddresses {
  const missing = DEPLOYED_CONTRACTS.filter((name) => !(name in contracts));
  if (missing.length > 0) {
    const names = missing.join(", ");
    throw new Problem("BAD_FILE", `the record of ${printed(network)} lacks ${names}: finish the deployment.`);
  }
  const addresses = Object.fromEntries(Object.entries(contracts).map(([name, { address }]) => [name, address]));
  const firstBlock = Math.min(...Object.values(contracts).map(({ block }) => block));
  return { network, chainId, firstBlock, contracts: addresses as DeploymentAddresses["contracts"] };
}

/**
 * Returns the network of a deployment, reached through a provider of ethers.
 * @throws {Problem} If the provider is connected to another chain.
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
