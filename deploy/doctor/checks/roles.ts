// SPDX-License-Identifier: MIT
// The matrix of roles: rebuilt from events, confirmed by hasRole, compared with the declared holders.

import { id, ZeroAddress, ZeroHash } from "ethers";
import type { ModelRegistry } from "../../../.build/typechain";
import type { Parameters } from "../../../deploy/parameters";
import { answerOf } from "../../../sdk/rpc/snapshot";
import { entryOf } from "../../record";
import type { RolesState } from "../../../sdk/state/protocolState";
import { Check } from "../report";
import { COMPROMISED, contractOf, timeText, type Named, type Subject } from "../subject";

/** Declared holders of each role, on whichever contract has it, and where the parameter file states them; the admin is the timelock. */
const DECLARED: Readonly<
  Record<string, readonly [string | undefined, (parameters: Parameters, timelock: string) => string[]]>
> = {
  DEFAULT_ADMIN_ROLE: [undefined, (_, timelock) => [timelock]],
  GUARDIAN_ROLE: ["$global.guardians", ({ $global }) => $global.guardians],
  REGISTRAR_ROLE: ["Models.registrars", ({ Models }) => Models.registrars],
  OPERATOR_ROLE: ["Tokens.operators", ({ Tokens }) => Tokens.operators],
  DEPLOYER_ROLE: ["Tokens.deployers", ({ Tokens }) => Tokens.deployers],
  DISTRIBUTOR_ROLE: ["Tokens.distributors", ({ Tokens }) => Tokens.distributors],
  POOL_CREATOR_ROLE: ["Models.poolCreators", ({ Models }) => Models.poolCreators],
  PAYER_ROLE: ["Models.payers", ({ Models }) => Models.payers],
  PROPOSER_ROLE: ["Governance.proposers", ({ Governance }) => Governance.proposers],
  CANCELLER_ROLE: ["Governance.proposers", ({ Governance }) => Governance.proposers],
  EXECUTOR_ROLE: ["Governance.executors", ({ Governance }) => Governance.executors],
};

/** The declared holders of a role; none for a role that is not the protocol's. */
export function declaredHolders(subject: Subject, role: string): string[] {
  const [, holdersOf] = entryOf(DECLARED, role) ?? [undefined, () => []];
  return holdersOf(subject.declared.parameters, contractOf(subject, "TimelockController").address);
}

/** Roles that are granted by another role than the default admin. */
export const ROLE_ADMINS: Readonly<Record<string, string>> = { DEPLOYER_ROLE: "OPERATOR_ROLE" };

/** Present holders, by contract and name of the role. */
export type Matrix = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** Reads the present holders of all roles, with a check for each contract that has roles. */
export async function checkRoles(subject: Subject): Promise<{ matrix: Matrix; checks: Check[] }> {
  const contracts = Object.values(subject.contracts).filter(({ compiled }) => compiled.abi.hasFunction("hasRole"));
  const examined = await Promise.all(
    contracts.map(async (contract) => {
      const check = new Check("roles", `A2 roles of ${contract.name}`);
      const holders = await compareHolders(subject, contract, check);
      const admins = contract.compiled.abi.hasFunction("defaultAdmin") ? [await checkAdmin(subject, contract)] : [];
      return { name: contract.name, holders, checks: [check, ...admins] };
    }),
  );
  return {
    matrix: new Map(examined.map(({ name, holders }) => [name, holders])),
    checks: examined.flatMap(({ checks }) => checks),
  };
}

/** Names of a contract's roles, by their ids. */
export function roleNames({ compiled }: Named): Map<string, string> {
  const names: string[] = [];
  compiled.abi.forEachFunction(({ name, inputs }) => {
    if (name.endsWith("_ROLE") && inputs.length === 0) names.push(name);
  });
  return new Map(names.map((name) => [roleId(name), name]));
}

function roleId(name: string): string {
  return name === "DEFAULT_ADMIN_ROLE" ? ZeroHash : id(name);
}

const NO_ROLES: RolesState = {
  holders: new Map(),
  everHeld: new Map(),
  roleAdmins: new Map(),
  pendingAdmin: undefined,
  pendingAdminDelay: undefined,
};

