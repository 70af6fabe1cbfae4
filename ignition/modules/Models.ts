import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Governance } from "./Governance";
import { Methods } from "./Methods";

/** The registry of models, still without its address book: see Protocol. */
export const Models = buildModule("Models", (m) => {
  const { timelock } = m.useModule(Governance);
  const { oracleAttestation } = m.useModule(Methods);
  const registry = m.contract("ModelRegistry", [
    m.getParameter("adminDelay"),
    timelock,
    m.getParameter<string[]>("guardians"),
    m.getParameter<string[]>("registrars"),
    [oracleAttestation],
    m.getParameter("deployer"),
  ]);

  return { registry };
});
