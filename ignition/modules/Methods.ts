import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Models } from "./Models";

/** The verification methods that benchmarks may name from the start. */
export const Methods = buildModule("Methods", (m) => {
  const { registry } = m.useModule(Models);
  const oracleAttestation = m.contract("OracleAttestation", [
    registry,
    m.getParameter<string[]>("attesters"),
    m.getParameter("threshold"),
  ]);

  return { oracleAttestation };
});
