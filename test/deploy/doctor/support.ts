// SPDX-License-Identifier: MIT
import { expect } from "chai";
import {
  AbiCoder,
  concat,
  dataLength,
  dataSlice,
  getCreateAddress,
  id,
  keccak256,
  toBeHex,
  toQuantity,
  zeroPadValue,
  type Result,
} from "ethers";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment, HttpNetworkConfig } from "hardhat/types";
import { readBuild, type Build, type Compiled } from "../../../deploy/doctor/build";
import { readDeclared, type Declared } from "../../../deploy/doctor/declared";
import { examine } from "../../../deploy/doctor/doctor";
import { subjectOf } from "../../../deploy/doctor/observe";
import { inWords, noteInWords, type Diagnosis } from "../../../deploy/doctor/report";
import { OTHER_CONTRACTS } from "../../../deploy/doctor/subject";
import { main as launch } from "../../../scripts/launch";
import { encodeKey, readKey } from "../../../sdk/node/prover";
import { ONE_ATTEMPT } from "../../../sdk/proofs/counts";
import { Chain } from "../../../sdk/rpc/snapshot";
import { runMain, withDeployments } from "../../../scripts/dev/world/live";
import { rpc, startAnvil, type Node } from "../../../scripts/dev/world/process";
import { DAY, MAX_UINT256, USDC } from "../../../scripts/dev/world/units";
import storage from "../../snapshots/storage.json";

/** Published id of the model that the world's launch brings. */
export const MODEL = "credit-default";

/** Accounts with nothing to do with the protocol. */
export const [STRANGER, OTHER] = [
  "0x00000000000000000000000000000000000000a1",
  "0x00000000000000000000000000000000000000A2",
].map((address) => hre.ethers.getAddress(address.toLowerCase())) as [string, string];

/** Accounts of the example: who trades, who governs, who supplies computing power. */
const [HOLDER, PAYEE] = [8, 16];

/** What the doctor is asked, with other declarations where a test gives them. */
export type Redeclare = (declared: Declared) => Declared;

/** A launched model on anvil, traded, improved and used, and everything to change it and look at it. */
export interface World {
  readonly node: Node;
  readonly declared: Declared;
  readonly build: Build;
  readonly clean: Diagnosis;
  readonly model: { readonly key: string; readonly token: string; readonly pool: string };
  readonly governor: string;
}

/** Builds the world with the project's own launch. */
export async function buildWorld(): Promise<World> {
  const node = await startAnvil();
  const options = ["--network", "localhost", "--model", `deploy/models/${MODEL}.json`, "--json"];
  const { code, stdout, stderr } = await runMain(launch, options, node.env);
  expect(code, stderr).to.equal(0);
  const { model } = JSON.parse(stdout) as { model: World["model"] };
  const declared = await declaredOn(node);
  const contracts = Object.keys(declared.addresses).filter((name) => name !== "ReserveToken");
  const build = await readBuild(hre, [...contracts, ...OTHER_CONTRACTS, "ReserveTokenMock"]);
  await rpc(node.url, "anvil_autoImpersonateAccount", [true]);
  const file = await declared.modelFile(model.key);
  const world = { node, declared, build, model, governor: file!.file.governor };
  const launched = { ...world, clean: await look(world) };
  await use(launched);
  return { ...launched, clean: await look(launched) };
}

/** What is declared for a node, as the command finds it. */
async function declaredOn(node: Node): Promise<Declared> {
  const config: HttpNetworkConfig = { ...hre.config.networks.localhost, url: node.url };
  const provider = { send: (method: string, parameters: unknown[]) => rpc(node.url, method, parameters) };
  const environment = Object.create(hre, {
    network: { value: { name: "localhost", config, provider } },
  }) as HardhatRuntimeEnvironment;
  return withDeployments(node.env.DEPLOYMENTS, async () => {
    const declared = await readDeclared(environment);
    // Model files are read once: they are large.
    const file = await declared.modelFile(id(MODEL));
    return { ...declared, modelFile: async (key) => (key === id(MODEL) ? file : undefined) };
  });
}

