// What an address can claim or release, now or later: waiting rewards, and vesting tokens.

import { Contract, getAddress } from "ethers";
import { contractAt } from "../../../../sdk/client/access.ts";
import type { ModelRegistry, ModelToken } from "../../../../sdk/client/contracts.ts";
import { readPayouts, type Payout } from "../../../../sdk/client/payouts.ts";
import { printed } from "../../../../sdk/base/printed.ts";
import type { ModelState } from "../../../../sdk/state/protocolState.ts";
import { readProtocol } from "./protocol.ts";
import type { BlockAt, PageSite } from "./site.ts";

export const VESTING_ABI = [
  "function owner() view returns (address)",
  "function end() view returns (uint256)",
  "function releasable(address token) view returns (uint256)",
  "function released(address token) view returns (uint256)",
  "function release(address token)",
];

/** A reward of which the address gets a part. */
export interface OwnPayout {
  readonly model: ModelState;
  readonly symbol: string;
  readonly payout: Payout;
  /** The part that goes to the address, in wei. */
  readonly own: bigint;
}

/** A wallet that releases a supplier allocation to the address gradually. */
export interface Vesting {
  readonly model: ModelState;
  readonly symbol: string;
  readonly wallet: string;
  readonly releasable: bigint;
  readonly released: bigint;
  readonly held: bigint;
  readonly end: number;
}

export interface ClaimableFacts {
  readonly payouts: readonly OwnPayout[];
  readonly vesting: readonly Vesting[];
}

export async function readClaimable(site: PageSite, block: BlockAt, account: string): Promise<ClaimableFacts> {
  const { access } = site.chain;
  const protocol = await readProtocol(site, block);
  const registry = await contractAt<ModelRegistry>(access, "ModelRegistry", site.deployment.contracts.ModelRegistry);
  const blocks = { from: site.deployment.firstBlock, to: block.number };
  const models = [...protocol.models.values()];
  const symbols = new Map(
    await Promise.all(
      models.map(async ({ id, token }) => {
        const contract = await contractAt<ModelToken>(access, "ModelToken", token);
        return [id, printed(await contract.symbol())] as const;
      }),
    ),
  );
  const [all, vesting] = await Promise.all([
    readPayouts(access, registry, blocks),
    Promise.all(models.map((model) => readVesting(site, model, symbols.get(model.id) ?? "", account))),
  ]);
  const payouts = all.flatMap((payout) => {
    const model = protocol.models.get(payout.model);
    const own = payout.accounts.reduce(
      (sum, payee, index) => sum + (payee === account ? (payout.amounts[index] ?? 0n) : 0n),
      0n,
    );
    return model && own > 0n ? [{ model, symbol: symbols.get(model.id) ?? "", payout, own }] : [];
  });
  return { payouts, vesting: vesting.filter((each) => each !== undefined) };
}

/** Returns the vesting of a model's supplier allocation; undefined if it does not vest, or vests for another account. */
async function readVesting(
  site: PageSite,
  model: ModelState,
  symbol: string,
  account: string,
): Promise<Vesting | undefined> {
  const wallet = model.supplierRecipient;
  if (wallet === account || (await site.provider.getCode(wallet)) === "0x") return undefined;
  const contract = new Contract(wallet, VESTING_ABI, site.provider);
  const view = <T>(name: string, ...args: unknown[]) => contract.getFunction(name)(...args) as Promise<T>;
  try {
    if (getAddress(await view<string>("owner")) !== account) return undefined;
    const token = await contractAt<ModelToken>(site.chain.access, "ModelToken", model.token);
    const [releasable, released, end, held] = await Promise.all([
      view<bigint>("releasable", model.token),
      view<bigint>("released", model.token),
      view<bigint>("end"),
      token.balanceOf(wallet),
    ]);
    return { model, symbol, wallet, releasable, released, held, end: Number(end) };
  } catch {
    // Another contract, such as a Safe, in which nothing vests.
    return undefined;
  }
}
