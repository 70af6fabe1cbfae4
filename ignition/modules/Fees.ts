import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Governance } from "./Governance";
import { Models } from "./Models";

/** What takes usage fees, and keeps their infrastructure share. */
export const Fees = buildModule("Fees", (m) => {
  const { timelock } = m.useModule(Governance);
  const { registry } = m.useModule(Models);
  const infrastructureReserve = m.contract("InfrastructureReserve", [
    m.getParameter("adminDelay"),
    timelock,
    m.getParameter<string[]>("guardians"),
    m.getParameter<string[]>("payers"),
    registry,
    m.getParameter("reserveToken"),
  ]);
  const feeRouter = m.contractAt("UsageFeeRouter", m.staticCall(infrastructureReserve, "feeRouter"));

  return { infrastructureReserve, feeRouter };
});
