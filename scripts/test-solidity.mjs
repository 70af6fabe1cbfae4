// Runs forge on test/solidity; arguments are passed on (`-- --match-contract X -vvv`). FUZZ_RUNS, FUZZ_SEED, INVARIANT_RUNS and
// INVARIANT_DEPTH override foundry.toml. The platform's binary is called directly: forge's npm wrapper exits 0 when tests fail.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("..", import.meta.url));

function forgeBinary() {
  const arch = { x64: "amd64", arm64: "arm64" }[process.arch];
  const [name, suffix] = [`@foundry-rs/forge-${process.platform}-${arch}`, process.platform === "win32" ? ".exe" : ""];
  try {
    return require.resolve(`${name}/bin/forge${suffix}`);
  } catch {
    console.error(
      `forge: ${name} is not installed; Linux and macOS (x64, arm64) are supported; run npm ci on one of them.`,
    );
    process.exit(1);
  }
}

const overrides = ["FUZZ_RUNS", "FUZZ_SEED", "INVARIANT_RUNS", "INVARIANT_DEPTH"].filter((name) => process.env[name]);
const { status, error } = spawnSync(forgeBinary(), ["test", "--root", ".", "--offline", ...process.argv.slice(2)], {
  cwd: `${root}test/solidity`,
  stdio: "inherit",
  env: { ...process.env, ...Object.fromEntries(overrides.map((name) => [`FOUNDRY_${name}`, process.env[name]])) },
});
if (error) console.error(`forge: ${error.message}`);
process.exit(status ?? 1);
