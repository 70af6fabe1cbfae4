/**
 * `npm run bench:scan`: the operator reads a year of an L2 with a block every two seconds, which is 15.8 million blocks with 50,000 events.
 * The node answers after 100 ms, and for at most 10,000 blocks at a time. The history is read from nothing, and then from the checkpoint.
 * Meanwhile the operator must report that it is live, and that it is not ready until everything is read.
 */
import { id, toBeHex, toQuantity } from "ethers";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Checkpoint, type Fact } from "../../../operator/chain/checkpoint";
import { Follower } from "../../../operator/chain/follower";
import { ChainHead } from "../../../operator/chain/head";
import { Health } from "../../../operator/health";
import { openDoor } from "../../../operator/http";
import { PatientProvider } from "../../../operator/rpc";
import { Telemetry } from "../../../operator/telemetry";

const [BLOCKS, EVENTS, MOST_BLOCKS, DELAY, BLOCK_TIME] = [15_800_000, 50_000, 10_000, 100, 2_000];
const STEP = Math.floor((BLOCKS - 1_000) / EVENTS);
const [LONGEST_FIRST, LONGEST_NEXT] = [180, 5];
const CHAIN_ID = 8_453;
const ADDRESS = toBeHex(0xaa, 20);
const EVENT = id("ModelCreated(bytes32,string)");

/** What a reading took, in seconds, and how the service was meanwhile. */
interface ScanFigures {
  readonly seconds: number;
  readonly requests: number;
  readonly events: number;
  /** The longest time that `/live` took to answer yes, in milliseconds. */
  readonly slowestLive: number;
  readonly saysReadyEarly: boolean;
  readonly isReadyAtTheEnd: boolean;
}

