import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { Governance } from "./Governance";
import { Models } from "./Models";

/**
 * The TokenManager, which deploys model tokens and mints their supplier and reward allocations, and the distributor, which holds rewards of
 * many contributors.
 */
export const Tokens = buildModule("Tokens", (m) => {
  const { timelock } = m.useModule(Governance);
  const { registry } = m.useModule(Models);
  const tokenManager = m.contract("TokenManager", [
    m.getParameter("adminDelay"),
    timelock,
    m.getParameter<string[]>("guardians"),
    m.getParameter<string[]>("operators"),
    m.getParameter<string[]>("deployers"),
    m.getParameter<string[]>("distributors"),
    registry,
  ]);

  const rewardDistributor = m.contractAt("RewardDistributor", m.staticCall(tokenManager, "distributor"));

  return { tokenManager, rewardDistributor };
});
