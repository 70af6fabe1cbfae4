import { expect } from "chai";
import { Contract, JsonRpcProvider, type ContractTransactionReceipt, type Wallet } from "ethers";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runScript, until } from "../../../scripts/dev/world/process";
import { startMlflowStandIn, type MlflowStandIn } from "../../../scripts/dev/world/mlflowStandIn";
import { usePlatformProcesses, type PlatformProcess } from "../start/platformProcess";

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Where a command's output is read. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Somebody who has a platform's address and keys, a node's address, and the commands; nothing else of the platform. */
export interface StoryWorld {
  readonly folder: string;
  readonly mlflow: MlflowStandIn;
  readonly provider: JsonRpcProvider;
  /** Addresses of the deployment's record, by name. */
  readonly contracts: Readonly<Record<string, string>>;
  readonly recordFile: string;
  readonly admin: string;
  readonly platform: PlatformProcess;
  /** Starts the platform, or starts it again after it was ended. */
  start(): Promise<void>;
  ask(method: string, path: string, key?: string, body?: unknown, type?: string): Promise<Answer>;
  /** What is answered with success. */
  get<T>(path: string, key?: string): Promise<T>;
  /** Runs a command that succeeds. */
  run(script: string, args: readonly string[], env?: Record<string, string>): Promise<CommandOutput>;
  hokusai(args: readonly string[], env?: Record<string, string>): Promise<string>;
  /** Writes a file for a command; answers its path. */
  file(name: string, content: string): string;
  /** Looks until something is there. */
  wait<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T>;
  /** What a contract answers. */
  view(at: string, signature: string, ...values: unknown[]): Promise<unknown>;
  /** Sends a transaction as a wallet does. */
  send(wallet: Wallet, at: string, signature: string, ...values: unknown[]): Promise<ContractTransactionReceipt>;
}

/** A platform in a folder of its own, with an MLflow server beside it. */
export function useStory(): StoryWorld {
  const platforms = usePlatformProcesses();
  const world = {} as { -readonly [Key in keyof StoryWorld]: StoryWorld[Key] };

  before(async () => {
    world.folder = mkdtempSync(join(tmpdir(), "story-"));
    world.mlflow = await startMlflowStandIn();
  });
  after(async () => {
    world.provider?.destroy();
    await world.mlflow.stop();
    rmSync(world.folder, { recursive: true });
  });

  world.start = async () => {
    const env = { PLATFORM_FOLDER: world.folder, MLFLOW_TRACKING_URI: world.mlflow.url };
    world.platform = await platforms.start(["--no-demo"], env);
    world.admin = readFileSync(world.platform.told("admin key"), "utf8").trim();
    world.recordFile = join(world.folder, "own/deployments/31337.json");
    const record = JSON.parse(readFileSync(world.recordFile, "utf8")) as { contracts: Record<string, Contracted> };
    const found = Object.entries(record.contracts).map(([name, { address }]) => [name, address]);
    world.contracts = Object.fromEntries(found) as Record<string, string>;
    world.provider?.destroy();
    world.provider = new JsonRpcProvider(world.platform.told("chain"), 31_337, {
      ...{ staticNetwork: true, cacheTimeout: -1, pollingInterval: 50 },
    });
  };

  world.ask = async (method, path, key, body, type = "application/json") => {
    const response = await fetch(world.platform.told("API") + path, {
      method,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { "content-type": type }),
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Answer["body"]) };
  };
  world.get = async <T>(path: string, key?: string) => {
    const { status, body } = await world.ask("GET", path, key);
    expect(status, `${path}: ${JSON.stringify(body)}`).to.equal(200);
    return body as T;
  };

  world.run = async (script, args, env = {}) => {
    const { code, stdout, stderr } = await runScript(script, args, {
      ...{ RPC_URL_LOCALHOST: world.platform.told("chain"), DEPLOYMENTS: join(world.folder, "own/deployments") },
      ...env,
    });
    expect(code, `${script} ${args.join(" ")}: ${stderr}`).to.equal(0);
    return { stdout, stderr };
  };
  world.hokusai = async (args, env = {}) => {
    const places = { HOKUSAI_API_URL: world.platform.told("API"), HOKUSAI_RPC_URL: world.platform.told("chain") };
    return (await world.run("scripts/hokusai.ts", args, { ...places, ...env })).stdout;
  };
  world.file = (name, content) => {
    const path = join(world.folder, name);
    writeFileSync(path, content);
    return path;
  };

  world.wait = async <T>(what: string, look: () => Promise<T | undefined | false>) => {
    let found: T | undefined | false;
    await until(async () => Boolean((found = await look()))).catch((error: Error) => {
      throw new Error(`${what}: ${error.message}`);
    });
    return found as T;
  };
  world.view = async (at, signature, ...values) => {
    const contract = new Contract(at, [`function ${signature.replace(")", ") view")}`], world.provider);
    return contract.getFunction(signature.slice(0, signature.indexOf("(")))(...values) as Promise<unknown>;
  };
  world.send = async (wallet, at, signature, ...values) => {
    const contract = new Contract(at, [`function ${signature}`], wallet.connect(world.provider));
    const name = signature.slice(0, signature.indexOf("("));
    const sent = (await contract.getFunction(name)(...values)) as { wait(): Promise<ContractTransactionReceipt> };
    return sent.wait();
  };
  return world;
}

interface Contracted {
  readonly address: string;
}
