// A deployment's history: read from its first block on, and replayed.

import { getAddress, Interface, type InterfaceAbi } from "ethers";
import { readAbis } from "../client/contracts.ts";
import type { DeploymentAddresses } from "../client/deployment.ts";
import { Chain, type Located } from "../rpc/snapshot.ts";
import type { ProtocolState } from "./protocolState.ts";
import { replay } from "./replay.ts";

/**
 * The state of a deployment as its events tell it, up to the latest block: roles, every model with its terms, scores, rewards and
 * fees. Reads all events since the deployment began.
 * @param url Address of a node; its credentials are never shown.
 * @throws {Problem} When the node is of another chain, or refuses what it is asked.
 */
export async function replayDeployment(url: string, deployment: DeploymentAddresses): Promise<ProtocolState> {
  const { network: name, chainId, contracts, firstBlock } = deployment;
  const abis = await readAbis();
  const compiled = (contract: string) => ({ abi: new Interface(abis.get(contract)?.abi as InterfaceAbi) });
  const located = Object.entries(contracts)
    .filter(([contract]) => abis.has(contract))
    .map(([contract, address]) => ({ address: getAddress(address), compiled: compiled(contract) }));
  return replayContracts(await Chain.at(url, { name, chainId }), located, compiled("DeltaOneVerifier"), firstBlock);
}

/**
 * The state that the events of a deployment's contracts tell, up to the chain's block.
 * @param verifier What every verifier is compiled to, also those that the registry listened to before or since.
 * @param firstBlock No event is older.
 */
export async function replayContracts(
  chain: Chain,
  contracts: readonly Located[],
  verifier: Located["compiled"],
  firstBlock: number,
): Promise<ProtocolState> {
  const state = replay(await chain.events(contracts, firstBlock));
  const known = new Set(contracts.map(({ address }) => address));
  const others = [...state.verifiers].filter((address) => !known.has(address));
  if (others.length === 0) return state;
  // Verifiers that the deployment did not begin with told payees too: everything is read again with what they say.
  const verifiers = others.map((address) => ({ address, compiled: verifier }));
  return replay(await chain.events([...contracts, ...verifiers], firstBlock));
}
