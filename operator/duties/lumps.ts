// SPDX-License-Identifier: MIT
// Warns of deposits that pay whoever buys in their block and sells a day later. A record is paid whole and once, and all of a day
// flows to whoever holds for that day: to pay it in parts would help nobody. Small records, posted often, do.

import type { HokusaiAMM, UsageFeeRouter } from "../../.build/typechain";
import { formatReserve } from "../../sdk/base/units";
import { bestPurchase, gainOf, readLumps, readPurchase } from "../../sdk/market/lump";
import { Stopped } from "../rpc";
import type { Tools } from "./duty";

/** How many models are examined at once. */
const AT_ONCE = 8;

/** A deposit for a model: the model's key and published id, and reserve units. */
export interface PlannedDeposit {
  readonly model: string;
  readonly modelId: string;
  readonly amount: bigint;
}

/** Examines planned deposits for lumps. */
export class LumpWatch {
  constructor(
    private readonly tools: Tools,
    private readonly router: UsageFeeRouter,
  ) {}

  /** Warns about each model whose deposits together exceed what its pool can take at once. Never delays a deposit. */
  async look(deposits: readonly PlannedDeposit[]): Promise<void> {
    const sums = new Map<string, PlannedDeposit>();
    for (const deposit of deposits) {
      const amount = (sums.get(deposit.model)?.amount ?? 0n) + deposit.amount;
      sums.set(deposit.model, { ...deposit, amount });
    }
    const all = [...sums.values()];
    for (let start = 0; start < all.length; start += AT_ONCE) {
      await Promise.all(all.slice(start, start + AT_ONCE).map(async (deposit) => this.lookAt(deposit)));
    }
  }

  private async lookAt(deposit: PlannedDeposit): Promise<void> {
    try {
      await this.compare(deposit);
    } catch (error) {
      if (error instanceof Stopped) throw error; // for any other error, such as paused buys, nobody can buy
    }
  }

  private async compare({ model, modelId, amount }: PlannedDeposit): Promise<void> {
    const { hre, telemetry } = this.tools;
    const [, poolAmount] = await this.router.quoteSplit(model, amount);
    const registry = await hre.ethers.getContractAt("ModelRegistry", await this.router.registry());
    const pool: HokusaiAMM = await hre.ethers.getContractAt("HokusaiAMM", await registry.poolOf(model));
    const lumps = await readLumps(pool);
    if (lumps === undefined) return;
    const lump = poolAmount + (await pool.pendingStream());
    if (lump <= lumps.breakEven) return;
    const best = bestPurchase(await readPurchase(pool, await pool.remainingInvestorAllocation()), lump);
    telemetry.count("fee_lumps_total");
    telemetry.log("warn", "lump of fees", {
      duty: "fees",
      model: modelId,
      deposit: formatReserve(poolAmount),
      streams: formatReserve(lump),
      breakEven: formatReserve(lumps.breakEven),
      harmless: formatReserve(lumps.harmless),
      reason: `whoever buys now for ${formatReserve(best.after - best.before)} USDC and sells in a day takes ${formatReserve(gainOf(best, lump))} USDC: post smaller records, more often`,
    });
  }
}
