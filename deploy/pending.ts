import { formatUnits, isError, toQuantity } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import { pause } from "../sdk/rpc/answers";
import { networkOf } from "./network";
import { isPassing } from "./rpc";

const POLLING = 500;
const PATIENCE = 10 * 60_000;

/** Blocks after which a transaction counts as final, as Ignition has it; on a chain that mines at once one is enough. */
const CONFIRMATIONS = 5;

/** Factor by which a fee must rise for a transaction to replace another, with a margin. */
const RAISE = 2n;
const RAISES = 5;

/** How often an action goes on by itself after what passes. */
const TRIES = 6;

/**
 * Does something after all that the accounts of this environment have on their way, and again after each failure that passes.
 * `beforeAgain` throws where it must not be done again.
 */
export async function persist<T>(
  hre: HardhatRuntimeEnvironment,
  onWait: (reason: string) => void,
  action: () => Promise<T>,
  beforeAgain: (error: Error) => Promise<void> = async () => undefined,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      if (!networkOf(hre).isEphemeral) {
        for (const { address } of await hre.ethers.getSigners()) await settle(hre, address, onWait);
      }
      return await action();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await beforeAgain(error as Error);
      if (failures === TRIES) throw error;
      onWait((error as Error).message.split("\n")[0] as string);
      await pause(failures + 1);
    }
  }
}

/**
 * Waits until no transaction of an account is on its way, its own ones of an earlier run or foreign ones, so that a look at the
 * chain shows all that was done.
 */
export async function settle(
  hre: HardhatRuntimeEnvironment,
  account: string,
  onWait: (reason: string) => void,
  patience = PATIENCE,
): Promise<void> {
  const confirmations = await confirmationsOf(hre);
  const end = Date.now() + patience;
  for (let isFirst = true; ; isFirst = false) {
    const { provider } = hre.ethers;
    const block = await provider.getBlockNumber();
    const final = Math.max(0, block - confirmations + 1);
    const [pending, mined, safe] = await Promise.all(
      ["pending", "latest", toQuantity(final)].map((tag) => provider.getTransactionCount(account, tag)),
    );
    if (pending === safe) return;
    if (Date.now() > end) {
      throw new Problem(
        `a transaction of ${account} with nonce ${mined} is not mined on ${hre.network.name} for ${patience / 60_000} minutes: run the same command again later, or free the account with --unstick.`,
      );
    }
    if (isFirst) onWait(`transactions of ${account} are on their way`);
    await new Promise((later) => setTimeout(later, POLLING));
  }
}

/** Replaces what an account has waiting by transfers of nothing to itself, with higher fees; says what was replaced. */
export async function unstick(hre: HardhatRuntimeEnvironment, account: string): Promise<string[]> {
  const { provider } = hre.ethers;
  const [mined, pending] = await Promise.all([
    provider.getTransactionCount(account, "latest"),
    provider.getTransactionCount(account, "pending"),
  ]);
  const replaced: string[] = [];
  for (let nonce = mined; nonce < pending; nonce++) replaced.push(await replace(hre, account, nonce));
  return replaced;
}

async function replace(hre: HardhatRuntimeEnvironment, account: string, nonce: number): Promise<string> {
  const signer = await hre.ethers.getSigner(account);
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await hre.ethers.provider.getFeeData();
  let [fee, tip] = [maxFeePerGas ?? gasPrice ?? 0n, maxPriorityFeePerGas ?? gasPrice ?? 0n];
  for (let raises = 1; ; raises++) {
    [fee, tip] = [fee * RAISE, tip * RAISE];
    try {
      const sent = await signer.sendTransaction({ to: account, nonce, maxFeePerGas: fee, maxPriorityFeePerGas: tip });
      await sent.wait();
      return `nonce ${nonce} by ${sent.hash}, at ${formatUnits(fee, "gwei")} gwei`;
    } catch (error) {
      const isMined = isError(error, "TRANSACTION_REPLACED") || /nonce too low|already mined/i.test(String(error));
      if (isMined) return `nonce ${nonce} by itself: another transaction was mined`;
      if (raises === RAISES || !/underpriced|replacement/i.test(String(error))) throw error;
    }
  }
}

/** Blocks that a transaction needs on this chain to count as final. */
async function confirmationsOf(hre: HardhatRuntimeEnvironment): Promise<number> {
  try {
    return (await hre.network.provider.send("hardhat_getAutomine")) === true ? 1 : CONFIRMATIONS;
  } catch {
    return CONFIRMATIONS;
  }
}
