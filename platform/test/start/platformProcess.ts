import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const ROOT = resolve(__dirname, "../../..");

/** The last line that a platform prints once it is up. */
const UP = "Ctrl-C ends all of it.";

/** A platform in a process of its own. */
export interface PlatformProcess {
  readonly lines: readonly string[];
  /** What stands behind a name in its introduction. */
  readonly told: (name: string) => string;
  /** How far its indexer is. */
  readonly ready: () => Promise<{ readonly is_ready: boolean; readonly indexed_block: number | null }>;
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
}

/** Starts platforms; those that still run when a file of tests is through are ended. */
export function usePlatforms(): {
  start(options: readonly string[], env: Record<string, string>): Promise<PlatformProcess>;
  /** How one ends that does not start. */
  refusal(options: readonly string[], env: Record<string, string>): Promise<{ code: number | null; stderr: string }>;
} {
  const children: ChildProcess[] = [];
  after(() => children.forEach((child) => child.kill("SIGKILL")));

  function run(options: readonly string[], env: Record<string, string>) {
    const child = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "platform/start.ts", ...options], {
      cwd: ROOT,
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    return { child, closed: once(child, "close") as Promise<[number | null]> };
  }

  async function start(options: readonly string[], env: Record<string, string>): Promise<PlatformProcess> {
    const { child, closed } = run(options, env);
    const lines: string[] = [];
    const isUp = new Promise<void>((up) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on("line", (line) => {
          lines.push(line);
          if (line === UP) up();
        });
      }
    });
    await Promise.race([isUp, closed]);
    expect(lines, lines.join("\n")).to.include(UP);
    const told = (name: string) =>
      lines.map((line) => new RegExp(`^  ${name} +(\\S+)`).exec(line)?.[1]).find(Boolean) as string;
    return {
      lines,
      told,
      ready: async () => (await fetch(`${told("API")}/ready`)).json() as ReturnType<PlatformProcess["ready"]>,
      end: async (signal) => {
        child.kill(signal);
        return (await closed)[0];
      },
    };
  }

  async function refusal(options: readonly string[], env: Record<string, string>) {
    const { child, closed } = run(options, env);
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdout.resume();
    return { code: (await closed)[0], stderr };
  }

  return { start, refusal };
}
