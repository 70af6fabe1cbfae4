// SPDX-License-Identifier: MIT
// The task of a model's governor.

import { id } from "ethers";
import { signerOfAccount } from "../../deploy/roles";
import { amount } from "../../sdk/base/fields";
import { Problem } from "../../sdk/base/problem";
import {
  formatInteger,
  formatReserve,
  formatTime,
  formatTokens,
  RESERVE_DECIMALS,
  TOKEN_DECIMALS,
} from "../../sdk/base/units";
import { confirm } from "../../sdk/client/confirm";
import { digits } from "../cli/command";
import { once, optionOf, readId, settled, type Arguments, type TaskContext, type Work } from "./run";

const RATE = amount(TOKEN_DECIMALS, "100", "10000000");
const SHARE = digits(1000, 10_000);
const PRICE = amount(RESERVE_DECIMALS, "0", "1000000");

/** What a governor changes one by one, in the order of the contract's enumeration; each with its setter, its rule and its words. */
export const GOVERNED = [
  {
    name: "tokensPerDeltaOne",
    setter: "setTokensPerDeltaOne",
    read: (args: Arguments) => args.read("tokens-per-delta-one", RATE),
    show: (value: bigint) => `${formatTokens(value)} tokens`,
  },
  {
    name: "infrastructureAccrualBps",
    setter: "setInfrastructureAccrual",
    read: (args: Arguments) => BigInt(args.read("infrastructure-accrual-bps", SHARE)),
    show: (value: bigint) => `${formatInteger(value)} bps`,
  },
  {
    name: "pricePerThousandCalls",
    setter: "setPricePerThousandCalls",
    read: (args: Arguments) => args.read("price-per-thousand-calls", PRICE),
    show: (value: bigint) => `${formatReserve(value)} USDC`,
  },
] as const;

/** Pending changes of a model's parameters. */
export async function pendingChanges({ hre, protocol }: TaskContext, key: string) {
  const now = BigInt((await hre.ethers.provider.getBlock("latest"))?.timestamp ?? 0);
  const changes = await Promise.all(
    GOVERNED.map(async ({ name }, index) => {
      const [value, effectiveAt] = await protocol.registry.pendingChangeOf(key, index);
      return { parameter: name, value, effectiveAt, when: `after ${formatTime(effectiveAt)}` };
    }),
  );
  return changes.filter(({ effectiveAt }) => effectiveAt >= now);
}

/** Calls the setter of the one given parameter, as the governor. */
export const proposeChange: Work = (args) => {
  const modelId = readId(args);
  const given = args.one(...GOVERNED.map(({ name }) => optionOf(name)));
  const index = GOVERNED.findIndex(({ name }) => optionOf(name) === given);
  const parameter = GOVERNED[Math.max(index, 0)] as (typeof GOVERNED)[number];
  const value = index < 0 ? 0n : parameter.read(args);
  args.refuse();
  return once(async (context) => {
    const { hre, protocol, report } = context;
    const key = id(modelId);
    const governor = await protocol.registry.governorOf(key);
    if (BigInt(governor) === 0n)
      throw new Problem("NOT_DEPLOYED", `${modelId} is unknown on ${protocol.network.name}: check the id.`);
    const signer = await signerOfAccount(hre, governor, `is the governor of ${modelId}`);
    if (!signer) {
      throw new Problem(
        "NOT_ALLOWED",
        `only ${governor} governs ${modelId}, whose key is not one of ${protocol.network.name}'s.`,
      );
    }
    const before = (await protocol.registry.parametersOf(key))[parameter.name];
    const sent = await confirm(
      `set ${parameter.name}`,
      protocol.registry.connect(await settled(context, signer))[parameter.setter](key, value),
    );
    const change = (await pendingChanges(context, key)).find((entry) => entry.parameter === parameter.name);
    const when = change?.when ?? "at once";
    const outcome = `${parameter.show(before)} → ${parameter.show(value)}, ${when}`;
    report({ name: sent.name, sent, outcome });
    return {
      lines: [`${parameter.name} of ${modelId}: ${outcome}`],
      document: {
        model: { id: modelId, governor },
        change: { parameter: parameter.name, before, after: value, ...(change && { effectiveAt: change.effectiveAt }) },
      },
    };
  });
};
