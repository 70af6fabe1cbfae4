import type { HardhatRuntimeEnvironment, HttpNetworkConfig, NetworkConfig } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import type { Network, Site } from "../sdk/client/access";
import { LOCAL_CHAIN_ID } from "../sdk/client/deployment";

declare module "hardhat/types/config" {
  interface HttpNetworkUserConfig {
    /** Addresses of several nodes, separated by commas; `url` is the first of them. */
    nodes?: string;
  }
  interface HttpNetworkConfig {
    nodes?: string;
    /** Whether this is a fork that stands in for the chain: every account is available, and time passes at will. */
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

/** Whether tokens on the chain have value. */
export function isMainnet({ chainId }: Pick<Network, "chainId">): boolean {
  return MAINNETS.includes(chainId);
}

/** Whether the environment works on a fork of the network's chain. */
export function isFork({ network }: HardhatRuntimeEnvironment): boolean {
  return (network.config as Partial<HttpNetworkConfig>).isFork === true;
}

/** The network of the environment, in the library's form. */
export function siteOf(hre: HardhatRuntimeEnvironment): Site {
  return { access: hre, network: networkOf(hre) };
}

/** The addresses of a network's nodes, separated by commas. */
export function nodeAddresses({ nodes, url }: Pick<HttpNetworkConfig, "nodes" | "url">): string {
  return nodes ?? url;
}

/** The addresses of the nodes of an environment's network; undefined for the in-process chain. */
export function nodesOf(hre: HardhatRuntimeEnvironment): string | undefined {
  const config: NetworkConfig = hre.network.config;
  return "url" in config && config.url !== undefined ? nodeAddresses(config) : undefined;
}
