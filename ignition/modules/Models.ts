import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Governance } from "./Governance";

/**
 * The registry of models, which holds the roles for all contracts except the TokenManager. Its address book is still empty: see Protocol.
 */
export const Models = buildModule("Models", (m) => {
  const { timelock } = m.useModule(Governance);
  const registry = m.contract("ModelRegistry", [
    m.getParameter("adminDelay"),
    timelock,
    m.getParameter<string[]>("guardians"),
    m.getParameter<string[]>("registrars"),
    m.getParameter<string[]>("poolCreators"),
    m.getParameter<string[]>("payers"),
    m.getParameter("deployer"),
    m.getParameter("payoutDelay"),
  ]);

  return { registry };
});
