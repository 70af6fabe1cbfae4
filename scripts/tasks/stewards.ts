// SPDX-License-Identifier: MIT
// Tasks that hand a model over: its governor, who changes its parameters, and its owner, who receives of its rewards.

import { id, ZeroAddress } from "ethers";
import type { Protocol } from "../../deploy/protocol";
import { signerOfAccount } from "../../deploy/roles";
import { address } from "../../sdk/base/fields";
import { Problem } from "../../sdk/base/problem";
import { confirm } from "../../sdk/client/confirm";
import { once, readId, settled, type TaskContext, type Work } from "./run";

/** The two roles of a model that are handed over, each with its functions on the registry. */
const STEWARDS = {
  governor: {
    propose: "proposeGovernor",
    accept: "acceptGovernor",
    current: "governorOf",
    pending: async ({ registry }: Protocol, key: string) => (await registry.pendingGovernorOf(key))[0],
  },
  owner: {
    propose: "proposeOwner",
    accept: "acceptOwner",
    current: "ownerOf",
    pending: async ({ registry }: Protocol, key: string) => registry.pendingOwnerOf(key),
  },
} as const;

type StewardName = keyof typeof STEWARDS;

/** Proposes a successor, as the present steward; nothing changes until the successor accepts. */
export function proposeSteward(steward: StewardName): Work {
  return (args) => {
    const modelId = readId(args);
    const account = args.read("account", address);
    args.refuse();
    return once(async (context) => {
      const { protocol, report } = context;
      const { propose, current } = STEWARDS[steward];
      const key = id(modelId);
      const present = await protocol.registry[current](key);
      if (present === ZeroAddress)
        throw new Problem("NOT_DEPLOYED", `${modelId} is unknown on ${protocol.network.name}: check the id.`);
      const sender = await ownSigner(context, present, `is the ${steward} of ${modelId}`);
      const sent = await confirm(`propose ${steward}`, protocol.registry.connect(sender)[propose](key, account));
      const outcome = `${account} may accept; until then ${present} stays`;
      report({ name: sent.name, sent, outcome });
      return {
        lines: [`${steward} of ${modelId}: ${outcome}`],
        document: { model: { id: modelId, [steward]: present }, proposed: account },
      };
    });
  };
}

/** Accepts, as the proposed successor. */
export function acceptSteward(steward: StewardName): Work {
  return (args) => {
    const modelId = readId(args);
    args.refuse();
    return once(async (context) => {
      const { protocol, report } = context;
      const { accept, current, pending } = STEWARDS[steward];
      const key = id(modelId);
      const account = await pending(protocol, key);
      if (account === ZeroAddress)
        throw new Problem("NOT_YET", `nobody is proposed as the ${steward} of ${modelId}: ${steward}:propose does it.`);
      const before = await protocol.registry[current](key);
      const sender = await ownSigner(context, account, `may become the ${steward} of ${modelId}`);
      const sent = await confirm(`accept ${steward}`, protocol.registry.connect(sender)[accept](key));
      const outcome = `${before} → ${account}`;
      report({ name: sent.name, sent, outcome });
      return {
        lines: [`${steward} of ${modelId}: ${outcome}`],
        document: { model: { id: modelId, [steward]: account }, before },
      };
    });
  };
}

async function ownSigner(context: TaskContext, account: string, what: string) {
  const { hre, protocol } = context;
  const signer = await signerOfAccount(hre, account, what);
  if (signer) return settled(context, signer);
  throw new Problem("BAD_KEY", `only ${account} ${what}, whose key is not one of ${protocol.network.name}'s.`);
}
