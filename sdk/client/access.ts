import { Contract, type BaseContract, type InterfaceAbi, type Provider } from "ethers";
import { readAbis } from "./contracts.ts";

/** The network that a command works on. */
export interface Network {
  readonly name: string;
  readonly chainId: number;
  /** Whether this is a development chain, on which nothing has value. */
  readonly isLocal: boolean;
  /** Whether the chain runs inside this process and ends with it. */
  readonly isEphemeral: boolean;
}

/** How the library reaches a chain. Hardhat's runtime environment is one implementation. */
export interface Access {
  readonly network: { readonly name: string };
  readonly ethers: { readonly provider: Provider };
}

/** A network and the way to reach it. */
export interface Site {
  readonly access: Access;
  readonly network: Network;
}

/** Returns the named contract at an address, for reading. */
export async function contractAt<T extends BaseContract>(
  { ethers }: Access,
  name: string,
  address: string,
): Promise<T> {
  const known = (await readAbis()).get(name);
  if (known === undefined) throw new Error(`the protocol has no contract ${name}`);
  return new Contract(address, known.abi as InterfaceAbi, ethers.provider) as unknown as T;
}
