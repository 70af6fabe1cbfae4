// The methods for models whose scores are proven, by a proof alone or beside attesters: deployed with the circuit's key, and allowed by
// the admin.

import type { DeploymentParameters, IgnitionModule, IgnitionModuleResult } from "@nomicfoundation/ignition-core";
import { ZeroHash } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { hybridMethodOf, hybridModuleId } from "../ignition/modules/HybridMethod";
import { zkMethodOf, zkModuleId, type Circuit } from "../ignition/modules/ZkMethod";
import { Problem } from "../sdk/base/problem";
import type { Network } from "../sdk/client/access";
import { confirm, type Sent } from "../sdk/client/confirm";
import { encodeKey, readKey, recordedKeyHash, type CircuitKey } from "../sdk/node/prover";
import type { BenchmarkTerms } from "../sdk/schemas/modelFile";
import { deployModule } from "./ignition";
import { findModule } from "./journal";
import type { Protocol } from "./protocol";
import type { Report } from "./step";

/** Refuses a key against which everybody can forge proofs, but on a chain where nothing is at stake. */
export function requireSafeKey({ capacity, isDevelopment }: CircuitKey, { name, isLocal }: Network): void {
  if (!isDevelopment || isLocal) return;
  throw new Problem(
    `the key of the circuit for ${capacity} rows is a development key, made from numbers that everybody knows: record one from a ceremony before you use ${name}, see docs/zk.md.`,
  );
}

/** A circuit with the recorded key. */
export function circuitOf(capacity: number): Circuit {
  return { capacity, keyHash: recordedKeyHash(capacity) };
}

/** The address of the ZkProof for a circuit: deployed if it is missing, checked against the recorded key, and allowed. */
export async function ensureZkProof(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  capacity: number,
  report: Report,
): Promise<string> {
  const address = await deployZkProof(hre, protocol, capacity, report);
  await ensureAllowed(hre, protocol, "ZkProof", address, report);
  return address;
}

/** The address of the hybrid of the protocol's attesters and that ZkProof: deployed if it is missing, checked, and allowed. */
export async function ensureHybrid(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  capacity: number,
  report: Report,
): Promise<string> {
  const zkProof = await deployZkProof(hre, protocol, capacity, report);
  const circuit = circuitOf(capacity);
  const attesters = protocol.addresses.OracleAttestation as string;
  const methods = [zkProof, attesters].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const { address, sent } = await deployMethod(hre, "Hybrid", hybridMethodOf(circuit), {
    [hybridModuleId(circuit)]: { methods },
  });
  const actual = await (await hre.ethers.getContractAt("Hybrid", address)).methods();
  if (String(actual) !== String(methods))
    throw new Problem(`Hybrid at ${address} has the methods ${String(actual)}, expected ${String(methods)}.`);
  report({ name: "deploy Hybrid", sent, outcome: `${address}, of OracleAttestation and ZkProof` });
  await ensureAllowed(hre, protocol, "Hybrid", address, report);
  return address;
}

/** Whether each step that makes the method of a benchmark usable is taken. */
export async function methodSteps(
  hre: HardhatRuntimeEnvironment,
  { registry }: Protocol,
  { method, capacity }: BenchmarkTerms,
): Promise<Record<string, boolean>> {
  if (capacity === undefined) return {};
  const circuit = circuitOf(capacity);
  const proof = (await findModule(hre, zkMethodOf(circuit)))?.ZkProof;
  const hybrid = method === "Hybrid" ? (await findModule(hre, hybridMethodOf(circuit)))?.Hybrid : undefined;
  const named = method === "Hybrid" ? hybrid : proof;
  const isAllowed = named !== undefined && (await registry.isMethodAllowed(named));
  return {
    "deploy ZkProof": proof !== undefined,
    "deploy Hybrid": hybrid !== undefined,
    [`schedule ${method}`]: isAllowed,
    [`allow ${method}`]: isAllowed,
  };
}

async function deployZkProof(
  hre: HardhatRuntimeEnvironment,
  { network }: Protocol,
  capacity: number,
  report: Report,
): Promise<string> {
  const recorded = readKey(capacity);
  requireSafeKey(recorded, network);
  const circuit = circuitOf(capacity);
  const { address, sent } = await deployMethod(hre, "ZkProof", zkMethodOf(circuit), {
    [zkModuleId(circuit)]: { key: { ...encodeKey(recorded.verificationKey) } },
  });
  const keyHash = await (await hre.ethers.getContractAt("ZkProof", address)).keyHash();
  if (keyHash !== circuit.keyHash)
    throw new Problem(`ZkProof at ${address} has the key ${keyHash}, expected ${circuit.keyHash}.`);
  report({ name: "deploy ZkProof", sent, outcome: `${address}, for up to ${capacity} rows; key ${keyHash}` });
  return address;
}

async function deployMethod<Id extends string, Name extends string, Result extends IgnitionModuleResult<Name>>(
  hre: HardhatRuntimeEnvironment,
  contract: "ZkProof" | "Hybrid",
  module: IgnitionModule<Id, Name, Result>,
  parameters: DeploymentParameters,
): Promise<{ address: string; sent: Sent | undefined }> {
  const [sender] = await hre.ethers.getSigners();
  if (sender === undefined)
    throw new Problem("PRIVATE_KEY is not set: expected that of an account that can pay for gas.");
  let sent: Sent | undefined;
  const addresses = await deployModule(hre, module, {
    parameters,
    sender: sender.address,
    onSent: (transaction) => (sent = transaction),
  });
  return { address: addresses[contract] as string, sent };
}

/** Only the admin allows a method, after its delay. On a local chain its multisig is at hand, and so is the time. */
async function ensureAllowed(
  hre: HardhatRuntimeEnvironment,
  { network, registry, timelock, parameters }: Protocol,
  name: string,
  method: string,
  report: Report,
): Promise<void> {
  if (await registry.isMethodAllowed(method)) return;
  const call = registry.interface.encodeFunctionData("setMethodAllowed", [method, true]);
  const target = await registry.getAddress();
  if (!network.isLocal) {
    throw new Problem(
      `${name} at ${method} is not allowed yet: let the admin schedule and, after the delay, execute ${call} on ${target}, then run the command again.`,
    );
  }
  const { adminDelay } = parameters.$global;
  const multisig = await hre.ethers.getSigner(parameters.Governance.proposers[0] as string);
  const operation = [target, 0n, call, ZeroHash, ZeroHash] as const;
  const admin = timelock.connect(multisig);
  if (!(await timelock.isOperation(await timelock.hashOperation(...operation)))) {
    const scheduled = await confirm(`schedule ${name}`, admin.schedule(...operation, adminDelay));
    report({ name: scheduled.name, sent: scheduled, outcome: `the admin waits ${adminDelay} seconds` });
  }
  await hre.network.provider.send("evm_increaseTime", [adminDelay]);
  const executed = await confirm(`allow ${name}`, admin.execute(...operation));
  report({ name: executed.name, sent: executed, outcome: `${method} may verify benchmarks` });
}
