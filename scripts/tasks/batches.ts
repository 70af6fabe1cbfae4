// SPDX-License-Identifier: MIT
// The task of whoever is to sign a batch: what it would do, from its calldata and the chain, whatever the file says of itself.

import { Contract } from "ethers";
import { relative, resolve } from "node:path";
import { isSpeltAs, readBatch, type BatchCall } from "../../deploy/batch/format";
import { allCalls, callLines, decodeCall, glossaryOf, type CallInWords } from "../../deploy/batch/words";
import { chainTime } from "../../deploy/localTime";
import { text } from "../../sdk/base/fields";
import { printed } from "../../sdk/base/printed";
import { Problem } from "../../sdk/base/problem";
import { formatTime } from "../../sdk/base/units";
import { problemOf } from "../../sdk/client/errors";
import { readText } from "../../sdk/node/files";
import { voidRemarks } from "../../sdk/state/payouts";
import type { TaskContext, Work } from "./run";

/** Views of a multisig wallet. */
const WALLET = ["function getOwners() view returns (address[])", "function getThreshold() view returns (uint256)"];

/**
 * Says what a batch would do; throws a {@link Problem} if it is damaged, is for another chain, or calls a contract outside the deployment.
 */
export const showBatch: Work = (args) => {
  const path = args.read("file", text(1, 1024));
  args.refuse();
  return async (context) => {
    const { hre, protocol } = context;
    const { chainId, name: network } = protocol.network;
    const file = relative(process.cwd(), resolve(path));
    const batch = readBatch(printed(file), readText(path));
    if (batch.chainId !== chainId)
      throw new Problem("WRONG_CHAIN", `the batch is for chain ${batch.chainId}, ${network} is chain ${chainId}.`);
    const glossary = await glossaryOf(hre, protocol, batch.calls);
    const calls = [];
    for (const [index, call] of batch.calls.entries()) {
      const decoded = decodeCall(glossary, call);
      requireHonest(call, index, glossary.contracts.get(call.to)?.abi);
      const operation = decoded.operation && (await stateOf(context, decoded.operation.id));
      const remarks = await remarksOn(context, decoded);
      calls.push({
        ...decoded,
        ...(operation && { state: operation }),
        remarks,
        now: await trial(context, batch.sender, call),
      });
    }
    const signers = await signersOf(context, batch.sender);
    return {
      lines: [
        `${batch.sender}${signers} sends on ${network}, chain ${chainId}:`,
        ...calls.flatMap((call, index) => [
          "",
          `${index + 1}. ${callLines(call).join("\n")}`,
          ...(call.state === undefined ? [] : [`  The operation ${call.state}.`]),
          ...call.remarks.map((remark) => `  Note: ${remark}.`),
          `  Sent now it ${call.now}.`,
        ]),
        "",
        `The file calls itself ${printed(batch.name)}.`,
      ],
      document: { batch: { file, chainId, sender: batch.sender, name: batch.name, calls } },
    };
  };
};

/** Requires that a call does what it shows, and that it sends no ether. */
function requireHonest(call: BatchCall, index: number, abi: Parameters<typeof isSpeltAs>[1] | undefined): void {
  const which = `transaction ${index + 1} of the batch`;
  if (call.value !== 0n)
    throw new Problem("CONFLICT", `${which} sends ${call.value} wei, expected none: do not sign it.`);
  if (abi === undefined || !isSpeltAs(call, abi))
    throw new Problem("CONFLICT", `${which} describes another call than its data makes: do not sign it.`);
}

/** The state of a timelock operation. */
async function stateOf({ hre, protocol: { timelock } }: TaskContext, id: CallInWords["name"]): Promise<string> {
  const [readyAt, now] = [await timelock.getTimestamp(id), await chainTime(hre)];
  if (readyAt === 0n) return `${id} is not scheduled`;
  if (readyAt === 1n) return `${id} was executed`;
  return readyAt > now
    ? `${id} waits until ${formatTime(readyAt)}`
    : `${id} can be executed since ${formatTime(readyAt)}`;
}

/** What to know about a batch's decisions, given the chain's present state. */
async function remarksOn({ protocol: { registry } }: TaskContext, decoded: CallInWords): Promise<string[]> {
  const remarks: string[] = [];
  for (const { name, data } of allCalls(decoded)) {
    if (name !== "voidPayouts") continue;
    const [method, since, until] = registry.interface.decodeFunctionData("voidPayouts", data);
    remarks.push(...voidRemarks(await registry.payoutStopOf(method), since, until));
  }
  return remarks;
}

/** What a call would do now, sent by itself. */
async function trial({ hre }: TaskContext, from: string, { to, data }: BatchCall): Promise<string> {
  try {
    await hre.ethers.provider.call({ from, to, data });
    return "succeeds";
  } catch (error) {
    const { code, message } = await problemOf(hre, error);
    if (code !== "REVERTED") throw error;
    return `is refused: ${printed(message.replace(/\.$/, ""), 300)}`;
  }
}

/** Who must sign, if the sender is a wallet that reports its owners. */
async function signersOf({ hre }: TaskContext, sender: string): Promise<string> {
  if ((await hre.ethers.provider.getCode(sender)) === "0x") return ", an account with a key,";
  const wallet = new Contract(sender, WALLET, hre.ethers.provider);
  try {
    const owners = (await wallet.getFunction("getOwners")()) as string[];
    const threshold = (await wallet.getFunction("getThreshold")()) as bigint;
    return `, a wallet of which ${threshold} of ${owners.length} sign: ${owners.join(", ")},`;
  } catch {
    return ", a contract,";
  }
}
