// The method for models whose scores are proven: deployed with the circuit's key, and allowed by the admin.

import { ZeroHash } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { zkMethodOf, zkModuleId } from "../ignition/modules/ZkMethod";
import { encodeKey, hashKey, readKey, type CircuitKey } from "../scripts/zk/prover";
import { deployModule, type Network, type Sent } from "./ignition";
import { confirm, type Report } from "./model";
import { Problem } from "./problem";
import type { Protocol } from "./protocol";

/** Refuses a key against which everybody can forge proofs, but on a chain where nothing is at stake. */
export function requireSafeKey({ capacity, isDevelopment }: CircuitKey, { name, isLocal }: Network): void {
  if (!isDevelopment || isLocal) return;
  throw new Problem(
    `the key of the circuit for ${capacity} rows is a development key, made from numbers that everybody knows: record one from a ceremony before you use ${name}, see docs/zk.md.`,
  );
}

/** The address of the ZkProof for a circuit: deployed if it is missing, checked against the recorded key, and allowed. */
export async function ensureZkProof(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  capacity: number,
  report: Report,
): Promise<string> {
  const recorded = readKey(capacity);
  requireSafeKey(recorded, protocol.network);
  const key = encodeKey(recorded.verificationKey);
  const [sender] = await hre.ethers.getSigners();
  if (sender === undefined)
    throw new Problem("PRIVATE_KEY is not set: expected that of an account that can pay for gas.");
  let sent: Sent | undefined;
  const { ZkProof: address } = (await deployModule(hre, zkMethodOf(capacity), {
    parameters: { [zkModuleId(capacity)]: { key: { ...key } } },
    sender: sender.address,
    onSent: (transaction) => (sent = transaction),
  })) as { ZkProof: string };
  const keyHash = await (await hre.ethers.getContractAt("ZkProof", address)).keyHash();
  if (keyHash !== hashKey(key))
    throw new Problem(`ZkProof at ${address} has the key ${keyHash}, expected ${hashKey(key)}.`);
  report({ name: "deploy ZkProof", sent, outcome: `${address}, for up to ${capacity} rows; key ${keyHash}` });
  await ensureAllowed(hre, protocol, address, report);
  return address;
}

/** Only the admin allows a method, after its delay. On a local chain its multisig is at hand, and so is the time. */
async function ensureAllowed(
  hre: HardhatRuntimeEnvironment,
  { network, registry, timelock, parameters }: Protocol,
  method: string,
  report: Report,
): Promise<void> {
  if (await registry.isMethodAllowed(method)) return;
  const call = registry.interface.encodeFunctionData("setMethodAllowed", [method, true]);
  const target = await registry.getAddress();
  if (!network.isLocal) {
    throw new Problem(
      `ZkProof at ${method} is not allowed yet: let the admin schedule and, after the delay, execute ${call} on ${target}, then run the command again.`,
    );
  }
  const { adminDelay } = parameters.$global;
  const multisig = await hre.ethers.getSigner(parameters.Governance.proposers[0] as string);
  const operation = [target, 0n, call, ZeroHash, ZeroHash] as const;
  const admin = timelock.connect(multisig);
  const scheduled = await confirm("schedule ZkProof", admin.schedule(...operation, adminDelay));
  report({ name: scheduled.name, sent: scheduled, outcome: `the admin waits ${adminDelay} seconds` });
  await hre.network.provider.send("evm_increaseTime", [adminDelay]);
  const executed = await confirm("allow ZkProof", admin.execute(...operation));
  report({ name: executed.name, sent: executed, outcome: `${method} may verify benchmarks` });
}