async function compareHolders(subject: Subject, contract: Named, check: Check): Promise<Map<string, string[]>> {
  const { chain, state, declared } = subject;
  // Every contract with roles has these functions.
  const access = chain.contract<ModelRegistry>(contract);
  const events = state.roles.get(contract.address.toLowerCase()) ?? NO_ROLES;
  const names = roleNames(contract);
  const matrix = new Map<string, string[]>();
  for (const role of new Set([...names.keys(), ...events.everHeld.keys()])) {
    const name = names.get(role) ?? role;
    const what = `${name} of ${contract.name}`;
    const [place] = entryOf(DECLARED, name) ?? [undefined];
    const wanted = declaredHolders(subject, name);
    const candidates = [...new Set([...(events.everHeld.get(role) ?? []), ...wanted])];
    const holders: string[] = [];
    for (const account of candidates) {
      const holds = await answerOf(access.hasRole(role, account));
      if (holds) holders.push(account);
      const told = events.holders.get(role)?.has(account) ?? false;
      check.same(`hasRole(${name}, ${account}) of ${contract.name}`, holds ?? "no answer", told, COMPROMISED);
    }
    matrix.set(name, holders);
    const alternative =
      place === undefined ? "" : `, by roles:apply --batch <file>, or change ${place} of ${declared.file}`;
    check.same(what, list(holders), list(wanted), `${advice(holders, wanted)}${alternative}`);
    if (!names.has(role)) continue;
    const admin = (await answerOf(access.getRoleAdmin(role))) ?? "no answer";
    const adminName = names.get(admin) ?? admin;
    check.same(`the role that grants ${what}`, adminName, ROLE_ADMINS[name] ?? "DEFAULT_ADMIN_ROLE", COMPROMISED);
  }
  return matrix;
}

function advice(holders: readonly string[], wanted: readonly string[]): string {
  const extra = holders.filter((account) => !wanted.includes(account));
  const missing = wanted.filter((account) => !holders.includes(account));
  const steps = [
    ...(extra.length > 0 ? [`revoke it from ${list(extra)}`] : []),
    ...(missing.length > 0 ? [`grant it to ${list(missing)}`] : []),
  ];
  return steps.join(" and ");
}

function list(accounts: readonly string[]): string {
  return accounts.length === 0 ? "nobody" : [...accounts].sort().join(", ");
}

/** Checks that the admin is the timelock with the declared delay, and that no change of either is pending: the protocol never needs one. */
async function checkAdmin(subject: Subject, contract: Named): Promise<Check> {
  const check = new Check("roles", `A1 admin of ${contract.name}`);
  const { address: timelock } = contractOf(subject, "TimelockController");
  const { adminDelay } = subject.declared.parameters.$global;
  const access = subject.chain.contract<ModelRegistry>(contract);
  const read = await answerOf(
    Promise.all([
      access.defaultAdmin(),
      access.defaultAdminDelay(),
      access.pendingDefaultAdmin(),
      access.pendingDefaultAdminDelay(),
    ]),
  );
  if (read === undefined) {
    check.holds(false, `the admin of ${contract.name}`, "no answer", timelock, "look at its code");
    return check;
  }
  const [admin, delay, [successor, acceptFrom], [newDelay, effectFrom]] = read;
  check.same(`defaultAdmin of ${contract.name}`, admin, timelock, "let the present admin hand over to the timelock");
  check.same(
    `defaultAdminDelay of ${contract.name}`,
    delay,
    adminDelay,
    "let the admin call changeDefaultAdminDelay, by roles:apply --batch <file>",
  );
  const pending = successor === ZeroAddress ? "nobody" : `${successor} from ${timeText(acceptFrom)}`;
  check.same(`the next admin of ${contract.name}`, pending, "nobody", "let the admin call cancelDefaultAdminTransfer");
  const pendingDelay = effectFrom === 0n ? "none" : `${newDelay} from ${timeText(effectFrom)}`;
  const rollback = "let the admin call rollbackDefaultAdminDelay";
  check.same(`the next defaultAdminDelay of ${contract.name}`, pendingDelay, "none", rollback);
  return check;
}
