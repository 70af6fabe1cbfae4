import type { Artifacts, HardhatRuntimeEnvironment } from "hardhat/types";

/**
 * Builds that are up to date: sources do not change while a command runs, and checking all of them takes longer than most tasks. The key is
 * the artifacts object, because Hardhat wraps the environment anew for each task.
 */
const compiled = new WeakSet<Artifacts>();

/** Compiles what has changed. All messages go to the error stream, because standard output belongs to the command's result. */
export async function compile(hre: HardhatRuntimeEnvironment): Promise<void> {
  if (compiled.has(hre.artifacts)) return;
  const { log } = console;
  console.log = console.error;
  try {
    await hre.run("compile", { quiet: true });
    compiled.add(hre.artifacts);
  } finally {
    console.log = log;
  }
}
