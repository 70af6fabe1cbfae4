// SPDX-License-Identifier: MIT
// Parameters that are not as declared.

import { expect } from "chai";
import { toBeHex } from "ethers";
import { ADMIN_DELAY, HOUR } from "../../../../scripts/dev/world/units";
import { addressOf, codeOf, entryOf, holderOf, send, slotOf, store, STRANGER } from "../support";
import {
  type Deviation,
  COMPROMISED,
  OTHER_IMMUTABLE,
  PARAMETERS,
  many,
  byAdmin,
  withParameters,
  tamper,
  administered,
} from "./kinds";

export const parameters: readonly Deviation[] = [
  {
    name: "another declared delay",
    deviate: async (world) => {
      const [actual, declared] = [Number(ADMIN_DELAY), Number(ADMIN_DELAY) + 1];
      const update = `let the timelock call updateDelay, or change $global.adminDelay of ${PARAMETERS}`;
      return {
        redeclare: withParameters(({ $global }) => ({ $global: { ...$global, adminDelay: declared } })),
        wrong: [
          `A3 delay of the timelock: TimelockController.getMinDelay is ${actual}, declared ${declared}: ${update}`,
          ...administered(world).map(
            (contract) =>
              `A1 admin of ${contract}: defaultAdminDelay of ${contract} is ${actual}, declared ${declared}: let the admin call changeDefaultAdminDelay, by roles:apply --batch <file>`,
          ),
        ],
      };
    },
  },
  {
    name: "a timelock with a shorter delay",
    deviate: async (world) => {
      await byAdmin(world, "TimelockController", "updateDelay", [HOUR]);
      return {
        wrong: [
          `A3 delay of the timelock: TimelockController.getMinDelay is ${HOUR}, declared ${ADMIN_DELAY}: let the timelock call updateDelay, or change $global.adminDelay of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "another declared payout delay",
    deviate: async (world) => {
      const { payoutDelay } = world.declared.parameters.Models;
      const declared = payoutDelay + 1;
      const registry = addressOf(world, "ModelRegistry");
      const [actualWord, otherWord] = [toBeHex(payoutDelay, 32), toBeHex(declared, 32)];
      expect(await codeOf(world, registry)).to.contain(actualWord.slice(2));
      return {
        redeclare: withParameters(({ Models }) => ({ Models: { ...Models, payoutDelay: declared } })),
        wrong: [
          `code of ModelRegistry: the immutable payoutDelay of ModelRegistry is ${actualWord}, declared ${otherWord}: ${OTHER_IMMUTABLE}`,
          `R1 delay of payouts: ModelRegistry.payoutDelay is ${payoutDelay}, declared ${declared}: change Models.payoutDelay of ${PARAMETERS}: the registry's cannot change`,
        ],
      };
    },
  },
  {
    name: "another treasury on chain",
    deviate: async (world) => {
      await byAdmin(world, "HokusaiAMMFactory", "setTreasury", [STRANGER]);
      const declared = world.declared.parameters.Market.treasury;
      return {
        wrong: [
          `treasury: HokusaiAMMFactory.treasury is ${STRANGER}, declared ${declared}: let the admin call setTreasury, by roles:apply --batch <file>, or change Market.treasury of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "another treasury in the parameter file",
    deviate: async (world) => {
      const actual = world.declared.parameters.Market.treasury;
      return {
        redeclare: withParameters(({ Market }) => ({ Market: { ...Market, treasury: STRANGER } })),
        wrong: [
          `treasury: HokusaiAMMFactory.treasury is ${actual}, declared ${STRANGER}: let the admin call setTreasury, by roles:apply --batch <file>, or change Market.treasury of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "an attester whom the guardian removed",
    deviate: async (world) => {
      const { attesters } = world.declared.parameters.Methods;
      const [removed, ...others] = attesters as [string, ...string[]];
      await send(world, holderOf(world, "GUARDIAN_ROLE"), "OracleAttestation", "removeAttester", [removed]);
      return {
        wrong: [
          `V6 attesters and their threshold: OracleAttestation.attesters is ${many(...others)}, declared ${many(...attesters)}: let the admin add or remove attesters, by roles:apply --batch <file>, or change Methods.attesters of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "an undeclared attester",
    deviate: async (world) => {
      const { attesters } = world.declared.parameters.Methods;
      await byAdmin(world, "OracleAttestation", "addAttester", [STRANGER]);
      return {
        wrong: [
          `V6 attesters and their threshold: OracleAttestation.attesters is ${many(STRANGER, ...attesters)}, declared ${many(...attesters)}: let the admin add or remove attesters, by roles:apply --batch <file>, or change Methods.attesters of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "an attester who was removed without an event",
    deviate: async (world) => {
      const { slot } = slotOf("OracleAttestation", "isAttester");
      const [attester] = world.declared.parameters.Methods.attesters as [string];
      await store(world, addressOf(world, "OracleAttestation"), entryOf(slot, attester), 0n);
      const others = world.declared.parameters.Methods.attesters.slice(1);
      const check = "V6 attesters and their threshold";
      return {
        wrong: [
          `${check}: OracleAttestation.isAttester(${attester}) is false, declared true: ${COMPROMISED}`,
          `${check}: OracleAttestation.attesters is ${many(...others)}, declared ${many(attester, ...others)}: let the admin add or remove attesters, by roles:apply --batch <file>, or change Methods.attesters of ${PARAMETERS}`,
          `${check}: OracleAttestation.attesterCount is 3, declared 2: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a lower threshold",
    deviate: async (world) => {
      await byAdmin(world, "OracleAttestation", "setThreshold", [1n]);
      return {
        wrong: [
          `V6 attesters and their threshold: OracleAttestation.threshold is 1, declared 2: let the admin call setThreshold, by roles:apply --batch <file>, or change Methods.threshold of ${PARAMETERS}`,
        ],
      };
    },
  },
  {
    name: "an epoch that was set back",
    deviate: async (world) => {
      await tamper(world, "OracleAttestation", "epoch", () => 0n);
      return {
        wrong: [`V6 attesters and their threshold: OracleAttestation.epoch is 0, declared 1: ${COMPROMISED}`],
      };
    },
  },
  {
    name: "an undeclared method",
    deviate: async (world) => {
      await byAdmin(world, "ModelRegistry", "setMethodAccess", [STRANGER, 1n]);
      return {
        wrong: [
          `M1 access to verification methods: ModelRegistry.methodAccessOf(${STRANGER}) is ADMIN, declared NONE: let the admin call setMethodAccess`,
        ],
      };
    },
  },
  {
    name: "attestations that are not allowed any more",
    deviate: async (world) => {
      const method = addressOf(world, "OracleAttestation");
      await byAdmin(world, "ModelRegistry", "setMethodAccess", [method, 0n]);
      return {
        wrong: [
          `M1 access to verification methods: ModelRegistry.methodAccessOf(${method}) is NONE, declared REGISTRAR: let the admin call setMethodAccess`,
        ],
      };
    },
  },
  {
    name: "another verifier",
    deviate: async (world) => {
      await byAdmin(world, "ModelRegistry", "setVerifier", [STRANGER]);
      const declared = addressOf(world, "DeltaOneVerifier");
      return {
        wrong: [
          `address book: ModelRegistry.verifier is ${STRANGER}, declared ${declared}: let the admin set the declared verifier, or write the deployment's journal again with the present one`,
        ],
      };
    },
  },
  {
    name: "another factory in the address book",
    deviate: async (world) => {
      await tamper(world, "ModelRegistry", "factory", () => BigInt(STRANGER));
      const declared = addressOf(world, "HokusaiAMMFactory");
      return {
        wrong: [
          `address book: ModelRegistry.factory is ${STRANGER}, declared ${declared}: stop using the registry: it was wired to other contracts`,
          `address book: ModelRegistry.factory by its events is ${declared}, declared ${STRANGER}: ${COMPROMISED}`,
        ],
      };
    },
  },
];
