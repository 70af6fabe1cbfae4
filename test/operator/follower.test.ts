// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { getAddress, id, zeroPadValue } from "ethers";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { Checkpoint, type Fact } from "../../operator/chain/checkpoint";
import { Follower, LAG } from "../../operator/chain/follower";
import type { PatientProvider } from "../../operator/rpc";
import { Telemetry } from "../../operator/telemetry";
import { useFolders, type Entry } from "./support";

const ADDRESS = getAddress(zeroPadValue("0xaa", 20));
const OTHER = getAddress(zeroPadValue("0xbb", 20));
const EVENT = id("Something()");

interface FakeLog {
  readonly address: string;
  readonly blockNumber: number;
  readonly transactionHash: string;
  readonly index: number;
  readonly topics: readonly string[];
}

/** A chain in memory: blocks have the hashes of their fork, and logs. */
class FakeChain {
  head = 0;
  /** Blocks from which on each fork has other hashes than the one before. */
  readonly forks: number[] = [];
  logs: FakeLog[] = [];
  /** Blocks that a request for logs may be for. */
  most = Infinity;
  /** Logs of later blocks are not shown: as of a node that lags behind. */
  shownUpTo = Infinity;
  /** Later blocks are not known. */
  knownUpTo = Infinity;
  readonly asked: { readonly from: number; readonly to: number }[] = [];
  waiting = 0;
  mostWaiting = 0;
  /** Called before each answer. */
  onRequest: () => void = () => undefined;

  hashOf(block: number): string {
    return id(`${block} ${this.forks.filter((fork) => fork <= block).length}`);
  }

  emit(blockNumber: number, name: string, address = ADDRESS): void {
    this.logs.push({ address, blockNumber, transactionHash: id(name), index: 0, topics: [EVENT] });
  }

  /** Another history from a block on, in which some logs are in other blocks. */
  reorganise(from: number, logs: Readonly<Record<string, number>> = {}): void {
    this.forks.push(from);
    this.logs = this.logs.filter(({ blockNumber }) => blockNumber < from);
    for (const [name, block] of Object.entries(logs)) this.emit(block, name);
  }

  get provider(): PatientProvider {
    const getBlock = async (number: number) => {
      this.onRequest();
      return number > Math.min(this.head, this.knownUpTo) ? null : { number, hash: this.hashOf(number) };
    };
    const getLogs = async ({
      fromBlock: from,
      toBlock: to,
      address,
    }: Record<string, number> & { address: string[] }) => {
      this.onRequest();
      this.asked.push({ from: from!, to: to! });
      if (to! - from! + 1 > this.most) throw Object.assign(new Error("block range is too wide"), { code: -32_602 });
      this.mostWaiting = Math.max(this.mostWaiting, ++this.waiting);
      await new Promise(setImmediate);
      this.waiting--;
      return this.logs.filter(
        (log) =>
          log.blockNumber >= from! && log.blockNumber <= Math.min(to!, this.shownUpTo) && address.includes(log.address),
      );
    };
    return { getBlock, blockAt: getBlock, getLogs } as unknown as PatientProvider;
  }
}

