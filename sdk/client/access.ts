import { Contract, type BaseContract, type Provider } from "ethers";

/** The network that a command works on. */
export interface Network {
  readonly name: string;
  readonly chainId: number;
  /** A development chain: nothing on it has value. */
  readonly isLocal: boolean;
  /** The chain lives in this process and ends with it. */
  readonly isEphemeral: boolean;
}

/** What the library reaches a chain with: a provider, and the interfaces of compiled contracts. Hardhat's environment is one. */
export interface Access {
  readonly network: { readonly name: string };
  readonly ethers: { readonly provider: Provider };
  readonly artifacts: ArtifactSource;
}

/** A network, and how it is reached. */
export interface Site {
  readonly access: Access;
  readonly network: Network;
}

/** Where compiled contracts are found. */
export interface ArtifactSource {
  getAllFullyQualifiedNames(): Promise<string[]>;
  readArtifact(name: string): Promise<Artifact>;
}

/** A compiled contract, as far as it is read here. */
export interface Artifact {
  readonly contractName: string;
  readonly abi: AbiEntry[];
  readonly bytecode: string;
}

/** A function, event or error of a contract. */
export interface AbiEntry {
  readonly type: string;
  readonly name?: string;
}

/** The contract of a name at an address, for reading. */
export async function contractAt<T extends BaseContract>(
  { ethers, artifacts }: Access,
  name: string,
  address: string,
): Promise<T> {
  const { abi } = await artifacts.readArtifact(name);
  return new Contract(address, abi, ethers.provider) as unknown as T;
}
