// How Hardhat reaches a network: through the common client of nodes, with retries, and with accounts whose keys are where the user says.

import { ProviderWrapper } from "hardhat/plugins";
import { EventEmitter } from "node:events";
import type { EIP1193Provider, HardhatConfig, HttpNetworkConfig, RequestArguments } from "hardhat/types";
import { LOCAL_CHAIN_ID } from "../sdk/client/deployment";
import { NodeFailure } from "../sdk/rpc/answers";
import type { ChainClient } from "../sdk/rpc/endpoint";
import { openNodes } from "../sdk/rpc/nodes";
import { EndpointProvider } from "../sdk/rpc/provider";
import { AccountsWrapper } from "./accounts";
import { FreshWrapper } from "./fresh";
import { nodeAddresses } from "./network";
import { PatientWrapper } from "./rpc";

/**
 * Sends requests to the network's nodes, instead of the one that Hardhat would use. Each request is sent once, because the layer above
 * retries.
 */
class NodesProvider extends ProviderWrapper {
  constructor(
    provider: EIP1193Provider,
    private readonly client: ChainClient,
  ) {
    super(provider);
  }

  async request({ method, params = [] }: RequestArguments): Promise<unknown> {
    try {
      return await this.client.send(method, params as readonly unknown[]);
    } catch (error) {
      // If nothing listens at the address, a command reports this at once instead of retrying.
      if (!(error instanceof NodeFailure && /ECONNREFUSED/.test(error.message))) throw error;
      throw Object.assign(new Error(error.message), { code: "ECONNREFUSED" });
    }
  }
}

/** Adds to the error of a call which call it was, as ethers' errors do. */
class TellingProvider extends ProviderWrapper {
  async request(args: RequestArguments): Promise<unknown> {
    try {
      return await this._wrappedProvider.request(args);
    } catch (error) {
      const [transaction] = (args.params ?? []) as [{ to?: string }?];
      if (transaction?.to !== undefined) Object.assign(error as Error, { transaction });
      throw error;
    }
  }
}

/** The provider for every network. The in-process chain needs neither client nor retries. */
export async function patient(
  provider: EIP1193Provider,
  { networks }: Pick<HardhatConfig, "networks">,
  network: string,
): Promise<EIP1193Provider> {
  const settings = networks[network];
  if (settings === undefined || !("url" in settings)) {
    return new TellingProvider(new AccountsWrapper(provider, { isLocal: true, isEphemeral: true }));
  }
  const asked = new FreshWrapper(new PatientWrapper(new NodesProvider(provider, clientOf(settings))));
  const isLocal = settings.chainId === LOCAL_CHAIN_ID;
  return new TellingProvider(new AccountsWrapper(asked, { isLocal, isEphemeral: false }));
}

/** A chain that is reached without Hardhat's environment. */
export interface Reached {
  readonly chain: EIP1193Provider;
  /** The same chain as an ethers provider. */
  readonly provider: EndpointProvider;
}

/** The chain behind addresses, reached in the same way as by {@link patient}. */
export function reach(addresses: string, chainId: number): Reached {
  const nobody = Object.assign(new EventEmitter(), { request: () => Promise.reject(new Error("nobody is asked")) });
  const client = openNodes(addresses, chainId, { tries: 1, answers: 1 });
  const asked = new FreshWrapper(new PatientWrapper(new NodesProvider(nobody, client)));
  const chain = new AccountsWrapper(asked, { isLocal: false, isEphemeral: false });
  return { chain, provider: new EndpointProvider(asClient(chain, client.host), chainId) };
}

/** Passes on the chain's errors as answers, and throws our own. */
function asClient(chain: EIP1193Provider, host: string): ChainClient {
  const send = async (method: string, params: unknown = []) =>
    chain.request({ method, params: params as readonly unknown[] });
  return {
    host,
    send: async <T>(method: string, params?: readonly unknown[]) => (await send(method, params)) as T,
    ask: async ({ method, params }) => {
      try {
        return { result: await send(method, params) };
      } catch (error) {
        if (!(error instanceof NodeFailure) || error.code === 0) throw error;
        const { code, message, data } = error;
        return { error: { code, message, data } };
      }
    },
  };
}

function clientOf(settings: HttpNetworkConfig): ChainClient {
  const { chainId = LOCAL_CHAIN_ID, timeout } = settings;
  return openNodes(nodeAddresses(settings), chainId, { tries: 1, answers: 1, timeout });
}