/** Everybody's part in a week: a sale, fees that stream, an invoice, collected trade fees. */
async function use(world: World): Promise<void> {
  const { model, governor, declared } = world;
  const [holder, payee] = [await account(world, HOLDER), await account(world, PAYEE)];
  const reserve = "ReserveToken";
  await send(world, governor, "InfrastructureReserve", "approvePayee", [model.key, payee]);
  await pass(world, 8n * DAY);
  await send(world, holder, "HokusaiAMM", "sell", [1_000n * 10n ** 18n, 0n, holder, MAX_UINT256]);
  await send(world, holder, reserve, "mint", [holder, 2_000n * USDC]);
  await send(world, holder, reserve, "approve", [declared.addresses.UsageFeeRouter, MAX_UINT256]);
  await send(world, holder, "UsageFeeRouter", "depositFee", [model.key, 1_000n * USDC]);
  await send(world, holder, "UsageFeeRouter", "payForCalls", [model.key, 1_000n, 1_000n * USDC]);
  const payment = [model.key, payee, 100n * USDC, id("invoice")];
  await send(world, holderOf(world, "PAYER_ROLE"), "InfrastructureReserve", "pay", payment);
  await send(world, holder, "HokusaiAMM", "collectFees", []);
}

/** What the doctor says of the world now. */
export async function look(
  { node, build, declared }: Pick<World, "node" | "build" | "declared">,
  redeclare: Redeclare = (present) => present,
): Promise<Diagnosis> {
  const chain = await Chain.at(node.url, declared.network);
  return examine(await subjectOf(chain, build, redeclare(declared)));
}

/** Every finding that fails, in one line each. */
export function wrongOf({ checks }: Diagnosis): string[] {
  return checks.flatMap(({ name, wrong }) => wrong.map((finding) => `${name}: ${inWords(finding)}`));
}

/** Every finding that does not fail. */
export function notableOf({ checks }: Diagnosis): string[] {
  return checks.flatMap(({ name, notable }) => notable.map((note) => `${name}: ${noteInWords(note)}`));
}

/** Address of a contract of the protocol, or of the model. */
export function addressOf({ declared, model }: Pick<World, "declared" | "model">, contract: string): string {
  if (contract === "ModelToken") return model.token;
  if (contract === "HokusaiAMM") return model.pool;
  return declared.addresses[contract] as string;
}

/** An account that holds a role. */
export function holderOf({ clean }: Pick<World, "clean">, role: string): string {
  const found = clean.authorities.find((authority) => authority.as === role);
  if (found === undefined) throw new Error(`nobody holds ${role}`);
  return found.account;
}

/** The timelock, as the sender of transactions. */
export const timelockOf = (world: World) => addressOf(world, "TimelockController");

/** Sends a transaction of any account, contracts included, and expects it to succeed. */
export async function send(
  world: World,
  from: string,
  contract: string,
  name: string,
  args: readonly unknown[],
  to = addressOf(world, contract),
): Promise<void> {
  const { url } = world.node;
  const { abi } = world.build(contract === "ReserveToken" ? "ReserveTokenMock" : contract);
  await rpc(url, "anvil_setBalance", [from, toQuantity(10n ** 18n)]);
  const data = abi.encodeFunctionData(name, args);
  const hash = await rpc(url, "eth_sendTransaction", [{ from, to, data, gas: toQuantity(3_000_000) }]);
  expect(await statusOf(url, hash), `${contract}.${name}`).to.equal("0x1");
}

/** What a view answers now. */
export async function call(world: World, contract: string, name: string, args: readonly unknown[]): Promise<Result> {
  const { abi } = world.build(contract);
  const request = { to: addressOf(world, contract), data: abi.encodeFunctionData(name, args) };
  const answer = (await rpc(world.node.url, "eth_call", [request, "latest"])) as string;
  return abi.decodeFunctionResult(name, answer);
}

/** Deploys the verification method for a circuit with its recorded key. */
export function deployProof(world: World, capacity: number): Promise<string> {
  return create(world, "ZkProof", [encodeKey(readKey(capacity).verificationKey), ONE_ATTEMPT]);
}

