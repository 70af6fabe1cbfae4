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
  /** All that it has printed, on both streams. */
  readonly output: () => string;
  /** Resolves when the log has as many entries of the kind as wanted; fails when the process ends before. */
  readonly until: (isWanted: (entry: Entry) => boolean, count?: number) => Promise<Entry>;
  /** Ends it and answers its exit code, which a signal that it cannot catch leaves null. */
  readonly end: (signal: "SIGTERM" | "SIGINT" | "SIGKILL") => Promise<number | null>;
}

/** Starts `npm run operator` as its users do. Every line of its output must be JSON. */
export function startOperator(args: readonly string[], env: Record<string, string>): OperatorProcess {
  const child = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "scripts/operator.ts", ...args], {
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
      child.kill(signal);
      return (await closed)[0];
    },
  };
}
