// Reads all events of a deployment and replays them.

import { getAddress, Interface, type InterfaceAbi } from "ethers";
import { readAbis } from "../client/contracts.ts";
import type { DeploymentAddresses } from "../client/deployment.ts";
import { Chain, type Located } from "../rpc/snapshot.ts";
import type { ProtocolState } from "./protocolState.ts";
import { replay } from "./replay.ts";

/**
 * Returns the state of a deployment in the latest block, according to its events: roles, and every model with its terms, scores, rewards
 * and
 * fees. Reads all events since the deployment began.
 * @param url The address of a node. Its credentials are never shown.
 * @throws {Problem} If the node belongs to another chain or refuses a request.
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
 * Returns the state according to the events of a deployment's contracts, up to the chain's block.
 * @param verifier The ABI of every verifier, including those that the registry has accepted since the deployment.
 * @param firstBlock The first block that may contain an event.
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
  // Verifiers that were added later have logged payees too, so everything is read again with their events.
  const verifiers = others.map((address) => ({ address, compiled: verifier }));
  return replay(await chain.events([...contracts, ...verifiers], firstBlock));
}
