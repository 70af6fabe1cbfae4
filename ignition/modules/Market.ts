import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Fees } from "./Fees";
import { Governance } from "./Governance";
import { Models } from "./Models";

/** What creates the pools. */
export const Market = buildModule("Market", (m) => {
  const { timelock } = m.useModule(Governance);
  const { registry } = m.useModule(Models);
  const { feeRouter } = m.useModule(Fees);
  const factory = m.contract("HokusaiAMMFactory", [
    m.getParameter("adminDelay"),
    timelock,
    m.getParameter<string[]>("guardians"),
    m.getParameter<string[]>("poolCreators"),
    registry,
    m.getParameter("reserveToken"),
    feeRouter,
    m.getParameter("treasury"),
  ]);

  return { factory };
});
