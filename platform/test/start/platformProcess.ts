import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const ROOT = resolve(__dirname, "../../..");

/** The last line that a platform prints once it is up. */
const UP = "Ctrl-C ends all of it.";

/** A platform in a process of its own, as `npm run platform` starts it. */
export interface PlatformProcess {
  readonly lines: readonly string[];
  /** What stands behind a name in its introduction. */
  readonly told: (name: string) => string;
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
}

/** Platforms that are over by the end of the tests at hand. */
export interface PlatformProcesses {
  /** Starts the command; answers its process. */
  launch(options: readonly string[], env: Readonly<Record<string, string>>): ChildProcess;
  /** Starts a platform that comes up. */
  start(options: readonly string[], env: Readonly<Record<string, string>>): Promise<PlatformProcess>;
}

export function usePlatformProcesses(): PlatformProcesses {
  const children: ChildProcess[] = [];
  after(() => {
    for (const child of children) child.kill("SIGKILL");
  });

  function launch(options: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    const child = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "platform/start.ts", ...options], {
      cwd: ROOT,
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    return child;
  }

  async function start(options: readonly string[], env: Readonly<Record<string, string>>): Promise<PlatformProcess> {
    const child = launch(options, env);
    const closed = once(child, "close") as Promise<[number | null]>;
    const lines: string[] = [];
    const isUp = new Promise<void>((up) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream as NodeJS.ReadableStream }).on("line", (line) => {
          lines.push(line);
          if (line === UP) up();
        });
      }
    });
    await Promise.race([isUp, closed]);
    expect(lines, lines.join("\n")).to.include(UP);
    return {
      lines,
      told: (name) => lines.map((line) => new RegExp(`^  ${name} +(\\S+)`).exec(line)?.[1]).find(Boolean) as string,
      end: async (signal) => {
        child.kill(signal);
        return (await closed)[0];
      },
    };
  }
  return { launch, start };
}
