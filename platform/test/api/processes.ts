import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { HoldPoint } from "./support";

const ROOT = resolve(__dirname, "../../..");

/** An API in a process of its own. */
export interface ApiProcess {
  readonly url: string;
  /** Asks as an admin. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    type?: string,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Tells it where to stand still. */
  hold(point: HoldPoint): Promise<void>;
  /** Waits until it stands there. */
  holding(point: HoldPoint): Promise<void>;
  /** As after a loss of power. */
  kill(): Promise<void>;
}

/** Processes that are over by the end of the tests at hand. */
export function useApiProcesses(): { start(folder: string, operator: string): Promise<ApiProcess> } {
  const children: ChildProcess[] = [];
  after(() => {
    for (const child of children) child.kill("SIGKILL");
  });
  return {
    async start(folder, operator) {
      const options = ["-r", "ts-node/register/transpile-only", join(__dirname, "apiProcess.ts"), folder, operator];
      const child = spawn(process.execPath, options, { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] });
      children.push(child);
      const closed = once(child, "close");
      const lines: string[] = [];
      const waiting = new Set<() => void>();
      createInterface({ input: child.stdout }).on("line", (line) => {
        lines.push(line);
        for (const look of waiting) look();
      });
      let faults = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (faults += text));
      const said = async (start: string): Promise<string> => {
        const told = new Promise<string>((found) => {
          const look = () => {
            const line = lines.find((each) => each.startsWith(start));
            if (line === undefined) return;
            waiting.delete(look);
            found(line);
          };
          waiting.add(look);
          look();
        });
        const ended = closed.then(() => Promise.reject(new Error(`the process has ended: ${faults}`)));
        return Promise.race([told, ended]);
      };
      const [, url = "", key = ""] = (await said("up ")).split(" ");
      return {
        url,
        ask: async (method, path, body, type = "application/json") => {
          const response = await fetch(url + path, {
            method,
            headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { "content-type": type }) },
            ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
          });
          return { status: response.status, body: (await response.json()) as Record<string, unknown> };
        },
        hold: async (point) => {
          child.stdin.write(`hold ${point}\n`);
          await said(`told hold ${point}`);
        },
        holding: async (point) => void (await said(`holding ${point}`)),
        kill: async () => {
          child.kill("SIGKILL");
          await closed;
        },
      };
    },
  };
}
