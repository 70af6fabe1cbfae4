import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** Name of the module that holds the method for a circuit. */
export function zkModuleId(capacity: number): string {
  return `ZkMethod_${capacity}`;
}

/** The verification method for one circuit. The admin allows it afterwards. */
export function zkMethodOf(capacity: number) {
  return buildModule(zkModuleId(capacity), (m) => ({ zkProof: m.contract("ZkProof", [m.getParameter("key")]) }));
}
