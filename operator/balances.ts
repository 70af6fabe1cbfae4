// SPDX-License-Identifier: MIT
// What the accounts of the service have, for whoever watches it: they are filled up by people.

import { formatEther, formatUnits } from "ethers";
import { RESERVE_DECIMALS } from "../sdk/base/units";
import type { DeployedContracts } from "../sdk/client/connect";
import type { PatientProvider } from "./rpc";
import type { Telemetry } from "./telemetry";

/** The shortest time between two reads of the balances, in milliseconds. */
const SELDOM = 60_000;

/** The contracts through which the fee account pays. */
export type FeePurse = Pick<DeployedContracts, "feeRouter" | "reserveToken">;

/** The most that the router can take from an account, in reserve units. */
export async function fundsOf({ feeRouter, reserveToken }: FeePurse, account: string): Promise<bigint> {
  const balance = await reserveToken.balanceOf(account);
  const allowance = await reserveToken.allowance(account, feeRouter.target);
  return balance < allowance ? balance : allowance;
}

/** Measures the ether of every account, and what the fee account can pay. */
export class WatchedBalances {
  private readAt = -Infinity;

  constructor(
    private readonly provider: PatientProvider,
    private readonly telemetry: Telemetry,
    private readonly accounts: readonly string[],
    private readonly fees: { readonly purse: FeePurse; readonly account: string } | undefined,
  ) {}

  /** Reads the balances, unless they were read recently. */
  async advance(): Promise<void> {
    if (Date.now() - this.readAt < SELDOM) return;
    const { provider, telemetry, fees } = this;
    const balances = await Promise.all(this.accounts.map(async (account) => provider.getBalance(account)));
    for (const [index, account] of this.accounts.entries())
      telemetry.set("balance_ether", Number(formatEther(balances[index] ?? 0n)), { account });
    if (fees) {
      const funds = await fundsOf(fees.purse, fees.account);
      telemetry.set("fee_funds_usdc", Number(formatUnits(funds, RESERVE_DECIMALS)), { account: fees.account });
    }
    this.readAt = Date.now();
  }
}
