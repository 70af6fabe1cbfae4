import type { HardhatRuntimeEnvironment, HttpNetworkConfig, NetworkConfig } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import type { Network, Site } from "../sdk/client/access";
import { LOCAL_CHAIN_ID } from "../sdk/client/deployment";

declare module "hardhat/types/config" {
  interface HttpNetworkUserConfig {
    /** Addresses of several nodes, with commas between; `url` is the first of them. */
    nodes?: string;
  }
  interface HttpNetworkConfig {
    nodes?: string;
    /** Whether a copy of the chain stands for it, on which everybody is at hand and time passes at will. */
    isFork?: boolean;
  }
}

/** Chains on which tokens have value: Ethereum and Base. */
const MAINNETS = [1, 8_453];

/** The network of the environment, as configured. Hardhat refuses a chain with another id at the first call. */
export function networkOf(hre: HardhatRuntimeEnvironment): Network {
  const { name, config } = hre.network;
  const { chainId } = config;
  if (chainId === undefined)
    throw new Problem("BAD_OPTION", `hardhat.config.ts gives the network ${name} no chainId: add it.`);
  const isEphemeral = name === "hardhat";
  return { name, chainId, isLocal: isEphemeral || chainId === LOCAL_CHAIN_ID, isEphemeral };
}

/** Whether tokens of the chain have value. */
export function isMainnet({ chainId }: Pick<Network, "chainId">): boolean {
  return MAINNETS.includes(chainId);
}

/** Whether a copy of the network's chain stands for it. */
export function isFork({ network }: HardhatRuntimeEnvironment): boolean {
  return (network.config as Partial<HttpNetworkConfig>).isFork === true;
}

/** The network of the environment, for the library. */
export function siteOf(hre: HardhatRuntimeEnvironment): Site {
  return { access: hre, network: networkOf(hre) };
}

/** The addresses of a network's nodes, with commas between. */
export function nodeAddresses({ nodes, url }: Pick<HttpNetworkConfig, "nodes" | "url">): string {
  return nodes ?? url;
}

/** The addresses of the nodes of an environment's network; undefined where the chain is in this process. */
export function nodesOf(hre: HardhatRuntimeEnvironment): string | undefined {
  const config: NetworkConfig = hre.network.config;
  return "url" in config && config.url !== undefined ? nodeAddresses(config) : undefined;
}
