// SPDX-License-Identifier: MIT
// Code on chain against the build: hashes with the immutables masked, and every immutable by its value.

import {
  AbiCoder,
  concat,
  dataSlice,
  getAddress,
  id,
  keccak256,
  toBeHex,
  toUtf8Bytes,
  toUtf8String,
  TypedDataEncoder,
  zeroPadValue,
} from "ethers";
import type { Hybrid } from "../../../.build/typechain";
import { encodeKey, readKey } from "../../../sdk/node/circuitKeys";
import { answerOf } from "../../../sdk/rpc/snapshot";
import type { ModelState } from "../../../sdk/state/protocolState";
import { immutablesOf, masked, type Compiled } from "../build";
import { Check } from "../report";
import { contractOf, type Subject } from "../subject";

const OTHER_BUILD = "check the sources out that were deployed and build them; if these are, stop using the contract";
const OTHER_IMMUTABLE = "stop using the contract: it was not deployed as declared";

const OTHER_METHOD = "let the admin disallow it; deploy the circuit's recorded key again";

/** Values of immutables, by the contract that declares them and their name. */
export type Immutables = ReadonlyMap<string, string>;

/** Compares the code at an address with the build; returns its immutables if it is the same. */
export function compareCode(
  check: Check,
  { what, address, code }: { what: string; address: string; code: string },
  compiled: Compiled,
): Immutables | undefined {
  const isSame = code.length === compiled.code.length && masked(compiled, code) === compiled.code;
  // Immutables are masked, so that all instances of a contract have the same hash.
  const hashOf = () =>
    code.length === compiled.code.length ? keccak256(masked(compiled, code)) : `${keccak256(code)} of another length`;
  check.looked++;
  if (!isSame) {
    const actual = code === "0x" ? "no code" : hashOf();
    const declared = keccak256(compiled.code);
    check.wrong.push({ what: `the code of ${what} at ${address}`, actual, declared, fix: OTHER_BUILD });
    return undefined;
  }
  return new Map([...immutablesOf(compiled, code)].map(([name, words]) => [name, words.join(" and ")]));
}

/** Compares every immutable of a contract with its declared value; an undeclared immutable fails. */
export function compareImmutables(
  check: Check,
  what: string,
  actual: Immutables,
  declared: Readonly<Record<string, string>>,
): void {
  for (const [qualified, word] of actual) {
    const name = qualified.startsWith("EIP712.") ? qualified : plainName(qualified);
    check.same(`the immutable ${name} of ${what}`, word, declared[name] ?? "nowhere", OTHER_IMMUTABLE);
  }
}

/** Checks the code of the protocol's contracts, with one check for each. */
export async function checkCode(subject: Subject): Promise<Check[]> {
  const { chain, contracts } = subject;
  return Promise.all(
    Object.values(contracts).map(async ({ name, address, compiled }) => {
      const check = new Check("code", `code of ${name}`);
      const immutables = compareCode(check, { what: name, address, code: await chain.code(address) }, compiled);
      const declared = { ...protocolWords(subject), ...domainWords(subject, name, address) };
      if (immutables) compareImmutables(check, name, immutables, declared);
      return check;
    }),
  );
}

/**
 * Checks that methods with proofs are exactly what their recorded keys make, and that a hybrid consists of the attesters and its circuit's
 * proof.
 */
export async function checkMethodCode(subject: Subject): Promise<Check> {
  const check = new Check("code", "code of methods with proofs");
  const { chain, build, declared } = subject;
  for (const { contract, address, capacity, quantileE9 } of declared.methods) {
    const what = `${contract} for ${capacity} rows`;
    if (contract === "Hybrid") {
      const compiled = build(contract);
      compareCode(check, { what, address, code: await chain.code(address) }, compiled);
      const parts = await answerOf(chain.contract<Hybrid>({ address, compiled }).methods());
      const proof = declared.methods.find(
        (entry) => entry.contract === "ZkProof" && entry.capacity === capacity && entry.quantileE9 === quantileE9,
      );
      const expected = [proof?.address ?? "a ZkProof", contractOf(subject, "OracleAttestation").address];
      check.same(`methods of ${what} at ${address}`, [...(parts ?? [])].sort(), expected.sort(), OTHER_METHOD);
      continue;
    }
    const { creationCode, abi } = build(contract);
    const key = encodeKey(readKey(capacity).verificationKey);
    const expected = await chain.created(concat([creationCode, abi.encodeDeploy([key, quantileE9])]));
    const actual = keccak256(await chain.code(address));
    check.same(`the code of ${what} at ${address}`, actual, keccak256(expected), OTHER_METHOD);
  }
  return check;
}

