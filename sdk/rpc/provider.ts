// A client of a node in the form that ethers needs.

import { JsonRpcApiProvider, Network, type JsonRpcError, type JsonRpcPayload, type JsonRpcResult } from "ethers";
import { kindOfError } from "./answers.ts";
import { failureOf, type Endpoint } from "./endpoint.ts";

/** Requests that end in a revert when the chain refuses what they ask for. */
const CALLS = new Set(["eth_call", "eth_estimateGas"]);

/** A provider that makes all requests through an {@link Endpoint}, with its retries, limits and messages. */
export class EndpointProvider extends JsonRpcApiProvider {
  constructor(
    private readonly endpoint: Endpoint,
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

  /** ethers treats every failed call as a revert; here only a call that the chain executed is one. */
  override getRpcError(payload: JsonRpcPayload, answer: JsonRpcError): Error {
    const { method } = payload;
    const error = { ...answer.error, message: answer.error.message ?? "" };
    const kind = kindOfError(method, error);
    const isOrdinary = kind === "revert" || (kind === "final" && !CALLS.has(method));
    return isOrdinary ? super.getRpcError(payload, answer) : failureOf(method, error);
  }
}