describe("operator: Follower, the reader of event logs", () => {
  const folders = useFolders();
  let chain: FakeChain;
  beforeEach(() => {
    chain = new FakeChain();
    chain.head = 1_000;
  });

  function open({ fromBlock = 0, addresses = [ADDRESS] } = {}) {
    const log: Entry[] = [];
    const telemetry = new Telemetry((line) => log.push(JSON.parse(line) as Entry));
    const follower = new Follower(chain.provider, fromBlock, telemetry);
    const [seen, undone]: [string[], string[]] = [[], []];
    follower.follow<Fact>({
      name: "seen",
      addresses,
      events: [EVENT],
      read: ({ blockNumber: block, transactionHash: transaction }) => ({ block, transaction }),
      apply: ({ transaction }) => seen.push(transaction),
      clear: () => seen.splice(0),
      undone: (facts) => undone.push(...facts.map(({ transaction }) => transaction)),
    });
    const checkpoint = () => new Checkpoint(folders.path("state"), [1, ...follower.purpose]);
    follower.resume(checkpoint());
    const advance = async (final = chain.head - 10) =>
      follower.advance({ head: chain.head, seenAt: 0, confirmed: chain.head, final, time: 0n, baseFeePerGas: 0n });
    return { follower, seen, undone, log, advance };
  }
  const names = (...list: string[]) => list.map(id);

  describe("given blocks that were mined before it starts", () => {
    it("reads their logs once and in order, without those of other addresses", async () => {
      [3, 700, 1_000].forEach((block) => chain.emit(block, `in ${block}`));
      chain.emit(4, "elsewhere", OTHER);
      const { seen, advance, follower } = open();
      expect(follower.behind).to.equal(undefined);
      await advance();
      await advance();
      expect(seen).to.deep.equal(names("in 3", "in 700", "in 1000"));
      expect([follower.readUpTo, follower.behind]).to.deep.equal([1_000, 0]);
    });

    it("begins at the block from which it is told to read", async () => {
      chain.emit(3, "before");
      chain.emit(4, "in");
      const { seen, advance } = open({ fromBlock: 4 });
      await advance();
      expect(seen).to.deep.equal(names("in"));
    });

    it("reads them in parts as small as the node wants, at most eight at a time", async () => {
      chain.head = 50_000;
      for (let block = 7; block < chain.head; block += 997) chain.emit(block, `in ${block}`);
      chain.most = 100;
      const { seen, advance } = open();
      await advance();
      expect(seen).to.deep.equal(chain.logs.map(({ transactionHash }) => transactionHash));
      expect(chain.mostWaiting).to.equal(8);
      expect(chain.asked.filter(({ from, to }) => to - from + 1 > 100)).to.have.length.below(60);
    });
  });

  describe("given a checkpoint", () => {
    it("continues from it, and requests only new blocks and the last ones before them", async () => {
      chain.emit(5, "old");
      await open().advance();
      chain.asked.length = 0;
      chain.head = 1_010;
      chain.emit(1_005, "new");
      const { seen, advance, follower } = open();
      expect([seen, follower.readUpTo]).to.deep.equal([names("old"), 1_000]);
      await advance();
      expect(seen).to.deep.equal(names("old", "new"));
      expect(chain.asked).to.deep.equal([{ from: 1_000 - LAG + 1, to: 1_010 }]);
    });

    it("reads everything again if the checkpoint is gone, damaged or for other addresses", async () => {
      chain.emit(5, "old");
      await open().advance();
      const [file] = readdirSync(folders.path("state"));
      expect(open({ addresses: [ADDRESS, OTHER] }).seen).to.deep.equal([]);
      writeFileSync(folders.path("state", file!), '{"block":1000,"marks"');
      const { seen, advance } = open();
      expect(seen).to.deep.equal([]);
      await advance();
      expect(seen).to.deep.equal(names("old"));
      rmSync(folders.path("state"), { recursive: true });
      expect(open().seen).to.deep.equal([]);
    });

    it("reads everything again on a different, shorter chain with the same addresses", async () => {
      chain.emit(5, "old");
      await open().advance();
      chain.reorganise(0, { fresh: 2 });
      chain.head = 20;
      const { seen, advance, undone } = open();
      await advance();
      expect(seen).to.deep.equal(names("fresh"));
      expect(undone).to.deep.equal(names("old"));
    });

    it("continues and logs the failure if the checkpoint cannot be written", async () => {
      writeFileSync(folders.path("state"), "a file");
      chain.emit(5, "old");
      const { seen, advance, log } = open();
      await advance();
      expect(seen).to.deep.equal(names("old"));
      expect(log.map(({ event }) => event)).to.deep.equal(["checkpoint not written"]);
    });
  });

  describe("given a reorganisation", () => {
    async function read() {
      [100, 980, 990].forEach((block) => chain.emit(block, `in ${block}`));
      const opened = open();
      await opened.advance(970);
      chain.head = 1_001;
      await opened.advance(970);
      return opened;
    }

    it("forgets and reports what was undone, and reads the logs of the new chain", async () => {
      const { seen, undone, advance, log } = await read();
      chain.reorganise(985, { instead: 986 });
      await advance(970);
      expect(seen).to.have.members(names("in 100", "in 980", "instead"));
      expect(undone).to.deep.equal(names("in 990"));
      expect(log.filter(({ level }) => level === "warn").map(({ event }) => event)).to.deep.equal([
        "reorganisation deeper than the confirmations",
      ]);
    });

    it("does not report as undone what the new chain contains in another block", async () => {
      const { seen, undone, advance } = await read();
      chain.reorganise(985, { "in 990": 987 });
      await advance(970);
      expect(seen).to.have.members(names("in 100", "in 980", "in 990"));
      expect(undone).to.deep.equal([]);
    });

    it("notices one that happened while it was not running", async () => {
      await read();
      chain.reorganise(985);
      chain.head = 1_010;
      const { seen, undone, advance } = open();
      await advance(970);
      expect(seen).to.have.members(names("in 100", "in 980"));
      expect(undone).to.deep.equal(names("in 990"));
    });

    it("notices one that happens between any two of its requests", async () => {
      let requests = Infinity;
      for (let place = 1; place <= requests; place++) {
        chain = new FakeChain();
        chain.head = 1_000;
        chain.emit(990, "undone");
        const { seen, undone, advance } = open();
        await advance();
        chain.head = 1_005;
        let request = 0;
        chain.onRequest = () => {
          if (++request === place) chain.reorganise(985, { instead: 1_001 });
        };
        await advance();
        requests = Math.min(requests, request);
        chain.head = 1_006;
        await advance();
        expect([seen, undone], `before request ${place}`).to.deep.equal([names("instead"), names("undone")]);
        rmSync(folders.path("state"), { recursive: true, force: true });
      }
      expect(requests).to.be.at.least(3);
    });

    it("reads again only from the last block that both chains share", async () => {
      const { advance } = await read();
      for (chain.head = 1_100; chain.head <= 1_500; chain.head += 100) await advance(970);
      chain.asked.length = 0;
      chain.reorganise(1_350);
      chain.head = 1_501;
      await advance(970);
      expect(chain.asked).to.deep.equal([{ from: 1_300 - LAG + 1, to: 1_501 }]);
    });
  });

  describe("given a node that lags behind", () => {
    it("finds later the logs that the node did not show at first", async () => {
      const { seen, advance } = open();
      chain.emit(995, "late");
      chain.shownUpTo = 990;
      await advance();
      expect(seen).to.deep.equal([]);
      chain.shownUpTo = Infinity;
      chain.head = 1_001;
      await advance();
      expect(seen).to.deep.equal(names("late"));
    });

    it("does not mistake a much lower head for a reorganisation", async () => {
      chain.emit(995, "in");
      const { seen, undone, advance, log } = open();
      await advance();
      chain.head = 500;
      await advance();
      chain.head = 1_001;
      await advance();
      expect([seen, undone, log]).to.deep.equal([names("in"), [], []]);
    });

    it("does not mistake missing blocks for a reorganisation", async () => {
      chain.emit(995, "in");
      const { seen, undone, advance, follower } = open();
      await advance();
      chain.knownUpTo = 980;
      await advance();
      chain.head = 1_001;
      await advance();
      expect([seen, undone]).to.deep.equal([names("in"), []]);
      expect(follower.behind).to.equal(1);
    });
  });
});
