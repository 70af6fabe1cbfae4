import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Models } from "./Models";

/** What takes usage fees, and keeps their infrastructure share. */
export const Fees = buildModule("Fees", (m) => {
  const { registry } = m.useModule(Models);
  const infrastructureReserve = m.contract("InfrastructureReserve", [registry, m.getParameter("reserveToken")]);
  const feeRouter = m.contractAt("UsageFeeRouter", m.staticCall(infrastructureReserve, "feeRouter"));

  return { infrastructureReserve, feeRouter };
});
