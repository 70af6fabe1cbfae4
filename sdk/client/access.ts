import { Contract, type BaseContract, type InterfaceAbi, type Provider } from "ethers";
import { readAbis } from "./contracts.ts";

/** The network that a command works on. */
export interface Network {
  readonly name: string;
  readonly chainId: number;
  /** A development chain: nothing on it has value. */
  readonly isLocal: boolean;
  /** The chain lives in this process and ends with it. */
  readonly isEphemeral: boolean;
}

/** How the library reaches a chain. Hardhat's environment is one way. */
export interface Access {
  readonly network: { readonly name: string };
  readonly ethers: { readonly provider: Provider };
}

/** A network, and how it is reached. */
export interface Site {
  readonly access: Access;
  readonly network: Network;
}

/** The contract of a name at an address, for reading. */
export async function contractAt<T extends BaseContract>(
  { ethers }: Access,
  name: string,
  address: string,
): Promise<T> {
  const known = (await readAbis()).get(name);
  if (known === undefined) throw new Error(`the protocol has no contract ${name}`);
  return new Contract(address, known.abi as InterfaceAbi, ethers.provider) as unknown as T;
}
