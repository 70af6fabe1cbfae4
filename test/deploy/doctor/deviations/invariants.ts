// SPDX-License-Identifier: MIT
// Invariants that do not hold.

import { addressOf, entryOf, load, MODEL, send, slotOf, store, STRANGER, type World } from "../support";
import { type Deviation, COMPROMISED, tamper, tamperEntry } from "./kinds";

export const invariants: readonly Deviation[] = [
  {
    name: "S1: a supply above its caps",
    deviate: async (world) => {
      const cap = 1_100_000n * 10n ** 18n;
      const before = await load(world, world.model.token, slotOf("ModelToken", "_totalSupply").slot);
      await tamper(world, "ModelToken", "_totalSupply", () => cap + 1n);
      const issued = 599_000n * 10n ** 18n;
      return {
        wrong: [
          `S1 supply is within the caps: totalSupply of ${MODEL} is ${cap + 1n}, declared at most ${cap}: ${COMPROMISED}`,
          `S2 supply is the sum of its buckets: totalSupply of ${MODEL} is ${cap + 1n}, declared ${before}: ${COMPROMISED}`,
          `S5 the pool's issue is within its bucket: remainingInvestorAllocation of ${MODEL} is no answer, declared ${600_000n * 10n ** 18n - issued}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "S2: a supply that is larger than its buckets",
    deviate: async (world) => {
      const before = await load(world, world.model.token, slotOf("ModelToken", "_totalSupply").slot);
      await tamper(world, "ModelToken", "_totalSupply", (supply) => supply + 1n);
      const remaining = 1_000n * 10n ** 18n;
      return {
        wrong: [
          `S2 supply is the sum of its buckets: totalSupply of ${MODEL} is ${before + 1n}, declared ${before}: ${COMPROMISED}`,
          `S5 the pool's issue is within its bucket: remainingInvestorAllocation of ${MODEL} is ${remaining - 1n}, declared ${remaining}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "S3: a supplier allocation that can be minted again",
    deviate: async (world) => {
      const { file } = (await world.declared.modelFile(world.model.key))!;
      const [minted, bucket] = [4_940n * 10n ** 18n, 100_000n * 10n ** 18n];
      const check = "S4 rewards are within their bucket, and none was minted but by a release";
      await tamper(world, "ModelToken", "_capWord", (value) => value & ~(1n << 160n));
      const { supplierAllocation: allocation } = file;
      return {
        wrong: [
          `S3 launches and supplier allocations: isSupplierMinted of ${MODEL} is false, declared true: ${COMPROMISED}`,
          `${check}: rewardsMinted of ${MODEL} is ${minted + allocation}, declared ${minted}: ${COMPROMISED}`,
          `${check}: rewardsMinted of ${MODEL} is ${minted + allocation}, declared at most ${bucket}: ${COMPROMISED}`,
          `R3 rewards taken are minted, or wait, or are void: rewards taken of ${MODEL} is ${minted}, declared ${minted + allocation}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "R3: a remainder of the rewards that is one unit too large",
    deviate: async (world) => {
      const shift = 88n;
      const remaining = 95_060n * 10n ** 18n;
      await tamperEntry(world, 1n, (word) => word + (1n << shift));
      return {
        wrong: [
          `A4 views are what the events say: rewardsRemaining of ${MODEL} is ${remaining + 1n}, declared ${remaining}: ${COMPROMISED}`,
          `R3 rewards taken are minted, or wait, or are void: rewards taken of ${MODEL} is ${100_000n * 10n ** 18n - remaining - 1n}, declared ${100_000n * 10n ** 18n - remaining}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "S5: a pool that has issued more than its allocation",
    deviate: async (world) => {
      const extra = 2_000n * 10n ** 18n;
      await tamper(world, "HokusaiAMM", "_curveSupply", (supply) => supply + extra);
      const issued = 599_000n * 10n ** 18n + extra;
      const cap = 600_000n * 10n ** 18n;
      const supply = await load(world, world.model.token, slotOf("ModelToken", "_totalSupply").slot);
      return {
        wrong: [
          `S2 supply is the sum of its buckets: totalSupply of ${MODEL} is ${supply}, declared ${supply + extra}: ${COMPROMISED}`,
          `S5 the pool's issue is within its bucket: netIssued of ${MODEL} is ${issued}, declared at most ${cap}: ${COMPROMISED}`,
          `S5 the pool's issue is within its bucket: remainingInvestorAllocation of ${MODEL} is ${cap - issued + extra}, declared ${cap - issued}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "P1: a pool that is short of one unit",
    deviate: async (world) => {
      const { pool } = world.model;
      const needed = await balanceOf(world, pool); // trade fees were collected: not a unit is to spare
      await send(world, pool, "ReserveToken", "transfer", [STRANGER, 1n]);
      return {
        wrong: [
          `P1 pools hold their reserve and stream: the reserve balance of the pool of ${MODEL} is ${needed - 1n}, declared at least ${needed}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "F3: an infrastructure reserve that is short of one unit",
    deviate: async (world) => {
      const reserve = addressOf(world, "InfrastructureReserve");
      const owed = await balanceOf(world, reserve);
      await send(world, reserve, "ReserveToken", "transfer", [STRANGER, 1n]);
      return {
        wrong: [
          `F3 the infrastructure reserve holds what it owes: the reserve balance of the InfrastructureReserve is ${owed - 1n}, declared at least ${owed}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "F3: a balance without a fee behind it",
    deviate: async (world) => {
      const owed = await balanceOf(world, addressOf(world, "InfrastructureReserve"));
      const { slot } = slotOf("InfrastructureReserve", "_accounts");
      await store(
        world,
        addressOf(world, "InfrastructureReserve"),
        entryOf(slot, world.model.key),
        (owed + 1n) | (1n << 248n), // listed among those that are owed something
      );
      return {
        wrong: [
          `A4 views are what the events say: balance in the InfrastructureReserve of ${MODEL} is ${owed + 1n}, declared ${owed}: ${COMPROMISED}`,
          `F3 the infrastructure reserve holds what it owes: InfrastructureReserve.totalOwed is ${owed + 1n}, declared ${owed}: ${COMPROMISED}`,
        ],
      };
    },
  },
];

/** Reserve tokens of an account. */
async function balanceOf(world: World, holder: string): Promise<bigint> {
  const balances = 0n; // the first variable of OpenZeppelin's ERC20
  return load(world, addressOf(world, "ReserveToken"), entryOf(balances, holder));
}
