// What a deployment needs for gas, so that it does not stop for lack of funds.

import { Contract, formatEther } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { ProblemCode, ProblemReason } from "../sdk/base/problem";
import { aboveCeiling } from "./fees";
import { presentSending } from "./sends";

/** A transaction to be sent, as far as its cost is concerned. */
export interface Costed {
  /** The sender; absent once it is done. */
  readonly from?: string;
  /** Its gas limit. */
  readonly gasLimit: bigint;
  /** The serialised transaction without its signature. */
  readonly unsigned: string;
  readonly isDone: boolean;
}

/** Gas prices, in wei per unit of gas. */
export interface Prices {
  /** What the chain asks now. */
  readonly gasPrice: bigint;
  /** The most that a transaction offers. The account must have as much, although less is paid unless the base fee rises. */
  readonly maxFeePerGas: bigint;
}

/** Bytes that a signature adds to a transaction. */
const SIGNATURE = 68;

/** Contract that tells what OP Stack rollups charge for publishing a transaction; it has the same address on all of them. */
const ORACLE = "0x420000000000000000000000000000000000000F";
const ORACLE_ABI = ["function getL1Fee(bytes) view returns (uint256)"];

/**
 * Contracts that tell what Arbitrum charges for publishing a transaction, as gas. The first one has code on chain; the nodes themselves
 * answer for the second.
 */
const [ARB_SYS, NODE_INTERFACE] = [
  "0x0000000000000000000000000000000000000064",
  "0x00000000000000000000000000000000000000C8",
];
const NODE_INTERFACE_ABI = [
  "function gasEstimateL1Component(address to, bool contractCreation, bytes data) view returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate)",
];

/** The publication fee may double before a transaction is sent. */
const RISE_OF_PUBLICATION = 2n;

/** The present gas prices, within the sender's ceiling. */
export async function pricesOf(hre: HardhatRuntimeEnvironment): Promise<Prices> {
  const { maxFeePerGas: ceiling } = presentSending();
  const { gasPrice, maxFeePerGas } = await hre.ethers.provider.getFeeData();
  const [price, most] = [gasPrice ?? 0n, maxFeePerGas ?? gasPrice ?? 0n];
  return { gasPrice: price, maxFeePerGas: ceiling !== undefined && ceiling < most ? ceiling : most };
}

/** The problem that the chain asks more than the ceiling, if it does. */
export async function ceilingProblems(hre: HardhatRuntimeEnvironment): Promise<Lack[]> {
  const { maxFeePerGas: ceiling } = presentSending();
  const asked = (await hre.ethers.provider.getBlock("latest"))?.baseFeePerGas ?? 0n;
  if (ceiling === undefined || asked <= ceiling) return [];
  return [{ code: "NOT_YET", message: `${aboveCeiling(asked, ceiling)}: wait until it asks less, or raise --max-fee` }];
}

/** What each account must have for its transactions, in wei. Accounts that send nothing are not included. */
export async function needsOf(
  hre: HardhatRuntimeEnvironment,
  steps: readonly Costed[],
  { maxFeePerGas }: Prices,
): Promise<ReadonlyMap<string, bigint>> {
  const publication = await publicationOf(hre);
  const needs = new Map<string, bigint>();
  for (const { from, gasLimit, unsigned, isDone } of steps) {
    if (isDone || from === undefined) continue;
    const need = gasLimit * maxFeePerGas + RISE_OF_PUBLICATION * (await publication(unsigned, maxFeePerGas));
    needs.set(from, (needs.get(from) ?? 0n) + need);
  }
  return needs;
}

/** The accounts that have too little, each in words. */
export async function fundsProblems(
  hre: HardhatRuntimeEnvironment,
  needs: ReadonlyMap<string, bigint>,
): Promise<Lack[]> {
  const problems: Lack[] = [];
  for (const [account, need] of needs) {
    const has = await hre.ethers.provider.getBalance(account);
    if (has >= need && has > 0n) continue;
    const message = `${account} has ${formatEther(has)} ether on ${hre.network.name}, expected at least ${formatEther(need)} for gas: send it some`;
    problems.push({ code: "NO_FUNDS", message });
  }
  return problems;
}

/** Something that would stop a run. */
type Lack = ProblemReason<ProblemCode>;

type Publication = (unsigned: string, maxFeePerGas: bigint) => Promise<bigint>;

/** What the chain charges for publishing a transaction in addition to its gas, in wei. */
async function publicationOf({ ethers: { provider } }: HardhatRuntimeEnvironment): Promise<Publication> {
  const hasCode = async (address: string) => (await provider.getCode(address)) !== "0x";
  if (await hasCode(ORACLE)) {
    const fee = new Contract(ORACLE, ORACLE_ABI, provider).getFunction("getL1Fee");
    return (unsigned) => fee(unsigned + "ff".repeat(SIGNATURE)) as Promise<bigint>;
  }
  if (await hasCode(ARB_SYS)) {
    const estimate = new Contract(NODE_INTERFACE, NODE_INTERFACE_ABI, provider).getFunction("gasEstimateL1Component");
    return async (unsigned, maxFeePerGas) => {
      const [gas] = (await estimate(ARB_SYS, false, unsigned)) as [bigint];
      return gas * maxFeePerGas;
    };
  }
  return () => Promise.resolve(0n);
}
