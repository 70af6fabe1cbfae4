// A public network for tests of deployments: anvil with Sepolia's chain id, behind an endpoint that injects faults.

import { dataSlice, HDNodeWallet, id, toQuantity } from "ethers";
import hre from "hardhat";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CREATE_X } from "../../../deploy/create2";
import { deployTo } from "../../../deploy/deployment";
import { deployModule } from "../../../deploy/ignition";
import { nameOf } from "../../../deploy/journal";
import { readParameters } from "../../../deploy/parameters";
import { environmentFor } from "../../../deploy/rehearsal";
import type { Step } from "../../../deploy/step";
import { LocalReserve } from "../../../ignition/modules/LocalReserve";
import type { Sent } from "../../../sdk/client/confirm";
import { explain } from "../../../sdk/client/errors";
import { readModelFile } from "../../../sdk/node/modelFile";
import { toJson } from "../../../sdk/schemas/json";
import { startFaultyRpc, type FaultyRpc } from "./faultyRpc";
import { rpc, startAnvil, type Node } from "./process";

const ROOT = resolve(__dirname, "../../..");
const SEPOLIA = 11_155_111;
const GENESIS = 1_800_000_000;
const BASE_FEE = 10n ** 9n;
const RICHES = 10n ** 20n;

/** One key does everything, as a key that the environment names must. */
const key = HDNodeWallet.fromSeed(id("a key of the tests"));
const account = (name: string) => dataSlice(id(name), 0, 20);

/** How a run ended, and what it said. */
export interface Run {
  /** Its last line; absent if everything was deployed. */
  readonly refusal?: string;
  /** Names of the transactions that it saw confirmed. */
  readonly sent: readonly string[];
  /** What it waited for. */
  readonly waits: readonly string[];
}

/**
 * What a deployment left behind, as named values: all of deploy/addresses/<chainId>.json, every event of the contracts, including roles,
 * and the number of transactions that the deploying account sent.
 */
export type State = Record<string, string>;

/** Values in which two states differ. */
export function differences(actual: State, expected: State): string[] {
  const names = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  return [...names]
    .filter((name) => actual[name] !== expected[name])
    .map((name) => `${name} is ${actual[name]}, expected ${expected[name]}`);
}

/** A public network on which nothing is deployed yet. */
export interface Network {
  readonly node: Node;
  readonly rpc: FaultyRpc;
  readonly deployer: string;
  /** What a process needs in its environment to deploy through the endpoint. */
  readonly env: Record<string, string>;
  /** The arguments of `npm run deploy`. */
  readonly args: readonly string[];
  /** Sends a request to the chain itself. */
  readonly ask: (method: string, ...params: unknown[]) => Promise<unknown>;
  /** Runs the command in this process. */
  readonly run: () => Promise<Run>;
  readonly state: () => Promise<State>;
  /** Sends another transaction with the deployer's key. */
  readonly sendOther: (nonce: number) => Promise<void>;
  /** Returns the chain to the state in which nothing was deployed, and deletes its journals and records. */
  readonly reset: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** How much faster time passes for a run in this process, to shorten its pauses. */
const SPEED = 20;

/** Milliseconds of the faster time after which a request counts as lost. */
export const TIMEOUT = 500 * SPEED;

/** Starts a public network, with what the protocol is built on. */
export async function startNetwork(): Promise<Network> {
  const node = await startAnvil(["--chain-id", String(SEPOLIA), "--timestamp", String(GENESIS)]);
  const faulty = await startFaultyRpc(node.url);
  const folder = mkdtempSync(join(tmpdir(), "deployment-"));
  const ask = (method: string, ...params: unknown[]) => rpc(node.url, method, params);

  const reserveToken = account("reserve token");
  await ask("anvil_setBalance", key.address, toQuantity(RICHES));
  await ask("anvil_setCode", CREATE_X, await codeOfCreateX());
  await ask("anvil_setCode", reserveToken, (await hre.artifacts.readArtifact("ReserveTokenMock")).deployedBytecode);
  await ask("anvil_setBlockTimestampInterval", 1); // blocks have the same times in every run

  const parameters = join(folder, "sepolia.json5");
  const model = join(folder, "model.json");
  writeFileSync(parameters, toJson(declare(reserveToken)));
  writeFileSync(model, toJson(declareModel()));

  let deployments = "";
  let clean: unknown;

  async function reset(): Promise<void> {
    faulty.policy = () => ({ kind: "pass" });
    faulty.forget();
    if (clean !== undefined) await ask("evm_revert", clean);
    clean = await ask("evm_snapshot");
    await ask("evm_setAutomine", true);
    await ask("anvil_setNextBlockBaseFeePerGas", toQuantity(BASE_FEE));
    if (deployments) rmSync(deployments, { recursive: true });
    deployments = mkdtempSync(join(folder, "deployments-"));
    network.env["DEPLOYMENTS"] = deployments;
  }

  async function run(): Promise<Run> {
    const environmentBefore = process.env;
    process.env = { ...environmentBefore, ...network.env };
    const sent: string[] = [];
    const waits: string[] = [];
    const settings = { url: faulty.url, accounts: [key.privateKey], timeout: TIMEOUT };
    const stage = environmentFor(hre, "sepolia", settings);
    try {
      const declared = {
        parameters: await readParameters({ name: "sepolia", isLocal: false }, parameters),
        parametersFile: parameters,
        files: [await readModelFile(model, false)],
      };
      const progress = {
        onPlan: () => undefined,
        onSent: ({ name }: Sent) => void sent.push(nameOf(name)),
        onProtocol: () => undefined,
        onStep: ({ name, sent: transaction }: Step) => void (transaction && sent.push(name)),
        onWait: (reason: string) => void waits.push(reason),
      };
      await hurry(() => deployTo(stage, declared, progress));
      return { sent, waits };
    } catch (error) {
      return { refusal: await explain(stage, error), sent, waits };
    } finally {
      process.env = environmentBefore;
    }
  }

  async function state(): Promise<State> {
    const logs = (await ask("eth_getLogs", { fromBlock: "0x0", toBlock: "latest" })) as object[];
    const transactions = await ask("eth_getTransactionCount", key.address, "latest");
    const file = join(deployments, `${SEPOLIA}.json`);
    const record = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as unknown) : "none";
    const found = flatten({ record, logs: logs.map(told), transactions: Number(transactions) });
    for (const [name, hash] of Object.entries(found)) {
      if (name.endsWith(".transaction")) found[name] = await describe(hash);
    }
    return found;
  }

