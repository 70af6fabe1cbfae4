// Runs forge on test/solidity; arguments are passed on (`-- --match-contract X -vvv`). FUZZ_RUNS, FUZZ_SEED, INVARIANT_RUNS and
// INVARIANT_DEPTH override foundry.toml. The platform's binary is installed and called without forge's npm wrapper, which exits with 0 even
// if tests fail.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("../..", import.meta.url));

function forgeBinary() {
  const name = `@foundry-rs/forge-${process.platform}-${{ x64: "amd64", arm64: "arm64" }[process.arch]}`;
  try {
    return require.resolve(`${name}/bin/forge`);
  } catch {
    console.error(`forge: ${name} is missing; expected that package; npm ci installs it on Linux x64 and macOS arm64.`);
    process.exit(1);
  }
}

// Forge keeps failing inputs and tries them again first, so a failure with another seed or depth would affect the next run.
const failures = mkdtempSync(join(tmpdir(), "forge-failures-"));
const overrides = ["FUZZ_RUNS", "FUZZ_SEED", "INVARIANT_RUNS", "INVARIANT_DEPTH"].filter((name) => process.env[name]);
const forge = spawn(forgeBinary(), ["test", "--root", ".", "--offline", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    // The project's root is forge's root: from a folder inside it, forge would give solc the same source under two names.
    FOUNDRY_CONFIG: "test/solidity/foundry.toml",
    FOUNDRY_FUZZ_FAILURE_PERSIST_DIR: failures,
    FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR: failures,
    FOUNDRY_TEST_FAILURES_FILE: join(failures, "tests"),
    ...Object.fromEntries(overrides.map((name) => [`FOUNDRY_${name}`, process.env[name]])),
  },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => forge.kill(signal));
forge.on("error", (error) => console.error(`forge: ${error.message}`));
forge.on("close", (status) => {
  rmSync(failures, { recursive: true, force: true });
  process.exitCode = status === null || status < 0 ? 1 : status;
});
