import type { Provider, TransactionRequest } from "ethers";

/**
 * A chain as of one block. Some of the nodes behind one address may be a few blocks behind. Asked for the latest state, they answer with
 * an older one; asked for a block that they lack, they say so and are asked again.
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