/** Compares the code of a model's token with ModelToken; returns its immutables if it is the same. */
export function compareToken(subject: Subject, check: Check, model: ModelState, code: string): Immutables | undefined {
  const what = `the token of ${model.modelId}`;
  const immutables = compareCode(check, { what, address: model.token, code }, subject.build("ModelToken"));
  if (immutables === undefined) return undefined;
  const name = immutables.get("EIP712._name") ?? "";
  const number = (value: bigint) => toBeHex(value, 32);
  compareImmutables(check, what, immutables, {
    ...protocolWords(subject),
    ...eip712Words(subject, shortText(name), model.token),
    symbol: immutables.get("ModelToken._symbol") ?? "",
    supplierRecipient: addressWord(model.supplierRecipient),
    supplierAllocation: number(model.supplierAllocation),
    investorAllocation: number(model.investorAllocation),
    rewardAllocation: number(model.rewardAllocation),
  });
  return immutables;
}

/** Compares a model's pool; `createdAt` is the time of the block in which it was created. */
export function comparePool(
  subject: Subject,
  check: Check,
  model: ModelState & { readonly pool: NonNullable<ModelState["pool"]> },
  { code, createdAt }: { code: string; createdAt: bigint },
): void {
  const { pool } = model;
  const what = `the pool of ${model.modelId}`;
  const immutables = compareCode(check, { what, address: pool.address, code }, subject.build("HokusaiAMM"));
  if (immutables === undefined) return;
  const { crr, tradeFee, virtualReserve, virtualSupply } = pool;
  const terms = { crr, tradeFee, virtualReserve, virtualSupply, sellsOpenAt: createdAt + pool.ibrDuration };
  const words = Object.entries(terms).map(([name, value]) => [name, toBeHex(value, 32)]);
  const token = addressWord(model.token);
  compareImmutables(check, what, immutables, { ...protocolWords(subject), token, ...Object.fromEntries(words) });
}

/** The text in a word of OpenZeppelin's ShortString. */
export function shortText(word: string): string {
  return toUtf8String(dataSlice(word, 0, Number(dataSlice(word, 31))));
}

/** What contracts know of each other, by the plain names of their immutables. */
function protocolWords(subject: Subject): Record<string, string> {
  const { addresses, parameters } = subject.declared;
  const names = {
    registry: "ModelRegistry",
    tokenManager: "TokenManager",
    factory: "HokusaiAMMFactory",
    infrastructureReserve: "InfrastructureReserve",
    feeRouter: "UsageFeeRouter",
    verifier: "DeltaOneVerifier",
    distributor: "RewardDistributor",
    reserveToken: "ReserveToken",
  };
  const words = Object.entries(names).map(([name, contract]) => [name, addressWord(addresses[contract] as string)]);
  const own = {
    wirer: addressWord(parameters.$global.deployer),
    payoutDelay: toBeHex(parameters.Models.payoutDelay, 32),
  };
  return { ...Object.fromEntries(words), ...own };
}

/** The additional immutables of the one contract that takes signatures. */
function domainWords(subject: Subject, name: string, address: string): Record<string, string> {
  return contractOf(subject, name).compiled.immutables.some((entry) => entry.name.startsWith("EIP712."))
    ? eip712Words(subject, name, address)
    : {};
}

/** What OpenZeppelin's EIP712 keeps in a contract's code. */
function eip712Words({ declared }: Subject, name: string, verifyingContract: string): Record<string, string> {
  const { chainId } = declared.network;
  const version = "1";
  return {
    "EIP712._cachedDomainSeparator": TypedDataEncoder.hashDomain({ name, version, chainId, verifyingContract }),
    "EIP712._cachedChainId": toBeHex(chainId, 32),
    "EIP712._cachedThis": addressWord(verifyingContract),
    "EIP712._hashedName": id(name),
    "EIP712._hashedVersion": id(version),
    "EIP712._name": shortWord(name),
    "EIP712._version": shortWord(version),
  };
}

function plainName(qualified: string): string {
  return qualified.replace(/^.*\._?/, "");
}

function shortWord(text: string): string {
  const bytes = toUtf8Bytes(text);
  const padded = new Uint8Array(32);
  padded.set(bytes);
  padded[31] = bytes.length;
  return AbiCoder.defaultAbiCoder().encode(["bytes32"], [padded]);
}

function addressWord(address: string): string {
  return zeroPadValue(getAddress(address), 32).toLowerCase();
}
