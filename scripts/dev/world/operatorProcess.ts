import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const ROOT = resolve(__dirname, "../../..");

/** A line of a service's log. */
export interface Entry {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A service in a process of its own. */
export interface OperatorProcess {
  readonly log: readonly Entry[];
  /** Everything that it has printed, on both streams. */
  readonly output: () => string;
  /** Resolves once the log has `count` matching entries; rejects if the process ends before. */
  readonly until: (isWanted: (entry: Entry) => boolean, count?: number) => Promise<Entry>;
  /** Ends the process and returns its exit code; null after a signal that it cannot catch. */
  readonly end: (signal: "SIGTERM" | "SIGINT" | "SIGKILL") => Promise<number | null>;
}

/** What `npm run operator` starts. */
const COMMAND = [process.execPath, "-r", "ts-node/register/transpile-only", "scripts/operator.ts"] as const;

/** How users start it. */
const THROUGH_NPM = ["npm", "run", "--silent", "operator", "--"] as const;

/**
 * What starts a service. A supervisor starts it directly; npm receives signals and must forward them; a terminal runs npm, and sends a
 * signal to every process in it.
 */
export type Starter = "supervisor" | "npm" | "terminal";

/** Starts the operator. Every line of its output must be JSON. */
export function startOperator(
  args: readonly string[],
  env: Record<string, string>,
  starter: Starter = "supervisor",
): OperatorProcess {
  const [command, ...options] = starter === "supervisor" ? COMMAND : THROUGH_NPM;
  const child = spawn(command, [...options, ...args], {
    detached: starter === "terminal",
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close") as Promise<[number | null]>;
  const log: Entry[] = [];
  const waiting = new Set<() => void>();
  let output = "";
  let hasEnded = false;
  const wake = () => waiting.forEach((look) => look());
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  createInterface({ input: child.stdout }).on("line", (line) => {
    output += `${line}\n`;
    log.push(JSON.parse(line) as Entry);
    wake();
  });
  void closed.then(() => {
    hasEnded = true;
    wake();
  });
  return {
    log,
    output: () => output,
    until: async (isWanted, count = 1) =>
      new Promise((found, fail) => {
        const look = () => {
          const wanted = log.filter(isWanted)[count - 1];
          if (wanted === undefined && !hasEnded) return;
          waiting.delete(look);
          if (wanted) found(wanted);
          else fail(new Error(`the operator has ended: ${output}`));
        };
        waiting.add(look);
        look();
      }),
    end: async (signal) => {
      if (starter === "terminal") process.kill(-(child.pid as number), signal);
      else child.kill(signal);
      return (await closed)[0];
    },
  };
}
