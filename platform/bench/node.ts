/** A node that makes up its chain on request: thousands of blocks full of the protocol's events. It runs in a process of its own. */
import { id, Interface, keccak256, toBeHex, toQuantity, zeroPadValue, ZeroHash, type InterfaceAbi } from "ethers";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readAbis } from "../../sdk/client/contracts";
import { DEPLOYED_CONTRACTS, type DeploymentAddresses } from "../../sdk/client/deployment";

const MODELS = 20;

/** Events in a block, mostly trades, for each model in turn. */
export const EVENTS_OF_A_BLOCK = 20;

/** Blocks before the made-up ones, for the deployment and the launches. */
const LAUNCHES = 2;

const address = (name: string) => `0x${id(name).slice(-40)}`;
const word = (value: bigint | number) => BigInt(value).toString(16).padStart(64, "0");

/** The contracts' addresses on the made-up chain. */
export const DEPLOYMENT: DeploymentAddresses = {
  ...{ network: "bench", chainId: 31_337, firstBlock: 1 },
  contracts: Object.fromEntries(
    DEPLOYED_CONTRACTS.map((name) => [name, address(name)]),
  ) as DeploymentAddresses["contracts"],
};

interface MadeLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

const models = Array.from({ length: MODELS }, (_, index) => {
  const modelId = `model-${index}`;
  return { modelId, key: id(modelId), token: address(`token ${index}`), pool: address(`pool ${index}`) };
});

async function buildChain(): Promise<(block: number) => readonly MadeLog[]> {
  const abis = await readAbis();
  const abiOf = (contract: string) => new Interface(abis.get(contract)?.abi as unknown as InterfaceAbi);
  const log = (contract: string, name: string, args: readonly unknown[], at = address(contract)): MadeLog => ({
    address: at,
    ...abiOf(contract).encodeEventLog(name, args),
  });
  const launches = models.flatMap(({ modelId, key, token, pool }) => {
    const terms = [200_000n, 30n, 0n, 2_000n * 10n ** 6n, 10_000n];
    return [
      log("ModelRegistry", "ModelCreated", [
        key,
        token,
        address("owner"),
        modelId,
        address("governor"),
        10n ** 21n,
        5_000n,
        1n,
      ]),
      log("TokenManager", "TokenDeployed", [key, token, address("supplier"), 10n ** 23n, 10n ** 24n, 10n ** 24n]),
      log("HokusaiAMMFactory", "PoolCreated", [key, pool, token, terms, 10n ** 24n, 1n, 1n]),
      log("ModelRegistry", "ModelPoolSet", [key, pool]),
    ];
  });
  const [bought, sold, deposited, credited, streamed] = [
    ...[
      "Bought(address,address,uint256,uint256,uint256,uint256)",
      "Sold(address,address,uint256,uint256,uint256,uint256)",
    ],
    ...["FeeDeposited(bytes32,address,uint256,uint256)", "Credited(bytes32,uint256,uint256)"],
    "FeesDeposited(address,uint256,uint256,uint256,uint256)",
  ].map(id) as [string, string, string, string, string];
  const trader = zeroPadValue(address("trader"), 32);
  const trade = (topic: string, pool: string, block: number): MadeLog => ({
    address: pool,
    topics: [topic, trader, trader],
    data: `0x${word(1_000_000 + block)}${word(10n ** 18n)}${word(5_000_000_000 + block)}${word(10n ** 24n + BigInt(block))}`,
  });
  const fee = (key: string, pool: string, block: number): MadeLog[] => [
    { address: address("InfrastructureReserve"), topics: [credited, key], data: `0x${word(500)}${word(500 * block)}` },
    {
      ...{ address: pool, topics: [streamed, zeroPadValue(address("UsageFeeRouter"), 32)] },
      data: `0x${word(500)}${word(1_000)}${word(timeOf(block) + 86_400)}${word(5_000_000_000)}`,
    },
    { address: address("UsageFeeRouter"), topics: [deposited, key, trader], data: `0x${word(500)}${word(500)}` },
  ];
  const verifier = log("ModelRegistry", "Wired", [
    address("TokenManager"),
    address("HokusaiAMMFactory"),
    address("DeltaOneVerifier"),
  ]);
  return (block) => {
    if (block < 1) return [];
    if (block === 1) return [verifier];
    if (block === LAUNCHES) return launches;
    const at = (offset: number) => models[(block * 7 + offset) % MODELS] as (typeof models)[number];
    const trades = Array.from({ length: EVENTS_OF_A_BLOCK - 3 }, (_, index) =>
      trade(index % 4 === 3 ? sold : bought, at(index).pool, block),
    );
    return [...trades, ...fee(at(0).key, at(0).pool, block)];
  };
}

const timeOf = (block: number) => 1_700_000_000 + 2 * block;
const hashOf = (block: number) => keccak256(toBeHex(block, 32));

/** Serves the chain, and tells the parent process its address. */
async function serve(blocks: number): Promise<void> {
  const logsOf = await buildChain();
  const manager = new Interface(["function name() view returns (string)"]);
  const text = manager.encodeFunctionResult("name", ["Model"]);
  const logsIn = (from: number, to: number, wanted: { readonly address?: string[]; readonly topics?: string[][] }) => {
    const [addresses, topics] = [
      new Set(wanted.address?.map((each) => each.toLowerCase())),
      new Set(wanted.topics?.[0]),
    ];
    const found: unknown[] = [];
    for (let number = from; number <= to; number++) {
      const place = {
        blockNumber: toQuantity(number),
        blockHash: hashOf(number),
        blockTimestamp: toQuantity(timeOf(number)),
      };
      logsOf(number).forEach((log, index) => {
        const isWanted = wanted.address ? addresses.has(log.address) : topics.has(log.topics[0] ?? "");
        if (isWanted) found.push({ ...log, ...place, logIndex: toQuantity(index), transactionHash: place.blockHash });
      });
    }
    return found;
  };
  const answer = (method: string, params: readonly unknown[]): unknown => {
    if (method === "eth_chainId") return toQuantity(DEPLOYMENT.chainId);
    if (method === "eth_call")
      return (params[0] as { to: string }).to === address("ModelRegistry").toLowerCase() ? `0x${word(172_800)}` : text;
    if (method === "eth_getLogs") {
      const { fromBlock, toBlock, blockHash, ...wanted } = params[0] as Record<string, string>;
      const single = blockHash === undefined ? undefined : byHash.get(blockHash);
      return logsIn(single ?? Number(fromBlock), single ?? Number(toBlock), wanted);
    }
    const number = params[0] === "latest" ? blocks : Number(params[0]);
    byHash.set(hashOf(number), number);
    const parentHash = number === 0 ? ZeroHash : hashOf(number - 1);
    return { number: toQuantity(number), hash: hashOf(number), parentHash, timestamp: toQuantity(timeOf(number)) };
  };
  const byHash = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as { id: unknown; method: string; params: unknown[] }[];
      const answers = [body]
        .flat()
        .map(({ id: number, method, params }) => ({ jsonrpc: "2.0", id: number, result: answer(method, params) }));
      outgoing.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
    });
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}

if (require.main === module) void serve(Number(process.argv[2]));
