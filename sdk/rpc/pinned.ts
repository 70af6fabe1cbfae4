import type { Provider, TransactionRequest } from "ethers";

/**
 * Returns a provider that reads the state of one block. Some of the nodes behind an address may be a few blocks behind. Asked for the
 * latest
 * state, they return an older one; asked for a block that they lack, they report an error, and the request is retried.
 */
export function pinned<T extends Provider>(provider: T, block: number): T {
  return new Proxy(provider, {
    get(target, key) {
      if (key === "call") return async (request: TransactionRequest) => target.call({ ...request, blockTag: block });
      if (key === "getCode") return async (address: string) => target.getCode(address, block);
      if (key === "getBalance") return async (address: string) => target.getBalance(address, block);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
