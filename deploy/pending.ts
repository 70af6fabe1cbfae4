import { toQuantity } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import { receiptOf } from "../sdk/client/confirm";
import { isOutOfFunds, pause } from "../sdk/rpc/answers";
import { inGwei } from "./fees";
import { networkOf } from "./network";
import { isPassing, patientSigner } from "./rpc";
import { presentSending } from "./sends";

const POLLING = 500;
const PATIENCE = 10 * 60_000;

/** Confirmations after which a transaction counts as final, the same number as Ignition's; one is enough on a chain that mines at once. */
const CONFIRMATIONS = 5;

/** The factor by which a fee is raised to replace a transaction; nodes require less. */
const RAISE = 2n;
const RAISES = 5;

/** More gas than an empty transfer takes, even to an account that delegates to code. */
const GAS = 60_000n;

/** Milliseconds that a replacement waits for a block before its fee is raised. */
const PATIENCE_OF_RAISE = 60_000;

/** How many passing failures in a row an action survives before it gives up. */
const TRIES = 6;

/** Options of {@link persist}. */
export interface Persistence {
  /** The accounts whose pending transactions are awaited before each attempt; by default all of the environment's. */
  readonly accounts?: readonly string[];
  /** Throws if the action must not be repeated. */
  readonly beforeAgain?: (error: Error) => Promise<void>;
}

/** Runs an action once the accounts have no pending transactions, and repeats it after each passing failure. */
export async function persist<T>(
  hre: HardhatRuntimeEnvironment,
  onWait: (reason: string) => void,
  action: () => Promise<T>,
  { accounts, beforeAgain }: Persistence = {},
): Promise<T> {
  let end = Infinity;
  for (let failures = 0; ; failures++) {
    try {
      if (!networkOf(hre).isEphemeral) {
        const until = Math.min(end, Date.now() + PATIENCE);
        const awaited = accounts ?? (await hre.ethers.getSigners()).map(({ address }) => address);
        for (const address of awaited) await settle(hre, address, onWait, until - Date.now());
      }
      return await action();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await beforeAgain?.(error as Error);
      end = Math.min(end, Date.now() + PATIENCE);
      if (failures === TRIES || Date.now() >= end) throw error;
      onWait((error as Error).message.split("\n")[0] as string);
      await pause(failures + 1);
    }
  }
}

/**
 * Waits until an account has no pending transactions, from an earlier run or from elsewhere, so that the chain shows everything that was
 * done.
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
        "BUSY",
        `a transaction of ${account} with nonce ${mined} has not been mined on ${hre.network.name} for ${patience / 60_000} minutes: run the same command again later, or free the account with --unstick.`,
      );
    }
    if (isFirst) onWait(`transactions of ${account} are on their way`);
    await new Promise((later) => setTimeout(later, POLLING));
  }
}

/**
 * Replaces an account's pending transactions by empty transfers to itself with higher fees, and returns what was replaced. If a transfer is
 * not mined after a while, its fee is raised; after several raises, this gives up.
 */
export async function unstick(
  hre: HardhatRuntimeEnvironment,
  account: string,
  onWait: (reason: string) => void,
  patience = PATIENCE_OF_RAISE,
): Promise<string[]> {
  const { provider } = hre.ethers;
  const [mined, pending] = await Promise.all([
    provider.getTransactionCount(account, "latest"),
    provider.getTransactionCount(account, "pending"),
  ]);
  const replaced: string[] = [];
  for (let nonce = mined; nonce < pending; nonce++) {
    onWait(`nonce ${nonce} of ${account}, ${pending - nonce} to replace`);
    replaced.push(await replace(hre, account, nonce, onWait, patience));
  }
  return replaced;
}

/** A fee that is high enough to replace another, even if that is 0. */
const raised = (fee: bigint) => fee * RAISE + (fee === 0n ? 1n : 0n);

async function replace(
  hre: HardhatRuntimeEnvironment,
  account: string,
  nonce: number,
  onWait: (reason: string) => void,
  patience: number,
): Promise<string> {
  const { provider } = hre.ethers;
  const signer = patientSigner(await hre.ethers.getSigner(account));
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await provider.getFeeData();
  const { maxFeePerGas: ceiling } = presentSending();
  let [fee, tip] = [maxFeePerGas ?? gasPrice ?? 0n, maxPriorityFeePerGas ?? gasPrice ?? 0n];
  for (let raises = 1; ; raises++) {
    [fee, tip] = [raised(fee), raised(tip)];
    if (ceiling !== undefined && fee > ceiling) {
      throw new Problem(
        "NOT_YET",
        `nonce ${nonce} of ${account} is not free: a replacement would offer ${inGwei(fee)}, more than the ceiling of ${inGwei(ceiling)}: raise --max-fee; nothing more was sent.`,
      );
    }
    const offer = { to: account, nonce, gasLimit: GAS, maxFeePerGas: fee, maxPriorityFeePerGas: tip };
    const price = inGwei(fee);
    try {
      const { hash } = await receiptOf(`nonce ${nonce}`, signer.sendTransaction(offer), patience);
      return `nonce ${nonce} by ${hash}, at ${price}`;
    } catch (error) {
      const isUsed = (await provider.getTransactionCount(account, "latest")) > nonce;
      if (isUsed) return `nonce ${nonce} by itself: another transaction was mined`;
      const reason = String((error as Error).message.split("\n")[0]).replace(/\.$/, "");
      if (raises === RAISES || isOutOfFunds(error) || !isPassing(error)) {
        throw new Problem(
          "BUSY",
          `nonce ${nonce} of ${account} is not free, at ${price}: ${reason}; nothing more was sent.`,
        );
      }
      onWait(`nonce ${nonce} at ${price}: ${reason}; raising the fee`);
    }
  }
}

/** Confirmations that a transaction needs on this chain to count as final. */
async function confirmationsOf(hre: HardhatRuntimeEnvironment): Promise<number> {
  try {
    return (await hre.network.provider.send("hardhat_getAutomine")) === true ? 1 : CONFIRMATIONS;
  } catch {
    return CONFIRMATIONS;
  }
}
