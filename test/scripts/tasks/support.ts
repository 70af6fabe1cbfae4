// The chain on which the tests of the everyday tasks run: another process keeps it, and every test finds it as its suite left it.

import { Contract, JsonRpcProvider } from "ethers";
import hre, { artifacts } from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { deployProtocol } from "../../../deploy/protocol";
import { environmentFor } from "../../../deploy/rehearsal";
import { rpc, startAnvil, type Node } from "../../../scripts/dev/world/process";
import { runTasks, taskDocuments, type TaskCall, type TaskDocument, type TaskOutcome } from "../../helpers/tasks";

export const MODEL = "sentiment-v2";
export const FILE = resolve(__dirname, "../../../deploy/models/sentiment-v2.json");

/** Accounts of the node, by number. */
export const [GUARDIAN, GOVERNOR, INVESTOR] = [3, 12, 8];

/** The tasks that launch the model, one after the other. */
export const LAUNCH: readonly TaskCall[] = [
  ["model:deploy", { file: FILE }],
  ["model:register", { file: FILE }],
  ["model:distribute", { id: MODEL }],
  ["pool:create", { file: FILE }],
];

/** What a test must leave as it was: the chain, and the journal of what was deployed on it. */
interface State {
  readonly journal: string;
  readonly snapshot: unknown;
}

/** A chain of another process with the protocol on it. */
export class TaskChain {
  private constructor(
    readonly node: Node,
    readonly provider: JsonRpcProvider,
    /** Where tasks run; a suite may replace it by one with another way to the chain. */
    public env: HardhatRuntimeEnvironment,
    readonly addresses: Record<string, string>,
  ) {}

  /** Starts the chain and deploys the protocol. */
  static async start(): Promise<TaskChain> {
    const node = await startAnvil();
    const provider = new JsonRpcProvider(node.url, undefined, { cacheTimeout: -1 });
    Object.assign(process.env, { DEPLOYMENTS: node.env.DEPLOYMENTS, NO_COLOR: "1" });
    const env = environmentFor(hre, "localhost", { url: node.url });
    return new TaskChain(node, provider, env, (await deployProtocol(env)).addresses);
  }

  /** Runs tasks one after the other and tells how each ended. */
  run(...calls: readonly TaskCall[]): Promise<TaskOutcome[]> {
    return runTasks(this.env, ...calls);
  }

  /** Documents of tasks that succeed. */
  documents(...calls: readonly TaskCall[]): Promise<TaskDocument[]> {
    return taskDocuments(this.env, ...calls);
  }

  async accountOf(signer: number): Promise<string> {
    return (await this.provider.getSigner(signer)).getAddress();
  }

  async contractAt(name: string, address: string, signer: number): Promise<Contract> {
    return new Contract(address, (await artifacts.readArtifact(name)).abi, await this.provider.getSigner(signer));
  }

  /** Sends a transaction and waits for its receipt. */
  async send(contract: Contract, name: string, ...args: unknown[]): Promise<void> {
    await (await contract.getFunction(name)(...args)).wait();
  }

  async remember(): Promise<State> {
    const journal = mkdtempSync(join(tmpdir(), "journal-"));
    cpSync(this.node.env.DEPLOYMENTS!, journal, { recursive: true });
    return { journal, snapshot: await rpc(this.node.url, "evm_snapshot") };
  }

  async returnTo({ journal, snapshot }: State): Promise<State> {
    await rpc(this.node.url, "evm_revert", [snapshot]);
    rmSync(this.node.env.DEPLOYMENTS!, { recursive: true });
    cpSync(journal, this.node.env.DEPLOYMENTS!, { recursive: true });
    rmSync(journal, { recursive: true });
    return this.remember();
  }
}

/**
 * Gives a suite a chain, which every test finds in the state that `prepare` leaves.
 * @returns the chain, from the first test on
 */
export function useTaskChain(prepare: (chain: TaskChain) => Promise<void> = async () => undefined): () => TaskChain {
  const { DEPLOYMENTS, NO_COLOR } = process.env;
  let chain: TaskChain;
  let start: State;

  before(async () => {
    chain = await TaskChain.start();
    await prepare(chain);
    start = await chain.remember();
  });

  afterEach(async () => {
    start = await chain.returnTo(start);
  });

  after(async () => {
    chain.provider.destroy();
    rmSync(start.journal, { recursive: true });
    delete process.env.DEPLOYMENTS;
    delete process.env.NO_COLOR;
    Object.assign(process.env, { ...(DEPLOYMENTS && { DEPLOYMENTS }), ...(NO_COLOR && { NO_COLOR }) });
    await chain.node.stop();
  });

  return () => chain;
}
