import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** Name of the module that holds the hybrid of the attesters and the circuit's ZkProof. */
export function hybridModuleId(capacity: number): string {
  return `HybridMethod_${capacity}`;
}

/** The verification method for models whose improvements are both attested and proven. The admin allows it afterwards. */
export function hybridMethodOf(capacity: number) {
  return buildModule(hybridModuleId(capacity), (m) => ({ hybrid: m.contract("Hybrid", [m.getParameter("methods")]) }));
}
