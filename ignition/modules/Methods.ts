import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Governance } from "./Governance";

/** The verification methods that benchmarks may name from the start. */
export const Methods = buildModule("Methods", (m) => {
  const { timelock } = m.useModule(Governance);
  const oracleAttestation = m.contract("OracleAttestation", [
    m.getParameter("adminDelay"),
    timelock,
    m.getParameter<string[]>("guardians"),
    m.getParameter<string[]>("attesters"),
    m.getParameter("threshold"),
  ]);

  return { oracleAttestation };
});
