import "@nomicfoundation/hardhat-toolbox";
import {
  TASK_COMPILE,
  TASK_COMPILE_REMOVE_OBSOLETE_ARTIFACTS,
  TASK_COMPILE_SOLIDITY_COMPILE_JOBS,
  TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD,
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_ERRORS,
  TASK_COMPILE_SOLIDITY_LOG_RUN_COMPILER_START,
} from "hardhat/builtin-tasks/task-names";
import { extendEnvironment, extendProvider, subtask, task, type HardhatUserConfig } from "hardhat/config";
import { HardhatPluginError } from "hardhat/plugins";
import type { HttpNetworkConfig, HttpNetworkUserConfig } from "hardhat/types";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { version as solcVersion } from "solc/package.json";
import { nodeAddresses } from "./deploy/network";
import { patient } from "./deploy/reach";
import { withLock } from "./scripts/lock.cjs";
import { nodesListed } from "./sdk/rpc/nodes";
import "./scripts/tasks";

// The compiler is the pinned npm package, also for users with internet: everybody compiles the same bytes, and nothing is downloaded.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({
  compilerPath: require.resolve("solc/soljson.js"),
  isSolcJs: true,
  version: solcVersion,
  // Asked of the compiler itself, for explorers that compare it; runs only when something is compiled.
  longVersion: execFileSync(process.execPath, ["scripts/dev/solc.mjs", "--version"], {
    cwd: __dirname,
    encoding: "utf8",
  })
    .replace("Version: ", "")
    .replace(/\.Emscripten.*/s, ""),
}));

// Every compilation reads and writes Hardhat's cache, even if nothing has changed. A command that read it half written would compile
// everything again, and take the build away from those that use it. `hardhat clean` and commands with --no-compile take no lock.
task(TASK_COMPILE, (args, _, runSuper) =>
  withLock(
    join(__dirname, ".build/compile.lock"),
    () => console.error("Waiting for another command that compiles the contracts …"),
    () => runSuper(args),
  ),
);

// The first command compiles for a while: without a word it seems to hang. Not on standard output: that is the command's.
subtask(TASK_COMPILE_SOLIDITY_LOG_RUN_COMPILER_START, async () => console.error("Compiling the contracts …"));

/** What the compiler says of a source, as far as it matters here. */
interface Remark {
  readonly severity: string;
  readonly sourceLocation?: { readonly file: string };
}

const isOfDependency = ({ severity, sourceLocation }: Remark) =>
  severity !== "error" && sourceLocation?.file.startsWith("@") === true;

// Warnings of dependencies are not for who launches a model, nor can anything be done about them here.
subtask(
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_ERRORS,
  async ({ output, quiet }: { output: { errors?: Remark[] }; quiet: boolean }, _, runSuper) =>
    runSuper({ output: { ...output, errors: output.errors?.filter((remark) => !isOfDependency(remark)) }, quiet }),
);

/** Beside typechain's types: the library reads both. */
const ABIS = join(__dirname, ".build/abi");

subtask(
  TASK_COMPILE_SOLIDITY_COMPILE_JOBS,
  async ({ compilationJobs }: { compilationJobs: unknown[] }, _, runSuper) => {
    if (compilationJobs.length > 0) rmSync(ABIS, { recursive: true, force: true });
    return runSuper();
  },
);

// The last step of a compilation: by now no artifact is left of a source that is gone.
subtask(TASK_COMPILE_REMOVE_OBSOLETE_ARTIFACTS, async (_, { artifacts }, runSuper) => {
  await runSuper();
  const { ensureAbis } = await import("./scripts/dev/abi");
  await ensureAbis(artifacts, ABIS);
});

const rpcVariable = (network: string) => `RPC_URL_${network.toUpperCase().replaceAll("-", "_")}`;

/** The nodes of a network, from its variable: one address, or several with commas between, of which Hardhat itself sees the first. */
function nodesIn(variable: string, fallback: string): { url: string; nodes?: string } {
  const nodes = process.env[variable] ?? fallback;
  const [url = "", ...others] = nodesListed(nodes);
  return others.length > 0 ? { url, nodes } : { url };
}

/** A public network: its nodes from RPC_URL_<NETWORK>, absent until it is used. Which keys sign is decided where something is sent. */
function publicNetwork(network: string, chainId: number): HttpNetworkUserConfig {
  return { chainId, ...nodesIn(rpcVariable(network), ""), accounts: "remote" };
}

const publicNetworks = {
  sepolia: publicNetwork("sepolia", 11_155_111),
  "base-sepolia": publicNetwork("base-sepolia", 84_532),
  mainnet: publicNetwork("mainnet", 1),
  base: publicNetwork("base", 8_453),
};

extendEnvironment(({ network }) => {
  if (!(network.name in publicNetworks)) return;

  const variable = rpcVariable(network.name);
  const nodes = nodesListed(nodeAddresses(network.config as HttpNetworkConfig));
  if (nodes.every((url) => URL.canParse(url))) return;
  const reason = `${variable} must be the network's RPC address, or several with commas between`;
  throw new HardhatPluginError(`network ${network.name}`, `${reason}; set it in the environment.`);
});

extendProvider(patient);

// Instrumented code stays apart from what is tested and deployed.
const build = process.env.SOLIDITY_COVERAGE ? ".build/coverage" : ".build";

const config: HardhatUserConfig = {
  solidity: {
    version: solcVersion,
    settings: {
      optimizer: { enabled: true, runs: 200 },
      evmVersion: "cancun",
      metadata: { bytecodeHash: "none" },
      outputSelection: { "*": { "*": ["storageLayout"] } },
    },
  },
  networks: {
    hardhat: { chainId: 31_337 },
    localhost: { chainId: 31_337, ...nodesIn(rpcVariable("localhost"), "http://127.0.0.1:8545") },
    ...publicNetworks,
  },
  paths: { cache: `${build}/cache`, artifacts: `${build}/artifacts` },
  // For `hardhat verify`, where an explorer can be reached.
  etherscan: { apiKey: process.env.ETHERSCAN_API_KEY ?? "" },
  typechain: { outDir: `${build}/typechain`, node16Modules: true },
  // Many times what the slowest test takes alone: it finds what hangs, and no machine is too busy for it.
  mocha: { timeout: 900_000, forbidPending: true, forbidOnly: Boolean(process.env.CI) },
};

export default config;
