import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../sdk/base/problem";

const LOCAL_CHAIN_ID = 31_337;

/** Chains on which tokens have value: Ethereum and Base. */
const MAINNETS = [1, 8_453];

/** The network that a command works on. */
export interface Network {
  readonly name: string;
  readonly chainId: number;
  /** A development chain: nothing on it has value. */
  readonly isLocal: boolean;
  /** The chain lives in this process and ends with it. */
  readonly isEphemeral: boolean;
}

/** The network of the environment, as configured. Hardhat refuses a chain with another id at the first call. */
export function networkOf(hre: HardhatRuntimeEnvironment): Network {
  const { name, config } = hre.network;
  const { chainId } = config;
  if (chainId === undefined) throw new Problem(`hardhat.config.ts gives the network ${name} no chainId: add it.`);
  const isEphemeral = name === "hardhat";
  return { name, chainId, isLocal: isEphemeral || chainId === LOCAL_CHAIN_ID, isEphemeral };
}

/** Whether tokens of the chain have value. */
export function isMainnet({ chainId }: Pick<Network, "chainId">): boolean {
  return MAINNETS.includes(chainId);
}
