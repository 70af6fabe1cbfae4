// The client of a node as a provider for ethers.

import { JsonRpcApiProvider, Network, type JsonRpcError, type JsonRpcPayload, type JsonRpcResult } from "ethers";
import { kindOfError } from "./answers.ts";
import { failureOf, type ChainClient } from "./endpoint.ts";

/** Requests that fail with a revert if the chain refuses them. */
const CALLS = new Set(["eth_call", "eth_estimateGas"]);

/** A provider that makes all requests through a {@link ChainClient}, and so has its retries, limits and error messages. */
export class EndpointProvider extends JsonRpcApiProvider {
  constructor(
    private readonly endpoint: ChainClient,
    chainId: number,
  ) {
    const network = Network.from(chainId);
    super(network, { staticNetwork: network, batchMaxCount: 1, cacheTimeout: -1 });
    this._start();
  }

  /** @inheritdoc */
  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<(JsonRpcResult | JsonRpcError)[]> {
    const ask = async ({ id, method, params }: JsonRpcPayload) => ({
      id,
      ...(await this.endpoint.ask({ method, params })),
    });
    return Promise.all([payload].flat().map(ask)) as Promise<(JsonRpcResult | JsonRpcError)[]>;
  }

  /** Ethers treats every failed call as a revert. Here, only calls that the chain executed count as reverts. */
  override getRpcError(payload: JsonRpcPayload, answer: JsonRpcError): Error {
    const { method } = payload;
    const error = { ...answer.error, message: answer.error.message ?? "" };
    const kind = kindOfError(method, error);
    const isOrdinary = kind === "revert" || (kind === "final" && !CALLS.has(method));
    return isOrdinary ? super.getRpcError(payload, answer) : failureOf(method, error);
  }
}
