// What the indexer reads from a node: blocks, and the protocol's events in them, decoded.

import { AbiCoder, Interface, toQuantity, type InterfaceAbi } from "ethers";
import { readAbis } from "../../sdk/client/contracts";
import type { DeploymentAddresses } from "../../sdk/client/deployment";
import { Problem } from "../../sdk/base/problem";
import { NodeFailure } from "../../sdk/rpc/answers";
import type { ChainClient } from "../../sdk/rpc/endpoint";
import type { Blocks } from "../../sdk/rpc/logs";
import { openNodes } from "../../sdk/rpc/nodes";
import type { Event } from "../../sdk/rpc/snapshot";
import { EventDecoder } from "./decoder";

/** A block of the chain. */
export interface BlockHeader {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Seconds since 1970. */
  readonly time: number;
}

/** An event of one of the protocol's contracts, or of one that may be its pool or verifier. */
export interface IndexedEvent extends Event {
  /** The contract's name; `HokusaiAMM` for a pool, `DeltaOneVerifier` for a verifier. */
  readonly contract: string;
  readonly blockHash: string;
  readonly logIndex: number;
  readonly transactionHash: string;
  /** Time of the block, in seconds since 1970. */
  readonly time: number;
}

/** What the statement in a transaction claims beyond what events say. */
export interface ClaimedStatement {
  readonly model: string;
  readonly evaluationId: string;
  readonly lowerBound: number;
  readonly sampleSize: string;
  readonly runs: string;
}

/** The most requests in a message and messages at once, and the timeout in milliseconds. */
const MANY = { batch: 100, atOnce: 4, timeout: 60_000 } as const;

/** Contracts that exist in many instances, or are replaced over time. Their events are found whichever address emits them. */
const EVERYWHERE = ["HokusaiAMM", "DeltaOneVerifier"] as const;

/** A node, and the protocol's addresses on its chain. */
export class ChainSource {
  private readonly decoder = new EventDecoder();

  private constructor(
    private readonly node: ChainClient,
    private readonly known: ReadonlyMap<string, { readonly name: string; readonly abi: Interface }>,
    private readonly everywhere: ReadonlyMap<string, { readonly name: string; readonly abi: Interface }>,
    private readonly abis: ReadonlyMap<string, Interface>,
  ) {}

  /**
   * @param url Address of a node, or several separated by commas; their credentials are never shown.
   * @throws {Problem} `WRONG_CHAIN` if the node's chain is not the deployment's.
   */
  static async open(url: string, deployment: DeploymentAddresses, signal?: AbortSignal): Promise<ChainSource> {
    const { contracts } = deployment;
    const node = await openNodesOf(deployment, url, signal);
    const abis = new Map(
      [...(await readAbis())].map(([name, { abi }]): [string, Interface] => [
        name,
        new Interface(abi as unknown as InterfaceAbi),
      ]),
    );
    const compiled = (name: string) => ({ name, abi: abis.get(name) as Interface });
    const known = new Map(
      Object.entries(contracts)
        .filter(([name]) => abis.has(name) && !EVERYWHERE.some((other) => other === name))
        .map(([name, address]) => [address.toLowerCase(), compiled(name)]),
    );
    const everywhere = new Map(
      EVERYWHERE.flatMap((name) => {
        const topics: string[] = [];
        compiled(name).abi.forEachEvent(({ topicHash }) => topics.push(topicHash));
        return topics.map((topic) => [topic, compiled(name)] as const);
      }),
    );
    return new ChainSource(node, known, everywhere, abis);
  }

  /** The latest block. */
  async head(): Promise<BlockHeader> {
    const block = await this.node.send<RawBlock | null>("eth_getBlockByNumber", ["latest", false]);
    if (block === null) throw new NodeFailure("passing", 0, "the node has no latest block now");
    return headerOf(block);
  }

  /** Returns blocks by number, in order, up to the first that the node does not have. */
  async headers({ from, to }: Blocks): Promise<BlockHeader[]> {
    const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    const blocks = await Promise.all(
      numbers.map((number) => this.node.send<RawBlock | null>("eth_getBlockByNumber", [toQuantity(number), false])),
    );
    const missing = blocks.indexOf(null);
    return blocks.slice(0, missing < 0 ? undefined : missing).map((block) => headerOf(block as RawBlock));
  }

  /** Returns all events in a range of blocks, in chain order. */
  async eventsIn({ from, to }: Blocks): Promise<IndexedEvent[]> {
    const range = { fromBlock: toQuantity(from), toBlock: toQuantity(to) };
    const logs = await this.logs(range);
    const untimed = [
      ...new Set(logs.flatMap(({ blockNumber, blockTimestamp }) => (blockTimestamp ? [] : blockNumber))),
    ];
    const times = new Map(
      await Promise.all(
        untimed.map(async (number): Promise<[string, number]> => {
          const block = await this.node.send<RawBlock>("eth_getBlockByNumber", [number, false]);
          return [number, Number(block.timestamp)];
        }),
      ),
    );
    return this.decode(logs, ({ blockNumber, blockTimestamp }) => Number(blockTimestamp ?? times.get(blockNumber)));
  }

