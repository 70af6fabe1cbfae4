// The accounts that can send on a network: those whose keys the user names and, on a local chain, those of its node.

import type { TransactionRequest } from "ethers";
import { ProviderWrapper } from "hardhat/plugins";
import type { EIP1193Provider, RequestArguments } from "hardhat/types";
import { namedKeys, openAccounts, UNNAMED, type SigningAccount } from "../sdk/node/keys";
import { Problem } from "../sdk/base/problem";
import { pricedWithin, type Offered } from "./fees";
import { presentSending } from "./sends";

/** Requests whose answer does not depend on a gas price, which can only make them fail. */
const SIMULATIONS = new Set(["eth_call", "eth_estimateGas"]);

const PRICES = new Set(["gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"]);

interface Unpriced extends Offered {
  readonly to?: string;
  readonly data?: string;
  readonly nonce?: string;
}

/**
 * The one place where transactions get their gas price and, if the key is the user's, their nonce and signature. On a public network, the
 * node's own accounts are not used.
 */
export class AccountsWrapper extends ProviderWrapper {
  /** The accounts of the environment variables, opened once. */
  private unnamed: Promise<readonly SigningAccount[]> | undefined;
  /** Transactions that are signed here are sent one after the other, so that their nonces are consecutive. */
  private turn: Promise<unknown> = Promise.resolve();
  private readonly announced = new Set<string>();

  constructor(
    provider: EIP1193Provider,
    private readonly network: { readonly isLocal: boolean; readonly isEphemeral: boolean },
  ) {
    super(provider);
  }

  async request(args: RequestArguments): Promise<unknown> {
    const { method, params } = args;
    if (method === "eth_accounts") return this.addresses(args);
    if (method === "eth_sendTransaction") return this.send(params as [Unpriced]);
    if (SIMULATIONS.has(method))
      return this._wrappedProvider.request({ method, params: unpriced(params as unknown[]) });
    return this._wrappedProvider.request(args);
  }

  private async addresses(args: RequestArguments): Promise<string[]> {
    const own = (await this.own()).map(({ address }) => address);
    const others = this.network.isLocal ? ((await this._wrappedProvider.request(args)) as string[]) : [];
    const known = new Set(own.map((address) => BigInt(address)));
    return [...own, ...others.filter((address) => !known.has(BigInt(address)))];
  }

  /** The accounts whose keys the user names. A local chain has accounts of its own, so only keys that a command was given count there. */
  private own(): Promise<readonly SigningAccount[]> {
    const { accounts } = presentSending();
    if (accounts) return accounts();
    if (this.network.isLocal) return Promise.resolve([]);
    const askPassword = () =>
      Promise.reject(
        new Problem("BAD_KEY", "KEYSTORE_PASSWORD is missing: set it in the environment, there is nobody to ask here."),
      );
    const { env } = process;
    return (this.unnamed ??= openAccounts(this.network, namedKeys(UNNAMED, env), { env, askPassword }));
  }

  private async send([given, ...rest]: [Unpriced, ...unknown[]]): Promise<unknown> {
    const account = (await this.own()).find(({ address }) => BigInt(address) === BigInt(given.from));
    if (account) return this.inTurn(() => this.sign(account, given));
    const transaction = this.network.isEphemeral ? given : await pricedWithin(this._wrappedProvider, given);
    return this._wrappedProvider.request({ method: "eth_sendTransaction", params: [transaction, ...rest] });
  }

  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.turn.then(action);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async sign(account: SigningAccount, given: Unpriced): Promise<unknown> {
    const ask = <T>(method: string, ...params: unknown[]) =>
      this._wrappedProvider.request({ method, params }) as Promise<T>;
    // Hardhat's in-process chain would give each transaction the gas of a whole block, which only a rich account can pay for.
    const gas = this.network.isEphemeral ? await ask<string>("eth_estimateGas", ...unpriced([given])) : given.gas;
    const priced = await pricedWithin(this._wrappedProvider, { ...given, ...(gas !== undefined && { gas }) });
    const nonce = given.nonce ?? (await ask<string>("eth_getTransactionCount", account.address, "pending"));
    const chainId = await ask<string>("eth_chainId");
    this.announce(account);
    const signer = await account.open();
    const raw = await signer.signTransaction(toRequest({ ...priced, nonce }, BigInt(chainId)));
    return this._wrappedProvider.request({ method: "eth_sendRawTransaction", params: [raw] });
  }

  /** Says once which account signs and where its key is, unless it is in PRIVATE_KEY, as everybody expects. */
  private announce({ address, origin }: SigningAccount): void {
    if (this.announced.has(address) || origin === "PRIVATE_KEY") return;
    this.announced.add(address);
    presentSending().onNotice?.(`signing as ${address}, by ${origin}`);
  }
}

function unpriced([transaction, ...rest]: unknown[]): unknown[] {
  if (typeof transaction !== "object" || transaction === null) return [transaction, ...rest];
  const fields = Object.entries(transaction).filter(([name]) => !PRICES.has(name));
  return [Object.fromEntries(fields), ...rest];
}

function toRequest(
  { to, data, value, nonce, gas, gasPrice, maxFeePerGas, maxPriorityFeePerGas }: Unpriced,
  chainId: bigint,
): TransactionRequest {
  const fees = maxFeePerGas === undefined ? { type: 0, gasPrice } : { type: 2, maxFeePerGas, maxPriorityFeePerGas };
  const known = { to, data, value, gasLimit: gas, ...fees };
  const stated = Object.fromEntries(Object.entries(known).filter(([, field]) => field !== undefined));
  return { ...stated, nonce: Number(nonce), chainId };
}
