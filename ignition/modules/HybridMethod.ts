import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { suffixOf, type Circuit } from "./ZkMethod";

/** Name of the module that holds the hybrid of the attesters and a circuit's ZkProof. */
export function hybridModuleId(circuit: Circuit): string {
  return `HybridMethod_${suffixOf(circuit)}`;
}

/** The verification method for models whose improvements are both attested and proven. The admin allows it afterwards. */
export function hybridMethodOf(circuit: Circuit) {
  return buildModule(hybridModuleId(circuit), (m) => ({ hybrid: m.contract("Hybrid", [m.getParameter("methods")]) }));
}
