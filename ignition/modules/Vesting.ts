import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

const DURATION = 365 * 86_400;

/** Name of the module that holds a model's vesting wallet; `key` is the model's key on chain. */
export function vestingModuleId(key: string): string {
  return `Vesting_${key}`;
}

/** The wallet that releases a model's supplier allocation to its beneficiary, evenly over a year. */
export function vestingOf(key: string) {
  return buildModule(vestingModuleId(key), (m) => ({
    wallet: m.contract("VestingWallet", [m.getParameter("beneficiary"), m.getParameter("start"), DURATION]),
  }));
}
