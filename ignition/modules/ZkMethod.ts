import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** A circuit with the hash of its key: with another key, from a later ceremony, it is another method. */
export interface Circuit {
  readonly capacity: number;
  readonly keyHash: string;
}

/** Name of the module that holds the method for a circuit. */
export function zkModuleId(circuit: Circuit): string {
  return `ZkMethod_${suffixOf(circuit)}`;
}

/** What tells the modules of a circuit from those of another: its capacity and the first 32 bits of its key's hash. */
export function suffixOf({ capacity, keyHash }: Circuit): string {
  return `${capacity}_${keyHash.slice(2, 10)}`;
}

/**
 * The verification method for one circuit, at the confidence level of the parameter `quantileE9`. The admin allows it afterwards.
 */
export function zkMethodOf(circuit: Circuit) {
  return buildModule(zkModuleId(circuit), (m) => ({
    zkProof: m.contract("ZkProof", [m.getParameter("key"), m.getParameter("quantileE9")]),
  }));
}
