import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * A circuit with the hash of its key, and the quantile of the lower bound, times 1e9: with another key, from a later ceremony, or at
 * another level of confidence it is another method.
 */
export interface Circuit {
  readonly capacity: number;
  readonly keyHash: string;
  readonly quantileE9: bigint;
}

/** Name of the module that holds the method for a circuit. */
export function zkModuleId(circuit: Circuit): string {
  return `ZkMethod_${suffixOf(circuit)}`;
}

/** What tells the modules of a circuit from those of another: its capacity, the first 32 bits of its key's hash, the quantile. */
export function suffixOf({ capacity, keyHash, quantileE9 }: Circuit): string {
  return `${capacity}_${keyHash.slice(2, 10)}_${quantileE9}`;
}

/** The verification method for one circuit. The admin allows it afterwards. */
export function zkMethodOf(circuit: Circuit) {
  return buildModule(zkModuleId(circuit), (m) => ({
    zkProof: m.contract("ZkProof", [m.getParameter("key"), circuit.quantileE9]),
  }));
}
