// SPDX-License-Identifier: MIT
// Roles and admins that are not as declared.

import { id, ZeroAddress, ZeroHash } from "ethers";
import { ADMIN_DELAY, HOUR } from "../../../../scripts/dev/world/units";
import { addressOf, entryOf, holderOf, now, pass, send, slotOf, store, STRANGER, time, timelockOf } from "../support";
import {
  type Deviation,
  COMPROMISED,
  PARAMETERS,
  many,
  byAdmin,
  withParameters,
  guardianOf,
  scheduleDelay,
} from "./kinds";

export const roles: readonly Deviation[] = [
  {
    name: "an undeclared guardian",
    deviate: async (world) => {
      const guardians = guardianOf(world);
      await byAdmin(world, "ModelRegistry", "grantRole", [id("GUARDIAN_ROLE"), STRANGER]);
      return {
        wrong: [
          `A2 roles of ModelRegistry: GUARDIAN_ROLE of ModelRegistry is ${many(STRANGER, ...guardians)}, declared ${many(...guardians)}: revoke it from ${STRANGER}, by roles:apply --batch <file>, or change $global.guardians of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "a deployer whom an operator added",
    deviate: async (world) => {
      const { deployers } = world.declared.parameters.Tokens;
      await send(world, holderOf(world, "OPERATOR_ROLE"), "TokenManager", "grantRole", [id("DEPLOYER_ROLE"), STRANGER]);
      return {
        wrong: [
          `A2 roles of TokenManager: DEPLOYER_ROLE of TokenManager is ${many(STRANGER, ...deployers)}, declared ${many(...deployers)}: revoke it from ${STRANGER}, by roles:apply --batch <file>, or change Tokens.deployers of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "a registrar whom the guardian suspended",
    deviate: async (world) => {
      const [registrar] = world.declared.parameters.Models.registrars as [string];
      const guardian = holderOf(world, "GUARDIAN_ROLE");
      await send(world, guardian, "ModelRegistry", "suspendRole", [id("REGISTRAR_ROLE"), registrar]);
      return {
        wrong: [
          `A2 roles of ModelRegistry: REGISTRAR_ROLE of ModelRegistry is nobody, declared ${registrar}: grant it to ${registrar}, by roles:apply --batch <file>, or change Models.registrars of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "another distributor in the parameter file",
    deviate: async (world) => {
      const [distributor] = world.declared.parameters.Tokens.distributors as [string];
      return {
        redeclare: withParameters(({ Tokens }) => ({ Tokens: { ...Tokens, distributors: [STRANGER] } })),
        wrong: [
          `A2 roles of TokenManager: DISTRIBUTOR_ROLE of TokenManager is ${distributor}, declared ${STRANGER}: revoke it from ${distributor} and grant it to ${STRANGER}, by roles:apply --batch <file>, or change Tokens.distributors of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "an operator who renounced the role",
    deviate: async (world) => {
      const operator = holderOf(world, "OPERATOR_ROLE");
      await send(world, operator, "TokenManager", "renounceRole", [id("OPERATOR_ROLE"), operator]);
      return {
        wrong: [
          `A2 roles of TokenManager: OPERATOR_ROLE of TokenManager is nobody, declared ${operator}: grant it to ${operator}, by roles:apply --batch <file>, or change Tokens.operators of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "a role that was lost without an event",
    deviate: async (world) => {
      const [registrar] = world.declared.parameters.Models.registrars as [string];
      const { slot } = slotOf("ModelRegistry", "_roles");
      const members = entryOf(slot, id("REGISTRAR_ROLE"));
      await store(world, addressOf(world, "ModelRegistry"), entryOf(members, registrar), 0n);
      const check = "A2 roles of ModelRegistry";
      return {
        wrong: [
          `${check}: hasRole(REGISTRAR_ROLE, ${registrar}) of ModelRegistry is false, declared true: ${COMPROMISED}`,
          `${check}: REGISTRAR_ROLE of ModelRegistry is nobody, declared ${registrar}: grant it to ${registrar}, by roles:apply --batch <file>, or change Models.registrars of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "another admin of a role",
    deviate: async (world) => {
      const { slot } = slotOf("TokenManager", "_roles");
      const admin = entryOf(slot, id("DISTRIBUTOR_ROLE")) + 1n;
      await store(world, addressOf(world, "TokenManager"), admin, BigInt(id("OPERATOR_ROLE")));
      return {
        wrong: [
          `A2 roles of TokenManager: the role that grants DISTRIBUTOR_ROLE of TokenManager is OPERATOR_ROLE, declared DEFAULT_ADMIN_ROLE: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "an unknown role",
    deviate: async (world) => {
      const role = id("GARDENER_ROLE");
      await byAdmin(world, "TokenManager", "grantRole", [role, STRANGER]);
      return {
        wrong: [
          `A2 roles of TokenManager: ${role} of TokenManager is ${STRANGER}, declared nobody: revoke it from ${STRANGER}`,
        ],
      };
    },
  },
  {
    name: "an admin who is about to change",
    deviate: async (world) => {
      await byAdmin(world, "ModelRegistry", "beginDefaultAdminTransfer", [STRANGER]);
      const from = time((await now(world)) + ADMIN_DELAY);
      return {
        wrong: [
          `A1 admin of ModelRegistry: the next admin of ModelRegistry is ${STRANGER} from ${from}, declared nobody: let the admin call cancelDefaultAdminTransfer`,
        ],
      };
    },
  },
  {
    name: "an admin who has changed",
    deviate: async (world) => {
      await byAdmin(world, "TokenManager", "beginDefaultAdminTransfer", [STRANGER]);
      await pass(world, ADMIN_DELAY + 1n);
      await send(world, STRANGER, "TokenManager", "acceptDefaultAdminTransfer", []);
      const timelock = timelockOf(world);
      return {
        wrong: [
          `A2 roles of TokenManager: DEFAULT_ADMIN_ROLE of TokenManager is ${STRANGER}, declared ${timelock}: revoke it from ${STRANGER} and grant it to ${timelock}`,
          `A1 admin of TokenManager: defaultAdmin of TokenManager is ${STRANGER}, declared ${timelock}: let the present admin hand over to the timelock`,
        ],
      };
    },
  },
  {
    name: "a delay of the admin that is about to change",
    deviate: async (world) => {
      await byAdmin(world, "TokenManager", "changeDefaultAdminDelay", [Number(HOUR)]);
      const from = time((await now(world)) + ADMIN_DELAY - HOUR);
      return {
        wrong: [
          `A1 admin of TokenManager: the next defaultAdminDelay of TokenManager is ${HOUR} from ${from}, declared none: let the admin call rollbackDefaultAdminDelay`,
        ],
      };
    },
  },
  {
    name: "a second proposer of the timelock",
    deviate: async (world) => {
      const { proposers } = world.declared.parameters.Governance;
      await byAdmin(world, "TimelockController", "grantRole", [id("PROPOSER_ROLE"), STRANGER]);
      return {
        wrong: [
          `A2 roles of TimelockController: PROPOSER_ROLE of TimelockController is ${many(STRANGER, ...proposers)}, declared ${many(...proposers)}: revoke it from ${STRANGER}, by roles:apply --batch <file>, or change Governance.proposers of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "a timelock whose operations anybody may execute",
    deviate: async (world) => {
      const { executors } = world.declared.parameters.Governance;
      await byAdmin(world, "TimelockController", "grantRole", [id("EXECUTOR_ROLE"), ZeroAddress]);
      return {
        wrong: [
          `A2 roles of TimelockController: EXECUTOR_ROLE of TimelockController is ${many(ZeroAddress, ...executors)}, declared ${many(...executors)}: revoke it from ${ZeroAddress}, by roles:apply --batch <file>, or change Governance.executors of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "a timelock that an account administers",
    deviate: async (world) => {
      const timelock = timelockOf(world);
      await byAdmin(world, "TimelockController", "grantRole", [ZeroHash, STRANGER]);
      return {
        wrong: [
          `A2 roles of TimelockController: DEFAULT_ADMIN_ROLE of TimelockController is ${many(STRANGER, timelock)}, declared ${timelock}: revoke it from ${STRANGER}`,
        ],
      };
    },
  },
  {
    name: "an operation that the timelock has forgotten",
    deviate: async (world) => {
      const operation = await scheduleDelay(world);
      const timestamps = 1n; // the second variable of OpenZeppelin's TimelockController
      await store(world, timelockOf(world), entryOf(timestamps, operation), 0n);
      return {
        wrong: [
          `operations that wait: operation ${operation} is not pending, declared pending by its events: ${COMPROMISED}`,
        ],
      };
    },
  },
];
