import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Fees } from "./Fees";
import { Models } from "./Models";

/** The factory that creates the pools. */
export const Market = buildModule("Market", (m) => {
  const { registry } = m.useModule(Models);
  const { feeRouter } = m.useModule(Fees);
  const factory = m.contract("HokusaiAMMFactory", [
    registry,
    m.getParameter("reserveToken"),
    feeRouter,
    m.getParameter("treasury"),
  ]);

  return { factory };
});
