import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Models } from "./Models";

/** The contracts that take usage fees and keep the infrastructure share. */
export const Fees = buildModule("Fees", (m) => {
  const { registry } = m.useModule(Models);
  const infrastructureReserve = m.contract("InfrastructureReserve", [registry, m.getParameter("reserveToken")]);
  const feeRouter = m.contractAt("UsageFeeRouter", m.staticCall(infrastructureReserve, "feeRouter"));

  return { infrastructureReserve, feeRouter };
});
