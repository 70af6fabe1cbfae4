import type { HardhatRuntimeEnvironment } from "hardhat/types";

/** Compiles what has changed. All that is said meanwhile goes to the error stream: the output belongs to the command's result. */
export async function compile(hre: HardhatRuntimeEnvironment): Promise<void> {
  const { log } = console;
  console.log = console.error;
  try {
    await hre.run("compile", { quiet: true });
  } finally {
    console.log = log;
  }
}
