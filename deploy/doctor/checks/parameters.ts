// SPDX-License-Identifier: MIT
// Parameters of the protocol against the network's parameter file.

import type {
  HokusaiAMMFactory,
  IERC20Metadata,
  ModelRegistry,
  OracleAttestation,
  TimelockController,
  TokenManager,
} from "../../../.build/typechain";
import { RESERVE_DECIMALS } from "../../../sdk/base/units";
import { answerOf } from "../../../sdk/rpc/snapshot";
import { METHOD_ACCESS } from "../../../sdk/state/protocolState";
import { isMainnet } from "../../network";
import { LEAST_DELAY } from "../../safety";
import { ACCESS_OF } from "../../zk";
import { Check } from "../report";
import { COMPROMISED, contractOf, type Subject } from "../subject";

/** Checks the address book, the delay, the treasury, the reserve token, the attesters and the methods. */
export async function checkParameters(subject: Subject): Promise<Check[]> {
  return Promise.all([
    checkBook(subject),
    checkDelay(subject),
    checkPayoutDelay(subject),
    checkTreasury(subject),
    checkReserveToken(subject),
    checkAttesters(subject),
    checkMethods(subject),
  ]);
}

async function checkBook(subject: Subject): Promise<Check> {
  const check = new Check("parameters", "address book");
  const { chain, state } = subject;
  const registry = chain.contract<ModelRegistry>(contractOf(subject, "ModelRegistry"));
  const book = [
    ["tokenManager", "TokenManager"],
    ["factory", "HokusaiAMMFactory"],
    ["verifier", "DeltaOneVerifier"],
  ] as const;
  for (const [name, contract] of book) {
    const actual = await answer(registry[name]());
    const { address } = contractOf(subject, contract);
    const fix =
      name === "verifier"
        ? "let the admin set the declared verifier, or write the deployment's journal again with the present one"
        : "stop using the registry: it was wired to other contracts";
    check.same(`ModelRegistry.${name}`, actual, address, fix);
    check.same(`ModelRegistry.${name} by its events`, state[name], actual, COMPROMISED);
  }
  const manager = chain.contract<TokenManager>(contractOf(subject, "TokenManager"));
  const { address: distributor } = contractOf(subject, "RewardDistributor");
  check.same("TokenManager.distributor", await answer(manager.distributor()), distributor, "look at its code");
  return check;
}

async function checkDelay(subject: Subject): Promise<Check> {
  const check = new Check("parameters", "A3 delay of the timelock");
  const timelock = subject.chain.contract<TimelockController>(contractOf(subject, "TimelockController"));
  const actual = await answer(timelock.getMinDelay());
  const { file, parameters } = subject.declared;
  const fix = `let the timelock call updateDelay, or change $global.adminDelay of ${file}`;
  check.same("TimelockController.getMinDelay", actual, parameters.$global.adminDelay, fix);
  check.same("TimelockController.getMinDelay by its events", subject.state.minDelay, actual, COMPROMISED);
  return check;
}

/** Checks the payout delay, which can never change: a different one needs a different deployment. */
async function checkPayoutDelay(subject: Subject): Promise<Check> {
  const check = new Check("parameters", "R1 delay of payouts");
  const { chain, declared } = subject;
  const registry = chain.contract<ModelRegistry>(contractOf(subject, "ModelRegistry"));
  const actual = await answerOf(registry.payoutDelay());
  const fix = `change Models.payoutDelay of ${declared.file}: the registry's cannot change`;
  check.same("ModelRegistry.payoutDelay", actual ?? "no answer", declared.parameters.Models.payoutDelay, fix);
  if (!isMainnet(declared.network)) return check;
  const isLong = actual !== undefined && actual >= BigInt(LEAST_DELAY);
  const least = `at least ${LEAST_DELAY}, two days, on ${declared.network.name}`;
  const what = "the time in which a guardian can stop a payout";
  check.holds(
    isLong,
    what,
    String(actual ?? "no answer"),
    least,
    "deploy the protocol again with a longer payoutDelay",
  );
  return check;
}

async function checkTreasury(subject: Subject): Promise<Check> {
  const check = new Check("parameters", "treasury");
  const factory = subject.chain.contract<HokusaiAMMFactory>(contractOf(subject, "HokusaiAMMFactory"));
  const actual = await answer(factory.treasury());
  const { file, parameters } = subject.declared;
  const fix = `let the admin call setTreasury, by roles:apply --batch <file>, or change Market.treasury of ${file}`;
  check.same("HokusaiAMMFactory.treasury", actual, parameters.Market.treasury, fix);
  check.same("HokusaiAMMFactory.treasury by its events", subject.state.treasury, actual, COMPROMISED);
  return check;
}

