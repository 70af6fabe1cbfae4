// The chain's time: programs read it from the latest block, and only local chains let it pass at will.

import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import { isFork, networkOf } from "./network";

/** The time of the latest block, in seconds since 1970. */
export async function chainTime({ ethers }: HardhatRuntimeEnvironment): Promise<bigint> {
  return BigInt((await ethers.provider.getBlock("latest"))?.timestamp ?? 0);
}

/** Lets a number of seconds pass on a local chain, and mines a block. */
export async function passTime(hre: HardhatRuntimeEnvironment, seconds: number): Promise<void> {
  await passTimeTo(hre, (await chainTime(hre)) + BigInt(seconds));
}

/** Lets time pass on a local chain up to a given second, unless it has passed already. */
export async function passTimeTo(hre: HardhatRuntimeEnvironment, second: bigint): Promise<void> {
  const { name, isLocal } = networkOf(hre);
  if (!isLocal && !isFork(hre))
    throw new Problem("BAD_OPTION", `${name} is not a local chain: its time passes by itself.`);
  if ((await chainTime(hre)) >= second) return;
  await hre.network.provider.send("evm_setNextBlockTimestamp", [Number(second)]);
  await hre.network.provider.send("evm_mine");
}
