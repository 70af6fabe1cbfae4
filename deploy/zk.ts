// Methods for models whose scores are proven, by a proof alone or together with attesters. They are deployed with the circuit's key; the
// admin decides who may register models with them.

import type { IgnitionModule, IgnitionModuleResult } from "@nomicfoundation/ignition-core";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { hybridMethodOf, hybridModuleId } from "../ignition/modules/HybridMethod";
import { zkMethodOf, zkModuleId, type Circuit } from "../ignition/modules/ZkMethod";
import { Problem } from "../sdk/base/problem";
import type { Network } from "../sdk/client/access";
import type { Sent } from "../sdk/client/confirm";
import { encodeKey, readKey, recordedKeyHash, type CircuitKey } from "../sdk/node/circuitKeys";
import type { BenchmarkTerms } from "../sdk/schemas/model";
import { deployModule, type DeployOptions } from "./ignition";
import { findModule } from "./journal";
import type { Protocol } from "./protocol";
import type { Report } from "./step";

/** Who may register a model with a method, as on chain. */
export const MethodAccess = { NONE: 0n, ADMIN: 1n, REGISTRAR: 2n } as const;

/**
 * Who may register models with each method. The holder of a benchmark's labels can prove any score, so the admin examines each benchmark
 * that relies on a proof alone.
 */
export const ACCESS_OF = {
  OracleAttestation: MethodAccess.REGISTRAR,
  ZkProof: MethodAccess.ADMIN,
  Hybrid: MethodAccess.REGISTRAR,
} as const satisfies Record<BenchmarkTerms["method"], bigint>;

/** Refuses a key with which anybody can forge proofs, except on a chain where nothing is at stake. */
export function requireSafeKey({ capacity, isDevelopment }: CircuitKey, { name, isLocal }: Network): void {
  if (!isDevelopment || isLocal) return;
  throw new Problem(
    "BAD_KEY",
    `the key of the circuit for ${capacity} rows is a development key, made from numbers that everybody knows: record one from a ceremony before you use ${name}, see docs/zk.md.`,
  );
}

/** A circuit with its recorded key, at a quantile. */
export function circuitOf(capacity: number, quantileE9: bigint): Circuit {
  return { capacity, keyHash: recordedKeyHash(capacity), quantileE9 };
}

/** The circuit that a benchmark names, if it asks for proofs. */
function circuitFor({ capacity, quantileE9 }: BenchmarkTerms): Circuit | undefined {
  return capacity === undefined || quantileE9 === undefined ? undefined : circuitOf(capacity, quantileE9);
}

/** The address of a benchmark's method. Methods other than the protocol's own are deployed for the first model that names them. */
export async function ensureMethod(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  benchmark: BenchmarkTerms,
  report: Report,
): Promise<string> {
  const circuit = circuitFor(benchmark);
  if (circuit === undefined) return protocol.addresses[benchmark.method] as string;
  const zkProof = await ensureZkProof(hre, protocol, circuit, report);
  return benchmark.method === "ZkProof" ? zkProof : ensureHybrid(hre, protocol, circuit, zkProof, report);
}

/** Whether each step that makes a benchmark's method usable has been taken. */
export async function methodSteps(
  hre: HardhatRuntimeEnvironment,
  { registry }: Protocol,
  benchmark: BenchmarkTerms,
): Promise<Record<string, boolean>> {
  const { method } = benchmark;
  const circuit = circuitFor(benchmark);
  if (circuit === undefined) return {};
  const proof = (await findModule(hre, zkMethodOf(circuit)))?.ZkProof;
  const hybrid = method === "Hybrid" ? (await findModule(hre, hybridMethodOf(circuit)))?.Hybrid : undefined;
  const named = method === "Hybrid" ? hybrid : proof;
  const isAllowed = named !== undefined && (await registry.methodAccessOf(named)) !== MethodAccess.NONE;
  return {
    "deploy ZkProof": proof !== undefined,
    "deploy Hybrid": hybrid !== undefined,
    [`schedule ${method}`]: isAllowed,
    [`allow ${method}`]: isAllowed,
  };
}

/** The ZkProof of a circuit, deployed if it is missing and checked against the recorded key. */
async function ensureZkProof(
  hre: HardhatRuntimeEnvironment,
  { network }: Protocol,
  circuit: Circuit,
  report: Report,
): Promise<string> {
  const { capacity } = circuit;
  const recorded = readKey(capacity);
  requireSafeKey(recorded, network);
  const { address, sent } = await deployMethod(hre, "ZkProof", zkMethodOf(circuit), {
    [zkModuleId(circuit)]: { key: { ...encodeKey(recorded.verificationKey) } },
  });
  const zkProof = await hre.ethers.getContractAt("ZkProof", address);
  const [keyHash, quantileE9] = [await zkProof.keyHash(), await zkProof.quantileE9()];
  if (keyHash !== circuit.keyHash)
    throw new Problem("CONFLICT", `ZkProof at ${address} has the key ${keyHash}, expected ${circuit.keyHash}.`);
  if (quantileE9 !== circuit.quantileE9)
    throw new Problem(
      "CONFLICT",
      `ZkProof at ${address} has the quantile ${quantileE9}, expected ${circuit.quantileE9}.`,
    );
  report({ name: "deploy ZkProof", sent, outcome: `${address}, for up to ${capacity} rows; key ${keyHash}` });
  return address;
}

/** The hybrid of the protocol's attesters and a ZkProof, deployed if it is missing and checked. */
async function ensureHybrid(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  circuit: Circuit,
  zkProof: string,
  report: Report,
): Promise<string> {
  const attesters = protocol.addresses.OracleAttestation as string;
  const methods = [zkProof, attesters].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const { address, sent } = await deployMethod(hre, "Hybrid", hybridMethodOf(circuit), {
    [hybridModuleId(circuit)]: { methods },
  });
  const actual = await (await hre.ethers.getContractAt("Hybrid", address)).methods();
  if (String(actual) !== String(methods))
    throw new Problem(
      "CONFLICT",
      `Hybrid at ${address} has the methods ${String(actual)}, expected ${String(methods)}.`,
    );
  report({ name: "deploy Hybrid", sent, outcome: `${address}, of OracleAttestation and ZkProof` });
  return address;
}

async function deployMethod<Id extends string, Name extends string, Result extends IgnitionModuleResult<Name>>(
  hre: HardhatRuntimeEnvironment,
  contract: "ZkProof" | "Hybrid",
  module: IgnitionModule<Id, Name, Result>,
  parameters: DeployOptions["parameters"],
): Promise<{ address: string; sent: Sent | undefined }> {
  const [sender] = await hre.ethers.getSigners();
  if (sender === undefined)
    throw new Problem("BAD_KEY", "no key is named, expected that of an account that can pay for gas: set PRIVATE_KEY.");
  let sent: Sent | undefined;
  const addresses = await deployModule(hre, module, {
    parameters,
    sender: sender.address,
    onSent: (transaction) => (sent = transaction),
  });
  return { address: addresses[contract] as string, sent };
}
