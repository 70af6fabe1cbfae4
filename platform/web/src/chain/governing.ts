// What a governor may send: a call, checked against the chain, for a wallet or as a file for a Safe.

import { parseUnits, VoidSigner, type Interface, type JsonRpcSigner } from "ethers";
import { batchText } from "../../../../deploy/batch/format.ts";
import { RESERVE_DECIMALS, TOKEN_DECIMALS } from "../../../../sdk/base/units.ts";
import { contractAt } from "../../../../sdk/client/access.ts";
import { receiptOf } from "../../../../sdk/client/confirm.ts";
import type { ModelRegistry } from "../../../../sdk/client/contracts.ts";
import type { PARAMETERS } from "../../../../sdk/state/protocolState.ts";
import type { Teller } from "../wallet/transaction.tsx";
import type { PageSite } from "./site.ts";

/** The name of a parameter of a model. */
export type GovernedName = (typeof PARAMETERS)[number];

/** A governor's change to a model. */
export type GovernedChange =
  | { readonly kind: "set"; readonly parameter: GovernedName; readonly value: bigint }
  | { readonly kind: "cancel"; readonly parameter: GovernedName }
  | { readonly kind: "handover"; readonly governor: string };

/** The parameters' positions in the contract's enumeration. */
const PLACES: Readonly<Record<GovernedName, number>> = {
  tokensPerDeltaOne: 0,
  infrastructureAccrualBps: 1,
  pricePerThousandCalls: 2,
};

const SETTERS = {
  tokensPerDeltaOne: "setTokensPerDeltaOne",
  infrastructureAccrualBps: "setInfrastructureAccrual",
  pricePerThousandCalls: "setPricePerThousandCalls",
} as const satisfies Record<GovernedName, string>;

/** Converts a typed value in tokens, percent or USDC to the chain's units; undefined if it is not a number. */
export function parseGoverned(parameter: GovernedName, text: string): bigint | undefined {
  const decimals = {
    tokensPerDeltaOne: TOKEN_DECIMALS,
    infrastructureAccrualBps: 2,
    pricePerThousandCalls: RESERVE_DECIMALS,
  };
  const most = decimals[parameter];
  if (!new RegExp(`^\\d{1,12}(\\.\\d{1,${most}})?$`).test(text.trim())) return undefined;
  return parseUnits(text.trim(), most);
}

async function callOf(site: PageSite, model: string, change: GovernedChange) {
  const { ModelRegistry: to } = site.deployment.contracts;
  const registry = await contractAt<ModelRegistry>(site.chain.access, "ModelRegistry", to);
  const abi: Interface = registry.interface;
  const data =
    change.kind === "cancel"
      ? abi.encodeFunctionData("cancelChange", [model, PLACES[change.parameter]])
      : change.kind === "handover"
        ? abi.encodeFunctionData("proposeGovernor", [model, change.governor])
        : abi.encodeFunctionData(SETTERS[change.parameter], [model, change.value]);
  return { to, data, abi };
}

/** Throws the error with which the chain would refuse a call from an account. */
async function rehearse(site: PageSite, account: string, call: { readonly to: string; readonly data: string }) {
  await new VoidSigner(account, site.provider).call({ to: call.to, data: call.data });
}

/** Sends a change, and returns the block that includes it. */
export async function sendChange(
  site: PageSite,
  signer: JsonRpcSigner,
  model: string,
  change: GovernedChange,
  { asking, sent }: Teller,
): Promise<number> {
  const { to, data } = await callOf(site, model, change);
  await rehearse(site, signer.address, { to, data });
  asking("Confirm the change in your wallet.");
  const transaction = await signer.sendTransaction({ to, data });
  sent(transaction.hash, "Sent. Waiting for a block that includes it …");
  return (await receiptOf("change", Promise.resolve(transaction))).blockNumber;
}

/** Returns a file for Safe's Transaction Builder whose call the chain would accept from the governor now. */
export async function changeForSafe(
  site: PageSite,
  { model, governor, name }: { readonly model: string; readonly governor: string; readonly name: string },
  change: GovernedChange,
): Promise<string> {
  const { to, data, abi } = await callOf(site, model, change);
  await rehearse(site, governor, { to, data });
  const batch = {
    ...{ chainId: site.deployment.chainId, name, description: "", sender: governor },
    calls: [{ to, value: 0n, data }],
  };
  return batchText(batch, Date.now(), (address) => (address === to ? abi : undefined));
}
