import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "../../..");
const STARTUP_SECONDS = 90;
const WAITING_SECONDS = 120;
const POLLING = 50; // milliseconds

/** How a command ended. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A persistent chain, with a folder of its own for what is deployed on it. */
export interface Node {
  url: string;
  /** What a command needs in its environment to work on this chain as `localhost`. */
  env: Record<string, string>;
  stop: () => Promise<void>;
}

/** A running script. */
export interface Script {
  /** Ends its process immediately. */
  readonly kill: () => void;
  readonly outcome: Promise<Outcome>;
}

/** Runs a script of the project as its users do, in a process of its own, with `input` on its standard input. */
export function runScript(
  script: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
  input = "",
): Promise<Outcome> {
  return startScript(script, args, env, input).outcome;
}

/** Like {@link runScript}, but does not wait for the script's end. */
export function startScript(
  script: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
  input = "",
): Script {
  const child = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", script, ...args], {
    cwd: ROOT,
    // NODE_V8_COVERAGE lets a coverage run include the process.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_V8_COVERAGE: process.env.NODE_V8_COVERAGE, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(input);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const outcome = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { kill: () => void child.kill("SIGKILL"), outcome };
}

/** Starts `hardhat node`. */
export async function startNode(): Promise<Node> {
  const bootstrap = "node_modules/hardhat/internal/cli/bootstrap.js";
  return start("hardhat node", process.execPath, () => [bootstrap, "node", "--hostname", "127.0.0.1"]);
}

/** Starts anvil, with as many development accounts as Hardhat has, unless the options say otherwise. */
export async function startAnvil(options: readonly string[] = []): Promise<Node> {
  const accounts = options.includes("--accounts") ? [] : ["--accounts", "20"];
  // The states that anvil writes to disk go into the chain's folder; by default they would stay in the user's home.
  return start("anvil", anvilBinary(), (folder) => [...accounts, "--cache-path", join(folder, "states"), ...options]);
}

/** The binary from the package on Linux x64; elsewhere the one on the PATH. */
function anvilBinary(): string {
  const isPackaged = process.platform === "linux" && process.arch === "x64";
  return isPackaged ? require.resolve("@foundry-rs/anvil-linux-amd64/bin/anvil") : "anvil";
}

/** Starts a chain on a port that the system chooses, and reads the port from the chain's log. */
async function start(name: string, command: string, optionsIn: (folder: string) => readonly string[]): Promise<Node> {
  const folder = mkdtempSync(join(tmpdir(), "node-"));
  const [deployments, log] = [join(folder, "deployments"), join(folder, "log")];
  mkdirSync(deployments);
  const output = openSync(log, "w");
  const child = spawn(command, [...optionsIn(folder), "--port", "0"], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const closed = once(child, "close");
  const stop = async () => {
    child.kill();
    await closed;
    rmSync(folder, { recursive: true });
  };
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  for (let tries = 0; tries < STARTUP_SECONDS * 10 && isRunning(); tries++) {
    const [, address] =
      /(?:Listening on|server at) (?:http:\/\/)?(127\.0\.0\.1:\d+)[/\s]/.exec(readFileSync(log, "utf8")) ?? [];
    const url = `http://${address}`;
    if (address) return { url, env: { RPC_URL_LOCALHOST: url, DEPLOYMENTS: deployments }, stop };
    await new Promise((later) => setTimeout(later, 100));
  }
  await stop();
  throw new Error(`${name} did not start within ${STARTUP_SECONDS} s, or has ended`);
}

/** Waits until a condition holds; throws after {@link WAITING_SECONDS}. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + WAITING_SECONDS * 1000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`what is waited for has not come within ${WAITING_SECONDS} s`);
    await new Promise((later) => setTimeout(later, POLLING));
  }
}

/** One call of a chain's JSON-RPC interface. */
export async function rpc(url: string, method: string, params: unknown[] = []): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return ((await response.json()) as { result: unknown }).result;
}

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