async function checkReserveToken(subject: Subject): Promise<Check> {
  const check = new Check("parameters", "reserve token");
  const { chain, build, declared } = subject;
  const address = declared.addresses.ReserveToken as string;
  const token = chain.contract<IERC20Metadata>({ address, compiled: build("IERC20Metadata") });
  const decimals = await answer(token.decimals());
  check.same(`decimals of the reserve token ${address}`, decimals, RESERVE_DECIMALS, "name another reserve token");
  return check;
}

async function checkAttesters(subject: Subject): Promise<Check> {
  const check = new Check("parameters", "V6 attesters and their threshold");
  const { chain, state, declared } = subject;
  const { attesters, threshold } = declared.parameters.Methods;
  const attestation = chain.contract<OracleAttestation>(contractOf(subject, "OracleAttestation"));
  const candidates = [...new Set([...state.attesters, ...attesters])].sort();
  const present: string[] = [];
  for (const account of candidates) {
    const isAttester = await answer(attestation.isAttester(account));
    if (isAttester === "true") present.push(account);
    check.same(`OracleAttestation.isAttester(${account})`, isAttester, state.attesters.has(account), COMPROMISED);
  }
  const fix = `let the admin add or remove attesters, by roles:apply --batch <file>, or change Methods.attesters of ${declared.file}`;
  check.same("OracleAttestation.attesters", list(present), list(attesters), fix);
  const count = await answer(attestation.attesterCount());
  check.same("OracleAttestation.attesterCount", count, present.length, COMPROMISED);
  const actual = await answer(attestation.threshold());
  const setThreshold = `let the admin call setThreshold, by roles:apply --batch <file>, or change Methods.threshold of ${declared.file}`;
  check.same("OracleAttestation.threshold", actual, threshold, setThreshold);
  check.same("OracleAttestation.threshold by its events", state.threshold, actual, COMPROMISED);
  check.same("OracleAttestation.epoch", await answer(attestation.epoch()), state.epoch, COMPROMISED);
  return check;
}

/**
 * M1: registrars may use the protocol's own method and hybrids; only the admin may use a proof alone. Other methods in the journal may also
 * not be allowed yet, and the proof of a hybrid need not be allowed by itself.
 */
async function checkMethods(subject: Subject): Promise<Check> {
  const check = new Check("parameters", "M1 access to verification methods");
  const { chain, state, declared } = subject;
  const registry = chain.contract<ModelRegistry>(contractOf(subject, "ModelRegistry"));
  const { address: own } = contractOf(subject, "OracleAttestation");
  const addresses = declared.methods.map(({ address }) => address);
  const hybrids = declared.methods.filter(({ contract }) => contract === "Hybrid");
  for (const method of new Set([own, ...addresses, ...state.methods.keys()])) {
    const answered = await answerOf(registry.methodAccessOf(method));
    const access = answered === undefined ? "no answer" : accessName(answered);
    const view = `ModelRegistry.methodAccessOf(${method})`;
    const known = declared.methods.find(({ address }) => address === method);
    check.same(view, access, state.methods.get(method) ?? "NONE", COMPROMISED);
    const wanted = method === own ? "REGISTRAR" : known ? accessName(ACCESS_OF[known.contract]) : "NONE";
    if (!known || access !== "NONE") check.same(view, access, wanted, "let the admin call setMethodAccess");
    else if (
      known.contract === "Hybrid" ||
      !hybrids.some(({ capacity, quantileE9 }) => capacity === known.capacity && quantileE9 === known.quantileE9)
    )
      check.note(`the ${known.contract} ${method}`, "deployed and not allowed", "the admin can call setMethodAccess");
  }
  return check;
}

function accessName(access: bigint): string {
  return METHOD_ACCESS[Number(access)] ?? String(access);
}

function list(addresses: readonly string[]): string {
  return [...addresses].sort().join(", ");
}

/** A view's answer as text; a different contract may have none. */
async function answer(reading: Promise<unknown>): Promise<string> {
  const value = await answerOf(reading);
  return value === undefined ? "no answer" : String(value);
}
