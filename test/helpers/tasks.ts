import { expect } from "chai";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

/** How a task ended. */
export interface TaskOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a task prints with `--json`. */
export interface TaskDocument {
  readonly model: Record<string, string>;
  readonly steps: { name: string; hash: string; gasUsed: string }[];
  readonly [field: string]: unknown;
}

/** A task and its arguments. */
export type TaskCall = readonly [task: string, args: Record<string, unknown>];

/** Runs tasks one after the other, each as `npx hardhat` would, and tells how each ended. */
export async function runTasks(
  environment: HardhatRuntimeEnvironment,
  ...calls: readonly TaskCall[]
): Promise<TaskOutcome[]> {
  const outcomes: TaskOutcome[] = [];
  const { log, error } = console;
  const { exitCode } = process;
  try {
    for (const [name, args] of calls) {
      const outcome = { stdout: "", stderr: "" };
      console.log = (text: string) => (outcome.stdout += `${text}\n`);
      console.error = (text: string) => (outcome.stderr += `${text}\n`);
      process.exitCode = 0;
      await environment.run(name, args);
      outcomes.push({ ...outcome, code: process.exitCode });
    }
  } finally {
    Object.assign(console, { log, error });
    process.exitCode = exitCode;
  }
  return outcomes;
}

/** Documents of tasks that succeed. */
export async function taskDocuments(
  environment: HardhatRuntimeEnvironment,
  ...calls: readonly TaskCall[]
): Promise<TaskDocument[]> {
  const outcomes = await runTasks(
    environment,
    ...calls.map(([task, args]) => [task, { ...args, json: true }] as const),
  );
  return outcomes.map(({ code, stdout, stderr }) => {
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    return JSON.parse(stdout) as TaskDocument;
  });
}
