// SPDX-License-Identifier: MIT
// Compares a live deployment with what is declared. Nothing is ever sent.

import { authoritiesOf } from "./authority";
import { checkCode, checkMethodCode } from "./checks/code";
import { checkModels } from "./checks/models";
import { checkParameters } from "./checks/parameters";
import { checkPayouts } from "./checks/payouts";
import { checkOwed } from "./checks/reserve";
import { checkRoles } from "./checks/roles";
import { checkSafety } from "./checks/safety";
import { checkOperations, checkPauses } from "./checks/timelock";
import type { Check, Diagnosis } from "./report";
import type { Subject } from "./subject";

const GROUPS = ["code", "parameters", "roles", "timelock", "models", "payouts", "pauses", "invariants"];

/** Examines a deployment as it is at one block. */
export async function examine(subject: Subject): Promise<Diagnosis> {
  const { chain, declared, state } = subject;
  const { matrix, checks: roles } = await checkRoles(subject);
  const checks = [
    ...(await checkCode(subject)),
    await checkMethodCode(subject),
    ...(await checkParameters(subject)),
    ...roles,
    ...(await checkSafety(subject)),
    await checkOperations(subject),
    await checkPauses(subject),
    ...(await checkModels(subject)),
    ...(await checkPayouts(subject)),
    await checkOwed(subject),
  ];
  return {
    network: { name: declared.network.name, chainId: declared.network.chainId },
    block: chain.block,
    models: state.models.size,
    contracts: declared.addresses,
    checks: inOrder(checks),
    authorities: authoritiesOf(subject, matrix),
  };
}

function inOrder(checks: readonly Check[]): Check[] {
  return GROUPS.flatMap((group) => checks.filter((check) => check.group === group));
}