/** Deploys a contract. */
export async function create(world: World, contract: string, args: readonly unknown[]): Promise<string> {
  const { url } = world.node;
  const { creationCode, abi } = world.build(contract);
  const data = concat([creationCode, abi.encodeDeploy(args)]);
  const from = await account(world, HOLDER);
  const nonce = Number(await rpc(url, "eth_getTransactionCount", [from, "latest"]));
  const hash = await rpc(url, "eth_sendTransaction", [{ from, data, gas: toQuantity(10_000_000) }]);
  expect(await statusOf(url, hash), contract).to.equal("0x1");
  return getCreateAddress({ from, nonce });
}

/** The status of a transaction, as soon as it is mined. */
async function statusOf(url: string, hash: unknown): Promise<string> {
  for (;;) {
    const receipt = (await rpc(url, "eth_getTransactionReceipt", [hash])) as { status: string } | null;
    if (receipt !== null) return receipt.status;
    await new Promise((later) => setTimeout(later, 10));
  }
}

/** A development account. */
export async function account({ node }: Pick<World, "node">, index: number): Promise<string> {
  const accounts = (await rpc(node.url, "eth_accounts")) as string[];
  return hre.ethers.getAddress(accounts[index] as string);
}

/** Lets time pass. */
export async function pass({ node }: World, seconds: bigint): Promise<void> {
  await rpc(node.url, "evm_increaseTime", [Number(seconds)]);
  await rpc(node.url, "evm_mine");
}

/** Time of the latest block. */
export async function now({ node }: World): Promise<bigint> {
  const block = (await rpc(node.url, "eth_getBlockByNumber", ["latest", false])) as { timestamp: string };
  return BigInt(block.timestamp);
}

/** A time as the doctor prints it. */
export const time = (timestamp: bigint) => new Date(Number(timestamp) * 1000).toISOString().replace(".000Z", "Z");

/** The code at a contract. */
export async function codeOf(world: World, address: string): Promise<string> {
  return (await rpc(world.node.url, "eth_getCode", [address, "latest"])) as string;
}

/** Puts another code in the place of a contract's. */
export async function setCode(world: World, address: string, code: string): Promise<void> {
  await rpc(world.node.url, "anvil_setCode", [address, code]);
}

/** A code with its last byte changed, which no instruction reads. */
export function flipEnd(code: string): string {
  const end = dataLength(code) - 1;
  return concat([dataSlice(code, 0, end), toBeHex(BigInt(dataSlice(code, end)) ^ 1n, 1)]);
}

/** A code with another word for an immutable, in all its places or in the first only. */
export function withImmutable({ immutables }: Compiled, code: string, name: string, word: string, isEverywhere = true) {
  const { places } = immutables.find((immutable) => immutable.name === name)!;
  return (isEverywhere ? places : places.slice(0, 1)).reduce(
    (changed, { start, length }) => concat([dataSlice(changed, 0, start), word, dataSlice(changed, start + length)]),
    code,
  );
}

/** Hash of a code without its immutables, as the doctor prints it. */
export function maskedHashOf({ immutables }: Compiled, code: string): string {
  const masked = immutables
    .flatMap(({ places }) => places)
    .reduce(
      (bytes, { start, length }) =>
        concat([dataSlice(bytes, 0, start), new Uint8Array(length), dataSlice(bytes, start + length)]),
      code,
    );
  return keccak256(masked);
}

/** Place of a variable in a contract's storage, from the recorded layouts. */
export function slotOf(contract: keyof typeof storage, variable: string): { slot: bigint; offset: bigint } {
  const line = storage[contract].variables.find((entry) => entry.endsWith(` ${variable}`))!;
  const [slot, offset] = /^(\d+):(\d+)/.exec(line)!.slice(1).map(BigInt) as [bigint, bigint];
  return { slot, offset };
}

/** Place of a key's value in a mapping. */
export function entryOf(slot: bigint, key: string): bigint {
  return BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256"], [zeroPadValue(key, 32), slot])));
}

/** A word of a contract's storage. */
export async function load(world: World, address: string, slot: bigint): Promise<bigint> {
  return BigInt((await rpc(world.node.url, "eth_getStorageAt", [address, toQuantity(slot), "latest"])) as string);
}

/** Writes a word into a contract's storage, past its code. */
export async function store(world: World, address: string, slot: bigint, word: bigint): Promise<void> {
  await rpc(world.node.url, "anvil_setStorageAt", [address, toBeHex(slot, 32), toBeHex(word, 32)]);
}
