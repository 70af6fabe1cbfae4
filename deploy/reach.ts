// How Hardhat reaches a network: through the one client of nodes, with patience, by accounts whose keys are where the user says.

import { ProviderWrapper } from "hardhat/plugins";
import type { EIP1193Provider, HardhatConfig, HttpNetworkConfig, RequestArguments } from "hardhat/types";
import { NodeFailure } from "../sdk/rpc/answers";
import type { ChainClient } from "../sdk/rpc/endpoint";
import { openNodes } from "../sdk/rpc/nodes";
import { AccountsWrapper } from "./accounts";
import { addressesOf, LOCAL_CHAIN_ID } from "./network";
import { PatientWrapper } from "./rpc";

/** Asks the nodes of a network instead of the one that Hardhat would ask. Each is asked once: the patience is above. */
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
      // Where nobody listens at all, a command says so at once instead of asking again.
      if (!(error instanceof NodeFailure && /ECONNREFUSED/.test(error.message))) throw error;
      throw Object.assign(new Error(error.message), { code: "ECONNREFUSED" });
    }
  }
}

/** Lets the error of a call say which call it was, as the errors of ethers do. */
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

/** What every network is reached through; the chain in this process needs neither a client nor patience. */
export async function patient(
  provider: EIP1193Provider,
  { networks }: Pick<HardhatConfig, "networks">,
  network: string,
): Promise<EIP1193Provider> {
  const settings = networks[network];
  if (settings === undefined || !("url" in settings)) {
    return new TellingProvider(new AccountsWrapper(provider, { isLocal: true, isEphemeral: true }));
  }
  const asked = new PatientWrapper(new NodesProvider(provider, clientOf(settings)));
  const isLocal = settings.chainId === LOCAL_CHAIN_ID;
  return new TellingProvider(new AccountsWrapper(asked, { isLocal, isEphemeral: false }));
}

function clientOf(settings: HttpNetworkConfig): ChainClient {
  const { chainId = LOCAL_CHAIN_ID, timeout } = settings;
  return openNodes(addressesOf(settings), chainId, { tries: 1, answers: 1, timeout });
}
