// Several nodes of one chain behind one client. Requests go to one node while it answers. If it does not, the next takes over, provided
// that
// it belongs to the same chain and has seen as many blocks.

import { keccak256 } from "ethers";
import { Problem } from "../base/problem.ts";
import { kindOfError, NodeFailure } from "./answers.ts";
import {
  Endpoint,
  failureOf,
  type ChainClient,
  type EndpointOptions,
  type RpcAnswer,
  type RpcRequest,
} from "./endpoint.ts";
import { restAfter } from "../base/rest.ts";

/** How long a node may take to report its chain id before other requests are sent to it, in milliseconds. */
const FIRST_ANSWER = 5_000;

/** How often all nodes are tried while none answers. */
const ROUNDS = 5;

/** Returns the client of a chain. `addresses` is the address of one node, or of several in order of preference, separated by commas. */
export function openNodes(addresses: string, chainId: number, options: EndpointOptions = {}): ChainClient {
  const urls = nodesListed(addresses);
  return urls.length === 1 ? new Endpoint(urls[0] as string, options) : new Nodes(urls, chainId, options);
}

/** Splits a list of addresses at its commas. A comma within an address is written as %2C. */
export function nodesListed(list: string): string[] {
  return list.split(",").map((address) => address.trim());
}

/** A node did not answer, or answered that it is busy or behind, so that another should be asked. */
class Elsewhere extends Error {
  constructor(readonly answer: NodeFailure | RpcAnswer) {
    super("another node is asked");
  }

  /** Whether another try is useless. */
  get isFinal(): boolean {
    return this.answer instanceof NodeFailure && this.answer.kind === "final";
  }
}

/**
 * Nodes that can replace each other. Nodes of another chain are refused. A node without the blocks that were already seen does not take
 * over,
 * so that reads never fall back behind a write. Transactions without a receipt are sent again to each node that takes over, since the
 * previous node may not have passed them on.
 */
class Nodes implements ChainClient {
  private readonly nodes: readonly Endpoint[];
  /** The same nodes with a short timeout, for the first request. */
  private readonly asked: readonly Endpoint[];
  private current = 0;
  /** Settles once the current node may be used. */
  private arrival: Promise<void> | undefined;
  /** The highest block that an answer has mentioned. */
  private highest = 0;
  /** Signed transactions without a receipt, by hash. */
  private readonly open = new Map<string, string>();

  constructor(
    urls: readonly string[],
    private readonly chainId: number,
    private readonly options: EndpointOptions,
  ) {
    this.nodes = urls.map((url) => new Endpoint(url, { ...options, tries: 1, answers: 1 }));
    const { signal } = options;
    this.asked = urls.map((url) => new Endpoint(url, { tries: 1, timeout: FIRST_ANSWER, ...(signal && { signal }) }));
  }

  /** @inheritdoc */
  get host(): string {
    return this.nodeAt(this.current).host;
  }

  /** @inheritdoc */
  async send<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    const answer = await this.ask({ method, params });
    if ("error" in answer) throw failureOf(method, answer.error);
    return answer.result as T;
  }

  /** @inheritdoc */
  async ask(request: RpcRequest): Promise<RpcAnswer> {
    this.arrival ??= this.begin();
    const { tries = ROUNDS, signal } = this.options;
    for (let round = 1; ; round++) {
      const failures: Elsewhere[] = [];
      while (failures.length < this.nodes.length) {
        const place = this.current;
        try {
          await this.arrival;
          return await this.askAt(place, request);
        } catch (error) {
          const isSilence = error instanceof NodeFailure && (error.kind === "passing" || error.kind === "final");
          const failure = isSilence ? new Elsewhere(error) : error;
          if (!(failure instanceof Elsewhere)) throw error;
          failures.push(failure);
          this.leave(place);
        }
      }
      const last = failures.find(({ isFinal }) => !isFinal) ?? (failures[0] as Elsewhere);
      if (round >= tries || last.isFinal) {
        if (last.answer instanceof NodeFailure) throw last.answer;
        return last.answer;
      }
      await restAfter(round, signal);
    }
  }

  private async askAt(place: number, request: RpcRequest): Promise<RpcAnswer> {
    const { method, params } = request;
    if (method === "eth_sendRawTransaction") {
      const [raw] = params as [string];
      this.open.set(keccak256(raw), raw);
    }
    const answer = await this.nodeAt(place).ask(request);
    if ("error" in answer) {
      if (kindOfError(method, answer.error) === "passing") throw new Elsewhere(answer);
      return answer;
    }
    this.observe(request, answer.result);
    return answer;
  }

  /** Switches from a node that does not answer to the next, unless another request has already done so. */
  private leave(place: number): void {
    if (place !== this.current) return;
    this.current = (place + 1) % this.nodes.length;
    this.arrival = this.enter(this.current);
    this.arrival.catch(() => undefined); // reported to the requests that wait for it
  }

  /** Asks all nodes for their chain id at once. The first in the list that answers becomes the current one. */
  private async begin(): Promise<void> {
    const ids = await Promise.allSettled(this.asked.map((node) => node.send<string>("eth_chainId")));
    ids.forEach((id, place) => {
      if (id.status === "fulfilled") this.requireChain(place, Number(id.value));
    });
    this.current = Math.max(
      0,
      ids.findIndex(({ status }) => status === "fulfilled"),
    );
  }

  /** Checks that a node belongs to the chain and has the blocks already seen, and sends it the open transactions, before it takes over. */
  private async enter(place: number): Promise<void> {
    const node = this.nodeAt(place);
    this.requireChain(place, Number(await node.send<string>("eth_chainId")));
    const head = Number(await node.send<string>("eth_blockNumber"));
    if (head < this.highest) {
      throw new NodeFailure("passing", 0, `${node.host}: behind at block ${head}, ${this.highest} was seen`);
    }
    for (const raw of this.open.values()) {
      await node.ask({ method: "eth_sendRawTransaction", params: [raw] }); // known or refused: the chain decides
    }
  }

  private requireChain(place: number, id: number): void {
    if (id === this.chainId) return;
    throw new Problem(
      "WRONG_CHAIN",
      `the node ${this.nodeAt(place).host} answers for chain ${id}, expected ${this.chainId}: correct its address.`,
    );
  }

  private observe({ method, params }: RpcRequest, result: unknown): void {
    const { number, blockNumber } = (typeof result === "object" && result !== null ? result : {}) as Record<
      string,
      unknown
    >;
    const [asked] = Array.isArray(params) ? (params as unknown[]) : [];
    const height = {
      eth_blockNumber: result,
      eth_getBlockByNumber: asked === "pending" ? undefined : number,
      eth_getTransactionReceipt: blockNumber,
    }[method];
    if (height === undefined) return;
    this.highest = Math.max(this.highest, Number(height));
    if (method === "eth_getTransactionReceipt") this.open.delete(String(asked));
  }

  private nodeAt(place: number): Endpoint {
    return this.nodes[place] as Endpoint;
  }
}
