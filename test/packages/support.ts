// Consumers of the packed packages: projects in folders of their own, which know nothing of this repository.

import { Contract, id, JsonRpcProvider } from "ethers";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { devDependencies } from "../../package.json";
import type { HokusaiAMM, ModelRegistry } from "../../.build/typechain";
import { HokusaiAMM as POOL_ABI, ModelRegistry as REGISTRY_ABI } from "../../.build/abi";
import type { DeploymentRecord } from "../../deploy/record";
import { runScript, startNode, type Outcome } from "../../scripts/dev/world/process";

export const ROOT = resolve(__dirname, "../..");
/** Tools that only these tests need, from a package file of their own. */
export const CI_TOOLS = join(ROOT, ".ci/node_modules");

export const MODEL_ID = "sentiment-v2";

/** What every example buys for, and what each of the first accounts is given. */
export const SPENT = 100_000_000n;
const FUNDS = 10n * SPENT;

const DOCUMENT = readFileSync(join(ROOT, "docs/integrating.md"), "utf8");

/** A file as docs/integrating.md shows it. */
export function documented(file: string): string {
  const [, code] = new RegExp(`^\`\`\`\\w+ file=${file.replace(".", "\\.")}\n(.*?)^\`\`\`$`, "ms").exec(DOCUMENT) ?? [];
  if (code === undefined) throw new Error(`docs/integrating.md shows no ${file}`);
  return code;
}

/** Names of all files that the document shows. */
export const documentedFiles = [...DOCUMENT.matchAll(/^```\w+ file=(\S+)$/gm)].map(([, file]) => file);

/** The tarballs of both packages. */
export interface Packed {
  readonly protocol: string;
  readonly sdk: string;
}

/** What is made once for all consumers: tarballs, a chain with a launched model. */
let packing: Promise<Packed> | undefined;
let starting: Promise<Chain> | undefined;
const folders: string[] = [];

export function packed(): Promise<Packed> {
  return (packing ??= pack());
}

async function pack(): Promise<Packed> {
  const { code, stdout, stderr } = await runScript("scripts/dev/package.ts");
  if (code !== 0) throw new Error(`the packages were not packed: ${stdout}${stderr}`);
  const [protocol = "", sdk = ""] = stdout.trim().split("\n").slice(-2);
  return { protocol, sdk };
}

/** An empty project with packages, installed from files and from what npm's cache has since the repository's own `npm ci`. */
export async function projectWith(...packages: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "consumer-"));
  folders.push(folder);
  write(folder, { "package.json": JSON.stringify({ private: true }) });
  await succeed(folder, "npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...packages]);
  return folder;
}

/** What stands beside the library in a program, or beside the interfaces in a Solidity project, as the repository has it. */
export const ETHERS = `ethers@${devDependencies.ethers}`;
export const OPENZEPPELIN = `@openzeppelin/contracts@${devDependencies["@openzeppelin/contracts"]}`;

export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Lends a project tools that the repository has installed: they are not what is tested, and hundreds of packages. */
export function lend(folder: string, ...tools: readonly string[]): void {
  for (const tool of tools) {
    const path = join(folder, "node_modules", tool);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", tool), path);
  }
}

/** Runs a program in a project, with nothing of this process's environment but where programs and caches are. */
export async function run(
  folder: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** The output of a program that must succeed. */
export async function succeed(...running: Parameters<typeof run>): Promise<string> {
  const { code, stdout, stderr } = await run(...running);
  if (code !== 0) throw new Error(`${running[1]} ${running[2].join(" ")} ended with ${code}: ${stdout}${stderr}`);
  return stdout;
}

/** A local chain with the protocol and a launched model. */
export interface Chain {
  readonly url: string;
  /** Path of the deployment's record. */
  readonly record: string;
  readonly provider: JsonRpcProvider;
  readonly pool: HokusaiAMM;
  readonly registry: ModelRegistry;
  /** What an account has of the model's token. */
  readonly balanceOf: (account: string) => Promise<bigint>;
  readonly stop: () => Promise<void>;
}

export function localChain(): Promise<Chain> {
  return (starting ??= launch());
}

async function launch(): Promise<Chain> {
  const { url, env, stop } = await startNode();
  const args = ["--network", "localhost", "--model", `deploy/models/${MODEL_ID}.json`];
  const { code, stderr } = await runScript("scripts/deploy.ts", args, env);
  if (code !== 0) throw new Error(`nothing was deployed: ${stderr}`);
  const record = join(env["DEPLOYMENTS"] as string, "31337.json");
  const { contracts, models } = JSON.parse(readFileSync(record, "utf8")) as DeploymentRecord;
  const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
  const at = (address: string | undefined, abi: ConstructorParameters<typeof Contract>[1]) =>
    new Contract(address as string, abi, provider);
  const pool = at(models[MODEL_ID]?.pool.address, POOL_ABI) as unknown as HokusaiAMM;
  const registry = at(contracts["ModelRegistry"]?.address, REGISTRY_ABI) as unknown as ModelRegistry;
  const reserve = at(await pool.reserveToken(), ["function mint(address to, uint256 amount)"]);
  for (const account of (await provider.listAccounts()).slice(0, 5)) {
    await (await (reserve.connect(account) as Contract).getFunction("mint")(account, FUNDS)).wait();
  }
  const token = at(await pool.token(), ["function balanceOf(address) view returns (uint256)"]);
  const balanceOf = (account: string): Promise<bigint> => token.getFunction("balanceOf")(account);
  const end = async () => {
    provider.destroy();
    await stop();
  };
  return { url, record, provider, pool, registry, balanceOf, stop: end };
}

/** The model's score, as the registry has it. */
export async function scoreOf({ registry }: Chain): Promise<bigint> {
  return (await registry.scoreOf(id(MODEL_ID))) as bigint;
}

after(async () => {
  await (await starting)?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true });
});
