// SPDX-License-Identifier: MIT
// Who can do what now: the live holders of roles, governors and owners, joined with the table of what each function allows.

import { AUTHORITY, ROLE_OF, type Caller } from "../../sdk/state/authority";
import type { Matrix } from "./checks/roles";
import type { Authority } from "./report";
import { contractOf, modelsOf, type Subject } from "./subject";

/** The contract that keeps the roles of contracts without roles of their own. */
const ROLES_OF_OTHERS = "ModelRegistry";

/** The timelock's role for each function; only the timelock itself may call the others. */
const TIMELOCK_ROLES: Readonly<Record<string, string>> = {
  schedule: "PROPOSER_ROLE",
  scheduleBatch: "PROPOSER_ROLE",
  execute: "EXECUTOR_ROLE",
  executeBatch: "EXECUTOR_ROLE",
  cancel: "CANCELLER_ROLE",
};

/** Every function that only particular accounts can call, by account. What anybody or only contracts may call is left out. */
export function authoritiesOf(subject: Subject, matrix: Matrix): Authority[] {
  const rows = Object.entries(AUTHORITY).flatMap(([contract, powers]) =>
    Object.entries(powers).flatMap(([name, { callers, delay, worst }]) =>
      callers.flatMap((caller) =>
        holdersOf(subject, matrix, contract, name, caller).map(({ account, as }): Authority => ({
          ...{ account, as, contract, function: name, delay, worst },
        })),
      ),
    ),
  );
  return rows.sort((a, b) => (a.account < b.account ? -1 : a.account > b.account ? 1 : 0));
}

interface Holder {
  readonly account: string;
  readonly as: string;
}

function holdersOf(subject: Subject, matrix: Matrix, contract: string, name: string, caller: Caller): Holder[] {
  if (caller === "admin") return [{ account: contractOf(subject, "TimelockController").address, as: "admin" }];
  if (caller === "governor" || caller === "owner") return stewardsOf(subject, caller);
  const role =
    caller === "multisig"
      ? TIMELOCK_ROLES[name]
      : caller in ROLE_OF
        ? ROLE_OF[caller as keyof typeof ROLE_OF]
        : undefined;
  const roles = matrix.get(contract) ?? matrix.get(ROLES_OF_OTHERS);
  return (role === undefined ? [] : (roles?.get(role) ?? [])).map((account) => ({ account, as: role as string }));
}

function stewardsOf(subject: Subject, steward: "governor" | "owner"): Holder[] {
  const models = new Map<string, string[]>();
  for (const { modelId, [steward]: account } of modelsOf(subject))
    models.set(account, [...(models.get(account) ?? []), modelId]);
  return [...models].map(([account, ids]) => ({
    account,
    as: `${steward} of ${ids.length === 1 ? ids[0] : `${ids.length} models`}`,
  }));
}
