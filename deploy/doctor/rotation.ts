// SPDX-License-Identifier: MIT
// From who holds what to who is declared to: the calls that are missing, and who makes them.

import { id } from "ethers";
import type { ModelRegistry } from "../../.build/typechain";
import { answerOf } from "../../sdk/rpc/snapshot";
import type { AdminCall } from "../admin";
import { checkRoles, declaredHolders, ROLE_ADMINS } from "./checks/roles";
import { contractOf, type Named, type Subject } from "./subject";

/** A call that brings the chain closer to what is declared. */
export interface Change extends AdminCall {
  /** The role that must make the call: the admin, or the role that grants the one in question. */
  readonly by: string;
  /** What the call does, in words. */
  readonly what: string;
}

/** The timelock's role. */
export const ADMIN_ROLE = "DEFAULT_ADMIN_ROLE";

/**
 * The calls that bring roles, attesters, treasury and delays to their declared state. New holders are added before old ones are removed, so
 * that no role is ever without a holder in between. The admin itself remains the timelock.
 */
export async function planRotation(subject: Subject): Promise<Change[]> {
  const { matrix } = await checkRoles(subject);
  const changes: Change[] = [];
  const gone: Change[] = [];
  for (const [contract, held] of matrix) {
    for (const [role, holders] of held) {
      if (role === ADMIN_ROLE || !role.endsWith("_ROLE")) continue;
      const wanted = declaredHolders(subject, role);
      const by = ROLE_ADMINS[role] ?? ADMIN_ROLE;
      const change = (name: string, account: string, words: string) =>
        callOf(subject, by, contract, name, [id(role), account], `${words} ${account}`);
      const [comes, goes] = [without(wanted, holders), without(holders, wanted)];
      changes.push(...comes.map((account) => change("grantRole", account, `grant ${role} of ${contract} to`)));
      gone.push(...goes.map((account) => change("revokeRole", account, `revoke ${role} of ${contract} from`)));
    }
  }
  return [...changes, ...attesterChanges(subject), ...(await otherChanges(subject)), ...gone];
}

/** Changes of the attesters, ordered so that the threshold can always be met. */
function attesterChanges(subject: Subject): Change[] {
  const { attesters, threshold } = subject.declared.parameters.Methods;
  const present = [...subject.state.attesters];
  const change = (name: string, argument: string | number, what: string) =>
    callOf(subject, ADMIN_ROLE, "OracleAttestation", name, [argument], what);
  const [now, then] = [Number(subject.state.threshold), threshold];
  const set = change("setThreshold", then, `change the threshold of attesters from ${now} to ${then}`);
  return [
    ...without(attesters, present).map((account) => change("addAttester", account, `add the attester ${account}`)),
    ...(then < now ? [set] : []),
    ...without(present, attesters).map((gone) => change("removeAttester", gone, `remove the attester ${gone}`)),
    ...(then > now ? [set] : []),
  ];
}

async function otherChanges(subject: Subject): Promise<Change[]> {
  const { state, declared } = subject;
  const { adminDelay } = declared.parameters.$global;
  const { treasury } = declared.parameters.Market;
  const changes: Change[] = [];
  const change = (contract: string, name: string, argument: string | number, what: string) =>
    changes.push(callOf(subject, ADMIN_ROLE, contract, name, [argument], what));
  if (state.treasury !== treasury) {
    change("HokusaiAMMFactory", "setTreasury", treasury, `change the treasury from ${state.treasury} to ${treasury}`);
  }
  if (Number(state.minDelay) !== adminDelay) {
    const what = `change the delay of the timelock from ${state.minDelay} to ${adminDelay} seconds`;
    change("TimelockController", "updateDelay", adminDelay, what);
  }
  for (const contract of ["ModelRegistry", "TokenManager"]) {
    const next = await nextAdminDelay(subject, contractOf(subject, contract));
    if (next === adminDelay) continue;
    const what = `change the delay of the admin of ${contract} from ${next} to ${adminDelay} seconds`;
    change(contract, "changeDefaultAdminDelay", adminDelay, what);
  }
  return changes;
}

/** The delay of a contract's admin, or the pending one. */
async function nextAdminDelay({ chain }: Subject, contract: Named): Promise<number> {
  const access = chain.contract<ModelRegistry>(contract);
  const [pending, effectFrom] = (await answerOf(access.pendingDefaultAdminDelay())) ?? [0n, 0n];
  return Number(effectFrom > 0n ? pending : await answerOf(access.defaultAdminDelay()));
}

function callOf(subject: Subject, by: string, contract: string, name: string, args: unknown[], what: string): Change {
  const { address, compiled } = contractOf(subject, contract);
  return { by, what, target: address, data: compiled.abi.encodeFunctionData(name, args) };
}

const without = (some: readonly string[], others: readonly string[]) => some.filter((one) => !others.includes(one));
