// SPDX-License-Identifier: MIT
// Models that are not as their events or files say.

import { id } from "ethers";
import { DAY, USDC } from "../../../../scripts/dev/world/units";
import { addressOf, MODEL, OTHER, pass, send, STRANGER } from "../support";
import { type Deviation, COMPROMISED, MODEL_FILE, byAdmin, withFile, tamper, holderAs, tamperEntry } from "./kinds";

export const models: readonly Deviation[] = [
  {
    name: "another token in the registry",
    deviate: async (world) => {
      const { token } = world.model;
      await tamperEntry(world, 0n, (entry) => ((entry >> 160n) << 160n) | BigInt(STRANGER));
      const check = "registry, token and pool know each other";
      return {
        wrong: [
          `${check}: the registry's token of ${MODEL} is ${STRANGER}, declared ${token}: ${COMPROMISED}`,
          `${check}: the TokenManager's token of ${MODEL} is ${STRANGER}, declared ${token}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a governor of another generation",
    deviate: async (world) => {
      const generation = 160n;
      await tamperEntry(world, 9n, (word) => word + (1n << generation));
      return {
        wrong: [
          `A4 views are what the events say: generation of the governor of ${MODEL} is 1, declared 0: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a target without an event",
    deviate: async (world) => {
      const target = 200n;
      await tamperEntry(world, 0n, (word) => word + (9_999n << target));
      return {
        wrong: [`A4 views are what the events say: targetScore of ${MODEL} is 9999, declared 0: ${COMPROMISED}`],
      };
    },
  },
  {
    name: "another pool in the registry",
    deviate: async (world) => {
      const { pool } = world.model;
      await tamperEntry(world, 3n, (usage) => ((usage >> 160n) << 160n) | BigInt(STRANGER));
      const check = "registry, token and pool know each other";
      return {
        wrong: [
          `${check}: the registry's pool of ${MODEL} is ${STRANGER}, declared ${pool}: ${COMPROMISED}`,
          `${check}: the factory's pool of ${MODEL} is ${STRANGER}, declared ${pool}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "another pool that may mint the token",
    deviate: async (world) => {
      await tamper(world, "ModelToken", "_capWord", (value) => ((value >> 160n) << 160n) | BigInt(STRANGER));
      return {
        wrong: [
          `registry, token and pool know each other: the token's pool of ${MODEL} is ${STRANGER}, declared ${world.model.pool}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a pool that the factory counts but nobody has created",
    deviate: async (world) => {
      await tamper(world, "HokusaiAMMFactory", "poolCount", () => 2n);
      return {
        wrong: [
          `registry, token and pool know each other: HokusaiAMMFactory.poolCount is 2, declared 1: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a status without an event",
    deviate: async (world) => {
      await tamperEntry(world, 0n, (entry) => entry ^ (1n << 160n)); // DEPLOYED becomes REGISTERED
      return {
        wrong: [
          `A4 views are what the events say: status of ${MODEL} is REGISTERED, declared DEPLOYED: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a score without an event",
    deviate: async (world) => {
      const shift = 184n;
      await tamperEntry(world, 1n, (word) => word ^ (1n << shift));
      const score = 7_988n;
      return {
        wrong: [
          `A4 views are what the events say: score of ${MODEL} is ${score ^ 1n}, declared ${score}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a daily limit without an event",
    deviate: async (world) => {
      const shift = 200n;
      await tamperEntry(world, 1n, (word) => word ^ (1n << shift));
      return {
        wrong: [`A4 views are what the events say: dailyLimitBps of ${MODEL} is 1001, declared 1000: ${COMPROMISED}`],
      };
    },
  },
  {
    name: "an owner without an event",
    deviate: async (world) => {
      const owner = holderAs(world, `owner of ${MODEL}`);
      await tamperEntry(world, 8n, (word) => ((word >> 160n) << 160n) | BigInt(STRANGER));
      return {
        wrong: [
          `A4 views are what the events say: owner of ${MODEL} is ${STRANGER}, declared ${owner}: ${COMPROMISED}`,
        ],
      };
    },
  },
  {
    name: "a governor after a handover",
    deviate: async (world) => {
      const { governor, model } = world;
      await send(world, governor, "ModelRegistry", "proposeGovernor", [model.key, STRANGER]);
      await send(world, STRANGER, "ModelRegistry", "acceptGovernor", [model.key]);
      return {
        wrong: [
          `models are as their files say: governor of ${MODEL} is ${STRANGER}, declared ${governor}: ${MODEL_FILE}`,
        ],
      };
    },
  },
  {
    name: "a price that the governor raised",
    deviate: async (world) => {
      const { governor, model } = world;
      await send(world, governor, "ModelRegistry", "setPricePerThousandCalls", [model.key, 26n * USDC]);
      return {
        wrong: [
          `models are as their files say: pricePerThousandCalls of ${MODEL} is ${26n * USDC}, declared ${25n * USDC}: ${MODEL_FILE}`,
        ],
      };
    },
  },
  {
    name: "a reward rate that took effect",
    deviate: async (world) => {
      const { governor, model } = world;
      const rate = 10n ** 18n;
      await send(world, governor, "ModelRegistry", "setTokensPerDeltaOne", [model.key, 900n * rate]);
      await pass(world, 2n * DAY + 1n);
      return {
        wrong: [
          `models are as their files say: tokensPerDeltaOne of ${MODEL} is ${900n * rate}, declared ${1_000n * rate}: ${MODEL_FILE}`,
        ],
      };
    },
  },
  {
    name: "another licence",
    deviate: async (world) => {
      const { governor, model, declared } = world;
      const { file } = (await declared.modelFile(model.key))!;
      await send(world, governor, "ModelRegistry", "setLicense", [model.key, id("other"), "ipfs://other"]);
      const check = "models are as their files say";
      return {
        wrong: [
          `${check}: licenseHash of ${MODEL} is ${id("other")}, declared ${file.licenseHash}: ${MODEL_FILE}`,
          `${check}: licenseURI of ${MODEL} is ipfs://other, declared ${file.licenseURI}: ${MODEL_FILE}`,
        ],
      };
    },
  },
  {
    name: "a replaced benchmark",
    deviate: async (world) => {
      const { model, declared } = world;
      const { benchmark } = (await declared.modelFile(model.key))!.file;
      const other = { ...benchmark, specHash: id("other"), method: addressOf(world, "OracleAttestation") };
      await byAdmin(world, "ModelRegistry", "replaceBenchmark", [model.key, other]);
      const check = "models are as their files say";
      return {
        wrong: [`${check}: specHash of ${MODEL} is ${id("other")}, declared ${benchmark.specHash}: ${MODEL_FILE}`],
      };
    },
  },
  ...(
    [
      ["name", "Credit Default Model"],
      ["symbol", "CRDEF"],
    ] as const
  ).map(([name, actual]) => ({
    name: `another ${name} in the model file`,
    deviate: async () => ({
      redeclare: withFile(() => ({ [name]: "Other" })),
      wrong: [`models are as their files say: ${name} of ${MODEL} is ${actual}, declared Other: ${MODEL_FILE}`],
    }),
  })),
  {
    name: "another allocation in the model file",
    deviate: async () => ({
      redeclare: withFile(() => ({ investorAllocation: 1n })),
      wrong: [
        `models are as their files say: investorAllocation of ${MODEL} is ${600_000n * 10n ** 18n}, declared 1: ${MODEL_FILE}`,
      ],
    }),
  },
  {
    name: "other terms of the pool in the model file",
    deviate: async () => ({
      redeclare: withFile(({ pool }) => ({ pool: { ...pool, tradeFee: 31n, initialPrice: 1n } })),
      wrong: [
        `models are as their files say: tradeFee of ${MODEL} is 30, declared 31: ${MODEL_FILE}`,
        `models are as their files say: initialPrice of ${MODEL} is 10000, declared 1: ${MODEL_FILE}`,
      ],
    }),
  },
  {
    name: "another beneficiary in the model file",
    deviate: async ({ declared, model }) => {
      const { recipient } = (await declared.modelFile(model.key))!.file;
      const actual = recipient.kind === "vesting" ? recipient.beneficiary : recipient.account;
      return {
        redeclare: withFile(() => ({ recipient: { kind: "vesting", beneficiary: STRANGER } })),
        wrong: [
          `models are as their files say: beneficiary of ${MODEL} is ${actual}, declared ${STRANGER}: ${MODEL_FILE}`,
        ],
      };
    },
  },
  {
    name: "an account as recipient in the model file",
    deviate: async (world) => ({
      redeclare: withFile(() => ({ recipient: { kind: "account", account: OTHER } })),
      wrong: [
        `models are as their files say: recipient of ${MODEL} is ${holderAs(world, `owner of ${MODEL}`)}, declared ${OTHER}: ${MODEL_FILE}`,
      ],
    }),
  },
];
