import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * A circuit: its capacity, the hash of its verification key, and the quantile of the lower bound times 10^9. With the key of another
 * ceremony or another confidence level, it is a different method.
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

/** Suffix that distinguishes a circuit's modules: its capacity, the first 32 bits of its key's hash, and the quantile. */
export function suffixOf({ capacity, keyHash, quantileE9 }: Circuit): string {
  return `${capacity}_${keyHash.slice(2, 10)}_${quantileE9}`;
}

/** The verification method for one circuit. The admin allows it afterwards. */
export function zkMethodOf(circuit: Circuit) {
  return buildModule(zkModuleId(circuit), (m) => ({
    zkProof: m.contract("ZkProof", [m.getParameter("key"), circuit.quantileE9]),
  }));
}
