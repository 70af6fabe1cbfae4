// One evaluation in a process of its own, which bounds its memory and can be ended.

import { fork } from "node:child_process";
import { join } from "node:path";
import type { JobTask, WorkerMessage } from "./messages";

const ROOT = join(__dirname, "../../..");
const SCRIPT = join(__dirname, "worker.ts");

/** Megabytes that an evaluation may take: a million rows take a third. */
const MEMORY = 1_536;

/** How an evaluation ended. */
export type EvaluationEnd =
  Exclude<WorkerMessage, { kind: "progress" }> | { readonly kind: "died"; readonly how: string };

/** An evaluation that is under way. */
export interface RunningEvaluation {
  /** From 0 to 1. */
  readonly progress: number;
  readonly end: Promise<EvaluationEnd>;
  /** Ends the process, whatever it is at. */
  kill(): void;
}

/** Starts an evaluation. */
export function startEvaluation(task: JobTask): RunningEvaluation {
  const child = fork(SCRIPT, {
    cwd: ROOT,
    execArgv: ["-r", "ts-node/register/transpile-only", `--max-old-space-size=${MEMORY}`],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const running = { progress: 0 };
  const end = new Promise<EvaluationEnd>((resolve) => {
    child.on("message", (message: WorkerMessage) => {
      if (message.kind === "progress") running.progress = message.progress;
      else resolve(message);
    });
    child.on("error", (error) => resolve({ kind: "died", how: error.message }));
    child.on("exit", (code, signal) => resolve({ kind: "died", how: signal ?? `exit code ${code}` }));
  });
  child.send(task, () => undefined); // a process that is gone is told by its exit
  return Object.assign(running, { end, kill: () => void child.kill("SIGKILL") });
}
