/** A running chain behind a node that lags, limits, drops and reorganises: everything that the operator must survive. */
import type { JsonRpcProvider } from "ethers";
import { xoroshiro128plus, type RandomGenerator } from "pure-rand";
import { setTimeout as pause } from "node:timers/promises";
import type { Fault, Policy, RpcRequest } from "../world/faultyRpc";

/** Milliseconds between blocks; their timestamps are a second apart. */
const BEAT = 250;

/** Depths of a reorganisation in blocks: more than the operator's confirmations, less than the depth of finality. */
const [SHALLOWEST, DEEPEST] = [3, 12];

/** Blocks by which a node lags, and the largest range that it reads. */
const [LAG, LONGEST_RANGE] = [3, 1_000];

/** The position of the block parameter in methods that read a state. */
const BLOCK_AT: Readonly<Record<string, number>> = {
  eth_getBlockByNumber: 0,
  eth_call: 1,
  eth_getTransactionCount: 1,
  eth_getBalance: 1,
};

/** Random numbers that are the same in every run. */
export class Dice {
  private readonly generator: RandomGenerator;

  constructor(seed: number) {
    this.generator = xoroshiro128plus(seed);
  }

  /** An integer from 0 to `bound` − 1. */
  below(bound: number): number {
    return Math.floor(((this.generator.unsafeNext() >>> 0) / 2 ** 32) * bound);
  }
}

/** How the node behaves now. */
export type Weather = "calm" | "rough" | "away";

/** A node's chain and moods, and what is known about them. */
export class SoakNode {
  weather: Weather = "rough";
  isStalled = false;
  reorganisations = 0;
  faults = 0;
  /** The chain's heads by number, and when each was reached, in milliseconds. */
  private heads: { readonly number: number; readonly at: number }[] = [];
  private isOver = false;
  /** A pending reorganisation, carried out between two blocks, because anvil loses blocks if it mines meanwhile. */
  private pending: (() => Promise<void>) | undefined;
  private jumps = 0;
  private readonly dice = new Dice(7);

  constructor(
    private readonly provider: JsonRpcProvider,
    /** Seconds of each jump of the chain's clock, milliseconds between two jumps, and their number. */
    private readonly jump: { readonly seconds: number; readonly every: number; readonly count: number },
  ) {}

  /** The latest block. */
  get head(): number {
    return this.heads.at(-1)?.number ?? 0;
  }

  /** Seconds that the chain's clock has jumped in all. */
  get skippedSeconds(): number {
    return this.jumps * this.jump.seconds;
  }

  /** For how many milliseconds a block has not been the head; for the head itself, its age. */
  ageOf(number: number): number {
    const later = this.heads.find((entry) => entry.number > number);
    return later === undefined ? Date.now() - (this.heads.at(-1)?.at ?? 0) : Date.now() - later.at;
  }

  /** Makes blocks until it is told to stop. */
  async run(): Promise<void> {
    let nextJump = Date.now() + this.jump.every;
    while (!this.isOver) {
      const start = Date.now();
      if (!this.isStalled) {
        if (this.jumps < this.jump.count && Date.now() > nextJump) {
          await this.provider.send("evm_increaseTime", [this.jump.seconds]);
          this.jumps++;
          nextJump += this.jump.every;
        }
        await this.pending?.();
        await this.provider.send("anvil_mine", ["0x1", "0x1"]);
        this.heads.push({ number: await this.provider.getBlockNumber(), at: Date.now() });
      }
      await pause(Math.max(0, BEAT - (Date.now() - start)));
    }
  }

  stop(): void {
    this.isOver = true;
  }

  /** Removes blocks with everything in them, and puts empty ones in their place. */
  async reorganise(): Promise<void> {
    const depth = SHALLOWEST + this.dice.below(DEEPEST - SHALLOWEST + 1);
    await new Promise<void>((resolve, reject) => {
      this.pending = async () => {
        this.pending = undefined;
        await this.provider.send("anvil_reorg", [depth, []]).then(() => resolve(), reject);
      };
    });
    this.reorganisations++;
  }

  /** Decides what happens to a request. */
  readonly policy: Policy = async (request) => {
    const fault = await this.faultOf(request);
    if (fault.kind !== "pass") this.faults++;
    return fault;
  };

  private async faultOf({ method, params }: RpcRequest): Promise<Fault> {
    if (this.weather === "away") return { kind: "drop" };
    if (method === "eth_getLogs" && isLong(params, this.head)) {
      return {
        kind: "error",
        status: 400,
        error: { code: -32_602, message: `block range is limited to ${LONGEST_RANGE} blocks` },
      };
    }
    if (this.weather === "calm") return { kind: "pass" };
    const dice = this.dice.below(1_000);
    if (dice < 10) return { kind: "drop" };
    if (dice < 20) return { kind: "dropAnswer" };
    if (dice < 30) return { kind: "status", status: 429 };
    if (dice < 40) return { kind: "error", status: 500, error: { code: -32_603, message: "internal error" } };
    if (dice < 50 && method in BLOCK_AT)
      return { kind: "error", error: { code: -32_000, message: "header not found" } };
    if (dice < 100 && method === "eth_getTransactionReceipt") return { kind: "answer", result: null };
    if (dice < 130) return this.lagging(method, params);
    return { kind: "pass" };
  }

  /** The answer of a node that does not know the latest blocks. */
  private async lagging(method: string, params: readonly unknown[]): Promise<Fault> {
    const place = BLOCK_AT[method];
    if (place === undefined || params[place] !== "latest") return { kind: "pass" };
    const older = `0x${Math.max(0, this.head - LAG).toString(16)}`;
    const result: unknown = await this.provider
      .send(
        method,
        params.map((value, index) => (index === place ? older : value)),
      )
      .catch(() => undefined);
    return result === undefined ? { kind: "pass" } : { kind: "answer", result };
  }
}

function isLong([filter]: readonly unknown[], head: number): boolean {
  const { fromBlock, toBlock } = filter as { readonly fromBlock?: string; readonly toBlock?: string };
  const numberOf = (block: string | undefined, none: number) => (block?.startsWith("0x") ? Number(block) : none);
  return numberOf(toBlock, head) - numberOf(fromBlock, 0) >= LONGEST_RANGE;
}
