// A rehearsal on a fork of the real chain: everything is as it is there at one block, and nothing that is done reaches the chain.

import { toQuantity } from "ethers";
import { ProviderWrapper } from "hardhat/plugins";
import type { EIP1193Provider, HardhatRuntimeEnvironment, HttpNetworkConfig, RequestArguments } from "hardhat/types";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { deployTo, type Deployment, type Progress } from "./deployment";
import { networkOf } from "./network";
import type { Parameters } from "./parameters";
import { journalFolder, keepingIn, recordFile } from "./paths";
import type { PlanOptions } from "./plan";
import { declaredAccounts, environmentFor, RICHES } from "./rehearsal";
import { sendingAs } from "./sends";

/** The fork applies one hardfork to all blocks, the one that the compiler targets, because it does not know the chain's history. */
const HARDFORK = "cancun";

/** A deployment on a fork. */
export interface ForkedDeployment {
  /** The block of the real chain at which it was forked. */
  readonly block: number;
  readonly deployment: Deployment;
}

/**
 * Does on an in-process fork of the network's chain what {@link deployTo} does on the network itself. It starts from the present state,
 * acts as the declared accounts without their keys, and includes the admin's part with its delay. The network's journal and record stay as
 * they are.
 */
export async function rehearseOnFork(
  hre: HardhatRuntimeEnvironment,
  declared: PlanOptions,
  progress: Progress,
): Promise<ForkedDeployment> {
  // Nothing is at stake on a fork, so the user need not confirm the chain.
  const confirmed = { ...declared, confirmedChain: networkOf(hre).chainId };
  return onFork(hre, declared.parameters, async (fork, block) => ({
    block,
    deployment: await deployTo(fork, confirmed, progress),
  }));
}

/** Runs an action in an environment of the same network on a fork of its chain; `block` is the one that was forked. */
export async function onFork<T>(
  hre: HardhatRuntimeEnvironment,
  parameters: Parameters,
  action: (fork: HardhatRuntimeEnvironment, block: number) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "fork-"));
  for (const kept of [journalFolder(hre), recordFile(networkOf(hre))]) {
    if (existsSync(kept)) cpSync(kept, join(folder, basename(kept)), { recursive: true });
  }
  const door = await openDoorTo(hre.network.provider);
  try {
    // No accounts with keys: nothing is at stake, so no device is asked to sign.
    return await keepingIn(folder, () =>
      sendingAs({ accounts: async () => [] }, async () => {
        const block = await hre.ethers.provider.getBlockNumber();
        return action(await buildFork(hre, parameters, door.url, block), block);
      }),
    );
  } finally {
    door.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function buildFork(
  hre: HardhatRuntimeEnvironment,
  parameters: Parameters,
  url: string,
  blockNumber: number,
): Promise<HardhatRuntimeEnvironment> {
  const { chainId, name } = networkOf(hre);
  const { provider } = environmentFor(hre, "hardhat", {
    chainId,
    accounts: [],
    gas: "auto",
    forking: { enabled: true, url, blockNumber, httpHeaders: {} },
    chains: new Map([[chainId, { hardforkHistory: new Map([[HARDFORK, 0]]) }]]),
  }).network;
  const accounts = declaredAccounts(parameters);
  for (const account of accounts) {
    await provider.send("hardhat_impersonateAccount", [account]);
    await provider.send("hardhat_setBalance", [account, toQuantity(RICHES)]);
  }
  const settings = { ...(hre.network.config as HttpNetworkConfig), accounts: "remote" as const, isFork: true };
  return environmentFor(hre, name, settings, async (real) => new ForkProvider(real, provider, accounts));
}

/** The fork, with the accounts of the real chain. */
class ForkProvider extends ProviderWrapper {
  constructor(
    real: EIP1193Provider,
    private readonly copy: EIP1193Provider,
    private readonly accounts: readonly string[],
  ) {
    super(real);
  }

  async request(args: RequestArguments): Promise<unknown> {
    if (args.method === "eth_accounts") return this.accounts;
    // The metadata distinguish one local chain from another, and the fork stands in for the real one.
    if (args.method === "hardhat_metadata") return this._wrappedProvider.request(args);
    return this.copy.request(args);
  }
}

interface Envelope {
  readonly id: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** Serves a provider at an address on this machine, so that the fork reads the chain as commands do and never learns the real address. */
async function openDoorTo(provider: Pick<EIP1193Provider, "request">): Promise<{ url: string; close: () => void }> {
  const answer = async ({ id, method, params = [] }: Envelope) => {
    try {
      return { jsonrpc: "2.0", id, result: await provider.request({ method, params }) };
    } catch (error) {
      return { jsonrpc: "2.0", id, error: { code: -32_000, message: (error as Error).message } };
    }
  };
  const server = createServer((request, response) => {
    const respond = async () => {
      const asked = JSON.parse(await bodyOf(request)) as Envelope | Envelope[];
      const answers = await (Array.isArray(asked) ? Promise.all(asked.map(answer)) : answer(asked));
      response.setHeader("content-type", "application/json").end(JSON.stringify(answers));
    };
    respond().catch(() => response.destroy());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk as string;
  return body;
}
