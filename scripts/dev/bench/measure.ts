// Measures what a command takes when run as its users run it. Linux only, because of the memory.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runScript, type Node, type Outcome } from "../world/process";

export interface ScriptFigures extends Outcome {
  readonly seconds: number;
  /** Peak memory of the largest of its processes. */
  readonly megabytes: number;
}

/** Runs a script on a node and measures it. */
export async function measureScript(script: string, args: readonly string[], { env }: Node): Promise<ScriptFigures> {
  const folder = mkdtempSync(join(tmpdir(), "peaks-"));
  const peaks = join(folder, "peaks");
  try {
    const start = Date.now();
    const outcome = await runScript(script, args, {
      ...env,
      NODE_OPTIONS: `--require=${join(__dirname, "peak.cjs")}`,
      PEAKS: peaks,
    });
    const seconds = (Date.now() - start) / 1_000;
    const largest = Math.max(...readFileSync(peaks, "utf8").trim().split("\n").map(Number));
    return { ...outcome, seconds, megabytes: Math.ceil((largest * 1_024) / 1e6) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
