/**
 * Measures in a few minutes how much memory and disk `npm run platform` uses over an hour of its chain: a trade in every block, and a block
 * every two seconds of the chain's time. Then measures how long a start takes that mines all these blocks again.
 */
import { Interface, toQuantity } from "ethers";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { developmentKey } from "../../sdk/base/accounts";
import { Endpoint } from "../../sdk/rpc/endpoint";

/** Blocks in the hour, number of measurements, and seconds of the chain's time between two blocks. */
const [BLOCKS, PART, BLOCK_TIME] = [Number(process.env["BLOCKS"] ?? 1_800), 6, 2];

const MEGABYTE = 2 ** 20;
const ABI = new Interface([
  "function reserveToken() view returns (address)",
  "function mint(address to, uint256 amount)",
  "function approve(address spender, uint256 amount)",
  "function buy(uint256 reserveIn, uint256 minTokensOut, address to, uint256 deadline)",
]);
const MOST = 2n ** 256n - 1n;

/** Size in bytes of a file, or of all files in a folder. */
function sizeOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, { parentPath, name }) => sum + (statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
}

/** Starts the platform, and waits until it has printed what to do next. */
async function startPlatform(folder: string) {
  const start = performance.now();
  const child = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "platform/start.ts"], {
    cwd: resolve(__dirname, "../.."),
    env: { ...process.env, PLATFORM_FOLDER: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  const lines: string[] = [];
  await new Promise<void>((up, down) => {
    void closed.then(() => down(new Error(lines.join("\n"))));
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (line === "Ctrl-C ends all of it.") up();
    });
  });
  const text = lines.join("\n");
  return {
    seconds: Math.round((performance.now() - start) / 100) / 10,
    node: new Endpoint(/^ {2}chain +(\S+)/m.exec(text)?.[1] as string),
    api: /^ {2}API +(\S+)/m.exec(text)?.[1] as string,
    pool: /^ {2}model +credit-default .*pool (0x\w+)/m.exec(text)?.[1] as string,
    megabytes: () => {
      const [, kilobytes] = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
      return Math.round(Number(kilobytes) / 1_024);
    },
    stop: async () => {
      child.kill("SIGINT");
      await closed;
    },
  };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "growth-"));
  let platform = await startPlatform(folder);
  try {
    const first = platform.seconds;
    const { node, api, pool, megabytes } = platform;
    const from = developmentKey(8).address;
    const send = (to: string, name: string, values: readonly unknown[]) =>
      node.send("eth_sendTransaction", [{ from, to, data: ABI.encodeFunctionData(name, values) }]);
    const answer = await node.send<string>("eth_call", [
      { to: pool, data: ABI.encodeFunctionData("reserveToken") },
      "latest",
    ]);
    const reserve = String(ABI.decodeFunctionResult("reserveToken", answer)[0]);
    await send(reserve, "mint", [from, 10n ** 12n]);
    await send(reserve, "approve", [pool, MOST]);
    const rows: object[] = [];
    const note = (blocks: number) =>
      rows.push({
        blocks,
        "MB of memory": megabytes(),
        "kB of chain.jsonl": Math.round(sizeOf(join(folder, "own/chain.jsonl")) / 1_000),
        "MB of database": Math.round(sizeOf(join(folder, "own/db")) / MEGABYTE),
      });
    note(0);
    for (let block = 1; block <= BLOCKS; block++) {
      await node.send("evm_increaseTime", [BLOCK_TIME]);
      await send(pool, "buy", [1_000_000n, 0n, from, MOST]);
      if (block % Math.ceil(BLOCKS / PART) === 0) {
        const latest = Number(await node.send<string>("eth_blockNumber"));
        const isThere = async () =>
          ((await (await fetch(`${api}/ready`)).json()) as { indexed_block: number }).indexed_block >= latest;
        while (!(await isThere())) await new Promise((later) => setTimeout(later, 100));
        note(block);
      }
    }
    const block = toQuantity(Number(await node.send<string>("eth_blockNumber")));
    await platform.stop();
    const stopped = Math.round(sizeOf(join(folder, "own/db")) / MEGABYTE);
    platform = await startPlatform(folder);
    if ((await platform.node.send<string>("eth_blockNumber")) !== block)
      throw new Error("blocks are missing after the second start");
    console.table(rows);
    console.table({
      "seconds of the first start": first,
      "MB of database when stopped": stopped,
      "seconds of the second start": platform.seconds,
      "MB of memory after it": platform.megabytes(),
    });
  } finally {
    await platform.stop();
    rmSync(folder, { recursive: true });
  }
}

void main();