  /** A transaction without its fees, which change all the time. */
  async function describe(hash: string): Promise<string> {
    const { from, nonce, input } = (await ask("eth_getTransactionByHash", hash)) as Record<string, string>;
    return `number ${Number(nonce)} of ${from}: ${id(input as string)}`;
  }

  async function sendOther(nonce: number): Promise<void> {
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n };
    const transaction = { type: 2, chainId: SEPOLIA, to: key.address, nonce, gasLimit: 21_000, ...fees };
    await ask("eth_sendRawTransaction", await key.signTransaction(transaction));
  }

  const network: Network = {
    node,
    rpc: faulty,
    deployer: key.address,
    env: { RPC_URL_SEPOLIA: faulty.url, PRIVATE_KEY: key.privateKey },
    args: ["--network", "sepolia", "--parameters", parameters, "--model", model],
    ask,
    run,
    state,
    sendOther,
    reset,
    stop: async () => {
      await faulty.stop();
      await node.stop();
      rmSync(folder, { recursive: true });
    },
  };
  await reset();
  return network;
}

/** The first deployment puts CreateX on the in-process chain, from which its code is read. */
async function codeOfCreateX(): Promise<string> {
  const [sender] = await hre.ethers.getSigners();
  await deployModule(hre, LocalReserve, {
    parameters: {},
    sender: (sender as { address: string }).address,
    onSent: () => undefined,
  });
  return hre.ethers.provider.getCode(CREATE_X);
}

/** Lets time pass {@link SPEED} times as fast while an action runs. */
async function hurry(action: () => Promise<unknown>): Promise<void> {
  const { setTimeout: wait } = globalThis;
  const { now } = Date;
  const start = now();
  Date.now = () => start + (now() - start) * SPEED;
  const soon = (callback: () => void, milliseconds = 0, ...values: []) =>
    wait(callback, milliseconds / SPEED, ...values);
  globalThis.setTimeout = soon as typeof setTimeout;
  try {
    await action();
  } finally {
    Object.assign(globalThis, { setTimeout: wait });
    Date.now = now;
  }
}

/** The emitter and the content of a log. */
const told = (log: { address?: string; topics?: string[]; data?: string }) =>
  [log.address, ...(log.topics ?? []), log.data].join(" ");

/** Names the values of an object by their paths. */
function flatten(value: unknown, path = ""): State {
  if (typeof value !== "object" || value === null) return { [path]: String(value) };
  const parts = Object.entries(value).map(([name, part]) => flatten(part, path === "" ? name : `${path}.${name}`));
  return Object.assign({}, ...parts) as State;
}

function declare(reserveToken: string) {
  const all = [key.address];
  return {
    $global: { deployer: key.address, adminDelay: 172_800, guardians: all, reserveToken },
    Governance: { proposers: [account("multisig")], executors: [account("multisig")] },
    Models: { registrars: all, poolCreators: all, payers: all, payoutDelay: 172_800 },
    Methods: { attesters: ["first", "second", "third"].map(account), threshold: 2 },
    Tokens: { operators: all, deployers: all, distributors: all },
    Market: { treasury: account("treasury") },
  };
}

function declareModel() {
  const models = join(ROOT, "deploy/models");
  const declared = JSON.parse(readFileSync(join(models, "credit-default.json"), "utf8")) as Record<string, unknown> & {
    license: { file: string };
    benchmark: { spec: string; evaluationData: string };
  };
  const { license, benchmark } = declared;
  const absolute = (file: string) => resolve(models, file);
  return {
    ...declared,
    improvement: undefined,
    beneficiary: account("supplier"),
    governor: account("governor"),
    license: { ...license, file: absolute(license.file) },
    benchmark: { ...benchmark, spec: absolute(benchmark.spec), evaluationData: absolute(benchmark.evaluationData) },
  };
}
