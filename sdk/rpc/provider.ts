// The client of a node as ethers takes it.

import { JsonRpcApiProvider, Network, type JsonRpcError, type JsonRpcPayload, type JsonRpcResult } from "ethers";
import { kindOfError } from "./answers.ts";
import { failureOf, type ChainClient } from "./endpoint.ts";

/** Requests that end in a revert when the chain refuses what they ask for. */
const CALLS = new Set(["eth_call", "eth_estimateGas"]);

/** A provider whose requests are all made by a {@link ChainClient}: it has its patience, its limits and its words. */
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

  /** The library takes every failed call for a revert; here only what the chain carried out is one. */
  override getRpcError(payload: JsonRpcPayload, answer: JsonRpcError): Error {
    const { method } = payload;
    const error = { ...answer.error, message: answer.error.message ?? "" };
    const kind = kindOfError(method, error);
    const isOrdinary = kind === "revert" || (kind === "final" && !CALLS.has(method));
    return isOrdinary ? super.getRpcError(payload, answer) : failureOf(method, error);
  }
}
