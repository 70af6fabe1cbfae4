// What a deployment needs for gas: with so much on its accounts it does not stop for want of it.

import { Contract, formatEther } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { ProblemCode, ProblemReason } from "../sdk/base/problem";
import { aboveCeiling } from "./fees";
import { presentSending } from "./sends";

/** A transaction that is to be sent, as far as its cost is concerned. */
export interface Costed {
  /** Who sends it; absent when it is done. */
  readonly from?: string;
  /** Gas that it is given. */
  readonly gasLimit: bigint;
  /** The transaction as it is signed, without the signature. */
  readonly unsigned: string;
  readonly isDone: boolean;
}

/** What gas costs, in wei for a unit. */
export interface Prices {
  /** What the chain asks now. */
  readonly gasPrice: bigint;
  /** What a transaction offers at most: an account must have it, though less is paid unless the base fee rises. */
  readonly maxFeePerGas: bigint;
}

/** Bytes that a signature adds to a transaction. */
const SIGNATURE = 68;

/** What rollups of the OP stack charge for the publication of a transaction; its address is the same on all of them. */
const ORACLE = "0x420000000000000000000000000000000000000F";
const ORACLE_ABI = ["function getL1Fee(bytes) view returns (uint256)"];

/** What Arbitrum needs for the publication, as gas; the first has code there, the second is answered by its nodes. */
const [ARB_SYS, NODE_INTERFACE] = [
  "0x0000000000000000000000000000000000000064",
  "0x00000000000000000000000000000000000000C8",
];
const NODE_INTERFACE_ABI = [
  "function gasEstimateL1Component(address to, bool contractCreation, bytes data) view returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate)",
];

/** The fee of the publication may double until a transaction is sent. */
const RISE_OF_PUBLICATION = 2n;

/** The prices of the moment, within the ceiling of whoever sends. */
export async function pricesOf(hre: HardhatRuntimeEnvironment): Promise<Prices> {
  const { maxFeePerGas: ceiling } = presentSending();
  const { gasPrice, maxFeePerGas } = await hre.ethers.provider.getFeeData();
  const [price, most] = [gasPrice ?? 0n, maxFeePerGas ?? gasPrice ?? 0n];
  return { gasPrice: price, maxFeePerGas: ceiling !== undefined && ceiling < most ? ceiling : most };
}

/** What stands in the way when the chain asks more than the ceiling. */
export async function ceilingProblems(hre: HardhatRuntimeEnvironment): Promise<Lack[]> {
  const { maxFeePerGas: ceiling } = presentSending();
  const asked = (await hre.ethers.provider.getBlock("latest"))?.baseFeePerGas ?? 0n;
  if (ceiling === undefined || asked <= ceiling) return [];
  return [{ code: "NOT_YET", message: `${aboveCeiling(asked, ceiling)}: wait until it asks less, or raise --max-fee` }];
}

/** Wei that each account must have for what it is to send. Accounts that send nothing are not in it. */
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

/** What accounts lack, each in words. */
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

/** Something that a run would stop for. */
type Lack = ProblemReason<ProblemCode>;

type Publication = (unsigned: string, maxFeePerGas: bigint) => Promise<bigint>;

/** What the chain charges for the publication of a transaction beside its gas, in wei. */
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
