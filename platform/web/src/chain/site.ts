// The deployment that this page shows, and the connection to its chain through the page's own host.

import type { Provider } from "ethers";
import { connect, type Connection } from "../../../../sdk/client/connect.ts";
import { siteAt, type DeploymentAddresses } from "../../../../sdk/client/deployment.ts";
import { Problem } from "../../../../sdk/base/problem.ts";
import { Endpoint } from "../../../../sdk/rpc/endpoint.ts";
import { pinned } from "../../../../sdk/rpc/pinned.ts";
import { EndpointProvider } from "../../../../sdk/rpc/provider.ts";

/** The chain as the page reaches it. */
export interface PageSite {
  readonly deployment: DeploymentAddresses;
  /** Address of the host's JSON-RPC route, for reading many logs. */
  readonly url: string;
  readonly provider: Provider;
  readonly chain: Connection;
}

/** A block at which figures are true. */
export interface BlockAt {
  readonly number: number;
  readonly timestamp: number;
}

/** A page waits for a node for less time than a service does, and then says so. */
const PATIENCE = { batch: 50, atOnce: 4, tries: 2, answers: 2, timeout: 15_000 } as const;

/** @throws {Problem} If the page's host does not answer, or its node serves another chain. */
export async function openSite(): Promise<PageSite> {
  const answer = await fetch("/site.json").catch(() => undefined);
  if (!answer?.ok)
    throw new Problem("NODE_FAILED", "the platform does not answer: check your connection, then load the page again.");
  const deployment = (await answer.json()) as DeploymentAddresses;
  const url = `${location.origin}/rpc`;
  const provider = new EndpointProvider(new Endpoint(url, PATIENCE), deployment.chainId);
  const chain = await connect(await siteAt(provider, deployment), deployment.contracts.DeltaOneVerifier);
  return { deployment, url, provider, chain };
}

/** Returns the same site, with contracts that answer as of one block. */
export function siteAtBlock(site: PageSite, { number }: BlockAt): PageSite {
  const provider = pinned(site.provider, number);
  const access = { ...site.chain.access, ethers: { provider } };
  return { ...site, provider, chain: { ...site.chain, access } };
}
