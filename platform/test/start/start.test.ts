import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { developmentKey } from "../../../sdk/base/accounts";
import { until } from "../../../scripts/dev/world/process";

const ROOT = resolve(__dirname, "../../..");

/** The last line that a platform prints once it is up. */
const UP = "Ctrl-C ends all of it.";

/** A platform in a process of its own. */
interface Running {
  readonly lines: readonly string[];
  /** What stands behind a name in its introduction. */
  readonly told: (name: string) => string;
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
}

describe("npm run platform @uninstrumented", () => {
  const children: ChildProcess[] = [];
  let folder: string;

  before(() => (folder = mkdtempSync(join(tmpdir(), "platform-"))));
  after(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  async function start(...options: string[]): Promise<Running> {
    const child = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "platform/start.ts", ...options], {
      cwd: ROOT,
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], PLATFORM_FOLDER: folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    const closed = once(child, "close") as Promise<[number | null]>;
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
    return {
      lines,
      told: (name) => lines.map((line) => new RegExp(`^  ${name} +(\\S+)`).exec(line)?.[1]).find(Boolean) as string,
      end: async (signal) => {
        child.kill(signal);
        return (await closed)[0];
      },
    };
  }

  async function rpc(url: string, method: string, ...params: unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "content-type": "application/json" };
    return ((await (await fetch(url, { method: "POST", headers, body })).json()) as { result: unknown }).result;
  }

  const ready = async (platform: Running) => (await fetch(`${platform.told("API")}/ready`)).json();

  it("starts everything, keeps up with its chain, ends at a signal, and goes on where it was", async () => {
    const first = await start();
    const chain = first.told("chain");
    const [from, to] = [developmentKey(8).address, developmentKey(9).address];
    await rpc(chain, "eth_sendTransaction", { from, to, value: "0x1" });
    const latest = Number(await rpc(chain, "eth_blockNumber"));
    await until(async () => ((await ready(first)) as { indexed_block: number }).indexed_block === latest);
    const block = (await rpc(chain, "eth_getBlockByNumber", "latest", false)) as { hash: string };
    const keyFile = first.told("admin key");
    expect(statSync(keyFile).mode & 0o777).to.equal(0o600);
    expect((await fetch(`${first.told("operator")}/live`)).status).to.equal(200);

    expect(await first.end("SIGINT")).to.equal(0);
    expect(first.lines.at(-1)).to.equal("stopped; the same command goes on from here");

    const second = await start();
    expect(second.lines).to.include(`chain: ${latest} blocks of the last run mined again`);
    expect(second.told("registry")).to.equal(first.told("registry"));
    expect(await rpc(second.told("chain"), "eth_getBlockByHash", block.hash, false)).to.deep.equal(block);
    expect(await ready(second)).to.deep.include({ is_ready: true });
    expect(readFileSync(keyFile, "utf8")).to.match(/^hk_/);

    // Killed, it is as after a loss of power.
    await second.end("SIGKILL");
    const third = await start();
    expect(await ready(third)).to.deep.include({ is_ready: true });
    expect(await third.end("SIGTERM")).to.equal(0);
  });

  it("refuses a second platform in the same folder, and a network without a deployment", async () => {
    const options = (network: string[]) => ["-r", "ts-node/register/transpile-only", "platform/start.ts", ...network];
    const outcome = async (args: string[], env: Record<string, string>) => {
      const child = spawn(process.execPath, options(args), {
        cwd: ROOT,
        env: { PATH: process.env["PATH"], HOME: process.env["HOME"], PLATFORM_FOLDER: folder, ...env },
        stdio: ["ignore", "ignore", "pipe"],
      });
      children.push(child);
      let stderr = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      const [code] = (await once(child, "close")) as [number | null];
      return { code, stderr };
    };
    const running = await start("--no-demo");
    const second = await outcome([], {});
    await running.end("SIGTERM");
    expect(second.code).to.equal(1);
    expect(second.stderr).to.match(/another run, process \d+, works on this network/);

    const env = { RPC_URL_SEPOLIA: running.told("chain"), DEPLOYMENTS: folder };
    const elsewhere = await outcome(["--network", "sepolia"], env);
    expect(elsewhere.code).to.equal(1);
    expect(elsewhere.stderr).to.contain("there is no record of a deployment on sepolia");
  });
});