  /** Returns all events of one block. It is named by its hash, so a node with another block in its place cannot answer with that one's. */
  async eventsOf({ hash, time }: BlockHeader): Promise<IndexedEvent[]> {
    return this.decode(await this.logs({ blockHash: hash }), () => time);
  }

  /** Names and symbols of tokens, read at the latest block: they never change, and only archive nodes know them at an old block. */
  async namesOf(tokens: readonly string[]): Promise<Map<string, { name: string; symbol: string }>> {
    const abi = this.abis.get("ModelToken") as Interface;
    const ask = async (to: string, view: string) => {
      const request = { to, data: abi.encodeFunctionData(view) };
      const answer = await this.node.send<string>("eth_call", [request, "latest"]);
      if (answer === "0x") throw new NodeFailure("passing", 0, `the node has not got the token ${to} yet`);
      return String(abi.decodeFunctionResult(view, answer)[0]);
    };
    return new Map(
      await Promise.all(
        tokens.map(async (token): Promise<[string, { name: string; symbol: string }]> => {
          const [name, symbol] = await Promise.all([ask(token, "name"), ask(token, "symbol")]);
          return [token, { name, symbol }];
        }),
      ),
    );
  }

  /** The payout delay in seconds, which the registry never changes. */
  async payoutDelay(): Promise<number> {
    const [[address]] = [[...this.known].find(([, { name }]) => name === "ModelRegistry") as [string, unknown]];
    const abi = this.abis.get("ModelRegistry") as Interface;
    const request = { to: address, data: abi.encodeFunctionData("payoutDelay") };
    return Number(
      AbiCoder.defaultAbiCoder().decode(["uint256"], await this.node.send("eth_call", [request, "latest"]))[0],
    );
  }

  /**
   * The statements of transactions that call `processImprovement` directly, by transaction. Statements sent through other contracts are not
   * seen.
   */
  async statementsIn(transactions: readonly string[]): Promise<Map<string, ClaimedStatement>> {
    const abi = this.abis.get("DeltaOneVerifier") as Interface;
    const found = new Map<string, ClaimedStatement>();
    await Promise.all(
      transactions.map(async (hash) => {
        const transaction = await this.node.send<{ readonly input: string } | null>("eth_getTransactionByHash", [hash]);
        const call = transaction && abi.parseTransaction({ data: transaction.input });
        if (call?.name !== "processImprovement") return;
        const [{ evaluation, evaluationId }] = call.args as unknown as [
          { readonly evaluationId: string; readonly evaluation: Readonly<Record<string, unknown>> },
        ];
        const { model, lowerBoundBps, sampleSize, runs } = evaluation;
        found.set(hash, {
          ...{ model: String(model), evaluationId, lowerBound: Number(lowerBoundBps) },
          ...{ sampleSize: String(sampleSize), runs: String(runs) },
        });
      }),
    );
    return found;
  }

  private async logs(blocks: object): Promise<RawLog[]> {
    const ask = (filter: object) => this.node.send<RawLog[]>("eth_getLogs", [{ ...blocks, ...filter }]);
    const both = await Promise.all([
      ask({ address: [...this.known.keys()] }),
      ask({ topics: [[...this.everywhere.keys()]] }),
    ]);
    return both
      .flat()
      .sort((a, b) => Number(a.blockNumber) - Number(b.blockNumber) || Number(a.logIndex) - Number(b.logIndex));
  }

  private decode(logs: readonly RawLog[], timeOf: (log: RawLog) => number): IndexedEvent[] {
    return logs.flatMap((log): IndexedEvent[] => {
      const { address, blockNumber, blockHash, logIndex, transactionHash, topics, data } = log;
      const compiled = this.known.get(address.toLowerCase()) ?? this.everywhere.get(topics[0] ?? "");
      const event = compiled && this.decoder.decode(compiled.abi, topics, data);
      if (!compiled || !event) return [];
      return [
        {
          ...{ contract: compiled.name, address: this.decoder.address(address), event, time: timeOf(log) },
          ...{ blockNumber: Number(blockNumber), blockHash, logIndex: Number(logIndex), transactionHash },
        },
      ];
    });
  }
}

/**
 * Connects to the nodes of a deployment's chain.
 * @param url Address of a node, or several separated by commas; their credentials are never shown.
 * @throws {Problem} `WRONG_CHAIN` if they serve another chain.
 */
export async function openNodesOf(
  { network, chainId }: Pick<DeploymentAddresses, "network" | "chainId">,
  url: string,
  signal?: AbortSignal,
): Promise<ChainClient> {
  const node = openNodes(url, chainId, { ...MANY, ...(signal && { signal }) });
  const actual = Number(await node.send<string>("eth_chainId"));
  if (actual === chainId) return node;
  throw new Problem("WRONG_CHAIN", `${network} answers with the chain id ${actual}, expected ${chainId}.`);
}

interface RawBlock {
  readonly number: string;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: string;
}

interface RawLog {
  readonly address: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly blockTimestamp?: string;
  readonly logIndex: string;
  readonly transactionHash: string;
  readonly topics: readonly string[];
  readonly data: string;
}

function headerOf({ number, hash, parentHash, timestamp }: RawBlock): BlockHeader {
  return { number: Number(number), hash, parentHash, time: Number(timestamp) };
}
