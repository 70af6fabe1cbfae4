// SPDX-License-Identifier: MIT
// Code that is not what was built.

import { keccak256, toBeHex } from "ethers";
import {
  addressOf,
  codeOf,
  flipEnd,
  maskedHashOf,
  MODEL,
  setCode,
  STRANGER,
  withImmutable,
  type World,
} from "../support";
import { type Deviation, COMPROMISED, OTHER_BUILD, OTHER_IMMUTABLE, word, holderAs } from "./kinds";

export const code: readonly Deviation[] = [
  ...["ModelRegistry", "TimelockController", "DeltaOneVerifier"].map((contract) => ({
    name: `another code of ${contract}`,
    deviate: async (world: World) => {
      const address = addressOf(world, contract);
      const other = flipEnd(await codeOf(world, address));
      await setCode(world, address, other);
      const compiled = world.build(contract);
      const [actual, expected] = [maskedHashOf(compiled, other), keccak256(compiled.code)];
      return {
        wrong: [
          `code of ${contract}: the code of ${contract} at ${address} is ${actual}, declared ${expected}: ${OTHER_BUILD}`,
        ],
      };
    },
  })),
  {
    name: "a missing contract",
    deviate: async (world) => {
      const address = addressOf(world, "UsageFeeRouter");
      await setCode(world, address, "0x");
      const expected = keccak256(world.build("UsageFeeRouter").code);
      return {
        wrong: [
          `code of UsageFeeRouter: the code of UsageFeeRouter at ${address} is no code, declared ${expected}: ${OTHER_BUILD}`,
        ],
      };
    },
  },
  {
    name: "code that is too long",
    deviate: async (world) => {
      const address = addressOf(world, "RewardDistributor");
      const longer = `${await codeOf(world, address)}00`;
      await setCode(world, address, longer);
      const expected = keccak256(world.build("RewardDistributor").code);
      return {
        wrong: [
          `code of RewardDistributor: the code of RewardDistributor at ${address} is ${keccak256(longer)} of another length, declared ${expected}: ${OTHER_BUILD}`,
        ],
      };
    },
  },
  {
    name: "an immutable with another value",
    deviate: async (world) => {
      const address = addressOf(world, "RewardDistributor");
      const compiled = world.build("RewardDistributor");
      const present = await codeOf(world, address);
      await setCode(world, address, withImmutable(compiled, present, "RewardDistributor.tokenManager", word(STRANGER)));
      const expected = word(addressOf(world, "TokenManager"));
      return {
        wrong: [
          `code of RewardDistributor: the immutable tokenManager of RewardDistributor is ${word(STRANGER)}, declared ${expected}: ${OTHER_IMMUTABLE}`,
        ],
      };
    },
  },
  {
    name: "an immutable that differs between its places",
    deviate: async (world) => {
      const address = addressOf(world, "UsageFeeRouter");
      const compiled = world.build("UsageFeeRouter");
      const present = await codeOf(world, address);
      const name = "UsageFeeRouter.reserveToken";
      await setCode(world, address, withImmutable(compiled, present, name, word(STRANGER), false));
      const expected = word(addressOf(world, "ReserveToken"));
      return {
        wrong: [
          `code of UsageFeeRouter: the immutable reserveToken of UsageFeeRouter is ${word(STRANGER)} and ${expected}, declared ${expected}: ${OTHER_IMMUTABLE}`,
        ],
      };
    },
  },
  ...(["ModelToken", "HokusaiAMM"] as const).map((contract) => ({
    name: `another code of the model's ${contract}`,
    deviate: async (world: World) => {
      const address = addressOf(world, contract);
      const other = flipEnd(await codeOf(world, address));
      await setCode(world, address, other);
      const compiled = world.build(contract);
      const [check, what] = contract === "ModelToken" ? ["code of model tokens", "token"] : ["code of pools", "pool"];
      const [actual, expected] = [maskedHashOf(compiled, other), keccak256(compiled.code)];
      return {
        wrong: [
          `${check}: the code of the ${what} of ${MODEL} at ${address} is ${actual}, declared ${expected}: ${OTHER_BUILD}`,
        ],
      };
    },
  })),
  {
    name: "a token with another reward allocation",
    deviate: async (world) => {
      const { token } = world.model;
      const compiled = world.build("ModelToken");
      const present = await codeOf(world, token);
      await setCode(world, token, withImmutable(compiled, present, "ModelToken.rewardAllocation", toBeHex(1n, 32)));
      const expected = toBeHex(100n * 1_000n * 10n ** 18n, 32);
      return {
        wrong: [
          `code of model tokens: the immutable rewardAllocation of the token of ${MODEL} is ${toBeHex(1n, 32)}, declared ${expected}: ${OTHER_IMMUTABLE}`,
        ],
      };
    },
  },
  {
    name: "a pool with another fee",
    deviate: async (world) => {
      const { pool } = world.model;
      const compiled = world.build("HokusaiAMM");
      const present = await codeOf(world, pool);
      const [expected, other] = [toBeHex(30n, 32), toBeHex(31n, 32)];
      await setCode(world, pool, withImmutable(compiled, present, "PoolState.tradeFee", other));
      return {
        wrong: [
          `code of pools: the immutable tradeFee of the pool of ${MODEL} is ${other}, declared ${expected}: ${OTHER_IMMUTABLE}`,
        ],
      };
    },
  },
  {
    name: "a vesting wallet with other code",
    deviate: async (world) => {
      const { file } = (await world.declared.modelFile(world.model.key))!;
      const wallet = holderAs(world, `owner of ${file.modelId}`);
      const other = flipEnd(await codeOf(world, wallet));
      await setCode(world, wallet, other);
      const compiled = world.build("VestingWallet");
      const [actual, expected] = [maskedHashOf(compiled, other), keccak256(compiled.code)];
      return {
        wrong: [
          `code of vesting wallets: the code of the vesting wallet of ${MODEL} at ${wallet} is ${actual}, declared ${expected}: ${OTHER_BUILD}`,
        ],
      };
    },
  },
  {
    name: "a token that answers nothing",
    deviate: async (world) => {
      const { token } = world.model;
      await setCode(world, token, "0xfe");
      const expected = keccak256(world.build("ModelToken").code);
      return {
        wrong: [
          `code of model tokens: the code of the token of ${MODEL} at ${token} is ${keccak256("0xfe")} of another length, declared ${expected}: ${OTHER_BUILD}`,
          `registry, token and pool know each other: the token of ${MODEL} is no answer to its views, declared what its code says: ${COMPROMISED}`,
        ],
      };
    },
  },
];
