// SPDX-License-Identifier: MIT
// Tasks for who may do what: to know it, and to change it to what is declared.

import { actAsAdmin, adminInWords, operationDrafts } from "../../deploy/admin";
import { endDrafting, isDrafting, type Draft } from "../../deploy/batch/drafting";
import { checkRoles } from "../../deploy/doctor/checks/roles";
import { observe } from "../../deploy/doctor/observe";
import { ADMIN_ROLE, planRotation, type Change } from "../../deploy/doctor/rotation";
import { holderOfRole, signerWithRole } from "../../deploy/roles";
import { Problem } from "../../sdk/base/problem";
import { confirm } from "../../sdk/client/confirm";
import { dim } from "../cli/terminal";
import { resumed, type TaskContext, type Work } from "./run";

const COMMAND = "roles:apply";

/** Lists the holders of each role, as the doctor rebuilds them. */
export const listRoles: Work = (args) => {
  args.refuse();
  return async ({ hre }) => {
    const { matrix } = await observe(hre, checkRoles);
    const roles = Object.fromEntries([...matrix].map(([contract, held]) => [contract, Object.fromEntries(held)]));
    const rows = [...matrix].flatMap(([contract, held]) => [...held].map((entry) => [contract, ...entry] as const));
    const widths = [0, 1].map((column) => Math.max(...rows.map((row) => String(row[column]).length)));
    const line = (contract: string, role: string, holder: string) =>
      `${contract.padEnd(widths[0] ?? 0)}   ${role.padEnd(widths[1] ?? 0)}   ${holder}`;
    return {
      lines: [
        dim(line("contract", "role", "holders")),
        ...rows.flatMap(([contract, role, holders]) =>
          (holders.length > 0 ? holders : ["nobody"]).map((holder, index) =>
            index === 0 ? line(contract, role, holder) : line("", "", holder),
          ),
        ),
      ],
      document: { roles },
    };
  };
};

/** Brings the holders of roles in line with the parameter file: the operators' part and, on a local chain, the admin's. */
export const applyRoles: Work = (args) => {
  args.refuse();
  return resumed(async (context) => {
    const { file, changes } = await observe(context.hre, async (subject) => ({
      file: subject.declared.file,
      changes: await planRotation(subject),
    }));
    // Operators first, because the admin may be about to replace them.
    const roles = [...new Set(changes.map(({ by }) => by))].sort(
      (a, b) => Number(a === ADMIN_ROLE) - Number(b === ADMIN_ROLE),
    );
    if (isDrafting() && changes.length > 0) return endDrafting(...(await draftsOf(context, roles, changes)));
    const open: string[] = [];
    for (const role of roles) {
      const own = changes.filter(({ by }) => by === role);
      open.push(...(role === ADMIN_ROLE ? await changeAsAdmin(context, own) : await changeAs(context, role, own)));
    }
    return {
      lines: [...(changes.length === 0 ? [`Everything is as ${file} declares.`] : []), ...open],
      document: { file, changes },
    };
  });
};

/** What each of the required roles must send. */
async function draftsOf({ hre, protocol }: TaskContext, roles: readonly string[], changes: readonly Change[]) {
  const drafts: Draft[] = [];
  for (const role of roles) {
    const own = changes.filter(({ by }) => by === role);
    const what = own.map((change) => change.what).join("; ");
    if (role === ADMIN_ROLE) {
      drafts.push(...(await operationDrafts(hre, protocol, own, what)));
      continue;
    }
    const sender = await holderOfRole(hre, protocol, "tokenManager", role);
    const calls = own.map(({ target: to, data }) => ({ to, data }));
    drafts.push({ part: role.toLowerCase(), what, as: `${role} of TokenManager`, sender, calls });
  }
  return drafts;
}

/** Sends what holders of a role can do at once; if their key is not at hand, returns what they must do. */
async function changeAs({ hre, protocol, report }: TaskContext, role: string, changes: readonly Change[]) {
  const holder = await signerWithRole(hre, protocol, "tokenManager", role).catch((error: unknown) => {
    if (error instanceof Problem) return undefined;
    throw error;
  });
  if (holder === undefined)
    return changes.map(({ what }) => `A holder of ${role} is to ${what}: roles:apply --batch <file> writes it down.`);
  for (const { what, target: to, data } of changes) {
    const sent = await confirm(what, holder.sendTransaction({ to, data }));
    report({ name: what, sent, outcome: "done at once" });
  }
  return [];
}

/** Sends the admin's changes in one operation; on a live network, returns what its proposers and executors must send instead. */
async function changeAsAdmin({ hre, protocol, report }: TaskContext, changes: readonly Change[]) {
  const calls = changes.map(({ target, data }) => ({ target, data }));
  const words = changes.map(({ what }) => what);
  if (!protocol.network.isLocal)
    return [...words.map((what) => `The admin is to ${what}.`), sentence(await adminInWords(protocol, COMMAND))];
  const steps = {
    command: COMMAND,
    schedule: "schedule roles",
    execute: "apply roles",
    outcome: async () => words.join("; "),
  };
  await actAsAdmin(hre, protocol, calls, "roles", steps, report);
  return [];
}

const sentence = (words: string) => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
