import "@nomicfoundation/hardhat-toolbox";
import { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } from "hardhat/builtin-tasks/task-names";
import { subtask, type HardhatUserConfig } from "hardhat/config";
import { version as solcVersion } from "solc/package.json";

// The compiler is the pinned npm package, also for users with internet: everybody compiles the same bytes, and nothing is downloaded.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({
  compilerPath: require.resolve("solc/soljson.js"),
  isSolcJs: true,
  version: solcVersion,
  longVersion: solcVersion,
}));

const config: HardhatUserConfig = {
  solidity: {
    version: solcVersion,
    settings: { optimizer: { enabled: true, runs: 200 }, evmVersion: "cancun", metadata: { bytecodeHash: "none" } },
  },
  paths: { cache: ".build/cache", artifacts: ".build/artifacts" },
  typechain: { outDir: ".build/typechain" },
  mocha: { timeout: 120_000, forbidPending: true },
};

export default config;
