import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { ListedMutant } from "./mutants";

const TOOLS = resolve(__dirname, "../../../.ci/mutants");

/** The program that lists the mutants of files. */
export const LISTER = join(TOOLS, "list.mjs");

/** The mutants that Stryker has to run, and the tests to run on them. */
interface StrykerJob {
  /** Test files, by their paths from the root. */
  readonly tests: readonly string[];
  readonly mutants: readonly ListedMutant[];
  readonly isOnChain: boolean;
}

/** A verdict as .ci/mutants/plugin.mjs prints it. */
interface StrykerVerdict {
  readonly key: string;
  readonly status: string;
  readonly reason?: string;
  readonly killer?: { readonly file: string; readonly test: string };
}

const sandboxIn = (folder: string) => `${folder}/sandbox`;

/** Returns Stryker's configuration of a run. The sandbox is a copy of everything that the tests read; packages are linked. */
function settingsOf(folder: string, { tests, mutants, isOnChain }: StrykerJob): object {
  return {
    testRunner: "mocha",
    plugins: ["@stryker-mutator/mocha-runner", join(TOOLS, "plugin.mjs")],
    checkers: ["drawn"],
    reporters: ["verdicts"],
    drawn: mutants.map(({ key }) => key),
    // Instrumenting only these ranges keeps the rest of the code as it is, and fast.
    mutate: mutants.map(
      ({ file, start, end }) => `${file}:${start.line + 1}:${start.column}-${end.line + 1}:${end.column}`,
    ),
    ignorePatterns: [".build/*", "!.build/abi", "!.build/artifacts", "!.build/typechain", "platform"],
    tempDirName: sandboxIn(folder),
    mochaOptions: {
      spec: tests,
      extension: ["ts"],
      require: ["ts-node/register/transpile-only", ...(isOnChain ? ["./scripts/dev/stryker/freshChain.ts"] : [])],
    },
    coverageAnalysis: "perTest",
    ignoreStatic: true,
    concurrency: 2,
    // Milliseconds in addition to four times the usual time, for busy machines. Endless loops are ended by their number of rounds.
    timeoutMS: 60_000,
    timeoutFactor: 4,
    dryRunTimeoutMinutes: 30,
    logLevel: "error",
    allowConsoleColors: false,
  };
}

/** Runs Stryker in the root, with its files in `folder`, and calls `told` with each verdict at once. */
export async function runStryker(
  root: string,
  folder: string,
  job: StrykerJob,
  told: (verdict: StrykerVerdict) => void,
): Promise<void> {
  const config = join(root, folder, "stryker.json");
  writeFileSync(config, JSON.stringify(settingsOf(folder, job)));
  const stryker = join(TOOLS, "node_modules/@stryker-mutator/core/bin/stryker.js");
  const child = spawn(process.execPath, [stryker, "run", config], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((done) => child.once("exit", done));
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith("{")) told(JSON.parse(line) as StrykerVerdict);
      else console.error(line);
    }
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    await ended;
    rmSync(join(root, sandboxIn(folder)), { recursive: true, force: true });
  }
  const code = await ended;
  if (code !== 0) throw new Error(`Stryker ended with code ${code}`);
}