/** A node with this many blocks and events, which it makes up instead of storing. */
async function startNode() {
  const start = Date.now();
  let requests = 0;
  const headNow = () => BLOCKS + Math.floor((Date.now() - start) / BLOCK_TIME);
  const blockAt = (number: number) => ({
    number: toQuantity(number),
    hash: toBeHex(number + 1, 32),
    parentHash: toBeHex(number, 32),
    timestamp: toQuantity(Math.floor(start / 1_000) + Math.floor(((number - BLOCKS) * BLOCK_TIME) / 1_000)),
    nonce: "0x0000000000000000",
    difficulty: "0x0",
    gasLimit: "0x1c9c380",
    gasUsed: "0x0",
    miner: ADDRESS,
    extraData: "0x",
    baseFeePerGas: "0x1",
    transactions: [],
  });
  const logAt = (block: number) => ({
    address: ADDRESS,
    topics: [EVENT, toBeHex(block, 32)],
    data: "0x",
    blockNumber: toQuantity(block),
    blockHash: toBeHex(block + 1, 32),
    transactionHash: id(`transaction ${block}`),
    transactionIndex: "0x0",
    logIndex: "0x0",
    removed: false,
  });
  const answer = (method: string, [first]: readonly unknown[]): object => {
    if (method === "eth_chainId") return { result: toQuantity(CHAIN_ID) };
    if (method === "eth_getBlockByNumber") {
      const number = first === "latest" ? headNow() : first === "finalized" ? headNow() - 600 : Number(first);
      return { result: number > headNow() ? null : blockAt(number) };
    }
    const { fromBlock, toBlock } = first as { fromBlock: string; toBlock: string };
    const [from, to] = [Number(fromBlock), Number(toBlock)];
    if (to - from >= MOST_BLOCKS) return { error: { code: -32_602, message: `at most ${MOST_BLOCKS} blocks` } };
    const blocks: number[] = [];
    for (let block = Math.ceil(from / STEP) * STEP; block <= Math.min(to, EVENTS * STEP); block += STEP)
      blocks.push(block);
    return { result: blocks.map(logAt) };
  };

  const server = createServer((incoming, outgoing) => {
    void (async () => {
      let text = "";
      for await (const chunk of incoming.setEncoding("utf8")) text += chunk as string;
      const { id: name, method, params } = JSON.parse(text) as { id: number; method: string; params: unknown[] };
      requests++;
      await pause(DELAY);
      outgoing.writeHead(200, { "content-type": "application/json" });
      outgoing.end(JSON.stringify({ jsonrpc: "2.0", id: name, ...answer(method, params) }));
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function read(node: Awaited<ReturnType<typeof startNode>>, folder: string): Promise<ScanFigures> {
  const [start, before] = [Date.now(), node.requests()];
  const controller = new AbortController();
  const telemetry = new Telemetry(() => undefined);
  const provider = new PatientProvider(node.url, CHAIN_ID, telemetry, controller.signal);
  const follower = new Follower(provider, 1, telemetry);
  const seen = new Set<string>();
  follower.follow<Fact & { readonly key: string }>({
    name: "models",
    addresses: [ADDRESS],
    events: [EVENT],
    read: ({ blockNumber: block, transactionHash: transaction, topics }) => {
      return { block, transaction, key: topics[1] as string };
    },
    apply: ({ key }) => seen.add(key),
    clear: () => seen.clear(),
    undone: () => undefined,
  });
  follower.resume(new Checkpoint(folder, [CHAIN_ID, ...follower.purpose]));
  const health = new Health(120, () => ({
    signAt: provider.signAt,
    failingSince: provider.failingSince,
    behind: follower.behind,
    readUpTo: follower.readUpTo,
    isStopping: false,
  }));
  const door = await openDoor({
    host: "127.0.0.1",
    port: 0,
    token: "",
    telemetry,
    posts: new Map(),
    live: () => health.live(),
    ready: () => health.ready(),
  });
  const head = new ChainHead(provider, 3);
  let [isReading, slowestLive, saysReadyEarly] = [true, 0, false];
  const watch = (async () => {
    while (isReading) {
      const asked = Date.now();
      const { status } = await fetch(`${door.url}/live`);
      slowestLive = Math.max(slowestLive, status === 200 ? Date.now() - asked : Infinity);
      saysReadyEarly ||= isReading && (await fetch(`${door.url}/ready`)).status === 200;
      await pause(250);
    }
  })();
  do {
    const view = await head.look();
    if (view === undefined) continue;
    health.saw(view);
    await follower.advance(view);
  } while (follower.behind !== 0);
  const seconds = (Date.now() - start) / 1_000;
  isReading = false;
  await watch;
  health.ended();
  const isReadyAtTheEnd = (await fetch(`${door.url}/ready`)).status === 200;
  await door.close();
  follower.close();
  provider.destroy();
  const requests = node.requests() - before;
  return { seconds, requests, events: seen.size, slowestLive, saysReadyEarly, isReadyAtTheEnd };
}

async function main(): Promise<void> {
  const node = await startNode();
  const folder = mkdtempSync(join(tmpdir(), "scan-"));
  try {
    const figures = { "from nothing": await read(node, folder), "from a checkpoint": await read(node, folder) };
    console.table(figures);
    const [first, next] = Object.values(figures) as [ScanFigures, ScanFigures];
    const isRight =
      first.seconds <= LONGEST_FIRST &&
      next.seconds <= LONGEST_NEXT &&
      [first, next].every(
        ({ events, slowestLive, saysReadyEarly, isReadyAtTheEnd }) =>
          events === EVENTS && slowestLive <= 1_000 && !saysReadyEarly && isReadyAtTheEnd,
      );
    if (!isRight)
      console.error(`Expected ${LONGEST_FIRST} s and ${LONGEST_NEXT} s at most, and true answers meanwhile.`);
    process.exitCode = isRight ? 0 : 1;
  } finally {
    node.stop();
    rmSync(folder, { recursive: true });
  }
}

if (require.main === module) void main();
