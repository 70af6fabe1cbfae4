// SPDX-License-Identifier: MIT
// The task of whoever wants to know who may do what.

import { checkRoles } from "../../deploy/doctor/checks/roles";
import { observe } from "../../deploy/doctor/observe";
import { dim } from "../cli/terminal";
import type { Work } from "./run";

/** Holders of each role, as the doctor rebuilds them. */
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
