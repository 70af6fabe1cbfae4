import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { ZeroAddress } from "ethers";

/** The timelock, which is every contract's admin from the first block. It administers itself; nobody else ever does. */
export const Governance = buildModule("Governance", (m) => {
  const timelock = m.contract("TimelockController", [
    m.getParameter("adminDelay"),
    m.getParameter<string[]>("proposers"),
    m.getParameter<string[]>("executors"),
    ZeroAddress,
  ]);

  return { timelock };
});
