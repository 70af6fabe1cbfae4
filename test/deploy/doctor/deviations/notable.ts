// SPDX-License-Identifier: MIT
// What is shown and does not fail.

import { id } from "ethers";
import { ADMIN_DELAY, DAY, HOUR } from "../../../../scripts/dev/world/units";
import { addressOf, holderOf, MODEL, now, OTHER, pass, send, STRANGER, time, type World } from "../support";
import { type Notable, byAdmin, holderAs, scheduleDelay } from "./kinds";

/** What is said of a pause of one day that has just begun. */
async function pausedForADay(world: World): Promise<string> {
  const begin = await now(world);
  return `paused until ${time(begin + DAY)}; the guardians have 6 d 0 h of 7 d 0 h left, whole at ${time(begin + 6n * DAY)}`;
}

/** What is shown and does not fail. */
export const NOTABLE: readonly Notable[] = [
  {
    name: "an operation that waits",
    prepare: async (world) => {
      const operation = await scheduleDelay(world);
      const ready = time((await now(world)) + ADMIN_DELAY);
      return [
        `operations that wait: operation ${operation}: TimelockController.updateDelay(${HOUR}); ready at ${ready}; a canceller can call cancel`,
      ];
    },
  },
  {
    name: "an operation that can be executed",
    prepare: async (world) => {
      const operation = await scheduleDelay(world);
      const ready = time((await now(world)) + ADMIN_DELAY);
      await pass(world, ADMIN_DELAY);
      return [
        `operations that wait: operation ${operation}: TimelockController.updateDelay(${HOUR}); ready since ${ready}; a canceller can call cancel`,
      ];
    },
  },
  {
    name: "nothing of an operation that was cancelled",
    prepare: async (world) => {
      const operation = await scheduleDelay(world);
      await send(world, holderOf(world, "CANCELLER_ROLE"), "TimelockController", "cancel", [operation]);
      return [];
    },
  },
  {
    name: "a pause of improvements",
    prepare: async (world) => {
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "ModelRegistry", "pauseSubmissions", [DAY]);
      return [
        `G1 launches and improvements: improvements: ${await pausedForADay(world)}; the admin can call resumeSubmissions`,
      ];
    },
  },
  {
    name: "a pause of launches",
    prepare: async (world) => {
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "TokenManager", "pauseLaunches", [DAY]);
      return [
        `G1 launches and improvements: launches: ${await pausedForADay(world)}; the admin can call resumeLaunches`,
      ];
    },
  },
  {
    name: "a pause of buys",
    prepare: async (world) => {
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "HokusaiAMMFactory", "pauseBuys", [world.model.key, DAY]);
      return [`G1 buys: buys of ${MODEL}: ${await pausedForADay(world)}; the admin can call resumeBuys`];
    },
  },
  {
    name: "what is left of the guardians' budget after a pause of buys has ended",
    prepare: async (world) => {
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "HokusaiAMMFactory", "pauseBuys", [world.model.key, DAY]);
      const begin = await now(world);
      await pass(world, 3n * DAY);
      return [
        `G1 buys: buys of ${MODEL}: was paused until ${time(begin + DAY)}; the guardians have 6 d 12 h of 7 d 0 h left, whole at ${time(begin + 6n * DAY)}`,
      ];
    },
  },
  {
    name: "nothing of a pause whose budget has come back",
    prepare: async (world) => {
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "HokusaiAMMFactory", "pauseBuys", [world.model.key, DAY]);
      await pass(world, 6n * DAY);
      return [];
    },
  },
  {
    name: "nothing of a pause that the admin ended after a second",
    prepare: async (world) => {
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "TokenManager", "pauseLaunches", [7n * DAY]);
      await byAdmin(world, "TokenManager", "resumeLaunches", []);
      await pass(world, 6n * HOUR);
      return [];
    },
  },
  {
    name: "pool terms of a former governor that block the creation of a pool",
    prepare: async (world) => {
      await propose(world);
      const fixed = [id("proposed"), id("terms")];
      await send(world, OTHER, "HokusaiAMMFactory", "setPoolTerms", fixed);
      await send(world, OTHER, "ModelRegistry", "proposeGovernor", [id("proposed"), STRANGER]);
      await send(world, STRANGER, "ModelRegistry", "acceptGovernor", [id("proposed")]);
      return [
        "S3 launches and supplier allocations: launch of proposed: PROPOSAL; a registrar can run model:register, for a multisig with --batch <file>",
        "H1 terms of pools are the present governor's: terms of the pool of proposed: fixed by the governor of generation 0, the present one is of generation 1; no pool can be created until the present governor sets or clears them by setPoolTerms",
      ];
    },
  },
  {
    name: "a parameter that will change",
    prepare: async (world) => {
      const { governor, model } = world;
      await send(world, governor, "ModelRegistry", "setInfrastructureAccrual", [model.key, 6_000n]);
      const from = time((await now(world)) + 2n * DAY);
      return [
        `changes under way: infrastructureAccrualBps of ${MODEL}: 6000 from ${from}; its governor or a guardian can call cancelChange`,
      ];
    },
  },
  {
    name: "a governor who was proposed",
    prepare: async (world) => {
      await send(world, world.governor, "ModelRegistry", "proposeGovernor", [world.model.key, STRANGER]);
      const from = time(await now(world));
      return [
        `changes under way: governor of ${MODEL}: ${STRANGER} may accept; from ${from}; the present one can propose another`,
      ];
    },
  },
  {
    name: "an owner who was proposed",
    prepare: async (world) => {
      const owner = holderAs(world, `owner of ${MODEL}`);
      await send(world, owner, "ModelRegistry", "proposeOwner", [world.model.key, STRANGER]);
      return [`changes under way: owner of ${MODEL}: ${STRANGER} may accept; the present one can propose another`];
    },
  },
  {
    name: "a daily limit that the admin has set",
    prepare: async (world) => {
      await byAdmin(world, "ModelRegistry", "setDailyLimit", [world.model.key, 800n]);
      return [`V4 daily limits: daily limit of ${MODEL}: 800 bps; the admin set it; the default is 1000`];
    },
  },
  {
    name: "a model that is only proposed",
    prepare: async (world) => {
      await propose(world);
      return [
        `S3 launches and supplier allocations: launch of proposed: PROPOSAL; a registrar can run model:register, for a multisig with --batch <file>`,
      ];
    },
  },
  {
    name: "a model that is only registered",
    prepare: async (world) => {
      await propose(world);
      const { benchmark } = (await world.declared.modelFile(world.model.key))!.file;
      const own = { ...benchmark, method: addressOf(world, "OracleAttestation") };
      await send(world, holderOf(world, "REGISTRAR_ROLE"), "ModelRegistry", "registerModel", [id("proposed"), own]);
      const check = "S3 launches and supplier allocations";
      return [
        `${check}: supplier allocation of proposed: not distributed; a distributor can run model:distribute, for a multisig with --batch <file>`,
        `${check}: launch of proposed: REGISTERED; a pool creator can run pool:create, for a multisig with --batch <file>`,
      ];
    },
  },
];

/** A second model, of which there is no file. */
async function propose(world: World): Promise<void> {
  const terms = [100n * 10n ** 18n, 1_000n, 0n, id("licence"), "ipfs://licence", OTHER];
  const allocation = 10n ** 24n;
  const launch = ["proposed", "Proposed", "PROP", allocation, OTHER, allocation, terms];
  await send(world, holderOf(world, "DEPLOYER_ROLE"), "TokenManager", "deployTokenWithAllocations", launch);
}
