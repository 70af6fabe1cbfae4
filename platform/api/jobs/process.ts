// Runs one evaluation in a process of its own, so that its memory and time are bounded and it can be ended.

import { fork } from "node:child_process";
import { join } from "node:path";
import type { JobTask, WorkerMessage } from "./messages";

const ROOT = join(__dirname, "../../..");
const SCRIPT = join(__dirname, "worker.ts");

/** The most megabytes that an evaluation may use; a million rows take a third of it. */
const MEMORY = 1_536;

/** The most milliseconds that an evaluation may take; the largest that were measured take a few minutes. */
const LONGEST = 30 * 60_000;

/** The variables that a process needs to run at all. It reads data from strangers, so it gets no secrets. */
const VARIABLES = ["PATH", "HOME", "TMPDIR", "NODE_V8_COVERAGE"];

/** How an evaluation ended. */
export type EvaluationEnd =
  | Exclude<WorkerMessage, { kind: "progress" }>
  | { readonly kind: "died"; readonly how: string }
  /** It ran out of time, and would again. */
  | { readonly kind: "late"; readonly minutes: number };

/** A running evaluation. */
export interface RunningEvaluation {
  /** From 0 to 1. */
  readonly progress: number;
  readonly end: Promise<EvaluationEnd>;
  /** Ends the process, whatever it is doing. */
  kill(): void;
}

/** Starts an evaluation. */
export function startEvaluation(task: JobTask, longest = LONGEST): RunningEvaluation {
  const child = fork(SCRIPT, [String(process.pid)], {
    cwd: ROOT,
    env: Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]])),
    execArgv: ["-r", "ts-node/register/transpile-only", `--max-old-space-size=${MEMORY}`],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const running = { progress: 0 };
  const kill = () => void child.kill("SIGKILL");
  const end = new Promise<EvaluationEnd>((resolve) => {
    const clock = setTimeout(() => {
      resolve({ kind: "late", minutes: longest / 60_000 });
      kill();
    }, longest);
    child.on("message", (message: WorkerMessage) => {
      if (message.kind === "progress") running.progress = message.progress;
      else resolve(message);
    });
    child.on("error", (error) => resolve({ kind: "died", how: error.message }));
    child.on("exit", (code, signal) => {
      clearTimeout(clock);
      resolve({ kind: "died", how: signal ?? `exit code ${code}` });
    });
  });
  child.send(task, () => undefined); // if the process is gone, its exit event says so
  return Object.assign(running, { end, kill });
}
